import { Duration, Stack } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { LocalJob, mail, reported } from './local-job';
import { BatchCommand, Outcome, UnreadableCalendar } from '../../src';
import { Fault } from '../../src/local/aws/faults';
import { LocalRunOptions } from '../../src/local/run/local-run';
import { INSTANCE_ID, JobProps } from '../support/synth';

/** Runs are told this is their time: a day that a calendar has is a day of the past. */
const NIGHT = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString().replace('.000Z', 'Z');

const stamp = (hours: number) => new Date(Date.parse(NIGHT) + hours * 3_600_000).toISOString().replace(/[-:]|\.\d{3}/g, '');
const time = (hours: number) => `${new Date(Date.parse(NIGHT) + hours * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** A calendar with one event from an hour before the night on. */
const calendar = (hours: number, type = 'DEFAULT_OPEN') => ['BEGIN:VCALENDAR', `X-CALENDAR-TYPE:${type}`, 'BEGIN:VEVENT', `DTSTART:${stamp(-1)}`,
  `DTEND:${stamp(hours)}`, 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n');

const closed = calendar(30);
const open = calendar(30, 'DEFAULT_CLOSED');

const scheduled = (calendars: string[] | undefined, props: JobProps = {}, options: JobProps['scheduleOptions'] = {}): JobProps => ({
  command: BatchCommand.shell('echo ran >> runs.txt'),
  schedule: ScheduleExpression.rate(Duration.days(1)),
  scheduleOptions: { calendars, ...options },
  ...props,
});

/** Runs a job once; `ran` says whether its script did. */
async function runOf(props: JobProps | ((stack: Stack) => JobProps), input: object, options: LocalRunOptions = {}) {
  const job = await LocalJob.open(props, options);
  try {
    const run = await job.toEnd({ input });
    return { run, ran: job.read(INSTANCE_ID, 'runs.txt') !== '', records: job.records(), asked: run.calls.filter(({ action }) => action === 'ssm:GetCalendarState') };
  } finally {
    await job.close();
  }
}

const unwrapped = (text: string) => text.replace(/\s+/g, ' ');

const atNight = { scheduledTime: NIGHT };

describe('a scheduled run', () => {
  test('at a time at which a calendar of the app is closed starts nothing, succeeds as Not due, and notifies nobody', async () => {
    const { run, ran, records, asked } = await runOf((stack) => {
      const holidays = new CfnDocument(stack, 'Holidays', { name: 'Holidays', documentType: 'ChangeCalendar', documentFormat: 'TEXT', content: {} });
      // CloudFormation takes a text, too; CDK's property is an object.
      holidays.addPropertyOverride('Content', closed);
      return scheduled([holidays.ref]);
    }, atNight);
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        outcome: 'NotDue',
        attempts: 0,
        exitCode: -1,
        commandIds: [],
        instances: { total: 1, skipped: 1 },
        failures: [],
        cause: `Not due at ${time(0)}: calendar Holidays is closed until ${time(30)}. Nothing was started.`,
      },
      commands: [],
      notifications: [],
    });
    expect(ran).toBe(false);
    expect(asked).toEqual([expect.objectContaining({ allowed: true })]);
    expect(records).toEqual([expect.objectContaining({ outcome: 'NotDue', NotDue: 1, trigger: 'Schedule' })]);
    expect(records[0]).not.toHaveProperty('ScheduledSucceeded');
    expect(records[0]).not.toHaveProperty('Duration');
  });

  test('is reported where notifyOn has it, and says how to run it anyway', async () => {
    const { run } = await runOf(scheduled(['Holidays'], { notifyOn: [Outcome.NOT_DUE] }), atNight, { calendars: { Holidays: closed } });
    expect(run.status).toBe('SUCCEEDED');
    expect(reported(run)).toEqual(run.output);
    expect(run.notifications[0].subject).toBe('Job: was not due: a calendar was closed');
    expect(unwrapped(mail(run))).toContain('start it without scheduledTime');
    expect(mail(run)).toContain('aws stepfunctions start-execution');
  });

  test('at a time at which all are open runs, and of several, closed wins', async () => {
    const calendars = { 'Months': open, 'arn:aws:ssm:us-east-1:210987654321:document/Freeze': calendar(0.5) };
    const names = Object.keys(calendars);
    const due = await runOf(scheduled(['Months']), atNight, { calendars });
    expect(due).toMatchObject({ ran: true, run: { output: { outcome: 'Succeeded', cause: '' }, notifications: [] } });
    const frozen = await runOf(scheduled(names), atNight, { calendars });
    expect(frozen).toMatchObject({ ran: false, run: { output: { outcome: 'NotDue' } } });
    expect(JSON.stringify(frozen.run.output)).toContain('calendar arn:aws:ssm:us-east-1:210987654321:document/Freeze is closed');
    expect(frozen.asked).toHaveLength(2);
  });

  test('that is delivered twice is twice not due; without calendars none is asked', async () => {
    const job = await LocalJob.open(scheduled(['Holidays']), { calendars: { Holidays: closed } });
    try {
      const runs = [await job.toEnd({ input: atNight }), await job.toEnd({ input: atNight })];
      expect(runs.map(({ output }) => (output as { outcome: string }).outcome)).toEqual(['NotDue', 'NotDue']);
    } finally {
      await job.close();
    }
    expect(await runOf(scheduled(undefined), atNight)).toMatchObject({ ran: true, asked: [] });
  });
});

describe('a run that somebody starts', () => {
  const calendars = { Holidays: closed };

  test('asks no calendar, unless it is to run only if it is due: then it is judged by the present time', async () => {
    expect(await runOf(scheduled(['Holidays']), {}, { calendars })).toMatchObject({ ran: true, asked: [] });
    expect(await runOf(scheduled(['Holidays']), { onlyIfDue: true }, { calendars })).toMatchObject({
      ran: false, asked: [{ allowed: true }], run: { status: 'SUCCEEDED', output: { outcome: 'NotDue' } },
    });
    expect(await runOf(scheduled(['Holidays']), { ...atNight, onlyIfDue: false }, { calendars })).toMatchObject({ ran: true, asked: [] });
  });

  test.each([
    [undefined, true, /onlyIfDue must not be true where the job has no scheduleOptions\.calendars, got true/],
    [['Holidays'], 'yes', /onlyIfDue must be true or false, got "yes"/],
  ])('calendars %j: onlyIfDue %j is refused', async (names, onlyIfDue, problem) => {
    const { run, ran } = await runOf(scheduled(names), { onlyIfDue }, { calendars });
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed', cause: expect.stringMatching(problem) });
    expect(ran).toBe(false);
  });
});

describe('a calendar that cannot be read', () => {
  const faults: Fault[] = [{ operation: 'GetCalendarState', kind: 'accessDenied' }];

  test('by default the run starts, people are notified at once, and the result says so, too', async () => {
    const { run, ran } = await runOf(scheduled(['Holidays']), atNight, { calendars: { Holidays: closed }, faults });
    expect(ran).toBe(true);
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Succeeded', cause: expect.stringMatching(/^Whether the run was due is not known; it was to run all the same/) } });
    expect(reported(run)).toMatchObject({ outcome: 'Running', job: 'Job' });
    expect(run.notifications[0].subject).toBe('Job: has started, but a calendar could not be read');
    expect(unwrapped(mail(run))).toMatch(/calendar Holidays could not be read: AccessDenied/);
  });

  test('also where nothing else is reported', async () => {
    const { run } = await runOf(scheduled(['Missing'], { notifyOn: [] }), atNight);
    expect(run.status).toBe('SUCCEEDED');
    expect(unwrapped(mail(run))).toMatch(/calendar Missing could not be read: InvalidDocument/);
  });

  test('with FAIL, nothing is started, and the run fails', async () => {
    const props = scheduled(['Holidays'], {}, { unreadableCalendar: UnreadableCalendar.FAIL });
    const { run, ran } = await runOf(props, atNight, { calendars: { Holidays: 'no calendar' } });
    expect(ran).toBe(false);
    expect(run).toMatchObject({
      status: 'FAILED',
      error: 'CotsBatchJob.Failed',
      commands: [],
      cause: expect.stringMatching(/^The batch program was not started, because nobody knows whether it was due .*UnsupportedCalendarException/),
    });
    expect(unwrapped(mail(run))).toContain('aws ssm get-calendar-state');
  });

  test('another one that is closed decides all the same', async () => {
    const { run, ran } = await runOf(scheduled(['Missing', 'Holidays']), atNight, { calendars: { Holidays: closed } });
    expect([ran, run.output]).toEqual([false, expect.objectContaining({ outcome: 'NotDue' })]);
  });
});

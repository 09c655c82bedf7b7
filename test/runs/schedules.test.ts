import { Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { LocalJob } from './local-job';
import { BatchCommand, CotsBatchJob, JobParameter } from '../../src';
import { ScaledClock } from '../../src/local/aws/clock';
import { ScheduledRun } from '../../src/local/run/local-run';
import { INSTANCE_ID, JobProps, SynthesizedJob } from '../support/synth';

const nightly = (hour: string, more: object = {}) => ScheduleExpression.cron({ hour, minute: '0', timeZone: TimeZone.EUROPE_ROME, ...more });

const COUNTED = ['Succeeded', 'Failed', 'ScheduledSucceeded', 'Skipped'];

interface Nights {
  readonly runs: readonly ScheduledRun[];
  readonly next?: string;
  /** What the script has written to the file `ran` of its instance. */
  readonly ran: string;
  /** How often CloudWatch would count each of `COUNTED`. */
  readonly counted: readonly number[];
  readonly ends: readonly string[];
}

interface NightsOptions {
  readonly maxRuns?: number;
  /** After how many rows it is stopped. */
  readonly abortAfter?: number;
  readonly speed?: number;
  readonly onRow?: (run: ScheduledRun, job: LocalJob) => void;
  readonly extend?: (job: SynthesizedJob) => void;
}

/** Lets the schedules of a job fire between two times: real scripts, every call authorized. */
async function nights(
  props: JobProps | ((stack: Stack) => JobProps), [from, until]: [string, string],
  options: NightsOptions = {},
): Promise<Nights> {
  const { maxRuns = 100, abortAfter, speed = 1, onRow = () => undefined, extend } = options;
  const clock = new ScaledClock(speed, { idleSpeed: 60, start: Date.parse(from) });
  const job = await LocalJob.open(props, { speed: undefined, clock }, extend);
  const stop = new AbortController();
  const ends: string[] = [];
  try {
    const onRun = (run: ScheduledRun): void => {
      ends.push(run.scheduledTime);
      onRow(run, job);
      if (ends.length === abortAfter) {
        stop.abort();
      }
    };
    const ended = await job.run.runSchedules({ from: new Date(from), until: new Date(until), maxRuns, onRun, signal: stop.signal });
    return { ...ended, ends, ran: job.read(INSTANCE_ID, 'ran'), counted: COUNTED.map((metric) => job.run.metrics('CotsBatchJob', metric).length) };
  } finally {
    await job.close();
  }
}

const COUNT = 'echo x >>ran';

test('a week of nights over the change to summer time: one that fails is told, one that does not exist is a line, and each starts once', async () => {
  const { runs, ran, ends, counted } = await nights({
    schedule: nightly('2'),
    command: BatchCommand.shell(`${COUNT}; [ "$(wc -l <ran)" -ne 3 ] || exit 7`),
  }, ['2027-03-25T00:00Z', '2027-03-31T00:00Z']);

  const plain = { job: 'Stack/Job', schedule: 'Stack/Job/Schedule/Schedule', timeZone: 'Europe/Rome' };
  expect(runs.map(({ scheduledTime, clockTime, outcome, status, exitCode }) => [scheduledTime, clockTime, outcome, status, exitCode])).toEqual([
    ['2027-03-25T01:00:00Z', '2027-03-25T02:00', 'Succeeded', 'SUCCEEDED', 0],
    ['2027-03-26T01:00:00Z', '2027-03-26T02:00', 'Succeeded', 'SUCCEEDED', 0],
    ['2027-03-27T01:00:00Z', '2027-03-27T02:00', 'Failed', 'FAILED', 7],
    ['2027-03-28T01:00:00Z', '2027-03-28T02:00', 'NoSuchTime', null, null],
    ['2027-03-29T00:00:00Z', '2027-03-29T02:00', 'Succeeded', 'SUCCEEDED', 0],
    ['2027-03-30T00:00:00Z', '2027-03-30T02:00', 'Succeeded', 'SUCCEEDED', 0],
  ]);
  runs.forEach((run) => expect(run).toMatchObject(plain));
  expect(runs.map(({ notifications }) => notifications)).toEqual([[], [], ['Job: failed on 1 instance'], [], [], []]);
  expect(runs[3].cause).toBe('on 2027-03-28 there is no 02:00 in Europe/Rome');
  expect(ends).toEqual(runs.map(({ scheduledTime }) => scheduledTime));
  expect(ran).toBe('x\n'.repeat(5));
  expect(counted).toEqual([4, 1, 4, 0]);
  // The runs have times of the clock that they ran at, and what lies between took none.
  runs.filter(({ durationSeconds }) => durationSeconds !== null).forEach(({ durationSeconds }) => expect(durationSeconds).toBeLessThan(3600));
});

test('the hour that comes twice, the leap day and the end of the month', async () => {
  const autumn = await nights({ schedule: nightly('2'), command: BatchCommand.shell(COUNT) }, ['2027-10-31T00:00Z', '2027-11-01T12:00Z']);
  expect(autumn.runs.map(({ scheduledTime }) => scheduledTime)).toEqual(['2027-10-31T00:00:00Z', '2027-11-01T01:00:00Z']);
  expect(autumn.ran).toBe('x\nx\n');

  const monthEnd = await nights({ schedule: nightly('4', { day: 'L' }), command: BatchCommand.shell(COUNT) }, ['2028-01-31T12:00Z', '2028-04-01']);
  expect(monthEnd.runs.map(({ clockTime, outcome }) => [clockTime, outcome])).toEqual([['2028-02-29T04:00', 'Succeeded'], ['2028-03-31T04:00', 'Succeeded']]);
});

test('the input of the schedule reaches the program, and its scheduled time the run', async () => {
  const { runs, ran } = await nights({
    schedule: ScheduleExpression.rate(Duration.days(1)),
    parameters: { SITE: JobParameter.string() },
    command: BatchCommand.shell('echo "$SITE" >>ran'),
    scheduleOptions: { parameters: { SITE: 'rome' } },
  }, ['2027-01-01T05:00Z', '2027-01-02T06:00Z']);
  expect(runs.map(({ scheduledTime, outcome }) => [scheduledTime, outcome])).toEqual([['2027-01-01T05:00:00Z', 'Succeeded'], ['2027-01-02T05:00:00Z', 'Succeeded']]);
  expect(ran).toBe('rome\nrome\n');
});

test('a program that still runs when the next time comes has it skipped; rows come as they end, and are in order at the end', async () => {
  const { runs, ran, ends } = await nights({
    schedule: ScheduleExpression.cron({ hour: '3', minute: '0/1', day: '1', month: '1' }),
    command: BatchCommand.shell(`${COUNT}; until [ -e end ]; do sleep 0.1; done`),
  }, ['2027-01-01T02:59:30Z', '2027-01-01T03:01:30Z'], { speed: 30, onRow: (_run, job) => job.write(INSTANCE_ID, 'end') });
  expect(runs.map(({ scheduledTime, outcome, status }) => [scheduledTime, outcome, status])).toEqual([
    ['2027-01-01T03:00:00Z', 'Succeeded', 'SUCCEEDED'], ['2027-01-01T03:01:00Z', 'Skipped', 'SUCCEEDED'],
  ]);
  expect(ran).toBe('x\n');
  expect(ends).toEqual(['2027-01-01T03:01:00Z', '2027-01-01T03:00:00Z']);
});

test('a schedule whose role may not start the job is a line of its own: NotStarted, with the reason', async () => {
  const withoutRights = ({ job, stack }: SynthesizedJob): void => {
    const other = new Role(stack, 'Other', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') });
    (job.node.findChild('Schedule').node.findChild('Schedule').node.defaultChild as CfnSchedule).addPropertyOverride('Target.RoleArn', other.roleArn);
  };
  const { runs, ran } = await nights({ schedule: nightly('4'), command: BatchCommand.shell(COUNT) }, ['2027-01-01', '2027-01-02'], { extend: withoutRights });
  expect(runs).toMatchObject([{ outcome: 'NotStarted', status: null, executionName: null, cause: expect.stringMatching(/is not authorized to perform: states:StartExecution/) }]);
  expect(ran).toBe('');
});

test('what a scheduled run leads to is a line of its own, and a check says that it is one', async () => {
  const chained = ({ job, stack }: SynthesizedJob): void => {
    const next = new CotsBatchJob(stack, 'Next', { instanceIds: [INSTANCE_ID], command: BatchCommand.shell(`${COUNT}; exit 5`) });
    next.startOn('AfterJob', {
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [job.stateMachineArn], status: ['SUCCEEDED'] },
      },
    });
    const schedule = job.node.findChild('Schedule').node.findChild('Schedule').node.defaultChild as CfnSchedule;
    new CfnSchedule(stack, 'Afternoon', {
      flexibleTimeWindow: { mode: 'OFF' },
      scheduleExpression: 'cron(0 17 * * ? *)',
      target: { ...schedule.target as CfnSchedule.TargetProperty, input: '{"check":true}' },
    });
  };
  const { runs, ran } = await nights({ schedule: nightly('4'), command: BatchCommand.shell(COUNT) }, ['2027-01-01', '2027-01-01T18:00Z'], { extend: chained });
  expect(runs.map(({ job, schedule, outcome, isCheck, exitCode, clockTime, notifications }) =>
    [job, schedule, clockTime.slice(0, 14), outcome, isCheck, exitCode, notifications])).toEqual([
    ['Stack/Job', 'Stack/Job/Schedule/Schedule', '2027-01-01T04:', 'Succeeded', false, 0, []],
    // Of a run that no schedule has started, there is what its execution says.
    ['Stack/Next', null, '2027-01-01T04:', 'Failed', false, null, ['Next: failed on 1 instance']],
    ['Stack/Job', 'Stack/Afternoon', '2027-01-01T17:', 'Succeeded', true, expect.anything(), []],
    ['Stack/Next', null, '2027-01-01T17:', 'Failed', false, null, ['Next: failed on 1 instance']],
  ]);
  expect(ran).toBe('x\n'.repeat(3));
});

test('on a holiday it is not due: the calendar is asked at the time of the night', async () => {
  const { runs, ran, counted } = await nights((stack) => {
    const holidays = new CfnDocument(stack, 'Holidays', { name: 'Holidays', documentType: 'ChangeCalendar', documentFormat: 'TEXT', content: {} });
    // CloudFormation takes a text, too; CDK's property is an object.
    holidays.addPropertyOverride('Content', ['BEGIN:VCALENDAR', 'X-CALENDAR-TYPE:DEFAULT_OPEN', 'BEGIN:VEVENT', 'DTSTART:20270101T000000Z',
      'DTEND:20270102T000000Z', 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n'));
    return { schedule: nightly('4'), scheduleOptions: { calendars: [holidays.ref] }, command: BatchCommand.shell(COUNT) };
  }, ['2026-12-31', '2027-01-03']);
  expect(runs.map(({ clockTime, outcome, status }) => [clockTime, outcome, status])).toEqual([
    ['2026-12-31T04:00', 'Succeeded', 'SUCCEEDED'], ['2027-01-01T04:00', 'NotDue', 'SUCCEEDED'], ['2027-01-02T04:00', 'Succeeded', 'SUCCEEDED'],
  ]);
  expect(runs[1].cause).toMatch(/calendar Holidays is closed until 2027-01-02 00:00:00 UTC/);
  expect(ran).toBe('x\nx\n');
  expect(counted[0]).toBe(2);
});

test('a program has the time that it takes, although waits without one pass faster', async () => {
  const { runs } = await nights({
    schedule: nightly('4'), command: BatchCommand.shell(`sleep 3; ${COUNT}`), executionTimeout: Duration.seconds(20),
  }, ['2027-01-01', '2027-01-02']);
  // At the speed of waits, its limit would have passed after a second.
  expect(runs.map(({ outcome }) => outcome)).toEqual(['Succeeded']);
});

test('it ends at the most runs, and says when the next one would have been', async () => {
  const { runs, next } = await nights({ schedule: nightly('4'), command: BatchCommand.shell(COUNT) }, ['2027-01-01', '2027-12-31'], { maxRuns: 2 });
  expect(runs).toHaveLength(2);
  expect(next).toBe('2027-01-03T03:00:00Z');
});

test('it starts no more when it is stopped', async () => {
  const { runs, ran } = await nights({ schedule: nightly('4'), command: BatchCommand.shell(COUNT) }, ['2027-01-01', '2027-12-31'], { abortAfter: 2 });
  expect(runs).toHaveLength(2);
  expect(ran).toBe('x\nx\n');
});

test('a job without a schedule has nothing to wait for', async () => {
  await expect(nights({ command: BatchCommand.shell(COUNT) }, ['2027-01-01', '2027-01-02']))
    .rejects.toThrow('the app must have a schedule that is enabled, to run until a time');
});

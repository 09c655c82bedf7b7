import { AccessDeniedException, InternalServerError, ThrottlingException } from '@aws-sdk/client-ssm';
import { after, COMMAND, FIRST, invocation, job, run, sendRequest, START } from './samples';
import { world } from './world';
import { JobSettings, NOT_SENT_ERROR, Outcome, OverlapPolicy, RUNNING, SendCommandRequest, UnreadableCalendar } from '../../src/protocol';
import type { CalendarState } from '../../src/runtime/aws/ssm';
import { observe } from '../../src/runtime/instances';
import { readSettings } from '../../src/runtime/read-settings';
import { decide } from '../../src/runtime/retry';
import { start } from '../../src/runtime/start';
import { judgeRun } from '../../src/runtime/verdict';

const DUE = '2026-03-01T02:00:00Z';

type Answer = CalendarState | Error;

const calendars = (names: string[], unreadable = UnreadableCalendar.RUN): Partial<JobSettings> => ({ calendars: { names, unreadable } });

/** Starts a run whose calendars answer like this. `asked` has what was asked, and `sent` how many commands were sent. */
async function startWith(answers: { [name: string]: Answer }, settings: Partial<JobSettings> = {}, request: Partial<SendCommandRequest> = {}) {
  const asked: [string, string][] = [];
  let sent = 0;
  const settled = job({ ...calendars(Object.keys(answers)), ...settings });
  const starting = start(sendRequest({ job: settled, input: { scheduledTime: DUE }, ...request }), world({
    ssm: {
      calendar: async (name, at) => {
        asked.push([name, at]);
        const answer = answers[name];
        if (answer instanceof Error) {
          throw answer;
        }
        return answer;
      },
      sendCommand: async () => {
        sent++;
        return COMMAND;
      },
    },
  }));
  const status = await starting.catch((error: Error) => error);
  return { status, asked, sent };
}

const open = { state: 'OPEN', changesAt: '2026-03-02T00:00:00Z' };
const closed = { state: 'CLOSED', changesAt: '2026-03-02T00:00:00Z' };
const metadata = { $metadata: { httpStatusCode: 400 } };
const denied = new AccessDeniedException({ message: 'not authorized', Message: 'not authorized', ...metadata });
const throttled = new ThrottlingException({ message: 'Rate exceeded', Message: 'Rate exceeded', ...metadata });
const broken = new InternalServerError({ message: 'oops', $metadata: { httpStatusCode: 500 } });

test('a run is judged by its scheduled time, and starts where every calendar is open', async () => {
  const { status, asked, sent } = await startWith({ Months: open, Holidays: open });
  expect(status).toMatchObject({ outcome: RUNNING, cause: '' });
  expect(status).not.toHaveProperty('isCalendarUnread');
  expect(asked).toEqual([['Months', DUE], ['Holidays', DUE]]);
  expect(sent).toBe(1);
});

test('one that is closed decides; all that are closed are named, with the time at which they open', async () => {
  const { status, sent } = await startWith({ Months: open, Holidays: closed, Freeze: { state: 'CLOSED' }, Gone: denied });
  expect(sent).toBe(0);
  expect(status).toMatchObject({
    outcome: Outcome.NOT_DUE,
    error: 'CotsBatchJob.NotDue',
    cause: 'Not due at 2026-03-01 02:00:00 UTC: calendar Holidays is closed until 2026-03-02 00:00:00 UTC; calendar Freeze is closed. Nothing was started.',
    result: { attempts: 0, exitCode: -1, instances: { total: 1, skipped: 1 } },
    notification: { subject: 'Batch job NightlyIndex: was not due: 2 calendars were closed' },
  });
});

test.each<[string, unknown, [string, string][]]>([
  ['one that somebody starts', {}, []],
  ['only if it is due: by the present time', { onlyIfDue: true }, [['Holidays', START]]],
  ['scheduled, and due in any case', { scheduledTime: DUE, onlyIfDue: false }, []],
  ['a check of a scheduled run', { scheduledTime: DUE, check: true }, []],
])('which runs ask: %s', async (_, input, expected) => {
  expect((await startWith({ Holidays: closed }, {}, { input })).asked).toEqual(expected);
});

test('a run that is not due cancels no other one', async () => {
  const { status } = await startWith({ Holidays: closed }, { overlapPolicy: OverlapPolicy.CANCEL_RUNNING });
  expect(status).toMatchObject({ outcome: Outcome.NOT_DUE });
});

describe('a calendar that cannot be read', () => {
  test('is asked again a few times where that may help; nothing is sent before', async () => {
    for (const [error, retryCount] of [[throttled, 0], [broken, 2], [new Error('socket hang up'), 1], [throttled, 2]] as const) {
      const { status, sent } = await startWith({ Holidays: error }, {}, { retryCount });
      expect(status).toMatchObject({ name: NOT_SENT_ERROR, message: expect.stringContaining('a calendar could not be read: Holidays: ') });
      expect(sent).toBe(0);
    }
  });

  test('then the run starts, and says so, now and at its end', async () => {
    for (const [error, retryCount] of [[throttled, 3], [denied, 0], [broken, 3]] as const) {
      const { status, sent } = await startWith({ Months: open, Holidays: error }, {}, { retryCount });
      expect(sent).toBe(1);
      expect(status).toMatchObject({
        outcome: RUNNING,
        isCalendarUnread: true,
        run: { calendarsUnread: expect.stringContaining(`calendar Holidays could not be read: ${error.name}`) },
        notification: { subject: 'Batch job NightlyIndex: has started, but a calendar could not be read' },
      });
    }
  });

  test('or fails, where that was asked for', async () => {
    const { status, sent } = await startWith({ Holidays: denied }, calendars(['Holidays'], UnreadableCalendar.FAIL));
    expect(sent).toBe(0);
    expect(status).toMatchObject({
      outcome: Outcome.FAILED, cause: expect.stringContaining('The batch program was not started, because nobody knows whether it was due'),
    });
  });

  test.each<[string, CalendarState]>([['nothing', {}], ['another word', { state: 'HALF_OPEN' }]])('an answer that says %s is none', async (_, answer) => {
    expect((await startWith({ Holidays: answer }, {}, { retryCount: 3 })).status).toMatchObject({ isCalendarUnread: true });
  });

  test('a run that SSM refuses all the same ends with both reasons', async () => {
    const refused = start(sendRequest({ job: job(calendars(['Holidays'])), input: { scheduledTime: DUE } }), world({
      ssm: { calendar: async () => { throw denied; }, sendCommand: async () => { throw denied; } },
    }));
    expect((await refused).cause).toMatch(/SSM refused the command.*Whether the run was due is not known; it was to run all the same/);
  });
});

test('settings: none without calendars; what a later release may say of unreadable ones runs', () => {
  const read = (settings: unknown) => readSettings({ ...job(), ...settings as object });
  expect(read({}).job).not.toHaveProperty('calendars');
  expect(read({ calendars: { names: ['Holidays'] } })).toMatchObject({ problems: [], job: calendars(['Holidays']) });
  expect(read({ calendars: { names: 'Holidays' } }).problems).toEqual([expect.stringContaining('job.calendars.names must be a list')]);
});

test('a further attempt says that a calendar could not be read, too', () => {
  const settings = job({
    retry: { maxAttempts: 2, intervalSeconds: 1, backoffRate: 1, maxDelaySeconds: 1, outcomes: [Outcome.FAILED], exitCodes: [] },
  });
  const first = run({ calendarsUnread: 'Holidays could not be read.' });
  const failed = observe(settings, first, { invocations: [[invocation(FIRST, 'Failed', 3)]] }, after(60));
  expect(decide(settings, first, judgeRun(settings, first, failed, after(60))).next).toMatchObject({ calendarsUnread: 'Holidays could not be read.' });
});

import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Command } from '@aws-sdk/client-ssm';
import {
  aborted, answered, closed, context, entered, executionFailed, exited, failed, failedWith, invoked, published, running, stoppedWhileRunning,
} from './ended-execution';
import { COMMAND, EXECUTION, FIRST, invocation, job, NAME } from './samples';
import { NOTIFY_STATE, Outcome, SEND_STATE } from '../../src/protocol';
import { comment } from '../../src/runtime/command-input';
import { retryStatus } from '../../src/runtime/report/status';
import { uniformCounts } from '../../src/runtime/verdict';

/** The report needs nothing but SNS: whatever else fails, and for how long. */

const MINUTE = 60;
const LIMIT = 15 * MINUTE;
const events = stoppedWhileRunning;
const logsAreDown = async () => {
  throw new Error('logs are down');
};
const gone = [[invocation(FIRST, 'Cancelled')]];

describe('SSM does not answer', () => {
  test('for good: it is reported within minutes that nothing is known, and Lambda tries again', async () => {
    const { all, toldAt, error } = await closed('ABORTED', { events, isDown: () => true, limitSeconds: LIMIT });
    expect(all).toHaveLength(1);
    expect(toldAt[0]).toBeLessThanOrEqual(2 * MINUTE);
    expect(all[0]).toMatchObject({ outcome: Outcome.CANCELLED, result: { instances: { total: 1, unresponsive: 1 } } });
    expect(all[0].cause).toBe('Somebody stopped the execution (Operator: wrong day). Whether the batch program still runs is unknown: '
      + 'InternalServerError: Internal failure.');
    expect(all[0].notification.text).toContain('Look on the instances whether the program still runs');
    expect(error?.message).toContain('it is not known what became of');
  });

  test('when the state machine has timed out: the same', async () => {
    const { all, toldAt } = await closed('TIMED_OUT', { events: [...events.slice(0, -1), { type: 'ExecutionTimedOut' } as HistoryEvent], isDown: () => true });
    expect(all.map(({ outcome }) => outcome)).toEqual([Outcome.TIMED_OUT]);
    expect(toldAt[0]).toBeLessThanOrEqual(2 * MINUTE);
  });

  test('for five minutes: the program is cancelled then, and that is reported', async () => {
    const { all, toldAt, done, error } = await closed('ABORTED', {
      events, isDown: (second) => second < 5 * MINUTE, invocations: gone, limitSeconds: LIMIT,
    });
    expect(error).toBeUndefined();
    expect(all).toHaveLength(2);
    expect(toldAt[0]).toBeLessThanOrEqual(2 * MINUTE);
    expect(toldAt[1]).toBeGreaterThanOrEqual(5 * MINUTE);
    expect(done.slice(-3)).toEqual([`cancel ${COMMAND}`, 'look', 'notify']);
    expect(all[1].notification.subject).toBe('Batch job NightlyIndex: was stopped: what became of its program');
    expect(all[1].cause).toMatch(/An earlier report said that it was not known what became of the batch program\. SSM reports it stopped on 1 instance/);
  });

  test('for 15 minutes: Lambda tries again, and what became of the program is reported once', async () => {
    const marks = new Set<string>();
    const mails: unknown[] = [];
    let start = 0;
    for (const pause of [0, 60, 120]) {
      start += pause;
      const { all, slept } = await closed('ABORTED', {
        events, marks, isDown: (second) => start + second < 15 * MINUTE, invocations: gone, limitSeconds: LIMIT,
      });
      mails.push(...all);
      start += slept;
    }
    expect(mails).toHaveLength(2);
  });

  test('and then says what the report said: nothing more is reported', async () => {
    const { all, done } = await closed('ABORTED', {
      events, isDown: (second) => second < 5 * MINUTE, invocations: [[invocation(FIRST, 'Cancelling')]], limitSeconds: LIMIT,
    });
    expect(all).toHaveLength(1);
    expect(done.at(-1)).toBe('look');
  });

  test('while the command was on its way: what was sent is found and cancelled later', async () => {
    const found: Command = { CommandId: COMMAND, DocumentName: job().document.name, Comment: comment({ id: NAME }, EXECUTION, 0, 1) };
    const { all, toldAt, done } = await closed('ABORTED', {
      events: [entered(SEND_STATE), invoked, aborted],
      isDown: (second) => second < 5 * MINUTE,
      commands: [[found]],
      invocations: gone,
      limitSeconds: LIMIT,
    });
    expect(toldAt[0]).toBeLessThanOrEqual(3 * MINUTE);
    expect(all).toHaveLength(2);
    expect(done).toContain(`cancel ${COMMAND}`);
  });

  test('to a workflow that has reported that it does not know: the program is cancelled as soon as it can be, and nothing reported', async () => {
    const fault = failed(job(), 1);
    const { all, done, error } = await closed('FAILED', {
      events: failedWith(fault, published), isDown: (second) => second < 5 * MINUTE, limitSeconds: LIMIT,
    });
    expect([all, error]).toEqual([[], undefined]);
    expect(done.at(-1)).toBe(`cancel ${COMMAND}`);
  });

  test('and marks cannot be left: it is reported once, and not once more each time', async () => {
    const { all, error } = await closed('ABORTED', {
      events, isDown: () => true, tools: { logs: { create: logsAreDown, has: logsAreDown } },
    });
    expect([all.length, error]).toEqual([1, undefined]);
  });
});

describe('GetExecutionHistory', () => {
  const settings = {
    name: 'NightlyIndex',
    description: 'Indexes all sites',
    owner: 'Search team',
    runbookUrl: 'https://wiki.example.com/index',
    notificationSubject: 'Nightly',
    notificationTopicArn: 'arn:aws:sns:eu-west-1:123456789012:T',
    notifyOn: [Outcome.CANCELLED],
  };
  const denied = { states: { history: async () => { throw Object.assign(new Error('no'), { name: 'AccessDeniedException' }); } } };

  test('cannot be asked: the end is reported by the event alone', async () => {
    const { all, toldAt, error } = await closed('ABORTED', { events, isDown: () => false, tools: denied, own: { reportSettings: settings } });
    expect(toldAt[0]).toBeLessThanOrEqual(MINUTE);
    expect(all[0]).toMatchObject({ outcome: Outcome.CANCELLED, notification: { subject: 'Nightly: was stopped' } });
    expect(all[0].cause).toBe('Somebody stopped the execution. Whether the batch program was started, and whether it still runs, is unknown: AccessDeniedException: no.');
    expect(all[0].notification.text).toContain('Runbook    https://wiki.example.com/index\n');
    expect(error).toBeDefined();
  });

  test('cannot be asked, and nobody knows the topic: an error, so that Lambda tries again', async () => {
    const { all, error } = await closed('ABORTED', { events, isDown: () => false, tools: denied });
    expect(all).toEqual([]);
    expect(error?.message).toContain('cannot be read');
  });

  const found: Command = { CommandId: COMMAND, DocumentName: job().document.name, Comment: comment({ id: NAME }, EXECUTION, 0, 1) };
  const lagging = (count: number, seconds: number) => (all: HistoryEvent[], second: number) => second < seconds ? all.slice(0, -count) : all;

  test.each([1, 2, 3, 4, 5])('lags by %i events while the command is on its way: it is asked again, and what was sent is cancelled', async (count) => {
    const { done, all } = await closed('ABORTED', {
      events: [entered(SEND_STATE), invoked, aborted], shown: lagging(count, 20), commands: [[], [found]], invocations: gone,
    });
    expect(done).toContain(`cancel ${COMMAND}`);
    expect(all).toHaveLength(1);
  });

  test.each([1, 2, 3])('lags by %i events for good: what may have been sent is looked for, and what is not known is said', async (count) => {
    const stopped = [entered(SEND_STATE), invoked, aborted];
    const { done } = await closed('ABORTED', { events: stopped, shown: lagging(count, Infinity), commands: [[], [], [found]], invocations: gone });
    expect(done).toContain(`cancel ${COMMAND}`);
    const unknown = await closed('ABORTED', { events: stopped, shown: lagging(count, Infinity) });
    expect(unknown.all).toHaveLength(1);
    expect(unknown.all[0].cause).toContain('Whether the batch program was started, and whether it still runs, is unknown: GetExecutionHistory does not show');
  });

  test('has a gap: it is not whole', async () => {
    const numbered = [entered(SEND_STATE), invoked, { type: 'LambdaFunctionStarted' } as HistoryEvent, aborted];
    const shown = (all: HistoryEvent[]) => all.map((event, i) => ({ ...event, id: i + 1 })).filter(({ id }) => id !== all.length - 2);
    const { done } = await closed('ABORTED', { events: numbered, shown, commands: [[found]], invocations: gone });
    expect(done).toContain(`cancel ${COMMAND}`);
  });

  test('lags when a further attempt is sent: that attempt is looked for', async () => {
    const next = { ...context(job()).run, id: `${NAME}-attempt-2`, attempt: 2, instanceIds: [FIRST], commands: [] };
    const settled = { counts: uniformCounts(0, Outcome.SUCCEEDED), failures: [], fineExitCode: -1, attempts: 1, overlaps: 0 };
    const verdict = { ...settled, outcome: Outcome.FAILED, exitCode: 3, noInstances: false };
    const status = retryStatus({ ...context(job()), run: { ...next, settled } }, verdict, 300);
    const second: Command = { ...found, CommandId: 'second', Comment: comment(next, EXECUTION, 0, 1) };
    const { done } = await closed('ABORTED', {
      events: [
        entered(SEND_STATE), answered(running()), answered(status), exited('Get status', { status }), entered(SEND_STATE, { status }), invoked, aborted,
      ],
      shown: lagging(3, Infinity),
      commands: [[second]],
      invocations: gone,
    });
    expect(done).toContain('cancel second');
  });

  test('lags when the workflow has reported: it is not reported again', async () => {
    const ended = [...failedWith(failed()).slice(0, -1), published, exited(NOTIFY_STATE, {}), executionFailed];
    const { all } = await closed('FAILED', { events: ended, shown: lagging(3, 20) });
    expect(all).toEqual([]);
  });
});

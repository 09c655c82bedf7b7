import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Command } from '@aws-sdk/client-ssm';
import {
  aborted, answered, closed, context, entered, executionFailed, exited, failed, failedWith, invoked, published, running, stoppedWhileRunning,
  timedOut,
} from './ended-execution';
import { COMMAND, EXECUTION, FIRST, ids, invocation, job, NAME, run } from './samples';
import { ExecutionEnded, Outcome, SEND_STATE, SEND_TIMEOUT_SECONDS } from '../../src/protocol';
import { comment } from '../../src/runtime/command-input';
import { retryStatus, runningStatus } from '../../src/runtime/report/status';
import { uniformCounts } from '../../src/runtime/verdict';

describe('an execution that is stopped while its program runs', () => {
  const events = stoppedWhileRunning;

  test('the command is cancelled, looked at until it has ended, and told', async () => {
    const { done, told } = await closed('ABORTED', {
      events,
      invocations: [[invocation(FIRST, 'Cancelling')], [invocation(FIRST, 'Cancelled')]],
    });
    expect(done).toEqual([`cancel ${COMMAND}`, 'look', 'look', 'notify']);
    expect(told).toMatchObject({ outcome: 'Cancelled', error: 'CotsBatchJob.Cancelled', result: { instances: { cancelled: 1, running: 0 } } });
    expect(told.notification.subject).toBe('Batch job NightlyIndex: was stopped');
    expect(told.cause).toBe('Somebody stopped the execution (Operator: wrong day). SSM reports it stopped on 1 instance: the script\'s process group '
      + 'does not run any more. What was started with su -c, runuser -l -c, docker run, systemctl start, at or setsid has left it and may '
      + 'live on, as may any program that a PowerShell script started.');
  });

  test('an agent that does not answer: after a minute the mail says that the program may still run', async () => {
    const { done, told, slept } = await closed('ABORTED', { events, invocations: [[invocation(FIRST, 'Cancelling')]] });
    expect(done.at(-1)).toBe('notify');
    expect(slept).toBe(60);
    expect(told.cause).toContain('may still be running on 1 instance');
    expect(told.notification.text).toContain('Look on the instances whether the program still runs');
  });

  test('a command that cannot be cancelled does not keep the mail back', async () => {
    const { done } = await closed('ABORTED', {
      events,
      invocations: [[invocation(FIRST, 'Success', 0)]],
      cancel: async () => { throw new Error('InvalidCommandId'); },
    });
    expect(done).toEqual([`cancel ${COMMAND}`, 'look', 'notify']);
  });

  test('a look at a large fleet takes long: the minute is one of the clock, so that there is time to tell', async () => {
    const { done, slept } = await closed('ABORTED', { events, invocations: [[invocation(FIRST, 'Cancelling')]], lookSeconds: 25 });
    expect(done).toEqual([`cancel ${COMMAND}`, 'look', 'look', 'look', 'notify']);
    expect(slept).toBe(10);
  });

  test('whoever does not want to know of it is not told, but the program is stopped', async () => {
    const { done } = await closed('ABORTED', {
      settings: job({ notifyOn: [Outcome.FAILED] }), events, invocations: [[invocation(FIRST, 'Cancelled')]],
    });
    expect(done).toEqual([`cancel ${COMMAND}`, 'look']);
  });

  test.each<[ExecutionEnded['status'], Outcome, RegExp]>([
    ['TIMED_OUT', Outcome.TIMED_OUT, /time-out of its execution/],
    ['FAILED', Outcome.FAILED, /a fault of its workflow/],
  ])('the same for %s', async (status, outcome, headline) => {
    const { done, told } = await closed(status, { events: [...events.slice(0, -1), status === 'FAILED' ? executionFailed : timedOut], invocations: [[invocation(FIRST, 'Cancelled')]] });
    expect(done).toEqual([`cancel ${COMMAND}`, 'look', 'notify']);
    expect(told.outcome).toBe(outcome);
    expect(told.notification.subject).toMatch(headline);
  });
});

describe('an execution that is stopped while it is being started', () => {
  const found: Command = {
    CommandId: COMMAND, DocumentName: job().document.name, Comment: comment({ id: NAME }, EXECUTION, 0, 1),
  };

  test('before anything was sent', async () => {
    const { done, told } = await closed('ABORTED', { events: [aborted] });
    expect(done).toEqual(['list', 'notify']);
    expect(told.cause).toContain('Nothing had been started');
    expect(told.result).toMatchObject({ attempts: 0, instances: { total: 1, undelivered: 1 } });
  });

  test('while a command was on its way: it is waited for, found and cancelled', async () => {
    const { done } = await closed('ABORTED', {
      events: [entered(SEND_STATE), invoked, aborted],
      commands: [[], [], [found]],
      invocations: [[invocation(FIRST, 'Cancelled')]],
    });
    expect(done).toEqual(['list', 'list', 'list', `cancel ${COMMAND}`, 'look', 'notify']);
  });

  test('after the answer of SendCommand was lost: a listing that is late is waited for, but not for as long as a handler', async () => {
    const events = [entered(SEND_STATE), invoked, { type: 'LambdaFunctionFailed' } as HistoryEvent, entered('Find command'), invoked, aborted];
    const { done } = await closed('ABORTED', { events, commands: [[], [found]], invocations: [[invocation(FIRST, 'Cancelled')]] });
    expect(done).toEqual(['list', 'list', `cancel ${COMMAND}`, 'look', 'notify']);
    const { slept, told } = await closed('ABORTED', { events });
    expect(slept).toBeGreaterThanOrEqual(30);
    expect(slept).toBeLessThan(SEND_TIMEOUT_SECONDS);
    expect(told.cause).toContain('whether the batch program was started is unknown');
  });

  test('before the handler was invoked: nobody is waited for, and nothing had been started', async () => {
    const { done, slept, told } = await closed('FAILED', { events: [entered(SEND_STATE), executionFailed] });
    expect(done).toEqual(['list', 'notify']);
    expect(slept).toBe(0);
    expect(told.cause).toContain('Nothing had been started');
    expect(told.result.instances).toMatchObject({ total: 1, undelivered: 1 });
  });

  test('a command that never turns up: what was started is unknown', async () => {
    const { told, slept } = await closed('ABORTED', { events: [entered(SEND_STATE), invoked, aborted] });
    expect(slept).toBeGreaterThanOrEqual(SEND_TIMEOUT_SECONDS);
    expect(told.cause).toContain('whether the batch program was started is unknown');
    expect(told.result.instances).toMatchObject({ total: 1, unresponsive: 1 });
  });

  test('the run of a schedule is known by its time', async () => {
    const scheduledTime = '2026-03-01T02:00:00Z';
    const { told } = await closed('ABORTED', { input: { scheduledTime }, events: [aborted] });
    expect(told.result.runId).toMatch(/^2026-03-01T02-00-00Z-[0-9a-f]{12}$/);
  });
});

describe('an execution that is stopped in a further attempt', () => {
  const settings = job({
    retry: { maxAttempts: 3, intervalSeconds: 300, backoffRate: 2, maxDelaySeconds: 3600, outcomes: [Outcome.FAILED], exitCodes: [] },
  });
  const next = run({ id: `${NAME}-attempt-2`, attempt: 2, instanceIds: [FIRST], commands: [] });
  const counts = uniformCounts(0, Outcome.SUCCEEDED);
  const settled = { counts, failures: [], fineExitCode: -1, attempts: 1, overlaps: 0 };
  const retrying = retryStatus(
    { ...context(settings), run: { ...next, settled } },
    { ...settled, outcome: Outcome.FAILED, exitCode: 3, noInstances: false },
    300,
  );
  const first = [entered(SEND_STATE), answered(running(settings)), answered(retrying), entered('Wait to try again', { status: retrying })];
  const found: Command = {
    CommandId: 'second', DocumentName: job().document.name, Comment: comment(next, EXECUTION, 0, 1),
  };

  test('before it was sent: the attempt before is what there is, and nothing is tried again', async () => {
    const { done, told } = await closed('ABORTED', { settings, events: [...first, aborted], invocations: [[invocation(FIRST, 'Failed', 3)]] });
    expect(done).toEqual([`cancel ${COMMAND}`, 'look', 'notify']);
    expect(told).toMatchObject({
      outcome: 'Cancelled', result: { attempts: 1, instances: { total: 1, failed: 1 }, failures: [{ instanceId: FIRST, exitCode: 3 }] },
    });
    expect(told.cause).toContain('The script had ended by itself.');
  });

  test('while it was on its way: its command is waited for, found and cancelled', async () => {
    const { done, told } = await closed('ABORTED', {
      settings,
      events: [...first, entered(SEND_STATE, { status: retrying }), invoked, aborted],
      commands: [[], [found]],
      invocations: [[{ ...invocation(FIRST, 'Cancelled'), CommandId: 'second' }]],
    });
    expect(done).toEqual(['list', 'list', 'cancel second', 'look', 'notify']);
    expect(told.result).toMatchObject({ runId: next.id, attempts: 2, instances: { total: 1, cancelled: 1 } });
  });

  test('while it was looked for: it is looked for by its own run', async () => {
    const { done } = await closed('ABORTED', {
      settings,
      events: [...first, entered(SEND_STATE, { status: retrying }), entered('Find command', { status: retrying }), aborted],
      commands: [[found]],
      invocations: [[invocation(FIRST, 'Cancelled')]],
    });
    expect(done).toEqual(['list', 'cancel second', 'look', 'notify']);
  });

  test('while it ran: its command is cancelled', async () => {
    const second = { ...next, settled, commands: [{ commandId: 'second' }] };
    const status = runningStatus({ ...context(settings), run: second }, uniformCounts(1, 'Running'), 2);
    const { done } = await closed('ABORTED', {
      settings,
      events: [...first, entered(SEND_STATE, { status: retrying }), answered(status), exited(SEND_STATE, { status }), aborted],
      invocations: [[invocation(FIRST, 'Cancelled')]],
    });
    expect(done).toEqual(['cancel second', 'look', 'notify']);
  });
});

describe('an execution that failed by itself', () => {
  test('it has told so: nothing is to be done', async () => {
    expect((await closed('FAILED', { events: failedWith(failed(), published) })).done).toEqual([]);
  });

  test('that the run was late is not its end: what could not be told is told', async () => {
    const events = [entered(SEND_STATE), answered(running()), entered('Notify late'), published, entered('Wait'), answered(failed()), executionFailed];
    expect((await closed('FAILED', { events })).done).toEqual(['notify']);
  });

  test('it could not tell: its own notification is sent', async () => {
    const { done, told } = await closed('FAILED', { events: failedWith(failed()) });
    expect(done).toEqual(['notify']);
    expect(told).toEqual(failed());
  });

  test('an outcome that nobody wants to know of is not told', async () => {
    const settings = job({ notifyOn: [Outcome.TIMED_OUT] });
    expect((await closed('FAILED', { settings, events: failedWith(failed(settings)) })).done).toEqual([]);
  });

  test('its handlers failed, and what they had started is stopped', async () => {
    const fault = { ...failed(job(), 1), run: run({ commands: [] }) };
    const { done } = await closed('FAILED', { events: failedWith(fault, published) });
    expect(done).toEqual([`cancel ${COMMAND}`]);
  });

  test('a server did not answer: what may still run is stopped', async () => {
    expect((await closed('FAILED', { events: failedWith(failed(job(), 1), published) })).done).toEqual([`cancel ${COMMAND}`]);
  });

  test('whether one of its commands was started was unknown: it is looked for twice more, and no other one', async () => {
    const settings = job({ instanceIds: ids(120) });
    const unconfirmed = run({
      commands: [{ commandId: 'first' }, { refusal: { code: 'InvalidInstanceId', message: '' } }, {}],
    });
    const late: Command = { CommandId: 'third', DocumentName: settings.document.name, Comment: comment(unconfirmed, EXECUTION, 2, 3) };
    const status = { ...failed(settings, 20), run: unconfirmed };
    const events = [entered(SEND_STATE), answered({ ...running(settings), run: unconfirmed }), answered(status), entered('Notify'), published, executionFailed];
    expect((await closed('FAILED', { settings, events, commands: [[late]] })).done).toEqual(['list', 'cancel first', 'cancel third']);
    expect(await closed('FAILED', { settings, events })).toMatchObject({ done: ['list', 'list', 'cancel first'], slept: 5 });
  });
});

describe('what Close run counts', () => {
  const invocations = [[invocation(FIRST, 'Cancelled')]];

  test.each<[ExecutionEnded['status'], HistoryEvent, Outcome]>([
    ['ABORTED', aborted, Outcome.CANCELLED],
    ['TIMED_OUT', timedOut, Outcome.TIMED_OUT],
    ['FAILED', executionFailed, Outcome.FAILED],
  ])('a run that ended as %s, by its outcome, reported or not', async (status, end, outcome) => {
    const events = [...stoppedWhileRunning.slice(0, -1), end];
    expect((await closed(status, { events, invocations })).recorded).toEqual([outcome]);
    expect((await closed(status, { settings: job({ notifyOn: [] }), events, invocations })).recorded).toEqual([outcome]);
  });

  test('not what a handler has counted: the workflow knew how the run had ended', async () => {
    expect((await closed('FAILED', { events: failedWith(failed()) })).recorded).toEqual([]);
  });

  test('once, however often EventBridge delivers the event', async () => {
    const marks = new Set<string>();
    const world = { events: stoppedWhileRunning, invocations, marks };
    expect((await closed('ABORTED', world)).recorded).toEqual([Outcome.CANCELLED]);
    expect((await closed('ABORTED', world)).recorded).toEqual([]);
  });

  test('also where no mark can be left', async () => {
    const mark = async () => {
      throw new Error('throttled');
    };
    expect((await closed('ABORTED', { events: stoppedWhileRunning, invocations, tools: { logs: { create: mark } } })).recorded).toEqual([Outcome.CANCELLED]);
  });
});

test('a rerun that is stopped while it is being started is found where it runs, which only SSM\'s listing says', async () => {
  const settings = job({ instanceIds: ids(120), allowRerun: true });
  const listed: Command = {
    CommandId: COMMAND, Comment: comment(run(), EXECUTION, 0, 1), DocumentName: settings.document.name, InstanceIds: [FIRST],
  };
  const { done, told } = await closed('ABORTED', {
    settings,
    input: { rerunOf: 'earlier' },
    events: [entered(SEND_STATE), invoked, aborted],
    commands: [[listed]],
    invocations: [[invocation(FIRST, 'Cancelled')]],
  });
  expect(done).toContain(`cancel ${COMMAND}`);
  expect(told).toMatchObject({ outcome: 'Cancelled', result: { instances: { total: 1, cancelled: 1 }, rerunOf: EXECUTION.replace(NAME, 'earlier') } });
});

import { CommandInvocation, InternalServerError, ListCommandsCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { listed, ssm } from './poll-once';
import { after, deploy, EXECUTION, FIRST, ids, invocation, job, NAME, plugin, run, SECOND, sendRequest, START, statusRequest, taggedJob } from './samples';
import { again, EARLIER, earlier, forgetStarts, given, HOUR, input, nightly, OTHER, RUN, TIME } from './started-before';
import { FIND_ATTEMPTS, NOT_SENT_ERROR, Outcome, RetrySettings, Run, RUNNING, SEND_ATTEMPTS, Status } from '../../src/protocol';
import { comment } from '../../src/runtime/command-input';
import { handler as getStatus } from '../../src/runtime/get-status.lambda';
import { attemptId, runId } from '../../src/runtime/run-id';
import { handler as sendCommand } from '../../src/runtime/send-command.lambda';
import { uniformCounts } from '../../src/runtime/verdict';

beforeEach(forgetStarts);

const sent = () => ssm.commandCalls(SendCommandCommand).length;

describe('a time that was started before', () => {
  test('and whose run goes on is skipped: nobody is told, and nothing is sent', async () => {
    given([earlier('InProgress')]);
    const status = await again(5);
    expect(status).toMatchObject({ outcome: Outcome.SKIPPED, isDuplicate: true, result: { instances: { total: 1, skipped: 1 }, attempts: 0 } });
    expect(status.cause).toBe('This run had been started before on 1 instance: nothing was started a second time there. '
      + `Its command ${EARLIER} of 2026-03-01 02:00:00 UTC is still running.`);
    expect(sent()).toBe(0);
  });

  test.each([2 * HOUR, 1.1 * HOUR])('and whose run goes on is skipped also after %i seconds, when no schedule delivers it any more', async (seconds) => {
    given([earlier('InProgress')]);
    expect(await again(seconds, nightly({ executionTimeoutSeconds: 12 * HOUR }))).toMatchObject({ outcome: Outcome.SKIPPED, isDuplicate: true });
  });

  test('and whose run has succeeded is skipped as long as its schedule may deliver it', async () => {
    given([earlier('Success')], [invocation(FIRST, 'Success', 0)]);
    const status = await again(600);
    expect(status).toMatchObject({ outcome: Outcome.SKIPPED, isDuplicate: true });
    expect(status.cause).toContain('succeeded on 1 instance.');
    expect(await again(HOUR - 60)).toMatchObject({ outcome: Outcome.SKIPPED, isDuplicate: true });
    expect(await again(9 * HOUR, nightly({ scheduleWindowSeconds: 10 * HOUR }))).toMatchObject({ outcome: Outcome.SKIPPED, isDuplicate: true });
  });

  test.each([2 * HOUR, 24 * HOUR, 20 * 24 * HOUR])('and whose run has succeeded fails after %i seconds: a person has asked for it', async (seconds) => {
    given([earlier('Success')], [invocation(FIRST, 'Success', 0)]);
    const status = await again(seconds);
    expect(status).toMatchObject({ outcome: Outcome.FAILED, isDuplicate: false, error: 'CotsBatchJob.Failed', result: { attempts: 0, exitCode: -1, failures: [] } });
    expect(status.cause).toBe('This run had been started before on 1 instance: nothing was started a second time there. '
      + `Its command ${EARLIER} of 2026-03-01 02:00:00 UTC succeeded on 1 instance. The batch program was not started again. `
      + `To run the job again, start it without scheduledTime (${TIME}).`);
    expect(status.notification.subject).toBe('Batch job NightlyIndex: was not started again');
    expect(status.notification.text).toContain('--input \'{}\' --region eu-west-1');
    expect(sent()).toBe(0);
  });

  test.each<[string, string, CommandInvocation[], string]>([
    ['failed', 'Failed', [invocation(FIRST, 'Failed', 7)], 'failed on 1 instance with exit code 7'],
    ['timed out', 'TimedOut', [invocation(FIRST, 'ExecutionTimedOut', 137)], 'timed out on 1 instance'],
    ['was stopped', 'Cancelled', [invocation(FIRST, 'Cancelled', 137)], 'was cancelled on 1 instance'],
    ['is being stopped, by an agent that never answers', 'Cancelling', [invocation(FIRST, 'Cancelling')], 'has no answer from 1 instance'],
    ['was not delivered', 'Failed', [invocation(FIRST, 'Undeliverable', undefined, { CommandPlugins: [] })], 'was not delivered to 1 instance'],
    ['failed in part, which the command calls a success', 'Success',
      [invocation(FIRST, 'Success', 0), invocation(SECOND, 'Undeliverable', undefined, { CommandPlugins: [] })], 'was not delivered to 1 of 2 instances'],
    ['was skipped', 'Failed', [invocation(FIRST, 'Failed', 212)], 'has started nothing'],
    ['has no instance', 'Success', [], 'has started nothing'],
  ])('and whose run %s fails at once, and says so', async (_, word, invocations, told) => {
    given([earlier(word)], invocations);
    for (const seconds of [60, 3 * HOUR]) {
      const status = await again(seconds);
      expect(status).toMatchObject({ outcome: Outcome.FAILED, isDuplicate: false });
      expect(status.cause).toContain(`Its command ${EARLIER} of 2026-03-01 02:00:00 UTC ${told}.`);
      expect(status.cause).toContain('start it without scheduledTime');
    }
    expect(sent()).toBe(0);
  });

  test('a warning is a success here, too', async () => {
    given([earlier('Failed')], [invocation(FIRST, 'Failed', 4)]);
    expect(await again(60, nightly({ successExitCodes: [0, 4] }))).toMatchObject({ outcome: Outcome.SKIPPED, isDuplicate: true });
  });

  test('a command that should have ended long ago does not run', async () => {
    given([earlier('InProgress')], [invocation(FIRST, 'InProgress')]);
    const status = await again(5 * HOUR);
    expect(status.outcome).toBe(Outcome.FAILED);
    expect(status.cause).toContain('has no answer from 1 instance');
  });

  test('of three commands, one that was never sent makes it no success', async () => {
    const settings = nightly({ instanceIds: ids(120) });
    const commands = [0, 1].map((i) => earlier('Success', { Comment: comment({ id: RUN }, OTHER, i, 3) }));
    given(commands, [invocation(FIRST, 'Success', 0)]);
    const status = await again(60, settings);
    expect(status.outcome).toBe(Outcome.FAILED);
    expect(status.cause).toContain('SSM does not list 1 more command of it.');
  });

  test('nor does it where SSM does not list all of its servers', async () => {
    given([earlier('Failed', { TargetCount: 3 })], [invocation(FIRST, 'Success', 0)]);
    const status = await again(60, nightly({ instanceIds: ids(3) }));
    expect(status.outcome).toBe(Outcome.FAILED);
    expect(status.cause).toContain('SSM does not list 2 more instances of it.');
  });

  test('what a third execution was refused does not hide how the first one ended', async () => {
    const third = earlier('Failed', { CommandId: 'third', Comment: comment({ id: RUN }, EXECUTION.replace(NAME, 'third'), 0, 1) });
    given([earlier('Failed'), third], [invocation(FIRST, 'Failed', 7)]);
    listed([invocation(FIRST, 'Failed', 213)], 'third');
    expect((await again(60)).cause).toContain(`Its command ${EARLIER} of 2026-03-01 02:00:00 UTC failed on 1 instance with exit code 7.`);
  });

  test('with targets no number of instances is invented', async () => {
    const settings = taggedJob({ scheduleWindowSeconds: HOUR });
    given([earlier('Failed')], [invocation(FIRST, 'Failed', 7)]);
    const status = await again(60, settings);
    expect(status).toMatchObject({ outcome: Outcome.FAILED, result: { instances: { total: 0 } } });
    expect(status.cause).toMatch(/^This run had been started before: nothing was started a second time\. Its command/);
  });

  test('of a document of somebody else\'s, which leaves no mark on a server, is found as well', async () => {
    const vendor = nightly({ document: { name: 'Vendor-Doc', own: false, parameters: {} } });
    deploy('Vendor-Doc');
    given([earlier('Success', { DocumentName: 'Vendor-Doc' })], [invocation(FIRST, 'Success', 0)]);
    expect(await again(60, vendor)).toMatchObject({ outcome: Outcome.SKIPPED, isDuplicate: true });
    expect(sent()).toBe(0);
  });

  test('of another job that uses the same document at the same time is none of its business', async () => {
    const vendor = nightly({ document: { name: 'Vendor-Doc', own: false, parameters: {} } });
    deploy('Vendor-Doc');
    const elsewhere = OTHER.replace('NightlyIndex', 'NightlyBilling');
    given([earlier('InProgress', { DocumentName: 'Vendor-Doc', Comment: comment({ id: RUN }, elsewhere, 0, 1) })]);
    expect((await again(5, vendor)).outcome).toBe(RUNNING);
    expect(sent()).toBe(1);
  });

  test.each([
    ['of another time', { Comment: comment({ id: runId(NAME, { scheduledTime: START }) }, OTHER, 0, 1) }],
    ['of another document', { DocumentName: 'Other' }],
    ['by hand', { Comment: 'test' }],
  ])('a command %s is no start of it', async (_, overrides) => {
    given([earlier('InProgress', overrides)]);
    await again(5);
    expect(sent()).toBe(1);
  });

  test('costs one listing, and a run without a time none', async () => {
    await again(5);
    expect(ssm.commandCalls(ListCommandsCommand)).toHaveLength(1);
    expect(ssm.commandCalls(ListCommandsCommand)[0].args[0].input.Filters).toEqual([
      { key: 'InvokedAfter', value: '2026-03-01T01:54:50Z' }, { key: 'DocumentName', value: job().document.name },
    ]);
    await again(5, nightly(), { input: {} });
    expect(ssm.commandCalls(ListCommandsCommand)).toHaveLength(1);
  });

  test('the execution\'s own command is taken up, and not sent again: an execution may be redriven', async () => {
    given([earlier('InProgress', { Comment: comment({ id: RUN }, EXECUTION, 0, 1) })]);
    expect(await again(5)).toMatchObject({ outcome: RUNNING, run: { commands: [{ commandId: EARLIER }] } });
    expect(sent()).toBe(0);
  });
});

describe('between two attempts', () => {
  const retry: RetrySettings = {
    maxAttempts: 2, intervalSeconds: 600, backoffRate: 2, maxDelaySeconds: 600, outcomes: [Outcome.FAILED], exitCodes: [],
  };
  const failed = (end: number) => invocation(FIRST, 'Failed', 75, {
    CommandPlugins: [{ ...plugin('Failed', 75), ResponseFinishDateTime: new Date(after(end)) }],
  });

  test('the run goes on while another attempt may follow', async () => {
    given([earlier('Failed')], [failed(60)]);
    const status = await again(120, nightly({ retry }));
    expect(status).toMatchObject({ outcome: Outcome.SKIPPED, isDuplicate: true });
    expect(status.cause).toContain('failed on 1 instance with exit code 75, and is to be tried again.');
  });

  test('it does not where the attempt never came', async () => {
    given([earlier('Failed')], [failed(60)]);
    expect((await again(60 + 600 + 300 + 300 + 5, nightly({ retry }))).outcome).toBe(Outcome.FAILED);
  });

  test('the last attempt decides', async () => {
    const comment2 = comment({ id: attemptId(RUN, 2) }, OTHER, 0, 1);
    const second = earlier('Success', { CommandId: 'second', Comment: comment2, RequestedDateTime: new Date(after(700)) });
    given([earlier('Failed'), second], [failed(60)]);
    listed([invocation(FIRST, 'Success', 0)], 'second');
    expect(await again(800, nightly({ retry }))).toMatchObject({ outcome: Outcome.SKIPPED, isDuplicate: true });
    listed([invocation(FIRST, 'Failed', 75)], 'second');
    const status = await again(5 * HOUR, nightly({ retry }));
    expect(status.outcome).toBe(Outcome.FAILED);
    expect(status.cause).toContain('Its command second of 2026-03-01 02:11:40 UTC failed on 1 instance with exit code 75.');
  });
});

describe('a time that may not be started', () => {
  test.each([61, HOUR, 30 * 24 * HOUR])('in %i seconds: it would be used up', async (seconds) => {
    const scheduledTime = after(seconds);
    const status = await again(0, nightly(), { input: { scheduledTime } });
    expect(status).toMatchObject({ outcome: Outcome.FAILED, result: { attempts: 0 } });
    const got = scheduledTime.replace('.000Z', 'Z');
    expect(status.cause).toBe(`The input was refused: scheduledTime must not be in the future, got "${got}"; it is ${START}`);
    expect(sent()).toBe(0);
  });

  test('clocks may differ by a minute', async () => {
    await again(0, nightly(), { input: { scheduledTime: after(59) } });
    expect(sent()).toBe(1);
  });

  test('further back than the schedule delivers it', async () => {
    const status = await again(2 * HOUR);
    expect(status.outcome).toBe(Outcome.FAILED);
    expect(status.cause).toBe(`The input was refused: scheduledTime must not be further back than a schedule delivers it (3600 seconds), got "${TIME}"; `
      + `it is ${after(2 * HOUR)}. To run the job, start it without scheduledTime`);
    expect(sent()).toBe(0);
    await again(HOUR - 60);
    await again(2 * HOUR, nightly({ scheduleWindowSeconds: 3 * HOUR }));
    expect(sent()).toBe(2);
  });

  test('without a schedule of the job\'s own, what any schedule can be set to: two days', async () => {
    await again(47 * HOUR, job());
    expect(sent()).toBe(1);
    expect((await again(49 * HOUR, job())).cause).toContain('(172800 seconds)');
    expect(sent()).toBe(1);
  });

  test('a further attempt is not asked when its time was, nor is it found by its own first one', async () => {
    const first = (await again(5)).run;
    const settled = { counts: uniformCounts(0, Outcome.SUCCEEDED), failures: [], fineExitCode: -1, attempts: 1, overlaps: 0 };
    const next: Run = { ...first, id: attemptId(first.id, 2), attempt: 2, instanceIds: [FIRST], settled, commands: [] };
    given([earlier('Failed')]);
    await sendCommand(sendRequest({ job: nightly(), input, now: after(9 * HOUR), status: { run: next } }));
    expect(sent()).toBe(2);
  });
});

describe('SSM does not answer', () => {
  const failure = new InternalServerError({ message: 'oops', $metadata: { httpStatusCode: 500 } });

  test('servers with the job\'s launcher start a run once: it is sent', async () => {
    ssm.on(ListCommandsCommand).rejects(failure);
    expect((await again(5)).outcome).toBe(RUNNING);
    expect(sent()).toBe(1);
  });

  test('others would start it twice: it is asked again, and told in the end', async () => {
    const vendor = nightly({ document: { name: 'Vendor-Doc', own: false, parameters: {} } });
    deploy('Vendor-Doc');
    ssm.on(ListCommandsCommand).rejects(failure);
    await expect(again(5, vendor)).rejects.toMatchObject({ name: NOT_SENT_ERROR });
    const status = await again(5, vendor, { retryCount: SEND_ATTEMPTS });
    expect(status).toMatchObject({ outcome: Outcome.FAILED, result: { attempts: 0 } });
    expect(status.cause).toContain('whether this time was started before is unknown');
    expect(sent()).toBe(0);
  });
});

describe('what only the servers know', () => {
  const sentRun = run({ id: RUN, scheduledTime: TIME });
  const refused = [invocation(FIRST, 'Failed', 213)];

  /** The first look after a command that the server has refused. */
  async function look(seconds: number, overrides: Partial<Run> = {}, invocations = refused, settings = nightly()): Promise<Status> {
    listed(invocations);
    return getStatus(statusRequest({ job: settings, run: { ...sentRun, ...overrides }, now: after(seconds) }));
  }

  test('is asked for until SSM has had time to list it, and is a failure then', async () => {
    expect(await look(5)).toMatchObject({ outcome: RUNNING });
    const status = await look(125);
    expect(status).toMatchObject({ outcome: Outcome.FAILED, isDuplicate: false, error: 'CotsBatchJob.Failed' });
    expect(status.cause).toBe('This run had been started before on 1 instance: nothing was started a second time there. '
      + 'SSM lists no command that has started it. The batch program was not started again. '
      + `To run the job again, start it without scheduledTime (${TIME}).`);
  });

  test('SSM lists it a little later: a second delivery', async () => {
    given([earlier('InProgress')]);
    expect(await look(5)).toMatchObject({ outcome: Outcome.SKIPPED, isDuplicate: true });
    given([earlier('Failed')], [invocation(FIRST, 'Failed', 7)]);
    expect((await look(5)).cause).toContain('failed on 1 instance with exit code 7');
  });

  test('SSM does not say: a failure in the end', async () => {
    ssm.on(ListCommandsCommand).rejects(new InternalServerError({ message: 'oops', $metadata: { httpStatusCode: 400 } }));
    expect((await look(5)).outcome).toBe(RUNNING);
    expect((await look(125)).outcome).toBe(Outcome.FAILED);
  });

  test('without a scheduled time it is a failure at once: an execution of that name has run before', async () => {
    const status = await look(5, { id: NAME, scheduledTime: undefined });
    expect(status.outcome).toBe(Outcome.FAILED);
    expect(status.cause).toContain('To run the job again, start a new execution.');
  });

  test('servers that are new have started it, and the others had before: it fails, and says what ran where', async () => {
    const settings = nightly({ instanceIds: [FIRST, SECOND] });
    given([earlier('Failed')], [invocation(FIRST, 'Failed', 7)]);
    const status = await look(60, {}, [...refused, invocation(SECOND, 'Success', 0)], settings);
    expect(status).toMatchObject({ outcome: Outcome.FAILED, result: { attempts: 1, instances: { succeeded: 1, skipped: 1 } } });
    expect(status.notification.subject).toBe('Batch job NightlyIndex: was not started again on 1 of 2 instances');
    expect(status.cause).not.toContain('The batch program was not started again');
    given([earlier('InProgress')]);
    expect(await look(60, {}, [...refused, invocation(SECOND, 'Success', 0)], settings)).toMatchObject({ outcome: Outcome.SKIPPED, isDuplicate: true });
    const failed = await look(60, {}, [...refused, invocation(SECOND, 'Failed', 9)], settings);
    expect(failed).toMatchObject({ outcome: Outcome.FAILED, result: { exitCode: 9, failures: [{ instanceId: SECOND }] } });
    expect(failed.cause).toContain('This run had been started before on 1 of 2 instances');
  });

  test('a lock that the very same run holds is no overlap', async () => {
    given([earlier('InProgress')]);
    expect(await look(5, {}, [invocation(FIRST, 'Failed', 212)])).toMatchObject({ outcome: Outcome.SKIPPED, isDuplicate: true });
    given([]);
    expect(await look(5, {}, [invocation(FIRST, 'Failed', 212)])).toMatchObject({ outcome: Outcome.SKIPPED, isDuplicate: false });
  });

  test('what was refused in the first attempt is not forgotten in the second', async () => {
    const settled = {
      counts: { total: 1, succeeded: 0, failed: 0, timedOut: 0, undelivered: 0, cancelled: 0, unresponsive: 0, skipped: 1, running: 0 },
      failures: [],
      fineExitCode: 213,
      attempts: 1,
      overlaps: 0,
    };
    const second: Partial<Run> = { id: attemptId(RUN, 2), attempt: 2, instanceIds: [SECOND], settled };
    const status = await look(300, second, [invocation(SECOND, 'Success', 0)]);
    expect(status.outcome).toBe(Outcome.FAILED);
    given([earlier('Success')], [invocation(FIRST, 'Success', 0)]);
    expect(await look(300, second, [invocation(SECOND, 'Success', 0)])).toMatchObject({ outcome: Outcome.SKIPPED, isDuplicate: true });
  });

  test('a start that nobody confirmed, of a time that another execution has started', async () => {
    const find = async () => sendCommand(sendRequest({ action: 'find', job: nightly(), input, now: after(60), retryCount: FIND_ATTEMPTS }));
    expect((await find()).cause).toContain('is unknown');
    given([earlier('InProgress')]);
    expect(await find()).toMatchObject({ outcome: RUNNING, run: { wasStartedBefore: true, commands: [] } });
  });
});

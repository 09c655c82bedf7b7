import {
  Command, CommandInvocation, GetCommandInvocationCommand, ListCommandInvocationsCommand, ListCommandsCommand,
  ThrottlingException,
} from '@aws-sdk/client-ssm';
import { forget, lines, listed, look, ssm } from './poll-once';
import { after, COMMAND, FIRST, ids, invocation, job, run, SECOND, SENT, statusRequest, taggedJob, THIRD } from './samples';
import { CompletionMode, GetStatusRequest, Outcome, RUNNING, Status } from '../../src/protocol';
import { handler } from '../../src/runtime/get-status.lambda';

beforeEach(forget);
afterEach(() => jest.restoreAllMocks());

describe('with instance IDs', () => {
  const three = { instanceIds: [FIRST, SECOND, THIRD] };

  test('succeeds when every instance has', async () => {
    const status = await look([FIRST, SECOND, THIRD].map((id) => invocation(id, 'Success', 0)), three, { now: after(125) });
    expect(status).toMatchObject({ outcome: Outcome.SUCCEEDED, error: '', cause: '', waitSeconds: 1 });
    expect(status.result).toMatchObject({
      outcome: Outcome.SUCCEEDED,
      commandIds: [COMMAND],
      startedAt: after(0),
      endedAt: after(125),
      durationSeconds: 125,
      attempts: 1,
      exitCode: 0,
      instances: { total: 3, succeeded: 3, failed: 0, running: 0 },
      failures: [],
    });
    expect(status.notification.subject).toBe('Batch job NightlyIndex: succeeded on 3 instances');
    expect(ssm.commandCalls(GetCommandInvocationCommand)).toHaveLength(0);
  });

  test('an empty page that has a token is not the last one', async () => {
    ssm.on(ListCommandInvocationsCommand).resolvesOnce({ CommandInvocations: [], NextToken: 'more' })
      .resolvesOnce({ CommandInvocations: [invocation(FIRST, 'Success', 0)] });
    expect((await handler(statusRequest())).outcome).toBe(Outcome.SUCCEEDED);
  });

  test('an empty list right after the start is not an end', async () => {
    const status = await look([], three, { now: after(2) });
    expect(status).toMatchObject({ outcome: RUNNING, waitSeconds: 5, error: '', notification: { subject: '', text: '' } });
    expect(status.result.instances).toMatchObject({ total: 3, running: 3 });
  });

  test('one instance that is not listed yet keeps the run going, until delivery time-out and grace are over', async () => {
    const others = [invocation(FIRST, 'Success', 0), invocation(SECOND, 'Success', 0)];
    expect((await look(others, three, { now: after(899) })).outcome).toBe(RUNNING);
    const once = await look(others, three, { now: after(900) });
    expect(once).toMatchObject({ outcome: RUNNING, run: { incompleteSince: after(900) } });
    const status = await look(others, three, { now: after(900 + once.waitSeconds), run: once.run });
    expect(status.outcome).toBe(Outcome.UNRESPONSIVE);
    expect(status.cause).toContain('may still be running there');
    expect(status.result.failures).toEqual([expect.objectContaining(
      { instanceId: THIRD, status: 'NotRegistered', exitCode: -1 },
    )]);
  });

  test.each([
    'Pending', 'InProgress', 'Delayed', 'Cancelling',
  ])('one that is %s keeps the run going, even when another failed', async (details) => {
    const status = await look(
      [invocation(FIRST, 'Failed', 1), invocation(SECOND, details, -1), invocation(THIRD, 'Success', 0)],
      three,
    );
    expect(status).toMatchObject({ outcome: RUNNING, waitSeconds: 30 });
    expect(status.result).toMatchObject({
      instances: { total: 3, failed: 1, running: 1, succeeded: 1 },
      failures: [],
      endedAt: '',
    });
  });

  test.each([
    ['Failed', Outcome.FAILED], ['ExecutionTimedOut', Outcome.TIMED_OUT], ['DeliveryTimedOut', Outcome.UNDELIVERED],
    ['Undeliverable', Outcome.UNDELIVERED], ['InvalidPlatform', Outcome.UNDELIVERED], ['AccessDenied', Outcome.UNDELIVERED],
    ['Cancelled', Outcome.CANCELLED], ['Terminated', Outcome.CANCELLED],
  ])('one that is %s among successes makes the run %s', async (details, outcome) => {
    const status = await look(
      [invocation(FIRST, 'Success', 0), invocation(SECOND, details, -1), invocation(THIRD, 'Success', 0)],
      three,
    );
    expect(status).toMatchObject({ outcome, error: `CotsBatchJob.${outcome}`, result: { outcome, cause: status.cause } });
    expect(status.cause).toContain(SECOND);
    expect(status.result.failures).toEqual([expect.objectContaining({ instanceId: SECOND, outcome, status: details })]);
  });

  test('the worst decides, and comes first', async () => {
    const status = await look(
      [invocation(FIRST, 'Cancelled', -1), invocation(SECOND, 'ExecutionTimedOut', 137), invocation(THIRD, 'Failed', 2)],
      three,
    );
    expect(status.outcome).toBe(Outcome.FAILED);
    expect(status.result.exitCode).toBe(2);
    expect(status.result.failures.map(({ instanceId }) => instanceId)).toEqual([THIRD, SECOND, FIRST]);
  });

  test('an instance that is listed twice counts once, with what is worse', async () => {
    const twice = await look([invocation(FIRST, 'Success', 0), invocation(FIRST, 'Failed', 3)]);
    expect(twice.result).toMatchObject({ outcome: Outcome.FAILED, exitCode: 3, instances: { total: 1, failed: 1 } });
    expect((await look([invocation(FIRST, 'InProgress'), invocation(FIRST, 'Success', 0)])).outcome).toBe(RUNNING);
  });

  test('an instance that nobody asked for changes nothing', async () => {
    expect((await look([invocation(SECOND, 'Success', 0)])).outcome).toBe(RUNNING);
    expect((await look([invocation(FIRST, 'Success', 0), invocation(SECOND, 'Failed', 1)])).outcome).toBe(Outcome.SUCCEEDED);
  });

  test('instances of a refused command were not reached, those of an unconfirmed one may run', async () => {
    const all = ids(101);
    listed(all.slice(0, 50).map((id) => invocation(id, 'Success', 0)));
    const commands = [
      { commandId: COMMAND },
      { refusal: { code: 'InvalidInstanceId', message: 'not valid' } },
      {},
    ];
    const status = await handler(statusRequest({ job: job({ instanceIds: all }), run: run({ commands }) }));
    expect(status.outcome).toBe(Outcome.UNRESPONSIVE);
    expect(status.result.instances).toMatchObject({ total: 101, succeeded: 50, undelivered: 50, unresponsive: 1 });
    expect(status.result.failures.map((failure) => failure.status)).toEqual([
      'NotConfirmed: whether this command was sent is unknown', ...Array.from({ length: 4 }, () => 'InvalidInstanceId: not valid'),
    ]);
    expect(ssm.commandCalls(ListCommandInvocationsCommand)).toHaveLength(1);
  });

  test('what still runs at the deadline is unresponsive, and the run ends', async () => {
    expect((await look([invocation(FIRST, 'InProgress')], {}, { now: after(4499) })).outcome).toBe(RUNNING);
    const status = await look([invocation(FIRST, 'InProgress')], {}, { now: after(4500) });
    expect(status.outcome).toBe(Outcome.UNRESPONSIVE);
    expect(status.cause).toContain('may still be running');
    expect(status.result.failures).toEqual([expect.objectContaining({ outcome: Outcome.UNRESPONSIVE, status: 'InProgress' })]);
  });

  test('what was skipped for another run is skipped, and so is a run of which some was', async () => {
    const skipped = await look([invocation(FIRST, 'Failed', 212)]);
    expect(skipped).toMatchObject({
      outcome: Outcome.SKIPPED,
      isDuplicate: false,
      error: 'CotsBatchJob.Skipped',
      cause: 'Another run of the job was still running on 1 instance: nothing was started there.',
      result: { attempts: 0, exitCode: 212, failures: [], instances: { skipped: 1 } },
    });
    const mixed = await look([invocation(FIRST, 'Failed', 212), invocation(SECOND, 'Success', 0)], { instanceIds: [FIRST, SECOND] });
    expect(mixed).toMatchObject({ outcome: Outcome.SKIPPED, result: { attempts: 1, instances: { skipped: 1, succeeded: 1 } } });
    const failed = await look([invocation(FIRST, 'Failed', 212), invocation(SECOND, 'Failed', 1)], { instanceIds: [FIRST, SECOND] });
    expect(failed).toMatchObject({ outcome: Outcome.FAILED, result: { exitCode: 1, instances: { skipped: 1, failed: 1 } } });
  });

  test('after success the largest exit code is told', async () => {
    const status = await look(
      [invocation(FIRST, 'Success', 0), invocation(SECOND, 'Failed', 4)],
      { instanceIds: [FIRST, SECOND], successExitCodes: [0, 4, 8] },
    );
    expect(status.result).toMatchObject({ outcome: Outcome.SUCCEEDED, exitCode: 4 });
  });
});

describe('with targets', () => {
  async function target(
    command: Partial<Command> | undefined, invocations: CommandInvocation[], now: string = after(60), incompleteSince?: string,
  ): Promise<Status> {
    ssm.on(ListCommandsCommand).resolves({ Commands: command ? [{ CommandId: COMMAND, ...SENT, ...command }] : [] });
    listed(invocations);
    return handler(statusRequest({ job: taggedJob(), now, run: run({ incompleteSince }) }));
  }

  const two = [invocation(FIRST, 'Success', 0), invocation(SECOND, 'Success', 0)];

  test('succeeds when the command has ended and every target is listed as a success', async () => {
    const status = await target({ Status: 'Success', StatusDetails: 'Success', TargetCount: 2 }, two);
    expect(status.result).toMatchObject({ outcome: Outcome.SUCCEEDED, instances: { total: 2, succeeded: 2 } });
  });

  test('asks for details, whole pages, and all of them', async () => {
    const all = ids(120);
    const invocations = all.map((id) => invocation(id, 'Success', id === all[119] ? 4 : 0));
    const status = await target({ Status: 'Success', TargetCount: 120 }, invocations);
    // The one that failed is on the last page.
    expect(status.outcome).toBe(Outcome.FAILED);
    expect(status.result.failures.map(({ instanceId }) => instanceId)).toEqual([all[119]]);
    expect(ssm.commandCalls(ListCommandInvocationsCommand).map(({ args }) => args[0].input)).toEqual([
      { CommandId: COMMAND, Filters: [{ key: 'Status', value: 'InProgress' }], MaxResults: 50 },
      { CommandId: COMMAND, Details: true, MaxResults: 50, NextToken: undefined },
      { CommandId: COMMAND, Details: true, MaxResults: 50, NextToken: 'token-1' },
      { CommandId: COMMAND, Details: true, MaxResults: 50, NextToken: 'token-2' },
    ]);
  });

  test.each<[string, Partial<Command> | undefined, CommandInvocation[]]>([
    ['SSM does not list the command yet', undefined, two],
    ['the command runs', { Status: 'InProgress', TargetCount: 2 }, two],
    ['the number of targets is unknown', { Status: 'Success' }, two],
    ['fewer instances are listed than targets', { Status: 'Success', TargetCount: 3 }, two],
    ['nothing is listed although there are targets', { Status: 'Success', TargetCount: 2 }, []],
    ['an instance runs', { Status: 'Success', TargetCount: 2 }, [two[0], invocation(SECOND, 'InProgress')]],
    ['targets are not resolved yet', { Status: 'Pending', TargetCount: 0 }, []],
  ])('goes on while %s', async (_, command, invocations) => {
    expect((await target(command, invocations)).outcome).toBe(RUNNING);
  });

  test.each<[string, Partial<Command>]>([
    ['NoInstancesInTag', { Status: 'Success', StatusDetails: 'NoInstancesInTag', TargetCount: 0 }],
    ['No Instances In Tag', { Status: 'Failed', StatusDetails: 'No Instances In Tag' }],
    ['no target', { Status: 'Success', StatusDetails: 'Success', TargetCount: 0 }],
  ])('ends, undelivered, with %s', async (_, command) => {
    const status = await target(command, []);
    expect(status).toMatchObject({
      outcome: Outcome.UNDELIVERED,
      cause: 'No instance matches the targets: tag:Role=crawler,indexer. The batch program did not run.',
      result: { instances: { total: 0 }, attempts: 0 },
    });
  });

  test('ends, undelivered, where SSM gave the whole command up', async () => {
    const status = await target({ Status: 'Failed', StatusDetails: 'Rate Exceeded', TargetCount: 4 }, []);
    expect(status.result).toMatchObject({ outcome: Outcome.UNDELIVERED, instances: { total: 4, undelivered: 4 } });
    expect(status.cause).toContain('Rate Exceeded');
  });

  test('a parent\'s success is not believed', async () => {
    const lost = invocation(SECOND, 'Undeliverable', -1);
    const status = await target({ Status: 'Success', StatusDetails: 'Success', TargetCount: 2 }, [two[0], lost]);
    expect(status.outcome).toBe(Outcome.UNDELIVERED);
  });

  test('targets that are never listed are unresponsive once the command has ended: the program may run there', async () => {
    const ended = await target({ Status: 'Success', TargetCount: 3 }, two, after(930), after(900));
    expect(ended.result).toMatchObject({ outcome: Outcome.UNRESPONSIVE, instances: { total: 3, succeeded: 2, unresponsive: 1 } });
    expect(ended.result.failures).toEqual([expect.objectContaining({ instanceId: 'unknown', status: 'NotRegistered' })]);
    expect((await target({ Status: 'InProgress', TargetCount: 3 }, two, after(900))).outcome).toBe(RUNNING);
  });

  test('at the deadline nothing that is not confirmed is a success', async () => {
    for (const command of [undefined, { Status: 'InProgress' as const, TargetCount: 2 }, { Status: 'Success' as const }]) {
      const status = await target(command, two, after(4530), after(4500));
      expect(status).toMatchObject({ outcome: Outcome.UNRESPONSIVE, error: 'CotsBatchJob.Unresponsive' });
      expect(status.cause).toContain('may still be running');
    }
    expect((await target(undefined, [], after(4530), after(4500))).outcome).toBe(Outcome.UNRESPONSIVE);
    const failed = await target({ Status: 'InProgress', TargetCount: 2 }, [invocation(FIRST, 'Failed', 1)], after(4530), after(4500));
    expect(failed).toMatchObject({ outcome: Outcome.FAILED, result: { instances: { failed: 1, unresponsive: 1 } } });
  });
});

test('an error of SSM is thrown: a look that failed says nothing', async () => {
  ssm.on(ListCommandInvocationsCommand).rejects(new ThrottlingException({
    message: 'Rate exceeded',
    Message: 'Rate exceeded',
    $metadata: {},
  }));
  await expect(handler(statusRequest())).rejects.toThrow('Rate exceeded');
});

test.each([
  ['instance IDs', false], ['targets', true],
])('10,000 noisy failures by %s stay far below the limits', async (_, byTargets) => {
  const all = ids(10_000);
  const commands = byTargets ? [{ commandId: COMMAND }]
    : Array.from({ length: 200 }, (__, i) => ({ commandId: `${COMMAND.slice(0, -4)}${String(i).padStart(4, '0')}` }));
  ssm.on(ListCommandsCommand).resolves({ Commands: [{ CommandId: COMMAND, ...SENT, Status: 'Failed', TargetCount: 10_000 }] });
  commands.forEach(({ commandId }, i) => {
    listed((byTargets ? all : all.slice(i * 50, i * 50 + 50)).map((id) => invocation(id, 'Failed', 1)), commandId);
  });
  const noise = '"界\\\t\n'.repeat(4000);
  ssm.on(GetCommandInvocationCommand).resolves({ StandardOutputContent: noise, StandardErrorContent: noise });
  const settings = byTargets ? taggedJob() : job({ instanceIds: all });
  const status = await handler(statusRequest({ job: settings, run: run({ commands }) }));
  expect(status.result.instances).toMatchObject({ total: 10_000, failed: 10_000 });
  // The mail and the JSON, which is put into a JSON text once more.
  const message = JSON.stringify({ default: JSON.stringify(status.result), email: status.notification.text });
  expect(Buffer.byteLength(JSON.stringify(status))).toBeLessThan(128 * 1024);
  expect(Buffer.byteLength(message)).toBeLessThan(128 * 1024);
});

test('each call is logged with its execution', async () => {
  await look([invocation(FIRST, 'Failed', 1)]);
  expect(lines.map((line) => JSON.parse(line))).toEqual([expect.objectContaining({
    handler: 'GetStatus',
    message: 'run polled',
    executionId: expect.stringContaining('arn:aws:states'),
    outcome: Outcome.FAILED,
    counts: expect.objectContaining({ failed: 1 }),
  })]);
});

describe('how the wait before a look has ended', () => {
  const request = (wait: GetStatusRequest['wait']) => ({ now: after(3000), wait });
  const running = [invocation(FIRST, 'InProgress')];
  const settings = { completion: CompletionMode.EVENTS };

  test('an event: a run that still goes on is polled soon again', async () => {
    expect(await look(running, settings, request({ isResumed: true })))
      .toMatchObject({ outcome: RUNNING, waitSeconds: 5, run: { resumedAt: after(3000) } });
  });

  test.each<[string, GetStatusRequest['wait']]>([
    ['its time was up', { Error: 'States.Timeout' } as object],
    ['it could not begin', { Error: 'Lambda.TooManyRequestsException' } as object],
    ['it only waited', undefined],
  ])('%s: the plan goes on', async (_, wait) => {
    const status = await look(running, settings, request(wait));
    expect(status).toMatchObject({ outcome: RUNNING, waitSeconds: 300 });
    expect(status.run.resumedAt).toBeUndefined();
  });

  test('where it begins, there is nothing to do', async () => {
    expect(await handler({ taskToken: 'the token' })).toBeUndefined();
  });
});

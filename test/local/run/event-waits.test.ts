import { SendTaskFailureCommand, SendTaskHeartbeatCommand, SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { eventApp, EventOptions } from './event-app';
import { allow, removeFolders, role, temporaryFolder } from './synthesized-app';
import { LocalRun, LocalRunOptions, openLocalRun } from '../../../src/local/run/local-run';
import { EventDelivery, LocalRunResult, RunEvent } from '../../../src/local/run/run-record';

const SPEED = 100;

afterAll(removeFolders);

interface Outcome {
  readonly result: LocalRunResult;
  readonly deliveries: EventDelivery[];
  readonly warnings: string[];
}

async function run(
  app: EventOptions = {}, options: LocalRunOptions = {}, use?: (local: LocalRun, events: RunEvent[]) => Promise<LocalRunResult>,
): Promise<Outcome> {
  const events: RunEvent[] = [];
  const local = await openLocalRun(eventApp(app), {
    speed: SPEED, authorize: 'required', workDir: temporaryFolder(), onEvent: (event) => events.push(event), ...options,
  });
  try {
    const result = await (use?.(local, events) ?? local.start({ input: { exit: 0 } }).result);
    return {
      result,
      deliveries: events.filter((event) => event.kind === 'event').map(({ delivery }) => delivery),
      warnings: events.filter((event) => event.kind === 'warning').map(({ message }) => message),
    };
  } finally {
    await local.close();
  }
}

const waits = ({ history }: LocalRunResult) =>
  history.filter(({ state, type }) => state === 'Wait' && /^Task(Succeeded|Failed|TimedOut)$/.test(type)).map(({ type }) => type);
const denied = ({ calls }: LocalRunResult) => calls.filter(({ allowed }) => !allowed);

describe('a wait that an event may end', () => {
  test('ends with the event, and the run ends long before its time-out', async () => {
    const { result, deliveries } = await run();

    expect(result.status).toBe('SUCCEEDED');
    expect(denied(result)).toEqual([]);
    expect(result.durationSeconds).toBeLessThan(400);
    expect(deliveries).toEqual([
      { status: 'Success', target: 'App/NightlyIndex/Resume/Resource', phase: 'invoked', attempt: 1 },
    ]);
    expect(waits(result)).toEqual(['TaskSucceeded']);
    expect(result.output).toMatchObject({ wait: { resumed: true } });
    const stateMachine = result.executionArn.replace(':execution:', ':stateMachine:').replace(/:[^:]+$/, '');
    expect(result.calls.find(({ action }) => action === 'states:SendTaskSuccess')?.resources).toEqual([stateMachine]);
  });

  test('ends with its time-out where the event is lost', async () => {
    const { result, deliveries } = await run({}, { faults: [{ operation: 'Deliver', kind: 'lost', target: 'NightlyIndex/Rule' }] });

    expect(result.status).toBe('SUCCEEDED');
    expect(result.durationSeconds).toBeGreaterThanOrEqual(400);
    expect(waits(result)).toEqual(['TaskTimedOut']);
    expect(deliveries).toMatchObject([{ status: 'Success', phase: 'lost' }]);
  });

  test('ends when a late event comes', async () => {
    const { result } = await run({}, { faults: [{ operation: 'Deliver', kind: 'late', delaySeconds: 100 }] });

    expect(result.durationSeconds).toBeGreaterThanOrEqual(100);
    expect(result.durationSeconds).toBeLessThan(400);
    expect(waits(result)).toEqual(['TaskSucceeded']);
  });

  test('is over when the event comes for the second time: the execution does not run any more', async () => {
    const { result, deliveries } = await run({}, { faults: [{ operation: 'Deliver', kind: 'twice', delaySeconds: 100 }] });

    expect(result.status).toBe('SUCCEEDED');
    expect(waits(result)).toEqual(['TaskSucceeded']);
    expect(deliveries[0]).toMatchObject({ phase: 'invoked', attempt: 1 });
    expect(deliveries.slice(1)).toMatchObject([{ phase: 'invoked', attempt: 1 }]);
  });

  test.each(['throttle', 'internalError', 'loseRequest'] as const)('whose call suffers %s fails, and the run waits without events', async (kind) => {
    const { result } = await run({}, { faults: [{ operation: 'Invoke', target: 'Look', kind, calls: [1] }] });

    expect(result.status).toBe('SUCCEEDED');
    expect(waits(result)).toEqual(['TaskFailed']);
    expect(result.history.map(({ state }) => state)).toContain('Wait without events');
    expect(result.durationSeconds).toBeGreaterThanOrEqual(400);
  });

  test('is not ended by who may not', async () => {
    const { result, deliveries } = await run({
      resources: {
        ResumeRole: role('lambda.amazonaws.com', allow(['ssm:ListCommands', 'states:ListExecutions', 'states:GetExecutionHistory'], '*'),
          allow('states:SendTaskSuccess', 'arn:aws:states:us-east-1:123456789012:stateMachine:Other')),
      },
    });

    expect(waits(result)).toEqual(['TaskTimedOut']);
    expect(deliveries[1].error).toMatch(/^AccessDeniedException: .*states:SendTaskSuccess on resource: arn:.*:stateMachine:App-Job/);
  });

  test('by a call that the local run does not know is not run wrong', async () => {
    const { result } = await run({ waitState: { Resource: 'arn:aws:states:::aws-sdk:dynamodb:scan.waitForTaskToken' } });

    expect(result).toMatchObject({ status: 'FAILED', error: 'LocalRun.Failed', cause: "the local run does not know the resource 'aws-sdk:dynamodb:scan'" });
  });
});

describe('what a command tells', () => {
  const PUBLISHED = 'exports.handler = async (event) => { throw Object.assign(new Error(JSON.stringify(event)), { name: "Got" }); };';
  const told = async (pattern: object, exit = 0) => {
    const { result, deliveries } = await run(
      { handler: PUBLISHED, pattern, target: { InputTransformer: undefined } }, {},
      async (local) => local.start({ input: { exit } }).result,
    );
    const events = deliveries.filter(({ phase }) => phase === 'dropped').map(({ error = '' }) => JSON.parse(error.replace('Got: ', '')));
    return { result, events };
  };

  test('is what AWS documents', async () => {
    const { result, events } = await told({ source: ['aws.ssm'] }, 3);
    const [{ commandId, documentName, instances }] = result.commands;
    const [instanceId] = Object.keys(instances);
    const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const envelope = {
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: 'aws.ssm',
      account: '123456789012',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      region: 'us-east-1',
      resources: [`arn:aws:ec2:us-east-1:123456789012:instance/${instanceId}`],
    };
    const common = { 'command-id': commandId, 'document-name': documentName, 'requested-date-time': iso };
    const invocation = (status: string) => ({
      ...envelope,
      'detail-type': 'EC2 Command Invocation Status-change Notification',
      'detail': { ...common, 'instance-id': instanceId, status },
    });
    const command = (status: string) => ({
      ...envelope,
      'detail-type': 'EC2 Command Status-change Notification',
      'detail': { ...common, 'expire-after': iso, 'parameters': { exit: ['3'] }, status },
    });

    expect(events).toHaveLength(4);
    for (const event of [invocation('InProgress'), command('InProgress'), invocation('Failed'), command('Failed')]) {
      expect(events).toContainEqual(event);
    }
    expect(new Set(events.map(({ id }) => id)).size).toBe(4);
  });

  test.each([
    ['of another document', { source: ['aws.ssm'], detail: { 'document-name': ['Other'] } }],
    ['with another status', { source: ['aws.ssm'], detail: { status: ['Cancelled'] } }],
    ['of another service', { 'source': ['aws.ec2'], 'detail-type': [{ prefix: 'EC2 Command' }] }],
  ])('does not match a pattern %s', async (_, pattern) => {
    expect((await told(pattern)).events).toEqual([]);
  });
});

describe('who has a token', () => {
  const client = (local: LocalRun) => new SFNClient({
    endpoint: local.endpoint.url, region: 'us-east-1', credentials: local.endpoint.credentials, maxAttempts: 1,
  });
  const noEvents = { pattern: { source: ['none'] } };
  const tokenOf = async (events: RunEvent[]): Promise<string> => {
    for (;;) {
      const found = events.find((event) => event.kind === 'history' && event.event.type === 'TaskSubmitted');
      const scheduled = events.find((event) => event.kind === 'history' && event.event.type === 'TaskScheduled');
      if (found && scheduled?.kind === 'history') {
        const { Payload } = scheduled.event.input as { Payload: { taskToken: string } };
        return Payload.taskToken;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  test('may say that it goes on, and that it failed, once', async () => {
    const refusals: string[] = [];
    const { result } = await run(noEvents, { speed: 1 }, async (local, events) => {
      const states = client(local);
      const execution = local.start({ input: { exit: 0 } });
      const taskToken = await tokenOf(events);
      await states.send(new SendTaskHeartbeatCommand({ taskToken }));
      await expect(states.send(new SendTaskSuccessCommand({ taskToken, output: '{' }))).rejects.toMatchObject({ name: 'InvalidOutput' });
      await states.send(new SendTaskFailureCommand({ taskToken, error: 'Custom', cause: 'because' }));
      for (const command of [
        new SendTaskFailureCommand({ taskToken }), new SendTaskHeartbeatCommand({ taskToken }),
        new SendTaskSuccessCommand({ taskToken, output: '{}' }), new SendTaskSuccessCommand({ taskToken: 'none', output: '{}' }),
      ]) {
        await states.send(command as SendTaskFailureCommand).catch((error: Error) => refusals.push(error.name));
      }
      states.destroy();
      execution.abort();
      return execution.result;
    });

    expect(refusals).toEqual(['TaskTimedOut', 'TaskTimedOut', 'TaskTimedOut', 'InvalidToken']);
    expect(result.history.find(({ type }) => type === 'TaskFailed')).toMatchObject({ error: 'Custom', cause: 'because' });
  });

  test('is refused when the execution has ended', async () => {
    await run(noEvents, { speed: 1 }, async (local, events) => {
      const states = client(local);
      const execution = local.start({ input: { exit: 0 } });
      const taskToken = await tokenOf(events);
      execution.abort();
      const result = await execution.result;
      await expect(states.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }))).rejects.toMatchObject({
        name: 'TaskTimedOut', message: "Task Timed Out: 'Provided task does not exist anymore'",
      });
      states.destroy();
      return result;
    });
  });
});

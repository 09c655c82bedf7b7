import { LocalRun, LocalRunOptions, openLocalRun } from '../../../../src/local/run/local-run';
import { EventDelivery, LocalRunResult, RunEvent } from '../../../../src/local/run/run-record';
import { closingApp, ClosingOptions } from '../../run/closing-app';
import { parentOf } from '../../run/sample-app';
import { removeFolders, role, temporaryFolder } from '../../run/synthesized-app';

const SPEED = 200;

afterAll(removeFolders);

interface Told {
  readonly result: LocalRunResult;
  readonly deliveries: EventDelivery[];
  readonly warnings: string[];
  /** Seconds after the end at which the function was invoked. */
  readonly invokedAt: number[];
  /** What the functions got, as they published it. */
  readonly received: any[];
}

async function told(
  app: ClosingOptions, options: LocalRunOptions = {}, use?: (run: LocalRun) => Promise<LocalRunResult>,
): Promise<Told> {
  const events: RunEvent[] = [];
  const run = await openLocalRun(closingApp(app), {
    speed: SPEED, authorize: 'required', workDir: temporaryFolder(), onEvent: (event) => events.push(event), ...options,
  });
  try {
    const result = await (use?.(run) ?? run.start({ input: { exit: 3 } }).result);
    const deliveries = events.filter((event) => event.kind === 'event');
    return {
      result,
      deliveries: deliveries.map(({ delivery }) => delivery),
      warnings: events.filter((event) => event.kind === 'warning').map(({ message }) => message),
      invokedAt: deliveries
        .filter(({ delivery }) => delivery.phase === 'invoked')
        .map(({ at }) => (at - Date.parse(result.stopDate)) / 1000),
      received: result.notifications
        .filter(({ subject }) => subject === 'Closed & told')
        .map(({ messages }) => JSON.parse(messages.default)),
    };
  } finally {
    await run.close();
  }
}

const phases = ({ deliveries }: Told) => deliveries.map(({ phase, attempt }) => `${phase} ${attempt}`);
const untilWaiting = async (events: RunEvent[]) => {
  while (!events.some((event) => event.kind === 'history' && event.event.type === 'WaitStateEntered')) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

describe('the end of an execution', () => {
  test('that failed is told as EventBridge tells it, before the result resolves', async () => {
    const { result, received, deliveries } = await told({});

    expect(received).toEqual([{
      'version': '0',
      'id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'detail-type': 'Step Functions Execution Status Change',
      'source': 'aws.states',
      'account': '123456789012',
      'time': result.stopDate.replace(/\.\d+/, ''),
      'region': 'us-east-1',
      'resources': [result.executionArn],
      'detail': {
        executionArn: result.executionArn,
        stateMachineArn: result.executionArn.replace(':execution:', ':stateMachine:').replace(/:[^:]+$/, ''),
        name: result.executionName,
        status: 'FAILED',
        startDate: Date.parse(result.startDate),
        stopDate: Date.parse(result.stopDate),
        input: '{"exit":3}',
        inputDetails: { included: true },
        output: null,
        outputDetails: null,
        stateMachineVersionArn: null,
        stateMachineAliasArn: null,
        redriveCount: 0,
        redriveDate: null,
        error: 'CotsBatchJob.Failed',
        cause: 'the batch program failed',
      },
    }]);
    const target = 'App/NightlyIndex/CloseRun/Resource';
    expect(deliveries).toEqual([{ status: 'FAILED', target, phase: 'invoked', attempt: 1 }]);
    expect(result.calls.filter(({ allowed }) => !allowed)).toEqual([]);
    expect(result.calls.slice(-2)).toMatchObject([
      { action: 'lambda:InvokeFunction', principal: 'events.amazonaws.com' },
      { action: 'sns:Publish', principal: expect.stringContaining(':role/App-CloseRole-') },
    ]);
  });

  test('that succeeded does not match', async () => {
    const { deliveries } = await told({}, {}, async (run) => run.start({ input: { exit: 0 } }).result);

    expect(deliveries).toEqual([]);
  });

  test('that was stopped is told, with whoever stopped it', async () => {
    const events: RunEvent[] = [];
    const { received } = await told({ wait: 86_400 }, { onEvent: (event) => events.push(event) }, async (run) => {
      const execution = run.start();
      await untilWaiting(events);
      execution.abort('Operator', 'enough');
      const result = await execution.result;
      expect(result.notifications).toHaveLength(1);
      return result;
    });

    expect(received[0].detail).toMatchObject({ status: 'ABORTED', error: 'Operator', cause: 'enough', output: null });
  });

  test('of a child that is stopped with its parent is told, too, and belongs to the record of the parent', async () => {
    const events: RunEvent[] = [];
    const { result, received } = await told(
      { wait: 86_400, resources: parentOf('startExecution.sync:2') },
      { onEvent: (event) => events.push(event) },
      async (run) => {
        const execution = run.start({ job: 'Nightly' });
        await untilWaiting(events);
        execution.abort();
        return execution.result;
      },
    );

    expect(result.status).toBe('ABORTED');
    expect(received.map(({ detail }) => detail)).toMatchObject([
      { status: 'ABORTED', stateMachineArn: expect.stringContaining('App-Job') },
    ]);
  });

  test('is told with its start by a rule that asks for both, without what is not known yet', async () => {
    const { received } = await told({ rule: { EventPattern: { source: ['aws.states'] } } }, {}, async (run) =>
      run.start({ input: { exit: 0 } }).result);

    expect(received.map(({ detail }) => detail.status)).toEqual(['RUNNING', 'SUCCEEDED']);
    expect(received[0].detail).toMatchObject({ stopDate: null, output: null, outputDetails: null });
    expect(received[1].detail).toMatchObject({ stopDate: expect.any(Number), outputDetails: { included: true } });
    expect(JSON.parse(received[1].detail.output)).toMatchObject({ outcome: 'Succeeded' });
  });
});

describe('a function that fails', () => {
  const failing = 'exports.handler = async () => { throw new TypeError("no"); };';

  test('is invoked again after one and after two minutes, and then given up', async () => {
    const outcome = await told({ handler: failing });

    expect(phases(outcome)).toEqual(['invoked 1', 'failed 1', 'invoked 2', 'failed 2', 'invoked 3', 'dropped 3']);
    expect(outcome.deliveries[1].error).toBe('TypeError: no');
    const [, second, third] = outcome.invokedAt;
    expect(second).toBeGreaterThanOrEqual(60);
    expect(third - second).toBeGreaterThanOrEqual(120);
  });

  test('because its role may not publish is seen, and tried again', async () => {
    const outcome = await told({ resources: { CloseRole: role('lambda.amazonaws.com') } });

    expect(outcome.deliveries[1].error).toMatch(/^AuthorizationErrorException: User: .* is not authorized/);
    const denied = outcome.result.calls.filter(({ allowed }) => !allowed);
    expect(denied.map(({ action }) => action)).toEqual(Array(3).fill('sns:Publish'));
    expect(outcome.received).toEqual([]);
  });

  test('and then succeeds is not invoked again', async () => {
    const outcome = await told({}, { faults: [{ operation: 'Invoke', kind: 'crashBefore', target: 'CloseRun', calls: [1] }] });

    expect(phases(outcome)).toEqual(['invoked 1', 'failed 1', 'invoked 2']);
    expect(outcome.received).toHaveLength(1);
  });

  test.each(['internalError', 'loseRequest'] as const)('to be invoked (%s) is invoked later', async (kind) => {
    const outcome = await told({}, { faults: [{ operation: 'Invoke', kind, target: 'CloseRun', calls: [1] }] });

    expect(phases(outcome)).toEqual(['invoked 1', 'failed 1', 'invoked 2']);
    expect(outcome.received).toHaveLength(1);
  });

  test('after its work is done does the work again', async () => {
    const outcome = await told({}, { faults: [{ operation: 'Invoke', kind: 'timeOut', target: 'CloseRun', calls: [1] }] });

    expect(outcome.deliveries[1].error).toMatch(/Task timed out after 30\.00 seconds$/);
    expect(outcome.received).toHaveLength(2);
  });

  test('that nobody waits for can not lose its answer', async () => {
    expect(phases(await told({}, { faults: [{ operation: 'Invoke', kind: 'loseResponse', target: 'CloseRun' }] }))).toEqual(['invoked 1']);
  });

  test('and may not be retried is given up at once', async () => {
    const config = {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: { FunctionName: { Ref: 'Close' }, Qualifier: '$LATEST', MaximumRetryAttempts: 0 },
    };

    expect(phases(await told({ handler: failing, resources: { Config: config } }))).toEqual(['invoked 1', 'dropped 1']);
  });

  test('for want of concurrency is tried for longer, with longer and longer waits', async () => {
    const outcome = await told({}, { faults: [{ operation: 'Invoke', kind: 'throttle', target: 'CloseRun', calls: [1, 2, 3, 4] }] });

    expect(outcome.deliveries.filter(({ phase }) => phase === 'failed')).toHaveLength(4);
    expect(outcome.invokedAt.at(-1)).toBeGreaterThanOrEqual(1 + 2 + 4 + 8);
    expect(outcome.received).toHaveLength(1);
  });

  test('is not waited for when the run is closed', async () => {
    const events: RunEvent[] = [];
    const run = await openLocalRun(closingApp({ handler: failing }), {
      speed: 1, workDir: temporaryFolder(), onEvent: (event) => events.push(event),
    });
    const execution = run.start({ job: 'NightlyIndex', input: { exit: 3 } });
    execution.abort();
    while (!events.some((event) => event.kind === 'event' && event.delivery.phase === 'failed')) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await run.close();

    expect(await execution.result).toMatchObject({ status: 'ABORTED' });
  });
});

describe('an event', () => {
  test('may be lost', async () => {
    const outcome = await told({}, { faults: [{ operation: 'Deliver', kind: 'lost', target: 'NightlyIndex/Rule' }] });

    const target = 'App/NightlyIndex/Rule/Resource';
    expect(outcome.deliveries).toEqual([{ status: 'FAILED', target, phase: 'lost', attempt: 0 }]);
    expect(outcome.received).toEqual([]);
  });

  test('may come twice, and the same event it is', async () => {
    const { received } = await told({}, {
      faults: [{ operation: 'Deliver', kind: 'twice', calls: ({ detail }) => detail.status === 'FAILED' }],
    });

    expect(received).toHaveLength(2);
    expect(received[0].id).toBe(received[1].id);
  });

  test('can be a part of it for the target', async () => {
    const { received } = await told({ target: { InputPath: '$.detail.status' } });

    expect(received).toEqual(['FAILED']);
  });

  test.each<[string, ClosingOptions]>([
    ['is disabled', { rule: { State: 'DISABLED' } }],
    ['is on another bus', { rule: { EventBusName: 'mine' } }],
    ['has only a schedule', { rule: { EventPattern: undefined, ScheduleExpression: 'rate(1 day)' } }],
  ])('does not come to a rule that %s', async (_, app) => {
    expect(await told(app)).toMatchObject({ deliveries: [], warnings: [] });
  });
});

describe('what stands between a rule and its function', () => {
  test.each<[string, object]>([
    ['for another rule', { SourceArn: 'arn:aws:events:us-east-1:123456789012:rule/other' }],
    ['for another service', { Principal: 's3.amazonaws.com' }],
    ['for another function', { FunctionName: { Ref: 'Look' } }],
    ['for another action', { Action: 'lambda:GetFunction' }],
    ['for another account', { SourceAccount: '210987654321' }],
  ])('a permission %s does not allow the invocation, which is seen', async (_, permission) => {
    const { result, received } = await told({ permission });

    expect(received).toEqual([]);
    expect(result.calls.filter(({ allowed }) => !allowed)).toMatchObject([{
      action: 'lambda:InvokeFunction',
      principal: 'events.amazonaws.com',
      deniedResource: expect.stringContaining(':function:App-Close-'),
      message: expect.stringContaining('no resource-based policy allows the lambda:InvokeFunction action for arn:aws:events:'),
    }]);
  });

  test.each<[string, object]>([
    ['all rules of the account', { SourceArn: 'arn:aws:events:*:123456789012:rule/*', SourceAccount: '123456789012' }],
    ['the service', { SourceArn: undefined }],
  ])('a permission for %s is enough', async (_, permission) => {
    expect((await told({ permission })).received).toHaveLength(1);
  });

  test('a target that is no function of the app is named', async () => {
    const { deliveries, warnings } = await told({ target: { Arn: { Ref: 'Topic' } } });

    expect(deliveries).toEqual([]);
    expect(warnings).toEqual([
      'the rule App/NightlyIndex/Rule/Resource does not reach arn:aws:sns:us-east-1:123456789012:ops: ' +
      'the local run invokes functions and state machines of the app only',
    ]);
  });

  test('an operator that is not known is named, once', async () => {
    const { deliveries, warnings } = await told({ rule: { EventPattern: { source: [{ wildcard: 'aws.*' }] } } });

    expect(deliveries).toEqual([]);
    expect(warnings).toEqual([
      'the rule App/NightlyIndex/Rule/Resource gets no events: ' +
      "the local run does not know the operator 'wildcard' of its pattern",
    ]);
  });

  test('a pattern that only a deployment knows is named', async () => {
    const { warnings } = await told({ rule: { EventPattern: { source: [{ 'Fn::GetAtt': ['Instance', 'PublicIp'] }] } } });

    expect(warnings).toEqual([expect.stringMatching(/^the rule App\.Rule gets no events: .*PublicIp/)]);
  });
});

import * as fs from 'node:fs';
import * as path from 'node:path';
import { parentOf, sampleApp, SampleOptions } from './sample-app';
import { allow, lambdaFunction, removeFolders, role, temporaryFolder } from './synthesized-app';
import { ScaledClock } from '../../../src/local/aws/clock';
import { LocalRun, LocalRunOptions, openLocalRun, StartOptions } from '../../../src/local/run/local-run';
import { LocalRunResult, RunEvent } from '../../../src/local/run/run-record';

const SPEED = 50;
const opened: LocalRun[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map(async (local) => local.close()));
});
afterAll(removeFolders);

async function open(app: SampleOptions = {}, options: LocalRunOptions = {}): Promise<LocalRun> {
  const local = await openLocalRun(sampleApp(app), { speed: SPEED, workDir: temporaryFolder(), ...options });
  opened.push(local);
  return local;
}

async function run(input: object, options: LocalRunOptions & StartOptions = {}, app: SampleOptions = {}): Promise<LocalRunResult> {
  const local = await open(app, options);
  return local.start({ input, ...options }).result;
}

const actions = ({ calls }: LocalRunResult): string[] => [
  ...new Set(calls.filter(({ allowed }) => allowed).map(({ action }) => action)),
];

describe('a job', () => {
  test('that succeeds gives its result, and what it did', async () => {
    const result = await run({ exit: 0 });

    expect(result).toMatchObject({
      job: 'App/NightlyIndex',
      status: 'SUCCEEDED',
      output: { outcome: 'Succeeded', exitCode: 0 },
      notifications: [],
    });
    expect(actions(result)).toEqual(['lambda:InvokeFunction', 'ssm:SendCommand', 'ssm:ListCommandInvocations']);
    expect(Object.values(result.commands[0].instances)).toEqual(['Success']);
    expect(result.durationSeconds).toBeGreaterThanOrEqual(10);
    expect(result.historyEventCount).toBe(result.history.length);
    expect(fs.readFileSync(path.join(result.workDir, 'functions', 'App.Look.log'), 'utf8')).toContain('START RequestId');
  });

  test('that fails gives its error, and the message to those whose filter takes it', async () => {
    const result = await run({ exit: 3 });

    expect(result).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed', cause: 'the batch program failed' });
    expect(result.notifications).toEqual([
      {
        at: expect.any(String),
        topicArn: 'arn:aws:sns:us-east-1:123456789012:ops',
        sender: expect.any(String),
        subject: 'Nightly index: failed',
        messages: {
          default: JSON.stringify({ outcome: 'Failed', exitCode: 3, instances: { total: 1, failed: 1 } }),
          email: 'Nightly index failed.\n\nWhat to try first: read the log.',
        },
        attributes: { outcome: 'Failed' },
        subscriptions: [
          { protocol: 'email', endpoint: 'ops@example.com', matches: true },
          { protocol: 'email', endpoint: 'boss@example.com', matches: false },
        ],
      },
    ]);
  });

  test('tells everything as it happens', async () => {
    const events: RunEvent[] = [];
    await run({ exit: 3 }, { onEvent: (event) => events.push(event) });

    expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(['history', 'call', 'command', 'instance', 'output', 'notification']));
    expect(events.map(({ at }) => at)).toEqual([...events.map(({ at }) => at)].sort((a, b) => a - b));
  });

  test('tells which command was sent, and what its script prints before it has ended, line by line', async () => {
    const events: RunEvent[] = [];
    const { commands: [{ commandId, instances }], workDir } = await run({ exit: 3 }, { onEvent: (event) => events.push(event) });
    const [instanceId] = Object.keys(instances);

    expect(events).toContainEqual({ kind: 'command', at: expect.any(Number), commandId, documentName: expect.any(String), instanceIds: [instanceId] });
    const about = { kind: 'output', at: expect.any(Number), commandId, instanceId, step: 'run', number: 1, isCut: false };
    const file = (stream: string): string => path.join(workDir, 'commands', commandId, instanceId, 'run', stream);
    const lines = events.filter(({ kind }) => kind === 'output');
    expect(lines).toEqual([
      { ...about, stream: 'stdout', line: 'ran', file: file('stdout') },
      { ...about, stream: 'stderr', line: 'failed to run commands: exit status 3', file: file('stderr') },
    ]);
    expect(fs.readFileSync(file('stdout'), 'utf8')).toBe('ran\n');
    const ended = events.findIndex((event) => event.kind === 'instance' && event.status === 'Failed');
    expect(lines.map((line) => events.indexOf(line) < ended)).toEqual([true, true]);
  });

  test('can be started several times at once, with one SSM; a name is taken once', async () => {
    const local = await open();
    const started = [local.start({ input: { exit: 0 }, executionName: 'one' }), local.start({ input: { exit: 3 } })];
    const same = local.start({ input: { exit: 0 }, executionName: 'one' });

    expect(() => local.start({ input: { exit: 1 }, executionName: 'one' })).toThrow('Execution Already Exists');
    expect(() => local.start({ executionName: 'a b' })).toThrow("Invalid Name: 'a b'");
    const [first, second] = await Promise.all(started.map(async ({ result }) => result));
    expect([first.status, second.status]).toEqual(['SUCCEEDED', 'FAILED']);
    expect((await same.result).executionArn).toBe(first.executionArn);
    expect(local.endpoint.commands()).toHaveLength(2);
    expect([first.notifications.length, second.notifications.length]).toEqual([0, 1]);
  });

  test('can be stopped', async () => {
    const local = await open({ wait: 86_400 }, { speed: 1 });
    const execution = local.start({ input: { exit: 0 } });

    execution.abort('Stopped', 'enough');

    expect(await execution.result).toMatchObject({ status: 'ABORTED', error: 'Stopped', cause: 'enough' });
  });
});

describe('rights', () => {
  const without = (...statements: object[]): SampleOptions => ({
    resources: { FunctionRole: role('lambda.amazonaws.com', ...statements) },
  });

  test('a right that is missing for the instances fails the call, although the document is allowed', async () => {
    const result = await run(
      {},
      {},
      without(allow('ssm:SendCommand', 'arn:aws:ssm:*:*:document/*'), allow('ssm:ListCommandInvocations', '*')),
    );

    expect(result).toMatchObject({ status: 'FAILED', error: 'AccessDeniedException' });
    expect(result.cause).toMatch(
      /is not authorized to perform: ssm:SendCommand on resource: arn:aws:ec2:us-east-1:123456789012:instance\/i-/,
    );
    expect(result.commands).toEqual([]);
    expect(result.calls.filter(({ allowed }) => !allowed).map(({ action }) => action)).toEqual(['ssm:SendCommand']);
  });

  test('a state machine without a right to its function fails as in Step Functions', async () => {
    const result = await run({}, {}, { resources: { StateMachineRole: role('states.amazonaws.com') } });

    expect(result).toMatchObject({ status: 'FAILED', error: 'Lambda.AWSLambdaException' });
    expect(result.cause).toContain('is not authorized to perform: lambda:InvokeFunction');
  });

  test('nothing is denied when policies are not to be checked', async () => {
    expect(await run({}, { authorize: 'off' }, without())).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('faults', () => {
  const attempts = ({ history }: LocalRunResult): number =>
    history.filter(({ type, state }) => type === 'LambdaFunctionScheduled' && state === 'Get status').length;

  test.each(['throttle', 'crashBefore', 'crashAfter', 'timeOut'] as const)(
    '%s of a function is seen as Step Functions sees it, and retried',
    async (kind) => {
      const result = await run({}, { faults: [{ operation: 'Invoke', kind, target: 'Look', calls: [1] }] });

      expect(result.status).toBe('SUCCEEDED');
      expect(attempts(result)).toBeGreaterThanOrEqual(2);
      expect(result.history.find(({ type }) => type === 'LambdaFunctionFailed')?.error).toBe(
        kind === 'throttle' ? 'Lambda.TooManyRequestsException' : 'Lambda.Unknown',
      );
    },
  );

  test.each([
    ['internalError', 'Lambda.ServiceException', 0],
    ['loseRequest', 'Lambda.SdkClientException', 0],
    ['loseResponse', 'Lambda.SdkClientException', 1],
  ] as const)('%s of a function is %s, with %i commands sent', async (kind, error, sent) => {
    const result = await run({}, { faults: [{ operation: 'Invoke', kind, target: 'Send' }] });

    expect(result).toMatchObject({ status: 'FAILED', error });
    expect(result.commands).toHaveLength(sent);
  });

  test.each([
    ['throttle', 'SNS.ThrottledException', 0],
    ['internalError', 'SNS.InternalErrorException', 0],
    ['loseRequest', 'SNS.SdkClientException', 0],
    ['loseResponse', 'SNS.SdkClientException', 1],
  ] as const)('%s of SNS is %s, with %i messages sent', async (kind, error, sent) => {
    const result = await run({ exit: 3 }, { faults: [{ operation: 'Publish', kind }] });

    expect(result).toMatchObject({ status: 'FAILED', error });
    expect(result.notifications).toHaveLength(sent);
  });
});

describe('a state machine that starts a job', () => {
  test.each([
    ['startExecution.sync:2', 'json'],
    ['startExecution.sync', 'text'],
  ])('with %s waits for it and gets its output as %s', async (resource, form) => {
    const result = await run({ exit: 0 }, { job: 'Nightly' }, { resources: parentOf(resource) });

    expect(result).toMatchObject({
      job: 'App/Nightly',
      status: 'SUCCEEDED',
      output: { Status: 'SUCCEEDED', StateMachineArn: expect.stringContaining('App-Job') },
    });
    const { Output: output } = result.output as { Output: unknown };
    expect(form === 'json' ? output : JSON.parse(output as string)).toMatchObject({ outcome: 'Succeeded' });
    expect(result.history.map(({ type }) => type)).toContain('TaskSubmitted');
    expect(result.durationSeconds).toBeGreaterThanOrEqual(10);
  });

  test('sees its failure as States.TaskFailed with the description of the execution', async () => {
    const result = await run({ exit: 3 }, { job: 'Nightly' }, { resources: parentOf('startExecution.sync:2') });

    expect(result.output).toMatchObject({
      error: 'States.TaskFailed',
      child: { Status: 'FAILED', Error: 'CotsBatchJob.Failed', Cause: 'the batch program failed' },
    });
    expect(result.notifications).toHaveLength(1);
  });

  test('without waiting, goes on at once', async () => {
    const result = await run({}, { job: 'Nightly' }, { wait: 86_400, resources: parentOf('startExecution') });

    expect(result).toMatchObject({
      status: 'SUCCEEDED',
      output: { ExecutionArn: expect.stringContaining(':execution:App-Job') },
    });
    expect(result.durationSeconds).toBeLessThan(86_400);
  });

  test('stops it when it is stopped itself', async () => {
    const events: RunEvent[] = [];
    const local = await open(
      { wait: 86_400, resources: parentOf('startExecution.sync:2') },
      { speed: 1, onEvent: (event) => events.push(event) },
    );
    const execution = local.start({ job: 'Nightly' });
    const seen = async (type: string, state = ''): Promise<void> => {
      while (
        !events.some(
          (event) => event.kind === 'history' && event.event.type === type && (state === '' || event.event.state === state),
        )
      ) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await seen('WaitStateEntered', 'Wait');

    execution.abort();

    expect((await execution.result).status).toBe('ABORTED');
    const child = (): boolean =>
      events.some(
        (event) => event.kind === 'history' && event.event.type === 'ExecutionAborted' && event.execution !== execution.arn,
      );
    while (!child()) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  test('needs the right to be told of its end', async () => {
    const result = await run(
      {},
      { job: 'Nightly' },
      { resources: parentOf('startExecution.sync:2', [allow('states:StartExecution', { Ref: 'Job' })]) },
    );

    const failure = result.history.find(({ type }) => type === 'TaskFailed');
    expect(failure?.error).toBe('StepFunctions.AWSStepFunctionsException');
    expect(failure?.cause).toContain('is not authorized to perform: events:PutTargets');
  });
});

describe('what can not be run', () => {
  test('is what has a clock and a speed', async () => {
    const options = { clock: new ScaledClock(2), speed: 3, workDir: temporaryFolder() };
    await expect(openLocalRun(sampleApp(), options)).rejects.toThrow('a clock has its own speed, got speed 3');
  });

  test('an integration that is not known here ends the execution and is named, whatever catches', async () => {
    const result = await run({}, { job: 'Nightly' }, { resources: parentOf('startExecution.sync:3') });

    expect(result).toMatchObject({ status: 'FAILED', error: 'LocalRun.Failed' });
    expect(result.cause).toContain("'arn:aws:states:::states:startExecution.sync:3' of the state 'Index'");
  });

  test('a function of another language is named', async () => {
    const result = await run({}, {}, { resources: { Send: lambdaFunction('send', { Runtime: 'python3.13' }) } });

    expect(result.cause).toBe("App.Send: the local run invokes functions of Node.js, not of 'python3.13'");
  });

  test('several jobs have to be told apart; all are listed', async () => {
    const local = await open({ resources: parentOf('startExecution') });

    expect(() => local.start()).toThrow(
      "--job must say which of the app's 2 state machines to run:\n  App/NightlyIndex\n  App/Nightly",
    );
    expect(() => local.start({ job: 'Nothing' })).toThrow(
      "--job must name a state machine of the app, got 'Nothing'; there are:",
    );
  });

  test.each(['NightlyIndex', 'App/NightlyIndex', 'Job', 'App/NightlyIndex/StateMachine/Resource'])(
    '%s is the job',
    async (job) => {
      const local = await open({ resources: parentOf('startExecution') });
      const execution = local.start({ job });
      execution.abort();

      expect((await execution.result).job).toBe('App/NightlyIndex');
    },
  );
});

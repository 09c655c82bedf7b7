import { ScaledClock } from '../../src/local/clock';
import { StatesDefinition } from '../../src/local/definition';
import { ExecutionResult, RunningExecution, startExecution } from '../../src/local/engine';
import { TaskCall } from '../../src/local/engine-branch';
import { TaskError } from '../../src/local/errors';
import { TaskTokens } from '../../src/local/task-tokens';

const LAMBDA = 'arn:aws:lambda:us-east-1:123456789012:function:F';

const clocks: ScaledClock[] = [];
afterEach(() => clocks.splice(0).forEach((clock) => clock.close()));

interface Options {
  readonly input?: unknown;
  readonly task?: (call: TaskCall, clock: ScaledClock) => unknown;
  readonly tokens?: TaskTokens;
}

function start(definition: StatesDefinition, { input = {}, task = () => ({}), tokens = new TaskTokens() }: Options = {}): RunningExecution {
  const clock = new ScaledClock(100_000);
  clocks.push(clock);
  return startExecution({
    definition,
    input,
    name: 'run',
    stateMachineArn: 'arn:aws:states:us-east-1:123456789012:stateMachine:M',
    roleArn: 'arn:aws:iam::123456789012:role/R',
    clock,
    tokens,
    runTask: async (call) => task(call, clock),
  });
}

async function run(definition: StatesDefinition, options?: Options): Promise<ExecutionResult> {
  return start(definition, options).result;
}

const states = (first: string, all: { [name: string]: object }): StatesDefinition => ({
  StartAt: first,
  States: all as StatesDefinition['States'],
});
const seconds = ({ startDate, stopDate }: ExecutionResult): number => (Date.parse(stopDate) - Date.parse(startDate)) / 1000;

describe('time', () => {
  test('waits have their length in the time of the run, not in real time', async () => {
    const real = performance.now();

    const result = await run(states('Wait', { Wait: { Type: 'Wait', SecondsPath: '$.s', End: true } }), { input: { s: 7200 } });

    expect(result.status).toBe('SUCCEEDED');
    expect(seconds(result)).toBeGreaterThanOrEqual(7200);
    expect(performance.now() - real).toBeLessThan(60_000);
    expect(result.history[1]).toMatchObject({ type: 'WaitStateEntered', seconds: 7200 });
  });

  test('a task without a timeout may take longer than the minute that the engine would give it', async () => {
    const definition = states('Task', { Task: { Type: 'Task', Resource: LAMBDA, End: true } });

    const result = await run(definition, {
      task: async (_, clock) => new Promise((resolve) => clock.setTimeout(() => resolve('done'), 3_600_000)),
    });

    expect(result).toMatchObject({ status: 'SUCCEEDED', output: 'done' });
  });

  test('a task that takes longer than its timeout fails with States.Timeout', async () => {
    const definition = states('Task', { Task: { Type: 'Task', Resource: LAMBDA, TimeoutSeconds: 60, End: true } });

    const result = await run(definition, {
      task: async (_, clock) => new Promise((resolve) => clock.setTimeout(() => resolve('late'), 3_600_000)),
    });

    expect(result).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect(result.history.map(({ type }) => type)).toContain('LambdaFunctionTimedOut');
  });

  test('the timeout of the state machine ends the execution', async () => {
    const result = await run({ ...states('Wait', { Wait: { Type: 'Wait', Seconds: 7200, End: true } }), TimeoutSeconds: 600 });

    expect(result).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
    expect(result.history.at(-1)?.type).toBe('ExecutionTimedOut');
  });
});

describe('context object', () => {
  test('a task sees its execution, its state and how often it was retried', async () => {
    const seen: any[] = [];
    const definition = states('Wait', {
      Wait: { Type: 'Wait', Seconds: 600, Next: 'Task' },
      Task: {
        Type: 'Task',
        Resource: LAMBDA,
        Parameters: {
          'execution.$': '$$.Execution',
          'state.$': '$$.State.Name',
          'entered.$': '$$.State.EnteredTime',
          'retries.$': '$$.State.RetryCount',
        },
        Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 60, MaxAttempts: 2, BackoffRate: 1 }],
        End: true,
      },
    });

    const result = await run(definition, {
      input: { a: 1 },
      task: ({ input }) => {
        seen.push(JSON.parse(JSON.stringify(input)));
        if (seen.length < 3) throw new TaskError('Busy', 'try again');
        return {};
      },
    });

    expect(seen.map(({ retries }) => retries)).toEqual([0, 1, 2]);
    expect(seen[0].execution).toEqual({
      Id: 'arn:aws:states:us-east-1:123456789012:execution:M:run',
      Name: 'run',
      Input: { a: 1 },
      RoleArn: 'arn:aws:iam::123456789012:role/R',
      StartTime: result.startDate,
      RedriveCount: 0,
    });
    expect(seen[0].state).toBe('Task');
    expect((Date.parse(seen[0].entered) - Date.parse(result.startDate)) / 1000).toBeGreaterThanOrEqual(600);
    expect(new Set(seen.map(({ entered }) => entered)).size).toBe(1);
  });

  test('branches have states of their own, and the input of the execution', async () => {
    const branch = (name: string): object =>
      states(`Wait ${name}`, {
        [`Wait ${name}`]: { Type: 'Wait', Seconds: 60, Next: name },
        [name]: {
          Type: 'Task',
          Resource: LAMBDA,
          Parameters: { 'state.$': '$$.State.Name', 'input.$': '$$.Execution.Input' },
          End: true,
        },
      });
    const definition = states('Both', {
      Both: { Type: 'Parallel', Parameters: { of: 'branch' }, Branches: [branch('A'), branch('B')], End: true },
    });

    const result = await run(definition, { input: { a: 1 }, task: ({ input }) => input });

    expect(result.output).toEqual([
      { state: 'A', input: { a: 1 } },
      { state: 'B', input: { a: 1 } },
    ]);
  });
});

describe('errors', () => {
  const caught = { Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.fault', Next: 'Caught' }] };
  const end = { Caught: { Type: 'Pass', End: true } };

  test('a failed task is caught with its error and cause', async () => {
    const result = await run(states('Task', { Task: { Type: 'Task', Resource: LAMBDA, End: true, ...caught }, ...end }), {
      task: () => {
        throw new TaskError('Custom', '{"errorMessage":"no"}');
      },
    });

    expect(result.output).toEqual({ fault: { Error: 'Custom', Cause: '{"errorMessage":"no"}' } });
  });

  test('a path that points nowhere ends the execution, whatever catches', async () => {
    const result = await run(
      states('Task', {
        Task: { Type: 'Task', Resource: LAMBDA, Parameters: { 'a.$': '$.missing' }, End: true, ...caught },
        ...end,
      }),
    );

    expect(result).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect(result.cause).toContain("An error occurred while executing the state 'Task' (entered at the event id #2).");
    expect(result.cause).toContain('$.missing');
  });

  test('a Fail state gives its error and cause from the input', async () => {
    const result = await run(states('Fail', { Fail: { Type: 'Fail', ErrorPath: '$.e', CausePath: '$.c' } }), {
      input: { e: 'E', c: 'because' },
    });

    expect(result).toMatchObject({ status: 'FAILED', error: 'E', cause: 'because' });
  });

  test.each(['input', 'result', 'output'])('%s of more than 256 KiB ends the execution, whatever catches', async (what) => {
    const large = 'é'.repeat(131_072);
    const definition = states('Pass', {
      Pass: { Type: 'Pass', Next: 'Task' },
      Task: { Type: 'Task', Resource: LAMBDA, ResultPath: '$.task', End: true, ...caught },
      ...end,
    });
    const half = { text: 'a'.repeat(150_000) };

    const result = await run(definition, {
      input: what === 'input' ? { large } : what === 'output' ? half : {},
      task: () => (what === 'result' ? { large } : what === 'output' ? half : {}),
    });

    expect(result).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    expect(result.largestStateBytes).toBeGreaterThan(262_144);
  });

  test('data of exactly 256 KiB is taken', async () => {
    const input = { text: 'a'.repeat(262_144 - '{"text":""}'.length) };

    expect(await run(states('Pass', { Pass: { Type: 'Pass', End: true } }), { input })).toMatchObject({
      status: 'SUCCEEDED',
      largestStateBytes: 262_144,
    });
  });

  test('the 25,000th event is the failure of the execution', async () => {
    const result = await run(states('A', { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } }));

    expect(result).toMatchObject({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
      historyEventCount: 25_000,
    });
    expect(result.history.at(-1)).toMatchObject({ id: 25_000, type: 'ExecutionFailed' });
  });
});

describe('history', () => {
  const types = ({ history }: ExecutionResult): string[] => history.map(({ type }) => type);

  test('a poll is nine events', async () => {
    const definition = states('Wait', {
      'Wait': { Type: 'Wait', Seconds: 60, Next: 'Get status' },
      'Get status': { Type: 'Task', Resource: LAMBDA, Next: 'What next?' },
      'What next?': { Type: 'Choice', Choices: [{ Variable: '$.n', NumericEquals: 0, Next: 'Wait' }], Default: 'Done' },
      'Done': { Type: 'Succeed' },
    });
    let polls = 0;

    const result = await run(definition, { task: () => ({ n: polls++ }) });

    expect(polls).toBe(2);
    expect(result.historyEventCount).toBe(2 + 2 * 9 + 2);
    expect(types(result).slice(1, 10)).toEqual([
      'WaitStateEntered',
      'WaitStateExited',
      'TaskStateEntered',
      'LambdaFunctionScheduled',
      'LambdaFunctionStarted',
      'LambdaFunctionSucceeded',
      'TaskStateExited',
      'ChoiceStateEntered',
      'ChoiceStateExited',
    ]);
  });

  test('every attempt counts, and a caught state is exited', async () => {
    const definition = states('Task', {
      Task: {
        Type: 'Task',
        Resource: 'arn:aws:states:::sns:publish',
        Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
        End: true,
      },
      Caught: { Type: 'Fail', Error: 'E', Cause: 'c' },
    });

    const result = await run(definition, {
      task: () => {
        throw new TaskError('X', 'x');
      },
    });

    expect(types(result)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskFailed',
      'TaskScheduled',
      'TaskStarted',
      'TaskFailed',
      'TaskStateExited',
      'FailStateEntered',
      'ExecutionFailed',
    ]);
  });

  const chain = ({ history }: ExecutionResult): string[] =>
    history.map(({ id, previousEventId, type, index = '' }) => `${id}<${previousEventId} ${type} ${index}`.trimEnd());
  const pass = (name: string): object => states(name, { [name]: { Type: 'Pass', End: true } });

  test('branches count in the order in which they run; each has its own chain of events', async () => {
    const result = await run(states('Both', { Both: { Type: 'Parallel', Branches: [pass('A'), pass('B')], End: true } }));

    expect(chain(result)).toEqual([
      '1<0 ExecutionStarted',
      '2<0 ParallelStateEntered',
      '3<2 ParallelStateStarted',
      '4<3 PassStateEntered',
      '5<3 PassStateEntered',
      '6<4 PassStateExited',
      '7<5 PassStateExited',
      '8<7 ParallelStateSucceeded',
      '9<8 ParallelStateExited',
      '10<9 ExecutionSucceeded',
    ]);
  });

  test('iterations count, too', async () => {
    const map = { Type: 'Map', ItemsPath: '$.items', MaxConcurrency: 1, ItemProcessor: pass('A'), End: true };

    const result = await run(states('Each', { Each: map }), { input: { items: ['x', 'y'] } });

    expect(chain(result)).toEqual([
      '1<0 ExecutionStarted',
      '2<0 MapStateEntered',
      '3<2 MapStateStarted',
      '4<3 MapIterationStarted 0',
      '5<4 PassStateEntered',
      '6<5 PassStateExited',
      '7<6 MapIterationSucceeded 0',
      '8<3 MapIterationStarted 1',
      '9<8 PassStateEntered',
      '10<9 PassStateExited',
      '11<10 MapIterationSucceeded 1',
      '12<11 MapStateSucceeded',
      '13<12 MapStateExited',
      '14<13 ExecutionSucceeded',
    ]);
    expect(result.history[2].length).toBe(2);
  });

  test('an iteration that fails says so', async () => {
    const task = { Type: 'Task', Resource: LAMBDA, End: true };
    const map = { Type: 'Map', ItemProcessor: states('Task', { Task: task }), End: true };

    const result = await run(states('Each', { Each: map }), {
      input: [1],
      task: () => {
        throw new TaskError('X', 'x');
      },
    });

    expect(chain(result).slice(-4)).toEqual([
      '8<7 LambdaFunctionFailed', '9<8 MapIterationFailed 0', '10<9 MapStateFailed', '11<10 ExecutionFailed',
    ]);
  });

  test('a timeout has its length, and no cause', async () => {
    const result = await run(states('Task', { Task: { Type: 'Task', Resource: LAMBDA, TimeoutSeconds: 60, End: true } }), {
      task: async (_, clock) => new Promise((resolve) => clock.setTimeout(() => resolve('late'), 3_600_000)),
    });

    expect(result.history.slice(2)).toMatchObject([
      { type: 'LambdaFunctionScheduled', resource: LAMBDA, timeoutSeconds: 60 },
      { type: 'LambdaFunctionStarted' },
      { type: 'LambdaFunctionTimedOut', error: 'States.Timeout' },
      { type: 'ExecutionFailed', error: 'States.Timeout' },
    ]);
    expect(result.cause).toBeUndefined();
  });

  test('a Fail state may say that it is a timeout, with its cause', async () => {
    const fail = { Type: 'Fail', Error: 'States.Timeout', Cause: 'too late' };

    expect(await run(states('Fail', { Fail: fail }))).toMatchObject({ error: 'States.Timeout', cause: 'too late' });
  });
});

test('an execution that is stopped starts no further task, although its task is to be retried', async () => {
  let calls = 0;
  const execution = start(
    states('Wait', {
      Wait: { Type: 'Wait', Seconds: 60, Next: 'Task' },
      Task: { Type: 'Task', Resource: LAMBDA, Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 5 }], Next: 'Next' },
      Next: { Type: 'Task', Resource: LAMBDA, End: true },
    }),
    {
      task: async ({ signal }) => {
        calls += 1;
        execution.abort('Stopped', 'by a person');
        expect(signal.aborted).toBe(true);
        await new Promise((resolve) => setTimeout(resolve, 10));
        throw new TaskError('X', 'x');
      },
    },
  );

  const result = await execution.result;
  await new Promise((resolve) => setTimeout(resolve, 50));

  expect(result).toMatchObject({ status: 'ABORTED', error: 'Stopped', cause: 'by a person' });
  expect(calls).toBe(1);
  expect(result.history.at(-1)?.type).toBe('ExecutionAborted');
});

describe('where the engine alone would differ from Step Functions', () => {
  test('"IsPresent": false matches what is not there', async () => {
    const definition = states('Choice', {
      Choice: { Type: 'Choice', Choices: [{ Variable: '$.a', IsPresent: false, Next: 'Absent' }], Default: 'Present' },
      Absent: { Type: 'Pass', Result: 'absent', End: true },
      Present: { Type: 'Pass', Result: 'present', End: true },
    });

    expect((await run(definition, { input: {} })).output).toBe('absent');
    expect((await run(definition, { input: { a: 1 } })).output).toBe('present');
  });

  test('"ResultPath": "$" is the whole result', async () => {
    const result = await run(states('Task', { Task: { Type: 'Task', Resource: LAMBDA, ResultPath: '$', End: true } }), {
      task: () => ({ b: 2 }),
    });

    expect(result.output).toEqual({ b: 2 });
  });

  test('States.JsonToString keeps what JSON escapes', async () => {
    const input = { text: 'two\nlines and a "quote" and C:\\path' };

    const result = await run(
      states('Pass', { Pass: { Type: 'Pass', Parameters: { 'json.$': 'States.JsonToString($)' }, End: true } }),
      { input },
    );

    expect(JSON.parse((result.output as { json: string }).json)).toEqual(input);
  });

  test('a text in a function may have an escaped quote', async () => {
    const result = await run(
      states('Pass', { Pass: { Type: 'Pass', Parameters: { 'a.$': "States.Format('it\\'s {}', $.x)" }, End: true } }),
      { input: { x: 'so' } },
    );

    expect(result.output).toEqual({ a: "it's so" });
  });

  test.each([
    [
      { QueryLanguage: 'JSONata', ...states('A', { A: { Type: 'Succeed' } }) },
      'the state machine has the query language JSONata',
    ],
    [states('A', { A: { Type: 'Pass', Assign: { x: 1 }, End: true } }), "state 'A' has 'Assign'"],
  ])('what it does not know is refused, not run wrong', (definition, message) => {
    expect(() => start(definition)).toThrow(message);
  });
});

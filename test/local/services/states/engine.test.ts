import { LAMBDA, run, seconds, start, states } from './execution';
import { TaskError } from '../../../../src/local/app/errors';

describe('time', () => {
  test('waits have their length in the time of the run, not in real time', async () => {
    const result = await run(states('Wait', { Wait: { Type: 'Wait', SecondsPath: '$.s', End: true } }), { input: { s: 7200 } });

    expect(result.status).toBe('SUCCEEDED');
    expect(seconds(result)).toBeGreaterThanOrEqual(7200);
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
        if (seen.length < 3) {
          throw new TaskError('Busy', 'try again');
        }
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

test('an execution that is stopped starts no further task, although its task is to be retried', async () => {
  let calls = 0;
  const { execution } = start(
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

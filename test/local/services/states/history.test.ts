import { LAMBDA, run, states } from './execution';
import { TaskError } from '../../../../src/local/app/errors';
import { ExecutionResult } from '../../../../src/local/services/states/engine';

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

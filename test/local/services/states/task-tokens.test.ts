import { start, Started } from './execution';
import { TaskError } from '../../../../src/local/app/errors';
import { ScaledClock } from '../../../../src/local/aws/clock';
import { StatesDefinition } from '../../../../src/local/services/states/definition';
import { ExecutionResult } from '../../../../src/local/services/states/engine';
import { TaskCall } from '../../../../src/local/services/states/engine-branch';
import { TaskTokens } from '../../../../src/local/services/states/task-tokens';

const UPDATE = 'arn:aws:states:::lambda:invoke';

interface Waiting extends Started {
  /** What the state called, oldest first. */
  readonly calls: TaskCall[];
}

type Task = (token: string, started: Omit<Waiting, 'execution'>) => unknown;

/** A state that waits for a callback, and what catches its end. */
function waiting(more: object = {}): StatesDefinition {
  return {
    StartAt: 'Wait',
    States: {
      Wait: {
        Type: 'Task',
        Resource: `${UPDATE}.waitForTaskToken`,
        Parameters: { 'token.$': '$$.Task.Token' },
        TimeoutSeconds: 3600,
        End: true,
        ...more,
      },
    },
  };
}

function startWaiting(definition: StatesDefinition, task: Task = () => ({}), input: unknown = {}): Waiting {
  const calls: TaskCall[] = [];
  const started = start(definition, {
    input,
    task: async (call, clock, tokens) => {
      calls.push(call);
      return clock.busy((async () => task(String((call.input as { token?: string }).token), { tokens, clock, calls }))());
    },
  });
  return { ...started, calls };
}

const types = ({ history }: ExecutionResult): string[] => history.map(({ type }) => type);
const refusal = (use: () => void): string => {
  try {
    use();
  } catch (error) {
    return (error as Error).name;
  }
  return 'taken';
};
const sleep = async (clock: ScaledClock, seconds: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, seconds * 1000));

describe('a task that waits for a callback', () => {
  test('ends with its output, not with the answer of its call', async () => {
    const { execution, calls } = startWaiting(waiting(), (token, { tokens, clock }) => {
      clock.setTimeout(() => tokens.find(token).complete({ output: { woken: true } }), 600_000);
      return { answer: 1 };
    });

    const result = await execution.result;

    expect(result).toMatchObject({ status: 'SUCCEEDED', output: { woken: true } });
    expect(calls.map(({ resource }) => resource)).toEqual([UPDATE]);
    expect(types(result)).toEqual([
      'ExecutionStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSubmitted', 'TaskSucceeded', 'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    expect(result.history[2]).toMatchObject({ resource: `${UPDATE}.waitForTaskToken`, timeoutSeconds: 3600 });
    expect(result.history[4].output).toEqual({ answer: 1 });
    expect(result.history[5].output).toEqual({ woken: true });
    // Not since its call was answered: from the answer to the event of it, time flies.
    expect(Date.parse(result.history[5].timestamp) - Date.parse(result.history[2].timestamp)).toBeGreaterThanOrEqual(600_000);
  });

  test('fails with what the callback says', async () => {
    const caught = { Catch: [{ ErrorEquals: ['Custom'], ResultPath: '$.fault', Next: 'Caught' }] };
    const definition = waiting(caught);
    const { execution } = startWaiting(
      { ...definition, States: { ...definition.States, Caught: { Type: 'Pass', End: true } } },
      (token, { tokens, clock }) => {
        clock.setTimeout(() => tokens.find(token).complete({ error: 'Custom', cause: 'because' }), 60_000);
      },
    );

    const result = await execution.result;

    expect(result.output).toEqual({ fault: { Error: 'Custom', Cause: 'because' } });
    expect(types(result)).toContain('TaskFailed');
  });

  test('takes a callback that comes before the call has been answered', async () => {
    const { execution } = startWaiting(waiting(), async (token, { tokens, clock }) => {
      tokens.find(token).complete({ output: 'early' });
      await sleep(clock, 0.01);
      return { answer: 1 };
    });

    const result = await execution.result;

    expect(result).toMatchObject({ status: 'SUCCEEDED', output: 'early' });
    expect(types(result).slice(2, 6)).toEqual(['TaskScheduled', 'TaskStarted', 'TaskSubmitted', 'TaskSucceeded']);
  });

  test('takes it also if the answer is lost', async () => {
    const { execution } = startWaiting(waiting(), (token, { tokens }) => {
      tokens.find(token).complete({ output: 'early' });
      throw new TaskError('DynamoDb.SdkClientException', 'lost');
    });

    expect(await execution.result).toMatchObject({ status: 'SUCCEEDED', output: 'early' });
  });

  test('fails if its call does, and takes no callback any more', async () => {
    const { execution, tokens, calls } = startWaiting(waiting(), () => {
      throw new TaskError('DynamoDb.ConditionalCheckFailedException', 'The conditional request failed');
    });

    const result = await execution.result;

    expect(result).toMatchObject({ status: 'FAILED', error: 'DynamoDb.ConditionalCheckFailedException' });
    expect(types(result)).not.toContain('TaskSubmitted');
    const { token } = calls[0].input as { token: string };
    expect(refusal(() => tokens.find(token).complete({ output: 1 }))).toBe('TaskTimedOut');
  });

  test('has a new token for each attempt, and only the last one counts', async () => {
    const answers: string[] = [];
    const { execution, calls } = startWaiting(
      waiting({ Retry: [{ ErrorEquals: ['States.Timeout'], MaxAttempts: 1 }] }),
      (_token, { calls: [first, second], clock, tokens }) => {
        const answer = (call: TaskCall, output: string) =>
          answers.push(refusal(() => tokens.find((call.input as { token: string }).token).complete({ output })));
        if (second === undefined) {
          return;
        }
        clock.setTimeout(() => answer(first, 'late'), 20_000);
        clock.setTimeout(() => answer(second, 'second'), 30_000);
      },
    );

    const result = await execution.result;

    expect(new Set(calls.map(({ input }) => (input as { token: string }).token)).size).toBe(2);
    expect(answers).toEqual(['TaskTimedOut', 'taken']);
    expect(result).toMatchObject({ status: 'SUCCEEDED', output: 'second' });
  });

  test('takes one callback: the second is refused', async () => {
    const refusals: string[] = [];
    const { execution } = startWaiting(waiting(), (token, { tokens, clock }) => {
      clock.setTimeout(() => {
        for (const output of [1, 2]) {
          refusals.push(refusal(() => tokens.find(token).complete({ output })));
        }
      }, 60_000);
    });

    expect((await execution.result).output).toBe(1);
    expect(refusals).toEqual(['taken', 'TaskTimedOut']);
  });

  test('takes none after the execution was stopped', async () => {
    const { execution, tokens, calls, clock } = startWaiting(waiting());
    await sleep(clock, 60);
    execution.abort();
    await execution.result;

    expect(refusal(() => tokens.find((calls[0].input as { token: string }).token).complete({ output: 1 }))).toBe('TaskTimedOut');
  });

  test('takes none after another branch of the execution has failed', async () => {
    const fail = { StartAt: 'Fail', States: { Fail: { Type: 'Wait', Seconds: 60, Next: 'End' }, End: { Type: 'Fail', Error: 'E' } } };
    const { execution, tokens, calls } = startWaiting({
      StartAt: 'Both',
      States: {
        Both: { Type: 'Parallel', Branches: [waiting(), fail], Catch: [{ ErrorEquals: ['States.ALL'], Next: 'On' }], End: true },
        On: { Type: 'Pass', End: true },
      },
    });
    await execution.result;

    expect(refusal(() => tokens.find((calls[0].input as { token: string }).token).complete({ output: 1 }))).toBe('TaskTimedOut');
  });

  test('may not wait for heartbeats, which are not known here', () => {
    expect(() => startWaiting(waiting({ HeartbeatSeconds: 60 }))).toThrow(
      "state 'Wait' has 'HeartbeatSeconds' and waits for a callback: the local run does not know heartbeats");
  });
});

describe('a timeout', () => {
  const atPath = { TimeoutSeconds: undefined, TimeoutSecondsPath: '$.status.waitSeconds' };

  test('ends the wait, and is caught', async () => {
    const definition = waiting({ Catch: [{ ErrorEquals: ['States.Timeout'], ResultPath: null, Next: 'Caught' }] });
    const { execution, tokens, calls } = startWaiting(
      { ...definition, States: { ...definition.States, Caught: { Type: 'Pass', End: true } } }, () => ({ answer: 1 }), { a: 1 });

    const result = await execution.result;

    expect(result).toMatchObject({ status: 'SUCCEEDED', output: { a: 1 } });
    expect(types(result).slice(2, 7)).toEqual(['TaskScheduled', 'TaskStarted', 'TaskSubmitted', 'TaskTimedOut', 'TaskStateExited']);
    expect(result.history[5]).toMatchObject({ error: 'States.Timeout' });
    expect(refusal(() => tokens.find((calls[0].input as { token: string }).token).complete({ output: 1 }))).toBe('TaskTimedOut');
  });

  test('may be at a path of the state\'s input, whatever its parameters are', async () => {
    const { execution, clock } = startWaiting(waiting(atPath), undefined, { status: { waitSeconds: 1800 } });
    const started = clock.now();

    const result = await execution.result;

    expect(result).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect(result.history[2].timeoutSeconds).toBe(1800);
    expect((clock.now() - started) / 1000).toBeGreaterThanOrEqual(1800);
  });

  test.each([
    ['0', 0], ['-1', -1], ['1.5', 1.5], ['"60"', '60'], ['null', undefined],
  ])('of %s at its path ends the execution', async (shown, waitSeconds) => {
    const caught = { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Wait' }] };
    const { execution, calls } = startWaiting(waiting({ ...atPath, ...caught }), undefined, { status: { waitSeconds } });

    const result = await execution.result;

    expect(result).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    expect(result.cause).toContain(`'$.status.waitSeconds' == ${shown}`);
    expect(calls).toEqual([]);
  });
});

describe('a token', () => {
  test('is none where no callback is waited for', async () => {
    const { execution } = startWaiting(waiting({ Resource: UPDATE }));

    expect(await execution.result).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
  });

  test('that is none is told from one of another run', () => {
    const execution = 'arn:aws:states:us-east-1:123456789012:execution:M:run';
    const { token } = new TaskTokens().issue(execution);

    expect(refusal(() => new TaskTokens().find('nonsense'))).toBe('InvalidToken');
    expect(refusal(() => new TaskTokens().find(`${token.slice(0, 20)}…`))).toBe('InvalidToken');
    expect(refusal(() => new TaskTokens().find(token))).toBe('TaskDoesNotExist');
    expect(token.length).toBeGreaterThan(500);
    expect(token.length).toBeLessThanOrEqual(2048);
  });
});

import { randomUUID } from 'node:crypto';
import { adaptDefinition, EXECUTION_CONTEXT, StatesDefinition } from './definition';
import { Branch, ExecutionScope, TaskCall } from './engine-branch';
import { EngineRunOptions, loadEngine } from './engine-bundle';
import { History, HistoryEvent } from './history';
import { TaskTokens } from './task-tokens';
import { messageOf, TaskError } from '../../app/errors';
import { ScaledClock } from '../../aws/clock';

/** How an execution stands, in the words of Step Functions. */
export type ExecutionStatus = 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface ExecutionOptions {
  readonly definition: StatesDefinition;
  readonly input: unknown;
  /** @default - a random one */
  readonly name?: string;
  readonly stateMachineArn: string;
  readonly roleArn: string;
  readonly clock: ScaledClock;
  /** Issues the tokens of its tasks. */
  readonly tokens: TaskTokens;
  /** Carries out a Task, or throws a `TaskError`. */
  runTask(call: TaskCall): Promise<unknown>;
  onEvent?(event: HistoryEvent): void;
}

export interface ExecutionResult {
  readonly arn: string;
  readonly name: string;
  readonly status: ExecutionStatus;
  /** Of a successful execution. */
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
  readonly startDate: string;
  readonly stopDate: string;
  readonly history: HistoryEvent[];
  readonly historyEventCount: number;
  readonly largestStateBytes: number;
}

export interface RunningExecution {
  readonly arn: string;
  readonly name: string;
  readonly startDate: string;
  readonly result: Promise<ExecutionResult>;
  /** So far. */
  readonly history: readonly HistoryEvent[];
  /** What StopExecution does: no state runs any more, none cleans up. */
  abort(error?: string, cause?: string): void;
}

/** ARN of an execution of a state machine. */
export function executionArn(stateMachineArn: string, name: string): string {
  return `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
}

/**
 * Starts an execution of a state machine, with the limits of Step Functions: see `History`.
 *
 * Differences that remain: a state inside a Map does not see `$$.Map`, and heartbeats of tasks are ignored; a task that waits for a
 * callback may not have one.
 *
 * @throws UsageError if the definition uses what the engine does not know
 */
export function startExecution(options: ExecutionOptions): RunningExecution {
  const name = options.name ?? randomUUID();
  const arn = executionArn(options.stateMachineArn, name);
  const startDate = new Date(options.clock.now()).toISOString();
  const history = new History(() => options.clock.now(), options.onEvent ?? (() => undefined));
  const engine = loadEngine(options.clock);
  const ended = new AbortController();
  const scope: ExecutionScope = {
    ...options,
    history,
    ended: ended.signal,
    forks: new Map(),
    failedState: undefined,
    issueToken: () => options.tokens.issue(arn),
  };

  const context = {
    [EXECUTION_CONTEXT]: {
      Id: arn,
      Name: name,
      RoleArn: options.roleArn,
      StartTime: startDate,
      Input: options.input,
      RedriveCount: 0,
    },
    StateMachine: { Id: options.stateMachineArn, Name: options.stateMachineArn.split(':').pop() },
  };

  // The engine's own event log reaches a reader late and, out of branches, not always. Its loop is where every run, branch and
  // item passes, in order: what happens there happens at once.
  const loop = engine.StateMachine.prototype.execute;
  engine.StateMachine.prototype.execute = async function execute(input: unknown, run: EngineRunOptions, cleanUp: () => void) {
    const branch = new Branch(scope, run.abortSignal);
    run.eventLogger.dispatch = (event) => branch.onEvent(event);
    const runOptions = {
      ...run.runOptions,
      context: { ...context, State: branch.context, Task: branch.task.context },
      overrides: { taskResourceLocalHandlers: branch.handlers },
    };
    return loop.call(this, input, { ...run, runOptions }, cleanUp);
  };

  let stopped: { error?: string; cause?: string } = {};
  const machine = new engine.StateMachine(adaptDefinition(options.definition), { validationOptions: { noValidate: true } });
  const run = machine.run(options.input, {});

  const describe = (status: ExecutionStatus, outcome: { output?: unknown; error?: string; cause?: string }): ExecutionResult => {
    history.end(EXECUTION_EVENTS[status], outcome);
    ended.abort();
    return {
      arn,
      name,
      status,
      ...outcome,
      startDate,
      stopDate: new Date(options.clock.now()).toISOString(),
      history: history.events,
      historyEventCount: history.events.length,
      largestStateBytes: history.largestStateBytes,
    };
  };

  const result = run.result.then(
    (output) => describe('SUCCEEDED', { output }),
    (error: unknown) => {
      if (error instanceof engine.ExecutionAbortedError) {
        return describe('ABORTED', stopped);
      }
      if (error instanceof engine.ExecutionTimeoutError) {
        return describe('TIMED_OUT', { error: 'States.Timeout' });
      }
      return describe('FAILED', failureOf(error instanceof engine.ExecutionError ? error.cause : error, scope.failedState));
    },
  );
  return {
    arn,
    name,
    startDate,
    history: history.events,
    result: options.clock.workflow(result),
    abort: (error, cause) => {
      stopped = { error, cause };
      run.abort();
    },
  };
}

const EXECUTION_EVENTS: Record<ExecutionStatus, string> = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
};

/** Step Functions says where a run-time error happened, e.g. which state's path found nothing. */
function failureOf(error: unknown, state: ExecutionScope['failedState']): { error: string; cause?: string } {
  const thrown = error instanceof Error ? error.name : 'Error';
  const cause = messageOf(error);
  // What the engine's States.StringToJson throws.
  const name = thrown === 'SyntaxError' ? 'States.IntrinsicFailure' : thrown;
  if (name === 'States.Timeout' && state?.type !== 'Fail') {
    return { error: name };
  }
  if (name !== 'States.Runtime' || error instanceof TaskError || state === undefined) {
    return { error: name, cause };
  }
  const where = `An error occurred while executing the state '${state.name}' (entered at the event id #${state.id}).`;
  return { error: name, cause: `${where} ${cause}` };
}

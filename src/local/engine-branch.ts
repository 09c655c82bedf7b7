import { ScaledClock } from './clock';
import { StatesDefinition } from './definition';
import { EngineEvent } from './engine-bundle';
import { messageOf, TaskError } from './errors';
import { History } from './history';

/** An attempt of a Task state. */
export interface TaskCall {
  readonly state: string;
  readonly resource: string;
  /** After `InputPath` and `Parameters`. */
  readonly input: unknown;
  /** How often the state has been retried. */
  readonly retryCount: number;
  /** Aborted when the execution ends before the task does. */
  readonly signal: AbortSignal;
  /** To be called once a job that is waited for has been started. */
  submitted(): void;
}

/** What all branches of an execution share. */
export interface ExecutionScope {
  readonly definition: StatesDefinition;
  readonly input: unknown;
  readonly clock: ScaledClock;
  readonly history: History;
  /** Aborted when the execution has ended, however it did. */
  readonly ended: AbortSignal;
  /** The innermost state that failed and was not retried or caught. */
  failedState: { readonly name: string; readonly id: number } | undefined;
  runTask(call: TaskCall): Promise<unknown>;
}

/** The loop of the state machine, of a branch of a Parallel or of an item of a Map: it is in one state at a time. */
export class Branch {
  /** `$$.State`. Read by the engine whenever a path asks for it, so it has to be alive. */
  readonly context: object;
  /** The engine looks up what carries out a Task by the state's name. */
  readonly handlers: { readonly [state: string]: (input: unknown) => Promise<unknown> };
  private state = '';
  private enteredId = 0;
  private enteredTime = '';
  private retryCount = 0;
  private caught = false;
  private attempt?: Attempt;

  /**
   * @param scope The execution
   * @param aborted Aborted when this branch is not to go on, because the execution was stopped or another branch failed
   */
  constructor(
    private readonly scope: ExecutionScope,
    private readonly aborted: AbortSignal,
  ) {
    this.context = Object.defineProperties(
      {},
      {
        EnteredTime: { enumerable: true, get: () => this.enteredTime },
        Name: { enumerable: true, get: () => this.state },
        RetryCount: { enumerable: true, get: () => this.retryCount },
      },
    );
    this.handlers = new Proxy({}, { get: (_, state) => async (input: unknown) => this.runTask(String(state), input) });
  }

  /** @throws TaskError when a quota of Step Functions is exceeded */
  onEvent(event: EngineEvent): void {
    const { history } = this.scope;
    if (event.type === 'ExecutionStarted' && history.events.length === 0) {
      history.add('ExecutionStarted', '', { input: this.scope.input });
    }
    if (event.state === undefined) return;
    const { name, type, input, output } = event.state;
    const composite = type === 'Parallel' || type === 'Map';
    switch (event.type) {
      case 'StateEntered':
        Object.assign(this, {
          state: name,
          enteredTime: new Date(this.scope.clock.now()).toISOString(),
          retryCount: 0,
          caught: false,
        });
        history.measure(input, `The input of the state '${name}'`);
        history.add(`${type}StateEntered`, name, {
          input,
          ...(type === 'Wait' ? { seconds: this.waitSeconds(name, input) } : {}),
        });
        this.enteredId = history.events.length;
        if (composite) history.add(`${type}StateStarted`, name);
        break;
      case 'StateExited':
        history.measure(output, `The output of the state '${name}'`);
        if (composite && !this.caught) history.add(`${type}StateSucceeded`, name);
        history.add(`${type}StateExited`, name, { output });
        break;
      case 'StateFailed':
        this.scope.failedState ??= { name, id: this.enteredId };
        if (event.Error === 'States.Timeout') this.attempt?.timedOut();
        if (composite) history.add(`${type}StateFailed`, name, { error: event.Error });
        break;
      case 'StateRetried':
        this.scope.failedState = undefined;
        this.retryCount += 1;
        if (composite) history.add(`${type}StateStarted`, name, { retryCount: this.retryCount });
        break;
      case 'StateCaught':
        this.scope.failedState = undefined;
        this.caught = true;
        break;
    }
  }

  private waitSeconds(name: string, input: unknown): number | undefined {
    const definition = findState(this.scope.definition, name);
    if (definition === undefined) return undefined;
    const { Seconds, SecondsPath, Timestamp, TimestampPath } = definition;
    const seconds = Seconds ?? valueAt(SecondsPath, input);
    if (typeof seconds === 'number') return seconds;
    const until = Date.parse(String(Timestamp ?? valueAt(TimestampPath, input)));
    return Number.isNaN(until) ? undefined : Math.max(0, until - this.scope.clock.now()) / 1000;
  }

  private async runTask(state: string, input: unknown): Promise<unknown> {
    // The engine would try a task again that failed while its execution was being stopped.
    if (this.aborted.aborted) throw new TaskError('States.Runtime', 'the execution has been stopped', true);
    const { history, definition, runTask, ended } = this.scope;
    const resource = findState(definition, state)?.Resource ?? '';
    const attempt = new Attempt(history, state, resource, this.retryCount);
    this.attempt = attempt;
    history.measure(input, `The payload of the state '${state}'`);
    attempt.started(input);
    try {
      const signal = AbortSignal.any([this.aborted, ended]);
      const output = await runTask({
        state,
        resource,
        input,
        retryCount: this.retryCount,
        signal,
        submitted: () => attempt.submitted(),
      });
      history.measure(output, `The result of the state '${state}'`);
      attempt.succeeded(output);
      return output;
    } catch (error) {
      attempt.failed(error);
      throw error;
    }
  }
}

/** The events of one attempt of a Task. */
class Attempt {
  private readonly prefix: string;
  private over = false;

  constructor(
    private readonly history: History,
    private readonly state: string,
    private readonly resource: string,
    private readonly retryCount: number,
  ) {
    this.prefix = resource.includes(':lambda:') && !resource.includes(':states:') ? 'LambdaFunction' : 'Task';
  }

  started(input: unknown): void {
    this.add('Scheduled', { resource: this.resource, input, retryCount: this.retryCount });
    this.add('Started', {});
  }

  submitted(): void {
    this.add('Submitted', {});
  }

  succeeded(output: unknown): void {
    this.add('Succeeded', { output });
    this.over = true;
  }

  failed(error: unknown): void {
    this.add('Failed', { error: error instanceof Error ? error.name : 'Error', cause: messageOf(error) });
    this.over = true;
  }

  timedOut(): void {
    this.add('TimedOut', { error: 'States.Timeout' });
    this.over = true;
  }

  private add(event: string, details: object): void {
    if (!this.over) this.history.add(`${this.prefix}${event}`, this.state, details);
  }
}

/** State names are unique within a state machine, its branches included. */
function findState(definition: StatesDefinition, name: string): StatesDefinition['States'][string] | undefined {
  if (Object.hasOwn(definition.States, name)) return definition.States[name];
  for (const state of Object.values(definition.States)) {
    const inner = [...((state.Branches ?? []) as StatesDefinition[]), state.ItemProcessor, state.Iterator] as (
      StatesDefinition | undefined
    )[];
    for (const part of inner) {
      const found = part && findState(part, name);
      if (found) return found;
    }
  }
  return undefined;
}

/** What a plain path such as `$.status.waitSeconds` points to. The engine knows all paths; this is for showing only. */
function valueAt(path: unknown, input: unknown): unknown {
  if (typeof path !== 'string' || !/^\$(\.\w+)+$/.test(path)) return undefined;
  return path
    .split('.')
    .slice(1)
    .reduce<unknown>((value, field) => (value as Record<string, unknown> | undefined | null)?.[field], input);
}

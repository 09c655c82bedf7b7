import { ScaledClock } from './clock';
import { findState, StatesDefinition } from './definition';
import { Attempt } from './engine-attempt';
import { EngineEvent } from './engine-bundle';
import { TaskError } from './errors';
import { History, HistoryDetails } from './history';

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
  /** To be called once a job that is waited for has been started, with what the service answered. */
  submitted(output: unknown): void;
}

/** What all branches of an execution share. */
export interface ExecutionScope {
  readonly definition: StatesDefinition;
  readonly input: unknown;
  readonly clock: ScaledClock;
  readonly history: History;
  /** Aborted when the execution has ended, however it did. */
  readonly ended: AbortSignal;
  /** The Parallel and Map states that have been started, by name. */
  readonly forks: Map<string, Fork>;
  /** The innermost state that failed and was not retried or caught. */
  failedState: { readonly name: string; readonly type: string; readonly id: number } | undefined;
  runTask(call: TaskCall): Promise<unknown>;
}

/** A Parallel or Map state at work. */
export interface Fork {
  /** The event that its branches and iterations begin with. */
  readonly startedId: number;
  /** The last event of any of them. */
  lastId: number;
  iterations: number;
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
  /** The event that leads to the next one. */
  private lastId = 0;
  private fork?: Fork;
  /** The Map state of which this is an iteration. */
  private iteration?: { readonly map: string; readonly index: number };

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
      history.add('ExecutionStarted', '', 0, { input: this.scope.input });
    }
    if (event.type === 'ExecutionSucceeded') this.endIteration(this.aborted.aborted ? 'Aborted' : 'Succeeded');
    if (event.type === 'ExecutionFailed') this.endIteration('Failed');
    if (event.state === undefined) return;
    const { name, type, input, output } = event.state;
    const composite = type === 'Parallel' || type === 'Map';
    switch (event.type) {
      case 'StateEntered':
        if (this.enteredId === 0) this.begin(name);
        Object.assign(this, {
          state: name,
          enteredTime: new Date(this.scope.clock.now()).toISOString(),
          retryCount: 0,
          caught: false,
        });
        history.measure(input, `The input of the state '${name}'`);
        this.add(`${type}StateEntered`, name, {
          input,
          ...(type === 'Wait' ? { seconds: this.waitSeconds(name, input) } : {}),
        });
        this.enteredId = this.lastId;
        if (composite) this.startFork(`${type}StateStarted`, name, input);
        break;
      case 'StateExited':
        history.measure(output, `The output of the state '${name}'`);
        if (composite && !this.caught) this.endFork(`${type}StateSucceeded`, name);
        this.add(`${type}StateExited`, name, { output });
        break;
      case 'StateFailed':
        this.scope.failedState ??= { name, type, id: this.enteredId };
        if (event.Error === 'States.Timeout') this.attempt?.timedOut();
        if (composite) this.endFork(`${type}StateFailed`, name, { error: event.Error });
        break;
      case 'StateRetried':
        this.scope.failedState = undefined;
        this.retryCount += 1;
        if (composite) this.startFork(`${type}StateStarted`, name, input, { retryCount: this.retryCount });
        break;
      case 'StateCaught':
        this.scope.failedState = undefined;
        this.caught = true;
        break;
    }
  }

  private add(type: string, state: string, details: HistoryDetails = {}): void {
    this.lastId = this.scope.history.add(type, state, this.lastId, details);
    if (this.fork) this.fork.lastId = this.lastId;
  }

  /** @param state The first one of this branch */
  private begin(state: string): void {
    const owner = findState(this.scope.definition, state)?.owner;
    this.fork = owner && this.scope.forks.get(owner.name);
    if (owner === undefined || this.fork === undefined) return;
    this.lastId = this.fork.startedId;
    if (owner.type !== 'Map') return;
    this.iteration = { map: owner.name, index: this.fork.iterations };
    this.fork.iterations += 1;
    this.add('MapIterationStarted', owner.name, { index: this.iteration.index });
  }

  private endIteration(how: 'Succeeded' | 'Failed' | 'Aborted'): void {
    if (this.iteration) this.add(`MapIteration${how}`, this.iteration.map, { index: this.iteration.index });
  }

  private startFork(type: string, name: string, input: unknown, details: HistoryDetails = {}): void {
    const length = type === 'MapStateStarted' ? this.itemCount(name, input) : undefined;
    this.add(type, name, { ...details, ...(length === undefined ? {} : { length }) });
    this.scope.forks.set(name, { startedId: this.lastId, lastId: this.lastId, iterations: 0 });
  }

  private endFork(type: string, name: string, details?: HistoryDetails): void {
    this.lastId = this.scope.forks.get(name)?.lastId ?? this.lastId;
    this.add(type, name, details);
  }

  private itemCount(name: string, input: unknown): number | undefined {
    const path = findState(this.scope.definition, name)?.state.ItemsPath;
    const items = path === undefined ? input : valueAt(path, input);
    return Array.isArray(items) ? items.length : undefined;
  }

  private waitSeconds(name: string, input: unknown): number | undefined {
    const found = findState(this.scope.definition, name);
    if (found === undefined) return undefined;
    const { Seconds, SecondsPath, Timestamp, TimestampPath } = found.state;
    const seconds = Seconds ?? valueAt(SecondsPath, input);
    if (typeof seconds === 'number') return seconds;
    const until = Date.parse(String(Timestamp ?? valueAt(TimestampPath, input)));
    return Number.isNaN(until) ? undefined : Math.max(0, until - this.scope.clock.now()) / 1000;
  }

  private async runTask(state: string, input: unknown): Promise<unknown> {
    // The engine would try a task again that failed while its execution was being stopped.
    if (this.aborted.aborted) throw new TaskError('States.Runtime', 'the execution has been stopped', true);
    const { history, definition, runTask, ended } = this.scope;
    const task = findState(definition, state)?.state ?? { Type: 'Task' };
    const attempt = new Attempt(task, this.retryCount, (type, details) => this.add(type, state, details));
    this.attempt = attempt;
    history.measure(input, `The payload of the state '${state}'`);
    attempt.started(input);
    try {
      const signal = AbortSignal.any([this.aborted, ended]);
      const output = await runTask({
        state,
        resource: task.Resource ?? '',
        input,
        retryCount: this.retryCount,
        signal,
        submitted: (answer) => attempt.submitted(answer),
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

/** What a plain path such as `$.status.waitSeconds` points to. The engine knows all paths; this is for showing only. */
function valueAt(path: unknown, input: unknown): unknown {
  if (typeof path !== 'string' || !/^\$(\.\w+)+$/.test(path)) return undefined;
  return path
    .split('.')
    .slice(1)
    .reduce<unknown>((value, field) => (value as Record<string, unknown> | undefined | null)?.[field], input);
}

import { calledResource, findState, StateDefinition, StatesDefinition } from './definition';
import { Attempt, CurrentTask, untilCallback } from './engine-attempt';
import { EngineEvent } from './engine-bundle';
import { History, HistoryDetails } from './history';
import { valueAt } from './reference-path';
import { WaitingTask } from './task-tokens';
import { TaskError } from '../../app/errors';
import { ScaledClock } from '../../aws/clock';

/** An attempt of a Task state. */
export interface TaskCall {
  readonly state: string;
  /** What it calls, whether or not it waits for a callback afterwards. */
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
  /** Issues a token for a task that waits for a callback. */
  issueToken(): WaitingTask;
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
  public readonly context: object;
  public readonly task: CurrentTask;
  /** The engine looks up what carries out a Task by the state's name. */
  public readonly handlers: { readonly [state: string]: (input: unknown) => Promise<unknown> };
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
    this.task = new CurrentTask(() => scope.issueToken());
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
  public onEvent(event: EngineEvent): void {
    const { history } = this.scope;
    if (event.type === 'ExecutionStarted' && history.events.length === 0) {
      history.add('ExecutionStarted', '', 0, { input: this.scope.input });
    }
    if (event.type === 'ExecutionSucceeded') {
      this.endIteration(this.aborted.aborted ? 'Aborted' : 'Succeeded');
    }
    if (event.type === 'ExecutionFailed') {
      this.endIteration('Failed');
    }
    if (event.state === undefined) {
      return;
    }
    const { name, type, input, output } = event.state;
    const composite = type === 'Parallel' || type === 'Map';
    switch (event.type) {
      case 'StateEntered':
        if (this.enteredId === 0) {
          this.begin(name);
        }
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
        if (type === 'Task') {
          this.task.begin(this.definitionOf(name), input);
        }
        if (composite) {
          this.startFork(`${type}StateStarted`, name, input);
        }
        break;
      case 'StateExited':
        history.measure(output, `The output of the state '${name}'`);
        if (composite && !this.caught) {
          this.endFork(`${type}StateSucceeded`, name);
        }
        this.add(`${type}StateExited`, name, { output });
        break;
      case 'StateFailed':
        this.scope.failedState ??= { name, type, id: this.enteredId };
        if (event.Error === 'States.Timeout') {
          this.attempt?.timedOut();
        }
        this.task.end();
        if (composite) {
          this.endFork(`${type}StateFailed`, name, { error: event.Error });
        }
        break;
      case 'StateRetried':
        this.scope.failedState = undefined;
        this.retryCount += 1;
        if (type === 'Task') {
          this.task.begin(this.definitionOf(name), input);
        }
        if (composite) {
          this.startFork(`${type}StateStarted`, name, input, { retryCount: this.retryCount });
        }
        break;
      case 'StateCaught':
        this.scope.failedState = undefined;
        this.caught = true;
        break;
    }
  }

  private add(type: string, state: string, details: HistoryDetails = {}): void {
    this.lastId = this.scope.history.add(type, state, this.lastId, details);
    if (this.fork) {
      this.fork.lastId = this.lastId;
    }
  }

  /** @param state The first one of this branch */
  private begin(state: string): void {
    const owner = findState(this.scope.definition, state)?.owner;
    this.fork = owner && this.scope.forks.get(owner.name);
    if (owner === undefined || this.fork === undefined) {
      return;
    }
    this.lastId = this.fork.startedId;
    if (owner.type !== 'Map') {
      return;
    }
    this.iteration = { map: owner.name, index: this.fork.iterations };
    this.fork.iterations += 1;
    this.add('MapIterationStarted', owner.name, { index: this.iteration.index });
  }

  private endIteration(how: 'Succeeded' | 'Failed' | 'Aborted'): void {
    if (this.iteration) {
      this.add(`MapIteration${how}`, this.iteration.map, { index: this.iteration.index });
    }
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
    const items = valueAt(String(this.definitionOf(name).ItemsPath ?? '$'), input);
    return Array.isArray(items) ? items.length : undefined;
  }

  private waitSeconds(name: string, input: unknown): number | undefined {
    const { Seconds, SecondsPath, Timestamp, TimestampPath } = this.definitionOf(name);
    const seconds = Seconds ?? (SecondsPath && valueAt(String(SecondsPath), input));
    if (typeof seconds === 'number') {
      return seconds;
    }
    const until = Date.parse(String(Timestamp ?? (TimestampPath && valueAt(String(TimestampPath), input))));
    return Number.isNaN(until) ? undefined : Math.max(0, until - this.scope.clock.now()) / 1000;
  }

  private definitionOf(state: string): StateDefinition {
    return findState(this.scope.definition, state)?.state ?? { Type: '' };
  }

  private async runTask(state: string, input: unknown): Promise<unknown> {
    // The engine would try a task again that failed while its execution was being stopped.
    if (this.aborted.aborted) {
      throw new TaskError('States.Runtime', 'the execution has been stopped', true);
    }
    const { history, runTask, ended } = this.scope;
    const task = this.definitionOf(state);
    const { waiting, timeoutSeconds } = this.task;
    const attempt = new Attempt(task, this.retryCount, (type, details) => this.add(type, state, details));
    this.attempt = attempt;
    history.measure(input, `The payload of the state '${state}'`);
    attempt.started(input, timeoutSeconds);
    try {
      const signal = AbortSignal.any([this.aborted, ended]);
      signal.addEventListener('abort', () => waiting?.close(), { once: true });
      const submitted = (answer: unknown): void => attempt.submitted(answer);
      const call = runTask({ state, resource: calledResource(task), input, retryCount: this.retryCount, signal, submitted });
      const output = await (waiting ? untilCallback(waiting, call, submitted) : call);
      history.measure(output, `The result of the state '${state}'`);
      attempt.succeeded(output);
      return output;
    } catch (error) {
      attempt.failed(error);
      throw error;
    }
  }
}

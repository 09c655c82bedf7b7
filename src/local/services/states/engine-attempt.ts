import { StateDefinition, TIMEOUT_CONTEXT, timeoutPath, waitsForCallback } from './definition';
import { HistoryDetails } from './history';
import { valueAt } from './reference-path';
import { WaitingTask } from './task-tokens';
import { messageOf, TaskError } from '../../app/errors';

/** What the attempt of a Task that is under way has besides its input: a token, if it waits for a callback, and a timeout. */
export class CurrentTask {
  /** `$$.Task`. Read by the engine whenever a path asks for it, so it has to be alive. */
  public readonly context: object;
  private task?: WaitingTask;
  private path?: string;
  private seconds?: unknown;

  /** @param issue Issues a token */
  constructor(private readonly issue: () => WaitingTask) {
    this.context = Object.defineProperties(
      {},
      {
        Token: { enumerable: true, get: () => this.task?.token },
        // Where it is none, the task itself says so.
        [TIMEOUT_CONTEXT]: { get: () => (isTimeout(this.seconds) ? this.seconds : 1) },
      },
    );
  }

  /** What the attempt waits for after its call; undefined if it ends with the answer. */
  public get waiting(): WaitingTask | undefined {
    return this.task;
  }

  /** @throws TaskError if the path in the definition leads to no timeout; nothing catches that */
  public get timeoutSeconds(): number | undefined {
    if (isTimeout(this.seconds)) {
      return this.seconds;
    }
    if (this.path === undefined) {
      return undefined;
    }
    const found = `'${this.path}' == ${JSON.stringify(this.seconds) ?? 'null'}`;
    throw new TaskError('States.Runtime', `The TimeoutSecondsPath parameter does not reference a positive integer: ${found}`, true);
  }

  /**
   * An attempt begins: each has a token of its own.
   *
   * @param input Of the state
   */
  public begin(state: StateDefinition, input: unknown): void {
    const { TimeoutSeconds, InputPath = '$' } = state;
    this.path = timeoutPath(state);
    this.seconds = this.path === undefined ? TimeoutSeconds : valueAt(this.path, valueAt(String(InputPath), input));
    this.task = waitsForCallback(state) ? this.issue() : undefined;
  }

  /** The attempt is over: nobody waits for a callback any more. */
  public end(): void {
    this.task?.close();
  }
}

function isTimeout(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}

/** The events of one attempt of a Task. */
export class Attempt {
  private readonly prefix: string;
  private readonly resource: string;
  private over = false;

  /** @param add Adds an event to the history */
  constructor(
    { Resource = '' }: StateDefinition,
    private readonly retryCount: number,
    private readonly add: (type: string, details: HistoryDetails) => void,
  ) {
    this.resource = Resource;
    this.prefix = this.resource.includes(':lambda:') && !this.resource.includes(':states:') ? 'LambdaFunction' : 'Task';
  }

  /** @param timeoutSeconds Undefined if it may take as long as it likes */
  public started(input: unknown, timeoutSeconds: number | undefined): void {
    this.note('Scheduled', { input, retryCount: this.retryCount, ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) });
    this.note('Started', {});
  }

  public submitted(output: unknown): void {
    this.note('Submitted', { output });
  }

  public succeeded(output: unknown): void {
    this.note('Succeeded', { output });
    this.over = true;
  }

  public failed(error: unknown): void {
    this.note('Failed', { error: error instanceof Error ? error.name : 'Error', cause: messageOf(error) });
    this.over = true;
  }

  public timedOut(): void {
    this.note('TimedOut', { error: 'States.Timeout' });
    this.over = true;
  }

  private note(event: string, details: HistoryDetails): void {
    if (!this.over) {
      this.add(`${this.prefix}${event}`, { resource: this.resource, ...details });
    }
  }
}

/**
 * Waits for the callback of a task.
 *
 * A callback that was accepted before the call was answered ends the task once it is, whatever the answer: an answer that is lost
 * does not undo it.
 *
 * @param call The call that carries the token
 * @param submitted Told of its answer
 * @returns the output that the callback gives
 * @throws TaskError what the callback says, or why the call failed
 */
export async function untilCallback(
  task: WaitingTask,
  call: Promise<unknown>,
  submitted: (answer: unknown) => void,
): Promise<unknown> {
  try {
    submitted(await call);
  } catch (error) {
    const isFatal = error instanceof TaskError && !error.isCatchable;
    if (isFatal || !task.isCompleted) {
      task.close();
      throw error;
    }
  }
  const callback = await task.callback;
  if ('error' in callback) {
    throw new TaskError(callback.error, callback.cause);
  }
  return callback.output;
}

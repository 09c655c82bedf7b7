import { StateDefinition, TIMEOUT_CONTEXT, timeoutPath, waitsForCallback } from './definition';
import { TaskError } from '../../app/errors';
import { valueAt } from './reference-path';
import { WaitingTask } from './task-tokens';

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

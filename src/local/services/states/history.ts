import { TaskError } from '../../app/errors';

/** An event of an execution's history, of the types that Step Functions has. */
export interface HistoryEvent {
  /** From 1. */
  readonly id: number;
  /** The event that led to this one, in the same branch; 0 for those that no event led to. */
  readonly previousEventId: number;
  /** `TaskStateEntered`, `LambdaFunctionScheduled`, … */
  readonly type: string;
  /** In the local run's time. */
  readonly timestamp: string;
  /** The state that it belongs to; empty for the execution itself. */
  readonly state: string;
  readonly input?: unknown;
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
  /** What a Task calls. */
  readonly resource?: string;
  /** How long a Task may take, if its state says so. */
  readonly timeoutSeconds?: number;
  /** How often the state had been retried before. */
  readonly retryCount?: number;
  /** How long a Wait state is going to wait. */
  readonly seconds?: number;
  /** How many items a Map state has, if its state says it plainly. */
  readonly length?: number;
  /** Which item an iteration of a Map state is for, from 0. */
  readonly index?: number;
}

/** What is special to an event. */
export type HistoryDetails = Omit<HistoryEvent, 'id' | 'previousEventId' | 'type' | 'timestamp' | 'state'>;

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const MAX_HISTORY_EVENTS = 25_000;

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const MAX_STATE_BYTES = 262_144;

/**
 * The history of one execution, as Step Functions would write and count it:
 *
 * - 1 event for the start and 1 for the end of the execution,
 * - 2 for each Pass, Choice, Wait and Succeed state (entered, exited), 1 for Fail,
 * - 2 for each Task, and for each of its attempts 3: scheduled, started, and succeeded, failed or timed out. An attempt that
 *   waits for a job (`.sync`) has a fourth: submitted,
 * - 4 for each Parallel and Map state (entered, started, succeeded or failed, exited), and 2 for each iteration of a Map.
 *
 * A state that fails without being caught is not exited. The event that would be number 25,000 is the failure of the execution.
 */
export class History {
  public readonly events: HistoryEvent[] = [];
  /** The largest input or output of a state or a task, in bytes of JSON. */
  public largestStateBytes = 0;
  private ended = false;

  constructor(
    private readonly now: () => number,
    private readonly onEvent: (event: HistoryEvent) => void,
  ) {}

  /**
   * @param previousEventId As in the event
   * @returns the event's id; that of the last event if none was recorded, because the execution had ended
   * @throws TaskError if it would be one event too many; nothing catches that
   */
  public add(type: string, state: string, previousEventId: number, details: HistoryDetails = {}): number {
    if (this.ended) {
      return this.events.length;
    }
    if (this.events.length + 1 >= MAX_HISTORY_EVENTS) {
      throw new TaskError(
        'States.Runtime',
        `The execution reached the maximum number of history events (${MAX_HISTORY_EVENTS}).`,
        true,
      );
    }
    return this.push(type, state, previousEventId, details);
  }

  /** The last event. What still comes from branches and tasks that were left behind is not recorded. */
  public end(type: string, details: HistoryDetails): void {
    if (this.ended) {
      return;
    }
    // Nothing in an execution leads to its being stopped from outside.
    this.push(type, '', /Aborted$|TimedOut$/.test(type) ? 0 : this.events.length, details);
    this.ended = true;
  }

  /**
   * Holds a payload against the quota.
   *
   * @throws TaskError `States.DataLimitExceeded` if it is larger; nothing catches that, `States.ALL` neither
   */
  public measure(value: unknown, what: string): void {
    const bytes = value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value));
    this.largestStateBytes = Math.max(this.largestStateBytes, bytes);
    if (bytes > MAX_STATE_BYTES) {
      throw new TaskError(
        'States.DataLimitExceeded',
        `${what} has a size of ${bytes} bytes, which exceeds the maximum number of bytes service limit (${MAX_STATE_BYTES}).`,
        true,
      );
    }
  }

  private push(type: string, state: string, previousEventId: number, details: HistoryDetails): number {
    const id = this.events.length + 1;
    const event = { id, previousEventId, type, timestamp: new Date(this.now()).toISOString(), state, ...details };
    this.events.push(event);
    this.onEvent(event);
    return id;
  }
}

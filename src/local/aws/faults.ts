/**
 * What can go wrong with a call.
 *
 * Of every operation:
 *
 * - `throttle`: it is refused, as services refuse what exceeds a rate; nothing is done
 * - `internalError`: HTTP 500, nothing is done
 * - `accessDenied`: refused with AccessDeniedException, nothing is done
 * - `notFound`: what is called does not exist, nothing is done
 * - `loseRequest`: the connection breaks before the service sees the request
 * - `loseResponse`: the request is carried out, and the connection breaks before the answer
 * - `delay`: carried out and answered after `delaySeconds`
 *
 * Of a list:
 *
 * - `samePage`: it has a token of a next page that leads back to its first one
 * - `emptyList`: it answers 200 and holds nothing, as eventually consistent listings do
 *
 * Of `Invoke`, by a state machine or by an event:
 *
 * - `crashBefore`: the process ends before the handler runs
 * - `crashAfter`: the process ends after the handler has done its work, before it answers
 * - `timeOut`: the handler does its work, and Lambda reports a timeout
 *
 * Of `Deliver`. Services publish events by best effort, and EventBridge delivers each at least once:
 *
 * - `lost`: the event does not reach the rule
 * - `late`: it does after `delaySeconds`
 * - `twice`: it does, and once more after `delaySeconds`
 */
export type FaultKind =
  | 'throttle' | 'internalError' | 'accessDenied' | 'notFound' | 'loseRequest' | 'loseResponse' | 'delay'
  | 'samePage' | 'emptyList'
  | 'crashBefore' | 'crashAfter' | 'timeOut'
  | 'lost' | 'late' | 'twice';

/** An operation that no API has: EventBridge brings an event to the targets of a rule. */
export const DELIVER = 'Deliver';

/** One line of the table of faults. */
export interface Fault {
  /** Name of the operation, e.g. `SendCommand`, whoever calls it; `Deliver` for events; `*` for all. */
  readonly operation: string;
  readonly kind: FaultKind;
  /**
   * Part of the construct path, of the logical id or of the name of what is called: a function, a topic or a rule.
   *
   * @default - all of them
   */
  readonly target?: string;
  /**
   * Which calls are hit: their numbers, from 1 for the first call of this operation on this target (an SDK's retries count too), or a
   * predicate of what the operation gets.
   *
   * @default - every call
   */
  readonly calls?: number[] | ((input: any, ordinal: number) => boolean);
  /**
   * Seconds of the clock, for `delay`, `late` and `twice`.
   *
   * @default 0
   */
  readonly delaySeconds?: number;
}

/** All faults of a run. Lines may be added at any time; the first that matches a call is taken. */
export class FaultTable {
  private readonly faults: Fault[];
  private readonly ordinals = new Map<string, number>();

  constructor(faults: readonly Fault[] = []) {
    this.faults = [...faults];
  }

  public add(...faults: Fault[]): void {
    this.faults.push(...faults);
  }

  public clear(): void {
    this.faults.length = 0;
  }

  /**
   * Counts a call.
   *
   * @param targets All that its target is called; empty if the operation has none
   * @returns what goes wrong with it
   */
  public next(operation: string, targets: readonly string[], input: unknown): Fault | undefined {
    const counted = JSON.stringify([operation, targets[0]]);
    const ordinal = (this.ordinals.get(counted) ?? 0) + 1;
    this.ordinals.set(counted, ordinal);
    return this.faults.find((fault) =>
      (fault.operation === '*' || fault.operation === operation) &&
      (fault.target === undefined || targets.some((name) => name.includes(fault.target!))) &&
      (fault.calls === undefined || (Array.isArray(fault.calls) ? fault.calls.includes(ordinal) : fault.calls(input, ordinal))));
  }
}

import { AwsEvent } from '../services/events/aws-event';

/**
 * What can go wrong with the invocation of a function, by a state machine or by an event.
 *
 * - `throttle`: refused with Lambda.TooManyRequestsException, nothing is done
 * - `internalError`: refused with Lambda.ServiceException, nothing is done
 * - `loseRequest`: the connection breaks before Lambda sees the request
 * - `crashBefore`: the process ends before the handler runs
 * - `crashAfter`: the process ends after the handler has done its work, before it answers
 * - `timeOut`: the handler does its work, and Lambda reports a timeout
 * - `loseResult`: the handler does its work, and Step Functions never gets the answer; nobody waits for that of an event
 */
export type LambdaFaultKind =
  'throttle' | 'internalError' | 'loseRequest' | 'crashBefore' | 'crashAfter' | 'timeOut' | 'loseResult';

/**
 * What can go wrong with a publication: `throttle`, `internalError` and `notFound` refuse it, `loseRequest` loses it before SNS
 * sees it, and `loseResponse` publishes it and loses the answer.
 */
export type SnsFaultKind = 'throttle' | 'internalError' | 'notFound' | 'loseRequest' | 'loseResponse';

/**
 * What can go wrong between an event and the targets of a rule: services tell EventBridge of changes by best effort, so that an
 * event may be lost, or come late, and EventBridge invokes targets at least once, so that it may come twice.
 */
export type EventFaultKind = 'lost' | 'late' | 'twice';

/** One line of a table of faults. */
export interface TaskFault<Kind extends string, Input = unknown> {
  readonly kind: Kind;
  /**
   * Part of the construct path, of the logical id or of the name of what is called.
   *
   * @default - all functions, topics, or rules
   */
  readonly target?: string;
  /**
   * Which calls of the target are hit: their numbers, from 1, or a predicate.
   *
   * @default - every call
   */
  readonly calls?: number[] | ((input: Input, ordinal: number) => boolean);
}

export type LambdaFault = TaskFault<LambdaFaultKind>;
export type SnsFault = TaskFault<SnsFaultKind>;

/** The target is a rule, and its calls are the events that it matches. */
export interface EventFault extends TaskFault<EventFaultKind, AwsEvent> {
  /**
   * Seconds of the clock: how late a late event is, and how long after the first time an event comes for the second time.
   *
   * @default 0
   */
  readonly delaySeconds?: number;
}

/** The faults of one kind of task. Counts the calls of each target. */
export class TaskFaults<Kind extends string, Input = unknown, Fault extends TaskFault<Kind, Input> = TaskFault<Kind, Input>> {
  private readonly ordinals = new Map<string, number>();

  /** @param faults The first line that matches a call is taken; lines may be added while the job runs */
  constructor(private readonly faults: readonly Fault[] = []) {}

  /**
   * Counts a call.
   *
   * @param names What the target is called
   */
  public next(names: readonly string[], input: Input): Kind | undefined {
    return this.nextLine(names, input)?.kind;
  }

  /** The same, with all that the line says. */
  public nextLine(names: readonly string[], input: Input): Fault | undefined {
    const ordinal = (this.ordinals.get(names[0]) ?? 0) + 1;
    this.ordinals.set(names[0], ordinal);
    return this.faults.find(
      ({ target, calls }) =>
        (target === undefined || names.some((name) => name.includes(target))) &&
        (calls === undefined || (Array.isArray(calls) ? calls.includes(ordinal) : calls(input, ordinal))),
    );
  }
}

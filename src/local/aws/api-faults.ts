/**
 * What can go wrong between a caller and a service.
 *
 * - `throttle`: refused with ThrottlingException, nothing is done
 * - `internalError`: HTTP 500, nothing is done
 * - `loseRequest`: the connection breaks before the service sees the request
 * - `loseResponse`: the request is carried out, and the connection breaks before the answer
 * - `delay`: carried out and answered after `delaySeconds`
 * - `accessDenied`: refused with AccessDeniedException, nothing is done
 * - `samePage`: a list has a token of a next page that leads back to its first one
 * - `emptyList`: a list answers 200 and holds nothing, as eventually consistent listings do
 */
export type ApiFaultKind = 'throttle' | 'internalError' | 'loseRequest' | 'loseResponse' | 'delay' | 'accessDenied' | 'samePage' | 'emptyList';

/** One line of the table of faults. */
export interface ApiFault {
  /** Name of the operation, e.g. `SendCommand`; `*` for all. */
  readonly operation: string;
  readonly kind: ApiFaultKind;
  /**
   * Which requests are hit: numbers of this operation's requests, from 1 (an SDK's retries count too), or a predicate.
   *
   * @default - every request
   */
  readonly calls?: number[] | ((input: { readonly [member: string]: unknown }, ordinal: number) => boolean);
  /**
   * Seconds of the clock, for `delay`.
   *
   * @default 0
   */
  readonly delaySeconds?: number;
}

/** The token of a list that does not end. */
export const SAME_PAGE = 'same-page';

/** The faults of an endpoint. Lines may be added while it runs; the first that matches a request is taken. */
export class ApiFaults {
  private readonly faults: ApiFault[];

  constructor(faults: readonly ApiFault[] = []) {
    this.faults = [...faults];
  }

  public add(...faults: ApiFault[]): void {
    this.faults.push(...faults);
  }

  public clear(): void {
    this.faults.length = 0;
  }

  public find(operation: string, ordinal: number, input: { readonly [member: string]: unknown }): ApiFault | undefined {
    return this.faults.find(({ operation: name, calls }) =>
      (name === '*' || name === operation) &&
      (calls === undefined || (Array.isArray(calls) ? calls.includes(ordinal) : calls(input, ordinal))));
  }
}

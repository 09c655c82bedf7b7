import { Refusal, Run } from '../protocol';
import { shorten, visibleLine } from '../protocol/text';

/**
 * What an error of SendCommand says about the command. SendCommand has no client token, so the difference decides whether a
 * batch program is started twice:
 *
 * - `not-sent`: the service turned the request away unread, or was not reached. The same request may be sent again.
 * - `refused`: the service read the request and said no. Sending it again is of no use.
 * - `ambiguous`: the command may have been started.
 */
export type SendFailure = 'not-sent' | 'refused' | 'ambiguous';

const THROTTLING = new Set([
  'Throttling', 'ThrottlingException', 'ThrottledException', 'TooManyRequestsException', 'TooManyRequests',
  'RequestLimitExceeded', 'RequestThrottled', 'RequestThrottledException', 'SlowDown',
]);

// Raised while looking up or opening a connection. ECONNRESET, EPIPE and time-outs can come after the request was read.
const UNREACHED_CODES = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
const UNREACHED_CALLS = new Set(['connect', 'getaddrinfo']);

const REQUEST_TIMEOUT = 408;

interface SdkError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly syscall?: string;
  readonly $fault?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Judges an error of SendCommand; whatever it does not know for sure is ambiguous. */
export function sendFailure(error: unknown): SendFailure {
  const { name = '', message = '', code = '', syscall = '', $fault, $metadata } = (error ?? {}) as SdkError;
  const status = $metadata?.httpStatusCode;
  if (UNREACHED_CODES.has(code) || UNREACHED_CALLS.has(syscall)) {
    return 'not-sent';
  }
  // An answer that could not be parsed carries a status, but no fault: nobody knows whose answer it was.
  if ($fault === undefined) {
    return 'ambiguous';
  }
  if (THROTTLING.has(name) || status === 429) {
    return 'not-sent';
  }
  const client = $fault === 'client' && (status === undefined || (status >= 400 && status < 500 && status !== REQUEST_TIMEOUT));
  if (!client) {
    return 'ambiguous';
  }
  return /rate exceeded/i.test(message) ? 'not-sent' : 'refused';
}

/** What SSM said: one line and bounded, because a run keeps one for each command (10 at most). */
export function refusalOf(error: unknown, max: number = 500): Refusal {
  const { name = 'Error', message = String(error) } = (error ?? {}) as SdkError;
  const code = visibleLine(name);
  return { code, message: shorten(visibleLine(message), max - code.length - 2) };
}

/** Codes of refusals that are about the instances, not about the job. */
const UNDELIVERED_CODES = ['InvalidInstanceId', 'UnsupportedPlatformType'];

/** Whether a command was refused because of the instances: the same command may be taken once they are there. */
export function isOfServers({ code }: Refusal): boolean {
  return UNDELIVERED_CODES.includes(code);
}

/** Why SSM took nothing of an attempt; undefined where it has taken a command, or may have. What is about the job counts first. */
export function decisiveRefusal({ commands }: Run): Refusal | undefined {
  const refusals = commands.flatMap(({ refusal }) => refusal ?? []);
  return refusals.length < commands.length ? undefined : refusals.find((refusal) => !isOfServers(refusal)) ?? refusals.at(0);
}

/** `InvalidInstanceId: what the service said`, on one line and bounded. */
export function describeError(error: unknown, max: number = 500): string {
  const { name = 'Error', message = String(error) } = (error ?? {}) as SdkError;
  return shorten(visibleLine(`${name}: ${message}`), max);
}

import { Duration, Token } from 'aws-cdk-lib';
import { Outcome, RetrySettings } from './protocol';
import { waitBefore } from './protocol/poll-plan';
import { refuse, refuseNumberTokens, secondsBetween } from './validation';

/** Enough for a night, and few enough that Step Functions' 25,000 events last for all of them. */
const MAX_ATTEMPTS = 10;

/** What can be mended by starting the program again. What was cancelled or does not answer is for a person to look at. */
const RETRYABLE = [Outcome.FAILED, Outcome.TIMED_OUT, Outcome.UNDELIVERED];

/**
 * When the program is started once more, on the instances where it failed and on no others.
 *
 * Every attempt is a run of its own to the instances: each starts the program once. A run of which anything was cancelled, or of which a
 * instance does not answer any more, is not tried again; nor is one that has failed on more than 500 instances.
 */
export interface JobRetryOptions {
  /**
   * How often the program is started at most on an instance, the first time included: between 2 and 10.
   *
   * @default 3
   */
  readonly maxAttempts?: number;

  /**
   * How long to wait before the second attempt, between one second and one day.
   *
   * @default Duration.minutes(5)
   */
  readonly interval?: Duration;

  /**
   * By how much each further wait is longer than the one before, between 1 and 10.
   *
   * @default 2
   */
  readonly backoffRate?: number;

  /**
   * The longest wait between two attempts: not shorter than `interval`, at most one day.
   *
   * @default - one hour, or `interval` if that is longer
   */
  readonly maxDelay?: Duration;

  /**
   * The outcomes of an instance that are worth another attempt there: of `Failed`, `TimedOut` and `Undelivered`.
   *
   * @default [Outcome.FAILED, Outcome.UNDELIVERED]
   */
  readonly outcomes?: Outcome[];

  /**
   * The exit codes that are worth another attempt, where the outcome is `Failed`. `ExitCodes` has ranges of them.
   *
   * @default - all
   */
  readonly exitCodes?: number[];
}

/**
 * What the options say, as the handlers take it.
 *
 * @param successExitCodes they end the run, and are never tried again
 */
export function retrySettings(options: JobRetryOptions, successExitCodes: number[]): RetrySettings {
  const { maxAttempts = 3, backoffRate = 2, outcomes = [Outcome.FAILED, Outcome.UNDELIVERED], exitCodes = [] } = options;
  const interval = options.interval ?? Duration.minutes(5);
  const longest = Duration.days(1);
  checkNumber('retry.maxAttempts', maxAttempts, 2, MAX_ATTEMPTS, Number.isInteger(maxAttempts), 'a whole number');
  checkNumber('retry.backoffRate', backoffRate, 1, 10, true, 'a number');
  checkOutcomes(outcomes);
  checkExitCodes(exitCodes, outcomes, successExitCodes, options.exitCodes !== undefined);

  const intervalSeconds = secondsBetween('retry.interval', interval, Duration.seconds(1), longest, 'one day at most');
  const maxDelay = options.maxDelay ?? Duration.seconds(Math.max(intervalSeconds, Duration.hours(1).toSeconds()));
  const maxDelaySeconds = secondsBetween('retry.maxDelay', maxDelay, interval, longest, 'retry.interval at least');
  return { maxAttempts, intervalSeconds, backoffRate, maxDelaySeconds, outcomes, exitCodes };
}

/**
 * How long a run takes at most, with all its attempts and the waits between them, in seconds.
 *
 * @param attemptSeconds how long one attempt takes at most
 */
export function longestRun(attemptSeconds: number, retry?: RetrySettings): number {
  const waits = Array.from({ length: (retry?.maxAttempts ?? 1) - 1 }, (_, i) => waitBefore(retry!, i + 2));
  return waits.reduce((total, wait) => total + wait + attemptSeconds, attemptSeconds);
}

function checkNumber(prop: string, value: number, min: number, max: number, isKind: boolean, kind: string): void {
  if (Token.isUnresolved(value)) {
    refuse(prop, 'must be known at synth', value);
  }
  if (!isKind || !(value >= min && value <= max)) {
    refuse(prop, `must be ${kind} between ${min} and ${max}`, value);
  }
}

function checkOutcomes(outcomes: Outcome[]): void {
  if (outcomes.length === 0 || outcomes.some((outcome) => !RETRYABLE.includes(outcome)) || new Set(outcomes).size < outcomes.length) {
    refuse('retry.outcomes', `must be different ones of ${RETRYABLE.join(', ')}, at least one`, outcomes);
  }
}

function checkExitCodes(exitCodes: number[], outcomes: Outcome[], successExitCodes: number[], isGiven: boolean): void {
  if (!isGiven) {
    return;
  }
  refuseNumberTokens('retry.exitCodes', exitCodes);
  if (!outcomes.includes(Outcome.FAILED)) {
    refuse('retry.exitCodes', `has no effect unless retry.outcomes has ${Outcome.FAILED}`, exitCodes);
  }
  if (exitCodes.length === 0 || !exitCodes.every((code) => Number.isInteger(code) && code >= 0) || new Set(exitCodes).size < exitCodes.length) {
    refuse('retry.exitCodes', 'must be different whole numbers of 0 or more, at least one', exitCodes);
  }
  const success = exitCodes.find((code) => successExitCodes.includes(code));
  if (success !== undefined) {
    refuse('retry.exitCodes', `must not have one of successExitCodes (${successExitCodes.join(', ')})`, success);
  }
}

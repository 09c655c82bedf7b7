import { GRACE_SECONDS, JobSettings } from './protocol';

/**
 * How many looks at full intervals a run may take, however long it lasts. Step Functions ends an execution at 25,000 events, which
 * nothing can catch; a look is 9 of them, so this leaves room for the looks soon after the start (20 at most) and for retries.
 */
export const MAX_LOOKS = 2000;

/** A typo in a path shows within seconds: the first look is worth taking soon. */
const FIRST_LOOK_SECONDS = 5;

/** When a run is given up, in seconds after its start. */
export function totalSeconds(job: JobSettings): number {
  return job.deliveryTimeoutSeconds + job.executionTimeoutSeconds + GRACE_SECONDS;
}

/** Seconds between two ISO times, not negative. */
export function secondsBetween(start: string, end: string): number {
  return Math.max(0, (Date.parse(end) - Date.parse(start)) / 1000);
}

/** What a poll interval cannot go below without the looks of the longest run exceeding `MAX_LOOKS`, in whole seconds. */
export function minPollSeconds(total: number): number {
  return Math.ceil(total / MAX_LOOKS);
}

/**
 * Whole seconds until the next look: soon after the start, then half of the time gone by, up to the poll interval; exactly
 * at the deadline, and at `due`, where one of them comes first. The poll interval is stretched where `MAX_LOOKS` would not last
 * otherwise.
 *
 * @param due a moment that a look is not to miss; it takes one more look at most
 */
export function waitSeconds(elapsedSeconds: number, pollIntervalSeconds: number, total: number, due: number = 0): number {
  const interval = Math.max(pollIntervalSeconds, minPollSeconds(total));
  const proportional = Math.max(FIRST_LOOK_SECONDS, Math.ceil(elapsedSeconds / 2));
  const next = elapsedSeconds < due ? due : total;
  return Math.max(1, Math.min(proportional, interval, Math.ceil(next - elapsedSeconds)));
}

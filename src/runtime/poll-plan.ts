import { GRACE_SECONDS, JobSettings, RetrySettings, Run } from './protocol';

/**
 * How many looks at full intervals a run may take, however long it lasts. Step Functions ends an execution at 25,000 events, which
 * nothing can catch; a look is 9 of them, so this leaves room for the looks soon after the start of each attempt (20 at most) and for retries.
 */
export const MAX_LOOKS = 2000;

/** A typo in a path shows within seconds: the first look is worth taking soon. */
const FIRST_LOOK_SECONDS = 5;

/** When an attempt is given up, in seconds after it was sent. */
export function totalSeconds(job: JobSettings): number {
  return job.deliveryTimeoutSeconds + job.executionTimeoutSeconds + GRACE_SECONDS;
}

/** Seconds between two ISO times, not negative. */
export function secondsBetween(start: string, end: string): number {
  return Math.max(0, (Date.parse(end) - Date.parse(start)) / 1000);
}

/** What a poll interval cannot go below without the looks of the longest run exceeding `MAX_LOOKS`, in whole seconds. */
export function minPollSeconds(job: JobSettings): number {
  return Math.ceil(totalSeconds(job) * (job.retry?.maxAttempts ?? 1) / MAX_LOOKS);
}

/**
 * Whole seconds until the next look: soon after an attempt was sent, then half of the time gone by, up to the poll interval; exactly
 * at the deadline, and when the run is late, where one of them comes first. The poll interval is stretched where `MAX_LOOKS` would
 * not last otherwise.
 */
export function waitSeconds(job: JobSettings, run: Run, now: string): number {
  const elapsedSeconds = secondsBetween(run.sentAt, now);
  const total = totalSeconds(job);
  const due = (job.longRunningAfterSeconds ?? 0) - secondsBetween(run.startedAt, run.sentAt);
  const interval = Math.max(run.pollIntervalSeconds, minPollSeconds(job));
  const proportional = Math.max(FIRST_LOOK_SECONDS, Math.ceil(elapsedSeconds / 2));
  const next = elapsedSeconds < due ? due : total;
  return Math.max(1, Math.min(proportional, interval, Math.ceil(next - elapsedSeconds)));
}

/** How long to wait before an attempt, in seconds. */
export function waitBefore({ intervalSeconds, backoffRate, maxDelaySeconds }: RetrySettings, attempt: number): number {
  return Math.max(1, Math.min(maxDelaySeconds, Math.round(intervalSeconds * backoffRate ** (attempt - 2))));
}

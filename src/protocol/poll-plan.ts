import { limits } from './late';
import { Run } from './run';
import { CompletionMode, JobSettings, RetrySettings } from './settings';
import { GRACE_SECONDS } from './state-machine';

/** How polls are spaced: the first one, then by how much of the time gone by each further one. */
interface Spacing {
  readonly first: number;
  readonly growth: number;
  /** Polls at full intervals that a run may take, however long it lasts. */
  readonly maxPolls: number;
}

/**
 * Step Functions ends an execution at 25,000 events, which nothing can catch. A poll is 9 of them, or 13 where it follows a wait that
 * events may end; this leaves room for the polls soon after the start of each attempt (20 at most), after events, and for retries.
 */
export const SPACING: { readonly [mode in CompletionMode]: Spacing } = {
  // A typo in a path shows within seconds.
  [CompletionMode.POLLING]: { first: 5, growth: 0.5, maxPolls: 2000 },
  // An event shows it.
  [CompletionMode.EVENTS]: { first: 30, growth: 4, maxPolls: 1250 },
};

/** How long what SSM does not list must be missing before that is believed, in seconds: one odd answer is asked again. */
export const DOUBT_SECONDS = 30;

/** How long a command may take on an instance, in seconds: the program, and the wait for another run of the job to end. */
export function commandSeconds({ executionTimeoutSeconds, overlapWaitSeconds = 0 }: JobSettings): number {
  return overlapWaitSeconds + executionTimeoutSeconds;
}

/** When an attempt is given up, in seconds after it was sent. */
export function totalSeconds(job: JobSettings): number {
  return job.deliveryTimeoutSeconds + commandSeconds(job) + GRACE_SECONDS;
}

/**
 * How a poll that fails is repeated: a few times by the state itself, then once more after a longer pause, and so on. An outage of a service
 * must not end the watch over a running program, so that this goes on for an hour, but not beyond the end of the attempt. A state cannot
 * account for the time between its own retries; a pause of four minutes keeps 48 hours in which every poll fails a few times, or for an hour,
 * below 25,000 events.
 */
export const POLL_RETRY = { intervalSeconds: 10, maxAttempts: 3, pauseSeconds: 240, timeoutSeconds: 360, patienceSeconds: 3600 } as const;

/** How long after its deadline an attempt may end, if a poll takes as long as it may and fails every time, in seconds. */
export const OVERTIME_SECONDS = POLL_RETRY.pauseSeconds + (POLL_RETRY.maxAttempts + 1) * POLL_RETRY.timeoutSeconds
  + POLL_RETRY.intervalSeconds * (2 ** POLL_RETRY.maxAttempts - 1);

/** From when on the next poll, if it fails, is not repeated any more. */
export function giveUpAt(job: JobSettings, run: Run, now: string): string {
  const deadline = Date.parse(run.sentAt) + 1000 * totalSeconds(job);
  const patience = Date.parse(now) + 1000 * (waitSeconds(job, run, now) + POLL_RETRY.patienceSeconds);
  return new Date(Math.min(patience, deadline)).toISOString();
}

/** Seconds between two ISO times, not negative. */
export function secondsBetween(start: string, end: string): number {
  return Math.max(0, (Date.parse(end) - Date.parse(start)) / 1000);
}

/** What a poll interval cannot go below without the longest run taking more polls than it may, in whole seconds. */
export function minPollSeconds(job: JobSettings): number {
  return Math.ceil(totalSeconds(job) * (job.retry?.maxAttempts ?? 1) / SPACING[job.completion].maxPolls);
}

/**
 * Whole seconds until the next poll: soon after an attempt was sent, then longer and longer, up to the poll interval; exactly at the
 * deadline, and when the run is late, where one of them comes first. The poll interval is stretched where it would take too many polls. An
 * odd answer is asked again as the plan has it, but not at once.
 *
 * An event that has not shown the end makes the next polls come soon again: listings of SSM are eventually consistent. A run of several
 * commands has as many such events, and fewer polls after each: all of them together have to fit into the history, too.
 */
export function waitSeconds(job: JobSettings, run: Run, now: string): number {
  const elapsedSeconds = secondsBetween(run.sentAt, now);
  const total = totalSeconds(job);
  const due = limits(job, run).map(({ at }) => (at - Date.parse(run.sentAt)) / 1000).filter((seconds) => seconds > elapsedSeconds);
  const interval = Math.max(run.pollIntervalSeconds, minPollSeconds(job));
  const afterStart = spaced(SPACING[job.completion], elapsedSeconds);
  const afterEvent = run.resumedAt ? spaced(spacingAfterEvent(run), secondsBetween(run.resumedAt, now)) : afterStart;
  const next = Math.min(total, ...due);
  const least = run.incompleteSince === undefined ? 1 : DOUBT_SECONDS;
  return Math.max(least, Math.min(afterStart, afterEvent, interval, Math.ceil(next - elapsedSeconds)));
}

function spacingAfterEvent({ commands }: Run): Pick<Spacing, 'first' | 'growth'> {
  const { first, growth } = SPACING[CompletionMode.POLLING];
  return { first, growth: growth * commands.length };
}

function spaced({ first, growth }: Pick<Spacing, 'first' | 'growth'>, elapsedSeconds: number): number {
  return Math.max(first, Math.ceil(growth * elapsedSeconds));
}

/** How long to wait before an attempt, in seconds. */
export function waitBefore({ intervalSeconds, backoffRate, maxDelaySeconds }: RetrySettings, attempt: number): number {
  return Math.max(1, Math.min(maxDelaySeconds, Math.round(intervalSeconds * backoffRate ** (attempt - 2))));
}

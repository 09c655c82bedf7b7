import { bySeverity, worst } from './instances';
import { InstanceCounts, InstanceVerdict, JobSettings, MAX_INSTANCE_IDS, Outcome, RetrySettings, Run, Status } from '../protocol';
import { Log } from './handler';
import { MAX_FAILURES } from './report/output';
import { Context, retryStatus } from './report/status';
import { attemptId } from './run-id';
import { FIELDS, Verdict } from './verdict';
import { waitBefore } from '../protocol/poll-plan';
import { plural } from '../protocol/text';

/**
 * On how many instances a run is tried again: they travel with the run by name, and a state of Step Functions ends at 256 KiB.
 * Where more have failed, it is not their fault.
 */
const MAX_RETRIED = 500;

/** Of how many instances it is kept what they did before: they travel with the run, too, and are larger than names. */
const MAX_PREVIOUS = 50;

/** What becomes of a run that did not succeed. */
export interface Decision {
  /** The next attempt, to be sent after `waitSeconds`; none if the run ends here. */
  readonly next?: Run;
  readonly waitSeconds: number;
  /** Why it ends here, for a person; empty where nobody would ask. */
  readonly reason: string;
}

/**
 * What follows from the verdict on an attempt: the next one, or the end of the run.
 *
 * @param endWith makes the status of the end. Its reason says why the run is not tried again, and may be empty
 */
export async function conclude(
  context: Context, verdict: Verdict, log: Log, endWith: (reason: string) => Status | Promise<Status>,
): Promise<Status> {
  const { next, waitSeconds, reason } = decide(context.job, context.run, verdict);
  if (!next) {
    return endWith(reason);
  }
  log('run tried again', { runId: next.id, attempt: next.attempt, instances: next.instanceIds, waitSeconds });
  return retryStatus({ ...context, run: next }, verdict, waitSeconds);
}

/**
 * Decides whether a run is tried again, and where: on the instances whose outcome is worth it, and on no other.
 *
 * What was cancelled, or does not answer, is for a person to look at: then nothing of the run is tried again.
 */
export function decide(job: JobSettings, run: Run, verdict: Verdict): Decision {
  const { retry } = job;
  if (!retry || verdict.failures.length === 0) {
    return end('');
  }
  const { cancelled, unresponsive } = verdict.counts;
  const [again, rest] = partition(verdict.failures, (failure) => isWorthRetrying(retry, failure));
  if (cancelled + unresponsive > 0) {
    return end('It is not tried again: what was cancelled, or does not answer, is for a person to look at.');
  }
  if (run.attempt >= retry.maxAttempts) {
    return end(`It was tried ${plural(run.attempt, 'time')}.`);
  }
  if (again.length === 0) {
    return end(`It is not tried again${run.attempt > 1 ? ` after ${plural(run.attempt, 'attempt')}` : ''}: the job's retry is not for this.`);
  }
  if (again.length > capacity(job)) {
    return end(`It is not tried again: ${plural(again.length, 'instance')} would have to be, and ${capacity(job)} can be.`);
  }
  return { next: nextRun(run, verdict, again, rest), waitSeconds: waitBefore(retry, run.attempt + 1), reason: '' };
}

function end(reason: string): Decision {
  return { waitSeconds: 0, reason };
}

function isWorthRetrying({ outcomes, exitCodes }: RetrySettings, { instanceId, outcome, exitCode }: InstanceVerdict): boolean {
  const isChosen = outcomes.some((chosen) => chosen === outcome);
  const isExcluded = outcome === Outcome.FAILED && exitCodes.length > 0 && !exitCodes.includes(exitCode);
  return instanceId !== '' && isChosen && !isExcluded;
}

/** Each command of an attempt runs on one instance at least, so that `maxConcurrency` bounds how many commands there may be. */
export function capacity({ maxConcurrency = '' }: JobSettings, most: number = MAX_RETRIED): number {
  return /^\d+$/.test(maxConcurrency) ? Math.min(most, Number(maxConcurrency) * MAX_INSTANCE_IDS) : most;
}

function nextRun(run: Run, verdict: Verdict, again: InstanceVerdict[], rest: InstanceVerdict[]): Run {
  const { counts, fineExitCode, attempts, overlaps } = verdict;
  const attempt = run.attempt + 1;
  return {
    id: attemptId(run.id, attempt),
    startedAt: run.startedAt,
    pollIntervalSeconds: run.pollIntervalSeconds,
    scheduledTime: run.scheduledTime,
    triggerEventId: run.triggerEventId,
    triggerEventTime: run.triggerEventTime,
    again: run.again,
    withheld: run.withheld,
    calendarsUnread: run.calendarsUnread,
    rerunOf: run.rerunOf,
    attempt,
    sentAt: run.sentAt,
    instanceIds: again.map(({ instanceId }) => instanceId).sort(),
    settled: { counts: without(counts, again), failures: rest.slice(0, MAX_FAILURES), fineExitCode, attempts, overlaps },
    previous: again.map((failure) => startedBefore(run, failure) ?? failure).slice(0, MAX_PREVIOUS),
    wasLate: run.wasLate,
    waiting: run.waiting && { seconds: run.waiting.seconds },
    wasOverdue: run.wasOverdue,
    commands: [],
  };
}

/** What an attempt before did on an instance on which the latest one has not started. */
function startedBefore({ previous = [] }: Run, { instanceId, outcome }: InstanceVerdict): InstanceVerdict | undefined {
  return outcome === Outcome.UNDELIVERED
    ? previous.find((verdict) => verdict.instanceId === instanceId && verdict.outcome !== Outcome.UNDELIVERED) : undefined;
}

/**
 * The verdict on a run that ends: where its latest attempt has not started, what counts is what the program did before.
 *
 * @returns the instances, too, on which that is so
 */
export function withPrevious(run: Run, verdict: Verdict): { verdict: Verdict; notStarted: InstanceVerdict[] } {
  const notStarted = verdict.failures.filter((failure) => startedBefore(run, failure));
  if (notStarted.length === 0) {
    return { verdict, notStarted };
  }
  const failures = verdict.failures.map((failure) => startedBefore(run, failure) ?? failure).sort(bySeverity);
  const counts = without(verdict.counts, notStarted);
  notStarted.forEach((failure) => counts[FIELDS[startedBefore(run, failure)!.outcome]]++);
  return {
    verdict: {
      ...verdict,
      outcome: worst(failures.map(({ outcome }) => outcome)),
      counts: { ...counts, total: verdict.counts.total },
      failures,
      exitCode: failures[0].exitCode,
    },
    notStarted,
  };
}

function without(counts: InstanceCounts, instances: InstanceVerdict[]): { -readonly [field in keyof InstanceCounts]: number } {
  const left = { ...counts, total: counts.total - instances.length };
  instances.forEach(({ outcome }) => left[FIELDS[outcome]]--);
  return left;
}

function partition<T>(items: T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

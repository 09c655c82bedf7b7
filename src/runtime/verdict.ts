import { bySeverity, Observation, observe, worst } from './instances';
import { NO_EXIT_CODE } from './invocation';
import { ALREADY_RUNNING_EXIT_CODE, InstanceCounts, InstanceVerdict, JobSettings, Outcome, Reason, Run, RUNNING, Settled } from '../protocol';
import { secondsBetween, totalSeconds } from '../protocol/poll-plan';

/** How it stands with a run. */
export interface Verdict {
  readonly outcome: Outcome | typeof RUNNING;
  readonly counts: InstanceCounts;
  /** Instances on which the run did not succeed, those that decide the outcome first. Empty while running. */
  readonly failures: InstanceVerdict[];
  /** As in `RunResult`. */
  readonly exitCode: number;
  /** The largest exit code where it did not fail; -1 if there is none. */
  readonly fineExitCode: number;
  /** As in `RunResult`. */
  readonly attempts: number;
  /** Instances that were skipped because another run was still running there; the others had started this very run before. */
  readonly overlaps: number;
  /** Whether SSM found no instance that matches the targets. */
  readonly noInstances: boolean;
}

/**
 * Judges a run. It runs as long as one instance does, whatever became of the others, but not beyond its deadline: what still
 * runs then is unresponsive.
 *
 * A run of which some instances succeeded and others were skipped is skipped, not succeeded: how it ended there is for the execution
 * that runs there, or that has started this run before, to say.
 */
export function judgeRun(job: JobSettings, run: Run, observation: Observation, now: string): Verdict {
  const latest = judgeAttempt(job, run, observation, now);
  return run.settled ? withSettled(latest, run.settled) : latest;
}

/** Judges a run of whose latest attempt SSM took nothing. */
export function judgeRefused(job: JobSettings, run: Run, now: string): Verdict {
  return judgeRun(job, run, observe(job, run, { invocations: [] }, now), now);
}

function judgeAttempt(job: JobSettings, run: Run, observation: Observation, now: string): Verdict {
  const isOver = secondsBetween(run.sentAt, now) >= totalSeconds(job);
  const attempted = run.attempt > 1 ? observation.instances.map(failInsteadOfSkip) : observation.instances;
  const instances = isOver ? attempted.map(giveUp) : attempted;
  const noInstances = observation.noInstances && instances.length === 0;
  const outcome = noInstances ? Outcome.UNDELIVERED : attemptOutcome(instances, observation.open, isOver);
  const failures = outcome === RUNNING ? [] : instances.filter(isFailure).sort(bySeverity);
  const fineExitCode = largestExitCode(instances.filter((instance) => !isFailure(instance)));
  return {
    outcome,
    counts: count(instances),
    failures,
    exitCode: failures.length > 0 ? failures[0].exitCode : fineExitCode,
    fineExitCode,
    attempts: instances.some(mayHaveStarted) ? 1 : 0,
    overlaps: instances.filter(isOverlap).length,
    noInstances,
  };
}

/** The verdict on a run of which earlier attempts have settled how it ended on some of its instances. */
function withSettled(latest: Verdict, settled: Settled): Verdict {
  const failures = latest.outcome === RUNNING ? [] : [...latest.failures, ...settled.failures].sort(bySeverity);
  const fineExitCode = Math.max(latest.fineExitCode, settled.fineExitCode);
  return {
    ...latest,
    outcome: worst([latest.outcome, settled.failures.at(0)?.outcome ?? (settled.counts.skipped > 0 ? Outcome.SKIPPED : Outcome.SUCCEEDED)]),
    counts: addCounts(latest.counts, settled.counts),
    failures,
    exitCode: failures.length > 0 ? failures[0].exitCode : fineExitCode,
    fineExitCode,
    attempts: latest.attempts + settled.attempts,
    overlaps: latest.overlaps + settled.overlaps,
  };
}

/** Counts of a fleet of which every instance has the same outcome. */
export function uniformCounts(total: number, outcome: InstanceVerdict['outcome']): InstanceCounts {
  return { ...count([]), total, [FIELDS[outcome]]: total };
}

/** The counts of two parts of a fleet together. */
export function addCounts(one: InstanceCounts, other: InstanceCounts = count([])): InstanceCounts {
  const fields = Object.keys(one) as (keyof InstanceCounts)[];
  return Object.fromEntries(fields.map((field) => [field, one[field] + other[field]])) as unknown as InstanceCounts;
}

/** Where `InstanceCounts` counts an outcome. */
export const FIELDS = {
  [Outcome.SUCCEEDED]: 'succeeded',
  [Outcome.FAILED]: 'failed',
  [Outcome.TIMED_OUT]: 'timedOut',
  [Outcome.UNDELIVERED]: 'undelivered',
  [Outcome.CANCELLED]: 'cancelled',
  [Outcome.UNRESPONSIVE]: 'unresponsive',
  [Outcome.SKIPPED]: 'skipped',
  // There, too, nothing was started.
  [Outcome.NOT_DUE]: 'skipped',
  // No instance has it: nothing has come to any.
  [Outcome.NOT_STARTED]: 'undelivered',
  [RUNNING]: 'running',
} as const;

function count(instances: InstanceVerdict[]): InstanceCounts {
  const of = (outcome: InstanceVerdict['outcome']) => instances.filter((instance) => instance.outcome === outcome).length;
  return {
    total: instances.length,
    succeeded: of(Outcome.SUCCEEDED),
    failed: of(Outcome.FAILED),
    timedOut: of(Outcome.TIMED_OUT),
    undelivered: of(Outcome.UNDELIVERED),
    cancelled: of(Outcome.CANCELLED),
    unresponsive: of(Outcome.UNRESPONSIVE),
    skipped: of(Outcome.SKIPPED),
    running: of(RUNNING),
  };
}

function attemptOutcome(instances: InstanceVerdict[], open: boolean, isOver: boolean): Verdict['outcome'] {
  const mayChange = open || instances.length === 0;
  if (!isOver && (mayChange || instances.some(({ outcome }) => outcome === RUNNING))) {
    return RUNNING;
  }
  const decisive = worst(instances.map(({ outcome }) => outcome));
  // Instances that SSM never named can still be running.
  const isKnown = decisive === Outcome.FAILED || decisive === Outcome.TIMED_OUT;
  return mayChange && !isKnown ? Outcome.UNRESPONSIVE : decisive;
}

/** Not `Math.max(...)`: a fleet may be larger than an argument list. */
function largestExitCode(instances: InstanceVerdict[]): number {
  return instances.reduce((largest, { exitCode }) => Math.max(largest, exitCode), NO_EXIT_CODE);
}

function giveUp(instance: InstanceVerdict): InstanceVerdict {
  return instance.outcome === RUNNING ? { ...instance, outcome: Outcome.UNRESPONSIVE } : instance;
}

/**
 * In a further attempt: something still runs where the program has failed, a process of an earlier attempt perhaps. That the program
 * was not started again there is no success.
 */
function failInsteadOfSkip(instance: InstanceVerdict): InstanceVerdict {
  const reason = isOverlap(instance) ? Reason.ALREADY_RUNNING : Reason.ALREADY_STARTED;
  return instance.outcome === Outcome.SKIPPED ? { ...instance, outcome: Outcome.FAILED, reason, said: undefined } : instance;
}

function isFailure({ outcome }: InstanceVerdict): boolean {
  return outcome !== RUNNING && outcome !== Outcome.SUCCEEDED && outcome !== Outcome.SKIPPED;
}

function isOverlap({ outcome, exitCode }: InstanceVerdict): boolean {
  return outcome === Outcome.SKIPPED && exitCode === ALREADY_RUNNING_EXIT_CODE;
}

function mayHaveStarted({ outcome }: InstanceVerdict): boolean {
  return outcome !== Outcome.UNDELIVERED && outcome !== Outcome.SKIPPED;
}

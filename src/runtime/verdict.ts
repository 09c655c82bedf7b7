import { InstanceVerdict, NO_EXIT_CODE } from './invocation';
import { bySeverity, Observation } from './observation';
import { secondsBetween, totalSeconds } from './poll-plan';
import { ALREADY_RUNNING_EXIT_CODE, InstanceCounts, JobSettings, Outcome, Run, RUNNING } from './protocol';

/** How it stands with a run. */
export interface Verdict {
  readonly outcome: Outcome | typeof RUNNING;
  readonly counts: InstanceCounts;
  /** Instances on which the run did not succeed, those that decide the outcome first. Empty while running. */
  readonly failures: InstanceVerdict[];
  /** As in `RunResult`. */
  readonly exitCode: number;
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
  const isOver = secondsBetween(run.startedAt, now) >= totalSeconds(job);
  const instances = isOver ? observation.instances.map(giveUp) : observation.instances;
  const noInstances = observation.noInstances && instances.length === 0;
  const outcome = noInstances ? Outcome.UNDELIVERED : runOutcome(instances, observation.open, isOver);
  const failures = outcome === RUNNING ? [] : instances.filter(isFailure).sort(bySeverity);
  return {
    outcome,
    counts: count(instances),
    failures,
    exitCode: failures.length > 0 ? failures[0].exitCode : largestExitCode(instances),
    attempts: instances.some(mayHaveStarted) ? 1 : 0,
    overlaps: instances.filter(isOverlap).length,
    noInstances,
  };
}

/** Counts of a fleet of which every instance has the same outcome. */
export function uniformCounts(total: number, outcome: InstanceVerdict['outcome']): InstanceCounts {
  return { ...count([]), total, [FIELDS[outcome]]: total };
}

const FIELDS = {
  [Outcome.SUCCEEDED]: 'succeeded',
  [Outcome.FAILED]: 'failed',
  [Outcome.TIMED_OUT]: 'timedOut',
  [Outcome.UNDELIVERED]: 'undelivered',
  [Outcome.CANCELLED]: 'cancelled',
  [Outcome.UNRESPONSIVE]: 'unresponsive',
  [Outcome.SKIPPED]: 'skipped',
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

function runOutcome(instances: InstanceVerdict[], open: boolean, isOver: boolean): Verdict['outcome'] {
  const mayChange = open || instances.length === 0;
  if (!isOver && (mayChange || instances.some(({ outcome }) => outcome === RUNNING))) {
    return RUNNING;
  }
  const worst = [...instances].sort(bySeverity).at(0)?.outcome ?? Outcome.UNRESPONSIVE;
  // Instances that SSM never named can still be running.
  const isKnown = worst === Outcome.FAILED || worst === Outcome.TIMED_OUT;
  return mayChange && !isKnown ? Outcome.UNRESPONSIVE : worst;
}

/** Not `Math.max(...)`: a fleet may be larger than an argument list. */
function largestExitCode(instances: InstanceVerdict[]): number {
  return instances.reduce((largest, { exitCode }) => Math.max(largest, exitCode), NO_EXIT_CODE);
}

function giveUp(instance: InstanceVerdict): InstanceVerdict {
  return instance.outcome === RUNNING ? { ...instance, outcome: Outcome.UNRESPONSIVE } : instance;
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

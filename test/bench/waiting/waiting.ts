import { Design, DESIGNS } from './designs';
import { delayOf, median, phases } from './phases';
import { run, SeenRun } from './run';
import { inLanes } from '../lanes';
import { costOf } from '../prices';

/** Seconds that programs run. */
export const LENGTHS = [10, 300, 3600, 6 * 3600, 47 * 3600];

/** For delays that are computed from the looks of one run. */
const COMPUTED_PHASES = 101;

/** For delays that events make: each is a run. */
const RUN_PHASES = 3;

/** Each run is one process at a time. */
const LANES = 2;

/** What a design does for a program of a certain length. */
export interface WaitingRow {
  readonly design: string;
  readonly isOurs: boolean;
  /** Whether an event tells of the end. */
  readonly hasEvents: boolean;
  readonly programSeconds: number;
  readonly transitions: number;
  readonly invocations: number;
  readonly calls: number;
  readonly historyEvents: number;
  /** USD. */
  readonly cost: number;
  /** From the end of the program to the end of the run, in seconds; none where the run did not see it. */
  readonly delay?: { readonly median: number; readonly worst: number };
  /** When a run ended that did not see the end of its program, in seconds, and why. */
  readonly lost?: { readonly afterSeconds: number; readonly cause: string };
}

/** Runs all designs with programs of all lengths. Takes minutes: each look is a process. */
export async function measureWaiting(handWiredCode: string, say: (text: string) => void): Promise<WaitingRow[]> {
  const cases = LENGTHS.flatMap((seconds) => DESIGNS.map((design) => ({ design, seconds })));
  const trials = cases.flatMap(({ design, seconds }) =>
    phases(seconds, design.isPolling ? 1 : RUN_PHASES).map((programSeconds) => ({ design, seconds, programSeconds })));
  // The longest ones first, so that no lane waits for the other at the end.
  const looks = ({ design, programSeconds }: typeof trials[number]) => programSeconds / design.interval.toSeconds();
  trials.sort((a, b) => looks(b) - looks(a));
  const runs = await inLanes(LANES, trials.map(({ design, seconds, programSeconds }) => async () => {
    const seen = await run(design, programSeconds, handWiredCode);
    say(`${design.label}, ${Math.round(programSeconds)} s: ${seen.status} after ${Math.round(seen.endedAfter)} s`);
    return { design, seconds, seen };
  }));
  return cases.map(({ design, seconds }) => describe(design, seconds,
    runs.filter((one) => one.design === design && one.seconds === seconds).map(({ seen }) => seen)));
}

/** @param runs Of all phases, where each is a run; otherwise of the full length only */
function describe(design: Design, programSeconds: number, runs: readonly SeenRun[]): WaitingRow {
  const full = runs.find((seen) => seen.programSeconds === programSeconds)!;
  const lost = full.status === 'SUCCEEDED' ? undefined : { afterSeconds: full.endedAfter, cause: full.cause };
  const delays = design.isPolling ? computedDelays(full) : runs.map((seen) => seen.endedAfter - seen.programSeconds);
  return {
    design: design.label,
    isOurs: design.isOurs,
    hasEvents: !design.isPolling,
    programSeconds,
    transitions: full.transitions,
    invocations: full.invocations,
    calls: full.calls,
    historyEvents: full.historyEvents,
    cost: costOf(full),
    ...lost ? { lost } : { delay: { median: median(delays), worst: Math.max(...delays) } },
  };
}

/** A program that had ended sooner would have been seen by an earlier look of the same run. */
function computedDelays({ programSeconds, looks, endedAfter }: SeenRun): number[] {
  const ending = endedAfter - looks.at(-1)!;
  return phases(programSeconds, COMPUTED_PHASES).flatMap((seconds) => delayOf(seconds, looks, ending) ?? []);
}

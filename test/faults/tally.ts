import { notReported, sentTwice, silentEnd, startedTwice } from './judge';
import type { Observation } from './stage';
import { troubles } from './trial';

/** What a part of the suite has counted. */
export interface Counts {
  /** Executions of the state machine. */
  readonly runs: number;
  /** Faults that struck, each counted once, however many calls it hit; stops, and servers that do not work. */
  readonly faults: number;
  /** Servers on which the program was started twice in a run. */
  readonly startedTwice: number;
  /** Commands that SSM was sent twice. */
  readonly sentTwice: number;
  /** Executions that failed without a notification. */
  readonly notReported: number;
  /** Executions that ended in a way that the workflow does not see, without a notification. */
  readonly silentEnds: number;
}

export const NOTHING: Counts = { runs: 0, faults: 0, startedTwice: 0, sentTwice: 0, notReported: 0, silentEnds: 0 };

/** Adds up what trials have come to. */
export class Tally {
  public counts = NOTHING;

  public add(observation: Observation): void {
    const { executions, struck, trial } = observation;
    this.counts = sum(this.counts, {
      runs: executions.length,
      faults: struck + troubles(trial),
      startedTwice: startedTwice(observation).length,
      sentTwice: sentTwice(observation).length,
      notReported: executions.flatMap(notReported).length,
      silentEnds: executions.flatMap(silentEnd).length,
    });
  }
}

export function sum(a: Counts, b: Counts): Counts {
  return {
    runs: a.runs + b.runs,
    faults: a.faults + b.faults,
    startedTwice: a.startedTwice + b.startedTwice,
    sentTwice: a.sentTwice + b.sentTwice,
    notReported: a.notReported + b.notReported,
    silentEnds: a.silentEnds + b.silentEnds,
  };
}

import type { Run } from './run';
import { ZoneClock } from './schedule/zone-clock';
import type { JobSettings } from './settings';

/** `06:00` */
export const TIME_OF_DAY = /^([01]\d|2[0-3]):[0-5]\d$/;

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A time at which a run that still goes on is reported, and where the run remembers that it was. */
export interface Limit {
  readonly mark: 'wasLate' | 'wasOverdue';
  /** Milliseconds. */
  readonly at: number;
}

/** The times at which a run that still goes on is reported. Waiting for another run counts against the time of day only. A run without a scheduled time has its time of day after its start. */
export function limits({ longRunningAfterSeconds, mustEndBy }: JobSettings, { startedAt, scheduledTime, waiting }: Run): Limit[] {
  const endBy = mustEndBy && nextTimeOfDay(mustEndBy.time, mustEndBy.timeZone, Date.parse(scheduledTime ?? startedAt));
  return [
    ...longRunningAfterSeconds === undefined ? []
      : [{ mark: 'wasLate', at: Date.parse(startedAt) + 1000 * (longRunningAfterSeconds + (waiting?.seconds ?? 0)) } as const],
    // No handler fails for a zone that its own Node.js does not know: synth has known it.
    ...endBy === undefined ? [] : [{ mark: 'wasOverdue', at: endBy } as const],
  ];
}

/** The limits that a run has passed, and that were not reported yet. */
export function passedLimits(job: JobSettings, run: Run, now: string): Limit[] {
  return limits(job, run).filter(({ mark, at }) => !run[mark] && Date.parse(now) >= at);
}

/**
 * The first instant after another one at which the clock of a zone shows a time of day: the first of both in an hour that comes twice. Where the
 * clock goes forward past it, the first minute that there is.
 *
 * @returns milliseconds; undefined if the zone is not known
 */
export function nextTimeOfDay(timeOfDay: string, zone: string, after: number): number | undefined {
  const clock = ZoneClock.of(zone);
  if (clock === undefined) {
    return undefined;
  }
  const [hours, minutes] = timeOfDay.split(':').map(Number);
  const midnight = Math.floor(clock.at(after) / DAY) * DAY;
  return [0, 1, 2]
    .map((days) => firstInstant(clock, midnight + days * DAY + (60 * hours + minutes) * MINUTE))
    .find((instant) => instant > after);
}

function firstInstant(clock: ZoneClock, time: number): number {
  for (let shown = time; ; shown += MINUTE) {
    const instant = clock.instantOf(shown);
    if (instant !== undefined) {
      return instant;
    }
  }
}

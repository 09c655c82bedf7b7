/** A time on the clock of a zone, written as if the zone were UTC: it may not exist there, or twice. Milliseconds. */
export type ClockTime = number;

/** What the clock of a zone leaves out: from `start`, to what it shows instead. */
export interface ClockGap {
  readonly start: ClockTime;
  readonly end: ClockTime;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/**
 * The clock of a time zone, by the time zone data of this Node.js.
 */
export class ZoneClock {
  /** @returns undefined if this Node.js does not know the zone */
  public static of(zone: string): ZoneClock | undefined {
    const clock = ZoneClock.known.get(zone) ?? ZoneClock.make(zone);
    if (clock) {
      ZoneClock.known.set(zone, clock);
    }
    return clock;
  }

  private static readonly known = new Map<string, ZoneClock>();

  private static make(zone: string): ZoneClock | undefined {
    try {
      return new ZoneClock(new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        calendar: 'iso8601',
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      }));
    } catch (error) {
      if (error instanceof RangeError) {
        return undefined;
      }
      throw error;
    }
  }

  private readonly gapsOf = new Map<number, ClockGap[]>();
  /** The last day that was asked for, and its offset if that does not change around it: asking Intl is slow. */
  private steady: { readonly day: ClockTime; readonly offset?: number } = { day: NaN };

  private constructor(private readonly format: Intl.DateTimeFormat) {}

  /** What the clock shows at an instant. */
  public at(instant: number): ClockTime {
    return instant + this.offset(instant);
  }

  /** The instant at which the clock shows a time, the first one of two; undefined for a time that does not exist. */
  public instantOf(time: ClockTime): number | undefined {
    const day = Math.floor(time / DAY) * DAY;
    if (day !== this.steady.day) {
      const offsets = [this.offset(day - DAY), this.offset(day + 2 * DAY)];
      this.steady = { day, offset: offsets[0] === offsets[1] ? offsets[0] : undefined };
    }
    if (this.steady.offset !== undefined) {
      return time - this.steady.offset;
    }
    const instants = [time - DAY, time + DAY].map((near) => time - this.offset(near)).filter((instant) => this.at(instant) === time);
    return instants.length > 0 ? Math.min(...instants) : undefined;
  }

  /** What the clock leaves out in a year. */
  public gaps(year: number): readonly ClockGap[] {
    const gaps = this.gapsOf.get(year) ?? this.findGaps(year);
    this.gapsOf.set(year, gaps);
    return gaps;
  }

  private findGaps(year: number): ClockGap[] {
    const gaps: ClockGap[] = [];
    // A day more at each end: the year of the zone begins before that of UTC, or after it.
    for (let day = Date.UTC(year, 0, 0); day <= Date.UTC(year + 1, 0, 1); day += DAY) {
      const [before, after] = [this.offset(day), this.offset(day + DAY)];
      if (after > before) {
        const change = firstMinute(day, day + DAY, (instant) => this.offset(instant) !== before);
        gaps.push({ start: change + before, end: this.at(change) });
      }
    }
    return gaps.filter(({ start }) => new Date(start).getUTCFullYear() === year);
  }

  /** How far the clock is ahead of UTC, in milliseconds. */
  private offset(instant: number): number {
    const parts = new Map(this.format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const [year, month, day, hour, minute, second] = ['year', 'month', 'day', 'hour', 'minute', 'second'].map((type) => parts.get(type as 'year')!);
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
  }
}

/** The first minute after `from`, up to `to`, at which something holds that goes on to hold. */
function firstMinute(from: number, to: number, holds: (time: number) => boolean): number {
  let [before, after] = [from, to];
  while (after - before > MINUTE) {
    const middle = before + Math.floor((after - before) / MINUTE / 2) * MINUTE;
    [before, after] = holds(middle) ? [before, middle] : [middle, after];
  }
  return after;
}

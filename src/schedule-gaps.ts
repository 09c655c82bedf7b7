import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { isKnown } from './validation';

/** The years that are looked at, where an expression names none. They are fixed: the same app must give the same template and warnings. */
const YEARS = Array.from({ length: 10 }, (_, i) => 2027 + i);

/** Of an expression that names its years: the most that are looked at. */
const MAX_YEARS = 20;

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** A time on the clock of a zone, written as if the zone were UTC: it may not exist there. Milliseconds. */
type ClockTime = number;

/** What the clock of a zone leaves out: from `start`, to what it shows instead. */
interface Gap {
  readonly start: ClockTime;
  readonly end: ClockTime;
}

/** A date on which a schedule does not fire. */
export interface ScheduleGap {
  /** `2027-03-28` */
  readonly date: string;
  /** The first time of the schedule that the date does not have: `02:00`. */
  readonly time: string;
  /** What the clock shows next: `03:00`. */
  readonly next: string;
  /** `Europe/Rome` */
  readonly zone: string;
}

/**
 * The dates on which the clocks of its zone go forward past a time of the schedule, in the years 2027 to 2036 or those that it names. EventBridge
 * Scheduler skips a time that does not exist. The rules are those of the time zone data of the Node.js that synthesizes.
 *
 * None for what runs in every hour (it fires again as soon as ever), for rates, and for what is not known at synth.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
 */
export function scheduleGaps({ expressionString, timeZone }: ScheduleExpression): ScheduleGap[] {
  const zone = timeZone?.timezoneName ?? 'Etc/UTC';
  const times = isKnown(expressionString) && isKnown(zone) ? oneTime(expressionString) ?? cronTimes(expressionString) : undefined;
  return times?.years.flatMap((year) => gapsOf(zone, year)).flatMap((gap) => {
    const missed = minutes(gap).find((time) => times.has(new Date(time)));
    return missed === undefined ? [] : [{ date: iso(missed, 0, 10), time: iso(missed, 11, 16), next: iso(gap.end, 11, 16), zone }];
  }) ?? [];
}

/** When a schedule fires. */
interface Times {
  readonly years: number[];
  /** @param time on the clock, read as UTC */
  has(time: Date): boolean;
}

function oneTime(expression: string): Times | undefined {
  const [, text] = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d)(?::\d\d)?\)$/.exec(expression) ?? [];
  return text === undefined ? undefined : { years: [Number(text.slice(0, 4))], has: (time) => iso(time.getTime(), 0, 16) === text };
}

function cronTimes(expression: string): Times | undefined {
  const fields = /^cron\((.*)\)$/.exec(expression)?.[1].trim().toUpperCase().split(/\s+/) ?? [];
  if (fields.length !== 6) {
    return undefined;
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek, year] = fields;
  const isHourly = Array.from({ length: 24 }, (_, i) => i).every((i) => hasNumber(hour, i, 0, 23));
  const named = /[*?]/.test(year) ? YEARS : Array.from({ length: 230 }, (_, i) => 1970 + i).filter((i) => hasNumber(year, i, 1970, 2199));
  return {
    years: isHourly ? [] : named.slice(0, MAX_YEARS),
    has: (time) => hasNumber(minute, time.getUTCMinutes(), 0, 59)
      && hasNumber(hour, time.getUTCHours(), 0, 23)
      && hasNumber(month, time.getUTCMonth() + 1, 1, 12, MONTHS)
      && dayOfMonth.split(',').some((item) => isDayOfMonth(item, time))
      && dayOfWeek.split(',').some((item) => isDayOfWeek(item, time)),
  };
}

function isDayOfMonth(item: string, time: Date): boolean {
  const day = time.getUTCDate();
  const nearest = /^(\d+|L)W$/.exec(item)?.[1];
  if (nearest !== undefined) {
    // The weekday nearest to a day is at most two days away: close enough to warn of.
    const wanted = nearest === 'L' ? lastDay(time) : Number(nearest);
    return Math.abs(day - wanted) <= 2 && ![0, 6].includes(time.getUTCDay());
  }
  const fromEnd = /^L(?:-(\d+))?$/.exec(item);
  return fromEnd ? day === lastDay(time) - Number(fromEnd[1] ?? 0) : hasNumber(item, day, 1, 31);
}

function isDayOfWeek(item: string, time: Date): boolean {
  const day = time.getUTCDate();
  const weekday = time.getUTCDay() + 1;
  const [, wanted, last, nth] = /^(\w+?)(?:(L)|#(\d))$/.exec(item) ?? [];
  if (wanted === undefined) {
    return item === 'L' ? weekday === 7 : hasNumber(item, weekday, 1, 7, WEEKDAYS);
  }
  const isInPlace = last === undefined ? Math.ceil(day / 7) === Number(nth) : day + 7 > lastDay(time);
  return isInPlace && hasNumber(wanted, weekday, 1, 7, WEEKDAYS);
}

function lastDay(time: Date): number {
  return new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + 1, 0)).getUTCDate();
}

/** Whether a field of numbers has one. What cannot be read has every number: a warning too many is better than one too few. */
function hasNumber(field: string, number: number, min: number, max: number, names: string[] = []): boolean {
  return field.split(',').some((item) => {
    const [, first, last, step] = /^(\*|\?|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(item) ?? [];
    const read = (text: string) => names.includes(text) ? min + names.indexOf(text) : Number(text);
    const isAny = first === '*' || first === '?';
    const from = isAny ? min : read(first);
    const to = last !== undefined ? read(last) : isAny || step !== undefined ? max : from;
    if (first === undefined || Number.isNaN(from + to)) {
      return true;
    }
    // FRI-MON goes over the end.
    const isInRange = from <= to ? number >= from && number <= to : number >= from || number <= to;
    const distance = number >= from ? number - from : number - from + max - min + 1;
    return isInRange && distance % Math.max(1, Number(step ?? 1)) === 0;
  });
}

const knownGaps = new Map<string, Gap[]>();

/** What the clock of a zone leaves out in a year; nothing where this Node.js does not know the zone. */
function gapsOf(zone: string, year: number): Gap[] {
  const key = `${zone} ${year}`;
  const gaps = knownGaps.get(key) ?? findGaps(zone, year);
  knownGaps.set(key, gaps);
  return gaps;
}

function findGaps(zone: string, year: number): Gap[] {
  const offset = offsetIn(zone);
  if (offset === undefined) {
    return [];
  }
  const gaps: Gap[] = [];
  // A day more at each end: the year of the zone begins before that of UTC, or after it.
  for (let day = Date.UTC(year, 0, 0); day <= Date.UTC(year + 1, 0, 1); day += DAY) {
    const [before, after] = [offset(day), offset(day + DAY)];
    if (after > before) {
      const change = firstMinute(day, day + DAY, (time) => offset(time) !== before);
      gaps.push({ start: change + before, end: change + offset(change) });
    }
  }
  return gaps.filter(({ start }) => new Date(start).getUTCFullYear() === year);
}

/** How far the clock of a zone is ahead of UTC at some time, in milliseconds; undefined if the zone is not known. */
function offsetIn(zone: string): ((time: number) => number) | undefined {
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    return (time) => {
      const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
      const [year, month, day, hour, minute, second] = ['year', 'month', 'day', 'hour', 'minute', 'second'].map((type) => parts.get(type as 'year')!);
      return Date.UTC(year, month - 1, day, hour, minute, second) - time;
    };
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined;
    }
    throw error;
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

function minutes({ start, end }: Gap): ClockTime[] {
  return Array.from({ length: Math.ceil((end - start) / MINUTE) }, (_, i) => start + i * MINUTE);
}

function iso(time: ClockTime, from: number, to: number): string {
  return new Date(time).toISOString().slice(from, to);
}

import { CronExpression } from './cron-expression';
import { ClockTime, ZoneClock } from './zone-clock';

/** What EventBridge Scheduler takes where a schedule names no zone. */
export const DEFAULT_ZONE = 'UTC';

/**
 * How far ahead is searched. A date that comes at all comes within it: the longest wait is that for a 29th of February on a certain day of the
 * week, over a century that is no leap year.
 */
const SEARCHED_YEARS = 40;

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const UNITS: { readonly [unit: string]: number } = { minute: MINUTE, hour: 60 * MINUTE, day: DAY };

/**
 * The next time of a schedule, by the rules of EventBridge Scheduler: a time that the clock of the zone leaves out is skipped, one that it shows
 * twice fires once. AWS does not say which of the two; here it is the first.
 *
 * @param expression `cron(…)`, `at(…)`, or `rate(…)`, which counts from `after`
 * @param zone `Europe/Rome`
 * @returns undefined if there is none, or if expression or zone are not known
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export function nextTime(expression: string, zone: string, after: Date): Date | undefined {
  for (const time of timesFrom(expression, zone, after)) {
    if (time > after) {
      return time;
    }
  }
  return undefined;
}

/**
 * The times of a schedule from `from` on and before `to`, in order. A `rate(…)` begins at `from`.
 */
export function* timesBetween(expression: string, zone: string, from: Date, to: Date): Generator<Date, void> {
  for (const time of timesFrom(expression, zone, from)) {
    if (time >= to) {
      return;
    }
    yield time;
  }
}

/** Whether the times of a schedule can be told: its expression is one, and this Node.js knows the zone. */
export function isReadable(expression: string, zone: string): boolean {
  const isExpression = CronExpression.parse(expression)?.isReadable ?? (rateOf(expression) !== undefined || oneTime(expression).length > 0);
  return isExpression && ZoneClock.of(zone) !== undefined;
}

/** A time that the clock of a zone leaves out. */
export interface SkippedTime {
  /** When it would have been, had the clock not gone forward. */
  readonly instant: Date;
  /** `2027-03-28T02:00` */
  readonly clockTime: string;
}

/**
 * The times from `from` on and before `to` that a schedule skips, because the clock of its zone goes forward past them. None for what fires in
 * each hour, and for rates.
 */
export function* skippedBetween(expression: string, zone: string, from: Date, to: Date): Generator<SkippedTime, void> {
  const clock = ZoneClock.of(zone);
  const cron = CronExpression.parse(expression);
  if (!clock || (cron && (!cron.isReadable || cron.isHourly))) {
    return;
  }
  for (const time of cron ? clockTimes(cron, clock.at(from.getTime())) : oneTime(expression)) {
    const before = clock.at(time - DAY) - (time - DAY);
    const instant = new Date(time - before);
    if (instant >= to) {
      return;
    }
    if (clock.instantOf(time) === undefined && instant >= from) {
      yield { instant, clockTime: new Date(time).toISOString().slice(0, 16) };
    }
  }
}

/** Those from an instant on, as far as is searched. */
function* timesFrom(expression: string, zone: string, from: Date): Generator<Date, void> {
  const interval = rateOf(expression);
  if (interval !== undefined) {
    for (let time = from.getTime(); ; time += interval) {
      yield new Date(time);
    }
  }
  const clock = ZoneClock.of(zone);
  const cron = CronExpression.parse(expression);
  if (!clock || (cron && !cron.isReadable)) {
    return;
  }
  for (const time of cron ? clockTimes(cron, clock.at(from.getTime())) : oneTime(expression)) {
    const instant = clock.instantOf(time);
    if (instant !== undefined && instant >= from.getTime()) {
      yield new Date(instant);
    }
  }
}

/** From the day of `from` on. */
function* clockTimes(cron: CronExpression, from: ClockTime): Generator<ClockTime, void> {
  const firstYear = new Date(from).getUTCFullYear();
  const today = Math.floor(from / DAY) * DAY;
  for (const year of cron.years.filter((other) => other >= firstYear && other <= firstYear + SEARCHED_YEARS)) {
    for (const month of cron.months) {
      for (let day = Date.UTC(year, month - 1, 1); new Date(day).getUTCMonth() === month - 1; day += DAY) {
        if (day >= today && cron.hasDay(new Date(day))) {
          yield* cron.hours.flatMap((hour) => cron.minutes.map((minute) => day + hour * UNITS.hour + minute * MINUTE));
        }
      }
    }
  }
}

function oneTime(expression: string): ClockTime[] {
  const [, text] = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)\)$/.exec(expression) ?? [];
  const time = Date.parse(`${text}Z`);
  // Date.parse takes the 30th of February for a day in March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text) ? [time] : [];
}

/** Milliseconds. */
function rateOf(expression: string): number | undefined {
  const [, value, unit] = /^rate\(\s*(\d+)\s+(minute|hour|day)s?\s*\)$/.exec(expression) ?? [];
  return Number(value) > 0 ? Number(value) * UNITS[unit] : undefined;
}

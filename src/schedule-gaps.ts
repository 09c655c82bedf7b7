import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { CronExpression } from './protocol/schedule/cron-expression';
import { ClockGap, ClockTime, ZoneClock } from './protocol/schedule/zone-clock';
import { isKnown } from './validation';

/** The years that are looked at, where an expression names none. They are fixed: the same app must give the same template and warnings. */
const YEARS = Array.from({ length: 10 }, (_, i) => 2027 + i);

/** Of an expression that names its years: the most that are looked at. */
const MAX_YEARS = 20;

const MINUTE = 60_000;

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
  return times?.years.flatMap((year) => ZoneClock.of(zone)?.gaps(year) ?? []).flatMap((gap) => {
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
  const cron = CronExpression.parse(expression);
  if (cron === undefined) {
    return undefined;
  }
  return {
    years: cron.isHourly ? [] : (cron.namesYears ? cron.years : YEARS).slice(0, MAX_YEARS),
    has: (time) => cron.minutes.includes(time.getUTCMinutes()) && cron.hours.includes(time.getUTCHours()) && cron.hasDate(time),
  };
}

function minutes({ start, end }: ClockGap): ClockTime[] {
  return Array.from({ length: Math.ceil((end - start) / MINUTE) }, (_, i) => start + i * MINUTE);
}

function iso(time: ClockTime, from: number, to: number): string {
  return new Date(time).toISOString().slice(from, to);
}

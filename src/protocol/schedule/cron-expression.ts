const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const FIRST_YEAR = 1970;
const LAST_YEAR = 2199;

const FIELDS = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'year', min: FIRST_YEAR, max: LAST_YEAR },
];
const WEEKDAY = { min: 1, max: 7, names: WEEKDAYS };
const MONTHDAY = { min: 1, max: 31 };

interface NumberField {
  readonly min: number;
  readonly max: number;
  /** What may stand for the numbers from `min` on. */
  readonly names?: readonly string[];
}

/** Whether a field takes a date, which is read as UTC. */
type DateRule = (date: Date) => boolean;

/**
 * A cron expression of EventBridge Scheduler: six fields, `cron(minute hour day-of-month month day-of-week year)`. It counts the days of the week
 * from 1 for Sunday, and takes `L`, `W` and `#`.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */
export class CronExpression {
  /** @returns undefined for what has no six fields */
  public static parse(expression: string): CronExpression | undefined {
    const fields = /^cron\((.*)\)$/.exec(expression)?.[1].trim().toUpperCase().split(/\s+/) ?? [];
    return fields.length === 6 ? new CronExpression(fields) : undefined;
  }

  /** In order, as the years. */
  public readonly minutes: readonly number[];
  public readonly hours: readonly number[];
  public readonly months: readonly number[];
  public readonly years: readonly number[];

  /** Whether the expression names its years. */
  public readonly namesYears: boolean;

  /** Whether every item of every field is understood. One that is not takes any number, and AWS most likely refuses it. */
  public readonly isReadable: boolean;

  private readonly monthdays: readonly DateRule[];
  private readonly weekdays: readonly DateRule[];

  private constructor([minute, hour, dayOfMonth, month, dayOfWeek, year]: string[]) {
    let isReadable = true;
    const orAny = <T>(read: T | undefined, any: T): T => {
      isReadable &&= read !== undefined;
      return read ?? any;
    };
    const [minutes, hours, months, years] = [minute, hour, month, year].map((text, i) => {
      const rules = text.split(',').map((item) => orAny(numbers(item, FIELDS[i]), () => true));
      return range(FIELDS[i]).filter((number) => rules.some((has) => has(number)));
    });
    this.minutes = minutes;
    this.hours = hours;
    this.months = months;
    this.years = years;
    this.namesYears = !/[*?]/.test(year);
    this.monthdays = dayOfMonth.split(',').map((item) => orAny(monthday(item), () => true));
    this.weekdays = dayOfWeek.split(',').map((item) => orAny(weekday(item), () => true));
    this.isReadable = isReadable;
  }

  /** Whether it fires in each hour: a time that a clock leaves out is then soon followed by another. */
  public get isHourly(): boolean {
    return this.hours.length === 24;
  }

  /** @param date Read as UTC */
  public hasDate(date: Date): boolean {
    return this.years.includes(date.getUTCFullYear()) && this.months.includes(date.getUTCMonth() + 1) && this.hasDay(date);
  }

  /** Of a month and year that it has. */
  public hasDay(date: Date): boolean {
    return this.monthdays.some((has) => has(date)) && this.weekdays.some((has) => has(date));
  }
}

function monthday(item: string): DateRule | undefined {
  const [, fromEnd, back, number, nearest] = /^(?:(L)(?:-(\d+))?|(\d+))(W)?$/.exec(item) ?? [];
  if (fromEnd === undefined && nearest === undefined) {
    const has = numbers(item, MONTHDAY);
    return has && ((date) => has(date.getUTCDate()));
  }
  return (date) => {
    const last = lastDay(date);
    const wanted = fromEnd === undefined ? Number(number) : last - Number(back ?? 0);
    return date.getUTCDate() === (nearest === undefined ? wanted : nearestWorkday(date, wanted, last));
  };
}

/** The nearest day from Monday to Friday that is in the same month: the 1st may be the 3rd, but never the 31st. */
function nearestWorkday(date: Date, day: number, last: number): number | undefined {
  if (day < 1 || day > last) {
    return undefined;
  }
  switch (new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), day)).getUTCDay()) {
    case 6: return day === 1 ? 3 : day - 1;
    case 0: return day === last ? last - 2 : day + 1;
    default: return day;
  }
}

function weekday(item: string): DateRule | undefined {
  const [, wanted, last, nth] = /^(\w+?)(?:(L)|#([1-5]))$/.exec(item) ?? [];
  const has = numbers(item === 'L' ? 'SAT' : wanted ?? item, WEEKDAY);
  return has && ((date) => {
    const day = date.getUTCDate();
    const isInPlace = last !== undefined ? day + 7 > lastDay(date) : nth === undefined || Math.ceil(day / 7) === Number(nth);
    return isInPlace && has(date.getUTCDay() + 1);
  });
}

/** The last day of the month of a date. */
function lastDay(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

/** Which numbers an item has: one, a range, all, each with a step. Undefined if it is none of these. */
function numbers(item: string, { min, max, names = [] }: NumberField): ((number: number) => boolean) | undefined {
  const [, first, last, step] = /^(\*|\?|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(item) ?? [];
  const read = (text: string) => names.includes(text) ? min + names.indexOf(text) : Number(text);
  const isAny = first === '*' || first === '?';
  const from = isAny ? min : read(first ?? '?');
  const to = last !== undefined ? read(last) : isAny || step !== undefined ? max : from;
  if (!isWithin(from, min, max) || !isWithin(to, min, max)) {
    return undefined;
  }
  return (number) => {
    // FRI-MON goes over the end.
    const isInRange = from <= to ? number >= from && number <= to : number >= from || number <= to;
    const distance = number >= from ? number - from : number - from + max - min + 1;
    return isInRange && distance % Math.max(1, Number(step ?? 1)) === 0;
  };
}

function isWithin(number: number, min: number, max: number): boolean {
  return number >= min && number <= max;
}

function range({ min, max }: NumberField): number[] {
  return Array.from({ length: max - min + 1 }, (_, i) => min + i);
}

import { AwsError } from '../../../aws/aws-error';

const DAY = 86_400_000;
const DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
const FREQUENCIES = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const;
const PARTS = ['FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'BYDAY', 'BYMONTHDAY', 'BYMONTH', 'BYSETPOS', 'WKST'];

/** `2TU`: the second Tuesday; `-1FR`: the last Friday; `MO`: every Monday. */
interface WeekDay {
  readonly nth: number;
  readonly day: number;
}

interface Rule {
  readonly frequency: typeof FREQUENCIES[number];
  readonly interval: number;
  readonly count: number;
  readonly until: number;
  readonly days: WeekDay[];
  readonly monthDays: number[];
  readonly months: number[];
  readonly positions: number[];
  readonly weekStart: number;
}

/**
 * How an event comes again: an RRULE of iCalendar, on the clock of its event.
 *
 * @see https://datatracker.ietf.org/doc/html/rfc5545#section-3.3.10
 */
export class Recurrence {
  /**
   * @param start when the event starts first
   * @param untilOf reads the time of UNTIL
   * @throws UnsupportedCalendarException for what is wrong, or not known here
   */
  public static read(text: string, start: number, untilOf: (text: string) => number): Recurrence {
    const parts = new Map(text.toUpperCase().split(';').filter((part) => part).map((part): [string, string] => {
      const [name, value = ''] = part.split('=');
      return [name, value];
    }));
    const unknown = [...parts.keys()].find((name) => !PARTS.includes(name));
    const frequency = FREQUENCIES.find((known) => known === parts.get('FREQ'));
    if (unknown !== undefined || !frequency) {
      throw new AwsError('UnsupportedCalendarException',
        `The calendar can not be read: the local run knows the parts ${PARTS.join(', ')} of RRULE, and FREQ ${FREQUENCIES.join(', ')}, got ${text}`);
    }
    const numbers = (name: string) => (parts.get(name) ?? '').split(',').filter((number) => number !== '').map(Number);
    const until = parts.get('UNTIL');
    const rule: Rule = {
      frequency,
      interval: numbers('INTERVAL')[0] ?? 1,
      count: numbers('COUNT')[0] ?? Infinity,
      until: until === undefined ? Infinity : untilOf(until),
      days: (parts.get('BYDAY') ?? '').split(',').filter((day) => day !== '').map(readWeekDay),
      monthDays: numbers('BYMONTHDAY'),
      months: numbers('BYMONTH'),
      positions: numbers('BYSETPOS'),
      weekStart: DAYS.indexOf(parts.get('WKST') ?? 'MO'),
    };
    const isWrong = [rule.interval, ...rule.monthDays, ...rule.months, ...rule.positions].some((number) => !Number.isInteger(number) || number === 0)
      || rule.interval < 1 || rule.weekStart < 0 || Number.isNaN(rule.count) || rule.days.some(({ day }) => day < 0);
    const isOfYear = frequency === 'YEARLY' && rule.days.length > 0 && rule.months.length === 0;
    const hasNth = rule.days.some(({ nth }) => nth !== 0) && (frequency === 'DAILY' || frequency === 'WEEKLY');
    if (isWrong || isOfYear || hasNth) {
      throw new AwsError('UnsupportedCalendarException', `The calendar can not be read: RRULE has numbers or days that the local run does not know, got ${text}`);
    }
    return new Recurrence(rule, start);
  }

  private constructor(private readonly rule: Rule, private readonly start: number) {}

  /** The starts up to a time, the first one included, in their order. */
  public startsUntil(end: number): number[] {
    const { count, until, interval } = this.rule;
    const last = Math.min(end, until);
    const starts: number[] = [];
    for (let period = 0; starts.length < count && this.periodStart(period) <= last; period += interval) {
      starts.push(...this.within(period).filter((time) => time >= this.start && time <= last));
    }
    return starts.slice(0, count);
  }

  /** Midnight of the first day of a period; the one of the first start has the number 0. */
  private periodStart(period: number): number {
    const first = new Date(this.start);
    const day = midnight(this.start);
    switch (this.rule.frequency) {
      case 'DAILY':
        return day + period * DAY;
      case 'WEEKLY':
        return day - ((first.getUTCDay() - this.rule.weekStart + 7) % 7) * DAY + period * 7 * DAY;
      case 'MONTHLY':
        return Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + period, 1);
      case 'YEARLY':
        return Date.UTC(first.getUTCFullYear() + period, 0, 1);
    }
  }

  /** The starts within a period. */
  private within(period: number): number[] {
    const timeOfDay = this.start - midnight(this.start);
    const days: number[] = [];
    for (let day = this.periodStart(period); day < this.periodStart(period + 1); day += DAY) {
      if (this.isChosen(day)) {
        days.push(day + timeOfDay);
      }
    }
    const { positions } = this.rule;
    return positions.length === 0 ? days : days.filter((_, i) => positions.includes(i + 1) || positions.includes(i - days.length));
  }

  private isChosen(day: number): boolean {
    const { frequency, days, monthDays, months } = this.rule;
    const [date, first] = [new Date(day), new Date(this.start)];
    const [weekDay, monthDay, month] = [date.getUTCDay(), date.getUTCDate(), date.getUTCMonth() + 1];
    const length = new Date(Date.UTC(date.getUTCFullYear(), month, 0)).getUTCDate();
    const byMonth = months.length > 0 ? months.includes(month) : frequency !== 'YEARLY' || monthDays.length > 0 || month === first.getUTCMonth() + 1;
    const byMonthDay = monthDays.length === 0 || monthDays.includes(monthDay) || monthDays.includes(monthDay - length - 1);
    const byDay = days.length === 0 || days.some(({ nth, day: wanted }) => wanted === weekDay
      && (nth === 0 || nth === Math.ceil(monthDay / 7) || -nth === Math.ceil((length - monthDay + 1) / 7)));
    // Without a day in the rule, it is that of the first start.
    const isFree = days.length > 0 || monthDays.length > 0 || frequency === 'DAILY';
    const byStart = isFree || (frequency === 'WEEKLY' ? weekDay === first.getUTCDay() : monthDay === first.getUTCDate());
    return byMonth && byMonthDay && byDay && byStart;
  }
}

function midnight(time: number): number {
  return Math.floor(time / DAY) * DAY;
}

function readWeekDay(text: string): WeekDay {
  const [, nth = '0', day = ''] = /^([+-]?\d+)?([A-Z]{2})$/.exec(text) ?? [];
  return { nth: Number(nth), day: DAYS.indexOf(day) };
}

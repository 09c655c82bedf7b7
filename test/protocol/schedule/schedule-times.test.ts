import { nextTime, timesBetween } from '../../../src/protocol/schedule/schedule-times';
import * as fc from '../../support/seeded';

const ROME = 'Europe/Rome';

function next(expression: string, zone: string, after: string): string | undefined {
  return nextTime(expression, zone, new Date(after))?.toISOString().replace(':00.000Z', 'Z');
}

function between(expression: string, zone: string, from: string, to: string): string[] {
  return [...timesBetween(expression, zone, new Date(from), new Date(to))].map((time) => time.toISOString().replace(':00.000Z', 'Z'));
}

test.each<[string, string, string, string | undefined]>([
  // Strictly after.
  ['cron(30 3 * * ? *)', 'UTC', '2027-01-01T03:29:59.999Z', '2027-01-01T03:30Z'],
  ['cron(30 3 * * ? *)', 'UTC', '2027-01-01T03:30Z', '2027-01-02T03:30Z'],
  ['cron(30 3 * * ? *)', ROME, '2027-01-01T00:00Z', '2027-01-01T02:30Z'],
  ['cron(30 3 * * ? *)', ROME, '2027-07-01T00:00Z', '2027-07-01T01:30Z'],
  // The day of the zone is not that of UTC.
  ['cron(0 1 1 * ? *)', 'Asia/Tokyo', '2027-01-30T00:00Z', '2027-01-31T16:00Z'],
  ['cron(0 23 31 DEC ? *)', 'America/Los_Angeles', '2027-12-31T23:00Z', '2028-01-01T07:00Z'],
  // A time that does not exist is skipped, one that comes twice fires once.
  ['cron(0 2 * * ? *)', ROME, '2027-03-27T12:00Z', '2027-03-29T00:00Z'],
  ['cron(30 2 * * ? *)', ROME, '2027-10-31T00:00Z', '2027-10-31T00:30Z'],
  ['cron(30 2 * * ? *)', ROME, '2027-10-31T00:30Z', '2027-11-01T01:30Z'],
  ['cron(30 2 * * ? *)', ROME, '2027-10-31T01:10Z', '2027-11-01T01:30Z'],
  ['cron(0 12 * * ? *)', 'Pacific/Apia', '2011-12-29T23:00Z', '2011-12-30T22:00Z'],
  // The end of the month, and leap days.
  ['cron(0 2 L * ? *)', 'UTC', '2027-02-01T00:00Z', '2027-02-28T02:00Z'],
  ['cron(0 2 L * ? *)', 'UTC', '2028-02-01T00:00Z', '2028-02-29T02:00Z'],
  ['cron(0 2 L-2 * ? *)', 'UTC', '2028-02-01T00:00Z', '2028-02-27T02:00Z'],
  ['cron(0 2 31 * ? *)', 'UTC', '2027-01-31T03:00Z', '2027-03-31T02:00Z'],
  ['cron(0 2 29 2 ? *)', 'UTC', '2096-03-01T00:00Z', '2104-02-29T02:00Z'],
  // The workday that is nearest, and in the month: the 1st of May 2027 and the 31st of July are Saturdays, the 28th of February is a Sunday.
  ['cron(0 2 1W * ? *)', 'UTC', '2027-05-01T00:00Z', '2027-05-03T02:00Z'],
  ['cron(0 2 15W * ? *)', 'UTC', '2027-05-01T00:00Z', '2027-05-14T02:00Z'],
  ['cron(0 2 16W * ? *)', 'UTC', '2027-05-01T00:00Z', '2027-05-17T02:00Z'],
  ['cron(0 2 31W * ? *)', 'UTC', '2027-07-01T00:00Z', '2027-07-30T02:00Z'],
  ['cron(0 2 LW * ? *)', 'UTC', '2027-02-01T00:00Z', '2027-02-26T02:00Z'],
  // Weekdays count from 1 for Sunday.
  ['cron(0 2 ? * 1 *)', 'UTC', '2027-01-01T00:00Z', '2027-01-03T02:00Z'],
  ['cron(0 2 ? * SAT *)', 'UTC', '2027-01-01T00:00Z', '2027-01-02T02:00Z'],
  ['cron(0 2 ? * L *)', 'UTC', '2027-01-01T00:00Z', '2027-01-02T02:00Z'],
  ['cron(0 2 ? * 6L *)', 'UTC', '2027-01-01T00:00Z', '2027-01-29T02:00Z'],
  ['cron(0 2 ? * FRI#2 *)', 'UTC', '2027-01-01T00:00Z', '2027-01-08T02:00Z'],
  ['cron(0 2 ? * MON#5 *)', 'UTC', '2027-01-01T00:00Z', '2027-03-29T02:00Z'],
  // Years.
  ['cron(0 2 1 1 ? 2030/5)', 'UTC', '2027-01-01T00:00Z', '2030-01-01T02:00Z'],
  ['cron(0 2 1 1 ? 2020-2026)', 'UTC', '2027-01-01T00:00Z', undefined],
  ['cron(0 2 28 3 ? 2027)', ROME, '2027-01-01T00:00Z', undefined],
  // Never.
  ['cron(0 2 30 2 ? *)', 'UTC', '2027-01-01T00:00Z', undefined],
  ['cron(0 2 31W 6 ? *)', 'UTC', '2027-01-01T00:00Z', undefined],
  // What AWS would not take.
  ['cron(0 2 * * ?)', 'UTC', '2027-01-01T00:00Z', undefined],
  ['cron(60 2 * * ? *)', 'UTC', '2027-01-01T00:00Z', undefined],
  ['cron(0 2 X * ? *)', 'UTC', '2027-01-01T00:00Z', undefined],
  ['cron(0 2 ? * MON#6 *)', 'UTC', '2027-01-01T00:00Z', undefined],
  ['cron(0 2 * * ? *)', 'Europe/Nowhere', '2027-01-01T00:00Z', undefined],
  ['every night', 'UTC', '2027-01-01T00:00Z', undefined],
  // Once.
  ['at(2027-01-31T02:00:00)', ROME, '2027-01-01T00:00Z', '2027-01-31T01:00Z'],
  ['at(2027-01-31T02:00)', ROME, '2027-01-31T01:00Z', undefined],
  ['at(2027-03-28T02:30:00)', ROME, '2027-01-01T00:00Z', undefined],
  ['at(2027-02-30T02:30:00)', 'UTC', '2027-01-01T00:00Z', undefined],
  // From the time before.
  ['rate(1 day)', ROME, '2027-03-27T12:00Z', '2027-03-28T12:00Z'],
  ['rate(90 minutes)', 'UTC', '2027-01-01T00:00Z', '2027-01-01T01:30Z'],
  ['rate(0 days)', 'UTC', '2027-01-01T00:00Z', undefined],
])('%s in %s after %s', (expression, zone, after, expected) => {
  expect(next(expression, zone, after)).toBe(expected);
});

test('the times between two instants include the first and not the last', () => {
  expect(between('cron(0 2 * * ? *)', 'UTC', '2027-01-01T02:00Z', '2027-01-03T02:00Z')).toEqual(['2027-01-01T02:00Z', '2027-01-02T02:00Z']);
  expect(between('rate(12 hours)', 'UTC', '2027-01-01T00:00Z', '2027-01-02T00:00Z')).toEqual(['2027-01-01T00:00Z', '2027-01-01T12:00Z']);
  expect(between('cron(0 2 * * ? *)', ROME, '2027-03-27T00:00Z', '2027-03-30T00:00Z')).toEqual(['2027-03-27T01:00Z', '2027-03-29T00:00Z']);
  expect(between('at(2027-01-01T02:00)', 'UTC', '2027-01-01T02:00Z', '2027-01-03T02:00Z')).toEqual(['2027-01-01T02:00Z']);
});

test('a schedule that never comes is not searched for long', () => {
  const start = process.cpuUsage();
  expect(next('cron(0 2 30 2 ? *)', ROME, '2027-01-01T00:00Z')).toBeUndefined();
  expect(next('cron(0 2 29 2 ? *)', ROME, '2097-01-01T00:00Z')).toBe('2104-02-29T01:00Z');
  // Half a second of the processor is far more than it needs, on any machine.
  expect(process.cpuUsage(start).user).toBeLessThan(500_000);
});

/** An independent reading of an expression: what the wall clock shows at a minute, and whether it showed the same before. */
class Oracle {
  private readonly format: Intl.DateTimeFormat;

  constructor(zone: string) {
    this.format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
  }

  /** The minutes between two instants that fulfil a rule, each reading of the clock once. */
  public times(from: number, to: number, rule: (wall: Wall) => boolean): string[] {
    const before = new Set<string>();
    const found: string[] = [];
    // A day earlier: whatever the clock shows for the second time has been there for the first by then.
    for (let time = from - 1440 * 60_000; time < to; time += 60_000) {
      const text = this.format.format(time);
      const [day, month, year, hour, minute] = text.match(/\d+/g)!.map(Number);
      const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
      if (!before.has(text) && time >= from && rule({ minute, hour, day, month, year, weekday })) {
        found.push(new Date(time).toISOString());
      }
      before.add(text);
    }
    return found;
  }
}

interface Wall {
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly year: number;
  /** From 1 for Sunday. */
  readonly weekday: number;
}

const isLeap = (year: number) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
const daysIn = ({ year, month }: Wall) => [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];

/** The day from Monday to Friday with the least distance: by trying all of the month. */
function nearestWorkday(wall: Wall, wanted: number): number | undefined {
  const days = Array.from({ length: daysIn(wall) }, (_, i) => i + 1);
  const workdays = days.filter((day) => ![0, 6].includes(new Date(Date.UTC(wall.year, wall.month - 1, day)).getUTCDay()));
  return days.includes(wanted) ? workdays.sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted))[0] : undefined;
}

const NAMES = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** A part of an expression, with what it means. */
interface Part {
  readonly text: string;
  readonly holds: (wall: Wall) => boolean;
}

const dayParts: fc.Arbitrary<Part> = fc.oneof(
  fc.constant({ text: '* * ?', holds: () => true }),
  fc.constant({ text: 'L * ?', holds: (wall: Wall) => wall.day === daysIn(wall) }),
  fc.integer({ min: 1, max: 5 }).map((n) => ({ text: `L-${n} * ?`, holds: (wall: Wall) => wall.day === daysIn(wall) - n })),
  fc.integer({ min: 1, max: 31 }).map((n) => ({ text: `${n}W * ?`, holds: (wall: Wall) => wall.day === nearestWorkday(wall, n) })),
  fc.constant({ text: 'LW * ?', holds: (wall: Wall) => wall.day === nearestWorkday(wall, daysIn(wall)) }),
  fc.tuple(fc.integer({ min: 1, max: 31 }), fc.integer({ min: 1, max: 31 })).map(([a, b]) => ({
    text: `${a},${b} * ?`, holds: ({ day }: Wall) => day === a || day === b,
  })),
  fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).map(([a, n]) => ({
    text: `${a}/${n} * ?`, holds: ({ day }: Wall) => day >= a && (day - a) % n === 0,
  })),
  fc.integer({ min: 1, max: 7 }).map((n) => ({ text: `? * ${n}L`, holds: (wall: Wall) => wall.weekday === n && wall.day > daysIn(wall) - 7 })),
  fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 5 })).map(([day, n]) => ({
    text: `? * ${NAMES[day - 1]}#${n}`, holds: (wall: Wall) => wall.weekday === day && wall.day > 7 * (n - 1) && wall.day <= 7 * n,
  })),
  fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })).map(([a, b]) => ({
    text: `? * ${NAMES[a - 1]}-${b}`, holds: ({ weekday }: Wall) => a <= b ? weekday >= a && weekday <= b : weekday >= a || weekday <= b,
  })),
);

const hourParts: fc.Arbitrary<Part> = fc.oneof(
  fc.constant({ text: '*', holds: () => true }),
  fc.nat(4).map((n) => ({ text: String(n), holds: ({ hour }: Wall) => hour === n })),
  fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 6 })).map(([a, n]) => ({
    text: `${a}/${n}`, holds: ({ hour }: Wall) => hour >= a && (hour - a) % n === 0,
  })),
  fc.constant({ text: '22-2', holds: ({ hour }: Wall) => hour >= 22 || hour <= 2 }),
);

const minuteParts: fc.Arbitrary<Part> = fc.oneof(
  fc.nat(59).map((n) => ({ text: String(n), holds: ({ minute }: Wall) => minute === n })),
  fc.integer({ min: 5, max: 30 }).map((n) => ({ text: `*/${n}`, holds: ({ minute }: Wall) => minute % n === 0 })),
);

/** Clocks go forward or back, or a month ends, within two days after these. */
const MOMENTS: [zone: string, from: string][] = [
  [ROME, '2027-03-27T12:00Z'], [ROME, '2027-10-30T12:00Z'], ['America/New_York', '2027-03-13T12:00Z'], ['America/New_York', '2027-11-06T12:00Z'],
  ['Australia/Lord_Howe', '2027-04-03T00:00Z'], ['Australia/Lord_Howe', '2027-10-02T00:00Z'], ['America/Santiago', '2027-04-03T12:00Z'],
  ['America/Santiago', '2027-09-04T12:00Z'], ['Africa/Cairo', '2027-04-29T12:00Z'], ['Africa/Cairo', '2027-10-28T12:00Z'],
  ['Pacific/Apia', '2011-12-29T12:00Z'], ['Africa/Casablanca', '2027-02-06T12:00Z'], ['Asia/Kathmandu', '2028-02-28T12:00Z'],
  ['UTC', '2027-01-30T12:00Z'],
];

test('the times are those that a look at every minute finds', () => {
  let found = 0;
  fc.assert(fc.property(fc.constantFrom(...MOMENTS), dayParts, hourParts, minuteParts, ([zone, from], days, hours, minutes) => {
    const expression = `cron(${minutes.text} ${hours.text} ${days.text} *)`;
    const [start, end] = [Date.parse(from), Date.parse(from) + 2 * 1440 * 60_000];
    const expected = new Oracle(zone).times(start, end, (wall) => days.holds(wall) && hours.holds(wall) && minutes.holds(wall));
    const times = [...timesBetween(expression, zone, new Date(start), new Date(end))].map((time) => time.toISOString());
    expect({ expression, zone, times }).toEqual({ expression, zone, times: expected });
    const first = nextTime(expression, zone, new Date(start - 1))?.toISOString();
    expect({ expression, zone, first: expected.length > 0 ? first : expected[0] }).toEqual({ expression, zone, first: expected[0] });
    found += expected.length;
  }), { numRuns: 150 });
  expect(found).toBeGreaterThan(100);
});

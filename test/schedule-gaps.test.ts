import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CfnParameter, Stack, TimeZone } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import * as fc from './support/seeded';
import { scheduleGaps } from '../src/schedule-gaps';

function dates(expression: string, zone: string): string[] {
  return scheduleGaps(ScheduleExpression.expression(expression, TimeZone.of(zone))).map(({ date, time }) => `${date} ${time}`);
}

const ROME = ['2027-03-28', '2028-03-26', '2029-03-25', '2030-03-31', '2031-03-30', '2032-03-28', '2033-03-27', '2034-03-26', '2035-03-25', '2036-03-30'];
const rome = (time: string, missed = ROME) => missed.map((date) => `${date} ${time}`);

test.each<[string, string, string[]]>([
  ['cron(0 2 * * ? *)', 'Europe/Rome', rome('02:00')],
  ['cron(30 2 * * ? *)', 'Europe/Rome', rome('02:30')],
  ['cron(59 2 ? * * *)', 'Europe/Rome', rome('02:59')],
  ['cron(59 1 * * ? *)', 'Europe/Rome', []],
  ['cron(0 3 * * ? *)', 'Europe/Rome', []],
  ['cron(30 3 * * ? *)', 'Europe/Rome', []],
  // Lists, ranges and steps.
  ['cron(0 1,2,4 * * ? *)', 'Europe/Rome', rome('02:00')],
  ['cron(10,20 22-2 * * ? *)', 'Europe/Rome', rome('02:10')],
  ['cron(15/30 0-3 * * ? *)', 'Europe/Rome', rome('02:15')],
  ['cron(5-10 0/2 * * ? *)', 'Europe/Rome', rome('02:05')],
  ['cron(*/7 2-6/2 * * ? *)', 'Europe/Rome', rome('02:00')],
  ['cron(0 1/2 * * ? *)', 'Europe/Rome', []],
  ['cron(0 */6 * * ? *)', 'Europe/Rome', []],
  // Every hour: the next start comes as soon as ever.
  ['cron(0 * * * ? *)', 'Europe/Rome', []],
  ['cron(0/5 0-23 * * ? *)', 'Europe/Rome', []],
  ['cron(0 */1 * * ? *)', 'Europe/Rome', []],
  // Only on some days.
  ['cron(0 2 ? * MON-FRI *)', 'Europe/Rome', []],
  ['cron(0 2 ? * SUN *)', 'Europe/Rome', rome('02:00')],
  ['cron(0 2 ? * sat-mon *)', 'Europe/Rome', rome('02:00')],
  ['cron(0 2 ? * 1 *)', 'Europe/Rome', rome('02:00')],
  ['cron(0 2 ? * 7 *)', 'Europe/Rome', []],
  ['cron(0 2 ? * L *)', 'Europe/Rome', []],
  ['cron(0 2 ? * SUNL *)', 'Europe/Rome', rome('02:00')],
  ['cron(0 2 ? * 1#4 *)', 'Europe/Rome', rome('02:00', ROME.filter((date) => Number(date.slice(8)) <= 28))],
  ['cron(0 2 ? * 1#2 *)', 'Europe/Rome', []],
  ['cron(0 2 L * ? *)', 'Europe/Rome', ['2030-03-31 02:00']],
  ['cron(0 2 L-1 * ? *)', 'Europe/Rome', ['2031-03-30 02:00', '2036-03-30 02:00']],
  ['cron(0 2 28W * ? *)', 'Europe/Rome', []],
  ['cron(0 2 LW * ? *)', 'Europe/Rome', []],
  ['cron(0 2 1,28 * ? *)', 'Europe/Rome', ['2027-03-28 02:00', '2032-03-28 02:00']],
  ['cron(0 2 1-27 * ? *)', 'Europe/Rome', ['2028-03-26 02:00', '2029-03-25 02:00', '2033-03-27 02:00', '2034-03-26 02:00', '2035-03-25 02:00']],
  ['cron(0 2 * APR-FEB ? *)', 'Europe/Rome', []],
  ['cron(0 2 * JAN,MAR ? *)', 'Europe/Rome', rome('02:00')],
  ['cron(0 2 * 1/2 ? *)', 'Europe/Rome', rome('02:00')],
  ['cron(0 2 * 2/2 ? *)', 'Europe/Rome', []],
  ['cron(0 2 * * ? 2028-2029)', 'Europe/Rome', ['2028-03-26 02:00', '2029-03-25 02:00']],
  ['cron(0 2 * * ? 2040)', 'Europe/Rome', ['2040-03-25 02:00']],
  // What cannot be read may be any day.
  ['cron(0 2 X* * ? *)', 'Europe/Rome', rome('02:00')],
  // Other zones.
  ['cron(0 2 * * ? 2027)', 'America/New_York', ['2027-03-14 02:00']],
  ['cron(0 0 * * ? 2027)', 'America/Santiago', ['2027-09-05 00:00']],
  ['cron(30 0 * * ? 2027)', 'Asia/Beirut', ['2027-03-28 00:30']],
  ['cron(0 0 * * ? 2027)', 'Africa/Cairo', ['2027-04-30 00:00']],
  ['cron(29 2 * * ? 2027)', 'Australia/Lord_Howe', ['2027-10-03 02:29']],
  ['cron(30 2 * * ? 2027)', 'Australia/Lord_Howe', []],
  ['cron(0 12 * * ? 2011)', 'Pacific/Apia', ['2011-12-30 12:00']],
  ['cron(0 2 * * ? *)', 'Asia/Tokyo', []],
  ['cron(0 2 * * ? *)', 'UTC', []],
  ['cron(0 2 * * ? *)', 'Etc/GMT-1', []],
  ['cron(0 2 * * ? *)', 'Europe/Nowhere', []],
  // Once.
  ['at(2027-03-28T02:30:00)', 'Europe/Rome', ['2027-03-28 02:30']],
  ['at(2027-03-28T03:00:00)', 'Europe/Rome', []],
  ['at(2027-03-28T02:30)', 'UTC', []],
  // No time of the day.
  ['rate(1 day)', 'Europe/Rome', []],
  ['cron(0 2 * * *)', 'Europe/Rome', []],
])('%s in %s', (expression, zone, missed) => {
  expect(dates(expression, zone)).toEqual(missed);
});

test('it says what the clock shows instead, and the default zone has no gaps', () => {
  expect(scheduleGaps(ScheduleExpression.cron({ hour: '0', minute: '10', year: '2027', timeZone: TimeZone.AMERICA_SANTIAGO })))
    .toEqual([{ date: '2027-09-05', time: '00:10', next: '01:00', zone: 'America/Santiago' }]);
  expect(scheduleGaps(ScheduleExpression.cron({ hour: '2' }))).toEqual([]);
});

test('what is not known at synth is left alone', () => {
  const token = new CfnParameter(new Stack(), 'Token').valueAsString;
  expect(scheduleGaps(ScheduleExpression.expression(token, TimeZone.EUROPE_ROME))).toEqual([]);
  expect(scheduleGaps(ScheduleExpression.expression(`cron(0 ${token} * * ? *)`, TimeZone.EUROPE_ROME))).toEqual([]);
  expect(scheduleGaps(ScheduleExpression.expression('cron(0 2 * * ? *)', TimeZone.of(token)))).toEqual([]);
});

test('the time of every example exists on every day, and comes once', () => {
  const files = ['README.md', 'docs/guide/when.md', 'docs/languages.md', 'src/cots-batch-job.ts', 'test/fixtures/nightly-crawler/nightly-crawler-stack.ts', 'test/fixtures/examples/typescript/app.ts',
    'test/fixtures/examples/python/app.py', 'test/fixtures/examples/go/main.go', 'test/fixtures/examples/java/src/main/java/com/example/NightlyApp.java'];
  const times = files.map((file) => [...readFileSync(resolve(__dirname, '..', file), 'utf8').matchAll(/\bhour\W+(?:jsii\.String\(")?(\d+)\W+minute\W+(?:jsii\.String\(")?(\d+)/gi)]
    .map(([, hour, minute]) => ({ hour: Number(hour), minute: Number(minute) })));
  expect(times.map(({ length }) => length > 0)).toEqual(files.map(() => true));
  for (const { hour, minute } of times.flat()) {
    expect(dates(`cron(${minute} ${hour} * * ? *)`, 'Europe/Rome')).toEqual([]);
    // In Europe/Rome, it is the hour from 02:00 that comes twice.
    expect(hour).not.toBe(2);
  }
});

const ZONES = Intl.supportedValuesOf('timeZone');
const MINUTE = 60_000;

/** The times of a day that the clock of a zone shows, by asking for every minute of it and of its neighbours. */
function shown(zone: string, date: string): Set<string> {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
  const noon = Date.parse(`${date}T12:00Z`);
  const all = Array.from({ length: 2 * 36 * 60 }, (_, i) => format.format(noon + (i - 36 * 60) * MINUTE));
  return new Set(all.filter((time) => time.startsWith(date)).map((time) => time.slice(11)));
}

const two = (number: number) => String(number).padStart(2, '0');

test('a time is missing where no minute of the day shows it, in any zone', () => {
  let found = 0;
  const zones = fc.oneof(fc.constantFrom(...ZONES), fc.constantFrom('Europe/Dublin', 'America/Santiago', 'Australia/Lord_Howe', 'Africa/Casablanca', 'Asia/Gaza'));
  const years = fc.integer({ min: 2027, max: 2036 });
  fc.assert(fc.property(zones, years, fc.nat(3), fc.nat(59), (zone, year, hour, minute) => {
    const time = `${two(hour)}:${two(minute)}`;
    const missed = dates(`cron(${minute} ${hour} * * ? ${year})`, zone).map((text) => text.slice(0, 10));
    missed.forEach((date) => expect({ zone, date, time, isShown: shown(zone, date).has(time) }).toEqual({ zone, date, time, isShown: false }));
    found += missed.length;
    // The days on which clocks change are those whose noons are not 24 hours apart.
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
    const changes = Array.from({ length: 365 }, (_, i) => Date.UTC(year, 0, i + 1)).filter((day) => {
      const [today, tomorrow] = [day, day + 1440 * MINUTE].map((at) => format.format(at).slice(11));
      return today !== tomorrow;
    }).flatMap((day) => [...new Set([day, day + 720 * MINUTE, day + 1440 * MINUTE].map((at) => format.format(at).slice(0, 10)))]);
    const expected = changes.filter((date) => date.startsWith(String(year)) && !shown(zone, date).has(time));
    expect({ zone, year, time, missed }).toEqual({ zone, year, time, missed: expected });
  }), { numRuns: 60 });
  expect(found).toBeGreaterThan(3);
});

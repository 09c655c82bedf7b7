import { JobSettings } from '../../../src/protocol';
import { nextRun, nextScheduledTime } from '../../../src/runtime/report/next-run';

type Scheduled = Pick<JobSettings, 'schedule'>;

const nightly = (timeZone: string, expression = 'cron(30 2 * * ? *)'): Scheduled => ({ schedule: { expression, timeZone } });

test.each<[string, Scheduled, string, string]>([
  ['by the clock of its zone', nightly('Europe/Rome'), '2026-03-01T01:40:00.000Z', '2026-03-02T01:30:00.000Z'],
  ['after the clock has gone forward, and without the time that it left out', nightly('Europe/Rome'), '2026-03-28T02:00:00.000Z', '2026-03-30T00:30:00.000Z'],
  ['in UTC', nightly('UTC'), '2026-03-01T02:00:00.000Z', '2026-03-01T02:30:00.000Z'],
  ['once', nightly('UTC', 'at(2027-01-01T00:00:00)'), '2026-03-01T02:00:00.000Z', '2027-01-01T00:00:00.000Z'],
])('the next time is %s', (_, job, now, expected) => {
  expect(nextScheduledTime(job, now)).toBe(expected);
});

test.each<[string, Scheduled]>([
  ['there is no schedule', {}],
  ['only EventBridge Scheduler knows when it began', nightly('UTC', 'rate(1 day)')],
  ['it has no further time', nightly('UTC', 'at(2026-01-01T00:00:00)')],
  ['the zone is not known', nightly('Mars/Olympus')],
  ['the expression is not known', nightly('UTC', 'sometimes')],
])('nothing is said where %s', (_, job) => {
  const time = nextScheduledTime(job, '2026-03-01T02:00:00.000Z');
  expect([time, nextRun(job, time)]).toEqual(['', '']);
});

test('a person reads it in UTC and by the clock of the zone, as of the deployment', () => {
  expect(nextRun(nightly('America/New_York'), '2026-03-02T07:30:00.000Z'))
    .toBe('2026-03-02 07:30:00 UTC (2026-03-02 02:30 in America/New_York), as the schedule was at deployment');
  for (const zone of ['UTC', 'Etc/UTC']) {
    expect(nextRun(nightly(zone), '2026-03-02T02:30:00.000Z')).toBe('2026-03-02 02:30:00 UTC, as the schedule was at deployment');
  }
});

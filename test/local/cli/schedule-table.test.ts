import { ScheduleTable } from '../../../src/local/cli/schedule-table';
import { Terminal } from '../../../src/local/cli/terminal';
import { ScheduledRun } from '../../../src/local/run/local-run';

const SCHEDULE = {
  path: 'App/NightlyIndex/Schedule', arn: 'arn', expression: 'cron(0 2 * * ? *)', zone: 'Europe/Rome', target: { arn: 'arn', roleArn: 'arn', input: '{}' },
};

const RUN: ScheduledRun = {
  job: 'App/NightlyIndex',
  schedule: SCHEDULE.path,
  scheduledTime: '2027-03-27T01:00:00Z',
  clockTime: '2027-03-27T02:00',
  timeZone: 'Europe/Rome',
  outcome: 'Succeeded',
  status: 'SUCCEEDED',
  cause: '',
  durationSeconds: 65,
  exitCode: 0,
  isCheck: false,
  notifications: [],
  executionName: 'name',
};

function shown(show: (table: ScheduleTable) => void, namesJobs = false): string[] {
  const lines: string[] = [];
  show(new ScheduleTable([SCHEDULE], namesJobs, new Terminal((text) => void lines.push(text.replace(/\n$/, '')))));
  return lines;
}

test('the head says what fires when', () => {
  expect(shown((table) => table.head(new Date('2027-03-01'), new Date('2027-04-01')))).toEqual([
    'App/NightlyIndex/Schedule: cron(0 2 * * ? *) in Europe/Rome',
    'From 2027-03-01 00:00 until 2027-04-01 00:00 UTC; what lies between is skipped.',
    '',
    'Scheduled             Outcome       Took        Exit code',
  ]);
});

test('a line for each time, by the clock of its zone, and below it what was told, or why nothing ran', () => {
  const lines = shown((table) => {
    table.row(RUN);
    table.row({ ...RUN, outcome: 'Failed', status: 'FAILED', exitCode: 7, cause: 'It failed.', notifications: ['NightlyIndex: failed\u001b[2J', 'Again'] });
    table.row({ ...RUN, isCheck: true, schedule: null, exitCode: 12 });
    table.row({ ...RUN, clockTime: '2027-03-28T02:00', outcome: 'NoSuchTime', status: null, cause: 'no 02:00', durationSeconds: null, exitCode: null });
  });
  expect(lines).toEqual([
    'Sat 2027-03-27 02:00  Succeeded     1 min 5 s   0',
    'Sat 2027-03-27 02:00  Failed        1 min 5 s   7',
    '                      Told: NightlyIndex: failed',
    '                      Told: Again',
    'Sat 2027-03-27 02:00  Succeeded     1 min 5 s   12  a check, no schedule',
    'Sun 2027-03-28 02:00  NoSuchTime    –           –',
    '                      no 02:00',
  ]);
});

test('of several jobs, a line says which, in 80 columns', () => {
  const long = 'x'.repeat(200);
  const lines = shown((table) => table.row({ ...RUN, job: `App/${long}`, outcome: 'Unresponsive', notifications: [long] }), true);
  expect(lines[0]).toBe(`Sat 2027-03-27 02:00  ${'x'.repeat(13)}…  Unresponsive  1 min 5 s   0`);
  expect(lines.map(({ length }) => length <= 80)).toEqual([true, true]);
});

test('the foot counts the outcomes, and says what CloudWatch would count, and where it ended', () => {
  const runs = [RUN, RUN, { ...RUN, outcome: 'NoSuchTime' }];
  expect(shown((table) => table.foot({ runs, next: '2027-03-30T00:00:00Z' }, { Succeeded: 2 }, 61))).toEqual([
    '',
    '3 scheduled times: 2 Succeeded, 1 NoSuchTime (1 min 1 s of real time)',
    'CloudWatch would count: 2 Succeeded',
    'Ended at --max-runs. The next one would have been at 2027-03-30T00:00:00Z.',
  ]);
  expect(shown((table) => table.foot({ runs: [] }, {}, 0))).toEqual(['', '0 scheduled times: none (0 s of real time)', 'CloudWatch would count: nothing']);
});

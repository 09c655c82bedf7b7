import { CloudAssembly } from '../../../../src/local/app/cloud-assembly';
import { dueTimes, schedulesOf } from '../../../../src/local/services/scheduler/schedules';
import { removeFolders, synthesize } from '../../run/synthesized-app';

afterAll(removeFolders);

const TARGET = { Arn: 'arn:aws:states:us-east-1:123456789012:stateMachine:Job', RoleArn: 'arn:aws:iam::123456789012:role/R', Input: '{"a":1}' };

function schedules(resources: { [logicalId: string]: object }, warnings: string[] = []) {
  const Resources = Object.fromEntries(Object.entries(resources).map(([id, properties]) =>
    [id, { Type: 'AWS::Scheduler::Schedule', Properties: { FlexibleTimeWindow: { Mode: 'OFF' }, Target: TARGET, ...properties } }]));
  return schedulesOf(CloudAssembly.read(synthesize({ App: { Resources } })), (message) => warnings.push(message));
}

function due(resources: { [logicalId: string]: object }, from: string, to: string): string[] {
  return [...dueTimes(schedules(resources), new Date(from), new Date(to))].map(({ schedule, instant, clockTime, isSkipped }) =>
    [schedule.path.replace('App.', ''), instant.toISOString().slice(0, 16), clockTime.replace('T', ' '), ...isSkipped ? ['skipped'] : []].join(' '));
}

test('a schedule is read as Scheduler would, in UTC unless it has a zone; one that is disabled, or not known here, does not fire', () => {
  const warnings: string[] = [];
  const found = schedules({
    Nightly: { Name: 'nightly', ScheduleExpression: 'cron(0 2 * * ? *)', ScheduleExpressionTimezone: 'Europe/Rome', State: 'ENABLED' },
    Plain: { Name: 'plain', ScheduleExpression: 'rate(1 day)', Target: { Arn: TARGET.Arn, RoleArn: TARGET.RoleArn } },
    Disabled: { ScheduleExpression: 'rate(1 day)', State: 'DISABLED' },
    Unknown: { ScheduleExpression: { 'Fn::ImportValue': 'elsewhere' } },
    Zone: { ScheduleExpression: 'rate(1 day)', ScheduleExpressionTimezone: 'Europe/Nowhere' },
    Wrong: { ScheduleExpression: 'cron(0 2 * * *)' },
  }, warnings);

  expect(found).toEqual([
    {
      path: 'App.Nightly',
      arn: 'arn:aws:scheduler:us-east-1:123456789012:schedule/default/nightly',
      expression: 'cron(0 2 * * ? *)',
      zone: 'Europe/Rome',
      start: undefined,
      end: undefined,
      target: { arn: TARGET.Arn, roleArn: TARGET.RoleArn, input: '{"a":1}' },
    },
    expect.objectContaining({ path: 'App.Plain', zone: 'UTC', target: { arn: TARGET.Arn, roleArn: TARGET.RoleArn, input: '{}' } }),
  ]);
  expect(warnings).toEqual([
    expect.stringMatching(/^the schedule App\.Unknown does not fire: .*elsewhere/),
    'the schedule App.Zone does not fire: the local run cannot tell the times of rate(1 day) in Europe/Nowhere',
    'the schedule App.Wrong does not fire: the local run cannot tell the times of cron(0 2 * * *) in UTC',
  ]);
});

test('the times of several schedules come in their order, with those that a clock skips', () => {
  const rome = { ScheduleExpressionTimezone: 'Europe/Rome' };
  expect(due({
    Late: { ...rome, ScheduleExpression: 'cron(0 4 * * ? *)' },
    Night: { ...rome, ScheduleExpression: 'cron(30 2 * * ? *)' },
    Hourly: { ...rome, ScheduleExpression: 'cron(0 * ? * SUN#5 *)' },
  }, '2027-03-27T12:00Z', '2027-03-29T12:00Z')).toEqual([
    'Night 2027-03-28T01:30 2027-03-28 02:30 skipped',
    'Late 2027-03-28T02:00 2027-03-28 04:00',
    'Night 2027-03-29T00:30 2027-03-29 02:30',
    'Late 2027-03-29T02:00 2027-03-29 04:00',
  ]);
});

test('a time that comes twice fires once, and the leap day and the end of a month come when they do', () => {
  expect(due({ Night: { ScheduleExpression: 'cron(30 2 * * ? *)', ScheduleExpressionTimezone: 'Europe/Rome' } }, '2027-10-30T12:00Z', '2027-11-01T12:00Z'))
    .toEqual(['Night 2027-10-31T00:30 2027-10-31 02:30', 'Night 2027-11-01T01:30 2027-11-01 02:30']);
  expect(due({ MonthEnd: { ScheduleExpression: 'cron(0 3 L * ? *)' } }, '2028-01-01', '2028-04-01')).toEqual([
    'MonthEnd 2028-01-31T03:00 2028-01-31 03:00', 'MonthEnd 2028-02-29T03:00 2028-02-29 03:00', 'MonthEnd 2028-03-31T03:00 2028-03-31 03:00',
  ]);
});

test('a rate counts from its start date, and from the beginning without one; nothing fires outside of the dates of a schedule', () => {
  const rate = { ScheduleExpression: 'rate(2 days)' };
  expect(due({ Rate: rate }, '2027-01-02T05:00Z', '2027-01-06T06:00Z').map((line) => line.slice(5, 21)))
    .toEqual(['2027-01-02T05:00', '2027-01-04T05:00', '2027-01-06T05:00']);
  expect(due({ Rate: { ...rate, StartDate: '2026-12-31T03:00:00Z', EndDate: '2027-01-04T03:00:00Z' } }, '2027-01-01', '2027-01-10').map((line) => line.slice(5, 21)))
    .toEqual(['2027-01-02T03:00', '2027-01-04T03:00']);
  expect(due({ Night: { ScheduleExpression: 'cron(0 2 * * ? *)', StartDate: '2027-01-03T00:00:00Z', EndDate: '2027-01-04T00:00:00Z' } }, '2027-01-01', '2027-01-10'))
    .toEqual(['Night 2027-01-03T02:00 2027-01-03 02:00']);
  expect(due({ Rome: { ScheduleExpression: 'cron(0 2 * * ? *)', ScheduleExpressionTimezone: 'Europe/Rome', EndDate: '2027-03-01T00:00:00Z' } },
    '2027-02-28', '2027-04-10')).toEqual(['Rome 2027-02-28T01:00 2027-02-28 02:00']);
});

import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ScheduleExpression, TimeWindow } from 'aws-cdk-lib/aws-scheduler';
import { BatchJobHandlers, JobScheduleOptions } from '../src';
import { job, run } from './runtime/samples';
import { JobProps, synth } from './support/synth';
import { limits, nextTimeOfDay } from '../src/protocol/late';

const schedule = ScheduleExpression.cron({ hour: '3', minute: '30', timeZone: TimeZone.EUROPE_ROME });
const watched = (scheduleOptions: JobScheduleOptions = {}, props: JobProps = {}) =>
  synth({ schedule, ...props, scheduleOptions: { mustStartWithin: Duration.minutes(30), ...scheduleOptions } });

test('a job that does not ask has none of it', () => {
  const { job: plain, all } = synth({ schedule });
  expect([plain.startWatch, plain.startWatchAlarm]).toEqual([undefined, undefined]);
  expect(all.call(synth({ schedule }), 'AWS::StepFunctions::StateMachine')).toHaveLength(1);
});

test('its schedule has the same times, another role, and what the template says of enabled', () => {
  for (const enabled of [true, false]) {
    const [own, watch] = watched({ enabled }).all('AWS::Scheduler::Schedule');
    expect(watch).toMatchObject({
      ScheduleExpression: own.ScheduleExpression,
      ScheduleExpressionTimezone: 'Europe/Rome',
      State: enabled ? 'ENABLED' : 'DISABLED',
      Target: { Arn: '<Job/StartWatch/Workflow>', Input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}' },
    });
    expect(watch.Target.RoleArn).not.toBe(own.Target.RoleArn);
  }
});

test('the alarm notifies where CloudWatch can publish', () => {
  const alone = watched();
  expect(alone.properties(alone.job.startWatchAlarm!).AlarmActions).toBeUndefined();
  const keyed = synth((stack) => ({ schedule, encryptionKey: new Key(stack, 'Key'), scheduleOptions: { mustStartWithin: Duration.minutes(30) } }));
  expect(keyed.properties(keyed.job.startWatchAlarm!).AlarmActions).toEqual(['<Job/Notifications/Topic>']);
});

test('jobs that share handlers share the one that checks', () => {
  const stack = new Stack(new App(), 'Stack');
  const handlers = new BatchJobHandlers(stack, 'Handlers');
  const synthesized = synth({ schedule, handlers, scheduleOptions: { mustStartWithin: Duration.minutes(30) } }, stack);
  expect(synthesized.all('AWS::Lambda::Function')).toHaveLength(4);
});

test.each<[JobScheduleOptions, string]>([
  [{ mustStartWithin: Duration.minutes(4) }, 'scheduleOptions.mustStartWithin must be whole seconds between 5 minutes and 1 day'],
  [{ mustStartWithin: Duration.minutes(30), timeWindow: TimeWindow.flexible(Duration.minutes(30)) }, 'scheduleOptions.mustStartWithin must be'],
  [{ mustEndBy: '6:00' }, 'scheduleOptions.mustEndBy must be a time of day from 00:00 to 23:59, such as 06:00, got "6:00"'],
])('refused: %j', (options, message) => {
  expect(() => watched(options)).toThrow(message);
});

test('the time of day by which a run must end, in its zone', () => {
  const at = (time: string, zone: string, after: string) => new Date(nextTimeOfDay(time, zone, Date.parse(after))!).toISOString();
  expect(at('06:00', 'Europe/Rome', '2026-11-29T02:30:00Z')).toBe('2026-11-29T05:00:00.000Z');
  expect(at('06:00', 'Europe/Rome', '2026-11-29T05:00:00Z')).toBe('2026-11-30T05:00:00.000Z');
  // The clock goes from 02:00 to 03:00; and in autumn, 02:30 comes twice.
  expect(at('02:30', 'Europe/Rome', '2027-03-27T23:30:00Z')).toBe('2027-03-28T01:00:00.000Z');
  expect(at('02:30', 'Europe/Rome', '2027-10-30T22:00:00Z')).toBe('2027-10-31T00:30:00.000Z');
  const settings = job({ longRunningAfterSeconds: 60, mustEndBy: { time: '06:00', timeZone: 'Etc/UTC' } });
  expect(limits(settings, run({ scheduledTime: '2026-03-01T01:00:00Z' })).map(({ told, at: time }) => [told, new Date(time).toISOString()]))
    .toEqual([['wasLate', '2026-03-01T02:01:00.000Z'], ['wasOverdue', '2026-03-01T06:00:00.000Z']]);
});

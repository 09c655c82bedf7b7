import { App, Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { IRole } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ScheduleExpression, TimeWindow } from 'aws-cdk-lib/aws-scheduler';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { BatchJobHandlers, JobScheduleOptions } from '../src';
import { job, run } from './runtime/samples';
import { JobProps, synth } from './support/synth';
import { limits, nextTimeOfDay } from '../src/protocol/late';

const schedule = ScheduleExpression.cron({ hour: '3', minute: '30', timeZone: TimeZone.EUROPE_ROME });
const watched = (scheduleOptions: JobScheduleOptions = {}, props: JobProps = {}) =>
  synth({ schedule, ...props, scheduleOptions: { mustStartWithin: Duration.minutes(30), ...scheduleOptions } });

test('a job that does not ask has none of it', () => {
  const plain = synth({ schedule });
  expect([plain.job.startWatch, plain.job.startWatchAlarm]).toEqual([undefined, undefined]);
  expect(plain.all('AWS::StepFunctions::StateMachine')).toHaveLength(1);
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

test('the times of a rate are those of one schedule only', () => {
  expect(() => watched({}, { schedule: ScheduleExpression.rate(Duration.days(1)) })).toThrow(/^scheduleOptions\.mustStartWithin must come with a schedule of cron\(…\) or at\(…\), .*, got "rate\(1 day\)"$/);
});

test('the alarm sees a watch that failed, timed out or was stopped, and one that was not started', () => {
  const synthesized = watched();
  const alarms = synthesized.all('AWS::CloudWatch::Alarm').map(({ MetricName, Namespace, Dimensions: [{ Name }] }) => [Namespace, MetricName, Name]);
  expect(alarms).toEqual([
    ...['ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsAborted'].map((name) => ['AWS/States', name, 'StateMachineArn']),
    ['AWS/Scheduler', 'InvocationDroppedCount', 'ScheduleGroup'],
  ]);
  const [own, watch] = synthesized.all('AWS::Scheduler::Schedule');
  expect([own.GroupName, watch.GroupName]).toEqual([undefined, '<Job/StartWatch/Group>']);
});

test('each of its roles holds exactly the calls that are made with it', () => {
  const synthesized = synth((stack) => ({
    schedule, scheduleOptions: { mustStartWithin: Duration.minutes(30), deadLetterQueue: new Queue(stack, 'Missed') },
  }));
  const at = (...path: string[]) => path.reduce<IConstruct>((scope, id) => scope.node.findChild(id), synthesized.job) as unknown as IRole;
  const held = (role: IRole) => synthesized.statements(role).flatMap(({ actions }) => actions).sort();
  expect(held(at('Handlers', 'CheckStart', 'Role'))).toEqual([
    'logs:CreateLogStream', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents', 'states:DescribeExecution', 'states:ListExecutions',
  ]);
  expect(held(synthesized.job.startWatch!.role).filter((action) => !/^(logs|xray):/.test(action)))
    .toEqual(['lambda:InvokeFunction', 'scheduler:GetSchedule', 'sns:Publish', 'sqs:GetQueueAttributes']);
  const own = synthesized.statements(synthesized.job.startWatch!.role).filter(({ actions }) => actions.some((action) => /^(scheduler|sqs|sns):/.test(action)));
  expect(own.flatMap(({ resources }) => resources).filter((resource) => resource.includes('*'))).toEqual([]);
  expect(synthesized.statements(at('StartWatch', 'ScheduleRole'))).toEqual([{ actions: ['states:StartExecution'], resources: ['<Job/StartWatch/Workflow>'] }]);
});

test.each<[JobScheduleOptions, string]>([
  [{ mustStartWithin: Duration.minutes(4) }, 'scheduleOptions.mustStartWithin must be whole seconds between 5 minutes and 1 day'],
  [{ mustStartWithin: Duration.minutes(30), timeWindow: TimeWindow.flexible(Duration.minutes(30)) },
    'scheduleOptions.mustStartWithin must be whole seconds between 35 minutes and 1 day 30 minutes (timeWindow, and 5 minutes to a day), got "30 minutes"'],
  [{ mustStartWithin: 30 as never }, 'scheduleOptions.mustStartWithin must be a Duration, got 30'],
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
  expect(limits(settings, run({ scheduledTime: '2026-03-01T01:00:00Z' })).map(({ mark, at: time }) => [mark, new Date(time).toISOString()]))
    .toEqual([['wasLate', '2026-03-01T02:01:00.000Z'], ['wasOverdue', '2026-03-01T06:00:00.000Z']]);
});

import { Duration, TimeZone } from 'aws-cdk-lib';
import { ScheduleExpression, TimeWindow } from 'aws-cdk-lib/aws-scheduler';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { JobProps, synth } from './synth';
import { JobParameter } from '../src';

const schedule = ScheduleExpression.cron({ hour: '2', minute: '0', timeZone: TimeZone.EUROPE_ROME });

function scheduled(props: JobProps = {}) {
  const synthesized = synth({ schedule, ...props });
  const properties = synthesized.properties(synthesized.job.schedule!);
  return { properties, input: JSON.parse(properties.Target.Input), synthesized };
}

test('starts runs at the time and in the time zone of the expression', () => {
  expect(scheduled().properties).toMatchObject({
    ScheduleExpression: 'cron(0 2 * * ? *)',
    ScheduleExpressionTimezone: 'Europe/Rome',
    Target: { Arn: '<Job/Workflow>' },
  });
});

test('is on by default, on the dot, tries for an hour, and keeps nothing that it could not deliver', () => {
  const { properties } = scheduled();
  expect(properties).toMatchObject({
    State: 'ENABLED',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { RetryPolicy: { MaximumEventAgeInSeconds: 3600 } },
  });
  expect(properties.Target).not.toHaveProperty('DeadLetterConfig');
});

test('hands the scheduled time to the run, so that a second delivery is the same run', () => {
  expect(scheduled().input).toEqual({ parameters: {}, scheduledTime: '<aws.scheduler.scheduled-time>' });
});

test('every option', () => {
  const synthesized = synth((stack) => ({
    schedule,
    scheduleOptions: {
      enabled: false,
      timeWindow: TimeWindow.flexible(Duration.minutes(15)),
      deadLetterQueue: new Queue(stack, 'Lost'),
      maxEventAge: Duration.minutes(5),
      parameters: { KEYWORDS: 'storm, "rain"', DAY: new Queue(stack, 'Other').queueName },
    },
    parameters: { KEYWORDS: JobParameter.string(), DAY: JobParameter.string(), REST: JobParameter.string({ default: 'x' }) },
  }));
  const properties = synthesized.properties(synthesized.job.schedule!);
  expect(properties).toMatchObject({
    State: 'DISABLED',
    FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
    Target: { RetryPolicy: { MaximumEventAgeInSeconds: 300 }, DeadLetterConfig: { Arn: '<Lost.Arn>' } },
  });
  expect(JSON.parse(properties.Target.Input).parameters).toEqual({ KEYWORDS: 'storm, "rain"', DAY: '<Other.QueueName>' });
});

import { CfnResource, Duration, Tags, TimeZone } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ScheduleExpression, TimeWindow } from 'aws-cdk-lib/aws-scheduler';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { BatchCommand, BatchJobHandlers, CotsBatchJob, JobParameter, Outcome } from '../src';
import { INSTANCE_ID, JobProps, synth } from './support/synth';

const schedule = ScheduleExpression.cron({ hour: '3', minute: '30', timeZone: TimeZone.EUROPE_ROME });

function scheduled(props: JobProps = {}) {
  const synthesized = synth({ schedule, ...props });
  const properties = synthesized.properties(synthesized.job.startSchedule!);
  return { properties, input: JSON.parse(properties.Target.Input), synthesized };
}

test('starts runs at the time and in the time zone of the expression', () => {
  expect(scheduled().properties).toMatchObject({
    ScheduleExpression: 'cron(30 3 * * ? *)',
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

describe('how far back a run takes its time', () => {
  const window = (props: JobProps = {}) => synth({ schedule, ...props }).settings.scheduleWindowSeconds;

  test('as long as the schedule tries', () => {
    const { properties, synthesized } = scheduled();
    expect(synthesized.settings.scheduleWindowSeconds).toBe(properties.Target.RetryPolicy.MaximumEventAgeInSeconds);
    expect(window({ scheduleOptions: { maxEventAge: Duration.minutes(5) } })).toBe(300);
    expect(window({ scheduleOptions: { maxEventAge: Duration.minutes(5), timeWindow: TimeWindow.flexible(Duration.minutes(15)) } })).toBe(1200);
    expect(window({ scheduleOptions: { timeWindow: TimeWindow.off() } })).toBe(3600);
  });

  test('is the handlers\' to say for a job without a schedule', () => {
    expect(window({ schedule: undefined })).toBeUndefined();
  });
});

describe('what runs know of the schedule, to say when they run next', () => {
  test('is its expression and its zone', () => {
    expect(synth({ schedule }).settings.schedule).toEqual({ expression: 'cron(30 3 * * ? *)', timeZone: 'Europe/Rome' });
    expect(synth({ schedule: ScheduleExpression.expression('cron(0 1 * * ? *)') }).settings.schedule).toMatchObject({ timeZone: 'Etc/UTC' });
  });

  test('is nothing where it starts no run', () => {
    expect(synth({ schedule, scheduleOptions: { enabled: false } }).settings).not.toHaveProperty('schedule');
    expect(synth().settings).not.toHaveProperty('schedule');
  });
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
  const properties = synthesized.properties(synthesized.job.startSchedule!);
  expect(properties).toMatchObject({
    State: 'DISABLED',
    FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
    Target: { RetryPolicy: { MaximumEventAgeInSeconds: 300 }, DeadLetterConfig: { Arn: '<Lost.Arn>' } },
  });
  expect(JSON.parse(properties.Target.Input).parameters).toEqual({ KEYWORDS: 'storm, "rain"', DAY: '<Other.QueueName>' });
});

describe('a schedule of checks', () => {
  const checkSchedule = ScheduleExpression.cron({ hour: '17', minute: '0', timeZone: TimeZone.EUROPE_ROME });
  const ofChecks = (props: JobProps = {}) => {
    const synthesized = synth((stack) => ({
      schedule,
      parameters: { KEYWORDS: JobParameter.string() },
      scheduleOptions: {
        checkSchedule,
        parameters: { KEYWORDS: 'storm' },
        maxEventAge: Duration.minutes(5),
        deadLetterQueue: new Queue(stack, 'Lost'),
        timeWindow: TimeWindow.flexible(Duration.minutes(15)),
      },
      ...props,
    }));
    const { startSchedule, checkSchedule: made } = synthesized.job;
    return { synthesized, runs: synthesized.properties(startSchedule!), checks: synthesized.properties(made!) };
  };

  test('starts checks with the parameters of a scheduled run, and without a time that they could spend', () => {
    const { checks } = ofChecks();
    expect(checks).toMatchObject({ Description: 'Checks batch job Job', ScheduleExpression: 'cron(0 17 * * ? *)', ScheduleExpressionTimezone: 'Europe/Rome' });
    expect(JSON.parse(checks.Target.Input)).toEqual({ parameters: { KEYWORDS: 'storm' }, check: true });
  });

  test('is below the schedule, and has all else from it: one role, queue and key, and no more rights', () => {
    const { synthesized: { job }, runs, checks } = ofChecks();
    expect(job.checkSchedule!.node.path).toBe('Stack/Job/Schedule/Check');
    const { ScheduleExpression: _, Description: __, ScheduleExpressionTimezone: ___, Target: { Input: ____, ...target }, ...rest } = runs;
    expect(checks).toMatchObject({ ...rest, Target: target });
    const policies = (props: JobProps) => {
      const synthesized = synth({ schedule, ...props });
      return synthesized.resource(synthesized.job.node.findChild('Schedule').node.findChild('Role').node.findChild('DefaultPolicy'));
    };
    expect(policies({ scheduleOptions: { checkSchedule } })).toEqual(policies({}));
  });

  test('is encrypted like the schedule', () => {
    const { runs, checks } = ofChecks({ encryptionKey: undefined });
    expect([runs.KmsKeyArn, checks.KmsKeyArn]).toEqual([undefined, undefined]);
    const synthesized = synth((stack) => ({ schedule, scheduleOptions: { checkSchedule }, encryptionKey: new Key(stack, 'Key') }));
    expect(synthesized.properties(synthesized.job.checkSchedule!).KmsKeyArn).toBe('<Key.Arn>');
  });

  test('is disabled together with it', () => {
    expect(ofChecks({ parameters: {}, scheduleOptions: { checkSchedule, enabled: false } }).checks.State).toBe('DISABLED');
  });

  test('takes the role of shared handlers', () => {
    const shared = synth((stack) => ({ schedule, scheduleOptions: { checkSchedule }, handlers: new BatchJobHandlers(stack, 'Handlers') }));
    expect(shared.properties(shared.job.checkSchedule!).Target.RoleArn).toEqual(shared.properties(shared.job.startSchedule!).Target.RoleArn);
  });

  test('is warned of where a day does not have its time', () => {
    const { stack } = synth({ schedule, scheduleOptions: { checkSchedule: ScheduleExpression.cron({ hour: '2', minute: '0', timeZone: TimeZone.EUROPE_ROME }) } });
    const [{ entry }] = Annotations.fromStack(stack).findWarning('*', Match.anyValue());
    expect(entry.data).toMatch(/^scheduleOptions\.checkSchedule should be at a time that every day has: on 2027-03-28 /);
  });

  test('lets runs find what is to be warned of, and be told; without it there is neither the right nor the state', () => {
    const found = (props: JobProps) => {
      const { settings, definition, template } = synth({ schedule, ...props });
      return [settings.checkWarnings, 'Notify of warnings' in definition.States, JSON.stringify(template.toJSON()).includes('sns:ListSubscriptionsByTopic')];
    };
    expect(found({ scheduleOptions: { checkSchedule } })).toEqual([true, true, true]);
    expect(found({})).toEqual([undefined, false, false]);
    expect(found({ scheduleOptions: { checkSchedule }, notifyOn: [] })).toEqual([undefined, false, false]);
    // Whoever is told of every success needs no state of its own.
    expect(found({ scheduleOptions: { checkSchedule }, notifyOn: Object.values(Outcome) })).toEqual([true, false, true]);
  });

  test('of jobs that share handlers takes one statement, for the topics of those that have it', () => {
    const { stack } = synth((scope) => ({ schedule, scheduleOptions: { checkSchedule }, handlers: new BatchJobHandlers(scope, 'Handlers') }));
    const handlers = stack.node.findChild('Handlers') as BatchJobHandlers;
    for (const [id, options] of Object.entries({ Second: { checkSchedule }, Third: {} })) {
      new CotsBatchJob(stack, id, { instanceIds: [INSTANCE_ID], command: BatchCommand.shell('true'), schedule, scheduleOptions: options, handlers });
    }
    const statements = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy')).flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter(({ Action }) => Action === 'sns:ListSubscriptionsByTopic');
    expect(statements).toEqual([expect.objectContaining({
      Resource: [{ Ref: expect.stringMatching(/^Job/) }, { Ref: expect.stringMatching(/^Second/) }],
    })]);
  });

  test('is refused for a document that has no launcher, and where it is no schedule', () => {
    const command = BatchCommand.document('AWS-RunAnsiblePlaybook');
    expect(() => synth({ schedule, scheduleOptions: { checkSchedule }, command })).toThrow(new Error(
      'scheduleOptions.checkSchedule has no effect without BatchCommand.shell or BatchCommand.powerShell, got "cron(0 17 * * ? *)"'));
    expect(() => synth({ schedule, scheduleOptions: { checkSchedule: '17:00' as never } }))
      .toThrow('scheduleOptions.checkSchedule must be a ScheduleExpression, got "17:00"');
  });
});

describe('a time that a day may not have', () => {
  const warnings = (expression: ScheduleExpression) => Annotations.fromStack(synth({ schedule: expression }).stack).findWarning('*', Match.anyValue())
    .map(({ id, entry }) => `${id} ${entry.data}`);

  test('is warned of, with its dates', () => {
    expect(warnings(ScheduleExpression.cron({ hour: '1-2', minute: '0', timeZone: TimeZone.EUROPE_ROME }))).toEqual([
      '/Stack/Job schedule should be at a time that every day has: on 2027-03-28 there is no 02:00 in Europe/Rome, where the clock goes on to 03:00, '
      + 'and EventBridge Scheduler skips it (also on 2028-03-26, 2029-03-25 and 7 more until 2036-03-30), got cron(0 1-2 * * ? *) '
      + '[ack: cdk-cots-batch-job:scheduleGap]',
    ]);
  });

  test('is warned of where it is the only one', () => {
    expect(warnings(ScheduleExpression.at(new Date('2027-03-28T02:30:00Z'), TimeZone.EUROPE_ROME))).toEqual([
      '/Stack/Job schedule should be at a time that every day has: on 2027-03-28 there is no 02:30 in Europe/Rome, where the clock goes on to 03:00, '
      + 'and EventBridge Scheduler skips it, got at(2027-03-28T02:30:00) [ack: cdk-cots-batch-job:scheduleGap]',
    ]);
  });

  test('every day has the time of the examples', () => {
    expect(warnings(schedule)).toEqual([]);
  });
});

describe('the role of the schedule', () => {
  const role = () => {
    const synthesized = scheduled().synthesized;
    return synthesized.resource(synthesized.job.node.findChild('Schedule').node.findChild('Role'));
  };

  test('can be assumed for schedules of this account, in the default group, only', () => {
    expect(role().Properties.AssumeRolePolicyDocument.Statement).toEqual([{
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { Service: 'scheduler.amazonaws.com' },
      Condition: {
        StringEquals: {
          'aws:SourceAccount': '<AWS::AccountId>',
          'aws:SourceArn': 'arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:schedule-group/default',
        },
      },
    }]);
  });

  test('nothing of the job is outside of it: tags, boundaries and removal policies reach all of it', () => {
    const { stack, job } = synth((scope) => {
      const deadLetterQueue = Queue.fromQueueArn(scope, 'Lost', 'arn:aws:sqs:eu-west-1:123456789012:Lost');
      return { schedule, scheduleOptions: { deadLetterQueue } };
    });
    PermissionsBoundary.of(job).apply(ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'Boundary'));
    Tags.of(job).add('Job', 'Nightly');
    const template = Template.fromStack(stack);
    const roles = Object.values(template.findResources('AWS::IAM::Role'));
    expect(roles).toHaveLength(5);
    for (const { Properties } of roles) {
      expect(Properties.PermissionsBoundary).toBeDefined();
      expect(Properties.Tags).toEqual([{ Key: 'Job', Value: 'Nightly' }]);
    }
    const resources = stack.node.findAll().filter((construct) => CfnResource.isCfnResource(construct)).map(({ node }) => node.path);
    expect(resources.filter((path) => !path.startsWith('Stack/Job/'))).toEqual([]);
  });
});

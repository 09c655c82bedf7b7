import { Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression, TimeWindow } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { BatchCommand, CommandTarget, CompletionMode, CotsBatchJobProps, InvocationLimit, JobParameter, Outcome, OverlapPolicy } from '../src';

/** A prop that is added to the construct, and to none of these, does not compile. */
type EveryProp<Excluded extends keyof CotsBatchJobProps> = Required<Omit<CotsBatchJobProps, Excluded>>;

/** Every prop of a job whose servers are known by ID. */
export function everyPropWithInstances(stack: Stack): EveryProp<'targets' | 'logGroup' | 'notificationTopic' | 'handlers'> {
  return {
    ...common(stack),
    command: BatchCommand.shell('bin/index.sh', {
      runAs: 'crawler', workingDirectory: '/opt/crawler', environment: { LANG: 'C' }, successExitCodes: [0, 4],
    }),
    instanceIds: ['i-0123456789abcdef0', 'mi-0123456789abcdef0'],
    logRetention: RetentionDays.ONE_YEAR,
  };
}

/** Every prop of a job that finds its servers by tag, and uses a topic and a log group that are there. */
export function everyPropWithTargets(stack: Stack): EveryProp<'instanceIds' | 'logRetention' | 'handlers'> & { instanceIds: undefined } {
  return {
    ...common(stack),
    command: BatchCommand.powerShell('C:\\index.exe'),
    instanceIds: undefined,
    targets: [CommandTarget.tag('Role', 'crawler', 'indexer'), CommandTarget.tag('Stage', 'live')],
    logGroup: new LogGroup(stack, 'Logs'),
    notificationTopic: new Topic(stack, 'Topic', { masterKey: keyOf(stack, 'TopicKey'), enforceSSL: true }),
  };
}

function common(stack: Stack) {
  const encryptionKey = keyOf(stack, 'Key');
  // Otherwise CloudFormation could not create the log groups.
  encryptionKey.grantEncryptDecrypt(new ServicePrincipal('logs.amazonaws.com'));
  return {
    jobName: 'Nightly index',
    parameters: { KEYWORDS: JobParameter.string({ default: 'cloud' }) },
    pollInterval: Duration.minutes(1),
    executionTimeout: Duration.hours(6),
    deliveryTimeout: Duration.minutes(5),
    unresponsiveAfter: Duration.minutes(20),
    longRunningAfter: Duration.hours(4),
    retry: { maxAttempts: 2, exitCodes: [75] },
    completion: CompletionMode.EVENTS,
    overlapPolicy: OverlapPolicy.CANCEL_RUNNING,
    failureAlarm: true,
    maxConcurrency: InvocationLimit.percent(50),
    maxErrors: InvocationLimit.count(1),
    schedule: ScheduleExpression.cron({ hour: '2', minute: '0', timeZone: TimeZone.EUROPE_ROME }),
    scheduleOptions: {
      enabled: true,
      timeWindow: TimeWindow.flexible(Duration.minutes(5)),
      deadLetterQueue: new Queue(stack, 'Missed', { enforceSSL: true }),
      maxEventAge: Duration.minutes(30),
      parameters: { KEYWORDS: 'batch' },
    },
    notificationTargets: [new EmailSubscription('ops@example.com')],
    notifyOn: Object.values(Outcome),
    notificationSubject: 'Nightly',
    encryptionKey,
    cloudWatchOutput: true,
    outputBucket: new Bucket(stack, 'Output', { enforceSSL: true, encryptionKey: keyOf(stack, 'BucketKey') }),
    outputKeyPrefix: 'jobs/nightly',
  };
}

function keyOf(stack: Stack, id: string): Key {
  return new Key(stack, id, { enableKeyRotation: true });
}

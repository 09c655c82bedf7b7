import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Alias, Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { JobProps, synth, SynthesizedJob } from './support/synth';

const withKey = (props: JobProps = {}) => synth((stack) => ({ alarmOnFailure: true, encryptionKey: new Key(stack, 'Key'), ...props }));
const forCloudWatch = (statements: { Principal: { Service?: string } }[]) =>
  statements.filter(({ Principal }) => Principal.Service === 'cloudwatch.amazonaws.com');
const topicStatements = (synthesized: SynthesizedJob) =>
  forCloudWatch(synthesized.all('AWS::SNS::TopicPolicy').flatMap((policy) => policy.PolicyDocument.Statement));
const keyStatements = (synthesized: SynthesizedJob) =>
  forCloudWatch(synthesized.all('AWS::KMS::Key').flatMap((key) => key.KeyPolicy.Statement));

test('none by default, and nothing lets CloudWatch publish', () => {
  for (const props of [{}, { alarmOnFailure: false }]) {
    const synthesized = synth((stack) => ({ ...props, encryptionKey: new Key(stack, 'Key') }));
    expect(synthesized.job.failureAlarm).toBeUndefined();
    expect([...synthesized.all('AWS::CloudWatch::Alarm'), ...synthesized.all('AWS::CloudWatch::CompositeAlarm')]).toEqual([]);
    expect([...topicStatements(synthesized), ...keyStatements(synthesized)]).toEqual([]);
  }
});

test('any run that failed, timed out or was stopped makes it tell the topic, once', () => {
  const synthesized = withKey();
  expect(synthesized.properties(synthesized.job.failureAlarm!)).toEqual({
    AlarmDescription: expect.stringContaining('A run of batch job Job did not succeed'),
    AlarmActions: ['<Job/Notifications/Topic>'],
    AlarmRule: ['Failed', 'TimedOut', 'Aborted'].map((id) => `ALARM("<Job/FailureAlarm/${id}.Arn>")`).join(' OR ').replace(/^.*$/, '($&)'),
  });
  expect(synthesized.all('AWS::CloudWatch::Alarm')).toEqual(['ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsAborted'].map((MetricName) => ({
    AlarmDescription: expect.stringContaining('A run of batch job Job'),
    Namespace: 'AWS/States',
    MetricName,
    Dimensions: [{ Name: 'StateMachineArn', Value: '<Job/Workflow>' }],
    Statistic: 'Sum',
    Period: 300,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    Threshold: 1,
    EvaluationPeriods: 1,
    TreatMissingData: 'notBreaching',
  })));
});

test('CloudWatch may publish to the job\'s topic for this alarm, and use its key', () => {
  const synthesized = withKey();
  expect(topicStatements(synthesized)).toEqual([{
    Sid: 'AllowPublishOfFailureAlarm',
    Effect: 'Allow',
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Action: 'sns:Publish',
    Resource: '<Job/Notifications/Topic>',
    Condition: { ArnEquals: { 'aws:SourceArn': '<Job/FailureAlarm.Arn>' } },
  }]);
  expect(keyStatements(synthesized)).toEqual([{
    Effect: 'Allow',
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    Resource: '*',
    Condition: { ArnLike: { 'kms:EncryptionContext:aws:sns:topicArn': 'arn:<AWS::Partition>:sns:<AWS::Region>:<AWS::AccountId>:*' } },
  }]);
  Annotations.fromStack(synthesized.stack).hasNoWarning('*', Match.anyValue());
});

test('a key that is imported: synth says what its policy must allow', () => {
  const arn = 'arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-4333-8444-555555555555';
  const synthesized = synth((stack) => ({ alarmOnFailure: true, encryptionKey: Key.fromKeyArn(stack, 'Key', arn) }));
  Annotations.fromStack(synthesized.stack).hasWarning('/Stack/Job/FailureAlarm', Match.stringLikeRegexp('.*kms:Decrypt and kms:GenerateDataKey.*'));
});

test('a topic of the user\'s is told, and its policies are left alone', () => {
  const synthesized = synth((stack) => ({
    alarmOnFailure: true,
    notificationTopic: new Topic(stack, 'Ours', { masterKey: new Key(stack, 'TopicKey'), enforceSSL: true }),
  }));
  expect(synthesized.properties(synthesized.job.failureAlarm!).AlarmActions).toEqual(['<Ours>']);
  expect([...topicStatements(synthesized), ...keyStatements(synthesized)]).toEqual([]);
});

test('it is enough of a reason for a topic and its subscribers', () => {
  const synthesized = withKey({ notifyOn: [], notificationTargets: [new EmailSubscription('ops@example.com')] });
  synthesized.template.resourceCountIs('AWS::SNS::Subscription', 1);
  expect(() => withKey({ notifyOn: [], notificationSubject: 'Billing' })).toThrow('notificationSubject has no effect without an outcome in notifyOn');
});

describe('a topic that CloudWatch cannot publish to is refused', () => {
  test('the job\'s own without encryptionKey', () => {
    expect(() => synth({ alarmOnFailure: true })).toThrow(new Error('alarmOnFailure must come with encryptionKey or a notificationTopic that is '
      + 'not encrypted with alias/aws/sns, because CloudWatch cannot publish to such a topic, got true'));
  });

  test('the user\'s, whatever encryptionKey says', () => {
    const stack = new Stack(new App(), 'Stack');
    const masterKey = Alias.fromAliasName(stack, 'Managed', 'alias/aws/sns');
    expect(() => synth({
      alarmOnFailure: true, encryptionKey: new Key(stack, 'Key'), notificationTopic: new Topic(stack, 'Ours', { masterKey }),
    }, stack)).toThrow('alarmOnFailure must come with a notificationTopic that is not encrypted with alias/aws/sns');
  });
});

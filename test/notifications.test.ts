import { App, Aws, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, SmsSubscription, SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Outcome } from '../src';
import { REPORT_VARIABLE } from '../src/protocol';
import { FEATURE_FLAGS } from './support/feature-flags';
import { synth } from './support/synth';

test('by default failures are reported; where a schedule starts the runs, those that were skipped, too', () => {
  const failures = ['Failed', 'TimedOut', 'Undelivered', 'Cancelled', 'Unresponsive'];
  const schedule = ScheduleExpression.rate(Duration.days(1));
  expect(synth().settings.notifyOn).toEqual(failures);
  expect(synth({ schedule }).settings.notifyOn).toEqual([...failures, 'Skipped']);
  expect(synth({ schedule, notifyOn: [Outcome.FAILED] }).settings.notifyOn).toEqual(['Failed']);
});

describe('the topic', () => {
  test('is made by the job, encrypted with the key that AWS manages, and takes nothing over plain HTTP', () => {
    const synthesized = synth();
    expect(synthesized.properties(synthesized.job.notificationTopic)).toEqual({
      DisplayName: 'Job',
      KmsMasterKeyId: 'alias/aws/sns',
    });
    expect(synthesized.all('AWS::SNS::TopicPolicy').map((policy) => policy.PolicyDocument.Statement)).toEqual([[{
      Sid: 'AllowPublishThroughSSLOnly',
      Effect: 'Deny',
      Principal: '*',
      Action: 'sns:Publish',
      Resource: '<Job/Notifications/Topic>',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }]]);
    expect(synthesized.definition.States.Notify.Parameters).toMatchObject({ TopicArn: '<Job/Notifications/Topic>' });
  });

  test.each([
    ['Nightly index_2 - Rome', 'Nightly index_2 - Rome'],
    ['[PROD] Billing/Italy', '-PROD- Billing-Italy'],
    [Aws.STACK_NAME, undefined],
  ])('is named after the job, by the characters that SNS documents: %s', (jobName, expected) => {
    const synthesized = synth({ jobName });
    expect(synthesized.properties(synthesized.job.notificationTopic).DisplayName).toBe(expected);
  });

  test.each(FEATURE_FLAGS)('needs no right to a key, with %s', (_flags, context) => {
    const { template } = synth({}, new Stack(new App({ context }), 'Stack'));
    expect(JSON.stringify(template.toJSON())).not.toContain('kms:');
  });

  test('may be the user\'s own: then none is made', () => {
    const synthesized = synth((stack) => ({ notificationTopic: new Topic(stack, 'Ours') }));
    synthesized.template.resourceCountIs('AWS::SNS::Topic', 1);
    expect(synthesized.job.notificationTopic.node.path).toBe('Stack/Ours');
    expect(synthesized.definition.States.Notify.Parameters).toMatchObject({ TopicArn: '<Ours>' });
  });

  test('keeps its own key, whatever encryptionKey says', () => {
    const synthesized = synth((stack) => ({
      notificationTopic: new Topic(stack, 'Ours', { masterKey: new Key(stack, 'TopicKey') }),
      encryptionKey: new Key(stack, 'JobKey'),
    }));
    expect(synthesized.properties(synthesized.job.notificationTopic).KmsMasterKeyId).toBe('<TopicKey.Arn>');
  });

  test('may be imported from the region of the job', () => {
    const stack = new Stack(new App(), 'Stack', { env: { account: '123456789012', region: 'eu-west-1' } });
    const topicArn = 'arn:aws:sns:eu-west-1:210987654321:ops';
    const { definition } = synth({ notificationTopic: Topic.fromTopicArn(stack, 'Ours', topicArn) }, stack);
    expect(definition.States.Notify.Parameters).toMatchObject({ TopicArn: topicArn });
  });
});

describe('notificationTargets', () => {
  test('subscribe to the topic of the job', () => {
    const synthesized = synth((stack) => ({
      notificationTargets: [
        new EmailSubscription('ops@example.com'),
        new SmsSubscription('+390123456789'),
        new SqsSubscription(new Queue(stack, 'Queue')),
      ],
    }));
    const byProtocol = (a: { Protocol: string }, b: { Protocol: string }) => a.Protocol.localeCompare(b.Protocol);
    expect(synthesized.all('AWS::SNS::Subscription').sort(byProtocol)).toEqual([
      { Protocol: 'email', Endpoint: 'ops@example.com', TopicArn: '<Job/Notifications/Topic>' },
      { Protocol: 'sms', Endpoint: '+390123456789', TopicArn: '<Job/Notifications/Topic>' },
      { Protocol: 'sqs', Endpoint: '<Queue.Arn>', TopicArn: '<Job/Notifications/Topic>' },
    ]);
  });

  test('subscribe to the user\'s own topic', () => {
    const synthesized = synth((stack) => ({
      notificationTopic: new Topic(stack, 'Ours'),
      notificationTargets: [new EmailSubscription('ops@example.com')],
    }));
    expect(synthesized.all('AWS::SNS::Subscription'))
      .toEqual([{ Protocol: 'email', Endpoint: 'ops@example.com', TopicArn: '<Ours>' }]);
  });

  test('none by default, and an empty list is as good', () => {
    synth().template.resourceCountIs('AWS::SNS::Subscription', 0);
    synth({ notificationTargets: [], notifyOn: [] }).template.resourceCountIs('AWS::SNS::Subscription', 0);
  });
});

test('notifyOn: the state machine knows Notify only where something is reported', () => {
  expect(synth({ notifyOn: [Outcome.SUCCEEDED] }).definition.States).toHaveProperty('Notify');
  const { States } = synth({ notifyOn: [] }).definition;
  expect(Object.keys(States).filter((name) => /notify|how did it end/i.test(name))).toEqual([]);
});

describe('notificationSubject', () => {
  test('is the name of the job, or what the user says', () => {
    expect(synth({ jobName: 'Index' }).settings.notificationSubject).toBe('Index');
    expect(synth({ jobName: 'Index', notificationSubject: '[EU] Index' }).settings)
      .toMatchObject({ name: 'Index', notificationSubject: '[EU] Index' });
  });

  test('may be a token', () => {
    const { settings } = synth((stack) => ({ notificationSubject: new CfnParameter(stack, 'Subject').valueAsString }));
    expect(settings.notificationSubject).toBe('<Subject>');
  });
});

describe('notifyOnRecovery and chatNotifications', () => {
  test('are settings only where they are asked for', () => {
    expect(synth({ notifyOnRecovery: true, chatNotifications: true }).settings).toMatchObject({ notifyOnRecovery: true, chatNotifications: true });
  });

  test('need something that is reported', () => {
    expect(() => synth({ notifyOnRecovery: true, notifyOn: [Outcome.SUCCEEDED, Outcome.SKIPPED] }))
      .toThrow('notifyOnRecovery has no effect without a failure in notifyOn, got true');
    expect(() => synth({ chatNotifications: true, notifyOn: [] })).toThrow('chatNotifications has no effect without an outcome in notifyOn, got true');
    synth({ chatNotifications: true, notifyOn: [], longRunningAfter: Duration.hours(1) });
    synth({ notifyOnRecovery: false, chatNotifications: false, notifyOn: [] });
  });

  test('where nothing is known of a run but where to report, it is reported to chat as well', () => {
    const synthesized = synth({ chatNotifications: true });
    const { Environment: { Variables } } = synthesized.properties(synthesized.job.closeFunction);
    expect(JSON.parse(Variables[REPORT_VARIABLE])).toMatchObject({ chatNotifications: true });
  });
});

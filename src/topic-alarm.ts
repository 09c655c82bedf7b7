import { Annotations, Stack } from 'aws-cdk-lib';
import { Alarm, AlarmRule, CfnCompositeAlarm, CompositeAlarm, IAlarm, IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { AWS_MANAGED_KEY } from './notifications';

/** The topic of a job, as an alarm needs it. */
export interface AlarmTopic {
  readonly topic: ITopic;
  /** Whether the topic is the job's own, so that its policies are the job's to write. */
  readonly ownTopic: boolean;
  readonly encryptionKey?: IKey;
}

export interface TopicAlarmProps extends AlarmTopic {
  readonly description: string;
  /** What sounds it: by the ID of the alarm, a metric that should have no value above zero, and what it says if it has. */
  readonly causes: { readonly [id: string]: readonly [metric: IMetric, description: string] };
  /** Of the statement that lets it publish to the job's own topic. */
  readonly sid: string;
}

/** An alarm that sounds where any of several metrics does. It notifies the topic, where CloudWatch can publish there. */
export function topicAlarm(scope: Construct, id: string, { description, causes, sid, ...props }: TopicAlarmProps): CompositeAlarm {
  // One alarm a metric: a sum would depend on what metric math makes of a metric that has never had a value.
  const children = Object.entries(causes).map(([child, [metric, alarmDescription]]) => new Alarm(scope, child, {
    alarmDescription, metric, threshold: 1, evaluationPeriods: 1, treatMissingData: TreatMissingData.NOT_BREACHING,
  }));
  const alarm = new CompositeAlarm(scope, id, { alarmDescription: description, alarmRule: AlarmRule.anyOf(...children) });
  // CDK makes up a name without that of the stack (aws/aws-cdk#38057): a second stack of the same constructs could not be deployed.
  (alarm.node.defaultChild as CfnCompositeAlarm).addPropertyDeletionOverride('AlarmName');
  if (mayPublish(props)) {
    alarm.addAlarmAction(new SnsAction(props.topic));
    if (props.ownTopic) {
      letAlarmPublish(scope, alarm, { sid, ...props });
    }
  }
  return alarm;
}

/**
 * Whether CloudWatch can publish to the topic: it may not use the key that AWS manages for SNS, and nobody can change the policy of that key. The
 * alarm would notify nobody.
 */
export function mayPublish({ topic, ownTopic, encryptionKey }: AlarmTopic): boolean {
  const keyName = (topic.masterKey as { aliasName?: string } | undefined)?.aliasName;
  return ownTopic ? encryptionKey !== undefined : keyName !== AWS_MANAGED_KEY;
}

/**
 * Lets an alarm publish to the job's own topic. The topic takes messages over TLS only, which is a policy, so that SNS's default policy, which lets
 * in the account, is not there.
 *
 * @see https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
 */
function letAlarmPublish(scope: Construct, alarm: IAlarm, { sid, topic, encryptionKey }: Omit<AlarmTopic, 'ownTopic'> & { sid: string }): void {
  const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com');
  topic.addToResourcePolicy(new PolicyStatement({
    sid,
    principals: [cloudWatch],
    actions: ['sns:Publish'],
    resources: [topic.topicArn],
    conditions: { ArnEquals: { 'aws:SourceArn': alarm.alarmArn } },
  }));
  // Confined to topics of this account, and not to this one: the topic refers to the key.
  const result = encryptionKey?.addToResourcePolicy(new PolicyStatement({
    principals: [cloudWatch],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    resources: ['*'],
    // SNS gives the topic as context. @see https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html
    conditions: { ArnLike: { 'kms:EncryptionContext:aws:sns:topicArn': Stack.of(scope).formatArn({ service: 'sns', resource: '*' }) } },
  }));
  if (result?.statementAdded === false) {
    Annotations.of(scope).addWarningV2('cdk-cots-batch-job:failureAlarm',
      'an alarm of the job needs a policy of encryptionKey that lets cloudwatch.amazonaws.com use kms:Decrypt and kms:GenerateDataKey*: '
      + 'the policy of a key that is imported cannot be changed here');
  }
}

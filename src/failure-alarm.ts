import { Annotations, Stack } from 'aws-cdk-lib';
import { Alarm, AlarmRule, CfnCompositeAlarm, CompositeAlarm, IAlarm, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { AWS_MANAGED_KEY } from './notifications';
import { refuse } from './validation';

/** The topic of a job, as an alarm needs it. */
interface AlarmTopic {
  readonly topic: ITopic;
  /** Whether the topic is the job's own, so that its policies are the job's to write. */
  readonly ownTopic: boolean;
  readonly encryptionKey?: IKey;
}

export interface RunAlarmProps extends AlarmTopic {
  readonly jobName: string;
  readonly stateMachine: StateMachine;
}

/**
 * A second way to learn that a run did not succeed: from the metrics of Step Functions, which do not depend on EventBridge, on the
 * handlers, or on anything that the run itself does.
 */
export class RunAlarm extends Construct {
  public readonly alarm: CompositeAlarm;

  constructor(scope: Construct, id: string, props: RunAlarmProps) {
    super(scope, id);
    const { jobName, stateMachine, topic } = props;

    if (!mayPublish(props)) {
      refuse('alarmOnFailure', `must come with ${props.ownTopic ? 'encryptionKey or ' : ''}a notificationTopic that is not encrypted with `
        + `${AWS_MANAGED_KEY}, because CloudWatch cannot publish to such a topic`, true);
    }

    // One alarm a metric: a sum would depend on what metric math makes of a metric that has never had a value.
    const children = [
      this.child('Failed', stateMachine.metricFailed(), `A run of batch job ${jobName} failed`),
      this.child('TimedOut', stateMachine.metricTimedOut(), `A run of batch job ${jobName} was ended by the time-out of its execution`),
      this.child('Aborted', stateMachine.metricAborted(), `A run of batch job ${jobName} was stopped`),
    ];
    this.alarm = new CompositeAlarm(this, 'Resource', {
      alarmDescription: `A run of batch job ${jobName} did not succeed. Its own notification says more; if there is none, look into the `
        + 'executions of its state machine.',
      alarmRule: AlarmRule.anyOf(...children),
    });
    // CDK makes up a name without that of the stack (aws/aws-cdk#38057): a second stack of the same constructs could not be deployed.
    (this.alarm.node.defaultChild as CfnCompositeAlarm).addPropertyDeletionOverride('AlarmName');
    this.alarm.addAlarmAction(new SnsAction(topic));
    if (props.ownTopic) {
      letAlarmPublish(this, this.alarm, { sid: 'AllowPublishOfFailureAlarm', topic, encryptionKey: props.encryptionKey });
    }
  }

  private child(id: string, metric: Metric, alarmDescription: string): Alarm {
    return new Alarm(this, id, {
      alarmDescription,
      metric,
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
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
export function letAlarmPublish(scope: Construct, alarm: IAlarm, { sid, topic, encryptionKey }: Omit<AlarmTopic, 'ownTopic'> & { sid: string }): void {
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

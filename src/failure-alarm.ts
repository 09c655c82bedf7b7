import { Annotations, Stack } from 'aws-cdk-lib';
import { Alarm, AlarmRule, CfnCompositeAlarm, CompositeAlarm, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { AWS_MANAGED_KEY } from './notifications';
import { refuse } from './validation';

export interface RunAlarmProps {
  readonly jobName: string;
  readonly stateMachine: StateMachine;
  readonly topic: ITopic;
  /** Whether the topic is the job's own, so that its policies are the job's to write. */
  readonly ownTopic: boolean;
  readonly encryptionKey?: IKey;
}

/**
 * A second way to learn that a run did not succeed: from the metrics of Step Functions, which do not depend on EventBridge, on the
 * handlers, or on anything that the run itself does.
 */
export class RunAlarm extends Construct {
  public readonly alarm: CompositeAlarm;

  constructor(scope: Construct, id: string, private readonly props: RunAlarmProps) {
    super(scope, id);
    const { jobName, stateMachine, topic } = props;

    // CloudWatch may not use the key, and nobody can change the policy of a key that AWS manages: the alarm would notify nobody.
    const keyName = (topic.masterKey as { aliasName?: string } | undefined)?.aliasName;
    if (props.ownTopic ? !props.encryptionKey : keyName === AWS_MANAGED_KEY) {
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
      this.letCloudWatchPublish();
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

  /**
   * The topic takes messages over TLS only, which is a policy, so that SNS's default policy, which lets in the account, is not there.
   *
   * @see https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
   */
  private letCloudWatchPublish(): void {
    const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com');
    this.props.topic.addToResourcePolicy(new PolicyStatement({
      sid: 'AllowPublishOfFailureAlarm',
      principals: [cloudWatch],
      actions: ['sns:Publish'],
      resources: [this.props.topic.topicArn],
      conditions: { ArnEquals: { 'aws:SourceArn': this.alarm.alarmArn } },
    }));
    // Confined to topics of this account, and not to this one: the topic refers to the key.
    const result = this.props.encryptionKey?.addToResourcePolicy(new PolicyStatement({
      principals: [cloudWatch],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      resources: ['*'],
      // SNS gives the topic as context. @see https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:sns:topicArn': Stack.of(this).formatArn({ service: 'sns', resource: '*' }) } },
    }));
    if (result?.statementAdded === false) {
      Annotations.of(this).addWarningV2('cdk-cots-batch-job:failureAlarm',
        'alarmOnFailure needs a policy of encryptionKey that lets cloudwatch.amazonaws.com use kms:Decrypt and kms:GenerateDataKey*: '
        + 'the policy of a key that is imported cannot be changed here');
    }
  }
}

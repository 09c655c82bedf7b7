import { CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { AWS_MANAGED_KEY } from './notifications';
import { AlarmTopic, mayPublish, topicAlarm } from './topic-alarm';
import { refuse } from './validation';

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

  constructor(scope: Construct, id: string, { jobName, stateMachine, ...topic }: RunAlarmProps) {
    super(scope, id);
    if (!mayPublish(topic)) {
      refuse('alarmOnFailure', `must come with ${topic.ownTopic ? 'encryptionKey or ' : ''}a notificationTopic that is not encrypted with `
        + `${AWS_MANAGED_KEY}, because CloudWatch cannot publish to such a topic`, true);
    }
    this.alarm = topicAlarm(this, 'Resource', {
      ...topic,
      description: `A run of batch job ${jobName} did not succeed. Its own notification says more; if there is none, look into the `
        + 'executions of its state machine.',
      causes: {
        Failed: [stateMachine.metricFailed(), `A run of batch job ${jobName} failed`],
        TimedOut: [stateMachine.metricTimedOut(), `A run of batch job ${jobName} was ended by the time-out of its execution`],
        Aborted: [stateMachine.metricAborted(), `A run of batch job ${jobName} was stopped`],
      },
      sid: 'AllowPublishOfFailureAlarm',
    });
  }
}

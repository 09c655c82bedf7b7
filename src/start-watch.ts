import { CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnScheduleGroup, ContextAttribute, ISchedule, Schedule, ScheduleExpression, ScheduleGroup, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { LogOptions, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { encryptSchedule } from './encryption';
import { RunNotifications } from './notifications';
import { ReportSettings, WatchSettings } from './protocol';
import { scheduleRole } from './schedule';
import { DEFAULT_MAX_EVENT_AGE, JobScheduleOptions, scheduleWindowSeconds, timesOf } from './schedule-options';
import { topicAlarm } from './topic-alarm';
import { StartWatchWorkflow } from './workflow/start-watch-workflow';

export interface StartWatchProps {
  readonly job: ReportSettings;
  readonly mustStartWithinSeconds: number;
  readonly stateMachine: StateMachine;
  /** The schedule that is watched. */
  readonly startSchedule: ISchedule;
  readonly expression: ScheduleExpression;
  readonly options: JobScheduleOptions;
  /** What the schedule gives to runs. */
  readonly given: Pick<WatchSettings, 'parameters' | 'withheld'>;
  readonly checkStart: IFunction;
  readonly notifications: RunNotifications;
  /** Whether the topic is the job's own, so that its policies are the job's to write. */
  readonly ownTopic: boolean;
  readonly logs: LogOptions;
  readonly tracingEnabled?: boolean;
  readonly encryptionKey?: IKey;
}

/**
 * Reports a scheduled time that has no run. It shares nothing with what it watches but the time: its schedule, its roles and its state machine
 * are its own, and an alarm says where it fails itself.
 */
export class StartWatch extends Construct {
  public readonly stateMachine: StateMachine;
  public readonly alarm: CompositeAlarm;

  constructor(scope: Construct, id: string, props: StartWatchProps) {
    super(scope, id);
    const { job, stateMachine, startSchedule, expression, options, notifications } = props;

    this.stateMachine = new StartWatchWorkflow(this, 'Workflow', {
      ...props,
      schedule: startSchedule,
      deadLetterQueue: options.deadLetterQueue,
      watch: {
        stateMachineArn: stateMachine.stateMachineArn,
        mustStartWithinSeconds: props.mustStartWithinSeconds,
        scheduleWindowSeconds: scheduleWindowSeconds(options),
        scheduleName: startSchedule.scheduleName,
        schedule: timesOf(expression),
        hasDeadLetterQueue: options.deadLetterQueue !== undefined,
        ...props.given,
      },
    }).stateMachine;

    // A group of its own: EventBridge Scheduler counts what it could not deliver by group. CDK's ScheduleGroup makes up a name without the stack's.
    const { ref: groupName } = new CfnScheduleGroup(this, 'Group');
    const scheduleGroup = ScheduleGroup.fromScheduleGroupName(this, 'NamedGroup', groupName);
    const role = scheduleRole(this, 'ScheduleRole', groupName);
    const schedule = new Schedule(this, 'Schedule', {
      description: `Watches the starts of batch job ${job.name}`,
      schedule: expression,
      scheduleGroup,
      // A schedule that its template disables starts nothing, every night. One that somebody else has disabled is what this is for.
      enabled: options.enabled,
      target: new StepFunctionsStartExecution(this.stateMachine, {
        role,
        maxEventAge: DEFAULT_MAX_EVENT_AGE,
        input: ScheduleTargetInput.fromObject({ scheduledTime: ContextAttribute.scheduledTime }),
      }),
    });
    if (props.encryptionKey) {
      encryptSchedule(schedule, props.encryptionKey, role);
    }

    const { topic } = notifications;
    this.alarm = topicAlarm(this, 'Alarm', {
      topic,
      ownTopic: props.ownTopic,
      encryptionKey: props.encryptionKey,
      description: `The watch over the starts of batch job ${job.name} failed: see for yourself whether the job was started.`,
      causes: {
        Failed: [this.stateMachine.metricFailed(), `Whether a run of batch job ${job.name} was started was not checked, or not reported`],
        TimedOut: [this.stateMachine.metricTimedOut(), `The watch over the starts of batch job ${job.name} was ended by the time-out of its execution`],
        Aborted: [this.stateMachine.metricAborted(), `The watch over the starts of batch job ${job.name} was stopped`],
        Undelivered: [
          scheduleGroup.metricDropped({ statistic: 'Sum' }), `EventBridge Scheduler could not start the watch of batch job ${job.name}`,
        ],
      },
      sid: 'AllowPublishOfWatchAlarm',
    });
  }
}

import { Duration } from 'aws-cdk-lib';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ISchedule } from 'aws-cdk-lib/aws-scheduler';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import {
  Choice, Condition, Errors, Fail, IChainable, JsonPath, LogLevel, LogOptions, Pass, StateMachine, Succeed, TaskInput, TaskStateBase, Timeout, Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { CallAwsService, LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { describeForChat } from './chat';
import { JobDefinition } from './definition';
import { FAULT_RESULT } from './fault';
import { encryptStateMachine } from '../encryption';
import { acceptDeliveries } from '../nag-findings';
import { RunNotifications } from '../notifications';
import {
  CHECK_TIMEOUT_SECONDS, ERROR_PREFIX, NOT_CHECKED_ERROR, NOTIFY_STATE, Outcome, ReportSettings, STARTED, WATCH_FIRST_STATE, WatchSettings,
  WatchStatus,
} from '../protocol';
import { publishReport } from './publish-report';
import { confineStateMachineRole } from '../service-role';

export interface StartWatchWorkflowProps {
  readonly job: ReportSettings;
  readonly watch: WatchSettings;
  readonly checkStart: IFunction;
  /** The schedule of the job. */
  readonly schedule: ISchedule;
  readonly deadLetterQueue?: IQueue;
  readonly notifications: RunNotifications;
  readonly logs: LogOptions;
  /** @default true */
  readonly tracingEnabled?: boolean;
  readonly encryptionKey?: IKey;
}

/** How long the list of executions has to catch up. */
const LIST_SECONDS = 60;

/** How often a check is tried again, for about half an hour in all: then the topic hears that nobody knows. */
const CHECK_RETRY = { intervalSeconds: 10, maxAttempts: 9, maxDelaySeconds: 300 };

/**
 * The state machine that watches the starts of a job. Each of its executions is about one scheduled time.
 *
 * ```
 * Watch settings ─► Wait for the run ─► Check start ─► Was it started? ─── yes ─────────────────────────────────────────► Started
 *                                        │ fails        ▼
 *                                        │          Wait for the list ─► Read schedule ─► Count dead letters ─► Check again
 *                                        ▼                                                          fails │       ▼
 *                                       Describe fault ◄──────────────────────────────────────────────────┘  Is it there now? ─┬─► Started
 *                                        ▼                                                                        ▼            └─► Reported before
 *                                       Notify ◄──────────────────────────────────────────────────────────────────┘
 *                                        ▼ or Not reported
 *                                       Was it checked? ─┬─► Not started
 *                                                        └─► Not checked
 * ```
 *
 * An execution that has found no run and has reported it has done its work, and succeeds. It fails where it could not check or could not
 * report, which is what its alarm is for.
 */
export class StartWatchWorkflow extends Construct {
  public readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, private readonly props: StartWatchWorkflowProps) {
    super(scope, id);
    const { watch, notifications } = props;

    const start = new Pass(this, WATCH_FIRST_STATE, {
      comment: 'What the deployment knows of the job and its schedule',
      parameters: { job: props.job, watch, schedule: {}, deadLetters: {} },
    });
    const wait = new Wait(this, 'Wait for the run', {
      comment: 'mustStartWithin: this execution begins at the scheduled time',
      time: WaitTime.duration(Duration.seconds(watch.mustStartWithinSeconds)),
    });
    const started = new Succeed(this, 'Started', { comment: 'There is a run: how it ends is its own to report', outputPath: '$.status.execution' });
    const wasStarted = Condition.stringEquals('$.status.outcome', STARTED);
    const notify = this.notify(new Choice(this, 'Was it checked?', { comment: 'Everybody who has to know has been told' })
      .when(Condition.stringEquals('$.status.error', ''), new Succeed(this, 'Not started', {
        comment: 'The job was not started in time; the watch has done its work', outputPath: '$.status.result',
      }))
      .otherwise(new Fail(this, 'Not checked', { errorPath: '$.status.error', causePath: '$.status.cause' })));
    const fault = this.describeFault().next(notify);

    const checkAgain = this.check('Check again', 'What is not there now is reported', true, fault)
      .next(new Choice(this, 'Is it there now?', { comment: 'Anything else than a run is reported' })
        .when(wasStarted, started)
        .when(Condition.booleanEquals('$.status.isDuplicate', true), new Succeed(this, 'Reported before', {
          comment: 'One scheduled time was delivered twice: the other execution reports it', outputPath: '$.status.result',
        }))
        .otherwise(notify));
    const facts = [this.readSchedule(), ...this.countDeadLetters()];
    facts.forEach((fact, i) => {
      const next = facts[i + 1] ?? checkAgain;
      // What cannot be read is said to be unknown: it does not decide.
      fact.addCatch(next, { errors: [Errors.ALL], resultPath: i === 0 ? '$.schedule' : '$.deadLetters' });
      fact.next(next);
    });
    wait.next(this.check('Check start', 'Looks for an execution of the job that carries the scheduled time', false, fault))
      .next(new Choice(this, 'Was it started?', { comment: 'The list of executions is eventually consistent: nobody is told of what one look does not find' })
        .when(wasStarted, started)
        .otherwise(new Wait(this, 'Wait for the list', {
          comment: 'Of executions, to catch up', time: WaitTime.duration(Duration.seconds(LIST_SECONDS)),
        }).next(facts[0])));

    this.stateMachine = new StateMachine(this, 'Resource', {
      comment: `Watches the starts of batch job ${props.job.name}`,
      definitionBody: new JobDefinition(start.next(wait)),
      logs: { ...props.logs, level: props.logs.level ?? LogLevel.ALL },
      tracingEnabled: props.tracingEnabled ?? true,
    });
    if (props.encryptionKey) {
      encryptStateMachine(this.stateMachine, props.encryptionKey);
    }
    // For a topic with a key of the user's.
    notifications.grantPublish(this.stateMachine);
    confineStateMachineRole(this, this.stateMachine.role);
    acceptDeliveries(this.stateMachine.role);
  }

  private readSchedule(): TaskStateBase {
    const { schedule } = this.props;
    return retried(new CallAwsService(this, 'Read schedule', {
      comment: 'Somebody may have disabled, changed or deleted it',
      service: 'scheduler',
      action: 'getSchedule',
      iamAction: 'scheduler:GetSchedule',
      iamResources: [schedule.scheduleArn],
      parameters: { Name: schedule.scheduleName },
      resultSelector: { state: JsonPath.stringAt('$.State'), expression: JsonPath.stringAt('$.ScheduleExpression') },
      resultPath: '$.schedule',
      taskTimeout: FACT_TIMEOUT,
    }));
  }

  private countDeadLetters(): TaskStateBase[] {
    const { deadLetterQueue } = this.props;
    return deadLetterQueue ? [retried(new CallAwsService(this, 'Count dead letters', {
      comment: 'A start that could not be delivered is in the dead-letter queue of the schedule',
      service: 'sqs',
      action: 'getQueueAttributes',
      iamAction: 'sqs:GetQueueAttributes',
      iamResources: [deadLetterQueue.queueArn],
      parameters: { QueueUrl: deadLetterQueue.queueUrl, AttributeNames: ['ApproximateNumberOfMessages'] },
      resultSelector: { count: JsonPath.stringAt('$.Attributes.ApproximateNumberOfMessages') },
      resultPath: '$.deadLetters',
      taskTimeout: FACT_TIMEOUT,
    }))] : [];
  }

  private check(name: string, comment: string, isLast: boolean, fault: IChainable): LambdaInvoke {
    const check = new LambdaInvoke(this, name, {
      comment,
      lambdaFunction: this.props.checkStart.latestVersion,
      payload: TaskInput.fromObject({ ...CHECK_PAYLOAD, isLast }),
      payloadResponseOnly: true,
      resultPath: '$.status',
      taskTimeout: Timeout.duration(Duration.seconds(CHECK_TIMEOUT_SECONDS + 30)),
      retryOnServiceExceptions: false,
    });
    check.addRetry({
      errors: [Errors.ALL],
      interval: Duration.seconds(CHECK_RETRY.intervalSeconds),
      maxAttempts: CHECK_RETRY.maxAttempts,
      backoffRate: 2,
      maxDelay: Duration.seconds(CHECK_RETRY.maxDelaySeconds),
    });
    check.addCatch(fault, { errors: [Errors.ALL], resultPath: '$.fault' });
    return check;
  }

  private describeFault(): Pass {
    return new Pass(this, 'Describe fault', {
      comment: 'It could not be checked: that is reported, too, so that nobody takes silence for a start',
      parameters: { ...FAULT_STATUS },
      resultPath: '$.status',
    });
  }

  private notify(next: IChainable): IChainable {
    const { job: { chatNotifications }, notifications } = this.props;
    const notify = publishReport(this, NOTIFY_STATE, { comment: 'A mail for people, JSON for programs', topic: notifications.topic, chat: chatNotifications });
    notify.addRetry({ errors: [Errors.ALL], interval: Duration.seconds(2), maxAttempts: 8, backoffRate: 2 });
    notify.addCatch(new Fail(this, 'Not reported', {
      comment: 'Nobody has been told: the alarm of the watch is the last way',
      error: `${ERROR_PREFIX}NotReported`,
      cause: 'SNS did not take the report.',
    }), { errors: [Errors.ALL], resultPath: '$.fault' });
    notify.next(next);
    return chatNotifications ? describeForChat(this, 'Describe for chat', 'What chat clients show of it').next(notify) : notify;
  }
}

/** What is asked besides: an answer is worth a minute. */
const FACT_TIMEOUT = Timeout.duration(Duration.minutes(1));

function retried(task: TaskStateBase): TaskStateBase {
  task.addRetry({ errors: [Errors.ALL], interval: Duration.seconds(2), maxAttempts: 3, backoffRate: 2 });
  return task;
}

// The same for all jobs, and made once: CDK takes longer for a token than for a state.

const CHECK_PAYLOAD = {
  job: JsonPath.objectAt('$.job'),
  watch: JsonPath.objectAt('$.watch'),
  input: JsonPath.objectAt('$$.Execution.Input'),
  executionId: JsonPath.executionId,
  now: JsonPath.stateEnteredTime,
  schedule: JsonPath.objectAt('$.schedule'),
  deadLetters: JsonPath.objectAt('$.deadLetters'),
};

const faultCause = JsonPath.format('Whether a scheduled run of {} was started could not be found out: {}.',
  JsonPath.stringAt('$.job.name'), JsonPath.stringAt('$.fault.Error'));
const FAULT_STATUS: WatchStatus = {
  outcome: Outcome.NOT_STARTED,
  isDuplicate: false,
  error: NOT_CHECKED_ERROR,
  cause: faultCause,
  execution: '',
  result: {
    ...FAULT_RESULT,
    outcome: Outcome.NOT_STARTED,
    execution: '',
    runId: '',
    startedAt: '',
    cause: faultCause,
    instances: { total: 0, succeeded: 0, failed: 0, timedOut: 0, undelivered: 0, cancelled: 0, unresponsive: 0, skipped: 0, running: 0 },
  },
  notification: {
    subject: JsonPath.format('{}: not known whether it was started', JsonPath.stringAt('$.job.notificationSubject')),
    // One paragraph, and the whole input and error: a part of either may be missing, and a missing path would end the execution unseen.
    text: JsonPath.format(
      'Whether a scheduled run of {} was started could not be found out. The input of the watch: {} The error: {} '
      + 'What to try first: look into the executions of the job for one of that time, then into the log group of the handlers. Execution of the watch: {}',
      JsonPath.stringAt('$.job.name'),
      JsonPath.jsonToString(JsonPath.objectAt('$$.Execution.Input')),
      JsonPath.jsonToString(JsonPath.objectAt('$.fault')),
      JsonPath.executionId,
    ),
  },
};

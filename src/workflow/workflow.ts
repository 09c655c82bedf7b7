import { Duration } from 'aws-cdk-lib';
import { IRole } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  Choice, Condition, Errors, Fail, IChainable, JitterType, LogLevel, LogOptions, Pass, StateMachine,
  Succeed, TaskInput, TaskStateBase, Timeout, Wait, WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke, MessageAttribute, SnsPublish } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { encryptStateMachine } from '../encryption';
import { longestRun } from '../job-retry';
import { acceptDeliveries } from '../nag-findings';
import { describeForChat, HAS_NO_CHAT } from './chat';
import { JobDefinition } from './definition';
import { describeFault } from './fault';
import { RunNotifications } from '../notifications';
import { confineStateMachineRole } from '../service-role';
import { SharedText } from '../shared-text';
import {
  FIND_PAYLOAD, POLL_FAILED_AT, POLL_PAYLOAD, RECOVERY_ATTRIBUTE, RESUMED_POLL_PAYLOAD, SEND_PAYLOAD,
} from './payloads';
import { publishReport } from './publish-report';
import { waitForEvent, waitToPoll } from './wait';
import {
  CompletionMode, FAULT_STATE, FIND_ATTEMPTS, FIRST_STATE, GRACE_SECONDS, JobSettings, NOT_FOUND_YET_ERROR, NOT_SENT_ERROR,
  NOTIFY_RECOVERY_STATE, NOTIFY_STATE, Outcome, POLL_STATE, RETRYING, RUNNING, SEND_ATTEMPTS, SEND_MAX_DELAY_SECONDS, SEND_STATE,
} from '../protocol';
import { OVERTIME_SECONDS, POLL_RETRY, totalSeconds } from '../protocol/poll-plan';

export interface RunWorkflowProps {
  readonly settings: JobSettings;
  readonly sendCommand: IFunction;
  readonly getStatus: IFunction;
  readonly notifications: RunNotifications;
  readonly logs: LogOptions;
  /** @default true */
  readonly tracingEnabled?: boolean;
  readonly encryptionKey?: IKey;
  /** @default - a new role */
  readonly role?: IRole;
  /** @default - CloudFormation finds one */
  readonly stateMachineName?: string;
  /** Where the stack has a place for what its jobs have in common. */
  readonly text?: SharedText;
}

/**
 * The state machine of a job.
 *
 * ```
 * Job settings ─► Send command ─► What next? ─┬─ running ──► Wait ─► Get status ─► What next?
 *                   │ not confirmed   ▲       ├─ to be reported ─► Notify ─► How did it end? ─┐
 *                   ▼                 │       ├─ succeeded ─────────────────────────► Succeeded ◄┤
 *                 Find command ───────┘       ├─ skipped ───────────────────────────► Skipped ◄──┤
 *                                             └─ anything else ─────────────────────► Failed ◄───┘
 * ```
 *
 * Where `Get status` fails a few times in a row, it is tried again after `Wait to poll again`, for an hour; then `Describe fault` makes a
 * status of the error, as it does where `Find command` fails. With `longRunningAfter` or `mustEndBy`, a run that is late passes through `Notify late` on
 * its way to `Wait`, once. With `retry`, a run that is tried again passes through `Wait to try again` back to `Send command`. With events,
 * `Wait` is a callback that an event may end. With calendars, a run that is not due ends in `Not due`, and one that has started although a
 * calendar could not be read passes through `Notify calendar` on its way to `Wait`, once. A success after a failure passes through
 * `Notify of recovery`, that of a check with warnings through `Notify of warnings`, and what has no words for chat clients through `Describe for
 * chat`, where the job has them.
 *
 * Only `Send command` starts anything. It is tried again only where nothing can have been started; whatever else goes wrong with
 * it leads to `Find command`, which looks for what was started and never starts anything.
 */
export class RunWorkflow extends Construct {
  public readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, private readonly props: RunWorkflowProps) {
    super(scope, id);
    const { settings, notifications } = props;
    const hasEvents = settings.completion === CompletionMode.EVENTS;

    const start = new Pass(this, FIRST_STATE, {
      comment: 'What the deployment knows of the job',
      parameters: { job: settings, status: {} },
    });

    const sendCommand = this.invoke(SEND_STATE, props.sendCommand, {
      comment: 'Checks the input, then sends the command: the only state that starts anything',
      timeout: Duration.minutes(3),
      payload: SEND_PAYLOAD,
    });
    // No retry for any other error: SendCommand has no client token, and a second one would start the program twice.
    sendCommand.addRetry({
      errors: [NOT_SENT_ERROR, 'Lambda.TooManyRequestsException'],
      interval: Duration.seconds(5),
      maxAttempts: SEND_ATTEMPTS,
      backoffRate: 2,
      maxDelay: Duration.seconds(SEND_MAX_DELAY_SECONDS),
      jitterStrategy: JitterType.FULL,
    });

    const findCommand = this.invoke('Find command', props.sendCommand, {
      comment: 'The start was not confirmed: looks for what it started, and starts nothing',
      timeout: Duration.minutes(3),
      payload: FIND_PAYLOAD,
    });
    findCommand.addRetry({ errors: [NOT_FOUND_YET_ERROR], interval: Duration.seconds(10), maxAttempts: FIND_ATTEMPTS, backoffRate: 1.5 });
    retryFor(findCommand, Math.min(POLL_RETRY.patienceSeconds, totalSeconds(settings)));

    const getStatus = this.invoke(POLL_STATE, props.getStatus, {
      comment: 'Polls every instance',
      timeout: Duration.seconds(POLL_RETRY.timeoutSeconds),
      payload: hasEvents ? RESUMED_POLL_PAYLOAD : POLL_PAYLOAD,
    });
    getStatus.addRetry({
      errors: [Errors.ALL],
      interval: Duration.seconds(POLL_RETRY.intervalSeconds),
      maxAttempts: POLL_RETRY.maxAttempts,
      backoffRate: 2,
    });
    const wait = hasEvents ? waitForEvent(this, props.getStatus, getStatus) : waitToPoll(this, getStatus);

    const fault = describeFault(this, FAULT_STATE, settings.chatNotifications);
    const succeeded = new Succeed(this, 'Succeeded', { outputPath: '$.status.result' });
    const skipped = new Succeed(this, 'Skipped', {
      comment: 'On at least one instance nothing was started: another run was running there, or this one had been started before',
      outputPath: '$.status.result',
    });
    const notDue = settings.calendars && new Succeed(this, 'Not due', {
      comment: 'A calendar of the job was closed at the scheduled time: nothing was started',
      outputPath: '$.status.result',
    });
    const failed = new Fail(this, 'Failed', { errorPath: '$.status.error', causePath: '$.status.cause' });

    const whatNext = new Choice(this, 'What next?', { comment: 'A status that is none of these is a failure' });
    const isLate = Condition.booleanEquals('$.status.isLate', true);
    const mayBeLate = settings.longRunningAfterSeconds !== undefined || settings.mustEndBy !== undefined;
    if (settings.chatNotifications) {
      const hasEnded = Condition.not(outcomeIs(RUNNING, RETRYING));
      const mayReport = mayBeLate ? Condition.or(hasEnded, isLate) : hasEnded;
      whatNext.when(Condition.and(HAS_NO_CHAT, mayReport), describeForChat(this, 'Describe for chat').next(whatNext));
    }
    if (mayBeLate) {
      whatNext.when(isLate,
        this.notify('Notify late', 'Reports that the run takes longer than expected, and goes on', wait));
    }
    if (notDue) {
      whatNext.when(isTrue('$.status.isCalendarUnread'),
        this.notify('Notify calendar', 'Reports that a calendar could not be read, and goes on', wait));
    }
    whatNext.when(outcomeIs(RUNNING), wait);
    if (settings.retry) {
      whatNext.when(outcomeIs(RETRYING), new Wait(this, 'Wait to try again', {
        comment: 'Before the next attempt, on the instances that failed',
        time: WaitTime.secondsPath('$.status.waitSeconds'),
      }).next(sendCommand));
    }
    if (settings.checkWarnings && !notifications.outcomes.includes(Outcome.SUCCEEDED)) {
      whatNext.when(isTrue('$.status.isWarning'), this.notify('Notify of warnings', 'A check has succeeded, and has warnings', succeeded));
    }
    if (notifications.outcomes.length > 0) {
      const howDidItEnd = new Choice(this, 'How did it end?', { comment: 'A report does not change how the run ends' })
        .when(outcomeIs(Outcome.SUCCEEDED), succeeded)
        .when(outcomeIs(Outcome.SKIPPED), skipped);
      if (notDue && notifications.outcomes.includes(Outcome.NOT_DUE)) {
        howDidItEnd.when(outcomeIs(Outcome.NOT_DUE), notDue);
      }
      howDidItEnd.otherwise(failed);
      if (notifications.outcomes.includes(Outcome.SKIPPED)) {
        whatNext.when(Condition.and(outcomeIs(Outcome.SKIPPED), isTrue('$.status.isDuplicate')), skipped,
          { comment: 'One scheduled time was delivered twice: nobody is notified' });
      }
      if (settings.notifyOnRecovery) {
        whatNext.when(isTrue('$.status.isRecovery'),
          this.notify(NOTIFY_RECOVERY_STATE, 'Reports that the job has succeeded after a failure', succeeded, RECOVERY_ATTRIBUTE));
      }
      whatNext.when(outcomeIs(...notifications.outcomes), this.notify(NOTIFY_STATE, 'A mail for people, the result as JSON for programs', howDidItEnd));
    }
    whatNext
      .when(outcomeIs(Outcome.SUCCEEDED), succeeded)
      .when(outcomeIs(Outcome.SKIPPED), skipped);
    if (notDue) {
      whatNext.when(outcomeIs(Outcome.NOT_DUE), notDue);
    }
    whatNext.otherwise(failed);

    start.next(sendCommand).next(whatNext);
    sendCommand.addCatch(findCommand, { errors: [Errors.ALL], resultPath: '$.fault' });
    findCommand.addCatch(fault, { errors: [Errors.ALL], resultPath: '$.fault' }).next(whatNext);
    getStatus.next(whatNext);
    getStatus.addCatch(this.pollAgain(getStatus, fault), { errors: [Errors.ALL], resultPath: '$.fault' });
    fault.next(whatNext);

    this.stateMachine = new StateMachine(this, 'Resource', {
      comment: `Batch job ${settings.name}`,
      stateMachineName: props.stateMachineName,
      role: props.role,
      definitionBody: new JobDefinition(start, props.text),
      // A net below Get status, which ends every run earlier, also where it fails: a time-out of the state machine runs no further state.
      timeout: Duration.seconds(longestRun(totalSeconds(settings) + GRACE_SECONDS + OVERTIME_SECONDS, settings.retry)),
      logs: { ...props.logs, level: props.logs.level ?? LogLevel.ALL },
      tracingEnabled: props.tracingEnabled ?? true,
    });
    if (props.encryptionKey) {
      encryptStateMachine(this.stateMachine, props.encryptionKey);
    }
    if (notifications.outcomes.length > 0 || mayBeLate || settings.calendars) {
      // For a topic with a key of the user's.
      notifications.grantPublish(this.stateMachine);
    }
    if (!props.role) {
      confineStateMachineRole(this, this.stateMachine.role);
      acceptDeliveries(this.stateMachine.role);
    }
  }

  private invoke(name: string, handler: IFunction, options: { comment: string; timeout: Duration; payload: { [key: string]: unknown } }) {
    return new LambdaInvoke(this, name, {
      comment: options.comment,
      // The same function, but a right to this version only: for the bare function, CDK grants all versions and aliases.
      lambdaFunction: handler.latestVersion,
      payload: TaskInput.fromObject(options.payload),
      payloadResponseOnly: true,
      resultPath: '$.status',
      taskTimeout: Timeout.duration(options.timeout),
      retryOnServiceExceptions: false,
    });
  }

  /** What follows a poll that has failed a few times in a row: another one, or the report that nobody knows more. */
  private pollAgain(getStatus: TaskStateBase, fault: IChainable): IChainable {
    const pause = new Wait(this, 'Wait to poll again', {
      comment: 'A service does not answer: the program may be well',
      time: WaitTime.duration(Duration.seconds(POLL_RETRY.pauseSeconds)),
    });
    const mayPoll = new Choice(this, 'Poll again?', { comment: 'For an hour, and not beyond the deadline of the run' })
      // A handler of an earlier release does not say for how long.
      .when(Condition.and(
        Condition.isPresent('$.status.giveUpAt'),
        Condition.timestampLessThanJsonPath('$.failed.at', '$.status.giveUpAt'),
      ), pause.next(getStatus))
      .otherwise(fault);
    return new Pass(this, 'Poll failed', {
      comment: 'Notes the time',
      parameters: POLL_FAILED_AT,
      resultPath: '$.failed',
    }).next(mayPoll);
  }

  private notify(name: string, comment: string, next: IChainable, attributes: { [name: string]: MessageAttribute } = {}): SnsPublish {
    const { notifications, settings } = this.props;
    const notify = publishReport(this, name, { comment, topic: notifications.topic, chat: settings.chatNotifications, attributes });
    notify.addRetry({ errors: [Errors.ALL], interval: Duration.seconds(2), maxAttempts: 5, backoffRate: 2 });
    // A mail that cannot be sent must not change how the run ends.
    notify.addCatch(next, { errors: [Errors.ALL], resultPath: '$.fault' });
    notify.next(next);
    return notify;
  }
}

/** How long a handler takes that asks SSM in vain, in seconds. */
const VAIN_SECONDS = 30;

/**
 * For a call that starts nothing: it is tried for so long, so that an outage of a service does not end the run. No jitter, which would
 * make it half as long on average.
 */
function retryFor(task: TaskStateBase, seconds: number): void {
  const { intervalSeconds: first } = POLL_RETRY;
  const longest = Duration.minutes(5).toSeconds();
  let maxAttempts = 0;
  for (let spent = 0; spent < seconds; maxAttempts++) {
    spent += VAIN_SECONDS + Math.min(longest, first * 2 ** maxAttempts);
  }
  task.addRetry({ errors: [Errors.ALL], interval: Duration.seconds(first), maxAttempts, backoffRate: 2, maxDelay: Duration.seconds(longest) });
}

/** Of a field that handlers of an earlier release do not return. */
function isTrue(path: string): Condition {
  return Condition.and(Condition.isPresent(path), Condition.booleanEquals(path, true));
}

function outcomeIs(...outcomes: string[]): Condition {
  const [first, ...others] = outcomes.map((outcome) => Condition.stringEquals('$.status.outcome', outcome));
  return others.length > 0 ? Condition.or(first, ...others) : first;
}

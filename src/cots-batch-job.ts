import { CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { OnEventOptions, Rule } from 'aws-cdk-lib/aws-events';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { ISchedule } from 'aws-cdk-lib/aws-scheduler';
import { ITopic } from 'aws-cdk-lib/aws-sns';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { BatchJobBase, IBatchJob } from './batch-job';
import { calendarSettings } from './calendars';
import { CotsBatchJobProps } from './cots-batch-job-props';
import { letServicesUse } from './encryption';
import { RunAlarm } from './failure-alarm';
import { checkHandlerOptions, HandlerOptions, handlerRoles } from './handlers/handler-options';
import { JobHandlers, JobParts } from './handlers/job-handlers';
import { CotsBatchJobAttributes, ImportedBatchJob } from './imported-batch-job';
import { uniqueJobKey } from './job-key';
import { retrySettings } from './job-retry';
import { JobSecret, launcherSecrets } from './job-secret';
import {
  aboutJob, checkExecutionData, checkJobName, checkParameters, checkValues, commandLimits, parameterDescriptions,
  parameterSettings, shownValues, withoutSensitive,
} from './job-settings';
import { jobTiming } from './job-timing';
import { warnOfMaxErrors, warnOfPollFloor, warnOfSecretParameters } from './job-warnings';
import { RunNotifications } from './notifications';
import { OutcomeEvents, outcomePattern } from './outcome-events';
import { RunOutput } from './output';
import { checkKinds } from './prop-kinds';
import { JobSettings, Outcome, reportSettings } from './protocol';
import { refuseOtherPrincipal } from './references';
import { RunSchedule } from './schedule';
import { endBySettings, mustStartWithinSeconds, scheduleSettings, scheduleWindowSeconds } from './schedule-options';
import { refuseSecretReferences } from './secret-references';
import { checkSize } from './settings-size';
import { StartWatch } from './start-watch';
import { RunTargets } from './targets';
import { refuseTogether, refuseWithout } from './validation';
import { RunWorkflow } from './workflow/workflow';
import { checkWorkflowOptions } from './workflow/workflow-options';

/**
 * Runs a batch program that has no API on EC2 instances and hybrid servers: launched on time, watched to its end on every
 * instance, and reported when it fails.
 *
 * @example
 * const job = new CotsBatchJob(this, 'NightlyIndex', {
 *   instanceIds: ['i-0123456789abcdef0'],
 *   command: BatchCommand.shell('bin/index.sh --sites sites.txt', { runAs: 'crawler', workingDirectory: '/opt/crawler' }),
 *   schedule: scheduler.ScheduleExpression.cron({ hour: '3', minute: '30', timeZone: TimeZone.EUROPE_ROME }),
 *   notificationTargets: [new subscriptions.EmailSubscription('ops@example.com')],
 * });
 */
export class CotsBatchJob extends BatchJobBase {
  /**
   * A job of another stack, which this one starts, stops, watches, or runs as a step of a state machine. One with an `encryptionKey` is
   * read by `fromCotsBatchJobAttributes` only.
   *
   * @param stateMachineArn the ARN of the job's state machine, in the account and region of its callers; a token is one, too
   * @throws if it is not the ARN of a state machine.
   */
  public static fromStateMachineArn(scope: Construct, id: string, stateMachineArn: string): IBatchJob {
    return new ImportedBatchJob(scope, id, { stateMachineArn });
  }

  /**
   * A job of another stack, with its key and its log groups.
   *
   * @throws if the ARN is not that of a state machine, or what belongs to the job is elsewhere.
   */
  public static fromCotsBatchJobAttributes(scope: Construct, id: string, attrs: CotsBatchJobAttributes): IBatchJob {
    return new ImportedBatchJob(scope, id, attrs);
  }

  /** The name of the job in mails and results. */
  public readonly jobName: string;

  /** Runs the job: every execution is one run. */
  public readonly stateMachine: StateMachine;

  /** The topic that the job reports to. */
  public readonly notificationTopic: ITopic;

  /** Names the job on its instances. By default it has a token in it, for the name of the stack. */
  public readonly jobKey: string;

  /** The SSM document that the job sends: its own, or the one that `BatchCommand.document` names, by name or ARN. */
  public readonly documentName: string;

  /** Checks the input of a run and sends its command. */
  public readonly startFunction: IFunction;

  /** Polls every instance of a run, and decides how it goes on. */
  public readonly pollFunction: IFunction;

  /**
   * Stops what an execution that was stopped has left running, and reports what it could not report. With `CompletionMode.EVENTS` it also
   * makes a run poll at once when one of its commands has ended.
   */
  public readonly closeFunction: IFunction;

  /** The log group of the program's output. There is none if `cloudWatchOutput` is off. */
  public readonly outputLogGroup?: ILogGroup;

  /**
   * Log group of the handlers and of the state machine. Its name begins with `/aws/vendedlogs/states/`: with another one, Step Functions
   * would add it to a resource policy of the account, which is full after some 40 log groups.
   *
   * @see https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
   */
  public readonly workflowLogGroup: ILogGroup;

  /** Starts runs on time. There is none without `schedule`. */
  public readonly startSchedule?: ISchedule;

  /** Starts checks. There is none without `scheduleOptions.checkSchedule`. */
  public readonly checkSchedule?: ISchedule;

  /** Notifies the topic when a run did not succeed, whatever became of its own notification. There is none without `alarmOnFailure`. */
  public readonly failureAlarm?: CompositeAlarm;

  /** Watches that scheduled runs are started: one execution for each scheduled time. There is none without `scheduleOptions.mustStartWithin`. */
  public readonly startWatch?: StateMachine;

  /**
   * Goes off where that watch itself fails, or cannot be started. It notifies the topic where CloudWatch can publish to it (see `alarmOnFailure`):
   * by default it cannot, so that you add an action of your own, or hand it to `BatchJobDashboard` as one of its
   * `alarms`. There is none without `scheduleOptions.mustStartWithin`.
   */
  public readonly startWatchAlarm?: CompositeAlarm;

  /** @internal */
  protected readonly _encryptionKey?: IKey;
  private readonly settings: JobSettings;
  private readonly output: RunOutput;
  private readonly secrets: JobSecret[];

  /**
   * @throws if a prop is not what it must be, or props exclude each other. The message names the prop, the rule and the value.
   */
  constructor(scope: Construct, id: string, props: CotsBatchJobProps) {
    super(scope, id);
    checkKinds(props);

    const { notificationTargets, ...others } = props;
    // The address of a web hook may be a secret, and ends in no document.
    refuseSecretReferences(this, others);
    const jobName = checkJobName(props.jobName ?? id);
    this.jobName = jobName;
    this._encryptionKey = props.encryptionKey;
    const jobKey = uniqueJobKey(this, props.jobKey);
    this.jobKey = jobKey.value;
    const parameters = parameterSettings(props.parameters ?? {});
    const secrets = props.secrets ?? {};
    this.secrets = Object.values(secrets);
    const timing = jobTiming(props);
    const { schedule, scheduleOptions, scheduleRole } = props;
    refuseWithout('schedule', schedule !== undefined, {
      scheduleOptions: scheduleOptions && { ...scheduleOptions, parameters: shownValues(parameters, scheduleOptions.parameters) },
      scheduleRole,
    });
    checkExecutionData(props.includeExecutionData, parameters);
    warnOfSecretParameters(this, parameters);
    refuseSharedParts(props);

    const targets = new RunTargets(this, props);
    const command = props.command._bind(this, {
      jobName,
      jobKey,
      executionTimeoutSeconds: timing.executionTimeoutSeconds,
      overlapWaitSeconds: timing.overlapWaitSeconds,
      parameterNames: Object.keys(parameters),
      secrets: launcherSecrets(this, secrets, Object.keys(parameters)),
      parameterDescriptions: parameterDescriptions(props.parameters ?? {}),
      overlapPolicy: props.overlapPolicy,
      isScheduled: props.schedule !== undefined,
      text: props.handlers?._text,
    });
    this.documentName = command.settings.name;
    refuseWithout('BatchCommand.shell or BatchCommand.powerShell', command.settings.own, {
      'jobKey': props.jobKey, 'secrets': props.secrets, 'scheduleOptions.checkSchedule': scheduleOptions?.checkSchedule?.expressionString,
    });
    checkParameters(parameters, command.settings);
    if (props.schedule) {
      checkValues('scheduleOptions.parameters', parameters, command.settings, props.scheduleOptions?.parameters);
    }

    letServicesUse(this, props.encryptionKey);
    this.output = new RunOutput(this, 'Output', { ...props, jobKey: this.jobKey });
    this.outputLogGroup = this.output.logGroup;

    const notifications = new RunNotifications(this, 'Notifications', { ...props, jobName });
    this.notificationTopic = notifications.topic;

    const parts = props.handlers?._partsOf(this) ?? this.ownParts(jobName, props);
    const { handlers } = parts;
    this.startFunction = handlers.sendCommand.function;
    this.pollFunction = handlers.getStatus.function;
    this.closeFunction = handlers.closeRun.function;
    this.workflowLogGroup = handlers.logGroup;

    this.settings = {
      name: jobName,
      ...aboutJob(props),
      document: command.settings,
      instanceIds: targets.instanceIds,
      targets: targets.targets,
      parameters,
      ...timing,
      mustEndBy: props.schedule && endBySettings(props.scheduleOptions ?? {}, props.schedule),
      scheduleWindowSeconds: props.schedule && scheduleWindowSeconds(props.scheduleOptions ?? {}),
      ...props.schedule && scheduleSettings(props.schedule, props.scheduleOptions ?? {}),
      calendars: calendarSettings(this, props.scheduleOptions ?? {}),
      successExitCodes: command.successExitCodes,
      retry: props.retry && retrySettings(props.retry, command.successExitCodes),
      overlapPolicy: command.overlapPolicy,
      ...props.allowRerun ? { allowRerun: true } : {},
      ...commandLimits(props, targets.commandCount, command.successExitCodes),
      ...this.output.settings,
      notificationSubject: notifications.subject,
      notificationTopicArn: notifications.topic.topicArn,
      notifyOn: notifications.outcomes,
      ...props.notifyOnRecovery ? { notifyOnRecovery: true } : {},
      ...props.chatNotifications ? { chatNotifications: true } : {},
      ...props.quoteOutput === false ? { quoteOutput: false } : {},
      ...scheduleOptions?.checkSchedule && notifications.outcomes.length > 0 ? { checkWarnings: true } : {},
    };
    checkSize(this.settings);
    warnOfPollFloor(this, this.settings);
    warnOfMaxErrors(this, props.maxErrors?._count, targets.commandCount);

    const logs = { destination: this.workflowLogGroup, level: props.workflowLogLevel, includeExecutionData: props.includeExecutionData };
    const { stateMachine } = new RunWorkflow(this, 'Workflow', {
      settings: this.settings,
      sendCommand: this.startFunction,
      getStatus: this.pollFunction,
      notifications,
      logs,
      tracingEnabled: props.tracingEnabled,
      encryptionKey: props.encryptionKey,
      role: parts.workflowRole,
      stateMachineName: parts.stateMachineName,
      text: props.handlers?._text,
    });
    this.stateMachine = stateMachine;
    handlers.serve(this, {
      settings: this.settings,
      targets,
      output: this.output,
      notifications,
      stateMachine,
      nameInSet: parts.nameInSet,
      encryptionKey: props.encryptionKey,
    });

    if (props.alarmOnFailure) {
      this.failureAlarm = new RunAlarm(this, 'FailureAlarm', {
        jobName,
        stateMachine,
        topic: this.notificationTopic,
        ownTopic: props.notificationTopic === undefined,
        encryptionKey: props.encryptionKey,
      }).alarm;
    }

    if (props.schedule) {
      const { schedule: startSchedule, checkSchedule } = new RunSchedule(this, 'Schedule', {
        jobName,
        stateMachine,
        schedule: props.schedule,
        options: props.scheduleOptions ?? {},
        role: parts.scheduleRole(),
        encryptionKey: props.encryptionKey,
      });
      this.startSchedule = startSchedule;
      this.checkSchedule = checkSchedule;
    }

    const within = props.schedule && mustStartWithinSeconds(props.scheduleOptions ?? {}, props.schedule);
    if (props.schedule && within !== undefined) {
      const watch = new StartWatch(this, 'StartWatch', {
        job: reportSettings(this.settings),
        mustStartWithinSeconds: within,
        stateMachine,
        startSchedule: this.startSchedule!,
        expression: props.schedule,
        options: props.scheduleOptions!,
        given: withoutSensitive(parameters, props.scheduleOptions!.parameters),
        checkStart: handlers.checkStart(stateMachine, props.encryptionKey).function,
        notifications,
        ownTopic: props.notificationTopic === undefined,
        logs,
        tracingEnabled: props.tracingEnabled,
        encryptionKey: props.encryptionKey,
      });
      this.startWatch = watch.stateMachine;
      this.startWatchAlarm = watch.alarm;
    }
  }

  /**
   * Gives an instance's role what the job needs: to be reached by Run Command, and to deliver the program's output to the log group
   * and the bucket. It may write what this job's instances write: their own log streams and keys where up to 20 `instanceIds` are known at
   * synth, else those of all instances. And it may read the values of the job's `secrets`, with the keys that encrypt them.
   *
   * The role of an instance in another stack must be imported into the stack of the job. Otherwise the rights are in the stack of the
   * instance, which then needs the job's, which needs the instance's for its `instanceIds`. CDK refuses that circle between two stacks, but
   * not around a nested one.
   *
   * @param grantee the role of the instance profile, or of a hybrid activation
   * @example
   * job.grantInstance(iam.Role.fromRoleName(Stack.of(job), 'ServerRole', instance.role.roleName));
   */
  public grantInstance(grantee: IGrantable): Grant {
    refuseOtherPrincipal('grantInstance', this.stateMachine, grantee);
    return this.secrets.reduce((grant, secret) => grant.combine(secret._grantRead(grantee)), this.output.grantInstance(grantee));
  }

  /**
   * A rule for what comes next when a run has ended: an incident, the start of another job, a function. Its events are on the default event
   * bus, with the detail type `Batch Job Run Ended` of the source `cots-batch-job`. Each has `outcome`, `job`, `stateMachineArn`, `execution` and
   * `cause` in its detail, and comes seconds after the execution has ended, whoever ended it. There is none for a check run.
   *
   * The first call adds a small state machine and the rule that starts it. It is no part of the runs: what goes wrong there changes none of them.
   * EventBridge delivers at least once, and the events of Step Functions that it hears are best effort: who must not miss a failure listens to
   * `notificationTopic`. In a chain, a step of a state machine (`asTask`) is the better choice.
   *
   * @param outcomes which ends of a run the rule is for
   * @param options those of every rule: `target` is what the event invokes, `eventPattern` confines the events further
   * @throws if there is no outcome, or one that no run has
   * @example
   * job.onOutcome('Failed', [Outcome.FAILED, Outcome.TIMED_OUT], { target: new targets.SqsQueue(queue) });
   */
  public onOutcome(id: string, outcomes: Outcome[], options: OnEventOptions = {}): Rule {
    const pattern = outcomePattern(this.stateMachineArn, outcomes);
    if (!this.node.tryFindChild('OutcomeEvents')) {
      new OutcomeEvents(this, 'OutcomeEvents', {
        jobName: this.jobName, stateMachine: this.stateMachine, executionArns: this._executionArns, encryptionKey: this._encryptionKey,
      });
    }
    const rule = new Rule(options.crossStackScope ?? this, id, {
      description: options.description, ruleName: options.ruleName, eventPattern: options.eventPattern,
    });
    rule.addEventPattern(pattern);
    rule.addTarget(options.target);
    return rule;
  }

  /** @internal */
  public get _workflowLogGroup(): ILogGroup {
    return this.workflowLogGroup;
  }

  /** @internal */
  protected get _outputLogGroup(): ILogGroup | undefined {
    return this.outputLogGroup;
  }

  /** @internal */
  protected _checkParameters(values?: { [name: string]: string }): void {
    const { parameters, document } = this.settings;
    checkValues('parameters', parameters, document, values);
  }

  private ownParts(jobName: string, props: CotsBatchJobProps): JobParts {
    const options = props.handlerOptions ?? {};
    const prop = (option: keyof HandlerOptions) => `handlerOptions.${option}`;
    checkHandlerOptions(this, options, prop);
    checkWorkflowOptions(this, props, handlerRoles(options, prop));
    return {
      handlers: new JobHandlers(new Construct(this, 'Handlers'), { ...props, options, subject: `batch job ${jobName}` }),
      workflowRole: props.workflowRole,
      scheduleRole: () => props.scheduleRole,
    };
  }
}

/** Refuses what a job with shared handlers has from them. */
function refuseSharedParts(
  { handlers, handlerOptions, workflowRole, scheduleRole, workflowLogGroup, workflowLogRetention, workflowLogRemovalPolicy }: CotsBatchJobProps,
): void {
  const parts = { handlerOptions, workflowRole, scheduleRole, workflowLogGroup, workflowLogRetention, workflowLogRemovalPolicy };
  for (const [prop, value] of Object.entries(parts)) {
    refuseTogether({ handlers, [prop]: value }, 'it is a prop of BatchJobHandlers, for all jobs that share them');
  }
}

import { ArnFormat, Lazy, Resource } from 'aws-cdk-lib';
import { Metric, MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule } from 'aws-cdk-lib/aws-events';
import { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct, IConstruct } from 'constructs';
import { EventTrigger, objectCreated, StartOnObjectCreatedProps, StartOnProps } from './event-trigger';
import { DURATION_METRIC, METRIC_NAMESPACE, Outcome, SCHEDULED_SUCCEEDED_METRIC } from './protocol';
import { refuseOtherAccount, refuseOtherPrincipal, refuseOtherRegion, refuseUseElsewhere } from './references';
import { isKnown } from './validation';
import { BatchJobJsonataTaskProps, BatchJobTask, BatchJobTaskProps, BatchJobTaskTarget } from './workflow/batch-job-task';

/**
 * A batch job of this stack, or of another one (`CotsBatchJob.fromCotsBatchJobAttributes`).
 */
export interface IBatchJob extends IConstruct {
  /** The name of the job in mails and results; of a job of another stack the ID of the construct, unless somebody has said it. */
  readonly jobName: string;

  /** The ARN of the state machine that runs the job: every execution is one run. */
  readonly stateMachineArn: string;

  /**
   * Lets a user, role or service start runs of the job. Where the job has an `encryptionKey`, that takes no right to the key: Step Functions
   * uses it with the role of the state machine.
   *
   * @throws if the grantee is of another account, which Step Functions lets in by no policy; so do the other grants
   */
  grantStart(grantee: IGrantable): Grant;

  /**
   * Lets a user, role or service stop runs of the job: the program is stopped on its instances.
   */
  grantStop(grantee: IGrantable): Grant;

  /**
   * Lets a user, role or service list the runs of the job, and read how they went: results, histories, definition. It includes the job's
   * log groups, as far as they are known (those of the workflow are those of all jobs that share its `handlers`), and decrypting with its
   * `encryptionKey`.
   */
  grantRead(grantee: IGrantable): Grant;

  /**
   * A step of a larger state machine that runs the job, waits for its end and returns its result.
   *
   * A run that does not succeed fails the step with the error `CotsBatchJob.<Outcome>`, which the parent can catch or retry. A
   * retry is a new run. A parent that is stopped stops the run.
   *
   * @throws if a parameter is unknown, missing, or not an allowed value, or the parent is in another region or account. What the parameters
   * of a job of another stack are is not known here: its runs refuse what they must.
   */
  asTask(scope: Construct, id: string, props?: BatchJobTaskProps): BatchJobTask;

  /**
   * `asTask` for a state machine whose query language is JSONata, and for a step in JSONata of any other.
   *
   * @throws like `asTask`
   */
  asJsonataTask(scope: Construct, id: string, props?: BatchJobJsonataTaskProps): BatchJobTask;

  /**
   * Starts a run of the job for each event that matches a pattern.
   *
   * The run is that of the event: EventBridge may deliver it more than once, and the program starts once. Two rules that match the same event
   * start one run, too. Two events are two runs, of which the job's `overlapPolicy` decides where they meet.
   *
   * @throws if a parameter is unknown, missing, or not an allowed value, as far as that is known at synth, or the job is in another region or
   * account than the construct
   * @example
   * job.startOn('PricesArrived', {
   *   eventPattern: { source: ['com.example.shop'], detailType: ['Prices Published'] },
   *   parameters: { KEYWORDS: events.EventField.fromPath('$.detail.topic') },
   * });
   */
  startOn(id: string, props: StartOnProps): Rule;

  /**
   * Starts a run of the job for each object that is created in a bucket, as `startOn` does for any event.
   *
   * @throws like `startOn`
   * @example
   * job.startOnObjectCreated('FileArrived', {
   *   bucket,
   *   keyPrefix: 'in/',
   *   parameters: { KEYWORDS: events.EventField.fromPath('$.detail.object.key') },
   * });
   */
  startOnObjectCreated(id: string, props: StartOnObjectCreatedProps): Rule;

  /**
   * Runs that ended with an outcome. Sum over five minutes by default.
   *
   * The handler that ends a run counts it, in the namespace `CotsBatchJob`. A run that no handler has ended, because the handlers
   * themselves fail, is not among them: only the metrics of Step Functions count that (`metricFailed`).
   */
  metric(outcome: Outcome, options?: MetricOptions): Metric;

  /**
   * Runs that were started, as Step Functions counts them. Sum over five minutes by default, like all metrics of Step Functions here.
   */
  metricStarted(options?: MetricOptions): Metric;

  /**
   * Runs that succeeded, as Step Functions counts them: also those that were skipped (`metricSkipped`) or not due, checks, and those that somebody
   * has started by hand. What the schedule started and succeeded is `metricScheduledSucceeded`.
   */
  metricSucceeded(options?: MetricOptions): Metric;

  /**
   * Runs that failed, whatever the outcome and whatever made them fail, as Step Functions counts them: also `TimedOut`, `Undelivered`,
   * `Cancelled` and `Unresponsive`. Those that somebody stopped are not among them (`metricAborted`).
   */
  metricFailed(options?: MetricOptions): Metric;

  /**
   * Runs that somebody stopped, as Step Functions counts them.
   */
  metricAborted(options?: MetricOptions): Metric;

  /**
   * How long runs took from their start to their end, in seconds, by the handler that ended them. Those that were skipped are not among
   * them. Average over five minutes by default.
   */
  metricDuration(options?: MetricOptions): Metric;

  /**
   * Runs that timed out: the program exceeded its `executionTimeout`, or the execution its own time-out. It is the metric of
   * `Outcome.TIMED_OUT`.
   */
  metricTimedOut(options?: MetricOptions): Metric;

  /**
   * Runs that were skipped: on at least one instance nothing was started. It is the metric of `Outcome.SKIPPED`.
   */
  metricSkipped(options?: MetricOptions): Metric;

  /**
   * Runs of a scheduled time that succeeded: every instance reported success. Neither those that were skipped nor those that were started
   * without a `scheduledTime` are among them, so that an alarm can tell by it that the job did not run. Sum over five minutes by default.
   *
   * The handlers count it, in the namespace `CotsBatchJob`.
   */
  metricScheduledSucceeded(options?: MetricOptions): Metric;
}

/**
 * What a job can do wherever it was made.
 *
 * @internal
 */
export abstract class BatchJobBase extends Construct implements IBatchJob {
  public abstract readonly stateMachine: IStateMachine;

  public abstract readonly jobName: string;

  /**
   * What the definition and the executions are encrypted with, as far as it is known.
   *
   * @internal
   */
  protected readonly _encryptionKey?: IKey;

  /**
   * Where the handlers leave a record of each run, as far as that is known.
   *
   * @internal
   */
  public abstract readonly _workflowLogGroup?: ILogGroup;

  /**
   * Where instances deliver the program's output, as far as that is known.
   *
   * @internal
   */
  protected abstract readonly _outputLogGroup?: ILogGroup;

  public get stateMachineArn(): string {
    return this.stateMachine.stateMachineArn;
  }

  public grantStart(grantee: IGrantable): Grant {
    refuseOtherPrincipal('grantStart', this.stateMachine, grantee);
    return this.stateMachine.grantStartExecution(grantee);
  }

  public grantStop(grantee: IGrantable): Grant {
    refuseOtherPrincipal('grantStop', this.stateMachine, grantee);
    return Grant.addToPrincipal({ grantee, actions: ['states:StopExecution'], resourceArns: [this._executionArns] });
  }

  public grantRead(grantee: IGrantable): Grant {
    refuseOtherPrincipal('grantRead', this.stateMachine, grantee);
    // Not the state machine's own grant, which allows to describe every state machine and activity of the account.
    const grant = this.stateMachine.grant(grantee, 'states:DescribeStateMachine', 'states:ListExecutions')
      .combine(Grant.addToPrincipal({
        grantee, actions: ['states:DescribeExecution', 'states:GetExecutionHistory'], resourceArns: [this._executionArns],
      }));
    const grants = [
      ...this._encryptionKey ? [this._encryptionKey.grant(grantee, 'kms:Decrypt')] : [],
      ...[this._workflowLogGroup, this._outputLogGroup].flatMap((logGroup) => logGroup ? [logGroup.grantRead(grantee)] : []),
    ];
    return grants.reduce((all, each) => all.combine(each), grant);
  }

  public asTask(scope: Construct, id: string, props: BatchJobTaskProps = {}): BatchJobTask {
    this.refuseParentElsewhere('asTask', scope);
    this._checkParameters(props.parameters);
    return BatchJobTask._jsonPath(scope, id, this.taskTarget, props);
  }

  public asJsonataTask(scope: Construct, id: string, props: BatchJobJsonataTaskProps = {}): BatchJobTask {
    this.refuseParentElsewhere('asJsonataTask', scope);
    // What an expression yields is known to a run only, like the value of a token.
    this._checkParameters(Object.fromEntries(Object.entries(props.parameters ?? {})
      .map(([name, value]) => [name, isExpression(value) ? Lazy.string({ produce: () => value }) : value])));
    return BatchJobTask._jsonata(scope, id, this.taskTarget, props);
  }

  public startOn(id: string, props: StartOnProps): Rule {
    refuseUseElsewhere(this, 'startOn', this.stateMachine, 'a rule starts no execution of another one');
    this._checkParameters(props.parameters);
    return new EventTrigger(this, id, this, props).rule;
  }

  public startOnObjectCreated(id: string, props: StartOnObjectCreatedProps): Rule {
    const { bucket } = props;
    refuseOtherRegion(this.stateMachine, 'bucket', bucket);
    refuseOtherAccount(this.stateMachine, 'bucket', bucket);
    const rule = this.startOn(id, { ...props, eventPattern: objectCreated(props) });
    if (Resource.isOwnedResource(bucket)) {
      bucket.enableEventBridgeNotification();
    }
    return rule;
  }

  public metric(outcome: Outcome, options?: MetricOptions): Metric {
    return this.recorded(outcome, options);
  }

  public metricStarted(options?: MetricOptions): Metric {
    return this.ofJob(this.stateMachine.metricStarted(options));
  }

  public metricSucceeded(options?: MetricOptions): Metric {
    return this.ofJob(this.stateMachine.metricSucceeded(options));
  }

  public metricFailed(options?: MetricOptions): Metric {
    return this.ofJob(this.stateMachine.metricFailed(options));
  }

  public metricAborted(options?: MetricOptions): Metric {
    return this.ofJob(this.stateMachine.metricAborted(options));
  }

  public metricDuration(options?: MetricOptions): Metric {
    return this.recorded(DURATION_METRIC, { statistic: Stats.AVERAGE, ...options });
  }

  public metricTimedOut(options?: MetricOptions): Metric {
    return this.metric(Outcome.TIMED_OUT, options);
  }

  public metricSkipped(options?: MetricOptions): Metric {
    return this.metric(Outcome.SKIPPED, options);
  }

  public metricScheduledSucceeded(options?: MetricOptions): Metric {
    return this.recorded(SCHEDULED_SUCCEEDED_METRIC, options);
  }

  /**
   * Executions that Step Functions has timed out.
   *
   * @internal
   */
  public _metricExecutionTimedOut(options?: MetricOptions): Metric {
    return this.ofJob(this.stateMachine.metricTimedOut(options));
  }

  /**
   * @throws if the parameters of a task are not those of the job, as far as they are known
   * @internal
   */
  protected _checkParameters(_values?: { [name: string]: string }): void {
    // Nothing is known.
  }

  private refuseParentElsewhere(method: string, parent: Construct): void {
    refuseUseElsewhere(parent, method, this.stateMachine, 'Step Functions waits for no execution of another one');
  }

  private get taskTarget(): BatchJobTaskTarget {
    return { jobName: this.jobName, stateMachine: this.stateMachine, encryptionKey: this._encryptionKey };
  }

  /**
   * Of the state machine's own region, which the state machine's own grants take for that of the stack.
   *
   * @internal
   */
  protected get _executionArns(): string {
    const { stateMachineArn, env, stack } = this.stateMachine;
    const { resourceName } = stack.splitArn(stateMachineArn, ArnFormat.COLON_RESOURCE_NAME);
    return stack.formatArn({
      service: 'states',
      region: env.region,
      account: env.account,
      resource: 'execution',
      resourceName: `${resourceName}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }

  private recorded(metricName: string, options?: MetricOptions): Metric {
    return this.ofJob(new Metric({
      namespace: METRIC_NAMESPACE,
      metricName,
      dimensionsMap: { StateMachineArn: this.stateMachine.stateMachineArn },
      statistic: Stats.SUM,
      ...options,
    }).attachTo(this));
  }

  /** A job of another region or account counts there, and not where it is imported. */
  private ofJob(metric: Metric): Metric {
    const { region, account } = this.stateMachine.env;
    return metric.with({ stackRegion: isKnown(region) ? region : undefined, stackAccount: isKnown(account) ? account : undefined });
  }
}

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html */
function isExpression(value: string): boolean {
  return typeof value === 'string' && value.startsWith('{%') && value.endsWith('%}');
}

import { randomUUID } from 'node:crypto';
import { AccessControl, Caller, Origin } from '../../aws/access';
import { AwsError } from '../../aws/aws-error';
import { AwsEvent } from '../events/aws-event';
import { ScaledClock } from '../../aws/clock';
import { TaskCall } from './engine-branch';
import { executionArn, ExecutionResult, RunningExecution, startExecution } from './engine';
import { executionEvent } from './execution-event';
import { definitionOf, Job } from '../../app/jobs';
import { RunEvent, RunRecord } from '../../run/run-record';
import { TaskTokens } from './task-tokens';

/** @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]{1,80}$/;

/** An execution, running or ended. */
export interface StartedExecution {
  readonly stateMachineArn: string;
  readonly roleArn: string;
  /** JSON. */
  readonly input: string;
  readonly execution: RunningExecution;
  /** Undefined while it runs. */
  result?: ExecutionResult;
}

export interface ExecutionsOptions {
  readonly jobs: readonly Job[];
  readonly clock: ScaledClock;
  readonly access: AccessControl;
  /** Carries out a Task for the role of the state machine, or throws a `TaskError`. */
  readonly runTask: (task: TaskCall, accessKeyId: string) => Promise<unknown>;
  /** Takes what Step Functions reports to EventBridge. */
  readonly publish: (event: AwsEvent, origin: Origin) => Promise<void>;
  readonly emit: (event: RunEvent) => void;
}

/** The executions of the app's state machines. */
export class Executions {
  /** What tasks wait for. */
  public readonly tokens = new TaskTokens();
  private readonly started = new Map<string, StartedExecution>();

  constructor(private readonly options: ExecutionsOptions) {}

  /** @throws AwsError `ExecutionDoesNotExist` */
  public find(arn: string): StartedExecution {
    const known = this.started.get(arn);
    if (known) {
      return known;
    }
    throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  }

  /** @throws AwsError `StateMachineDoesNotExist` */
  public job(stateMachineArn: string): Job {
    const job = this.options.jobs.find(({ arn }) => arn === stateMachineArn);
    if (job) {
      return job;
    }
    throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${stateMachineArn}'`);
  }

  /**
   * Starts an execution. A name is taken once; the same name with the same input, while that execution runs, is that execution.
   *
   * @throws AwsError `InvalidName`, `ExecutionAlreadyExists` or `StateMachineDoesNotExist`
   */
  public start(stateMachineArn: string, input: unknown, name: string | undefined, record: RunRecord): RunningExecution {
    const job = this.job(stateMachineArn);
    const text = JSON.stringify(input ?? {});
    if (name !== undefined && !NAME.test(name)) {
      throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
    }
    const taken = name ?? randomUUID();
    const arn = executionArn(stateMachineArn, taken);
    const known = this.started.get(arn);
    if (known && !known.result && known.input === text) {
      return known.execution;
    }
    if (known) {
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }

    const { clock, access, runTask, emit } = this.options;
    const caller: Caller = { roleArn: job.roleArn, session: taken, execution: arn, record };
    const accessKeyId = access.accessKeyFor(caller);
    const execution = startExecution({
      definition: definitionOf(job),
      input: JSON.parse(text),
      name: taken,
      stateMachineArn,
      roleArn: job.roleArn,
      clock,
      tokens: this.tokens,
      runTask: async (task) => runTask(task, accessKeyId),
      onEvent: (event) => emit({ kind: 'history', at: Date.parse(event.timestamp), execution: arn, event }),
    });
    const entry: StartedExecution = { stateMachineArn, roleArn: job.roleArn, input: text, execution };
    this.started.set(arn, entry);
    this.report(entry, caller);
    void execution.result.then((result) => {
      entry.result = result;
      this.report(entry, caller);
    });
    return execution;
  }

  /** Stops all that runs, and waits for it to end. */
  public async close(): Promise<void> {
    const running = [...this.started.values()].filter(({ result }) => result === undefined);
    for (const { execution } of running) {
      execution.abort();
    }
    await Promise.all(running.map(async ({ execution }) => execution.result));
  }

  /** Reports to EventBridge that an execution has started or ended. What that causes belongs to the execution's record. */
  private report({ stateMachineArn, input, execution, result }: StartedExecution, { record }: Origin): void {
    const { arn, name, startDate } = execution;
    const event = executionEvent({ arn, name, stateMachineArn, startDate, input, result });
    record.follow(this.options.publish(event, { execution: arn, record }));
  }
}

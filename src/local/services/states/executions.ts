import { randomUUID } from 'node:crypto';
import { Caller, Origin } from '../../aws/access';
import { AwsError } from '../../aws/aws-error';
import { AwsEvent } from '../events/aws-event';
import { ScaledClock } from '../../aws/clock';
import { executionArn, ExecutionResult, RunningExecution, startExecution } from './engine';
import { executionEvent } from './execution-event';
import { definitionOf, Job } from '../../app/jobs';
import { RunEvent, RunRecord } from '../../run/run-record';
import { TaskTokens } from './task-tokens';
import { runTask, TaskServices } from './tasks';

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

/** The executions of the app's state machines. */
export class Executions {
  /** What tasks wait for. */
  public readonly tokens = new TaskTokens();
  private readonly started = new Map<string, StartedExecution>();

  constructor(
    private readonly jobs: readonly Job[],
    private readonly clock: ScaledClock,
    private readonly services: () => TaskServices,
    private readonly publish: (event: AwsEvent, origin: Origin) => Promise<void>,
    private readonly emit: (event: RunEvent) => void,
  ) {}

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
    const job = this.jobs.find(({ arn }) => arn === stateMachineArn);
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

    const caller: Caller = { roleArn: job.roleArn, session: taken, execution: arn, record };
    const execution = startExecution({
      definition: definitionOf(job),
      input: JSON.parse(text),
      name: taken,
      stateMachineArn,
      roleArn: job.roleArn,
      clock: this.clock,
      tokens: this.tokens,
      runTask: async (call) => runTask(call, caller, this.services()),
      onEvent: (event) => this.emit({ kind: 'history', at: Date.parse(event.timestamp), execution: arn, event }),
    });
    const entry: StartedExecution = { stateMachineArn, roleArn: job.roleArn, input: text, execution };
    this.started.set(arn, entry);
    this.tell(entry, caller);
    void execution.result.then((result) => {
      entry.result = result;
      this.tell(entry, caller);
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

  /** Tells EventBridge how an execution stands. What that causes belongs to the execution's record. */
  private tell({ stateMachineArn, input, execution, result }: StartedExecution, { record }: Origin): void {
    const { arn, name, startDate } = execution;
    const event = executionEvent({ arn, name, stateMachineArn, startDate, input, result });
    record.follow(this.publish(event, { execution: arn, record }));
  }
}

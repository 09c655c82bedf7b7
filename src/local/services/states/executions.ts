import { randomUUID } from 'node:crypto';
import { executionArn, ExecutionResult, RunningExecution, startExecution } from './engine';
import { TaskCall } from './engine-branch';
import { TaskTokens } from './task-tokens';
import { definitionOf, Job } from '../../app/jobs';
import { AccessControl, Caller, Origin } from '../../aws/access';
import { AwsError } from '../../aws/aws-error';
import { ScaledClock } from '../../aws/clock';
import { RunEvent, RunRecord } from '../../run/run-record';
import { AwsEvent } from '../events/event';

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

  /** All, in the order in which they were started. */
  public all(): StartedExecution[] {
    return [...this.started.values()];
  }

  /** Those of a state machine, the latest first. */
  public of(stateMachineArn: string): StartedExecution[] {
    return [...this.started.values()].filter((started) => started.stateMachineArn === stateMachineArn).reverse();
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

/** An execution whose status has changed. */
export interface ChangedExecution {
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly startDate: string;
  /** JSON. */
  readonly input: string;
  /** @default - it is running */
  readonly result?: ExecutionResult;
}

/** Larger inputs and outputs are left out of an event. */
const MAX_DATA_BYTES = 248 * 1024;

/**
 * What Step Functions reports to EventBridge when an execution starts or ends.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
export function executionEvent({ arn, name, stateMachineArn, startDate, input, result }: ChangedExecution): AwsEvent {
  const [, , , region, account] = arn.split(':');
  const output = result?.output === undefined ? null : JSON.stringify(result.output);
  const hasOutput = output !== null && escapedBytes(output) <= MAX_DATA_BYTES;
  const hasInput = escapedBytes(input) + (hasOutput ? escapedBytes(output) : 0) <= MAX_DATA_BYTES;
  return {
    'version': '0',
    'id': randomUUID(),
    'detail-type': 'Step Functions Execution Status Change',
    'source': 'aws.states',
    'account': account,
    'time': (result?.stopDate ?? startDate).replace(/\.\d+Z$/, 'Z'),
    'region': region,
    'resources': [arn],
    'detail': {
      executionArn: arn,
      stateMachineArn,
      name,
      status: result?.status ?? 'RUNNING',
      startDate: Date.parse(startDate),
      stopDate: result ? Date.parse(result.stopDate) : null,
      input: hasInput ? input : null,
      output: hasOutput ? output : null,
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      redriveCount: 0,
      redriveDate: null,
      inputDetails: { included: hasInput },
      outputDetails: output === null ? null : { included: hasOutput },
      error: result?.error ?? null,
      cause: result?.cause ?? null,
    },
  };
}

/** An event has the data as JSON in JSON. */
function escapedBytes(json: string): number {
  return Buffer.byteLength(JSON.stringify(json));
}

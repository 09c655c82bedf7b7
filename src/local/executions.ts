import { randomUUID } from 'node:crypto';
import { Caller } from './access';
import { ScaledClock } from './clock';
import { executionArn, RunningExecution, startExecution } from './engine';
import { definitionOf, Job } from './jobs';
import { RunEvent, RunRecord } from './run-record';
import { runTask, TaskServices } from './tasks';

/** @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]{1,80}$/;

/** An error of StartExecution, by its name in the API. */
class StartError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** The executions of the app's state machines. */
export class Executions {
  private readonly started = new Map<string, { readonly input: string; readonly execution: RunningExecution; ended: boolean }>();

  constructor(
    private readonly jobs: readonly Job[],
    private readonly clock: ScaledClock,
    private readonly services: () => TaskServices,
    private readonly emit: (event: RunEvent) => void,
  ) {}

  /**
   * Starts an execution. A name is taken once; the same name with the same input, while that execution runs, is that execution.
   *
   * @throws Error named `InvalidName`, `ExecutionAlreadyExists` or `StateMachineDoesNotExist`
   */
  start(stateMachineArn: string, input: unknown, name: string | undefined, record: RunRecord): RunningExecution {
    const job = this.jobs.find(({ arn }) => arn === stateMachineArn);
    if (job === undefined) throw new StartError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${stateMachineArn}'`);
    const text = JSON.stringify(input ?? {});
    if (name !== undefined && !NAME.test(name)) throw new StartError('InvalidName', `Invalid Name: '${name}'`);
    const taken = name ?? randomUUID();
    const arn = executionArn(stateMachineArn, taken);
    const known = this.started.get(arn);
    if (known && !known.ended && known.input === text) return known.execution;
    if (known) throw new StartError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);

    const caller: Caller = { roleArn: job.roleArn, session: taken, execution: arn, record };
    const execution = startExecution({
      definition: definitionOf(job),
      input: JSON.parse(text),
      name: taken,
      stateMachineArn,
      roleArn: job.roleArn,
      clock: this.clock,
      runTask: async (call) => runTask(call, caller, this.services()),
      onEvent: (event) => this.emit({ kind: 'history', at: Date.parse(event.timestamp), execution: arn, event }),
    });
    const entry = { input: text, execution, ended: false };
    this.started.set(arn, entry);
    void execution.result.then(() => {
      entry.ended = true;
    });
    return execution;
  }

  /** Stops all that runs, and waits for it to end. */
  async close(): Promise<void> {
    const running = [...this.started.values()].filter(({ ended }) => !ended);
    for (const { execution } of running) execution.abort();
    await Promise.all(running.map(async ({ execution }) => execution.result));
  }
}

import { LocalRunResult, RunRecord, SentCommand } from './run-record';
import { Job, selectJob } from '../app/jobs';
import { SsmEndpoint } from '../services/ssm/endpoint';
import { RunningExecution } from '../services/states/engine';
import { Executions } from '../services/states/executions';

/** What to start. */
export interface StartOptions {
  /**
   * Construct path of the job, the last parts of it, or the logical id of its state machine.
   *
   * @default - the only state machine of the app
   */
  readonly job?: string;
  /**
   * Input of the execution, e.g. `{ parameters: { NAME: 'value' } }`.
   *
   * @default {}
   */
  readonly input?: unknown;
  /** @default - a random one */
  readonly executionName?: string;
}

/** An execution that is under way. */
export interface LocalExecution {
  readonly name: string;
  readonly arn: string;
  /**
   * Never fails: whatever happens is in the result. It comes when the functions that the execution's events invoke have ended,
   * too.
   */
  readonly result: Promise<LocalRunResult>;
  /** What StopExecution does. */
  abort(error?: string, cause?: string): void;
}

/** What a run has around it. */
interface Surroundings {
  readonly now: () => number;
  readonly mask: (text: string) => string;
  /** Says what the job will miss. */
  readonly onStart: (job: Job) => void;
  readonly deploy: (cdkOut: string) => void;
  readonly close: () => Promise<void>;
  readonly kill: () => void;
}

/** An app that is ready to run: any of its jobs, any number of times, with one SSM. */
export class LocalRun {
  /** @internal */
  constructor(
    public readonly jobs: readonly Job[],
    public readonly workDir: string,
    /** To look at commands, and to break things on the way. */
    public readonly endpoint: SsmEndpoint,
    /** Whether calls are held against the policies in the templates. */
    public readonly checksPolicies: boolean,
    private readonly executions: Executions,
    private readonly surroundings: Surroundings,
  ) {}

  /**
   * Starts an execution of a job.
   *
   * @throws UsageError if the job is not clear
   * @throws Error as StartExecution does: `ExecutionAlreadyExists`, `InvalidName`
   */
  public start({ job: wanted, input, executionName }: StartOptions = {}): LocalExecution {
    const job = selectJob([...this.jobs], wanted);
    this.surroundings.onStart(job);
    const record = new RunRecord();
    const before = new Set(this.endpoint.commands().map(({ commandId }) => commandId));
    const execution = this.executions.start(job.arn, input, executionName, record);
    return {
      name: execution.name,
      arn: execution.arn,
      result: this.describe(job, execution, record, before),
      abort: (error, cause) => execution.abort(error, cause),
    };
  }

  /** The run's time, in milliseconds since the epoch: waits may pass faster in it than in real time. */
  public now(): number {
    return this.surroundings.now();
  }

  /** A text without the values of secrets. */
  public mask(text: string): string {
    return this.surroundings.mask(text);
  }

  /** A copy of some JSON data without them. */
  public hide(data: unknown): unknown {
    return JSON.parse(JSON.stringify(data, (_, value: unknown) => typeof value === 'string' ? this.mask(value) : value));
  }

  /**
   * Deploys another output of the same app. As in AWS, executions that are under way keep their definition, while roles, functions, rules
   * and topics become the new ones. A document gets another version, and its default version stays behind.
   *
   * @throws UsageError if the folder is no cloud assembly
   */
  public deploy(cdkOut: string): void {
    this.surroundings.deploy(cdkOut);
  }

  /** Stops executions and scripts that still run, and closes the endpoint. Files are kept. */
  public async close(): Promise<void> {
    await this.surroundings.close();
  }

  /** Kills scripts and functions that still run, and waits for nothing: for a process that is about to end. */
  public kill(): void {
    this.surroundings.kill();
  }

  private async describe(
    job: Job,
    { result }: RunningExecution,
    record: RunRecord,
    before: Set<string>,
  ): Promise<LocalRunResult> {
    const { name: executionName, arn: executionArn, ...execution } = await result;
    await record.settled();
    return {
      job: job.path,
      executionName,
      executionArn,
      ...execution,
      durationSeconds: (Date.parse(execution.stopDate) - Date.parse(execution.startDate)) / 1000,
      notifications: record.notifications,
      calls: record.calls,
      commands: this.commands().filter(({ commandId }) => !before.has(commandId)),
      workDir: this.workDir,
    };
  }

  /** Oldest first. */
  private commands(): SentCommand[] {
    return this.endpoint
      .commands()
      .map(({ commandId, document, invocations }) => ({
        commandId,
        documentName: document.name,
        folder: `commands/${commandId}`,
        steps: document.content.steps.map(({ name }) => name),
        instances: Object.fromEntries(invocations.map(({ instance, details }) => [instance.instanceId, details])),
      }))
      .reverse();
  }
}

import { LocalRunResult, RunRecord, SentCommand } from './run-record';
import { fireSchedules, ScheduledRuns, ScheduledRunsOptions } from './scheduled-runs';
import { UsageError } from '../app/errors';
import { Job, selectJob } from '../app/jobs';
import { ScaledClock } from '../aws/clock';
import { AwsEvent } from '../services/events/event';
import { MetricValue } from '../services/logs/embedded-metrics';
import { isStateMachine, Scheduler } from '../services/scheduler/scheduler';
import { Schedule } from '../services/scheduler/schedules';
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
  readonly clock: ScaledClock;
  readonly scheduler: Scheduler;
  readonly metrics: () => MetricValue[];
  readonly notificationsOf: (executionArn: string) => readonly string[];
  readonly publish: (event: AwsEvent) => Promise<void>;
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
    const before = this.knownCommands();
    const execution = this.executions.start(job.arn, input, executionName, record);
    return {
      name: execution.name,
      arn: execution.arn,
      result: this.describe(job, execution, record, before),
      abort: (error, cause) => execution.abort(error, cause),
    };
  }

  /**
   * The schedules that `runSchedules` lets fire.
   *
   * @param wanted as the job of `start`; all schedules of the app without it
   * @throws UsageError if the job is not clear
   */
  public schedules(wanted?: string): Schedule[] {
    const all = this.surroundings.scheduler.schedules();
    if (wanted === undefined) {
      return all;
    }
    const { arn } = selectJob([...this.jobs], wanted);
    return all.filter(({ target }) => target.arn === arn);
  }

  /**
   * Lets schedules start executions at their times, from now on. Where nothing runs, the run's time goes on to the next one at once.
   *
   * @throws UsageError if the job is not clear, has no schedule, or lacks what it needs on this machine
   */
  public async runSchedules(options: ScheduledRunsOptions): Promise<ScheduledRuns> {
    const schedules = this.schedules(options.job);
    if (schedules.length === 0) {
      throw new UsageError(`${options.job === undefined ? 'the app' : `'${options.job}'`} must have a schedule that is enabled, to run until a time`);
    }
    const jobOf = ({ target }: Schedule): Job | undefined => this.jobs.find((job) => isStateMachine(target) && job.arn === target.arn);
    new Set(schedules.flatMap((schedule) => jobOf(schedule) ?? [])).forEach((job) => this.surroundings.onStart(job));
    return fireSchedules(schedules, options, {
      ...this.surroundings,
      jobOf,
      jobs: this.jobs,
      executions: () => this.executions.all(),
      describe: async (job, execution, record) => this.describe(job, execution, record, this.knownCommands()),
    });
  }

  /**
   * What the functions have measured so far, as CloudWatch would take it out of their logs.
   *
   * @param dimensions Those that a value must have; any, without it
   */
  public metrics(namespace: string, name: string, dimensions: { readonly [name: string]: string } = {}): MetricValue[] {
    return this.surroundings.metrics().filter((value) => value.namespace === namespace && value.name === name
      && Object.entries(dimensions).every(([dimension, wanted]) => value.dimensions[dimension] === wanted));
  }

  /**
   * Puts an event onto the default event bus, as EventBridge delivers it: rules of the app start jobs, and invoke functions. Never fails, and
   * resolves when all that they have started has ended.
   */
  public async publish(event: AwsEvent): Promise<void> {
    await this.surroundings.publish(event);
  }

  /** The run's time, in milliseconds since the epoch: waits may pass faster in it than in real time. */
  public now(): number {
    return this.surroundings.clock.now();
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

  private knownCommands(): Set<string> {
    return new Set(this.endpoint.commands().map(({ commandId }) => commandId));
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

import { OutputEvent } from '../services/ssm/endpoint';
import { ExecutionResult } from '../services/states/engine';
import { HistoryEvent } from '../services/states/history';

/** A call of an AWS service by a role of the app. */
export interface AwsCall {
  /** In the local run's time. */
  readonly at: string;
  /** `lambda`, `ssm`, … */
  readonly service: string;
  /** As in policies, e.g. `ssm:SendCommand`. */
  readonly action: string;
  /** ARN of the role, or a service such as `events.amazonaws.com`; empty for calls that are not made by the app. */
  readonly principal: string;
  /** ARNs, or `*`. */
  readonly resources: string[];
  /** Null where it was not checked: without the simulator of policies, or for calls that are not made by the app. */
  readonly allowed: boolean | null;
  /** The resource for which it is not allowed. */
  readonly deniedResource?: string;
  /** AWS's words for why it is not allowed. */
  readonly message?: string;
}

/** A subscription of a topic, as the template has it. */
export interface Subscription {
  readonly protocol: string;
  readonly endpoint: string;
  /** Whether its filter policy lets the message through. */
  readonly matches: boolean;
}

/** A message that a topic has accepted. */
export interface SentNotification {
  /** In the local run's time. */
  readonly at: string;
  readonly topicArn: string;
  /** Whom a mail is from, by the display name of the topic. */
  readonly sender: string;
  readonly subject: string;
  /** The text for each protocol that has one of its own, and `default` for all others. */
  readonly messages: { readonly [protocol: string]: string };
  readonly attributes: { readonly [name: string]: string };
  readonly subscriptions: Subscription[];
}

/** A command that SSM was sent, with the last status of each instance. */
export interface SentCommand {
  readonly commandId: string;
  readonly documentName: string;
  /**
   * In the folder of the run: it has a folder for each instance, with one for each step, in which `stdout` and `stderr` are what the step's
   * script has written.
   */
  readonly folder: string;
  readonly steps: readonly string[];
  readonly instances: { readonly [instanceId: string]: string };
}

/** What becomes of an event at a target of a rule that it matches. */
export interface EventDelivery {
  /** Status that the event reports: of an execution, e.g. `ABORTED`, or of a command or an invocation, e.g. `Success`. */
  readonly status: string;
  /** Construct path of the function, or of the rule if the event did not reach it. */
  readonly target: string;
  /**
   * - `lost`: a fault wants that the event does not come
   * - `invoked`: the function is invoked
   * - `failed`: that did not succeed; it is tried again
   * - `dropped`: that did not succeed either, and Lambda gives up
   */
  readonly phase: 'lost' | 'invoked' | 'failed' | 'dropped';
  /** From 1; 0 if it is lost. */
  readonly attempt: number;
  readonly error?: string;
}

/** What happens during a run, as it happens. Times are milliseconds since the epoch, of the local run's clock. */
export type RunEvent =
  | { readonly kind: 'history'; readonly at: number; readonly execution: string; readonly event: HistoryEvent }
  | { readonly kind: 'call'; readonly at: number; readonly execution: string; readonly call: AwsCall }
  | { readonly kind: 'notification'; readonly at: number; readonly execution: string; readonly notification: SentNotification }
  | { readonly kind: 'event'; readonly at: number; readonly execution: string; readonly delivery: EventDelivery }
  | {
    readonly kind: 'instance';
    readonly at: number;
    readonly commandId: string;
    readonly instanceId: string;
    readonly status: string;
  }
  | {
    readonly kind: 'command';
    readonly at: number;
    readonly commandId: string;
    readonly documentName: string;
    /** Empty where no instance matches its targets. */
    readonly instanceIds: readonly string[];
  }
  | ({ readonly kind: 'output' } & OutputEvent)
  | { readonly kind: 'warning'; readonly at: number; readonly message: string };

/** What came of an execution, with all that was seen of it. */
export interface LocalRunResult
  extends Pick<ExecutionResult, 'status' | 'output' | 'error' | 'cause' | 'startDate' | 'stopDate'> {
  /** Path of the job in the app. */
  readonly job: string;
  readonly executionName: string;
  readonly executionArn: string;
  /** In the local run's time. */
  readonly durationSeconds: number;
  /** Of this execution, of those that it started, and of the functions that their events invoked. */
  readonly notifications: SentNotification[];
  readonly history: HistoryEvent[];
  readonly historyEventCount: number;
  readonly largestStateBytes: number;
  /** Of this execution, of those that it started, and of the functions that their events invoked. */
  readonly calls: AwsCall[];
  /** Sent since this execution was started, by whichever execution. */
  readonly commands: SentCommand[];
  readonly workDir: string;
}

/**
 * The document that `run --json` writes. It has the same fields however the execution ended; what does not apply is null.
 *
 * Values of secrets and of sensitive parameters are `***`.
 */
export interface RunDocument {
  /** Path of the job in the app. */
  readonly job: string;
  readonly executionName: string;
  readonly executionArn: string;
  /** Of the execution. */
  readonly status: ExecutionResult['status'];
  /** Name of the error, e.g. `CotsBatchJob.Failed`; null after success. */
  readonly error: string | null;
  /** Why, in words; null after success, or where the execution says nothing. */
  readonly cause: string | null;
  /**
   * What the job reports about the run, with its `outcome`, `exitCode` and `instances`: the output of a successful execution, else the body of
   * the last JSON notification. Null if it has reported nothing, e.g. because the execution was stopped before.
   */
  readonly result: { readonly [field: string]: unknown } | null;
  /** Of the execution; null unless it succeeded. */
  readonly output: unknown;
  /** ISO 8601, in the run's time. */
  readonly startDate: string;
  readonly stopDate: string;
  /** In the run's time. */
  readonly durationSeconds: number;
  /** How long it really took, from start to end. */
  readonly realSeconds: number;
  /** How many times faster than real time waits have passed. */
  readonly speed: number;
  readonly notifications: readonly SentNotification[];
  readonly history: readonly HistoryEvent[];
  readonly historyEventCount: number;
  readonly largestStateBytes: number;
  /** In order. `deniedResource` and `message` are null unless a call was denied. */
  readonly calls: readonly object[];
  /** In order. */
  readonly commands: readonly SentCommand[];
  /** The folder that has the logs, and those of the commands; null if it was removed. */
  readonly workDir: string | null;
}

/** What is noted while an execution and those that it starts are under way, and while the events that they cause are handled. */
export class RunRecord {
  public readonly calls: AwsCall[] = [];
  public readonly notifications: SentNotification[] = [];
  private readonly underWay = new Set<Promise<void>>();

  /** Notes what goes on after an execution's end, and belongs to it. It must not fail. */
  public follow(work: Promise<void>): void {
    this.underWay.add(work);
    void work.then(() => this.underWay.delete(work));
  }

  /** Resolves when nothing goes on any more. */
  public async settled(): Promise<void> {
    while (this.underWay.size > 0) {
      await Promise.all(this.underWay);
    }
  }
}

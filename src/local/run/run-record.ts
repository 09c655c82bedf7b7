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
  /** Always true where policies are not checked. */
  readonly allowed: boolean;
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

import { ExecutionStatus } from './engine';
import { HistoryEvent } from './history';

/** A call of an AWS service by a role of the app. */
export interface AwsCall {
  /** In the local run's time. */
  readonly at: string;
  /** `lambda`, `ssm`, … */
  readonly service: string;
  /** As in policies, e.g. `ssm:SendCommand`. */
  readonly action: string;
  /** ARN of the role; empty for calls that are not made by the app. */
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

/** What happens during a run, as it happens. Times are milliseconds since the epoch, of the local run's clock. */
export type RunEvent =
  | { readonly kind: 'history'; readonly at: number; readonly execution: string; readonly event: HistoryEvent }
  | { readonly kind: 'call'; readonly at: number; readonly execution: string; readonly call: AwsCall }
  | { readonly kind: 'notification'; readonly at: number; readonly execution: string; readonly notification: SentNotification }
  | {
    readonly kind: 'instance';
    readonly at: number;
    readonly commandId: string;
    readonly instanceId: string;
    readonly status: string;
  }
  | { readonly kind: 'warning'; readonly at: number; readonly message: string };

/** What came of an execution, with all that was seen of it. */
export interface LocalRunResult {
  /** Path of the job in the app. */
  readonly job: string;
  readonly executionName: string;
  readonly executionArn: string;
  readonly status: ExecutionStatus;
  /** Of a successful execution. */
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
  readonly startDate: string;
  readonly stopDate: string;
  /** In the local run's time. */
  readonly durationSeconds: number;
  /** Of this execution and of those that it started. */
  readonly notifications: SentNotification[];
  readonly history: HistoryEvent[];
  readonly historyEventCount: number;
  readonly largestStateBytes: number;
  /** Of this execution and of those that it started. */
  readonly calls: AwsCall[];
  /** Sent since this execution was started, by whichever execution. */
  readonly commands: SentCommand[];
  readonly workDir: string;
}

/** What is noted while an execution and those that it starts are under way. */
export class RunRecord {
  readonly calls: AwsCall[] = [];
  readonly notifications: SentNotification[] = [];
}

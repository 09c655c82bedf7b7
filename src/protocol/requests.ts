/** What handlers are invoked with: by the state machine, and by EventBridge. */

import { Run } from './run';
import { JobSettings } from './settings';

/** Input of the SendCommand handler. */
export interface SendCommandRequest {
  /** `find` looks for what an earlier, unconfirmed `send` of the same run has started, and never sends. */
  readonly action: 'send' | 'find';
  readonly job: JobSettings;
  /** ARN of the execution. */
  readonly executionId: string;
  readonly executionName: string;
  /** What the execution was started with: any JSON. */
  readonly input: unknown;
  /** When the state was entered. Handlers take the time from here, so that it is the workflow's. */
  readonly now: string;
  /** How often the state has been retried. */
  readonly retryCount: number;
  /** Without a run before the first attempt; afterwards the run as `nextAttempt` has prepared it. */
  readonly status: { readonly run?: Run };
}

/** Input of the GetStatus handler. */
export interface GetStatusRequest {
  readonly job: JobSettings;
  readonly run: Run;
  readonly executionId: string;
  readonly now: string;
  /** How the wait before this look has ended: an event, or an error, which is a time-out as a rule. None where it only waits. */
  readonly wait?: { readonly isWoken?: boolean; readonly Error?: string };
  /** Whether a wait that begins removes the note of an event. In the workflows of the first release, it does not. */
  readonly removesNotes?: boolean;
}

/**
 * Input of the CloseRun handler: the `detail` of EventBridge's "Step Functions Execution Status Change".
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
export interface ExecutionEnded {
  readonly executionArn: string;
  readonly status: 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  /** Milliseconds since the epoch. */
  readonly startDate: number;
  readonly stopDate: number;
  /** In the words of whoever ended the execution. That events carry them everywhere is not confirmed: the history has them, too. */
  readonly error?: string | null;
  readonly cause?: string | null;
}

/**
 * The environment variable of Close run that has the `ReportSettings` of its job as JSON, for when the history of an execution cannot be
 * read. Handlers that several jobs share have none.
 */
export const REPORT_VARIABLE = 'REPORT_SETTINGS';

/**
 * Input of the WakeUp handler: the `detail` of EventBridge's "EC2 Command Status-change Notification".
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-eventbridge-events.html
 */
export interface CommandEnded {
  readonly 'command-id': string;
  readonly 'status': string;
}

/** The table that knows how to end the wait of a run. */
export const WaitsTable = {
  /** The environment variable that has its name. */
  VARIABLE: 'WAITS_TABLE',
  /** The partition key: `runKey`. */
  RUN: 'Run',
  /** Of the callback, as Step Functions has made it. */
  TOKEN: 'Token',
  /** The note of the latest event: when it has come, by the clock of whoever noted it, in ISO 8601. */
  WOKEN_AT: 'WokenAt',
  /** When the item may go, in seconds since the epoch. */
  EXPIRES: 'Expires',
} as const;

/** How long that table keeps a run, in seconds: longer than any wait. */
export const WAITS_KEPT_SECONDS = 7 * 86_400;

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
  /** How the wait before this poll has ended: by an event, or otherwise by its time-out. None where no event may end it. */
  readonly wait?: { readonly isResumed?: boolean };
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
 * Input of the CloseRun handler in a job whose waits end by events: what the job's rule makes of EventBridge's "EC2 Command Status-change
 * Notification".
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-eventbridge-events.html
 */
export interface CommandEnded {
  /** Of the job that the rule belongs to. */
  readonly stateMachineArn: string;
  readonly commandId: string;
  readonly commandStatus: string;
  /** When EventBridge got the event, in ISO 8601. */
  readonly endedAt: string;
}

/**
 * Input of the GetStatus handler where a wait begins that an event may end. Step Functions hands out a task token with a call only; the
 * token stands in the history of the execution, where the CloseRun handler finds it.
 */
export interface WaitRequest {
  readonly taskToken: string;
}

/**
 * The shapes that the workflow and its handlers exchange: what both sides of the house import.
 *
 * Every field of a `Status` is always there, because a missing JSON path ends a Step Functions
 * execution in a way that no `Catch` sees (`States.Runtime`).
 */

import { InstanceCounts, Notification, Outcome, RETRYING, RunResult, RUNNING } from './result';
import { JobSettings } from './settings';

export * from './result';
export * from './settings';

/** Errors of the state machine: `CotsBatchJob.Failed`, `CotsBatchJob.TimedOut`, … */
export const ERROR_PREFIX = 'CotsBatchJob.';

/** Thrown by SendCommand where SSM is known to have started nothing, so that the state machine may send again. */
export const NOT_SENT_ERROR = `${ERROR_PREFIX}NotSent`;

/** Thrown by FindCommand while commands of the run may still be missing from SSM's listing, which is eventually consistent. */
export const NOT_FOUND_YET_ERROR = `${ERROR_PREFIX}NotFoundYet`;

/**
 * How often the state machine sends again after `NOT_SENT_ERROR`. At the last time SendCommand reports that nothing was started,
 * instead of throwing.
 */
export const SEND_ATTEMPTS = 6;

/** How long the state machine waits at most before it sends again, in seconds. */
export const SEND_MAX_DELAY_SECONDS = 60;

/** How often the state machine looks for the commands of a run whose start was not confirmed. */
export const FIND_ATTEMPTS = 6;

/** `InstanceIds` of one SendCommand. @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html */
export const MAX_INSTANCE_IDS = 50;

/** The launcher's exit code where another run of the job was still running on the instance: nothing was started. */
export const ALREADY_RUNNING_EXIT_CODE = 212;

/** The launcher's exit code where this very run had been started on the instance before: nothing was started again. */
export const ALREADY_STARTED_EXIT_CODE = 213;

/**
 * The launcher's exit code where the very same command had started this run on the instance before: the agent takes up a command
 * again after a reboot. The program was interrupted, and is not started again.
 */
export const INTERRUPTED_EXIT_CODE = 214;

/** The launcher's exit code where the program could not be started: no such user or folder, no place for the mark, … */
export const NOT_STARTED_EXIT_CODE = 215;

/**
 * What the launcher says, as its last words on stderr, where a program that it had started ends with one of these exit codes. All
 * that the program prints cannot take this back.
 */
export const PROGRAM_EXIT_CODE_WORDS = 'cots-batch-job: the program itself ended with exit code';

/** How long after delivery and execution timeout a run is given up. */
export const GRACE_SECONDS = 300;

/** The version of the job's own document that is sent. */
export const LATEST_VERSION = '$LATEST';

/** The parameters of the job's own SSM document. */
export const DocumentParameter = {
  /** Identifies the run on the instance; empty when an operator sends the document by hand. */
  RUN_ID: 'RunId',
  /** `NAME=<base64 of the value>`, separated by commas. */
  VARIABLES: 'Variables',
  /** The limit of the script, in seconds. */
  EXECUTION_TIMEOUT: 'executionTimeout',
  /** Before when the program must have begun, in seconds since the epoch; empty where it may begin at any time. */
  START_BEFORE: 'StartBefore',
} as const;

/**
 * What a run identifier may be made of: execution names are longer and wider, see `runId`. It names a folder, so that it must not
 * be `.` or `..`, which exist before the run was started.
 */
export const RUN_ID_PATTERN = '^([A-Za-z0-9_-][A-Za-z0-9._-]{0,99})?$';

/** Environment variables as the document takes them. A comma ends a variable, base64 has none. */
export const VARIABLES_PATTERN = '^([A-Za-z_][A-Za-z0-9_]*=[A-Za-z0-9+/]*={0,2}(,|$))*$';

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

/** The namespace of the metrics that handlers record. */
export const METRIC_NAMESPACE = 'CotsBatchJob';

/** The metric of runs of a scheduled time that succeeded. Each outcome has a metric of its own name. */
export const SCHEDULED_SUCCEEDED_METRIC = 'ScheduledSucceeded';

/** The state that sends commands: while it is under way, a command may still be on its way. */
export const SEND_STATE = 'Send command';

/** The state that tells how a run has ended. Another one may tell before that it is late. */
export const NOTIFY_STATE = 'Notify';

/** How long the SendCommand handler may take. */
export const SEND_TIMEOUT_SECONDS = 120;

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

/** The error of a wait that does not begin, because an event has come since the latest look. Its prefix is the service's name. */
export const WOKEN_ERROR = '.ConditionalCheckFailedException';

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

/** One SendCommand: up to 50 instance IDs in the order in which the attempt has them, or all the targets. */
export interface RunCommand {
  /** Empty when SSM refused the command, or it was not found. */
  readonly commandId: string;
  /** Why there is no command; empty when there is one. */
  readonly error: string;
}

/** How it stands on one instance. */
export interface InstanceVerdict {
  /** Empty where SSM counts an instance, but does not list it. */
  readonly instanceId: string;
  readonly commandId: string;
  readonly outcome: Outcome | typeof RUNNING;
  /** SSM's own word, or why there is none. */
  readonly status: string;
  readonly exitCode: number;
  /** The step of the document whose exit code and output count; empty where none is known. */
  readonly step: string;
  /** Whether the document has several steps. */
  readonly severalSteps: boolean;
}

/** What the attempts before have settled: how it ended on the instances that are not tried again. */
export interface Settled {
  readonly counts: InstanceCounts;
  /** The worst ones: as many as a result describes. */
  readonly failures: InstanceVerdict[];
  /** The largest exit code where it did not fail; -1 if there is none. */
  readonly fineExitCode: number;
  /** As in `RunResult`. */
  readonly attempts: number;
  /** Instances that were skipped because another run was still running there. */
  readonly overlaps: number;
}

/** What a run has started, and what to watch: its latest attempt. */
export interface Run {
  /** The same for every delivery of one scheduled time; otherwise the execution's name. Each attempt has an ID of its own. */
  readonly id: string;
  readonly startedAt: string;
  readonly pollIntervalSeconds: number;
  /** The time that a schedule has started it for. */
  readonly scheduledTime?: string;
  /** The input that starts the same once more, as a run of its own. */
  readonly again?: string;
  /** Whether SSM lists commands of an earlier start of this run: nothing was sent then. */
  readonly wasStartedBefore?: boolean;
  /** From 1. */
  readonly attempt: number;
  /** When this attempt was sent. */
  readonly sentAt: string;
  /** Where this attempt runs; none for the first one, which runs wherever the job does. */
  readonly instanceIds?: string[];
  /** None for the first attempt. */
  readonly settled?: Settled;
  /** What attempts before did where this one runs, the first of them: for where it does not start. None for the first attempt. */
  readonly previous?: InstanceVerdict[];
  /** Why SSM took no command of this attempt, which is not the first; none where it took one. */
  readonly refusal?: string;
  /** When the latest event made the workflow look at this attempt. */
  readonly wokenAt?: string;
  /** Empty until the attempt is sent. */
  readonly commands: RunCommand[];
  /** Since when no look has heard of any agent whose instance still runs; none if the last look did, or could not tell. */
  readonly silentSince?: string;
  /** Since when each poll would have ended the run for what SSM did not list; none if the last one would not have. */
  readonly incompleteSince?: string;
  /** Whether a status has been late: it is told once. */
  readonly wasLate?: boolean;
}

/** What a wait that an event may end is made of. */
export interface Wake {
  /** As `runKey` has it. */
  readonly run: string;
  /**
   * Which notes of events do not keep the wait from beginning: those that sort before. All where the latest poll was made for a note, none
   * otherwise. It is no time, because nobody knows by how much the clock of the notes is wrong.
   */
  readonly since: string;
  /** When the table may forget the run, in seconds since the epoch, as DynamoDB takes a number. */
  readonly expires: string;
}

/** What both handlers return, and what the workflow decides on. */
export interface Status {
  /** An `Outcome`, `Running`, or `Retrying`. */
  readonly outcome: Outcome | typeof RUNNING | typeof RETRYING;
  /** How long to wait before the next look, or the next attempt. At least 1. */
  readonly waitSeconds: number;
  /**
   * From when on a poll that fails is not repeated any more, in ISO 8601. Handlers of earlier releases do not say so: a workflow must not
   * rely on it.
   */
  readonly giveUpAt: string;
  /** Whether this is the first status of a run that goes on and takes longer than expected. */
  readonly isLate: boolean;
  /** Whether a scheduled time was delivered once more while its run goes on, or has succeeded: it is skipped, and nobody is told. */
  readonly isDuplicate: boolean;
  /** What an event needs to end the wait. */
  readonly wake: Wake;
  readonly run: Run;
  /** Error of the state machine: `CotsBatchJob.<Outcome>`; empty while running and after success. */
  readonly error: string;
  /** One or two sentences for a person; empty while running and after success. */
  readonly cause: string;
  readonly result: RunResult;
  readonly notification: Notification;
}

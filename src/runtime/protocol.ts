/**
 * The shapes that the workflow and its handlers exchange: the one file that both sides of the house import.
 *
 * It depends on nothing. Every field of a `Status` is always there, because a missing JSON path ends a Step Functions
 * execution in a way that no `Catch` sees (`States.Runtime`).
 */

/**
 * How a run of a job ended, in one vocabulary everywhere: the state machine's error (`CotsBatchJob.<Outcome>`), the result of
 * an execution, the attribute of a notification and the mail.
 */
export enum Outcome {
  /** Every instance reported success. */
  SUCCEEDED = 'Succeeded',

  /** The batch program failed on an instance, or the run could not be started. */
  FAILED = 'Failed',

  /** The batch program ran longer than the execution timeout. */
  TIMED_OUT = 'TimedOut',

  /** An instance did not take the command: it did not run there. */
  UNDELIVERED = 'Undelivered',

  /** The command was cancelled, or SSM stopped sending it because too many instances had failed. */
  CANCELLED = 'Cancelled',

  /** An instance stopped answering: whether the batch program still runs there is unknown. */
  UNRESPONSIVE = 'Unresponsive',

  /** Nothing was to be done: this run had been started already, or another one was still running. */
  SKIPPED = 'Skipped',
}

/**
 * What happens where a run finds another run of the same job still running on a server.
 *
 * A run is running as long as one of its processes is, even if the execution that started it has ended.
 */
export enum OverlapPolicy {
  /** The new run is skipped on that server, which is a success to Step Functions (`Outcome.SKIPPED`). */
  SKIP = 'Skip',

  /** The new run starts next to the other one. */
  ALLOW = 'Allow',

  /**
   * The new run cancels the other one, on all its servers, and starts once its processes are gone; if they are not within a minute,
   * the new run is skipped. The run that was cancelled fails (`Outcome.CANCELLED`).
   */
  CANCEL_RUNNING = 'CancelRunning',
}

/** The outcome of a run that has not ended. */
export const RUNNING = 'Running';

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

/** How long after delivery and execution timeout a run is given up. */
export const GRACE_SECONDS = 300;

/** The parameters of the job's own SSM document. */
export const DocumentParameter = {
  /** Identifies the run on the instance; empty when an operator sends the document by hand. */
  RUN_ID: 'RunId',
  /** `NAME=<base64 of the value>`, separated by commas. */
  VARIABLES: 'Variables',
  /** The limit of the script, in seconds. */
  EXECUTION_TIMEOUT: 'executionTimeout',
} as const;

/**
 * What a run identifier may be made of: execution names are longer and wider, see `runId`. It names a folder, so that it must not
 * be `.` or `..`, which exist before the run was started.
 */
export const RUN_ID_PATTERN = '^([A-Za-z0-9_-][A-Za-z0-9._-]{0,99})?$';

/** Environment variables as the document takes them. A comma ends a variable, base64 has none. */
export const VARIABLES_PATTERN = '^([A-Za-z_][A-Za-z0-9_]*=[A-Za-z0-9+/]*={0,2}(,|$))*$';

/** A parameter that an execution may set. */
export interface ParameterSettings {
  readonly type: 'String' | 'Number' | 'Boolean';
  /** Taken when the input has no value. Without it, the parameter is required. */
  readonly default?: string;
  /** A regular expression that the whole value must match. */
  readonly pattern?: string;
  readonly allowedValues?: string[];
}

/** The SSM document that a run sends. */
export interface DocumentSettings {
  /** Name, or ARN when another account shares it. */
  readonly name: string;
  readonly version?: string;
  /**
   * The job's own document takes the parameters of `DocumentParameter`. Any other takes its fixed parameters, and each job
   * parameter as the document parameter of the same name.
   */
  readonly own: boolean;
  /** Fixed document parameters of a document that is not the job's own. */
  readonly parameters: { [name: string]: string[] };
  /** The document parameter, if there is one, that takes the execution timeout in seconds. */
  readonly executionTimeoutParameter?: string;
}

/** A target of SSM: `tag:Role`, `resource-groups:Name`, … */
export interface TargetSettings {
  readonly key: string;
  readonly values: string[];
}

/** What synth knows of a job. It is the state machine's first state, and part of every later state's input. */
export interface JobSettings {
  /** As in mails and results. */
  readonly name: string;
  readonly document: DocumentSettings;
  /** Empty when there are targets. */
  readonly instanceIds: string[];
  /** Empty when there are instance IDs. */
  readonly targets: TargetSettings[];
  readonly parameters: { [name: string]: ParameterSettings };
  readonly pollIntervalSeconds: number;
  readonly executionTimeoutSeconds: number;
  readonly deliveryTimeoutSeconds: number;
  /** How long an agent may be silent before its instance is given up. */
  readonly unresponsiveAfterSeconds: number;
  /** How long a run may take before it is told that it goes on. */
  readonly longRunningAfterSeconds?: number;
  readonly successExitCodes: number[];
  readonly overlapPolicy: OverlapPolicy;
  /** A number or a percentage of the instances of one command, as SSM takes it. */
  readonly maxConcurrency?: string;
  readonly maxErrors?: string;
  /** The log group that instances send output to. */
  readonly logGroupName?: string;
  readonly outputBucketName?: string;
  readonly outputKeyPrefix?: string;
  /** How the subject of a notification begins. */
  readonly notificationSubject: string;
  readonly notificationTopicArn: string;
  /** The outcomes that are reported. */
  readonly notifyOn: Outcome[];
}

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
}

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
}

/** Input of the GetStatus handler. */
export interface GetStatusRequest {
  readonly job: JobSettings;
  readonly run: Run;
  readonly executionId: string;
  readonly now: string;
}

/** One SendCommand: up to 50 instance IDs in the order of `instanceIds`, or all the targets. */
export interface RunCommand {
  /** Empty when SSM refused the command, or it was not found. */
  readonly commandId: string;
  /** Why there is no command; empty when there is one. */
  readonly error: string;
}

/** What a run has started, and what to watch. */
export interface Run {
  /** The same for every delivery of one scheduled time; otherwise the execution's name. */
  readonly id: string;
  readonly startedAt: string;
  readonly pollIntervalSeconds: number;
  readonly commands: RunCommand[];
  /** Since when no look has heard of any agent whose instance still runs; none if the last look did, or could not tell. */
  readonly silentSince?: string;
  /** Whether a status has been late: it is told once. */
  readonly wasLate?: boolean;
}

/** What both handlers return, and what the workflow decides on. */
export interface Status {
  /** An `Outcome`, or `Running`. */
  readonly outcome: Outcome | typeof RUNNING;
  /** How long to wait before the next look. At least 1. */
  readonly waitSeconds: number;
  /** Whether this is the first status of a run that goes on and takes longer than expected. */
  readonly isLate: boolean;
  readonly run: Run;
  /** Error of the state machine: `CotsBatchJob.<Outcome>`; empty while running and after success. */
  readonly error: string;
  /** One or two sentences for a person; empty while running and after success. */
  readonly cause: string;
  readonly result: RunResult;
  readonly notification: Notification;
}

/** A mail: plain text, within the limits of SNS. Empty while running, unless the run is late. */
export interface Notification {
  readonly subject: string;
  readonly text: string;
}

/**
 * The output of a successful execution, and the body of every JSON notification. It does not grow with the fleet.
 */
export interface RunResult {
  readonly outcome: Outcome | typeof RUNNING;
  /** Name of the job. */
  readonly job: string;
  /** ARN of the execution. */
  readonly execution: string;
  /** Identifies the run on its instances. */
  readonly runId: string;
  /** The first commands, at most 10: a command takes up to 50 instance IDs. */
  readonly commandIds: string[];
  readonly startedAt: string;
  /** Empty while running. */
  readonly endedAt: string;
  readonly durationSeconds: number;
  /** How often the batch program was started. */
  readonly attempts: number;
  /** The exit code of the first failure; after success the largest of all exit codes; -1 if there is none. */
  readonly exitCode: number;
  readonly cause: string;
  readonly instances: InstanceCounts;
  /** The first failures, at most 5. */
  readonly failures: InstanceFailure[];
  readonly links: RunLinks;
}

/** Instances by outcome; they add up to `total`. */
export interface InstanceCounts {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly timedOut: number;
  readonly undelivered: number;
  readonly cancelled: number;
  readonly unresponsive: number;
  readonly skipped: number;
  readonly running: number;
}

/** An instance on which the run did not succeed. */
export interface InstanceFailure {
  readonly instanceId: string;
  readonly outcome: Outcome;
  /** SSM's own word, e.g. `ExecutionTimedOut`, or why there is none. */
  readonly status: string;
  /** -1: the program did not run, or its exit code is not known. */
  readonly exitCode: number;
  readonly commandId: string;
  /** The last lines of what SSM returns of stdout. */
  readonly stdout: string;
  readonly stderr: string;
  /** Console page with the whole output of this instance; empty if it is not kept. */
  readonly logs: string;
}

/** Console pages; empty where there is none. */
export interface RunLinks {
  readonly execution: string;
  readonly command: string;
  readonly logs: string;
}

/**
 * A run, and what handlers report of it to the workflow.
 *
 * Every field of a `Status` is always there: a missing JSON path ends a Step Functions execution in a way that no `Catch` sees
 * (`States.Runtime`).
 */

import type { Delivered } from './delivery';
import { InstanceCounts, Notification, Outcome, RETRYING, RunResult, RUNNING } from './result';

/** `InstanceIds` of one SendCommand. @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html */
export const MAX_INSTANCE_IDS = 50;

/**
 * One SendCommand: up to 50 instance IDs in the order in which the attempt has them, or all the targets. SSM has taken it, and it has an
 * ID, or SSM has refused it. With neither of both, nobody knows whether it was sent.
 */
export interface RunCommand {
  readonly commandId?: string;
  readonly refusal?: Refusal;
}

/** Why there is no command. */
export interface Refusal {
  /** The name of SSM's error, such as `InvalidInstanceId`, or `NOT_TAKEN`. */
  readonly code: string;
  readonly message: string;
}

/** The code of a refusal that is none of SSM's: it took no request at all, however often one was sent. */
export const NOT_TAKEN = 'NotTaken';

/** Why an instance has its outcome. */
export enum Reason {
  // Words of SSM.
  PENDING = 'Pending',
  IN_PROGRESS = 'InProgress',
  DELAYED = 'Delayed',
  CANCELLING = 'Cancelling',
  SUCCESS = 'Success',
  FAILED = 'Failed',
  TIMED_OUT = 'TimedOut',
  EXECUTION_TIMED_OUT = 'ExecutionTimedOut',
  DELIVERY_TIMED_OUT = 'DeliveryTimedOut',
  UNDELIVERABLE = 'Undeliverable',
  INVALID_PLATFORM = 'InvalidPlatform',
  ACCESS_DENIED = 'AccessDenied',
  CANCELLED = 'Cancelled',
  TERMINATED = 'Terminated',
  SKIPPED = 'Skipped',
  NO_INSTANCES_IN_TAG = 'NoInstancesInTag',
  RATE_EXCEEDED = 'RateExceeded',
  LIMIT_EXCEEDED = 'LimitExceeded',

  /** SSM says nothing. */
  NONE = 'None',
  /** SSM uses a word that is not known. */
  UNKNOWN = 'Unknown',
  /** Two words of SSM contradict each other. */
  CONTRADICTORY = 'Contradictory',
  /** SSM does not list the instance. */
  NOT_REGISTERED = 'NotRegistered',
  /** SSM refused the command. */
  REFUSED = 'Refused',
  /** Whether the command was sent is unknown. */
  UNCONFIRMED = 'NotConfirmed',
  /** The agent does not answer. */
  CONNECTION_LOST = 'ConnectionLost',
  /** SSM does not know the instance. */
  NOT_MANAGED = 'NotManaged',
  /** A further attempt found something that runs. */
  ALREADY_RUNNING = 'AlreadyRunning',
  /** A further attempt had been started before. */
  ALREADY_STARTED = 'AlreadyStarted',
}

/** What is known of one instance. */
export interface InstanceVerdict {
  /** Empty where SSM counts an instance, but does not list it. */
  readonly instanceId: string;
  /** Empty where there is none. */
  readonly commandId: string;
  readonly outcome: Outcome | typeof RUNNING;
  readonly reason: Reason;
  /** SSM's own words, where they are not those of the reason. */
  readonly said?: string;
  /** Since when, where that is known. */
  readonly since?: string;
  /** Of a command that SSM refused. */
  readonly refusal?: Refusal;
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

/** How a run has waited on its instances for other runs of the job to end, as far as polls have seen. Only with `OverlapPolicy.WAIT`. */
export interface Waiting {
  /** In all attempts together. */
  readonly seconds: number;
  /** The latest poll of this attempt at which it waited. */
  readonly until?: string;
  /** Whether everything that was sent before this attempt has ended. */
  readonly isOver?: boolean;
}

/** What a run has started, and what to watch: its latest attempt. */
export interface Run extends Delivered {
  /** The same for every delivery of one scheduled time or one event; otherwise the execution's name. Each attempt has an ID of its own. */
  readonly id: string;
  readonly startedAt: string;
  readonly pollIntervalSeconds: number;
  /** Whether it does everything but the program. */
  readonly check?: boolean;
  /** ARN of the execution that it repeats. None where it repeats none. */
  readonly rerunOf?: string;
  /** The input that starts the same once more, as a run of its own; with null for the values that are withheld. */
  readonly again?: string;
  /**
   * Parameters that the execution was given and that are sensitive, or that the job does not have: whoever starts the same again must give
   * their values again. None without any.
   */
  readonly withheld?: string[];
  /** What is said of the calendars of a run that was started without them, because they could not be read. None of any other. */
  readonly calendarsUnread?: string;
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
  /** When the latest event has ended a wait of this attempt. */
  readonly resumedAt?: string;
  /** Empty until the attempt is sent. */
  readonly commands: RunCommand[];
  /** Since when no poll has found an agent that responds, of those whose instances still run; none if the last poll has, or does not know. */
  readonly silentSince?: string;
  /** Since when each poll would have ended the run for what SSM did not list; none if the last one would not have. */
  readonly incompleteSince?: string;
  /** Whether a status has been late: it is reported at the first time only. */
  readonly wasLate?: boolean;
  /** The same for the time of day by which it must have ended. */
  readonly wasOverdue?: boolean;
  /** None where nobody wants to know: the job has no `longRunningAfter`, or its runs do not wait. */
  readonly waiting?: Waiting;
}

/** What both handlers return, and what the workflow decides on. */
export interface Status {
  /** An `Outcome`, `Running`, or `Retrying`. */
  readonly outcome: Outcome | typeof RUNNING | typeof RETRYING;
  /** How long to wait before the next poll, or the next attempt. At least 1. */
  readonly waitSeconds: number;
  /**
   * From when on a poll that fails is not repeated any more, in ISO 8601. Handlers of earlier releases do not say so: a workflow must not
   * rely on it.
   */
  readonly giveUpAt: string;
  /** Whether this is the first status of a run that goes on and takes longer than expected, or than the time of day by which it must end. */
  readonly isLate: boolean;
  /** Whether a scheduled time was delivered once more while its run goes on, or has succeeded: it is skipped, and nobody is notified. */
  readonly isDuplicate: boolean;
  /** Whether the run has succeeded after one that failed; only in jobs that ask for it. Handlers of earlier releases do not say so. */
  readonly isRecovery: boolean;
  /** True in the first status of a run that was started although a calendar could not be read, and in no other: nothing else has it. */
  readonly isCalendarUnread?: boolean;
  /** Whether this is a check that has succeeded and has warnings. Handlers of earlier releases do not say so. */
  readonly isWarning: boolean;
  readonly run: Run;
  /** Error of the state machine: `CotsBatchJob.<Outcome>`; empty while running and after success. */
  readonly error: string;
  /** One or two sentences for a person; empty while running and after success. */
  readonly cause: string;
  readonly result: RunResult;
  readonly notification: Notification;
}

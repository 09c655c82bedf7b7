/** How a run is reported: to a parent workflow, to subscribers, to people, to CloudWatch. */

import { ChatNotification } from './chat';

/**
 * How a run of a job ended, in one vocabulary: the state machine's error (`CotsBatchJob.<Outcome>`), the result of an execution, and
 * the attribute of a notification. The mail says it in words.
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

  /** An instance stopped answering, or its agent lost the batch program: whether it still runs there is unknown. */
  UNRESPONSIVE = 'Unresponsive',

  /**
   * On at least one instance nothing was started, because another run was still running there, or this one had been started before. On
   * all others it succeeded.
   */
  SKIPPED = 'Skipped',

  /** A calendar of the job was closed at the run's scheduled time: nothing was started. Only of a job with `scheduleOptions.calendars`. */
  NOT_DUE = 'NotDue',

  /**
   * No run of a scheduled time was there when it had to be (`scheduleOptions.mustStartWithin`), or it could not be found out. It is no outcome
   * of an execution: nothing was started.
   */
  NOT_STARTED = 'NotStarted',
}

/** Outcomes that no run has: their reports come from elsewhere. */
export const NO_RUN_OUTCOMES: readonly Outcome[] = [Outcome.NOT_STARTED];

/** The outcome of a run that has not ended. */
export const RUNNING = 'Running';

/** The outcome of an attempt that another one follows. */
export const RETRYING = 'Retrying';

/** A mail: plain text, within the limits of SNS. Empty while running, unless the run is late. */
export interface Notification {
  readonly subject: string;
  readonly text: string;
  /** For chat clients; only of jobs that ask for it, and not by handlers of earlier releases. */
  readonly chat?: ChatNotification;
}

/**
 * The output of a successful execution, and the body of every JSON notification. It does not grow with the fleet.
 */
export interface RunResult {
  readonly outcome: Outcome | typeof RUNNING;
  /** Whether this was a check: the program was not to be started. */
  readonly check: boolean;
  /** ARN of the execution that this one repeats; empty where it repeats none, and where the workflow itself has failed. */
  readonly rerunOf: string;
  /** What a check of a job with `checkSchedule` has found that keeps no run from starting; otherwise empty. */
  readonly warnings: string[];
  /** Name of the job. */
  readonly job: string;
  /** What the job is for; may be empty. */
  readonly description: string;
  /** Whom to ask; may be empty. */
  readonly owner: string;
  readonly account: string;
  readonly region: string;
  /** ARN of the execution. */
  readonly execution: string;
  /** Identifies the run, in its last attempt, on its instances. */
  readonly runId: string;
  /** The first commands of the last attempt, at most 10: a command takes up to 50 instance IDs. */
  readonly commandIds: string[];
  readonly startedAt: string;
  /** Empty while running. */
  readonly endedAt: string;
  readonly durationSeconds: number;
  /**
   * The next time of the job's schedule, as that was when the job was deployed. Empty where it is not known: without a schedule, with a rate, and
   * where a handler could not say so.
   */
  readonly nextScheduledTime: string;
  /** How often the batch program was started. */
  readonly attempts: number;
  /** The exit code of the first failure; after success the largest of all exit codes; -1 if there is none. */
  readonly exitCode: number;
  readonly cause: string;
  readonly instances: InstanceCounts;
  /** The first failures, at most 5. */
  readonly failures: InstanceFailure[];
  /** ARN of the execution after whose failure the job has succeeded again; empty unless it asks for that. */
  readonly recoveredFrom: string;
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
  /** Among more than 50 instances that run, also those that have ended: it is not asked for them before the end. */
  readonly running: number;
}

/** An instance on which the run did not succeed. */
export interface InstanceFailure {
  readonly instanceId: string;
  readonly outcome: Outcome;
  /** SSM's own word, e.g. `ExecutionTimedOut`, or why there is none. */
  readonly status: string;
  /** -1: the program did not run, or its exit code is not known. What the agent reports of its own failures is none. */
  readonly exitCode: number;
  readonly commandId: string;
  /** The last lines of what SSM returns of stdout. */
  readonly stdout: string;
  readonly stderr: string;
  /** Console page with the whole output of this instance; empty if it is not kept, or `maxErrors` has left the instance out. */
  readonly logs: string;
}

/** Pages; empty where there is none. */
export interface RunLinks {
  readonly execution: string;
  readonly command: string;
  readonly logs: string;
  /** The page of the job that says what to do when it fails. */
  readonly runbook: string;
}

/** What the events that say how runs have ended come from, and what they are called. */
export const OUTCOME_SOURCE = 'cots-batch-job';
export const OUTCOME_DETAIL_TYPE = 'Batch Job Run Ended';

/** The namespace of the metrics that handlers record. */
export const METRIC_NAMESPACE = 'CotsBatchJob';

/** The metric of how long runs took, in seconds, and the field of it in the record of a run. */
export const DURATION_METRIC = 'Duration';

/** The metric of runs of a scheduled time that succeeded. Each outcome has a metric of its own name. */
export const SCHEDULED_SUCCEEDED_METRIC = 'ScheduledSucceeded';

/** What the workflow that watches the starts of a job and its handler share. */

import { Notification, Outcome, RunResult } from './result';
import { ReportSettings, ScheduleSettings } from './settings';

/** The state that the workflow begins with, with what the deployment knows. */
export const WATCH_FIRST_STATE = 'Watch settings';

/** The outcome of a watch that has found a run. */
export const STARTED = 'Started';

/** The outcome of a watch that has not found one yet, and looks again. */
export const NOT_FOUND = 'NotFound';

/** The error of a watch that could not find out whether there is a run. */
export const NOT_CHECKED_ERROR = 'CotsBatchJob.NotChecked';

/** The environment variable of Check start that names the log group of its marks. */
export const START_MARKS_VARIABLE = 'START_MARKS_LOG_GROUP';

/** How long CheckStart may take. */
export const CHECK_TIMEOUT_SECONDS = 300;

/** What synth knows of a watch. */
export interface WatchSettings {
  /** ARN of the state machine of the job. */
  readonly stateMachineArn: string;
  readonly mustStartWithinSeconds: number;
  /** How long after its time EventBridge Scheduler may still start a run. */
  readonly scheduleWindowSeconds: number;
  readonly scheduleName: string;
  /** As it was deployed. */
  readonly schedule: ScheduleSettings;
  /** Whether starts that could not be delivered go to a queue. */
  readonly hasDeadLetterQueue: boolean;
  /** What the schedule starts a run with, but for what nothing may quote. */
  readonly parameters: { readonly [name: string]: string };
  /** Names of parameters whose values nothing may quote. */
  readonly withheld: string[];
}

/** Input of the CheckStart handler. */
export interface CheckStartRequest {
  readonly job: ReportSettings;
  readonly watch: WatchSettings;
  /** What the watch was started with: any JSON. Its schedule writes `scheduledTime`. */
  readonly input: unknown;
  /** ARN of the execution of the watch. */
  readonly executionId: string;
  readonly now: string;
  /** Whether this is the last look: what is not there then is reported. */
  readonly isLast: boolean;
  /** What EventBridge Scheduler says of the schedule, or its error. */
  readonly schedule: ServiceWord;
  /** What SQS says of the dead-letter queue, or its error; nothing where there is no queue. */
  readonly deadLetters: ServiceWord;
}

/** What a state made of the answer of a service, or the error that it has caught. */
export interface ServiceWord {
  readonly state?: string;
  readonly expression?: string;
  readonly count?: string;
  readonly Error?: string;
}

/** What CheckStart returns. Every field is always there: a missing path would end the execution in a way that nothing catches. */
export interface WatchStatus {
  readonly outcome: Outcome | typeof STARTED | typeof NOT_FOUND;
  /** Whether another execution of the watch, of the same time, reports it. */
  readonly isDuplicate: boolean;
  /** Error of the state machine; empty if it could be checked. */
  readonly error: string;
  readonly cause: string;
  /** ARN of the run; empty without one. */
  readonly execution: string;
  /** None where nothing is to be reported. */
  readonly result: RunResult | null;
  readonly notification: Notification;
}

import { CalendarSettings } from './calendars';
import { Outcome } from './result';

/**
 * What happens where a run finds another run of the same job still running on an instance.
 *
 * A run is running as long as one of its processes is, even if the execution that started it has ended.
 */
export enum OverlapPolicy {
  /**
   * The new run is skipped on that instance, which is a success to Step Functions (`Outcome.SKIPPED`). It fails instead where only
   * processes are left of a run that has ended or should have.
   */
  SKIP = 'Skip',

  /** The new run starts next to the other one. */
  ALLOW = 'Allow',

  /**
   * The new run cancels the other one, on all its instances, and starts once its processes are gone. If they are not within a minute,
   * the new run fails and names them. The run that was cancelled fails (`Outcome.CANCELLED`). What somebody has sent by hand is cancelled as
   * well, but for jobs that share their `handlers`.
   */
  CANCEL_RUNNING = 'CancelRunning',

  /**
   * The new run waits on that instance until the other one has ended, for `overlapWait` at most; then it is skipped there, and that is
   * reported. Waiting counts neither towards `executionTimeout` nor towards `longRunningAfter`. Of several that wait, any may be next.
   *
   * On Linux instances only. An agent runs five commands at once: those that wait are among them.
   */
  WAIT = 'Wait',
}

/** How a run learns that its program has ended. */
export enum CompletionMode {
  /** It polls, up to `pollInterval` apart. */
  POLLING = 'Polling',

  /** Events of SSM make it poll at once. They are best effort: it polls at least every `pollInterval`, too. */
  EVENTS = 'Events',
}

/** A parameter that an execution may set. */
export interface ParameterSettings {
  readonly type: 'String' | 'Number' | 'Boolean';
  /** Taken when the input has no value. Without it, the parameter is required. */
  readonly default?: string;
  /** A regular expression that the whole value must match. */
  readonly pattern?: string;
  readonly allowedValues?: string[];
  /** Whether nothing may quote a value. */
  readonly sensitive?: boolean;
}

/** The SSM document that a run sends. */
export interface DocumentSettings {
  /** Name, or ARN when another account shares it. */
  readonly name: string;
  /**
   * None for the default version. The job's own document is sent by its latest one, also where settings of the first release have none.
   */
  readonly version?: string;
  /**
   * The job's own document takes the parameters of `DocumentParameter`. Any other takes its fixed parameters, and each job
   * parameter as the document parameter of the same name.
   */
  readonly own: boolean;
  /** Whether the document takes `DocumentParameter.START_BEFORE`, as the job's own does since there is such a parameter. */
  readonly startBefore?: boolean;
  /** Whether the document takes `DocumentParameter.CHECK`, as the job's own does since there is such a parameter. */
  readonly check?: boolean;
  /**
   * Whether the script ends at its first command that fails. None in settings of earlier releases, which do not say, and where the
   * document is not the job's own.
   */
  readonly failFast?: boolean;
  /** Whether the launcher of the job's own document judges the output, and may end with `OUTPUT_RULE_EXIT_CODE`. */
  readonly outputRules?: boolean;
  /**
   * How large the job's own document is, as far as synth knows it: bytes of compact JSON. None in settings of earlier releases, and where
   * the document is not the job's own.
   */
  readonly bytes?: number;
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

/** When a job starts by itself. */
export interface ScheduleSettings {
  /** `cron(…)`, `rate(…)` or `at(…)`. */
  readonly expression: string;
  readonly timeZone: string;
}

/** When the batch program is started once more, on the instances that failed. */
export interface RetrySettings {
  /** How often the program is started at most, the first time included. */
  readonly maxAttempts: number;
  /** How long to wait before the second attempt. */
  readonly intervalSeconds: number;
  /** By how much each further wait is longer than the one before. */
  readonly backoffRate: number;
  readonly maxDelaySeconds: number;
  /** Outcomes of an instance that are worth another attempt there. */
  readonly outcomes: Outcome[];
  /** Exit codes that are, where the outcome is `Failed`; empty for all. */
  readonly exitCodes: number[];
}

/** A time of day by which a run must have ended. */
export interface EndBySettings {
  /** `06:00` */
  readonly time: string;
  /** `Europe/Rome` */
  readonly timeZone: string;
}

/** What synth knows of a job. It is the state machine's first state, and part of every later state's input. */
export interface JobSettings {
  /** As in mails and results. */
  readonly name: string;
  /** What the job is for; may be empty. */
  readonly description: string;
  /** Whom to ask; may be empty. */
  readonly owner: string;
  /** What to do when it fails; may be empty. */
  readonly runbookUrl: string;
  readonly document: DocumentSettings;
  /** Empty when there are targets. */
  readonly instanceIds: string[];
  /** Empty when there are instance IDs. */
  readonly targets: TargetSettings[];
  readonly parameters: { [name: string]: ParameterSettings };
  readonly pollIntervalSeconds: number;
  readonly executionTimeoutSeconds: number;
  readonly deliveryTimeoutSeconds: number;
  /** How long an agent may be unresponsive before its instance is given up. */
  readonly unresponsiveAfterSeconds: number;
  /** How long a run may take before it is reported that it goes on. */
  readonly longRunningAfterSeconds?: number;
  /** When a run that still goes on is reported, too: the first such time after its scheduled time, or after its start if it has none. */
  readonly mustEndBy?: EndBySettings;
  /**
   * How long after its time the job's schedule may start a run: its flexible window, and the maximum age of its events. None where the
   * job has no schedule.
   */
  readonly scheduleWindowSeconds?: number;
  /** None where the job has no schedule, or where that is not enabled; nor in settings of earlier releases. */
  readonly schedule?: ScheduleSettings;
  /** What a run at a time of the schedule asks before it starts. */
  readonly calendars?: CalendarSettings;
  readonly successExitCodes: number[];
  /** None where a run has one attempt. */
  readonly retry?: RetrySettings;
  readonly overlapPolicy: OverlapPolicy;
  /** How long a run may wait on an instance for another one to end. Only with `OverlapPolicy.WAIT`. */
  readonly overlapWaitSeconds?: number;
  /** Whether an execution may repeat another one. None where it may not. */
  readonly allowRerun?: boolean;
  /** A number for the whole run, or a percentage of the instances of each command. */
  readonly maxConcurrency?: string;
  readonly maxErrors?: string;
  /** Whether checks look for what is to be warned of, which takes a right. */
  readonly checkWarnings?: boolean;
  /** The log group that instances send output to. */
  readonly logGroupName?: string;
  readonly outputBucketName?: string;
  readonly outputKeyPrefix?: string;
  readonly completion: CompletionMode;
  /** How the subject of a notification begins. */
  readonly notificationSubject: string;
  readonly notificationTopicArn: string;
  /** The outcomes that are reported. */
  readonly notifyOn: Outcome[];
  /** Whether it is reported that the job has succeeded after a failure. @default false */
  readonly notifyOnRecovery?: boolean;
  /** Whether notifications have a text for chat clients. @default false */
  readonly chatNotifications?: boolean;
  /** Whether reports quote the last lines of the program's output. @default true */
  readonly quoteOutput?: boolean;
}

/** What it takes to report that an execution has ended, where nothing else is known of its job. */
export type ReportSettings = Pick<
  JobSettings,
  'name' | 'description' | 'owner' | 'runbookUrl' | 'notificationSubject' | 'notificationTopicArn' | 'notifyOn' | 'chatNotifications'
>;

/** The part of a job's settings that reports need. */
export function reportSettings(
  { name, description, owner, runbookUrl, notificationSubject, notificationTopicArn, notifyOn, chatNotifications }: JobSettings,
): ReportSettings {
  return {
    name, description, owner, runbookUrl, notificationSubject, notificationTopicArn, notifyOn, ...chatNotifications ? { chatNotifications } : {},
  };
}

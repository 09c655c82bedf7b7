import { Fields, flag, isObject, list, name, number, object, oneOf, optional, orElse, Read, record, text, textAs, timeOfDay } from './fields';
import {
  CalendarSettings, CompletionMode, DocumentSettings, EndBySettings, JobSettings, NO_RUN_OUTCOMES, Outcome, OverlapPolicy, ParameterSettings,
  ReportSettings, RetrySettings, ScheduleSettings, TargetSettings, UnreadableCalendar,
} from '../protocol';
import { SENSITIVE_VALUE } from '../protocol/text';

/** What settings of any release say, as this one understands them. */
export interface ReadSettings {
  /** Every field is of its type: where it is not, or is missing and has no default, there is a stand-in. */
  readonly job: JobSettings;
  /** Where there is a stand-in, and why. With any of them nothing may be started. */
  readonly problems: string[];
}

/** The longest that a command may run, in seconds: a stand-in ends no run too early. */
const LONGEST_EXECUTION_SECONDS = 172_800;

const anyParameter: Read<ParameterSettings> = object<ParameterSettings>({
  // Of one that a later release may add, the rules are not known.
  type: oneOf(['String', 'Number', 'Boolean'], 'String'),
  default: optional(text),
  pattern: optional(text),
  allowedValues: optional(list(text)),
  sensitive: optional(flag),
});

/** What is wrong with a sensitive one is said without the value. */
const parameter: Read<ParameterSettings> = (value, where, problems) => {
  const own: string[] = [];
  const read = anyParameter(value, where, own);
  const isSensitive = isObject(value) && value.sensitive;
  problems.push(...isSensitive ? own.map((problem) => problem.replace(/, got .*$/s, `, got ${SENSITIVE_VALUE}`)) : own);
  return read;
};

const DOCUMENT: Fields<DocumentSettings> = {
  name,
  version: optional(text),
  own: flag,
  startBefore: optional(flag),
  check: optional(flag),
  failFast: optional(flag),
  outputRules: optional(flag),
  bytes: optional(number(0)),
  parameters: record(list(text)),
  executionTimeoutParameter: optional(text),
};

const retry: Read<RetrySettings> = object<RetrySettings>({
  maxAttempts: number(1),
  intervalSeconds: number(0),
  backoffRate: number(1),
  maxDelaySeconds: number(0),
  outcomes: list(textAs<Outcome>()),
  exitCodes: list(number(0)),
});

/** What Step Functions counts as a success, and what no run has. */
const UNREMARKABLE = [Outcome.SUCCEEDED, Outcome.SKIPPED, Outcome.NOT_DUE, ...NO_RUN_OUTCOMES];

const REPORT: Fields<ReportSettings> = {
  name: orElse(text, 'Job'),
  description: orElse(text, ''),
  owner: orElse(text, ''),
  runbookUrl: orElse(text, ''),
  notificationSubject: orElse(text, ''),
  notificationTopicArn: orElse(text, ''),
  chatNotifications: optional(flag),
  // Nobody is left out who may want to know.
  notifyOn: orElse(list(textAs<Outcome>()), Object.values(Outcome).filter((outcome) => !UNREMARKABLE.includes(outcome))),
};

/**
 * The settings of a job, field by field. This is the one place that knows what a field means that a release does not write: those with a
 * default (`orElse`), and those that may be missing (`optional`). Every other one says where, what or how long something runs: without it,
 * nothing is started, because a guess could run something else, or somewhere else.
 */
const settings: Read<JobSettings> = object<JobSettings>({
  ...REPORT,
  document: object<DocumentSettings>(DOCUMENT),
  instanceIds: list(name),
  targets: list(object<TargetSettings>({ key: name, values: list(text) })),
  parameters: record(parameter),
  pollIntervalSeconds: orElse(number(1, 300), 300),
  executionTimeoutSeconds: number(1, LONGEST_EXECUTION_SECONDS),
  deliveryTimeoutSeconds: number(1, LONGEST_EXECUTION_SECONDS),
  unresponsiveAfterSeconds: orElse(number(1, 1800), 1800),
  longRunningAfterSeconds: optional(number(1)),
  mustEndBy: optional(object<EndBySettings>({ time: timeOfDay, timeZone: name })),
  scheduleWindowSeconds: optional(number(0)),
  schedule: optional(object<ScheduleSettings>({ expression: text, timeZone: text })),
  calendars: optional(object<CalendarSettings>({
    names: list(name),
    unreadable: orElse(textAs<UnreadableCalendar>(), UnreadableCalendar.RUN),
  })),
  // No other code is a success unless somebody says so.
  successExitCodes: orElse(list(number(0)), [0]),
  retry: optional(retry),
  overlapPolicy: orElse(textAs<OverlapPolicy>(), OverlapPolicy.ALLOW),
  overlapWaitSeconds: optional(number(1)),
  allowRerun: optional(flag),
  maxConcurrency: optional(text),
  maxErrors: optional(text),
  checkWarnings: optional(flag),
  logGroupName: optional(text),
  outputBucketName: optional(text),
  outputKeyPrefix: optional(text),
  notifyOnRecovery: optional(flag),
  quoteOutput: optional(flag),
  completion: (value, where, problems) => {
    const mode = orElse(text, '')(value, where, problems);
    return mode === CompletionMode.EVENTS ? CompletionMode.EVENTS : CompletionMode.POLLING;
  },
});

/**
 * Reads the settings that an execution carries: those of the release that its definition was made by, which may be an older one or, after
 * a rollback, a newer one. What a newer one adds is ignored.
 */
export function readSettings(json: unknown): ReadSettings {
  const problems: string[] = [];
  const job = settings(json, 'job', problems);
  if (problems.length === 0 && job.instanceIds.length === 0 && job.targets.length === 0) {
    problems.push('job must have instanceIds or targets, got neither');
  }
  return { job, problems };
}

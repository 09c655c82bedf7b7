import { verdictWord } from './aws/words';
import { chunks } from './command-input';
import { flag, isObject, list, name, number, object, oneOf, optional, orElse, Read, text, textAs, time } from './fields';
import {
  InstanceCounts, InstanceVerdict, JobSettings, NOT_TAKEN, Notification, Outcome, Reason, Refusal, Run, RunCommand, RUNNING, RunResult, Settled,
  Status, Waiting,
} from '../protocol';
import { ChatNotification } from '../protocol/chat';

/** Stands in for a time that cannot be read. */
const NEVER = new Date(0).toISOString();

const counts: Read<InstanceCounts> = object<InstanceCounts>({
  total: number(0),
  succeeded: number(0),
  failed: number(0),
  timedOut: number(0),
  undelivered: number(0),
  cancelled: number(0),
  unresponsive: number(0),
  skipped: number(0),
  running: number(0),
});

const refusal: Read<Refusal> = object<Refusal>({ code: text, message: text });

const currentVerdict: Read<InstanceVerdict> = object<InstanceVerdict>({
  instanceId: text,
  commandId: text,
  // An outcome that only a later release knows is no success here.
  outcome: oneOf([...Object.values(Outcome), RUNNING], Outcome.FAILED),
  // A reason that only a later release knows is no problem: what counts is the outcome.
  reason: (value, where, problems) => {
    const word = text(value, where, problems);
    return Object.values(Reason).find((known) => known === word) ?? Reason.UNKNOWN;
  },
  said: optional(text),
  since: optional(time(NEVER)),
  refusal: optional(refusal),
  exitCode: number(-1),
  step: text,
  severalSteps: orElse(flag, false),
});

/** The first release has the status of a result in place of a reason. */
const verdict: Read<InstanceVerdict> = (value, where, problems) => currentVerdict(
  isObject(value) && typeof value.status === 'string' && value.reason === undefined ? { ...value, ...readStatus(value.status) } : value, where, problems,
);

const currentCommand: Read<RunCommand> = object<RunCommand>({ commandId: optional(text), refusal: optional(refusal) });

/** The first release has an empty ID where there is none, and an error. */
const command: Read<RunCommand> = (value, where, problems) => {
  const { commandId, ...rest } = currentCommand(
    isObject(value) && typeof value.error === 'string' ? { commandId: value.commandId, ...readError(value.error) } : value, where, problems,
  );
  return commandId ? { commandId } : rest;
};

const UNCONFIRMED = /^NotConfirmed\b/;
const SINCE = /^(\S+) since (.+)$/;
const UNKNOWN = /^unknown status (.*)$/s;
const ERROR = /^([\w.]+): (.*)$/s;
const NEVER_TAKEN = /^SSM did not take the command, however often it was sent: (.*)$/s;

function readError(error: string): RunCommand {
  const [, never] = NEVER_TAKEN.exec(error) ?? [];
  const [, code = '', message = error] = ERROR.exec(error) ?? [];
  return error === '' || UNCONFIRMED.test(error) ? {} : { refusal: never === undefined ? { code, message } : { code: NOT_TAKEN, message: never } };
}

function readStatus(status: string): Pick<InstanceVerdict, 'reason' | 'said' | 'since' | 'refusal'> {
  const [, word = status, since = ''] = SINCE.exec(status) ?? [];
  const ours = Object.values(Reason).find((reason) => reason === word);
  const [, unknown] = UNKNOWN.exec(status) ?? [];
  if (ours !== undefined && (since === '' || !Number.isNaN(Date.parse(since)))) {
    return { reason: ours, ...since === '' ? {} : { since: new Date(since).toISOString() } };
  }
  if (unknown !== undefined) {
    return { reason: Reason.UNKNOWN, said: unknown };
  }
  if (/, with details /.test(status)) {
    return { reason: Reason.CONTRADICTORY, said: status };
  }
  const { refusal: refused } = readError(status);
  const { reason, said } = verdictWord(status);
  return reason !== Reason.UNKNOWN ? { reason, said } : refused ? { reason: Reason.REFUSED, refusal: refused } : { reason: Reason.UNCONFIRMED };
}

const settled: Read<Settled> = object<Settled>({
  counts,
  failures: list(verdict),
  fineExitCode: number(-1),
  attempts: number(0),
  overlaps: number(0),
});

/** A run as this release understands it. */
export interface RestoredRun {
  /** Every field is of its type, by a stand-in where that takes one. What is not known is never taken for a success. */
  readonly run: Run;
  /** Where there is a stand-in. With any of them nothing may be started. */
  readonly problems: string[];
}

/**
 * Reads the run that a status of any release carries.
 *
 * @param executionId ARN of the execution, or its name
 * @param now a time for what is not known
 */
export function restoreRun(json: unknown, job: JobSettings, executionId: string, now: string): RestoredRun {
  const problems: string[] = [];
  const found = object<Run>({
    id: text,
    startedAt: time(now),
    pollIntervalSeconds: orElse(number(1, job.pollIntervalSeconds), job.pollIntervalSeconds),
    scheduledTime: optional(time(now)),
    triggerEventId: optional(text),
    triggerEventTime: optional(time(now)),
    check: optional(flag),
    rerunOf: optional(text),
    again: optional(text),
    withheld: optional(list(name)),
    calendarsUnread: optional(text),
    wasStartedBefore: optional(flag),
    attempt: number(1),
    sentAt: time(now),
    instanceIds: optional(list(name)),
    settled: optional(settled),
    previous: optional(list(verdict)),
    resumedAt: optional(time(now)),
    commands: list(command),
    silentSince: optional(time(now)),
    incompleteSince: optional(time(now)),
    wasLate: optional(flag),
    waiting: optional(object<Waiting>({ seconds: number(0), until: optional(time(now)), isOver: optional(flag) })),
    wasOverdue: optional(flag),
  })(json, 'run', problems);
  const run = { ...found, id: found.id || executionId.slice(executionId.lastIndexOf(':') + 1) };
  // More commands than there are instances for: where they run is not known, so that no one of them stands for all.
  return { run: run.commands.length > chunks(job, run).length ? { ...run, commands: [] } : run, problems };
}

/** Why a run that was prepared to be tried again cannot be: it would run somewhere else, or as another run. */
export function retryProblems({ attempt, instanceIds = [], settled: before }: Run): string[] {
  return [
    ...attempt > 1 ? [] : ['run.attempt must be more than 1'],
    ...instanceIds.length > 0 ? [] : ['run.instanceIds must have the instances of the attempt'],
    ...before ? [] : ['run.settled must say how the attempts before have ended'],
  ];
}

/** What a report needs of a status. */
const reported = object<Pick<Status, 'outcome' | 'result' | 'notification'>>({
  outcome: textAs<Status['outcome']>(),
  result: (value, where, problems) => {
    const { outcome } = object<Pick<RunResult, 'outcome' | 'instances'>>({ outcome: textAs(), instances: counts })(value, where, problems);
    return { ...value as RunResult, outcome };
  },
  notification: object<Notification>({
    subject: text,
    text,
    chat: (value) => isObject(value) ? value as unknown as ChatNotification : undefined,
  }),
});

/**
 * Reads a status of any release out of a history.
 *
 * @returns undefined where it is none, or not all there: then what it says has to be found out once more
 */
export function restoreStatus(json: unknown, job: JobSettings): Status | undefined {
  const problems: string[] = [];
  if (!isObject(json)) {
    return undefined;
  }
  const report = reported(json, 'status', problems);
  const { run, problems: others } = restoreRun(json.run, job, '', new Date(0).toISOString());
  return problems.length + others.length > 0 ? undefined : { ...json as unknown as Status, ...report, run };
}

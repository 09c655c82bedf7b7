import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { ExecutionEnded, FIRST_STATE, JobSettings, NOTIFY_RECOVERY_STATE, NOTIFY_STATE, RETRYING, Run, SEND_STATE, Status } from '../protocol';
import { isObject } from './fields';
import { readSettings } from './read-settings';
import { restoreStatus } from './restore-run';

/** What the history of an execution says of its run. */
export interface RunHistory {
  readonly job: JobSettings;
  /** What the execution was started with. */
  readonly input: unknown;
  /** What the workflow knew last; undefined before the first handler has answered. */
  readonly status?: Status;
  /**
   * The latest attempt of which anything may run: with its commands where a handler has reported them, without them where they may have
   * been sent. The status of a fault has none.
   */
  readonly run?: Run;
  /** Whether the workflow has reported how the run ended. */
  readonly isNotified: boolean;
  /**
   * Whether these are all events: `GetExecutionHistory` may lag behind the event that reports the end. What is missing may have sent a
   * command, or notified somebody.
   */
  readonly isWhole: boolean;
  /** Whether the handler that sends was ever invoked, as far as is known. */
  readonly maySend: boolean;
  /** Whether the execution ended while the SendCommand handler was at work, as far as is known. */
  readonly isSending: boolean;
  /** Why the execution ended, in the words of whoever ended it; empty if there are none. */
  readonly reason: string;
}

/** The states that report how a run has ended. */
const REPORTS: string[] = [NOTIFY_STATE, NOTIFY_RECOVERY_STATE];

/** Events that are needed of the beginning: the first state holds the job's settings. */
export const FIRST_EVENTS = 10;

/** Events that are needed of the end: a handler may have been tried 17 times, with 3 events each, since the last status. */
export const LAST_EVENTS = 200;

/**
 * Reads the beginning (oldest first) and the end (newest first) of a history.
 *
 * @throws if the job's settings are not there: then nothing is known of the job.
 */
export function readHistory(first: HistoryEvent[], last: HistoryEvent[]): RunHistory {
  const job = first.map((event) => parse(event.stateExitedEventDetails?.output)?.job).find(isObject);
  if (!job) {
    throw new Error('the history of the execution must begin with the settings of the job, got none');
  }
  const { job: settings } = readSettings(job);
  const [status] = last.map((event) => statusOf(event, settings)).filter((found) => found !== undefined);
  const isWhole = hasEnd(last) && isConsecutive(first) && isConsecutive(last);
  return {
    // What has ended is not tried again.
    job: { ...settings, retry: undefined },
    input: parse(first.find(({ type }) => type === 'ExecutionStarted')?.executionStartedEventDetails?.input),
    status,
    run: latestRun(last, isWhole, settings),
    isWhole,
    isNotified: last.some(({ taskSucceededEventDetails: details }, i) =>
      details?.resourceType === 'sns' && REPORTS.includes(enteredLast(last.slice(i)) ?? '')),
    // The first handler that a run invokes is the one that sends.
    maySend: !isWhole || first.some(({ type }) => type === 'LambdaFunctionScheduled'),
    isSending: (enteredLast(last) === SEND_STATE && isInvoking(last)) || (!isWhole && (!status || status.outcome === RETRYING)),
    reason: reasonOf(detailsOf(last[0])),
  };
}

/** Whether the newest event ends the execution. */
function hasEnd([newest]: HistoryEvent[]): boolean {
  return /^Execution(Aborted|TimedOut|Failed|Succeeded)$/.test(newest?.type ?? '');
}

/** IDs count the events of an execution. */
function isConsecutive(events: HistoryEvent[]): boolean {
  return events.every(({ id }, i) => i === 0 || id === undefined || Math.abs(id - (events[i - 1].id ?? id)) === 1);
}

/**
 * A status that an event carries: as the result of a handler, or as a part of a state's data. What the first state is entered with is the
 * input of the execution: whoever may start one would say what it has done.
 */
function statusOf(event: HistoryEvent, job: JobSettings): Status | undefined {
  const result = parse(event.lambdaFunctionSucceededEventDetails?.output);
  const { name, input } = event.stateEnteredEventDetails ?? {};
  const data = parse(event.stateExitedEventDetails?.output) ?? (name === FIRST_STATE ? undefined : parse(input));
  const status = [result, data?.status].find((value) => isObject(value) && 'outcome' in value && 'run' in value);
  return restoreStatus(status, job);
}

/**
 * A further attempt begins with a status that has no commands yet; nothing of it can run before the state that sends is entered, which
 * is an event that may be missing.
 */
function latestRun(newestFirst: HistoryEvent[], isWhole: boolean, job: JobSettings): Run | undefined {
  const sent = newestFirst
    .filter(({ stateEnteredEventDetails: details }) => details?.name === SEND_STATE)
    .map((event) => statusOf(event, job)?.run.id);
  return newestFirst
    .map((event) => statusOf(event, job))
    .find((status) => status && (status.run.commands.length > 0 || (status.outcome === RETRYING && (!isWhole || sent.includes(status.run.id)))))
    ?.run;
}

/** Whether a handler was at work in the state that was entered last. A state that could not invoke its handler has sent nothing. */
function isInvoking(newestFirst: HistoryEvent[]): boolean {
  const newest = newestFirst.find(({ type, stateEnteredEventDetails: details }) => details || type?.startsWith('LambdaFunction'));
  return newest?.type === 'LambdaFunctionScheduled' || newest?.type === 'LambdaFunctionStarted';
}

/** The state that was entered last, of events with the newest first. */
function enteredLast(events: HistoryEvent[]): string | undefined {
  return events.find(({ stateEnteredEventDetails: details }) => details)?.stateEnteredEventDetails?.name;
}

function detailsOf(end: HistoryEvent | undefined): Pick<ExecutionEnded, 'error' | 'cause'> {
  return end?.executionAbortedEventDetails ?? end?.executionTimedOutEventDetails ?? end?.executionFailedEventDetails ?? {};
}

/** Why an execution has ended, in the words of whoever ended it; may be empty. */
export function reasonOf({ error, cause }: Pick<ExecutionEnded, 'error' | 'cause'>): string {
  return [error, cause].filter((text) => text).join(': ');
}

function parse(json: string | undefined): any {
  try {
    return json === undefined ? undefined : JSON.parse(json);
  } catch {
    // Step Functions cuts data that is too long for an event.
    return undefined;
  }
}

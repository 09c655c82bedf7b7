import type { Command, CommandFilter } from '@aws-sdk/client-ssm';
import { closedEnding, hasStopped } from './closing';
import { findFilters, match, UNCONFIRMED } from './finding';
import { FIRST_EVENTS, LAST_EVENTS, readHistory, RunHistory } from './history';
import { once } from './once';
import { ExecutionInput, readInput } from './parameters';
import { ExecutionEnded, JobSettings, RETRYING, Run, RunCommand, RUNNING, SEND_TIMEOUT_SECONDS, Status } from './protocol';
import { runId } from './run-id';
import { describeError } from './send-error';
import type { States } from './states';
import { endStatus } from './status';
import { watch, WatchTools } from './watch';

/** Between two looks at what is being started, or stopped. */
const PAUSE_SECONDS = 5;

/** How long SSM's listing, which is eventually consistent, may not know a command that was sent. */
const LISTING_SECONDS = 30;

/** How long an agent may take to kill a program and say so. */
const STOP_SECONDS = 60;

/** What closing a run needs of the world. */
export interface CloseTools extends WatchTools {
  history: States['history'];
  /** All pages of ListCommands. */
  commands(filters: CommandFilter[]): Promise<Command[]>;
  cancel(commandId: string): Promise<void>;
  notify(job: JobSettings, status: Status): Promise<void>;
  /** Leaves a mark. @returns false if it had been left before */
  mark(name: string): Promise<boolean>;
  isMarked(name: string): Promise<boolean>;
  sleep(milliseconds: number): Promise<void>;
  /** Of a clock that only goes forward, in milliseconds. */
  elapsed(): number;
}

/**
 * Does what the workflow cannot do once its execution has ended: stops what still runs, and tells about it what nobody has told.
 *
 * @throws what the SDK throws: EventBridge and Lambda try again. Whatever was done before is not harmed by doing it twice, and
 * the notification comes last, once.
 */
export async function close(ended: ExecutionEnded, tools: CloseTools): Promise<void> {
  const { executionArn } = ended;
  const history = readHistory(
    await tools.history(executionArn, FIRST_EVENTS, false),
    await tools.history(executionArn, LAST_EVENTS, true),
  );
  const { job, status } = history;
  const isDecided = status !== undefined && status.outcome !== RUNNING && status.outcome !== RETRYING;
  const final = isDecided ? await closeDecided(status, ended, history, tools) : await closeUndecided(ended, history, tools);
  const isWanted = job.notifyOn.some((outcome) => outcome === final.outcome);
  tools.log('run closed', { status: ended.status, outcome: final.outcome, isDecided, isNotified: history.isNotified, isWanted });
  if (isWanted && !history.isNotified) {
    await once(`${executionArn.split(':').at(-1)}/${ended.stopDate}`, tools, async () => tools.notify(job, final));
  }
}

/** The workflow knew how the run had ended, and has told it or could not. What has not answered may still start, or run. */
async function closeDecided(status: Status, ended: ExecutionEnded, history: RunHistory, tools: CloseTools): Promise<Status> {
  if (!hasStopped(status.result)) {
    await cancel(await findRun(ended, history, 0, tools), tools);
  }
  return status;
}

async function closeUndecided(ended: ExecutionEnded, history: RunHistory, tools: CloseTools): Promise<Status> {
  const { job, reason, maySend, isSending } = history;
  const { executionArn: executionId } = ended;
  const now = new Date(ended.stopDate).toISOString();
  // A handler that was under way goes on when its execution is stopped.
  const run = await findRun(ended, history, isSending ? SEND_TIMEOUT_SECONDS : maySend ? LISTING_SECONDS : 0, tools);
  const isStarted = run.commands.some(({ commandId }) => commandId !== '');
  if (isStarted) {
    await cancel(run, tools);
  }
  const look = () => watch({ job, run, executionId, now }, tools);
  const last = isStarted ? await lookUntil(({ result }) => hasStopped(result), STOP_SECONDS, look, tools) : undefined;
  return endStatus({ job, executionId, run, now }, closedEnding(job, ended, reason, last?.result, maySend));
}

/** What the workflow has started, as far as it was confirmed; otherwise what SSM lists of it. */
async function findRun(
  ended: ExecutionEnded, { job, input, run, isSending }: RunHistory, patienceSeconds: number, tools: CloseTools,
): Promise<Run> {
  const { executionArn: executionId } = ended;
  const startedAt = new Date(ended.startDate).toISOString();
  const known = isSending && run?.commands.length ? undefined : run;
  const wanted = known ?? firstAttempt(executionId, startedAt, readInput(job, input));
  if (wanted.commands.length > 0 && wanted.commands.every(isCertain)) {
    return wanted;
  }
  const look = async () => {
    const listed = match(job, wanted, executionId, await tools.commands(findFilters(job, startedAt)));
    return listed.map((command, i) => wanted.commands.slice(i, i + 1).find(isCertain) ?? command);
  };
  return { ...wanted, commands: await lookUntil((commands) => commands.every(isCertain), patienceSeconds, look, tools) };
}

/** Whether it is known what has become of a command: SSM has taken it, or refused it. */
function isCertain({ error }: RunCommand): boolean {
  return !error.startsWith(UNCONFIRMED);
}

function firstAttempt(executionId: string, startedAt: string, { scheduledTime, pollIntervalSeconds }: ExecutionInput): Run {
  const id = runId(executionId.slice(executionId.lastIndexOf(':') + 1), scheduledTime);
  return { id, startedAt, pollIntervalSeconds, attempt: 1, sentAt: startedAt, commands: [] };
}

/** `CancelCommand` promises nothing, and a command that has ended may refuse it: what counts is the look afterwards. */
async function cancel(run: Run, tools: CloseTools): Promise<void> {
  for (const { commandId } of run.commands.filter((command) => command.commandId !== '')) {
    try {
      await tools.cancel(commandId);
      tools.log('command cancelled', { commandId });
    } catch (error) {
      tools.log('command not cancelled', { commandId, error: describeError(error) });
    }
  }
}

/**
 * Looks until what is found will do, or the time is over. What counts is the time, not the looks: one at a large fleet takes long, and
 * who is to be told must be told before the function's own time is over.
 */
async function lookUntil<T>(isEnough: (found: T) => boolean, seconds: number, look: () => Promise<T>, tools: CloseTools): Promise<T> {
  const end = tools.elapsed() + 1000 * seconds;
  for (;;) {
    const found = await look();
    if (isEnough(found) || tools.elapsed() >= end) {
      return found;
    }
    await tools.sleep(1000 * PAUSE_SECONDS);
  }
}

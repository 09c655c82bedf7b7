import type { Command, CommandFilter } from '@aws-sdk/client-ssm';
import { closedEnding, mayRun } from './closing';
import { findFilters, match } from './finding';
import { FIRST_EVENTS, LAST_EVENTS, readHistory, RunHistory } from './history';
import { once } from './once';
import { ExecutionInput, readInput } from './parameters';
import { ExecutionEnded, JobSettings, RETRYING, Run, RUNNING, SEND_TIMEOUT_SECONDS, Status } from './protocol';
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
  if (mayRun(status.result) > 0) {
    await cancel(await findRun(ended, history, tools), tools);
  }
  return status;
}

async function closeUndecided(ended: ExecutionEnded, history: RunHistory, tools: CloseTools): Promise<Status> {
  const { job, reason, maySend } = history;
  const { executionArn: executionId } = ended;
  const now = new Date(ended.stopDate).toISOString();
  const run = await findRun(ended, history, tools);
  const isStarted = run.commands.some(({ commandId }) => commandId !== '');
  if (isStarted) {
    await cancel(run, tools);
  }
  const look = isStarted ? await lookUntilStopped(job, run, executionId, now, tools) : undefined;
  return endStatus({ job, executionId, run, now }, closedEnding(job, ended, reason, look?.result, maySend));
}

/** What the workflow has started, as far as it knew; otherwise what SSM lists of it. */
async function findRun(ended: ExecutionEnded, { job, input, run, maySend, isSending }: RunHistory, tools: CloseTools): Promise<Run> {
  if (run && run.commands.length > 0 && !isSending) {
    return run;
  }
  const { executionArn: executionId } = ended;
  const startedAt = new Date(ended.startDate).toISOString();
  const wanted = run && run.commands.length === 0 ? run : firstAttempt(executionId, startedAt, readInput(job, input));
  // A handler that was under way goes on when its execution is stopped.
  const patience = isSending ? SEND_TIMEOUT_SECONDS : maySend ? LISTING_SECONDS : 0;
  for (let waited = 0; ; waited += PAUSE_SECONDS) {
    const commands = match(job, wanted, executionId, await tools.commands(findFilters(job, startedAt)));
    if (waited >= patience || commands.every(({ commandId }) => commandId !== '')) {
      return { ...wanted, commands };
    }
    await tools.sleep(1000 * PAUSE_SECONDS);
  }
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

async function lookUntilStopped(job: JobSettings, run: Run, executionId: string, now: string, tools: CloseTools): Promise<Status> {
  for (let waited = 0; ; waited += PAUSE_SECONDS) {
    const status = await watch({ job, run, executionId, now }, tools);
    if (mayRun(status.result) === 0 || waited >= STOP_SECONDS) {
      return status;
    }
    await tools.sleep(1000 * PAUSE_SECONDS);
  }
}

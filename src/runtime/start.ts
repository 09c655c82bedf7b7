import type { Command } from '@aws-sdk/client-ssm';
import { decide } from './attempts';
import { cancelRunning, CancelTools } from './cancel-running';
import { chunks, commandInputs, namedInstances } from './command-input';
import { earlierFilters, earlierStarts } from './earlier-start';
import { isObject } from './fields';
import { findFilters, match } from './finding';
import { readInput, readRun, RunInput } from './parameters';
import {
  FIND_ATTEMPTS, NOT_FOUND_YET_ERROR, NOT_SENT_ERROR, Outcome, OverlapPolicy, Run, RUNNING, SEND_ATTEMPTS, SendCommandRequest, Status,
} from '../protocol';
import { readSettings } from './read-settings';
import { Ending } from './report/ending';
import {
  allRefused, commandRefused, commandsRefused, inputRefused, neverSent, neverTaken, settingsRefused, startUnknown,
} from './report/refusal';
import { endStatus, retryStatus, runningStatus } from './report/status';
import { restoreRun, retryProblems } from './restore-run';
import { runId } from './run-id';
import { describeError } from './send-error';
import { NamedError, sendAll, SendingTools } from './sending';
import { addCounts, uniformCounts } from './verdict';
import { untimely } from '../protocol/scheduled-time';
import { quote } from '../protocol/text';

/** Before any event: there has been no look yet, so that each is worth one, also one that came before the start was confirmed. */
const NEVER = new Date(0).toISOString();

/** What starting a run needs of the world. */
export interface StartTools extends SendingTools, CancelTools {}

/**
 * Starts a run, or finds what an earlier attempt to start it has sent.
 *
 * @throws an error named `NOT_SENT_ERROR` where nothing was sent, `NOT_FOUND_YET_ERROR` where a command may still turn up, and
 * any other where a command may have been sent: the state machine must look for it, and not send again.
 */
export async function start(asked: SendCommandRequest, tools: StartTools): Promise<Status> {
  const { request, problems } = readRequest(asked);
  if (problems.length > 0) {
    tools.log('settings refused', { problems });
    const { job } = request;
    const run = runOf(request, readRun(job, request.input));
    return end(request, run, request.action === 'find' ? startUnknown(job, run) : settingsRefused(job, problems));
  }
  return request.action === 'find' ? find(request, tools) : send(request, tools);
}

/**
 * Everything that is needed, read before anything is sent: what comes after must not fail for what an older release has not written, or a
 * newer one writes otherwise.
 */
function readRequest(asked: SendCommandRequest): { request: SendCommandRequest; problems: string[] } {
  const now = Number.isNaN(Date.parse(asked.now)) ? new Date().toISOString() : asked.now;
  const [executionId, executionName] = [`${asked.executionId}`, `${asked.executionName}`];
  const { job, problems } = readSettings(asked.job);
  const isFirst = asked.status?.run === undefined && !(isObject(asked.status) && 'outcome' in asked.status);
  const prepared = isFirst ? undefined : restoreRun(asked.status?.run, job, executionId, now);
  return {
    request: { ...asked, job, now, executionId, executionName, status: { run: prepared?.run } },
    problems: [
      ...problems,
      ...prepared ? [...prepared.problems, ...retryProblems(prepared.run)] : [],
      // The definition of a newer release may ask for what would start nothing there.
      ...asked.action === 'send' || asked.action === 'find' ? [] : [`action must be send or find, got ${quote(asked.action)}`],
      ...asked.executionId && asked.executionName ? [] : ['executionId and executionName must be those of the execution, got nothing'],
    ],
  };
}

async function send(request: SendCommandRequest, tools: StartTools): Promise<Status> {
  const { job, executionId } = request;
  const input = readInput(job, request.input);
  let run = runOf(request, input);
  if (input.problems.length > 0) {
    tools.log('input refused', { problems: input.problems.length });
    return end(request, run, inputRefused(job, input.problems));
  }
  try {
    const listed = await listEarlier(request, run, tools);
    const own = match(job, run, executionId, listed);
    if (own.some(({ commandId }) => commandId !== '')) {
      return running(request, { ...run, commands: own }, tools);
    }
    if (earlierStarts(job, run, executionId, listed).length > 0) {
      return startedBefore(request, run);
    }
    const problem = run.attempt === 1 && run.scheduledTime ? untimely(job, run.scheduledTime, request.now) : undefined;
    if (problem) {
      return end(request, run, inputRefused(job, [problem]));
    }
    // A further attempt belongs to the older run: it gives way to whatever runs.
    if (job.overlapPolicy === OverlapPolicy.CANCEL_RUNNING && run.attempt === 1) {
      await cancelRunning(job, run.id, request.now, tools);
    }
    run = { ...run, commands: await sendAll(commandInputs(job, run, executionId, input.values, request.retryCount), tools) };
  } catch (error) {
    if (error instanceof NamedError && error.name === NOT_SENT_ERROR && request.retryCount >= SEND_ATTEMPTS) {
      return wasStarted(run) ? refusedAgain(request, run, neverTaken(error.message)) : end(request, run, neverSent(job, run, error.message));
    }
    throw error;
  }
  if (run.commands.every(({ commandId }) => commandId === '')) {
    return refused(request, run);
  }
  return running(request, run, tools);
}

/**
 * What SSM lists of the time that a run is for: whatever there is of it has used up the time.
 *
 * The servers refuse a second start, too, as long as they have the job's launcher: there, it is better to start without an answer of SSM
 * than not at all.
 *
 * @throws an error named `NOT_SENT_ERROR` where SSM cannot be asked, and no server would refuse
 */
async function listEarlier({ job, now }: SendCommandRequest, { scheduledTime, attempt }: Run, tools: StartTools): Promise<Command[]> {
  if (scheduledTime === undefined || attempt > 1) {
    return [];
  }
  try {
    return await tools.commands(earlierFilters(job, scheduledTime, now));
  } catch (error) {
    const message = `whether this time was started before is unknown: ${describeError(error)}`;
    tools.log('earlier starts not listed', { error: message });
    if (job.document.own) {
      return [];
    }
    throw new NamedError(NOT_SENT_ERROR, message);
  }
}

/** Nothing is sent: the first look finds out what has become of the earlier start, and ends the run. */
function startedBefore({ job, executionId, now }: SendCommandRequest, run: Run): Status {
  const counts = uniformCounts(namedInstances(job, run).length, Outcome.SKIPPED);
  const status = runningStatus({ job, executionId, now, run: { ...run, wasStartedBefore: true } }, counts, 0);
  return { ...status, waitSeconds: 1 };
}

async function find(request: SendCommandRequest, tools: StartTools): Promise<Status> {
  const { job, executionId, now, retryCount } = request;
  const sent = runOf(request, readRun(job, request.input));
  const listed = await tools.commands(findFilters(job, now));
  const commands = match(job, sent, executionId, listed);
  const run = { ...sent, commands };
  const missing = commands.filter(({ commandId }) => commandId === '').length;
  tools.log('commands looked for', { found: commands.length - missing, missing, retryCount });
  if (missing > 0 && retryCount < FIND_ATTEMPTS) {
    throw new NamedError(NOT_FOUND_YET_ERROR, `${missing} of ${commands.length} commands of run ${run.id} are not listed yet`);
  }
  if (missing < commands.length) {
    return running(request, run, tools);
  }
  // The servers start the run of a time once: what another execution has started of it is all that there is.
  const mayBeSpent = job.document.own && sent.attempt === 1 && sent.scheduledTime !== undefined;
  const isSpent = mayBeSpent && earlierStarts(job, sent, executionId, listed).length > 0;
  return isSpent ? startedBefore(request, sent) : end(request, run, startUnknown(job, run));
}

/** The first attempt of a run, or the further one that was prepared. */
function runOf({ executionName, now, status }: SendCommandRequest, input: RunInput): Run {
  return status.run ? { ...status.run, sentAt: now } : {
    id: runId(executionName, input.scheduledTime),
    startedAt: now,
    pollIntervalSeconds: input.pollIntervalSeconds,
    scheduledTime: input.scheduledTime,
    again: input.again,
    attempt: 1,
    sentAt: now,
    commands: [],
  };
}

/** SSM refused every command: servers that are not there now may be there at the next attempt. */
function refused(request: SendCommandRequest, run: Run): Status {
  const { job, executionId, now } = request;
  const { isUndelivered, verdict } = allRefused(job, run, now);
  const { next, waitSeconds, reason } = decide(job, run, verdict);
  if (isUndelivered && next) {
    return retryStatus({ job, executionId, run: next, now }, verdict, waitSeconds);
  }
  return wasStarted(run) ? refusedAgain(request, run, commandRefused(run))
    : end(request, run, commandsRefused(job, executionId, run, verdict, isUndelivered ? reason : ''));
}

/** Whether an attempt before has started anything where this one was to. */
function wasStarted({ previous = [] }: Run): boolean {
  return previous.some(({ outcome }) => outcome !== Outcome.UNDELIVERED);
}

/** An attempt of which SSM took nothing, after others: the first poll ends the run, and tells what those did. */
function refusedAgain({ job, executionId, now }: SendCommandRequest, run: Run, refusal: string): Status {
  const commands = chunks(job, run).map((_, i) => run.commands[i] ?? { commandId: '', error: refusal });
  const counts = addCounts(uniformCounts(namedInstances(job, run).length, RUNNING), run.settled?.counts);
  return { ...runningStatus({ job, executionId, now, run: { ...run, commands, refusal } }, counts, run.settled?.attempts ?? 0), waitSeconds: 1 };
}

function running({ job, executionId, now }: SendCommandRequest, run: Run, { log }: StartTools): Status {
  const counts = addCounts(uniformCounts(namedInstances(job, run).length, RUNNING), run.settled?.counts);
  const status = runningStatus({ job, executionId, run, now }, counts, (run.settled?.attempts ?? 0) + 1);
  log('run started', { runId: run.id, attempt: run.attempt, commands: run.commands.length, waitSeconds: status.waitSeconds });
  return { ...status, wake: { ...status.wake, since: NEVER } };
}

function end({ job, executionId, now }: SendCommandRequest, run: Run, ending: Ending): Status {
  return endStatus({ job, executionId, run, now }, ending);
}

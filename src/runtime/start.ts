import { decide } from './attempts';
import { cancelRunning, CancelTools } from './cancel-running';
import { commandInputs, namedInstances } from './command-input';
import { Ending } from './ending';
import { findFilters, match } from './finding';
import { ExecutionInput, readInput } from './parameters';
import {
  FIND_ATTEMPTS, NOT_FOUND_YET_ERROR, NOT_SENT_ERROR, OverlapPolicy, Run, RUNNING, SEND_ATTEMPTS, SendCommandRequest, Status,
} from './protocol';
import { allRefused, commandsRefused, inputRefused, neverSent, startUnknown } from './refusal';
import { runId } from './run-id';
import { NamedError, sendAll, SendingTools } from './sending';
import { endStatus, retryStatus, runningStatus } from './status';
import { addCounts, uniformCounts } from './verdict';

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
export async function start(request: SendCommandRequest, tools: StartTools): Promise<Status> {
  const input = readInput(request.job, request.input);
  if (input.problems.length > 0) {
    tools.log('input refused', { problems: input.problems.length });
    return end(request, runOf(request, input), inputRefused(request.job, input.problems));
  }
  return request.action === 'find' ? find(request, input, tools) : send(request, input, tools);
}

async function send(request: SendCommandRequest, input: ExecutionInput, tools: StartTools): Promise<Status> {
  const { job, executionId } = request;
  let run = runOf(request, input);
  try {
    // A further attempt belongs to the older run: it gives way to whatever runs.
    if (job.overlapPolicy === OverlapPolicy.CANCEL_RUNNING && run.attempt === 1) {
      await cancelRunning(job, run.id, request.now, tools);
    }
    run = { ...run, commands: await sendAll(commandInputs(job, run, executionId, input.values), tools) };
  } catch (error) {
    if (error instanceof NamedError && error.name === NOT_SENT_ERROR && request.retryCount >= SEND_ATTEMPTS) {
      return end(request, run, neverSent(job, run, error.message));
    }
    throw error;
  }
  if (run.commands.every(({ commandId }) => commandId === '')) {
    return refused(request, run);
  }
  return running(request, run, tools);
}

async function find(request: SendCommandRequest, input: ExecutionInput, tools: StartTools): Promise<Status> {
  const { job, executionId, now, retryCount } = request;
  const sent = runOf(request, input);
  const commands = match(job, sent, executionId, await tools.commands(findFilters(job, now)));
  const run = { ...sent, commands };
  const missing = commands.filter(({ commandId }) => commandId === '').length;
  tools.log('commands looked for', { found: commands.length - missing, missing, retryCount });
  if (missing > 0 && retryCount < FIND_ATTEMPTS) {
    throw new NamedError(NOT_FOUND_YET_ERROR, `${missing} of ${commands.length} commands of run ${run.id} are not listed yet`);
  }
  return missing === commands.length ? end(request, run, startUnknown(job, run)) : running(request, run, tools);
}

/** The first attempt of a run, or the further one that was prepared. */
function runOf({ executionName, now, status }: SendCommandRequest, input: ExecutionInput): Run {
  return status.run ? { ...status.run, sentAt: now } : {
    id: runId(executionName, input.scheduledTime),
    startedAt: now,
    pollIntervalSeconds: input.pollIntervalSeconds,
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
  return end(request, run, commandsRefused(job, executionId, run, verdict, isUndelivered ? reason : ''));
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

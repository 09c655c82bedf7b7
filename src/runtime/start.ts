import { cancelRunning, CancelTools } from './cancel-running';
import { commandInputs } from './command-input';
import { Ending } from './ending';
import { findFilters, match } from './finding';
import { ExecutionInput, readInput } from './parameters';
import {
  FIND_ATTEMPTS, NOT_FOUND_YET_ERROR, NOT_SENT_ERROR, OverlapPolicy, Run, RUNNING, SEND_ATTEMPTS, SendCommandRequest, Status,
} from './protocol';
import { commandsRefused, inputRefused, neverSent, startUnknown } from './refusal';
import { runId } from './run-id';
import { NamedError, sendAll, SendingTools } from './sending';
import { endStatus, runningStatus } from './status';
import { uniformCounts } from './verdict';

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
    return end(request, runOf(request, input, []), inputRefused(request.job, input.problems));
  }
  return request.action === 'find' ? find(request, input, tools) : send(request, input, tools);
}

async function send(request: SendCommandRequest, input: ExecutionInput, tools: StartTools): Promise<Status> {
  const { job, executionId, now } = request;
  let run = runOf(request, input, []);
  try {
    if (job.overlapPolicy === OverlapPolicy.CANCEL_RUNNING) {
      await cancelRunning(job, run.id, tools);
    }
    run = { ...run, commands: await sendAll(commandInputs(job, { runId: run.id, executionId }, input.values), tools) };
  } catch (error) {
    if (error instanceof NamedError && error.name === NOT_SENT_ERROR && request.retryCount >= SEND_ATTEMPTS) {
      return end(request, run, neverSent(job, error.message));
    }
    throw error;
  }
  if (run.commands.every(({ commandId }) => commandId === '')) {
    return end(request, run, commandsRefused(job, executionId, run, now));
  }
  return running(request, run, tools);
}

async function find(request: SendCommandRequest, input: ExecutionInput, tools: StartTools): Promise<Status> {
  const { job, executionId, now, retryCount } = request;
  const empty = runOf(request, input, []);
  const commands = match(job, { runId: empty.id, executionId }, await tools.commands(findFilters(job, now)));
  const run = { ...empty, commands };
  const missing = commands.filter(({ commandId }) => commandId === '').length;
  tools.log('commands looked for', { found: commands.length - missing, missing, retryCount });
  if (missing > 0 && retryCount < FIND_ATTEMPTS) {
    throw new NamedError(NOT_FOUND_YET_ERROR, `${missing} of ${commands.length} commands of run ${run.id} are not listed yet`);
  }
  return missing === commands.length ? end(request, run, startUnknown(job)) : running(request, run, tools);
}

function runOf({ executionName, now }: SendCommandRequest, input: ExecutionInput, commands: Run['commands']): Run {
  return {
    id: runId(executionName, input.scheduledTime),
    startedAt: now,
    pollIntervalSeconds: input.pollIntervalSeconds,
    commands,
  };
}

function running({ job, executionId, now }: SendCommandRequest, run: Run, { log }: StartTools): Status {
  const status = runningStatus({ job, executionId, run, now }, uniformCounts(job.instanceIds.length, RUNNING), 1);
  log('run started', { runId: run.id, commands: run.commands.length, waitSeconds: status.waitSeconds });
  return status;
}

function end({ job, executionId, now }: SendCommandRequest, run: Run, ending: Ending): Status {
  return endStatus({ job, executionId, run, now }, ending);
}

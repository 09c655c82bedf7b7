import type { Command } from '@aws-sdk/client-ssm';
import { findFilters, isCheck } from './find-command';
import { DocumentParameter, JobSettings, NOT_SENT_ERROR } from '../protocol';
import { NamedError } from './send';
import { describeError } from './send-error';
import type { World } from './world';

/** How long after its time EventBridge Scheduler may deliver a run, at most: `MaximumEventAgeInSeconds` goes up to a day. */
const LONGEST_DELIVERY_SECONDS = 86_400;

/**
 * Cancels what runs of the job's own document, whoever has sent it (with shared handlers: whichever execution of the job). A run that was
 * sent before cancels nothing: where a schedule delivers one time twice, or an execution is redriven, what runs is that very run or a newer
 * one, and the instances will not start it again.
 *
 * It does not wait for the programs to be gone: the launcher does, with the lock that they hold.
 *
 * @param now when the state was entered
 * @throws an error named `NOT_SENT_ERROR` where SSM cannot be asked: nothing was sent, and the whole may be tried again.
 */
export async function cancelRunning(job: JobSettings, runId: string, now: string, { ssm, log }: Pick<World, 'ssm' | 'log'>): Promise<void> {
  try {
    const recent = await ssm.commands(findFilters(job, now, LONGEST_DELIVERY_SECONDS), true);
    if (recent.some((command) => runOf(command) === runId)) {
      log('sent before: nothing cancelled', { runId });
      return;
    }
    const running = await ssm.commands([
      { key: 'DocumentName', value: job.document.name },
      { key: 'ExecutionStage', value: 'Executing' },
    ], true);
    for (const command of running) {
      const { CommandId: commandId } = command;
      if (commandId && runOf(command) !== runId && !isCheck(command)) {
        await ssm.cancel(commandId);
        log('running command cancelled', { commandId, runId: runOf(command) });
      }
    }
  } catch (error) {
    const message = `the commands that run could not be cancelled: ${describeError(error)}`;
    log('nothing sent', { error: message });
    throw new NamedError(NOT_SENT_ERROR, message);
  }
}

function runOf({ Parameters: parameters }: Command): string | undefined {
  return parameters?.[DocumentParameter.RUN_ID]?.at(0);
}

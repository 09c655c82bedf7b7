import type { Command, CommandFilter } from '@aws-sdk/client-ssm';
import { Log } from './log';
import { DocumentParameter, JobSettings, NOT_SENT_ERROR } from './protocol';
import { describeError } from './send-error';
import { NamedError } from './sending';

/** What cancelling needs of the world. */
export interface CancelTools {
  readonly log: Log;
  /** All pages of ListCommands. */
  commands(filters: CommandFilter[]): Promise<Command[]>;
  cancel(commandId: string): Promise<void>;
}

/**
 * Cancels what runs of the job's own document, whoever has sent it, but for this very run: where a schedule delivers one time twice,
 * the second delivery must not end the first.
 *
 * It does not wait for the programs to be gone: the launcher does, with the lock that they hold.
 *
 * @throws an error named `NOT_SENT_ERROR` where SSM cannot be asked: nothing was sent, and the whole may be tried again.
 */
export async function cancelRunning(job: JobSettings, runId: string, tools: CancelTools): Promise<void> {
  try {
    const running = await tools.commands([
      { key: 'DocumentName', value: job.document.name },
      { key: 'ExecutionStage', value: 'Executing' },
    ]);
    for (const { CommandId: commandId, Parameters: parameters } of running) {
      const [otherRun] = parameters?.[DocumentParameter.RUN_ID] ?? [];
      if (commandId && otherRun !== runId) {
        await tools.cancel(commandId);
        tools.log('running command cancelled', { commandId, runId: otherRun });
      }
    }
  } catch (error) {
    const message = `the commands that run could not be cancelled: ${describeError(error)}`;
    tools.log('nothing sent', { error: message });
    throw new NamedError(NOT_SENT_ERROR, message);
  }
}

import type { Command } from '@aws-sdk/client-ssm';
import { readComment } from './command-input';
import { Log } from './log';
import { CommandEnded } from './protocol';

/** What waking up a workflow needs of the world. */
export interface WakeUpTools {
  readonly log: Log;
  readonly now: () => Date;
  /** Undefined while SSM does not list it. */
  command(commandId: string): Promise<Command | undefined>;
  /**
   * Notes that the run was woken up.
   *
   * @returns the token of the latest wait; undefined if the run has not waited yet
   */
  note(run: string, wokenAt: string): Promise<string | undefined>;
  /** @returns whether a wait was ended; false if it has ended by itself */
  end(token: string): Promise<boolean>;
}

/**
 * Ends the wait of the workflow that has sent a command, so that it looks at its run at once.
 *
 * An event says nothing about a run but that it is worth a look. First it is noted, then the wait is ended: a wait that begins in
 * between sees the note, and does not begin.
 *
 * @throws what the SDK throws: Lambda tries again, and the workflow looks after its poll interval in any case.
 */
export async function wakeUp({ 'command-id': commandId, 'status': status }: CommandEnded, tools: WakeUpTools): Promise<void> {
  const run = readComment((await tools.command(commandId))?.Comment);
  if (!run) {
    tools.log('not a command of a job', { commandId, status });
    return;
  }
  const token = await tools.note(run, tools.now().toISOString());
  const isEnded = token !== undefined && await tools.end(token);
  tools.log('workflow woken up', { commandId, status, run, isEnded });
}

import type { Command } from '@aws-sdk/client-ssm';
import { readComment } from './command-input';
import { Log } from './handler';
import { CommandEnded } from '../protocol';
import { describeError } from './send-error';

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
  /** Takes the note back, if no other event has left one since. */
  forget(run: string, wokenAt: string): Promise<void>;
  /** @returns whether a wait was ended; false if it has ended by itself */
  end(token: string): Promise<boolean>;
}

/**
 * Ends the wait of the workflow that has sent a command, so that it looks at its run at once.
 *
 * An event says nothing about a run but that it is worth a look. First it is noted, then the wait is ended: a wait that begins in
 * between sees the note, and does not begin. Where a wait was ended, the note has done its work, and is taken back. The time in it is that of
 * this function's clock, which may be wrong by anything: it tells notes apart, and is compared with no other clock.
 *
 * @throws what the SDK throws: Lambda tries again, and the workflow looks after its poll interval in any case.
 */
export async function wakeUp({ 'command-id': commandId, 'status': status }: CommandEnded, tools: WakeUpTools): Promise<void> {
  const run = readComment((await tools.command(commandId))?.Comment);
  if (!run) {
    tools.log('not a command of a job', { commandId, status });
    return;
  }
  const wokenAt = tools.now().toISOString();
  const token = await tools.note(run, wokenAt);
  const isEnded = token !== undefined && await tools.end(token);
  if (isEnded) {
    await forget(run, wokenAt, tools);
  }
  tools.log('workflow woken up', { commandId, status, run, isEnded });
}

/** A note that stays costs one poll. Trying again would leave another one. */
async function forget(run: string, wokenAt: string, tools: WakeUpTools): Promise<void> {
  try {
    await tools.forget(run, wokenAt);
  } catch (error) {
    tools.log('note not taken back', { run, error: describeError(error) });
  }
}

import type { SendCommandCommandInput } from '@aws-sdk/client-ssm';
import { Log } from './log';
import { NOT_SENT_ERROR, RunCommand } from '../protocol';
import { describeError, sendFailure } from './send-error';

/** How long a run waits in all for SSM to take the rest of its commands, once it has taken one. Milliseconds. */
const WAIT_BUDGET = 30_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 8_000;

/** What sending needs of the world. */
export interface SendingTools {
  readonly log: Log;
  /** @returns the command's ID. */
  send(input: SendCommandCommandInput): Promise<string | undefined>;
  sleep(milliseconds: number): Promise<void>;
  /** From 0 to 1. */
  random(): number;
}

/** An error under a name by which the state machine knows it. */
export class NamedError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/**
 * Sends the commands of a run one after the other, each at most once.
 *
 * @returns a command for each input, with the reason where SSM refused it.
 * @throws an error named `NOT_SENT_ERROR` where nothing at all was sent, and the whole may be tried again.
 * @throws any other error where a command may have been sent without a confirmation; no further one was sent then.
 */
export async function sendAll(inputs: SendCommandCommandInput[], tools: SendingTools): Promise<RunCommand[]> {
  const commands: RunCommand[] = [];
  const budget = { left: WAIT_BUDGET };
  for (const input of inputs) {
    const nothingSent = commands.every(({ commandId }) => commandId === '');
    commands.push(await sendOne(input, tools, nothingSent, budget));
  }
  return commands;
}

async function sendOne(
  input: SendCommandCommandInput, tools: SendingTools, nothingSent: boolean, budget: { left: number },
): Promise<RunCommand> {
  for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      const commandId = await tools.send(input);
      if (!commandId) {
        throw new Error('the answer of SendCommand has no command ID');
      }
      tools.log('command sent', { commandId, comment: input.Comment });
      return { commandId, error: '' };
    } catch (error) {
      const failure = sendFailure(error);
      tools.log('command not confirmed', { failure, error: describeError(error), comment: input.Comment });
      if (failure === 'ambiguous') {
        throw error;
      }
      if (failure === 'not-sent' && nothingSent) {
        throw new NamedError(NOT_SENT_ERROR, describeError(error));
      }
      const pause = Math.ceil(wait * (0.5 + tools.random() / 2));
      if (failure === 'refused' || pause > budget.left) {
        return { commandId: '', error: describeError(error) };
      }
      budget.left -= pause;
      await tools.sleep(pause);
    }
  }
}

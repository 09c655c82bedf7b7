import type { SendCommandCommandInput } from '@aws-sdk/client-ssm';
import { NOT_SENT_ERROR, RunCommand } from '../protocol';
import { Redaction } from './redaction';
import { describeError, refusalOf, sendFailure } from './send-error';
import type { World } from './world';

type SendingWorld = Pick<World, 'ssm' | 'clock' | 'log'>;

/** How long a run waits in all for SSM to take the rest of its commands, once it has taken one. Milliseconds. */
const WAIT_BUDGET = 30_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 8_000;

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
 * @param redaction of what SSM may quote: its errors go into logs, causes and the run itself
 * @returns a command for each input, with the reason where SSM refused it.
 * @throws an error named `NOT_SENT_ERROR` where nothing at all was sent, and the whole may be tried again.
 * @throws any other error where a command may have been sent without a confirmation; no further one was sent then.
 */
export async function sendAll(inputs: SendCommandCommandInput[], world: SendingWorld, redaction: Redaction): Promise<RunCommand[]> {
  const commands: RunCommand[] = [];
  const budget = { left: WAIT_BUDGET };
  for (const input of inputs) {
    const nothingSent = commands.every(({ commandId }) => commandId === undefined);
    commands.push(await sendOne(input, world, redaction, nothingSent, budget));
  }
  return commands;
}

async function sendOne(
  input: SendCommandCommandInput, world: SendingWorld, redaction: Redaction, nothingSent: boolean, budget: { left: number },
): Promise<RunCommand> {
  for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      const commandId = await world.ssm.sendCommand(input);
      if (!commandId) {
        throw new Error('the answer of SendCommand has no command ID');
      }
      world.log('command sent', { commandId, comment: input.Comment });
      return { commandId };
    } catch (thrown) {
      const error = redaction.error(thrown);
      const failure = sendFailure(error);
      world.log('command not confirmed', { failure, error: describeError(error), comment: input.Comment });
      if (failure === 'ambiguous') {
        throw error;
      }
      if (failure === 'not-sent' && nothingSent) {
        throw new NamedError(NOT_SENT_ERROR, describeError(error));
      }
      const pause = Math.ceil(wait * (0.5 + world.clock.random() / 2));
      if (failure === 'refused' || pause > budget.left) {
        return { refusal: refusalOf(error) };
      }
      budget.left -= pause;
      await world.clock.sleep(pause);
    }
  }
}

import { createLog } from './handler';
import { CommandEnded } from '../protocol';
import { Ssm } from './aws/ssm';
import { States } from './aws/states';
import { Waits } from './aws/waits';
import { visibleErrors } from './visible-errors';
import { wakeUp } from './wake-up';

const ssm = new Ssm();
const states = new States();
const waits = new Waits();

/** Ends the wait of a workflow whose command has ended. */
export const handler = visibleErrors(async (event: CommandEnded): Promise<void> => {
  return wakeUp(event, {
    command: (commandId) => ssm.command(commandId),
    note: (...woken) => waits.note(...woken),
    forget: (...woken) => waits.forget(...woken),
    end: (token) => states.endWait(token),
    now: () => new Date(),
    log: createLog('WakeUp', event['command-id']),
  });
});

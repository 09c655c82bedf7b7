import { setTimeout as sleep } from 'node:timers/promises';
import { createLog } from './log';
import { recordEnd } from './metrics';
import { SendCommandRequest, Status } from '../protocol';
import { Ssm } from './aws/ssm';
import { start } from './start';
import { visibleErrors } from './visible-errors';

const ssm = new Ssm();

/** Starts a run of a job, or finds what was started. */
export const handler = visibleErrors(async (request: SendCommandRequest): Promise<Status> => {
  const status = await start(request, {
    send: (input) => ssm.sendCommand(input),
    commands: (filters) => ssm.commands(filters, request.action === 'send'),
    cancel: (commandId) => ssm.cancel(commandId),
    sleep: (milliseconds) => sleep(milliseconds),
    random: Math.random,
    log: createLog(`SendCommand ${request.action}`, request.executionId),
  });
  recordEnd(status);
  return status;
});

import { createLog, recordEnd, visibleErrors } from './handler';
import { SendCommandRequest, Status } from '../protocol';
import { Ssm } from './aws/ssm';
import { States } from './aws/states';
import { OwnCommands } from './own-commands';
import { Served } from './served';
import { start } from './start';
import { systemClock } from './world';

const ssm = new Ssm();
const states = new States();

/** Starts a run of a job, or finds what was started. */
export const handler = visibleErrors(async (request: SendCommandRequest): Promise<Status> => {
  // Whoever invokes a function can put anything into an event.
  const executionId = `${request.executionId}`;
  const log = createLog(`SendCommand ${request.action}`, executionId);
  const served = Served.ofEnvironment();
  served.require(executionId);
  const status = await start(request, { ssm: new OwnCommands(ssm, served, executionId, { log }), states, clock: systemClock(), log });
  recordEnd(status);
  return status;
});

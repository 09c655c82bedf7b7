import { createLog, recordEnd, visibleErrors } from './handler';
import { SendCommandRequest, Status } from '../protocol';
import { Ssm } from './aws/ssm';
import { start } from './start';
import { systemClock } from './world';

const ssm = new Ssm();

/** Starts a run of a job, or finds what was started. */
export const handler = visibleErrors(async (request: SendCommandRequest): Promise<Status> => {
  const log = createLog(`SendCommand ${request.action}`, request.executionId);
  const status = await start(request, { ssm, clock: systemClock(), log });
  recordEnd(status);
  return status;
});

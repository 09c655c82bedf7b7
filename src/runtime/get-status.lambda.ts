import { Logs } from './aws/logs';
import { createLog } from './handler';
import { recordEnd } from './metrics';
import { GetStatusRequest, Status } from '../protocol';
import { Ssm } from './aws/ssm';
import { visibleErrors } from './visible-errors';
import { watch } from './poll';

const ssm = new Ssm();
const logs = new Logs();

/** Polls a run. */
export const handler = visibleErrors(async (request: GetStatusRequest): Promise<Status> => {
  const status = await watch(request, { ssm, logs, log: createLog('GetStatus', request.executionId) });
  recordEnd(status);
  return status;
});

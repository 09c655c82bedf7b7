import { Logs } from './aws/logs';
import { createLog, recordEnd, visibleErrors } from './handler';
import { GetStatusRequest, Status, WaitRequest } from '../protocol';
import { Ssm } from './aws/ssm';
import { poll } from './poll';

const ssm = new Ssm();
const logs = new Logs();

interface Handler {
  (request: GetStatusRequest): Promise<Status>;
  (request: WaitRequest): Promise<undefined>;
}

/** Polls a run. Where a wait begins, there is nothing to do: its token is in the history now. */
export const handler = visibleErrors(async (request: GetStatusRequest | WaitRequest): Promise<Status | undefined> => {
  if ('taskToken' in request) {
    return undefined;
  }
  const status = await poll(request, { ssm, logs, log: createLog('GetStatus', request.executionId) });
  recordEnd(status);
  return status;
}) as Handler;

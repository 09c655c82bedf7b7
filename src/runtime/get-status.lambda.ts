import { Logs } from './aws/logs';
import { Sns } from './aws/sns';
import { createLog, recordEnd, visibleErrors } from './handler';
import { GetStatusRequest, Status, WaitRequest } from '../protocol';
import { Ssm } from './aws/ssm';
import { States } from './aws/states';
import { OwnCommands } from './own-commands';
import { poll } from './poll';
import { Served } from './served';
import { systemClock } from './world';

const ssm = new Ssm();
const logs = new Logs();
const states = new States();
const sns = new Sns();

interface Handler {
  (request: GetStatusRequest): Promise<Status>;
  (request: WaitRequest): Promise<undefined>;
}

/** Polls a run. Where a wait begins, there is nothing to do: its token is in the history now. */
export const handler = visibleErrors(async (request: GetStatusRequest | WaitRequest): Promise<Status | undefined> => {
  if ('taskToken' in request) {
    return undefined;
  }
  // Whoever invokes a function can put anything into an event.
  const executionId = `${request.executionId}`;
  const log = createLog('GetStatus', executionId);
  const served = Served.ofEnvironment();
  served.require(executionId);
  const status = await poll(request, { ssm: new OwnCommands(ssm, served, executionId, { log }), logs, states, sns, clock: systemClock(), log });
  recordEnd(status);
  return status;
}) as Handler;

import { Logs } from './aws/logs';
import { createLog } from './log';
import { recordEnd } from './metrics';
import { GetStatusRequest, Status } from '../protocol';
import { Ssm } from './aws/ssm';
import { visibleErrors } from './visible-errors';
import { watch } from './watch';

const ssm = new Ssm();
const logs = new Logs();

/** Looks at a run. */
export const handler = visibleErrors(async (request: GetStatusRequest): Promise<Status> => {
  const status = await watch(request, {
    command: (commandId) => ssm.command(commandId),
    someRunning: (commandId) => ssm.someRunning(commandId),
    invocations: (commandId) => ssm.invocations(commandId),
    stepOutput: (commandId, instanceId, step) => ssm.stepOutput(commandId, instanceId, step),
    logEnd: (logGroupName, logStreamName) => logs.end(logGroupName, logStreamName),
    agents: (instanceIds) => ssm.agents(instanceIds),
    listEarlier: (filters) => ssm.commands(filters),
    log: createLog('GetStatus', request.executionId),
  });
  recordEnd(status);
  return status;
});

import { Logs } from './aws/logs';
import { States } from './aws/states';
import { checkStart } from './check-start';
import { createLog, recordNotStarted, visibleErrors } from './handler';
import { CheckStartRequest, START_MARKS_VARIABLE, WatchStatus } from '../protocol';
import { Served } from './served';

const logs = new Logs();
const states = new States();

/** Finds out whether a scheduled time has a run. It starts nothing, and reports nothing itself. */
export const handler = visibleErrors(async (request: CheckStartRequest): Promise<WatchStatus> => {
  // Whoever invokes a function can put anything into an event.
  Served.ofEnvironment().requireMachine(`${request.watch?.stateMachineArn}`);
  const log = createLog('CheckStart', `${request.executionId}`);
  const status = await checkStart(request, process.env[START_MARKS_VARIABLE] ?? '', { states, logs, log });
  if (status.result && !status.isDuplicate) {
    recordNotStarted(status.result, request.watch);
  }
  return status;
});

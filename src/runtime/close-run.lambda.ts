import { setTimeout as sleep } from 'timers/promises';
import { close } from './close';
import { createLog } from './log';
import { Logs } from './logs';
import { ExecutionEnded } from './protocol';
import { Sns } from './sns';
import { Ssm } from './ssm';
import { States } from './states';
import { visibleErrors } from './visible-errors';

const ssm = new Ssm();
const logs = new Logs();
const states = new States();
const sns = new Sns();

/** Of the handlers, as Lambda has it: marks are empty streams of it. */
const logGroup = process.env.AWS_LAMBDA_LOG_GROUP_NAME ?? '';

/** Stops what an ended execution has left running, and tells what it could not tell. */
export const handler = visibleErrors(async (ended: ExecutionEnded): Promise<void> => {
  return close(ended, {
    history: (...asked) => states.history(...asked),
    commands: (filters) => ssm.commands(filters),
    command: (commandId) => ssm.command(commandId),
    invocations: (commandId) => ssm.invocations(commandId),
    stepOutput: (...step) => ssm.stepOutput(...step),
    cancel: (commandId) => ssm.cancel(commandId),
    logEnd: (...stream) => logs.end(...stream),
    notify: (job, status) => sns.notify(job, status),
    mark: (name) => logs.create(logGroup, name),
    isMarked: (name) => logs.has(logGroup, name),
    sleep: (milliseconds) => sleep(milliseconds),
    elapsed: () => performance.now(),
    log: createLog('CloseRun', ended.executionArn),
  });
});

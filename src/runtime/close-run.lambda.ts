import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { Logs } from './aws/logs';
import { Sns } from './aws/sns';
import { Ssm } from './aws/ssm';
import { States } from './aws/states';
import { close } from './close';
import { createLog, Log } from './log';
import { recordEnd } from './metrics';
import { ExecutionEnded, REPORT_VARIABLE, ReportSettings } from '../protocol';
import { describeError } from './send-error';
import { visibleErrors } from './visible-errors';

const ssm = new Ssm();
const logs = new Logs();
const states = new States();
const sns = new Sns();

/** Of the handlers, as Lambda has it: marks are empty streams of it. */
const logGroup = process.env.AWS_LAMBDA_LOG_GROUP_NAME ?? '';

/** Stops what an ended execution has left running, and tells what it could not tell. */
export const handler = visibleErrors(async (ended: ExecutionEnded, context?: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
  const log = createLog('CloseRun', ended.executionArn);
  const reportSettings = await currentReportSettings(ended, log);
  return close(ended, {
    reportSettings,
    history: (...asked) => states.history(...asked),
    commands: (filters) => ssm.commands(filters),
    command: (commandId) => ssm.command(commandId),
    invocations: (commandId) => ssm.invocations(commandId),
    stepOutput: (...step) => ssm.stepOutput(...step),
    cancel: (commandId) => ssm.cancel(commandId),
    logEnd: (...stream) => logs.end(...stream),
    notify: (job, status) => sns.notify(job, status, reportSettings?.notificationTopicArn),
    record: (status) => recordEnd(status),
    mark: (name) => logs.create(logGroup, name),
    isMarked: (name) => logs.has(logGroup, name),
    sleep: (milliseconds) => sleep(milliseconds),
    within,
    elapsed: () => performance.now(),
    remaining: () => context?.getRemainingTimeInMillis() ?? 0,
    log,
  });
});

/** How long the settings of a job may keep its report back. */
const SETTINGS_MILLISECONDS = 20_000;

/**
 * Where the job reports now. A handler of one job knows it; one that several jobs share asks for the definition of the state machine,
 * because their topics do not fit into its environment.
 *
 * @returns undefined where it cannot be known: what the execution carries counts then
 */
async function currentReportSettings({ executionArn }: ExecutionEnded, log: Log): Promise<ReportSettings | undefined> {
  const own = process.env[REPORT_VARIABLE];
  try {
    return own ? JSON.parse(own) : await within(SETTINGS_MILLISECONDS, async () => states.currentReportSettings(executionArn));
  } catch (error) {
    log('settings of the job not read', { error: describeError(error) });
    return undefined;
  }
}

/** @throws where a call takes longer: it goes on then, and nobody waits for it */
async function within<T>(milliseconds: number, call: () => Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = async () => {
    await sleep(milliseconds, undefined, { signal: timer.signal });
    throw new Error(`no answer within ${Math.round(milliseconds / 1000)} seconds`);
  };
  try {
    return await Promise.race([call(), late()]);
  } finally {
    timer.abort();
  }
}

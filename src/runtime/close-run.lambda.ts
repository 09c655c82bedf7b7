import type { Context } from 'aws-lambda';
import { Logs } from './aws/logs';
import { Sns } from './aws/sns';
import { Ssm } from './aws/ssm';
import { States } from './aws/states';
import { close } from './close';
import { createLog, Log, recordEnd, visibleErrors } from './handler';
import { CommandEnded, ExecutionEnded, REPORT_VARIABLE, ReportSettings } from '../protocol';
import { resume } from './resume';
import { describeError } from './send-error';
import { Clock, systemClock } from './world';

const ssm = new Ssm();
const logs = new Logs();
const states = new States();
const sns = new Sns();

/** Of the handlers, as Lambda has it: marks are empty streams of it. */
const logGroupName = process.env.AWS_LAMBDA_LOG_GROUP_NAME ?? '';

type LambdaContext = Pick<Context, 'getRemainingTimeInMillis'>;

/** Answers the events that a run leads to: its execution has ended otherwise than by itself, or one of its commands has ended. */
export const handler = visibleErrors(async (event: ExecutionEnded | CommandEnded, context?: LambdaContext): Promise<void> => {
  return 'commandId' in event ? resumeRun(event) : closeRun(event, context);
});

/** Ends the wait of a run, so that it polls at once. */
async function resumeRun(ended: CommandEnded): Promise<void> {
  return resume(ended, { ssm, states, clock: systemClock(), log: createLog('CloseRun', ended.stateMachineArn) });
}

/** Stops what an ended execution has left running, and reports what it could not report. */
async function closeRun(ended: ExecutionEnded, context?: LambdaContext): Promise<void> {
  const log = createLog('CloseRun', ended.executionArn);
  const clock = systemClock(() => context?.getRemainingTimeInMillis() ?? 0);
  const settings = { reportSettings: await currentReportSettings(ended, clock, log), logGroupName };
  return close(ended, settings, { ssm, logs, states, sns, clock, log, record: recordEnd });
}

/** How long the settings of a job may keep its report back. */
const SETTINGS_MILLISECONDS = 20_000;

/**
 * Where the job reports now. A handler of one job knows it; one that several jobs share asks for the definition of the state machine,
 * because their topics do not fit into its environment.
 *
 * @returns undefined where it cannot be known: what the execution carries counts then
 */
async function currentReportSettings({ executionArn }: ExecutionEnded, clock: Clock, log: Log): Promise<ReportSettings | undefined> {
  const own = process.env[REPORT_VARIABLE];
  try {
    return own ? JSON.parse(own) : await clock.within(SETTINGS_MILLISECONDS, async () => states.currentReportSettings(executionArn));
  } catch (error) {
    log('settings of the job not read', { error: describeError(error) });
    return undefined;
  }
}

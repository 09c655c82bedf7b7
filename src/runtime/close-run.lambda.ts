import type { Context } from 'aws-lambda';
import { Logs } from './aws/logs';
import { Sns } from './aws/sns';
import { Ssm } from './aws/ssm';
import { CurrentJob, States } from './aws/states';
import { close } from './close';
import { createLog, Log, recordEnd, visibleErrors } from './handler';
import { CommandEnded, ExecutionEnded, MARKS_VARIABLE, REPORT_VARIABLE, ReportSettings } from '../protocol';
import { OwnCommands } from './own-commands';
import { resume } from './resume';
import { describeError } from './send-error';
import { refusal, Served } from './served';
import { Clock, systemClock } from './world';

const ssm = new Ssm();
const logs = new Logs();
const states = new States();
const sns = new Sns();

type LambdaContext = Pick<Context, 'getRemainingTimeInMillis'>;

/** Answers the events that a run leads to: its execution has ended otherwise than by itself, or one of its commands has ended. */
export const handler = visibleErrors(async (event: ExecutionEnded | CommandEnded, context?: LambdaContext): Promise<void> => {
  return 'commandId' in event ? resumeRun(event) : closeRun(event, context);
});

/** Ends the wait of a run, so that it polls at once. */
async function resumeRun(ended: CommandEnded): Promise<void> {
  Served.ofEnvironment().requireMachine(`${ended.stateMachineArn}`);
  return resume(ended, { ssm, states, clock: systemClock(), log: createLog('CloseRun', ended.stateMachineArn) });
}

/** Stops what an ended execution has left running, and reports what it could not report. */
async function closeRun(ended: ExecutionEnded, context?: LambdaContext): Promise<void> {
  const log = createLog('CloseRun', `${ended.executionArn}`);
  const clock = systemClock(() => context?.getRemainingTimeInMillis() ?? 0);
  const served = Served.ofEnvironment();
  const reportSettings = await believedSettings(ended, served, clock, log);
  const own = new OwnCommands(ssm, served.ofKnownExecution(), ended.executionArn, { log });
  const logGroupName = process.env[MARKS_VARIABLE] ?? '';
  return close(ended, { reportSettings, logGroupName }, { ssm: own, logs, states, sns, clock, log, record: recordEnd });
}

/** How long the settings of a job may keep its report back. */
const SETTINGS_MILLISECONDS = 20_000;

/**
 * Where the job reports now. A handler of one job knows it; one that several jobs share asks for the definition of the state machine,
 * because their topics do not fit into its environment.
 *
 * A rule sees every state machine whose name begins like theirs, and anybody who may make one can choose its name, its history and its
 * definition: none of them is believed before the state machine is known to be one of theirs. A deployment that removes a job takes it off
 * the list first, and then stops its runs: it is known by its role. Where Step Functions does not say so, nothing is cancelled and nothing
 * reported; Lambda tries again, and the event ends in the dead-letter queue.
 *
 * @returns undefined where it cannot be known: what the execution carries counts then
 * @throws where the execution is none of a job of this handler
 */
async function believedSettings({ executionArn }: ExecutionEnded, served: Served, clock: Clock, log: Log): Promise<ReportSettings | undefined> {
  const own = process.env[REPORT_VARIABLE];
  if (own) {
    served.require(executionArn);
    return JSON.parse(own);
  }
  const job = await currentJob(executionArn, clock, log);
  if (!served.serves(executionArn) && !served.hasServed(job?.roleArn)) {
    log('refused: an execution of somebody else\'s state machine, or of a job that was removed and is not known any more');
    throw refusal(executionArn);
  }
  return job?.reportSettings;
}

async function currentJob(executionArn: string, clock: Clock, log: Log): Promise<CurrentJob | undefined> {
  try {
    return await clock.within(SETTINGS_MILLISECONDS, async () => states.currentJob(executionArn));
  } catch (error) {
    log('settings of the job not read', { error: describeError(error) });
    return undefined;
  }
}

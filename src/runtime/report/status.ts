import { checkedEnding } from '../check';
import { Ending } from './ending';
import { NO_EXIT_CODE } from '../invocation';
import { statusText } from './explain';
import { lateNotification } from './late';
import { Links } from './links';
import { mail, NextSteps } from './mail';
import { nextScheduledTime } from './next-run';
import type { Failure } from './output';
import { startCommand } from './start-command';
import { ERROR_PREFIX, InstanceCounts, InstanceFailure, JobSettings, Outcome, RETRYING, Run, RunResult, RUNNING, stateMachineOf, Status } from '../../protocol';
import { deliveryOf } from '../../protocol/delivery';
import { passedLimits } from '../../protocol/late';
import { giveUpAt, secondsBetween, waitSeconds } from '../../protocol/poll-plan';
import { sentences, visible, visibleLine } from '../../protocol/text';
import { Verdict } from '../verdict';

/** Commands that a result names. */
const MAX_COMMAND_IDS = 10;

/** One call of a handler: what every status is about. */
export interface Context {
  readonly job: JobSettings;
  readonly executionId: string;
  readonly run: Run;
  /** The workflow's time. */
  readonly now: string;
}

/** The status of a run that goes on. */
export function runningStatus(context: Context, counts: InstanceCounts, attempts: number): Status {
  const { job, run, now } = context;
  const passed = passedLimits(job, run, now);
  const isLate = passed.length > 0;
  const result = runningResult(context, counts, attempts);
  return {
    outcome: RUNNING,
    waitSeconds: waitSeconds(job, run, now),
    giveUpAt: giveUpAt(job, run, now),
    isLate,
    isDuplicate: false,
    isRecovery: false,
    isWarning: false,
    run: { ...run, ...Object.fromEntries(passed.map(({ mark }) => [mark, true])) },
    error: '',
    cause: '',
    result,
    notification: isLate ? lateNotification(job, run, result, passed) : { subject: '', text: '' },
  };
}

/** The status of a run that is tried again: `context.run` is its next attempt. */
export function retryStatus(context: Context, { counts, attempts }: Verdict, seconds: number): Status {
  return {
    outcome: RETRYING,
    waitSeconds: seconds,
    giveUpAt: context.now,
    isLate: false,
    isDuplicate: false,
    isRecovery: false,
    isWarning: false,
    run: context.run,
    error: '',
    cause: '',
    result: runningResult(context, counts, attempts),
    notification: { subject: '', text: '' },
  };
}

/**
 * The status of a run that has ended. Whatever others have written, the program, operators and services, becomes visible here, on its
 * way into result, mail and cause.
 */
export function endStatus(context: Context, judged: Ending): Status {
  const ending = context.run.check ? checkedEnding(judged) : judged;
  const { outcome, attempts, exitCode, counts } = ending;
  const cause = visibleLine(sentences(ending.cause, context.run.calendarsUnread ?? ''));
  const failures = ending.failures.map(visibleFailure);
  const result: RunResult = {
    ...facts(context),
    warnings: ending.warnings ?? [],
    outcome,
    endedAt: context.now,
    attempts,
    exitCode,
    cause,
    instances: counts,
    failures: failures.map(instanceFailure),
    recoveredFrom: ending.recovery?.execution ?? '',
  };
  return {
    outcome,
    waitSeconds: 1,
    giveUpAt: context.now,
    isLate: false,
    isDuplicate: false,
    isRecovery: ending.recovery !== undefined,
    isWarning: outcome === Outcome.SUCCEEDED && result.warnings.length > 0,
    run: context.run,
    error: outcome === Outcome.SUCCEEDED ? '' : `${ERROR_PREFIX}${outcome}`,
    cause,
    result,
    notification: mail(context.job, result, { ...ending, cause: sentences(cause, ending.recovery?.text ?? ''), failures }, outcome === Outcome.SUCCEEDED ? undefined : nextSteps(context, result)),
  };
}

/**
 * How to go on after a run that did not succeed: where that is to be known, on the instances on which it did not; and from the beginning.
 */
function nextSteps(context: Context, { instances, commandIds }: RunResult): NextSteps {
  const { job, executionId, run } = context;
  const { total, succeeded, unresponsive, running } = instances;
  // Where nothing was sent, or something may still run, a rerun would be refused.
  const mayRerun = job.allowRerun && !run.check && commandIds.length > 0 && succeeded < total && unresponsive + running === 0;
  const input = JSON.stringify({ rerunOf: executionId.slice(executionId.lastIndexOf(':') + 1), only: 'failed' });
  return { startAgain: startAgain(context), ...mayRerun ? { rerun: startCommand(stateMachineOf(executionId), input) } : {} };
}

function startAgain({ executionId, run }: Context): string {
  const command = startCommand(stateMachineOf(executionId), run.again);
  if (run.again === undefined) {
    return `${command}\n  (input.json: the input of this execution, without ${deliveryOf(run)?.fields ?? 'scheduledTime'})`;
  }
  return run.withheld ? `${command}\n  (give the value of ${visibleLine(run.withheld.join(', '))} again, in place of null: it is sensitive, and not shown)` : command;
}

function visibleFailure(failure: Failure): Failure {
  return { ...failure, stdout: visible(failure.stdout), stderr: visible(failure.stderr) };
}

/** A failure as the result documents it. */
function instanceFailure(failure: Failure): InstanceFailure {
  const { instanceId, outcome, exitCode, commandId, stdout, stderr, logs } = failure;
  return { instanceId, outcome, status: statusText(failure), exitCode, commandId, stdout, stderr, logs };
}

function runningResult(context: Context, counts: InstanceCounts, attempts: number): RunResult {
  return {
    ...facts(context),
    outcome: RUNNING,
    endedAt: '',
    attempts: context.run.check ? 0 : attempts,
    exitCode: NO_EXIT_CODE,
    cause: '',
    instances: counts,
    failures: [],
    recoveredFrom: '',
  };
}

function facts({ job, executionId, run, now }: Context) {
  const [, , , region = '', account = ''] = executionId.split(':');
  const commandIds = run.commands.flatMap(({ commandId }) => commandId ?? []).slice(0, MAX_COMMAND_IDS);
  return {
    check: run.check === true,
    rerunOf: run.rerunOf ?? '',
    warnings: [],
    job: job.name,
    description: visibleLine(job.description),
    owner: visibleLine(job.owner),
    account,
    region,
    execution: executionId,
    runId: run.id,
    commandIds,
    startedAt: run.startedAt,
    durationSeconds: Math.round(secondsBetween(run.startedAt, now)),
    nextScheduledTime: nextScheduledTime(job, now),
    links: new Links(job, executionId).run(commandIds),
  };
}

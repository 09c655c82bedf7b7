import { Ending, MAX_CAUSE_LENGTH } from './ending';
import { NO_EXIT_CODE } from './invocation';
import { ExecutionEnded, JobSettings, Outcome, RunResult } from './protocol';
import { share, shorten } from './text';
import { uniformCounts } from './verdict';

/** How an execution that did not end by itself is told. */
const HOW: { [status in ExecutionEnded['status']]: { outcome: Outcome; headline: string; cause: string; advice: string } } = {
  ABORTED: {
    outcome: Outcome.CANCELLED,
    headline: 'was stopped',
    cause: 'Somebody stopped the execution',
    advice: 'Find out who stopped the execution: CloudTrail has it under StopExecution.',
  },
  TIMED_OUT: {
    outcome: Outcome.TIMED_OUT,
    headline: 'was ended by the time-out of its execution',
    cause: 'The execution took longer than a run may, with all its time-outs',
    advice: 'Look into the execution: the workflow could not look at the run, or a service did not answer for long.',
  },
  FAILED: {
    outcome: Outcome.FAILED,
    headline: 'ended with a fault of its workflow',
    cause: 'The workflow could not go on',
    advice: 'Look into the execution, and into the log group of the handlers.',
  },
};

/**
 * The ending of a run whose execution was ended from outside, or by a fault.
 *
 * @param reason why, in the words of whoever ended the execution; may be empty
 * @param look the last look at the run, after its commands were cancelled; undefined if there are no commands
 * @param maySend whether there may be commands that SSM does not list
 */
export function closedEnding(
  job: JobSettings, ended: ExecutionEnded, reason: string, look: RunResult | undefined, maySend: boolean,
): Ending {
  const { outcome, headline, cause, advice } = HOW[ended.status];
  const alive = look ? mayRun(look) : 0;
  return {
    outcome,
    headline,
    cause: shorten(`${cause}${reason ? ` (${reason})` : ''}. ${whatIsLeft(look, alive, maySend)}`, MAX_CAUSE_LENGTH),
    attempts: look?.attempts ?? 0,
    exitCode: look?.exitCode ?? NO_EXIT_CODE,
    counts: look?.instances ?? uniformCounts(job.instanceIds.length, maySend ? Outcome.UNRESPONSIVE : Outcome.UNDELIVERED),
    failures: look?.failures ?? [],
    advice: [
      ...alive > 0 || (!look && maySend) ? ['Look on the servers whether the program still runs before you start the job again.'] : [],
      advice,
    ],
  };
}

/** On how many instances the program may run. */
export function mayRun({ instances }: RunResult): number {
  return instances.running + instances.unresponsive;
}

function whatIsLeft(look: RunResult | undefined, alive: number, maySend: boolean): string {
  if (!look) {
    return maySend ? 'SSM lists no command of it: whether the batch program was started is unknown.' : 'Nothing had been started.';
  }
  return alive > 0
    ? `The batch program was told to stop, but may still be running on ${share(alive, look.instances.total)}.`
    : 'The batch program does not run any more.';
}

import { Ending } from './ending';
import { NO_EXIT_CODE } from './invocation';
import { ExecutionEnded, InstanceCounts, JobSettings, Outcome, RUNNING, RunResult } from './protocol';
import { share, shorten, visibleLine } from './text';
import { uniformCounts } from './verdict';

/** Of somebody else's reason, which may have 32,768 characters: what is known of the program comes after it, and counts for more. */
const MAX_REASON_LENGTH = 1_000;

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
  return {
    outcome,
    headline,
    cause: `${cause}${reason ? ` (${shorten(visibleLine(reason), MAX_REASON_LENGTH)})` : ''}. ${whatIsLeft(look, maySend)}`,
    attempts: look?.attempts ?? 0,
    exitCode: look?.exitCode ?? NO_EXIT_CODE,
    counts: look?.instances ?? uniformCounts(job.instanceIds.length, maySend ? Outcome.UNRESPONSIVE : Outcome.UNDELIVERED),
    failures: look?.failures ?? [],
    advice: [
      ...(look ? !hasStopped(look) : maySend) ? ['Look on the servers whether the program still runs before you start the job again.'] : [],
      advice,
    ],
  };
}

/**
 * Whether nothing of a run can run any more. Counts alone do not say so where SSM finds the instances: as long as it has not named
 * them all, some are not counted.
 */
export function hasStopped({ outcome, instances }: RunResult): boolean {
  const isOpen = outcome === RUNNING || outcome === Outcome.UNRESPONSIVE;
  const isCounted = instances.total > 0 || outcome === Outcome.UNDELIVERED;
  return !isOpen && isCounted && mayRun(instances) === 0;
}

/** On how many instances the program may run, as far as they are counted. */
function mayRun({ running, unresponsive }: InstanceCounts): number {
  return running + unresponsive;
}

/** What leaves the process group is not stopped with it, and nobody asks the server whether it runs. */
const MAY_LIVE_ON = 'What was started with su -c, runuser -l -c, docker run, systemctl start, at or setsid has left it and may live on, '
  + 'as may any program that a PowerShell script started.';

function whatHasStopped({ instances }: RunResult): string {
  const { total, cancelled, timedOut, undelivered, skipped } = instances;
  if (undelivered + skipped === total) {
    return 'The batch program was not started.';
  }
  return cancelled + timedOut > 0
    ? `SSM reports it stopped on ${share(cancelled + timedOut, total)}: the script's process group does not run any more. ${MAY_LIVE_ON}`
    : 'The script had ended by itself.';
}

function whatIsLeft(look: RunResult | undefined, maySend: boolean): string {
  if (!look) {
    return maySend ? 'SSM lists no command of it: whether the batch program was started is unknown.' : 'Nothing had been started.';
  }
  if (hasStopped(look)) {
    return whatHasStopped(look);
  }
  const alive = mayRun(look.instances);
  return 'The batch program was told to stop, but '
    + (alive > 0 ? `may still be running on ${share(alive, look.instances.total)}.` : 'SSM does not say where it runs: it may still be running.');
}

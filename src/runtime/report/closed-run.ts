import { Ending, Standing } from './ending';
import { ExecutionEnded, InstanceCounts, JobSettings, Outcome, RUNNING } from '../../protocol';
import { endSentence, sentences, share, shorten, visibleLine } from '../../protocol/text';
import { NO_EXIT_CODE } from '../invocation';
import { uniformCounts } from '../verdict';

/** Of somebody else's reason, which may have 32,768 characters: what is known of the program comes after it, and counts for more. */
const MAX_REASON_LENGTH = 1_000;

/** Of what a service said instead of an answer. */
const MAX_PROBLEM_LENGTH = 300;

/** How an execution that did not end by itself is reported. */
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

/** What is known of the program of a run whose execution has ended. */
export interface Remains {
  /** The last poll of the run, after its commands were cancelled; none if there are no commands, or SSM did not say. */
  readonly last?: Standing;
  /** Whether SSM has taken a command of it. */
  readonly isStarted: boolean;
  /** Whether there may be commands that SSM does not list. */
  readonly maySend: boolean;
  /** Why not more is known: an error of whoever was asked; empty if all was answered. */
  readonly problem: string;
  /** Whether there was no program to start. */
  readonly isCheck?: boolean;
}

/**
 * The ending of a run whose execution was ended from outside, or by a fault.
 *
 * @param reason why, in the words of whoever ended the execution; may be empty
 * @param isLater whether it was reported before, and what became of the program was not known then
 */
export function closedEnding(job: JobSettings, ended: ExecutionEnded, reason: string, remains: Remains, isLater: boolean = false): Ending {
  const { last, isStarted, maySend, problem, isCheck } = remains;
  const { outcome, headline, cause, advice } = HOW[ended.status];
  const isUnknown = problem !== '' || (last ? !hasStopped(last) : isStarted || maySend);
  return {
    outcome,
    headline: `${headline}${isLater ? ': what became of its program' : ''}`,
    cause: sentences(
      `${cause}${reason ? ` (${shorten(visibleLine(withoutData(reason)), MAX_REASON_LENGTH)})` : ''}.`,
      isLater ? 'An earlier report said that it was not known what became of the batch program.' : '',
      whatIsLeft(remains),
    ),
    attempts: last?.attempts ?? 0,
    exitCode: last?.exitCode ?? NO_EXIT_CODE,
    counts: last?.counts ?? uniformCounts(job.instanceIds.length, isUnknown ? Outcome.UNRESPONSIVE : Outcome.UNDELIVERED),
    failures: last?.failures ?? [],
    advice: [
      ...isUnknown && !isCheck ? ['Look on the instances whether the program still runs before you start the job again.'] : [],
      ...problem ? ['To stop it is tried again for a while; another report comes only if that is known to have stopped it.'] : [],
      advice,
    ],
  };
}

/**
 * Step Functions quotes the whole data of a state where a path is not in it: the input of the execution, with the values of parameters. They
 * are in the history for whoever may read it, and say nothing to anybody else.
 */
function withoutData(words: string): string {
  return words.replace(/'\{[^]*$/, '{…}');
}

/**
 * Whether nothing of a run can run any more. Counts alone do not say so where SSM finds the instances: as long as it has not named
 * them all, some are not counted.
 */
export function hasStopped({ outcome, counts }: Pick<Standing, 'outcome' | 'counts'>): boolean {
  const isOpen = outcome === RUNNING || outcome === Outcome.UNRESPONSIVE;
  const isCounted = counts.total > 0 || outcome === Outcome.UNDELIVERED;
  return !isOpen && isCounted && mayRun(counts) === 0;
}

/** On how many instances the program may run, as far as they are counted. */
function mayRun({ running, unresponsive }: InstanceCounts): number {
  return running + unresponsive;
}

/** What leaves the process group is not stopped with it, and nobody asks the instance whether it runs. */
const MAY_LIVE_ON = 'What was started with su -c, runuser -l -c, docker run, systemctl start, at or setsid has left it and may live on, '
  + 'as may any program that a PowerShell script started.';

function whatHasStopped({ total, cancelled, timedOut, undelivered, skipped }: InstanceCounts): string {
  if (undelivered + skipped === total) {
    return 'The batch program was not started.';
  }
  return cancelled + timedOut > 0
    ? `SSM reports it stopped on ${share(cancelled + timedOut, total)}: the script's process group does not run any more. ${MAY_LIVE_ON}`
    : 'The script had ended by itself.';
}

function whatIsLeft({ last, isStarted, maySend, problem, isCheck }: Remains): string {
  if (isCheck) {
    return '';
  }
  if (last && hasStopped(last)) {
    return whatHasStopped(last.counts);
  }
  if (problem) {
    const what = isStarted ? 'Whether the batch program still runs is unknown' : 'Whether the batch program was started, and whether it still runs, is unknown';
    return `${what}: ${endSentence(shorten(visibleLine(problem), MAX_PROBLEM_LENGTH))}`;
  }
  if (!last) {
    return maySend ? 'SSM lists no command of it: whether the batch program was started is unknown.' : 'Nothing had been started.';
  }
  const alive = mayRun(last.counts);
  return 'The batch program was told to stop, but '
    + (alive > 0 ? `may still be running on ${share(alive, last.counts.total)}.` : 'SSM does not say where it runs: it may still be running.');
}

import { ADVICE_INPUT, ADVICE_NOT_SENT, ADVICE_UNKNOWN, adviceForRefusal } from './advice';
import { isFoundBySsm, namedInstances } from '../command-input';
import { commandRefused, Ending, MAX_CAUSE_LENGTH } from './ending';
import { NO_EXIT_CODE } from '../invocation';
import { Links } from './links';
import { describeFailure, MAX_FAILURES } from './output';
import { JobSettings, NOT_TAKEN, Outcome, Refusal, Run } from '../../protocol';
import { endSentence, plural, sentences, shorten } from '../../protocol/text';
import { isOfServers } from '../send-error';
import { addCounts, uniformCounts, Verdict } from '../verdict';

/** Problems of an input that a cause tells; one that has more has them all for the same reason. */
const MAX_PROBLEMS = 10;

const FAILED_TO_START = {
  outcome: Outcome.FAILED,
  headline: 'could not be started',
  failures: [],
  exitCode: NO_EXIT_CODE,
  attempts: 0,
};

/** The ending of a run whose input broke a rule. */
export function inputRefused(job: JobSettings, problems: string[]): Ending {
  const more = problems.length - MAX_PROBLEMS;
  const listed = [...problems.slice(0, MAX_PROBLEMS), ...more > 0 ? [`and ${plural(more, 'more problem')}`] : []].join('; ');
  return {
    ...FAILED_TO_START,
    counts: uniformCounts(job.instanceIds.length, Outcome.UNDELIVERED),
    cause: shorten(`The input was refused: ${listed}`, MAX_CAUSE_LENGTH),
    advice: ADVICE_INPUT,
  };
}

/** The ending of a run whose settings, or whose own state, this release of the handlers cannot read: nothing is started by a guess. */
export function settingsRefused(job: JobSettings, problems: string[]): Ending {
  return {
    ...inputRefused(job, problems),
    cause: shorten(`The settings of the job cannot be read, so that nothing was started: ${problems.slice(0, MAX_PROBLEMS).join('; ')}`,
      MAX_CAUSE_LENGTH),
    advice: ['Deploy the job again, with the handlers and the workflow of one release, and start it once more.'],
  };
}

/** The ending of a run that SSM would not take, time after time. @param error what SSM said last */
export function neverSent(job: JobSettings, run: Run, error: string): Ending {
  return {
    ...FAILED_TO_START,
    ...settled(job, run, Outcome.UNDELIVERED),
    cause: sentences(endSentence(commandRefused({ code: NOT_TAKEN, message: error })), notStarted(run)),
    advice: ADVICE_NOT_SENT,
  };
}

/** The ending of a run of which no command was confirmed, and none found. */
export function startUnknown(job: JobSettings, run: Run): Ending {
  const unknown = { ...FAILED_TO_START, headline: 'may not have been started', ...settled(job, run, Outcome.UNRESPONSIVE) };
  return run.check ? {
    ...unknown,
    cause: 'SSM did not confirm the command and does not list it.',
    advice: ['Check again as below.'],
  } : {
    ...unknown,
    cause: `SSM did not confirm the command and does not list it: whether the batch program was started${again(run)} is unknown. `
      + 'Check the instances before you start the job again.',
    advice: ADVICE_UNKNOWN,
  };
}

/**
 * The ending of a run of which SSM refused every command.
 *
 * @param refusal the one that counts
 * @param reason why it is not tried again; may be empty
 */
export function commandsRefused(
  job: JobSettings, executionId: string, run: Run, refusal: Refusal, verdict: Verdict, reason: string,
): Ending {
  const links = new Links(job, executionId);
  return {
    ...FAILED_TO_START,
    ...settled(job, run, Outcome.UNDELIVERED),
    outcome: isOfServers(refusal) ? Outcome.UNDELIVERED : Outcome.FAILED,
    failures: isFoundBySsm(job, run)
      ? []
      : verdict.failures.slice(0, MAX_FAILURES).map((failure) => describeFailure(failure, links)),
    cause: sentences(endSentence(commandRefused(refusal)), notStarted(run), reason),
    advice: adviceForRefusal(refusal.code),
  };
}

/** What is known of the whole run where its latest attempt was not started, or may not have been. */
function settled(job: JobSettings, run: Run, outcome: Outcome): Pick<Ending, 'counts' | 'attempts'> {
  return {
    counts: addCounts(uniformCounts(namedInstances(job, run).length, outcome), run.settled?.counts),
    attempts: run.settled?.attempts ?? 0,
  };
}

function notStarted(run: Run): string {
  return `The batch program was not started${again(run)}.`;
}

function again({ attempt }: Run): string {
  return attempt > 1 ? ' again' : '';
}

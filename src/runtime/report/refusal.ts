import { ADVICE_INPUT, ADVICE_NOT_SENT, ADVICE_UNKNOWN, adviceForRefusal } from './advice';
import { isFoundBySsm, namedInstances } from '../command-input';
import { Ending, MAX_CAUSE_LENGTH } from './ending';
import { NO_EXIT_CODE } from '../invocation';
import { Links } from './links';
import { observe } from '../observation';
import { describeFailure, MAX_FAILURES } from './output';
import { JobSettings, Outcome, Run } from '../../protocol';
import { endSentence, plural, sentences, shorten } from '../../protocol/text';
import { addCounts, judgeRun, uniformCounts, Verdict } from '../verdict';

/** Problems of an input that a cause tells; one that has more has them all for the same reason. */
const MAX_PROBLEMS = 10;

/** Errors of SendCommand that are about the servers, not about the job. */
const UNDELIVERED_ERRORS = /^(InvalidInstanceId|UnsupportedPlatformType)\b/;

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
    cause: sentences(endSentence(neverTaken(error)), notStarted(run)),
    advice: ADVICE_NOT_SENT,
  };
}

/** What is said of it. */
export function neverTaken(error: string): string {
  return `SSM did not take the command, however often it was sent: ${error}`;
}

/** The ending of a run of which no command was confirmed, and none found. */
export function startUnknown(job: JobSettings, run: Run): Ending {
  return {
    ...FAILED_TO_START,
    headline: 'may not have been started',
    ...settled(job, run, Outcome.UNRESPONSIVE),
    cause: `SSM did not confirm the command and does not list it: whether the batch program was started${again(run)} is unknown. `
      + 'Check the instances before you start the job again.',
    advice: ADVICE_UNKNOWN,
  };
}

/** How it stands with an attempt of which SSM refused every command, and whether that is only about the servers. */
export function allRefused(job: JobSettings, run: Run, now: string): { verdict: Verdict; isUndelivered: boolean } {
  return {
    verdict: judgeRun(job, run, observe(job, run, { invocations: [] }, now), now),
    isUndelivered: run.commands.every(({ error }) => UNDELIVERED_ERRORS.test(error)),
  };
}

/** The ending of a run of which SSM refused every command. @param reason why it is not tried again; may be empty */
export function commandsRefused(job: JobSettings, executionId: string, run: Run, verdict: Verdict, reason: string): Ending {
  const links = new Links(job, executionId);
  const error = decisiveError(run);
  return {
    ...FAILED_TO_START,
    ...settled(job, run, Outcome.UNDELIVERED),
    outcome: UNDELIVERED_ERRORS.test(error) ? Outcome.UNDELIVERED : Outcome.FAILED,
    failures: isFoundBySsm(job, run)
      ? []
      : verdict.failures.slice(0, MAX_FAILURES).map((failure) => describeFailure(failure, links, { stdout: '', stderr: '' })),
    cause: sentences(endSentence(commandRefused(run)), notStarted(run), reason),
    advice: adviceForRefusal(error),
  };
}

/** What is said of an attempt of which SSM refused every command. */
export function commandRefused(run: Run): string {
  return `SSM refused the command: ${decisiveError(run)}`;
}

function decisiveError({ commands }: Run): string {
  const errors = commands.map(({ error }) => error);
  return errors.find((candidate) => !UNDELIVERED_ERRORS.test(candidate)) ?? errors[0];
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

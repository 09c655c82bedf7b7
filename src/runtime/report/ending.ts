import { adviceFor, adviceForCheck, ADVICE_NO_INSTANCES, ADVICE_REPEATED } from './advice';
import type { EarlierStart } from '../earlier-start';
import { describeRefusal, explainFailure } from './explain';
import type { Failure } from './output';
import { GetStatusRequest, InstanceCounts, InstanceVerdict, JobSettings, NOT_TAKEN, Outcome, Refusal, Run, RunResult } from '../../protocol';
import { deliveryOf } from '../../protocol/delivery';
import { secondsBetween } from '../../protocol/poll-plan';
import { duration, endSentence, plural, sentences, share, shorten } from '../../protocol/text';
import { isLeftOut, isLost, NO_EXIT_CODE } from '../invocation';
import type { Recovery } from '../recovery';
import { decisiveRefusal } from '../send-error';
import { Verdict } from '../verdict';

/** How far a run has come, as far as SSM says. */
export interface Standing extends Pick<RunResult, 'outcome' | 'attempts' | 'exitCode'> {
  readonly counts: InstanceCounts;
  readonly failures: Failure[];
}

/** How a run ended, in all that result and mail say of it. */
export interface Ending extends Standing {
  readonly outcome: Outcome;
  readonly cause: string;
  /** Goes on after the job's name: `failed on 1 of 3 instances`. */
  readonly headline: string;
  /** What to try first. */
  readonly advice: string[];
  /** What failed before; only of a success. */
  readonly recovery?: Recovery;
  /** What a check has found that keeps no run from starting. */
  readonly warnings?: string[];
}

/** The ending of a run that was watched to its end. @param reason why it is not tried again; may be empty */
export function judgedEnding(
  { job, run, now }: Pick<GetStatusRequest, 'job' | 'run' | 'now'>, outcome: Outcome, verdict: Verdict, failures: Failure[],
  reason: string,
): Ending {
  const { attempts, counts, exitCode } = verdict;
  const facts = { outcome, attempts, counts, exitCode, failures };
  if (verdict.noInstances) {
    const targets = job.targets.map(({ key, values }) => `${key}=${values.join(',')}`).join(' and ');
    return {
      ...facts,
      headline: 'found no instance to run on',
      cause: shorten(`No instance matches the targets: ${targets}. The batch program did not run.`, MAX_CAUSE_LENGTH),
      advice: ADVICE_NO_INSTANCES,
    };
  }
  return {
    ...facts,
    headline: headline(outcome, verdict),
    cause: sentences(run.check ? checkCause(job, outcome, verdict, failures) : cause(job, outcome, verdict, failures), reason),
    advice: run.check ? adviceForCheck(job, failures) : adviceFor(job, outcome, failures, verdict.overlaps, secondsBetween(run.startedAt, now)),
  };
}

/** Why a further attempt has not started, for a person. @param first one of the instances on which it has not */
export function attemptNotStarted(job: JobSettings, run: Run, count: number, first: Failure): string {
  const refusal = decisiveRefusal(run);
  const why = refusal ? commandRefused(refusal) : `the command was not delivered: ${explainFailure(job, first)}`;
  return endSentence(`Attempt ${run.attempt} was not started on ${plural(count, 'instance')}: ${why}`);
}

/** What is said of an attempt of which SSM took nothing. */
export function commandRefused(refusal: Refusal): string {
  return refusal.code === NOT_TAKEN ? describeRefusal(refusal) : `SSM refused the command: ${describeRefusal(refusal)}`;
}

/**
 * The ending of a run that had been started before, as far as the instances say, or SSM's list of commands: nothing was started there.
 *
 * It is no failure where that start goes on, or has succeeded and its time or its event may have been delivered twice. Otherwise somebody
 * has asked for a run, and must not take it for one that took place.
 */
export function repeatedEnding(
  ending: Ending, { job, run }: Pick<GetStatusRequest, 'job' | 'run'>, { counts, overlaps }: Verdict, earlier: EarlierStart | undefined,
): Ending {
  const told = earlier ? earlier.text : 'SSM lists no command that has started it.';
  const reasons = ending.outcome === Outcome.SKIPPED ? [] : skipReasons(job, overlaps, counts.skipped - overlaps, counts.total);
  const whole = sentences(ending.cause, ...reasons, told);
  if (earlier?.isFine) {
    return { ...ending, cause: whole };
  }
  const delivery = deliveryOf(run);
  const again = delivery === undefined
    ? 'To run the job again, start a new execution.'
    : `To run the job again, start it without ${delivery.fields} (${delivery.got}).`;
  const everywhere = counts.skipped === counts.total;
  return {
    ...ending,
    ...ending.outcome === Outcome.SKIPPED ? {
      outcome: Outcome.FAILED,
      headline: `was not started again${everywhere ? '' : ` on ${share(counts.skipped - overlaps, counts.total)}`}`,
      exitCode: NO_EXIT_CODE,
    } : {},
    cause: shorten(sentences(whole, everywhere ? 'The batch program was not started again.' : '', again), MAX_CAUSE_LENGTH),
    advice: [...new Set([...ending.outcome === Outcome.SKIPPED ? [] : ending.advice, ...ADVICE_REPEATED])],
  };
}

/** Step Functions takes 32,768 characters; a person reads one or two sentences. */
export const MAX_CAUSE_LENGTH = 1_500;

/** What decides is not all that matters: who reads only this must not take the instances that were left out for done. */
export function headline(outcome: Outcome, verdict: Verdict): string {
  const leftOut = verdict.failures.filter(isLeftOut).length;
  if (leftOut === 0) {
    return decisiveHeadline(outcome, verdict);
  }
  const { counts } = verdict;
  const others = { ...verdict, counts: { ...counts, cancelled: counts.cancelled - leftOut } };
  return outcome === Outcome.CANCELLED && others.counts.cancelled === 0
    ? `never ran on ${share(leftOut, counts.total)}`
    : `${decisiveHeadline(outcome, others)}, never ran on ${leftOut}`;
}

function decisiveHeadline(outcome: Outcome, { counts, overlaps, failures }: Verdict): string {
  const { total } = counts;
  switch (outcome) {
    case Outcome.SUCCEEDED:
      return `succeeded on ${plural(total, 'instance')}`;
    case Outcome.FAILED:
      return `failed on ${share(counts.failed, total)}`;
    case Outcome.TIMED_OUT:
      return `timed out on ${share(counts.timedOut, total)}`;
    case Outcome.UNDELIVERED:
      return `was not delivered to ${share(counts.undelivered, total)}`;
    case Outcome.CANCELLED:
      return `was cancelled on ${share(counts.cancelled, total)}`;
    case Outcome.UNRESPONSIVE:
      if (counts.unresponsive === 0) {
        return 'has no answer from SSM';
      }
      return `${areAllLost(failures) ? 'was lost on' : 'has no answer from'} ${share(counts.unresponsive, total)}`;
    case Outcome.SKIPPED:
      return overlaps > 0 ? 'was skipped: another run was still running' : 'was skipped: this run had been started before';
    case Outcome.NOT_DUE:
      return 'was not due';
    case Outcome.NOT_STARTED:
      return 'was not started';
  }
}

function cause(job: JobSettings, outcome: Outcome, { counts, overlaps }: Verdict, failures: Failure[]): string {
  const [first] = failures;
  const example = first ? `: ${first.instanceId}, ${explainFailure(job, first)}` : '';
  const limit = duration(job.executionTimeoutSeconds);
  const on = (count: number) => share(count, counts.total) + example;
  switch (outcome) {
    case Outcome.SUCCEEDED:
    case Outcome.NOT_STARTED:
      return '';
    case Outcome.FAILED:
      return `The batch program failed on ${on(counts.failed)}.`;
    case Outcome.TIMED_OUT:
      return `SSM reports a time-out on ${on(counts.timedOut)}. The execution timeout is ${limit}.`;
    case Outcome.UNDELIVERED:
      return `The command was not delivered to ${on(counts.undelivered)}.`;
    case Outcome.CANCELLED:
      return `The command was cancelled on ${on(counts.cancelled)}.`;
    case Outcome.UNRESPONSIVE:
      if (counts.unresponsive === 0) {
        return 'SSM did not say on how many instances the command runs. The batch program may still be running.';
      }
      return `${areAllLost(failures) ? 'The agent reports a failure of its own, not the program\'s, on' : 'There is no answer from'} `
        + `${on(counts.unresponsive)}. The batch program may still be running there.`;
    case Outcome.SKIPPED:
      return skipReasons(job, overlaps, counts.skipped - overlaps, counts.total).join(' ');
    case Outcome.NOT_DUE:
      return 'Nothing was started.';
  }
}

/** Of a check, which has no program that could fail or go on. */
function checkCause(job: JobSettings, outcome: Outcome, verdict: Verdict, failures: Failure[]): string {
  const { failed, unresponsive, total } = verdict.counts;
  const [first] = failures;
  const on = (count: number) => `${share(count, total)}${first ? `: ${first.instanceId}, ${explainFailure(job, first)}` : ''}`;
  switch (outcome) {
    case Outcome.FAILED:
      return `A run could not start on ${on(failed)}.`;
    case Outcome.UNRESPONSIVE:
      return `There is no answer from ${on(unresponsive)}.`;
    default:
      return cause(job, outcome, verdict, failures);
  }
}

/** Whether of all that is unresponsive the agent has answered, and said that it has lost the program. */
function areAllLost(failures: Pick<InstanceVerdict, 'outcome' | 'reason'>[]): boolean {
  return failures.filter(({ outcome }) => outcome === Outcome.UNRESPONSIVE).every(isLost);
}

function skipReasons({ overlapWaitSeconds }: JobSettings, overlaps: number, repeated: number, total: number): string[] {
  const waited = overlapWaitSeconds === undefined ? '' : ` after a wait of ${duration(overlapWaitSeconds)}`;
  return [
    ...overlaps > 0 ? [`Another run of the job was still running on ${share(overlaps, total)}${waited}: nothing was started there.`] : [],
    ...repeated > 0
      ? [`This run had been started before on ${share(repeated, total)}: nothing was started a second time there.`]
      : [],
    // Nothing was sent, and SSM would have found the instances.
    ...total === 0 ? ['This run had been started before: nothing was started a second time.'] : [],
  ];
}

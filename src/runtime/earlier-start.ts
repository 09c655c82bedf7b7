import type { Command, CommandFilter, CommandInvocation } from '@aws-sdk/client-ssm';
import { meaning, readWord } from './aws/words';
import { othersAttempt, readPart } from './command-input';
import { findFilters, ofDocument } from './find-command';
import { judgeInvocation, NO_EXIT_CODE } from './invocation';
import { decide } from './retry';
import { GRACE_SECONDS, InstanceVerdict, JobSettings, Outcome, Reason, Run, RUNNING } from '../protocol';
import { headline } from './report/ending';
import { describeError } from './send-error';
import { judgeRun, Verdict } from './verdict';
import type { World } from './world';
import { Delivery, deliveryOf, mayBeSecondDelivery } from '../protocol/delivery';
import { minPollSeconds, secondsBetween, totalSeconds } from '../protocol/poll-plan';
import { plural, sentences, utc } from '../protocol/text';

/** How far back a command may have been requested, by a clock that differs. */
const TOLERANCE_SECONDS = 300;

/** A command by which another execution has started the same run. */
interface Start {
  readonly command: Command;
  readonly attempt: number;
  readonly sentAt: string;
}

/** How such a command ended, on the instances on which it has started anything or should have. */
interface End {
  readonly start: Start;
  readonly verdicts: InstanceVerdict[];
  /** Instances that SSM counts, and does not list. */
  readonly unlisted: number;
  /** In milliseconds. */
  readonly endedAt: number;
}

/** What is known of an earlier start of a run. */
export interface EarlierStart {
  /** Whether nobody is to be notified of a second start: the run goes on, or has succeeded and may have been delivered twice. */
  readonly isFine: boolean;
  /** A sentence: which command, when, and how it ended. */
  readonly text: string;
}

/** What `ListCommands` is asked for, to find every command that was sent for a scheduled time or an event. */
export function earlierFilters(job: JobSettings, { time }: Delivery, now: string): CommandFilter[] {
  return findFilters(job, now, secondsBetween(time, now) + TOLERANCE_SECONDS);
}

/** The commands by which other executions of the job have started the run of a scheduled time or an event, in all of its attempts. */
export function earlierStarts(job: JobSettings, run: Run, executionId: string, listed: Command[]): Start[] {
  return ofDocument(job, listed).flatMap((command) => {
    const attempt = othersAttempt(job, run, executionId, command.Comment);
    const sentAt = new Date(Number(command.RequestedDateTime ?? 0)).toISOString();
    return attempt === undefined ? [] : [{ command, attempt, sentAt }];
  });
}

/**
 * Finds out what has become of an earlier start of a run.
 *
 * @returns undefined where SSM lists none, or cannot be asked
 */
export async function findEarlierStart(
  job: JobSettings, run: Run, executionId: string, now: string, world: Pick<World, 'ssm' | 'log'>,
): Promise<EarlierStart | undefined> {
  const delivery = deliveryOf(run);
  if (delivery === undefined) {
    return undefined;
  }
  try {
    const starts = earlierStarts(job, run, executionId, await world.ssm.commands(earlierFilters(job, delivery, now)));
    return starts.length === 0 ? undefined : await judge(job, run, delivery, starts, now, world);
  } catch (error) {
    world.log('earlier start not found', { error: describeError(error) });
    return undefined;
  }
}

async function judge(
  job: JobSettings, run: Run, delivery: Delivery, starts: Start[], now: string, world: Pick<World, 'ssm' | 'log'>,
): Promise<EarlierStart> {
  const running = starts.find((start) => isRunning(job, start, now));
  if (running) {
    return { isFine: true, text: `${name(running)} is still running.` };
  }
  const ends = await Promise.all(starts.map((start) => readEnd(job, start, world)));
  const started = ends.filter(({ verdicts }) => verdicts.length > 0).sort((a, b) => a.start.attempt - b.start.attempt);
  if (started.length === 0) {
    return { isFine: false, text: `${name(starts[0])} has started nothing.` };
  }
  const { start: latest } = started[started.length - 1];
  const attempt: Run = { ...run, attempt: latest.attempt, sentAt: latest.sentAt };
  const verdict = verdictOf(job, attempt, started);
  const isOn = mayBeTriedAgain(job, attempt, started.filter(({ start }) => start.attempt === latest.attempt), now);
  const missing = [
    ...notListed(missingCommands(starts), 'command'),
    ...notListed(ends.reduce((sum, { unlisted }) => sum + unlisted, 0), 'instance'),
  ];
  const outcome = verdict.outcome as Outcome;
  return {
    isFine: isOn || (outcome === Outcome.SUCCEEDED && missing.length === 0 && mayBeSecondDelivery(job, delivery, now)),
    text: sentences(`${name(latest)} ${headline(outcome, verdict)}${exitCode(verdict)}${isOn ? ', and is to be tried again' : ''}.`, ...missing),
  };
}

/** How a command ended. What was refused on an instance has started nothing there: another of the commands has. */
async function readEnd(job: JobSettings, start: Start, world: Pick<World, 'ssm' | 'log'>): Promise<End> {
  const invocations = await world.ssm.invocations(start.command.CommandId!);
  return {
    start,
    verdicts: invocations.map((invocation) => judgeInvocation(job, invocation)).filter(({ outcome }) => outcome !== Outcome.SKIPPED),
    unlisted: Math.max(0, (start.command.TargetCount ?? 0) - invocations.length),
    endedAt: Math.max(0, ...invocations.map((invocation) => endOf(job, start, invocation))),
  };
}

function notListed(count: number, noun: string): string[] {
  return count > 0 ? [`SSM does not list ${plural(count, `more ${noun}`)} of it.`] : [];
}

/** Commands that the first attempt must have, one for every 50 instances, and SSM does not list. */
function missingCommands(starts: Start[]): number {
  const parts = starts.filter(({ attempt }) => attempt === 1).map(({ command }) => readPart(command.Comment));
  const wanted = parts.reduce((most, { count }) => Math.max(most, count), 0);
  return wanted - new Set(parts.map(({ index }) => index)).size;
}

/**
 * Whether a command runs. One that is being cancelled does not count: an agent that is gone never says that it has stopped. Nor does one
 * that should have ended long ago.
 */
function isRunning(job: JobSettings, { command, sentAt }: Start, now: string): boolean {
  const words = [command.StatusDetails, command.Status].map(readWord);
  return meaning(readWord(command.Status)) === RUNNING
    && !words.includes(Reason.CANCELLING)
    && secondsBetween(sentAt, now) < totalSeconds(job);
}

/** A run that is over: what has not answered by now has no answer. Of an instance that was tried again, the latest attempt counts. */
function verdictOf(job: JobSettings, run: Run, ends: End[]): Verdict {
  const instances = [...new Map(ends.flatMap(({ verdicts }) => verdicts).map((verdict) => [verdict.instanceId, verdict])).values()];
  const end = new Date(Date.parse(run.sentAt) + 1000 * totalSeconds(job)).toISOString();
  return judgeRun(job, { ...run, settled: undefined }, { instances, open: false, noInstances: false, isIncomplete: false }, end);
}

/** Between two attempts nothing runs; the execution that waits for the next one may poll late, and be late to send. */
function mayBeTriedAgain(job: JobSettings, run: Run, ends: End[], now: string): boolean {
  const { next, waitSeconds } = decide(job, run, verdictOf(job, run, ends));
  const endedAt = ends.reduce((latest, end) => Math.max(latest, end.endedAt), 0);
  const lateSeconds = Math.max(run.pollIntervalSeconds, job.pollIntervalSeconds, minPollSeconds(job)) + GRACE_SECONDS;
  return next !== undefined && Date.parse(now) < endedAt + 1000 * (waitSeconds + lateSeconds);
}

/** When an invocation ended, in milliseconds; at the latest that it may have, where SSM does not say. */
function endOf(job: JobSettings, { sentAt }: Start, { CommandPlugins: steps = [] }: CommandInvocation): number {
  const ends = steps.map(({ ResponseFinishDateTime: end }) => Number(end ?? 0));
  return Math.max(0, ...ends) || Date.parse(sentAt) + 1000 * job.deliveryTimeoutSeconds;
}

function exitCode({ outcome, exitCode: code }: Verdict): string {
  return outcome === Outcome.FAILED && code !== NO_EXIT_CODE ? ` with exit code ${code}` : '';
}

function name({ command, sentAt }: Start): string {
  return `Its command ${command.CommandId} of ${utc(sentAt)}`;
}

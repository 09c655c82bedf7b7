import { CALLS } from './fault';
import { limitsOf } from './jobs';
import type { Observation } from './stage';
import { Claim, commandsOf, executionsOf, meantServersOf, runsOf, speedOf, Trial } from './trial';
import { LocalRunResult } from '../../src/local/run/run-record';
import { MAX_HISTORY_EVENTS, MAX_STATE_BYTES } from '../../src/local/services/states/history';
import { ERROR_PREFIX, NOT_STARTED_EXIT_CODE, Outcome, RunResult } from '../../src/protocol';

/** How long after both time-outs an execution must have ended. */
const GRACE_SECONDS = 15 * 60;

/** By how many real seconds a busy machine may be late with its timers. */
const LAG_SECONDS = 1;

/** What must never happen, whatever the faults, but for ends that nobody was told of: empty if all is well. */
export function violations(observation: Observation): string[] {
  return [
    ...startedTwice(observation),
    ...startedElsewhere(observation),
    ...sentTwice(observation),
    ...observation.executions.flatMap((execution) => [
      ...toldTooOften(observation.trial, execution),
      ...outOfBounds(observation.trial, execution),
      ...untrue(observation, execution),
    ]),
  ];
}

/** The program runs once per run and server. */
export function startedTwice({ trial, marks }: Observation): string[] {
  const most = runsOf(trial);
  return [...marks]
    .filter(([, commandIds]) => commandIds.length > most || new Set(commandIds).size < commandIds.length)
    .map(([id, commandIds]) => `the program was started ${commandIds.length} times on ${id}`);
}

/** A rerun starts nothing where the program had succeeded. */
export function startedElsewhere({ trial, marks }: Observation): string[] {
  return [...marks]
    .filter(([id, commandIds]) => commandIds.length > 0 && !meantServersOf(trial).includes(id))
    .map(([id]) => `the program was started again on ${id}, where it had succeeded`);
}

/** The launcher refuses a second start on the instance; this is the net before that. */
export function sentTwice({ comments, trial }: Observation): string[] {
  const most = executionsOf(trial) * commandsOf(trial);
  return [
    ...comments.filter((comment, i) => comments.indexOf(comment) !== i).map((comment) => `the command "${comment}" was sent twice`),
    ...comments.length > most ? [`${comments.length} commands were sent, but there are ${most}`] : [],
  ];
}

/** Failures that the workflow has seen, and of which nobody was told. */
export function notReported(execution: LocalRunResult): string[] {
  return isSeen(execution) ? untold(execution) : [];
}

/** Ends that the workflow itself cannot see, as a stop and a time-out, and of which nobody was told. */
export function silentEnd(execution: LocalRunResult): string[] {
  return isSeen(execution) ? [] : untold(execution);
}

function untold({ status, error = 'no error', notifications }: LocalRunResult): string[] {
  return status !== 'SUCCEEDED' && notifications.length === 0 ? [`the execution ended ${status} with ${error}, and nobody was told`] : [];
}

function isSeen({ status, error = '' }: LocalRunResult): boolean {
  return status === 'SUCCEEDED' || (status === 'FAILED' && error.startsWith(ERROR_PREFIX));
}

/**
 * One notification of a failure, and of a run of a schedule that was skipped, none of another success. A further one only where an answer
 * was lost, so that nobody knew of the one before; and one that completes it, where it said that what became of the program is not known.
 */
function toldTooOften({ faults = [], job }: Trial, execution: LocalRunResult): string[] {
  const { status, notifications, calls } = execution;
  const isTold = status !== 'SUCCEEDED' || (job === 'nightlyLocking' && resultOf(execution)?.outcome === Outcome.SKIPPED);
  const unanswered = faults
    .filter(({ call, kind }) => tells(call) && ['answerLost', 'timedOut', 'killedDuring', 'killedAfter'].includes(kind))
    .map(({ hits: [first, last] }) => last - first + 1);
  const most = isTold ? unanswered.reduce((total, count) => total + count, 1) : 0;
  // A run that has started although a calendar could not be read says so once, and goes on.
  const started = notifications.filter(({ subject }) => subject.endsWith(UNREAD));
  const ended = notifications.filter((notification) => !started.includes(notification));
  const reports = ended.filter(({ subject }, i) => i === 0 || !subject.endsWith(COMPLETES));
  return reports.length > most || ended.length > reports.length + 1 || started.length > (job === 'due' ? 1 : 0)
    ? [`the execution ended ${status}, and was told ${notifications.length} times: ${notifications.map(({ at, subject }) => `${at} ${subject}`).join('; ')}. `
      + `Its calls: ${calls.map(({ at, action, resources: [resource = ''] }) => `${at} ${action} ${resource.split(':').slice(5).join(':')}`).join('; ')}`]
    : [];
}

/** How the subject ends of a report that completes an earlier one. */
const COMPLETES = ': what became of its program';

/** How the subject ends of a report on a run that goes on. */
const UNREAD = 'a calendar could not be read';

/** Whether a call leads to a notification that it may know nothing of. */
function tells(call: keyof typeof CALLS): boolean {
  return ['publish', 'endEvent', 'closeHandler', 'closePublish'].includes(call);
}

function outOfBounds(trial: Trial, run: LocalRunResult): string[] {
  const { delivery, execution } = limitsOf(trial.job ?? 'plain');
  const longest = delivery.toSeconds() + execution.toSeconds() + GRACE_SECONDS + LAG_SECONDS * speedOf(trial);
  return [
    ...run.historyEventCount < MAX_HISTORY_EVENTS ? [] : [`the history has ${run.historyEventCount} events`],
    ...run.largestStateBytes < MAX_STATE_BYTES || trial.ballast ? [] : [`a state has ${run.largestStateBytes} bytes`],
    ...run.durationSeconds <= longest ? [] : [`the execution took ${run.durationSeconds} s, and may take ${longest} s`],
  ];
}

/** How a person reads a cause. The first that matches counts: who does not know one thing does not know the rest. */
const WORDS: readonly (readonly [RegExp, Claim])[] = [
  [/\bis unknown\b|\bmay still be running\b/, Claim.UNKNOWN],
  [/\bThe batch program (was not started|did not run)\b|\bNothing had been started\b|\bwas not delivered to\b|\bThe input was refused\b|\(not started: /, Claim.NOT_STARTED],
  [/\bdoes not run any more\b/, Claim.STOPPED],
];

/** What an execution has told of its end, by its output or its first notification; undefined if it has told nothing. */
export function resultOf({ output, notifications: [first] }: LocalRunResult): RunResult | undefined {
  return output as RunResult | undefined ?? (first && JSON.parse(first.messages.default));
}

export function claimOf({ cause }: RunResult): Claim {
  return WORDS.find(([words]) => words.test(cause))?.[1] ?? Claim.WATCHED;
}

/** Where what an execution says differs from what the program did. What it does not know, it must not say. */
export function untrue(observation: Observation, execution: LocalRunResult): string[] {
  const result = resultOf(execution);
  return result === undefined ? [] : [
    ...wrongOutcome(observation, result),
    ...wrongCounts(observation, result),
    ...wrongFailures(observation, result),
  ].map((lie) => `the execution says what is not so: ${lie}`);
}

function wrongOutcome({ trial, marks, alive, executions }: Observation, result: RunResult): string[] {
  const { outcome, instances } = result;
  const { exitCode = 0 } = trial;
  const [all, ran] = [meantServersOf(trial).length, serversWith(marks)];
  const lies: readonly (readonly [boolean, string])[] = [
    [
      outcome === Outcome.SUCCEEDED && (ran < all || instances.succeeded < all || exitCode !== 0),
      `it succeeded, but the program ran on ${ran} of ${all} servers, and exited with ${exitCode}`,
    ],
    [outcome === Outcome.FAILED && claimOf(result) === Claim.WATCHED && exitCode === 0, 'the program failed, but it exited with 0'],
    [outcome === Outcome.SKIPPED && isAlone(executions), 'it was skipped, but there is no other execution'],
    [claimOf(result) === Claim.STOPPED && alive.length > 0, `the program does not run any more, but has ${alive.length} processes`],
  ];
  return lies.filter(([isLie]) => isLie).map(([, lie]) => lie);
}

function wrongCounts({ trial, marks, executions }: Observation, result: RunResult): string[] {
  const { undelivered, unresponsive, cancelled } = result.instances;
  const [all, ran] = [meantServersOf(trial).length, serversWith(marks)];
  // A rerun that could not be started does not know where it was to run, and counts all instances of the job.
  const mayHaveRun = Math.max(0, all - undelivered);
  return [
    ...ran > mayHaveRun && isAlone(executions) ? [`${undelivered} of ${all} servers were not reached, but the program ran on ${ran}`] : [],
    // A command may be cancelled before the program has begun.
    ...claimOf(result) === Claim.WATCHED && ran < mayHaveRun - unresponsive - cancelled
      ? [`it was watched to its end, but the program ran on ${ran} of ${all} servers`] : [],
  ];
}

function wrongFailures({ trial, marks, executions }: Observation, { failures }: RunResult): string[] {
  const { exitCode = 0 } = trial;
  return failures.flatMap((failure) => {
    const { instanceId, outcome } = failure;
    const count = marks.get(instanceId)?.length ?? 0;
    // The launcher's own end.
    if (failure.exitCode === NOT_STARTED_EXIT_CODE) {
      return count === 0 ? [] : [`${instanceId} has not started the program, but it ran there ${count} times`];
    }
    return [
      ...outcome === Outcome.UNDELIVERED && count > 0 && isAlone(executions) ? [`${instanceId} was not reached, but the program ran there`] : [],
      ...outcome === Outcome.FAILED && (count === 0 || failure.exitCode !== exitCode)
        ? [`on ${instanceId} the exit code was ${failure.exitCode}, but the program ran ${count} times with ${exitCode}`] : [],
    ];
  });
}

/** Whether the marks are all its own. */
function isAlone(executions: readonly LocalRunResult[]): boolean {
  return executions.length === 1;
}

function serversWith(marks: Observation['marks']): number {
  return [...marks.values()].filter((commandIds) => commandIds.length > 0).length;
}

import { resultOf } from './claim';
import { CALLS } from './fault';
import { limitsOf } from './jobs';
import type { Observation } from './stage';
import { commandsOf, executionsOf, runsOf, speedOf, Trial } from './trial';
import { untrue } from './truth';
import { MAX_HISTORY_EVENTS, MAX_STATE_BYTES } from '../../src/local/services/states/history';
import { LocalRunResult } from '../../src/local/run/run-record';
import { ERROR_PREFIX, Outcome } from '../../src/protocol';

/** How long after both time-outs an execution must have ended. */
const GRACE_SECONDS = 15 * 60;

/** By how many real seconds a busy machine may be late with its timers. */
const LAG_SECONDS = 1;

/** What must never happen, whatever the faults, but for ends that nobody was told of: empty if all is well. */
export function violations(observation: Observation): string[] {
  return [
    ...startedTwice(observation),
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

/** The launcher refuses a second start on the server; this is the net before that. */
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
  const { status, notifications } = execution;
  const isTold = status !== 'SUCCEEDED' || (job === 'nightlyLocking' && resultOf(execution)?.outcome === Outcome.SKIPPED);
  const unanswered = faults
    .filter(({ call, kind }) => tells(call) && ['answerLost', 'timedOut', 'killedDuring', 'killedAfter'].includes(kind))
    .map(({ hits: [first, last] }) => last - first + 1);
  const most = isTold ? unanswered.reduce((total, count) => total + count, 1) : 0;
  const reports = notifications.filter(({ subject }, i) => i === 0 || !subject.endsWith(COMPLETES));
  return reports.length > most || notifications.length > reports.length + 1
    ? [`the execution ended ${status}, and was told ${notifications.length} times: ${notifications.map(({ messages }) => messages.email).join('\n')}`]
    : [];
}

/** How the subject ends of a report that completes an earlier one. */
const COMPLETES = ': what became of its program';

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

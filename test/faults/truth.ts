import { claimOf, resultOf } from './claim';
import type { Observation } from './stage';
import { Claim, serversOf } from './trial';
import { LocalRunResult } from '../../src/local/run/run-record';
import { NOT_STARTED_EXIT_CODE, Outcome, RunResult } from '../../src/protocol';

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
  const [all, ran] = [serversOf(trial).length, serversWith(marks)];
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
  const [all, ran] = [serversOf(trial).length, serversWith(marks)];
  const mayHaveRun = all - undelivered;
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

import { claimOf, notReported, resultOf, silentEnd, violations } from './judge';
import { Part, publish } from './page';
import { Observation, Stage } from './stage';
import { Tally } from './tally';
import { Cell, End } from './trial';

/** How long a test may wait for its turn on a slow machine, in milliseconds. */
const PATIENCE = 1_200_000;

/**
 * Defines one test for each cell, which compares what was seen of its trial with what must hold always and with what is expected,
 * and one for each part, that docs/faults.md has its counts. Trials run side by side, as many as jest's `maxConcurrency`: some only
 * wait, for time-outs of the SDK that cannot be shortened. All are in one block, because jest finishes one before it begins the next.
 *
 * @param parts the cells of the parts of the page's table
 * @param isCounted whether these are the cells that docs/faults.md counts
 */
export function testParts(parts: { readonly [part in Part]?: readonly Cell[] }, isCounted = true): void {
  const stage = new Stage();
  afterAll(() => stage.close());

  const tallies = (Object.entries(parts) as [Part, readonly Cell[]][]).map(([part, cells]) => ({ part, cells, tally: new Tally() }));
  const cells = tallies.flatMap(({ part, cells: own, tally }) => own.map((cell) => ({ name: `${part}: ${cell.name}`, cell, tally })));

  // Those that wait first, so that the others need not wait for them at the end.
  const slowFirst = cells.sort((a, b) => Number(isSlow(b.cell)) - Number(isSlow(a.cell)));
  test.concurrent.each(slowFirst)('$name', async ({ cell, tally }) => {
    const observation = await stage.run(cell.trial);
    tally.add(observation);
    judge(cell, observation);
  }, PATIENCE);

  if (isCounted) {
    test.each(tallies)('$part: docs/faults.md has these counts', ({ part, tally }) => publish(part, tally.counts));
  }
}

function judge({ trial, expected }: Cell, observation: Observation): void {
  expect(violations(observation)).toEqual([]);
  expect(untoldOf(observation)).toHaveLength(expected?.untold ?? 0);
  if (expected) {
    // A fault that did not strike proves nothing.
    expect(observation.struck).toBe(trial.faults?.length ?? 0);
    expect(observation.isDeployed).toBe(trial.deployment !== undefined);
    expect(observation.alive.length > 0).toBe(expected.lives ?? false);
  }
  if (expected?.ran !== undefined) {
    expect([...observation.marks.values()].filter((marks) => marks.length > 0)).toHaveLength(expected.ran);
  }
  if (expected?.ends) {
    expect(endsOf(observation)).toEqual(sorted(expected.ends));
  }
}

/** Handlers wait in real time: for answers that do not come, and CloseRun for what it stops. A run that nobody cancels ends by its time-outs. */
function isSlow({ trial: { faults = [], isLong = false, isBusy = false, stopped } }: Cell): boolean {
  return isLong || isBusy || stopped !== undefined || faults.some(({ kind }) => kind === 'timedOut' || kind === 'killedDuring');
}

function untoldOf({ executions }: Observation): string[] {
  return executions.flatMap((execution) => [...notReported(execution), ...silentEnd(execution)]);
}

/** How the executions ended of which anybody was told. */
function endsOf({ executions }: Observation): End[] {
  return sorted(executions.flatMap((execution) => {
    const result = resultOf(execution);
    return result === undefined ? [] : [{
      outcome: result.outcome as End['outcome'],
      claim: claimOf(result),
      notifications: execution.notifications.length,
    }];
  }));
}

function sorted(ends: readonly End[]): End[] {
  return [...ends].sort((a, b) => a.outcome.localeCompare(b.outcome));
}

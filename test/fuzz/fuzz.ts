import { Arbitrary, sample, SEED } from '../support/seeded';

/** So many values of a kind. */
export function generate<T>(arbitrary: Arbitrary<T>, count: number): T[] {
  return sample(arbitrary, { numRuns: count });
}

/** Every case is a process: a slow machine takes minutes. Milliseconds. */
const PATIENCE = 600_000;

/** A test whose failure says how to get it again. */
export function fuzz(name: string, run: () => Promise<void> | void): void {
  test(name, async () => {
    try {
      await run();
    } catch (error) {
      throw new Error(`with FUZZ_SEED=${SEED}: ${(error as Error).message}`, { cause: error });
    }
  }, PATIENCE);
}

/** Tells what a suite has covered, where a reader of the log sees it. */
export function report(line: string): void {
  process.stdout.write(`fuzz: ${line} (FUZZ_SEED=${SEED})\n`);
}

/** Runs tasks side by side, as many as there are cores to spare. */
export async function side<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  await Promise.all(Array.from({ length: PARALLEL }, async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      await run(item);
    }
  }));
}

const PARALLEL = 2;

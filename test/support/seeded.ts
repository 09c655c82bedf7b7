import { configureGlobal } from 'fast-check';

const DEFAULT_SEED = '20261121';

/** What is generated is the same in every run, unless `FUZZ_SEED` says otherwise: a number, or `random`. */
export const SEED = readSeed(process.env.FUZZ_SEED || DEFAULT_SEED);

function readSeed(given: string): number {
  if (given !== 'random' && !/^\d{1,9}$/.test(given)) {
    throw new Error(`FUZZ_SEED must be a number of at most 9 digits, or "random", got ${JSON.stringify(given)}`);
  }
  return given === 'random' ? Date.now() % 1_000_000_000 : Number(given);
}

configureGlobal({ seed: SEED });

// Lint has every test take it from here.
export * from 'fast-check';

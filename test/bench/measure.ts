import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleHandlers } from './article/code';
import { measureFleets } from './fleets/fleets';
import { measureHandlers } from './handlers/handlers';
import { measurePackage } from './package-size';
import { Results, saveResults } from './results';
import { measureSynth } from './synth/synth';
import { measureWaiting } from './waiting/waiting';

type Part = Exclude<keyof Results, 'day' | 'machine'>;

/** What is sensitive to other work on the machine comes first, alone. */
const PARTS: { readonly [part in Part]: (handWiredCode: string) => Results[part] | Promise<Results[part]> } = {
  handlers: () => measureHandlers(),
  synth: (code) => measureSynth(code),
  fleets: async () => measureFleets(),
  package: () => measurePackage(),
  waiting: async (code) => measureWaiting(code, (text) => console.log(text)),
};

/** @param wanted The parts that are measured anew; all if there are none */
async function main(wanted: string[]): Promise<void> {
  const unknown = wanted.find((part) => !Object.hasOwn(PARTS, part));
  if (unknown !== undefined) {
    throw new Error(`a part of the benchmark must be one of ${Object.keys(PARTS).join(', ')}, got ${unknown}`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const code = bundleHandlers(join(folder, 'hand-wired'));
    for (const [part, measure] of Object.entries(PARTS).filter(([name]) => wanted.length === 0 || wanted.includes(name))) {
      console.log(`measuring: ${part}`);
      saveResults({ [part]: await measure(code) });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const [{ model }] = cpus();
  saveResults({
    day: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} cores (${model}), Node.js ${process.versions.node}`,
  });
}

// A step of `npm run bench`. Arguments: the parts to be measured anew, if not all.
main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

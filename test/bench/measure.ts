import { mkdtempSync, rmSync } from 'fs';
import { cpus, tmpdir } from 'os';
import { join } from 'path';
import { bundleHandlers } from './article/code';
import { measureFleets } from './fleets/fleets';
import { measureHandlers } from './handlers/handlers';
import { measurePackage } from './package-size';
import { saveResults } from './results';
import { measureSynth } from './synth/synth';
import { measureWaiting } from './waiting/waiting';

// The first step of `npm run bench`. What is sensitive to other work on the machine comes first, alone.
async function main(): Promise<void> {
  const say = (text: string) => console.log(text);
  const start = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const code = bundleHandlers(join(folder, 'hand-wired'));
    say('loading handlers');
    const handlers = measureHandlers();
    say('synthesizing stacks');
    const synth = measureSynth(code);
    say('looking at fleets');
    const fleets = await measureFleets();
    const size = measurePackage();
    say('waiting for programs');
    const waiting = await measureWaiting(code, say);
    const [{ model }] = cpus();
    saveResults({
      day: new Date().toISOString().slice(0, 10),
      machine: `${cpus().length} cores (${model}), Node.js ${process.versions.node}`,
      minutes: (performance.now() - start) / 60_000,
      waiting,
      fleets,
      handlers,
      synth,
      package: size,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

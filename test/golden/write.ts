import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { currentShapes } from './shapes';

/**
 * Keeps what this source tree writes, under the name of its release: `ts-node test/golden/write.ts 1.2.0`. Files of releases that have
 * been published are never written again: their executions may still be in flight.
 */
async function write(release: string): Promise<void> {
  const folder = join(__dirname, release);
  mkdirSync(folder);
  for (const [job, shapes] of Object.entries(await currentShapes())) {
    writeFileSync(join(folder, `${job}.json`), JSON.stringify(shapes, undefined, 1) + '\n');
  }
}

void write(process.argv[2]);

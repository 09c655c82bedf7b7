import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { countsIn, Part, PARTS, SECTION } from './readme';
import { Counts } from './tally';

const FOLDER = join(__dirname, '../../test-reports/faults');

/** Whether counts are to be written to the README, and not compared with it. */
const IS_WRITING = process.env.FAULT_COUNTS === 'write';

/**
 * Makes sure that the README shows what was counted; or keeps it for the README that is about to be written.
 *
 * @throws if the README shows something else
 */
export function publish(part: Part, counts: Counts): void {
  if (IS_WRITING) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(fileOf(part), JSON.stringify(counts));
    return;
  }
  const { faults, ...others } = counts;
  const shown = countsIn(SECTION.read())[part];
  expect(shown).toMatchObject(others);
  // Where faults meet, it is chance whether the second call is ever made.
  expect(Math.abs(faults - shown.faults)).toBeLessThanOrEqual(part === 'combinations' ? 0.1 * shown.faults : 0);
}

/**
 * What the last run of the suite has counted.
 *
 * @throws if a part of it has not run
 */
export function readCounts(): { readonly [part in Part]: Counts } {
  const missing = (Object.keys(PARTS) as Part[]).filter((part) => !existsSync(fileOf(part)));
  if (missing.length > 0) {
    throw new Error(`the parts must have been counted by FAULT_COUNTS=write jest test/faults, these were not: ${missing.join(', ')}`);
  }
  return Object.fromEntries((Object.keys(PARTS) as Part[]).map((part) => [part, JSON.parse(readFileSync(fileOf(part), 'utf8'))])) as
    { [part in Part]: Counts };
}

function fileOf(part: Part): string {
  return join(FOLDER, `${part}.json`);
}

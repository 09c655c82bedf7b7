import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FleetRow } from './fleets/fleets';
import { HandlerRow } from './handlers/handlers';
import { PackageSize } from './package-size';
import { SynthRow } from './synth/synth';
import { WaitingRow } from './waiting/waiting';

const FILE = join(__dirname, '../../test-reports/bench.json');

/** Everything that the benchmark measures. */
export interface Results {
  /** The day, as in `2026-11-22`. */
  readonly day: string;
  readonly machine: string;
  readonly waiting: readonly WaitingRow[];
  readonly fleets: readonly FleetRow[];
  readonly handlers: readonly HandlerRow[];
  readonly synth: readonly SynthRow[];
  readonly package: PackageSize;
}

/** Keeps results for the step that writes the page. Those that are not measured anew stay. */
export function saveResults(results: Partial<Results>): void {
  mkdirSync(dirname(FILE), { recursive: true });
  const before = existsSync(FILE) ? readResults() : {};
  writeFileSync(FILE, JSON.stringify({ ...before, ...results }, undefined, 2));
}

export function readResults(): Results {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Results;
}

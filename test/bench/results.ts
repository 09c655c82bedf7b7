import { mkdirSync, readFileSync, writeFileSync } from 'fs';
import { dirname, join } from 'path';
import { FleetRow } from './fleets/fleets';
import { HandlerRow } from './handlers/handlers';
import { PackageSize } from './package-size';
import { SynthRow } from './synth/synth';
import { WaitingRow } from './waiting/waiting';

const FILE = join(__dirname, '../../test-reports/bench.json');

/** Everything that the benchmark has measured. */
export interface Results {
  /** The day, as in `2026-11-22`. */
  readonly day: string;
  readonly machine: string;
  readonly minutes: number;
  readonly waiting: readonly WaitingRow[];
  readonly fleets: readonly FleetRow[];
  readonly handlers: readonly HandlerRow[];
  readonly synth: readonly SynthRow[];
  readonly package: PackageSize;
}

/** Keeps the results for the step that writes the README. */
export function saveResults(results: Results): void {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, JSON.stringify(results, undefined, 2));
}

export function readResults(): Results {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Results;
}

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { SYNTH_DESIGNS } from './designs';

/** Jobs in a stack. */
export const COUNTS = [1, 10, 100];

/** What it takes to synthesize a stack of jobs. */
export interface SynthRow {
  readonly design: string;
  readonly isOurs: boolean;
  readonly jobs: number;
  readonly milliseconds: number;
  readonly resources: number;
  /** Of the template, as the CDK writes it. */
  readonly templateBytes: number;
}

/** Of each design, in turns with the others. The fastest one counts: what makes others slower is not the design. */
const ROUNDS = 2;

/** What is measured of one stack. */
export type Timing = Omit<SynthRow, 'design' | 'isOurs'>;

/** Synthesizes stacks of each design, each time in a new process. */
export function measureSynth(handWiredCode: string): SynthRow[] {
  const rounds = Array.from({ length: ROUNDS }, () => SYNTH_DESIGNS.map((_, i) => synthesize(i, handWiredCode)));
  return SYNTH_DESIGNS.flatMap(({ label, isOurs }, i) => COUNTS.map((_, k) => {
    const [fastest] = rounds.map((round) => round[i][k]).sort((a, b) => a.milliseconds - b.milliseconds);
    return { design: label, isOurs, ...fastest };
  }));
}

function synthesize(design: number, handWiredCode: string): Timing[] {
  const output = execFileSync(process.execPath, [
    '-r', 'ts-node/register/transpile-only', join(__dirname, 'synth-process.ts'), String(design), handWiredCode, ...COUNTS.map(String),
  ], {
    encoding: 'utf8',
    env: { ...process.env, TS_NODE_PROJECT: join(__dirname, '../../../tsconfig.dev.json'), CDK_VALIDATION: 'false' },
  });
  return JSON.parse(output) as Timing[];
}

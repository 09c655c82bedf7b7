import { execFileSync } from 'child_process';
import { join } from 'path';
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
}

/** Synthesizes stacks of each design, in a process of its own. */
export function measureSynth(handWiredCode: string): SynthRow[] {
  return SYNTH_DESIGNS.flatMap(({ label, isOurs }, i) => {
    const output = execFileSync(process.execPath, [
      '-r', 'ts-node/register/transpile-only', join(__dirname, 'synth-process.ts'), String(i), handWiredCode, ...COUNTS.map(String),
    ], {
      encoding: 'utf8',
      env: { ...process.env, TS_NODE_PROJECT: join(__dirname, '../../../tsconfig.dev.json'), CDK_VALIDATION: 'false' },
    });
    return (JSON.parse(output) as Omit<SynthRow, 'design' | 'isOurs'>[]).map((row) => ({ design: label, isOurs, ...row }));
  });
}

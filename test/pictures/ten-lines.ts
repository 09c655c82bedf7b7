import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { ModuleKind, transpileModule } from 'typescript';
import * as library from '../../src';
import { SynthesizedJob } from '../support/synth';

/** The job of the README's ten lines: the app that test/languages installs, as it stands, in this process. */
export function tenLines(): SynthesizedJob {
  const source = readFileSync(join(__dirname, '../fixtures/examples/typescript/app.ts'), 'utf8');
  const { outputText } = transpileModule(source, { compilerOptions: { module: ModuleKind.CommonJS, esModuleInterop: true } });
  const jobs: library.CotsBatchJob[] = [];
  class NotedJob extends library.CotsBatchJob {
    constructor(...args: ConstructorParameters<typeof library.CotsBatchJob>) {
      super(...args);
      jobs.push(this);
    }
  }
  const load = (name: string): unknown => name === 'cdk-cots-batch-job' ? { ...library, CotsBatchJob: NotedJob } : createRequire(__filename)(name);
  const folder = mkdtempSync(join(tmpdir(), 'ten-lines-'));
  const { CDK_OUTDIR } = process.env;
  try {
    process.env.CDK_OUTDIR = folder;
    new Function('require', 'exports', outputText)(load, {});
    const synthesized = new SynthesizedJob(Stack.of(jobs[0]), jobs[0]);
    // Read while the folder is there.
    synthesized.template.toJSON();
    return synthesized;
  } finally {
    if (CDK_OUTDIR === undefined) {
      delete process.env.CDK_OUTDIR;
    } else {
      process.env.CDK_OUTDIR = CDK_OUTDIR;
    }
    rmSync(folder, { recursive: true });
  }
}

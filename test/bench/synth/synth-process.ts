import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { SYNTH_DESIGNS, SynthDesign } from './designs';
import { Timing } from './synth';

// Synthesizes stacks of one design, in a process of its own. Arguments: the design's number, the hand-wired handlers' folder, counts of
// jobs. Prints milliseconds, resources and the template's bytes of each, as JSON.

function synthesize(design: SynthDesign, jobs: number, code: string): Omit<Timing, 'jobs'> {
  const outdir = mkdtempSync(join(tmpdir(), 'bench-synth-'));
  try {
    const start = performance.now();
    // The limit of 500 resources is CloudFormation's, and what is measured here is the CDK.
    const app = new App({ outdir, context: { '@aws-cdk/core:stackResourceLimit': 0 } });
    const stack = new Stack(app, 'Stack');
    design.add(stack, Array.from({ length: jobs }, (_, i) => `Job${i}`), code);
    const { template, templateFullPath } = app.synth().getStackArtifact('Stack');
    const milliseconds = performance.now() - start;
    const resources = Object.keys((template as { Resources: object }).Resources).length;
    return { milliseconds, resources, templateBytes: statSync(templateFullPath).size };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

const [design, code, ...counts] = process.argv.slice(2);
// What is done once in a process, such as loading, is not a job's.
synthesize(SYNTH_DESIGNS[Number(design)], 1, code);
const rows = counts.map(Number).map((jobs) => ({ jobs, ...synthesize(SYNTH_DESIGNS[Number(design)], jobs, code) }));
process.stdout.write(JSON.stringify(rows));

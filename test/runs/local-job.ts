import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SSMClient } from '@aws-sdk/client-ssm';
import { App, Stack } from 'aws-cdk-lib';
import { BatchCommand } from '../../src';
import { LocalRun, LocalRunOptions, openLocalRun, StartOptions } from '../../src/local/run/local-run';
import { LocalRunResult, RunEvent } from '../../src/local/run/run-record';
import { RunResult } from '../../src/protocol';
import { INSTANCE_ID, JobProps, synth, SynthesizedJob } from '../support/synth';

/** Waits pass so many times faster. Scripts, processes and calls are real. */
const SPEED = 100;

/**
 * A job, synthesized and ready to run on this machine: the state machine's own JSON, the real bundles, real scripts. Every call is
 * authorized against the policies of the template.
 */
export class LocalJob {
  /**
   * @param props as for `synth`
   * @param extend adds to the stack, e.g. a parent state machine
   */
  public static async open(
    props: JobProps | ((stack: Stack) => JobProps), options: LocalRunOptions = {}, extend: (job: SynthesizedJob) => void = () => undefined,
  ) {
    const folder = mkdtempSync(join(tmpdir(), 'local-job-'));
    const run = await openLocalRun(synthesize(join(folder, 'cdk.out'), props, extend), {
      speed: SPEED,
      authorize: 'required',
      workDir: join(folder, 'work'),
      ...options,
      ssm: { workingDirectory: (_id, instanceFolder) => instanceFolder, ...options.ssm },
    });
    return new LocalJob(folder, run);
  }

  private constructor(private readonly folder: string, public readonly run: LocalRun) {}

  /** Deploys the job with other props, over the one that there is: what runs keeps its definition. */
  public deploy(props: JobProps | ((stack: Stack) => JobProps)): void {
    this.run.deploy(synthesize(mkdtempSync(join(this.folder, 'cdk.out-')), props));
  }

  public start(options: StartOptions = {}) {
    return this.run.start({ job: 'Job', ...options });
  }

  /** Runs the job to its end. */
  public async toEnd(options: StartOptions = {}): Promise<LocalRunResult> {
    return this.start(options).result;
  }

  /** What a script has written to a file in the folder of its instance; empty if there is none. */
  public read(instanceId: string, file: string): string {
    try {
      return readFileSync(join(this.folder, 'work/instances', instanceId, file), 'utf8');
    } catch {
      return '';
    }
  }

  /** Makes a file in the folder of an instance, for a script that waits for it. */
  public write(instanceId: string, file: string, content: string = ''): void {
    const folder = join(this.folder, 'work/instances', instanceId);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, file), content);
  }

  /** The lines of the handlers' logs, without those of Lambda itself. */
  public logged(): string[] {
    const folder = join(this.folder, 'work/functions');
    return readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
      .filter((line) => line !== '' && !/^(START|END) RequestId: /.test(line));
  }

  /** What the handlers have recorded for CloudWatch: lines of its embedded metric format. */
  public records(): { readonly outcome: string; readonly [field: string]: unknown }[] {
    return this.logged().filter((line) => line.startsWith('{"_aws":')).map((line) => JSON.parse(line));
  }

  /** A client of the job's SSM with every right. */
  public operator(): SSMClient {
    return new SSMClient({
      endpoint: this.run.endpoint.url, region: 'us-east-1', credentials: this.run.endpoint.credentials,
    });
  }

  public async close(): Promise<void> {
    await this.run.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** @returns the folder of the assembly */
function synthesize(
  outdir: string, props: JobProps | ((stack: Stack) => JobProps), extend: (job: SynthesizedJob) => void = () => undefined,
): string {
  // As the CDK's command line sets it.
  const app = new App({ outdir, context: { 'aws:cdk:enable-path-metadata': true } });
  extend(synth(props, new Stack(app, 'Stack')));
  app.synth();
  return outdir;
}

/** Runs a job once, to its end. */
export async function runOnce(props: JobProps, options: LocalRunOptions & StartOptions = {}): Promise<LocalRunResult> {
  const job = await LocalJob.open(props, options);
  try {
    return await job.toEnd(options);
  } finally {
    await job.close();
  }
}

/** A program that runs until the test says so: how long the workflow takes for its looks depends on the machine. */
export const untilTold = (then: string) => BatchCommand.shell(`until [ -e end ]; do sleep 0.1; done\n${then}`);

/**
 * Runs a job with such a program to its end.
 *
 * @param isTime whether the program is to end now that this has happened
 */
export async function runUntil(props: JobProps, options: LocalRunOptions, isTime: (event: RunEvent) => boolean): Promise<LocalRunResult> {
  const job = await LocalJob.open(props, {
    ...options,
    onEvent: (event) => {
      if (isTime(event)) {
        job.write(INSTANCE_ID, 'end');
      }
    },
  });
  try {
    return await job.toEnd();
  } finally {
    await job.close();
  }
}

/** The result that a run has reported, by its only notification. */
export function reported(run: LocalRunResult): RunResult {
  expect(run.notifications).toHaveLength(1);
  return JSON.parse(run.notifications[0].messages.default);
}

/** The text of the only mail of a run. */
export function mail(run: LocalRunResult): string {
  expect(run.notifications).toHaveLength(1);
  return run.notifications[0].messages.email;
}

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Design, INSTANCE_ID } from './designs';
import { LeapingClock } from './leaping-clock';
import { Program } from './program';
import { openLocalRun } from '../../../src/local/run/local-run';
import { LocalRunResult } from '../../../src/local/run/run-record';
import { HistoryEvent } from '../../../src/local/services/states/history';
import { Usage } from '../prices';

/** Services the calls of which are counted: who invokes the functions is no call of theirs. */
const SERVICES = ['ssm', 'states', 'logs', 'sns'];

/** What was seen of a run. Times are seconds since the program began. */
export interface SeenRun extends Usage {
  readonly calls: number;
  readonly historyEvents: number;
  /** How the execution ended, and why, where it did not succeed. */
  readonly status: LocalRunResult['status'];
  readonly cause: string;
  readonly programSeconds: number;
  readonly endedAfter: number;
  readonly looks: readonly number[];
}

/**
 * Runs a job with a program of a certain length through the local run: the state machine's own JSON, the real bundles, and a real
 * program that ends exactly then.
 */
export async function run(design: Design, seconds: number, handWiredCode: string): Promise<SeenRun> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-waiting-'));
  const clock = new LeapingClock();
  const workDir = join(folder, 'work');
  const program = await Program.prepare(clock, join(workDir, 'instances', INSTANCE_ID), seconds);
  try {
    const app = new App({ outdir: join(folder, 'cdk.out') });
    design.build(new Stack(app, 'Stack'), handWiredCode);
    app.synth();
    const local = await openLocalRun(join(folder, 'cdk.out'), {
      clock, authorize: 'off', workDir, onEvent: program.onEvent, ssm: { workingDirectory: (_id, instanceFolder) => instanceFolder },
    });
    try {
      const result = await local.start({ job: 'Job', input: design.input }).result;
      return describe(design, program, seconds, result, readLogs(join(workDir, 'functions')));
    } finally {
      await program.close();
      await local.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function describe(design: Design, { beganAt }: Program, programSeconds: number, result: LocalRunResult, logs: string): SeenRun {
  const { history, calls, status, error = '', cause = '' } = result;
  if (beganAt === undefined) {
    throw new Error(`the program of '${design.label}' did not begin: ${error} ${cause}`);
  }
  const since = (time: string) => (Date.parse(time) - beganAt) / 1000;
  const durations = [...logs.matchAll(/^END .*\tDuration: (\d+) ms$/gm)].map(([, milliseconds]) => Number(milliseconds));
  return {
    transitions: transitionsOf(history),
    invocations: durations.length,
    lambdaGbSeconds: durations.reduce((sum, milliseconds) => sum + milliseconds / 1000, 0) * design.memoryMb / 1024,
    logBytes: Buffer.byteLength(logs) + (design.isOurs ? Buffer.byteLength(JSON.stringify(history)) : 0),
    calls: calls.filter(({ service }) => SERVICES.includes(service)).length,
    historyEvents: history.length,
    status,
    cause: `${error} ${cause}`.trim(),
    programSeconds,
    endedAfter: since(result.stopDate),
    looks: history.filter(({ type, state }) => type.endsWith('Scheduled') && state === design.look).map(({ timestamp }) => since(timestamp)),
  };
}

/** Each state that is entered, and each further attempt of one. */
function transitionsOf(history: readonly HistoryEvent[]): number {
  return history.filter(({ type, retryCount = 0 }) => type.endsWith('StateEntered') || (type.endsWith('Scheduled') && retryCount > 0)).length;
}

/** What Lambda and the handlers write, without what Node.js 20 says of its age. */
function readLogs(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const lines = readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'));
  return lines.filter((line) => /^(START |END |\{)/.test(line)).join('\n');
}

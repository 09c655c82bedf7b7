import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, Stack } from 'aws-cdk-lib';
import { BatchCommand, CommandTarget, CompletionMode, CotsBatchJob, InvocationLimit } from '../../../src';
import { LocalRun, openLocalRun } from '../../../src/local/run/local-run';
import { RunEvent } from '../../../src/local/run/run-record';
import { InstanceSpec } from '../../../src/local/services/ssm/fleet';
import { HistoryEvent } from '../../../src/local/services/states/history';
import { SERVED_JOBS_VARIABLE } from '../../../src/protocol';
import { LeapingClock } from '../waiting/leaping-clock';
import { median } from '../waiting/phases';

/** Servers of a run. */
export const SIZES = [1, 50, 1_000, 10_000];

const REPEATS = 3;
/** Of the handlers. */
export const MEMORY_MB = 256;
const LOOK = 'Get status';
/** Longer than a measurement takes. */
const LONG_SECONDS = 3600;
const BUNDLE = join(__dirname, '../../../assets/runtime/get-status.lambda/index.js');

/** What a look sees. */
export const SCENES = {
  waiting: 'has begun nowhere yet',
  running: 'still runs on one of them',
  ended: 'failed everywhere',
} as const;

type Scene = keyof typeof SCENES;

/** One look at a fleet. */
export interface FleetRow {
  readonly servers: number;
  readonly scene: Scene;
  readonly calls: number;
  readonly milliseconds: number;
  /** Of the whole process: what Lambda bills, and takes longer for where it has less of a processor. */
  readonly cpuMilliseconds: number;
  /** Resident memory of the process, Node.js included. */
  readonly peakBytes: number;
  /** What the look returns. */
  readonly statusBytes: number;
}

type Look = Pick<FleetRow, 'milliseconds' | 'cpuMilliseconds' | 'peakBytes' | 'statusBytes'>;

/** Looks at fleets of all sizes with the real bundle: before, while and after their programs run. */
export async function measureFleets(): Promise<FleetRow[]> {
  const rows: FleetRow[] = [];
  for (const servers of SIZES) {
    for (const scene of Object.keys(SCENES) as Scene[]) {
      rows.push(await measureFleet(servers, scene));
    }
  }
  return rows;
}

async function measureFleet(servers: number, scene: Scene): Promise<FleetRow> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-fleets-'));
  const clock = new LeapingClock();
  const seen = new LookEvents();
  try {
    synthesize(join(folder, 'cdk.out'));
    const local = await openLocalRun(join(folder, 'cdk.out'), {
      clock,
      authorize: 'off',
      workDir: join(folder, 'work'),
      instances: fleet(servers, scene),
      onEvent: seen.onEvent,
    });
    try {
      const { result } = local.start({ job: 'Job' });
      await (scene === 'ended' ? result : seen.first);
      // Nothing more happens meanwhile: while there is work, time does not leap.
      const looks = await clock.busy(repeatLook(local, seen.last!.input, folder));
      return { servers, scene, calls: seen.last!.calls, ...medians(looks) };
    } finally {
      await local.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function synthesize(outdir: string): void {
  const app = new App({ outdir });
  new CotsBatchJob(new Stack(app, 'Stack'), 'Job', {
    targets: [CommandTarget.tag('Role', 'crawler')],
    command: BatchCommand.shell(`sleep ${LONG_SECONDS}`),
    maxConcurrency: InvocationLimit.percent(100),
    completion: CompletionMode.EVENTS,
  });
  app.synth();
}

/** Where the program runs, it does on the last server only. */
function fleet(size: number, scene: Scene): InstanceSpec[] {
  const fault = { kind: scene === 'waiting' ? 'neverAnswers' : 'undeliverable' } as const;
  return Array.from({ length: size }, (_, i) => ({
    instanceId: `i-${String(i + 1).padStart(17, '0')}`, tags: { Role: 'crawler' }, ...scene === 'running' && i === size - 1 ? {} : { fault },
  }));
}

/** Sees the looks of a run, and what they ask for. */
class LookEvents {
  /** Resolves when the first look has ended. */
  public readonly first: Promise<void>;
  public last?: { readonly input: unknown; calls: number };
  private isUnderWay = false;
  private end!: () => void;

  constructor() {
    this.first = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  public readonly onEvent = (event: RunEvent): void => {
    if (event.kind === 'history' && event.event.state === LOOK) {
      this.onHistory(event.event);
    }
    if (event.kind === 'call' && event.call.service === 'ssm' && this.isUnderWay) {
      this.last!.calls++;
    }
  };

  private onHistory({ type, input }: HistoryEvent): void {
    if (type === 'LambdaFunctionScheduled') {
      this.last = { input, calls: 0 };
      this.isUnderWay = true;
    }
    if (type === 'LambdaFunctionSucceeded') {
      this.isUnderWay = false;
      this.end();
    }
  }
}

async function repeatLook({ endpoint }: LocalRun, event: unknown, folder: string): Promise<Look[]> {
  const eventFile = join(folder, 'event.json');
  writeFileSync(eventFile, JSON.stringify(event));
  const env = {
    PATH: process.env.PATH,
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: endpoint.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: endpoint.credentials.secretAccessKey,
    // A command is known by its comment.
    [SERVED_JOBS_VARIABLE]: '{}',
  };
  const looks: Look[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const { stdout } = await promisify(execFile)(
      process.execPath, [`--max-old-space-size=${MEMORY_MB}`, join(__dirname, 'look.js'), BUNDLE, eventFile], { env },
    );
    looks.push(JSON.parse(stdout) as Look);
  }
  return looks;
}

function medians(looks: readonly Look[]): Look {
  const of = (key: keyof Look) => median(looks.map((look) => look[key]));
  return {
    milliseconds: of('milliseconds'), cpuMilliseconds: of('cpuMilliseconds'), peakBytes: of('peakBytes'), statusBytes: of('statusBytes'),
  };
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EC2_ID, EXECUTION_TIMEOUT, HYBRID_ID, RESOURCE_GROUP, TAGS } from './apps';
import { LocalExecution, LocalRun, LocalRunOptions, openLocalRun } from '../../src/local/run/local-run';
import { AwsCall, LocalRunResult, RunEvent } from '../../src/local/run/run-record';
import { RunResult } from '../../src/protocol';
import { isAlive } from '../local/services/ssm/rig';
import { waitBegins } from '../support/wait-begins';

const SERVERS = [EC2_ID, HYBRID_ID];

/** What a user can see of a run, without looking at policies. */
export interface Seen {
  readonly status: string;
  readonly error?: string;
  /** Whether it took longer than a program may, by its own clock. */
  readonly late: boolean;
  /** As notifications tell them. */
  readonly outcomes: string[];
  /** The last line of the output of the first failure. */
  readonly tail?: string;
  /** Servers on which the program was started. */
  readonly started: string[];
  /** Servers on which it still runs. */
  readonly running: string[];
}

/** A run, as far as it is known. */
export type Ended = Pick<LocalRunResult, 'status' | 'error' | 'notifications'> & { durationSeconds?: number };

/** A synthesized app that is run, with every call held against its policies. */
export class Stage {
  public static async open(cdkOut: string, options: LocalRunOptions): Promise<Stage> {
    const calls: AwsCall[] = [];
    const waits: RunEvent[] = [];
    const workDir = join(cdkOut, '../work');
    const run = await openLocalRun(cdkOut, {
      authorize: 'required',
      workDir,
      ssm: { workingDirectory: (_id, instanceFolder) => instanceFolder },
      instances: SERVERS.map((instanceId) => ({ instanceId, tags: TAGS, resourceGroups: [RESOURCE_GROUP] })),
      onEvent: (event) => {
        if (event.kind === 'call') {
          calls.push(event.call);
        } else if (waitBegins(event)) {
          waits.push(event);
        }
      },
      ...options,
    });
    return new Stage(run, cdkOut, workDir, calls, waits);
  }

  private constructor(
    private readonly run: LocalRun, private readonly cdkOut: string, private readonly workDir: string, public readonly calls: readonly AwsCall[],
    private readonly waits: readonly RunEvent[],
  ) {}

  public start(mode: string, job = 'Job', more: object = {}): LocalExecution {
    return this.run.start({ job, input: job === 'Job' ? { parameters: { MODE: mode }, ...more } : { mode } });
  }

  /** Without any input: for jobs that have no parameters. */
  public startPlain(): LocalExecution {
    return this.run.start({ job: 'Job' });
  }

  public rerun(rerunOf: string): LocalExecution {
    return this.run.start({ job: 'Job', input: { rerunOf, only: 'failed' } });
  }

  public check(): LocalExecution {
    return this.run.start({ job: 'Job', input: { check: true } });
  }

  /** Whether the program has come as far as it does, wherever it was started. */
  public isReady(): boolean {
    return SERVERS.every((id) => this.pid(id, 'ready') > 0 && this.pid(id, 'ready') === this.pid(id, 'program'));
  }

  /** How many waits have begun. */
  public waited(): number {
    return this.waits.length;
  }

  /** Deploys the job with another topic, and the same rights. */
  public moveTopic(): void {
    const file = join(this.cdkOut, 'Stack.template.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/JobNotificationsTopic[0-9A-F]{8}/g, 'JobNotificationsMoved'));
    this.run.deploy(this.cdkOut);
  }

  /** Tells a program that waits for it to end. */
  public endProgram(): void {
    writeFileSync(join(this.workDir, 'instances', EC2_ID, 'end'), '');
  }

  public pids(): number[] {
    return SERVERS.map((id) => this.pid(id, 'program'));
  }

  /** What can be seen now. */
  public see({ status, error, durationSeconds = 0, notifications }: Ended): Seen {
    const results = notifications.map(({ messages }) => JSON.parse(messages.default) as RunResult);
    return {
      status,
      error,
      late: durationSeconds > EXECUTION_TIMEOUT.toSeconds(),
      outcomes: results.map(({ outcome }) => outcome),
      tail: results[0]?.failures[0]?.stdout.split('\n').pop(),
      started: SERVERS.filter((id) => this.pid(id, 'program') > 0),
      running: SERVERS.filter((id) => this.pid(id, 'program') > 0 && isAlive(this.pid(id, 'program'))),
    };
  }

  public async close(): Promise<void> {
    await this.run.close();
  }

  private pid(id: string, file: string): number {
    try {
      return Number(readFileSync(join(this.workDir, 'instances', id, file), 'utf8'));
    } catch {
      return 0;
    }
  }
}

import { execFileSync } from 'node:child_process';
import { FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { LeapingClock } from './leaping-clock';
import { RunEvent } from '../../../src/local/run/run-record';

/** The script of the program: it lasts until somebody writes to the pipe in its folder. */
export const PROGRAM = 'read -r _ <end';

const PIPE = 'end';
const ENDED = /^(Success|Failed|Cancelled|ExecutionTimedOut|Undeliverable)$/;

/**
 * A real program on a server of the local run that lasts exactly as long as it is told to, on the run's clock. Time does not leap
 * while the program starts, nor between its end and SSM's knowing of it.
 */
export class Program {
  /** Makes the server's folder ready for the program. */
  public static async prepare(clock: LeapingClock, serverFolder: string, seconds: number): Promise<Program> {
    await mkdir(serverFolder, { recursive: true });
    const pipe = join(serverFolder, PIPE);
    execFileSync('mkfifo', [pipe]);
    return new Program(clock, pipe, seconds);
  }

  /** Milliseconds since the epoch, on the run's clock. */
  public beganAt?: number;
  public endedAt?: number;
  private writer?: FileHandle;
  private readonly known: Promise<void>;
  private know!: () => void;

  private constructor(private readonly clock: LeapingClock, private readonly pipe: string, private readonly seconds: number) {
    this.known = new Promise((resolve) => {
      this.know = resolve;
    });
  }

  /** To be told of everything that happens in the run. */
  public readonly onEvent = (event: RunEvent): void => {
    if (event.kind !== 'instance') {
      return;
    }
    if (event.status === 'InProgress') {
      void this.clock.busy(this.begin());
    }
    if (ENDED.test(event.status)) {
      this.know();
    }
  };

  /** Lets go of the pipe, whether the program has ended or not. */
  public async close(): Promise<void> {
    await this.writer?.close();
    this.writer = undefined;
  }

  /** A pipe can be opened for writing once somebody reads: the program has begun. */
  private async begin(): Promise<void> {
    const opened = open(this.pipe, 'w');
    const early = this.known.then(async () => {
      // Whoever opens the pipe for both does not wait, and ends the wait of the other.
      await (await open(this.pipe, 'r+')).close();
      throw new Error('the program ended before it began');
    });
    this.writer = await Promise.race([opened, early]);
    this.beganAt = this.clock.now();
    this.clock.setTimeout(() => void this.clock.busy(this.end()), this.seconds * 1000);
  }

  private async end(): Promise<void> {
    this.endedAt = this.clock.now();
    await this.writer!.write('\n');
    await this.close();
    await this.known;
  }
}

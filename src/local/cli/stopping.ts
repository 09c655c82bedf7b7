import { Terminal } from './terminal';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npx hands on what the terminal has sent to everybody already: what comes so soon is the same Ctrl-C. */
const SAME_SIGNAL_MS = 500;

/**
 * What npx and npm, and the launcher of other languages, leave in the environment of this process. A signal that ends one of them does not
 * reach this process, and ends the wait for it.
 */
const STARTED_FOR_A_PERSON_BY = ['npm_command', 'JSII_AGENT'];

/** How often this process looks whether such a parent is still there. */
const PARENT_CHECK_MS = 500;

/** How a command is ended before its work is done. */
export interface Ends {
  /** In good order. It may take a while. */
  readonly stop: () => void;
  /** At once: nothing is left of what was started, and the process ends. */
  readonly kill: () => void;
}

/**
 * Ends a command when a person or the system asks for it, when who has started it is gone, or when nobody reads any more what it writes.
 * Programs run in process groups of their own, as on an instance: neither a Ctrl-C nor the end of this process reaches them.
 */
export class Stopping {
  private since?: number;
  private parentCheck?: NodeJS.Timeout;

  /** @param now Milliseconds */
  constructor(
    private readonly ends: Ends, private readonly errors: Terminal, private readonly now: () => number = () => performance.now(),
  ) {}

  /** Begins to listen. */
  public listen(): this {
    for (const signal of SIGNALS) {
      process.on(signal, this.onSignal);
    }
    process.stdout.on('error', this.onError);
    if (STARTED_FOR_A_PERSON_BY.some((name) => process.env[name] !== undefined)) {
      const { ppid } = process;
      this.parentCheck = setInterval(() => process.ppid !== ppid && this.onOrphaned(), PARENT_CHECK_MS).unref();
    }
    return this;
  }

  public release(): void {
    for (const signal of SIGNALS) {
      process.off(signal, this.onSignal);
    }
    process.stdout.off('error', this.onError);
    clearInterval(this.parentCheck);
  }

  public readonly onSignal = (): void => {
    if (this.since === undefined) {
      this.errors.line('Stopping the programs; Ctrl-C again ends without waiting.');
      this.stop();
    } else if (this.now() - this.since > SAME_SIGNAL_MS) {
      this.ends.kill();
    }
  };

  public readonly onError = (error: Error): void => {
    if (isClosed(error) && this.since === undefined) {
      this.stop();
    }
  };

  private readonly onOrphaned = (): void => {
    clearInterval(this.parentCheck);
    if (this.since === undefined) {
      this.stop();
    }
  };

  private stop(): void {
    this.since = this.now();
    this.ends.stop();
  }
}

/** Lets the process end quietly, as other tools do, when the reader of its output has gone: `… | head`. */
export function endQuietly(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (!isClosed(error)) {
        throw error;
      }
    });
  }
}

/** A pipe without a reader, or a terminal that is gone. */
function isClosed({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'EIO';
}

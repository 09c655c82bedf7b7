import { ChildProcess, spawn } from 'node:child_process';
import { Timers } from '../timers';
import { OutputFile } from './output-file';

/** 128 + SIGKILL: what the agent reports for a script that it stopped. */
export const STOPPED_EXIT_CODE = 137;

export interface ScriptOptions {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly workingDirectory: string;
  readonly environment: { readonly [name: string]: string };
  readonly timeoutSeconds: number;
  readonly stdout: OutputFile;
  readonly stderr: OutputFile;
  readonly timers: Timers;
}

/** How a script ended. */
export interface ScriptOutcome {
  /** -1 when a signal ended it that the agent did not send. */
  readonly exitCode: number;
  readonly ending: 'exited' | 'timedOut' | 'stopped';
  /** What went wrong, in the words of Go's os/exec, which the agent adds to stderr. */
  readonly error?: string;
}

/**
 * A script that runs as the agent runs it: in a process group of its own, without standard input, and over when the process has
 * ended and nothing holds its output open any more.
 *
 * @see https://github.com/aws/amazon-ssm-agent agent/executers/executers.go
 */
export class ScriptProcess {
  readonly outcome: Promise<ScriptOutcome>;
  private readonly child: ChildProcess;
  private end!: (outcome: ScriptOutcome) => void;

  constructor(options: ScriptOptions) {
    const { command, workingDirectory: cwd, environment: env, timers } = options;
    this.child = spawn(command, options.arguments, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout!.on('data', (chunk: Buffer) => options.stdout.write(chunk));
    this.child.stderr!.on('data', (chunk: Buffer) => options.stderr.write(chunk));

    const timeout = timers.after(options.timeoutSeconds * 1000, () => this.kill('timedOut'));
    this.outcome = new Promise<ScriptOutcome>(resolve => {
      this.end = resolve;
      this.child.once('error', error => resolve({ exitCode: 1, ending: 'exited', error: startError(command, error) }));
      this.child.once('close', (code, signal) => resolve(ended(code, signal)));
    }).finally(() => timers.cancel(timeout));
  }

  /** Kills the process group at once. What left the group lives on, as it does on an instance. */
  stop(): void {
    this.kill('stopped');
  }

  private kill(ending: 'timedOut' | 'stopped'): void {
    if (this.child.pid !== undefined) {
      killGroup(this.child.pid);
    }
    // The agent does not wait: a process that left the group may hold the output open for ever.
    this.child.stdout!.destroy();
    this.child.stderr!.destroy();
    this.end({ exitCode: STOPPED_EXIT_CODE, ending });
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
  }
}

const SIGNAL_NAMES: { readonly [signal: string]: string } = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGPIPE: 'broken pipe',
  SIGQUIT: 'quit',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
};

function ended(code: number | null, signal: NodeJS.Signals | null): ScriptOutcome {
  if (code === 0) {
    return { exitCode: 0, ending: 'exited' };
  }
  return code === null
    ? { exitCode: -1, ending: 'exited', error: `signal: ${SIGNAL_NAMES[signal!] ?? signal!.toLowerCase()}` }
    : { exitCode: code, ending: 'exited', error: `exit status ${code}` };
}

/** A working directory that does not exist looks like this on an instance, too: as if the shell were missing. */
function startError(command: string, error: NodeJS.ErrnoException): string {
  return `fork/exec ${command}: ${error.code === 'ENOENT' ? 'no such file or directory' : error.message}`;
}

import { ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, closeSync, constants, existsSync, mkdirSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { isAbsolute, join } from 'node:path';
import { Timers } from '../../aws/timers';
import { LogWriter } from '../logs/log-streams';
import { MaskingStream } from '../secrets/masking';

/** A script as the agent would start it. */
export interface Script {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly workingDirectory: string;
  readonly environment: { readonly [name: string]: string };
  readonly timeoutSeconds: number;
}

const DEFAULT_TIMEOUT_SECONDS = 3600;
const MIN_TIMEOUT_SECONDS = 5;
const MAX_TIMEOUT_SECONDS = 172_800;

let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Waits for one's turn to start a script. That takes this process a moment in which it does nothing else, and on a busy machine a longer one:
 * between two scripts of a large fleet, the services have to answer.
 */
export async function turnToStart(): Promise<void> {
  const turn = lastTurn.then(async () => new Promise((resolve) => setImmediate(resolve)));
  lastTurn = turn;
  await turn;
}

/** What systemd gives to the agent, and the agent to scripts. */
export const AGENT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The actions that run here. */
export const SCRIPT_ACTIONS: readonly string[] = ['aws:runShellScript', 'aws:runPowerShellScript'];

/**
 * Writes a step's script to a file, and says how to start it.
 *
 * @param folder of the step; the script goes there
 * @param home where the script runs unless the step says otherwise
 * @throws Error with what the agent would add to stderr
 */
export function prepareScript(
  action: string, inputs: { readonly [input: string]: unknown }, folder: string, home: string,
): Script {
  const { runCommand, environment = {} } = inputs;
  if (!Array.isArray(runCommand) || !runCommand.every((line) => typeof line === 'string')) {
    throw new Error(`Invalid format in plugin properties ${JSON.stringify(inputs)};\nerror runCommand must be a list of strings`);
  }
  mkdirSync(folder, { recursive: true });
  const powerShell = action === 'aws:runPowerShellScript';
  const file = join(folder, powerShell ? '_script.ps1' : '_script.sh');
  writeFileSync(file, `${powerShell ? '\uFEFF' : ''}${runCommand.join('\n')}\n`);
  chmodSync(file, 0o700);
  return {
    ...(powerShell ? powerShellCommand(file) : shellCommand(file)),
    workingDirectory: workingDirectory(String(inputs.workingDirectory ?? ''), folder, home),
    environment: environment as Script['environment'],
    timeoutSeconds: timeoutSeconds(inputs.timeoutSeconds),
  };
}

/** The agent hands the file's path to `sh -c` as a command: a first line `#!/bin/bash` counts. Here paths may hold spaces. */
function shellCommand(file: string): Pick<Script, 'command' | 'arguments'> {
  return { command: findProgram('sh', AGENT_PATH) ?? '/bin/sh', arguments: ['-c', `'${file.replaceAll("'", "'\\''")}'`] };
}

function powerShellCommand(file: string): Pick<Script, 'command' | 'arguments'> {
  const command = findProgram('pwsh');
  if (!command) {
    throw new Error('aws:runPowerShellScript needs PowerShell: the local run did not find pwsh on the PATH of this machine');
  }
  const options = ['-InputFormat', 'None', '-Noninteractive', '-NoProfile', '-ExecutionPolicy', 'unrestricted'];
  return { command, arguments: [...options, '-f', file] };
}

/** Where a program is; on the PATH of this machine, if not given. */
export function findProgram(name: string, folders = process.env.PATH ?? ''): string | undefined {
  return folders.split(':').map((folder) => join(folder, name)).find((path) => existsSync(path));
}

function workingDirectory(given: string, folder: string, home: string): string {
  if (isAbsolute(given)) {
    return given;
  }
  const downloads = join(folder, '..', 'downloads', given);
  return existsSync(downloads) ? downloads : home;
}

/** Out of the agent's range means the default, silently: a script limited to 3 seconds may run for an hour. */
function timeoutSeconds(given: unknown): number {
  const seconds = Math.trunc(Number(given));
  return seconds >= MIN_TIMEOUT_SECONDS && seconds <= MAX_TIMEOUT_SECONDS ? seconds : DEFAULT_TIMEOUT_SECONDS;
}

/** The execution timeout that SSM reckons with: those of all steps. */
export function executionTimeoutSeconds(inputs: readonly { readonly [input: string]: unknown }[]): number {
  return inputs.reduce((sum, { timeoutSeconds: given }) => sum + timeoutSeconds(given), 0);
}

/** 128 + SIGKILL: what the agent reports for a script that it stopped. */
export const STOPPED_EXIT_CODE = 137;
/** By which a script asks the agent to reboot the instance and to run the document again. */
export const REBOOT_EXIT_CODE = 194;

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

/** What systemd gives to the agent, and the agent to scripts, whatever this process has. Keeps the process ID. */
const AS_SYSTEMD_STARTS = 'umask 022; ulimit -S -n 1024 2>/dev/null; exec "$@"';

/**
 * A script that runs as the agent runs it: in a process group of its own, without standard input, with pipes for its output, and over
 * when the process has ended and nothing holds its output open any more.
 *
 * Unlike the agent's, it leads a session of its own, too. Node.js cannot make a process group otherwise; and in the session of whoever
 * started the local run, a script could ask its terminal, which no instance has.
 *
 * @see https://github.com/aws/amazon-ssm-agent agent/executers/executers.go
 */
export class ScriptProcess {
  public readonly outcome: Promise<ScriptOutcome>;
  private readonly child: ChildProcess;
  private readonly pipes: readonly [Pipe, Pipe];
  private end!: (outcome: ScriptOutcome) => void;

  constructor(options: ScriptOptions) {
    const { command, workingDirectory: cwd, environment: env, timers } = options;
    this.pipes = Pipe.pair(options.stdout, options.stderr);
    const [stdout, stderr] = this.pipes;
    this.child = spawn('/bin/sh', ['-c', AS_SYSTEMD_STARTS, 'sh', command, ...options.arguments], {
      cwd, env, detached: true, stdio: ['ignore', stdout.writeEnd, stderr.writeEnd],
    });
    this.pipes.forEach((pipe) => pipe.handOver());

    const timeout = timers.after(options.timeoutSeconds * 1000, () => this.kill('timedOut'));
    this.outcome = new Promise<ScriptOutcome>((resolve) => {
      this.end = resolve;
      this.child.once('error', (error) => resolve({ exitCode: 1, ending: 'exited', error: startError(command, error) }));
      this.child.once('exit', (code, signal) => {
        void Promise.all([stdout.closed, stderr.closed]).then(() => resolve(ended(code, signal)));
      });
    }).finally(() => {
      timers.cancel(timeout);
      this.pipes.forEach((pipe) => pipe.close());
    });
  }

  /** Kills the process group at once. What left the group lives on, as it does on an instance. */
  public stop(): void {
    this.kill('stopped');
  }

  /** Who waits for the script is gone: it lives on, and nobody reads what it writes. */
  public abandon(): void {
    this.end({ exitCode: 1, ending: 'stopped' });
  }

  private kill(ending: 'timedOut' | 'stopped'): void {
    const isKilled = this.child.pid !== undefined && killGroup(this.child.pid);
    // The agent does not wait: a process that left the group may hold the output open for ever.
    this.end(isKilled ? { exitCode: STOPPED_EXIT_CODE, ending } : { exitCode: 1, ending: 'exited', error: 'no such process' });
  }
}

/**
 * A pipe that a script writes to. Node.js would make a pair of sockets, and those cannot be opened by the name /dev/stderr: only a
 * named pipe can be had otherwise. Its name is gone before the script begins.
 */
class Pipe {
  /** Of one script. */
  public static pair(...outputs: [OutputFile, OutputFile]): [Pipe, Pipe] {
    const [stdout, stderr] = outputs.map(({ path }) => `${path}.pipe`);
    execFileSync('mkfifo', ['-m', '600', stdout, stderr], { stdio: 'ignore' });
    return [new Pipe(stdout, outputs[0]), new Pipe(stderr, outputs[1])];
  }

  public readonly writeEnd: number;
  /** When nobody holds it open for writing any more, and all is read. */
  public readonly closed: Promise<void>;
  private readonly readEnd: Socket;

  private constructor(name: string, output: OutputFile) {
    // Without somebody who reads already, opening it for writing would wait for that.
    const readEnd = openSync(name, constants.O_RDONLY + constants.O_NONBLOCK);
    this.writeEnd = openSync(name, constants.O_WRONLY);
    rmSync(name);
    this.readEnd = new Socket({ fd: readEnd, readable: true, writable: false });
    this.readEnd.on('data', (chunk: Buffer) => output.write(chunk));
    this.closed = new Promise((resolve) => this.readEnd.once('close', () => resolve()));
  }

  /** The script has it open for writing now; this process must not. */
  public handOver(): void {
    closeSync(this.writeEnd);
  }

  /** Reads no more. */
  public close(): void {
    this.readEnd.destroy();
  }
}

/** @returns false where the group has no process any more */
function killGroup(pid: number): boolean {
  try {
    process.kill(-pid, 'SIGKILL');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
    return false;
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
  // The agent takes these for its own endings.
  if (code === STOPPED_EXIT_CODE || code === REBOOT_EXIT_CODE) {
    return { exitCode: code, ending: 'exited' };
  }
  return code === null
    ? { exitCode: -1, ending: 'exited', error: `signal: ${SIGNAL_NAMES[signal!] ?? signal!.toLowerCase()}` }
    : { exitCode: code, ending: 'exited', error: `exit status ${code}` };
}

/** A working directory that does not exist looks like this on an instance, too: as if the shell were missing. */
function startError(command: string, error: NodeJS.ErrnoException): string {
  return `fork/exec ${command}: ${error.code === 'ENOENT' ? 'no such file or directory' : error.message}`;
}

/** What a step writes to stdout or to stderr: kept whole, and passed on to others, e.g. to a log stream when the command asks for it. */
export class OutputFile {
  private readonly fd: number;
  private open = true;

  constructor(public readonly path: string, private readonly masking: MaskingStream, private readonly others: readonly LogWriter[] = []) {
    this.fd = openSync(path, 'a+');
  }

  public write(chunk: Buffer | string): void {
    this.append(this.masking.write(typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
  }

  /** Writes what was held back. */
  public flush(): void {
    this.append(this.masking.end());
  }

  private append(bytes: Buffer): void {
    if (this.open && bytes.length > 0) {
      for (let written = 0; written < bytes.length;) {
        written += writeSync(this.fd, bytes, written);
      }
      this.others.forEach((other) => other.append(bytes));
    }
  }

  /** The first bytes; the agent, too, counts bytes. */
  public head(bytes: number): Buffer {
    const buffer = Buffer.alloc(bytes);
    return buffer.subarray(0, readSync(this.fd, buffer, 0, bytes, 0));
  }

  /** Nothing is written any more. */
  public close(): void {
    if (this.open) {
      this.open = false;
      closeSync(this.fd);
      this.others.forEach((other) => other.close());
    }
  }
}

import { ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { Fn, Stack } from 'aws-cdk-lib';
import { prepareShells, Shell } from './shells';
import { LauncherOptions, shellLauncher } from '../../src/command/launcher/shell';
import { resolveValue } from '../../src/local/app/intrinsics';

export const IS_ROOT = userInfo().uid === 0;

/** For `runAs`. Only root can become another user; everyone can stay who they are. */
export const USER = IS_ROOT ? 'nobody' : userInfo().username;

/** What SSM hands to a document, and what the agent runs it with. */
export interface LaunchOptions extends Partial<LauncherOptions> {
  readonly runId?: string;
  /** Seconds since the epoch. */
  readonly startBefore?: string;
  /** As the document takes it: `yes`. */
  readonly check?: string;
  /** Seconds. */
  readonly executionTimeout?: string;
  /** As the document takes them; see `variables`. */
  readonly variables?: string;
  readonly sh?: Shell;
  /** Environment of the agent. */
  readonly agent?: { [name: string]: string };
  /** Words that start the shell in a narrower world, as `prlimit` does. */
  readonly under?: string[];
  /** Whom the agent runs as, if not as who runs the tests. Only root can choose. */
  readonly uid?: number;
  /** @default - where the agent starts scripts */
  readonly cwd?: string;
}

/** A launcher that runs. */
export interface Launched {
  /** Also its process group. */
  readonly pid: number;
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** When it has ended, and nothing holds its output open any more; -1 where a signal has ended it. */
  readonly exitCode: Promise<number>;
}

export interface Ended {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Kills a process, or the process group `-pid`. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** Kills a launcher's process group as the agent does, and waits until it is gone. */
export async function end({ pid, exitCode }: Launched): Promise<void> {
  kill(-pid);
  await exitCode;
}

/** A script that leaves a process behind, and says which one: it leaves the process group before it says that it runs. */
export const ORPHAN = 'setsid sh -c \'echo $$; exec sleep 600 >/dev/null 2>&1\' & wait';

/** Words to start a shell with: every write to a file fails then, and none to a pipe, as on a full disk. */
export const NO_ROOM = ['sh', '-c', 'trap "" XFSZ; ulimit -f 0; exec "$@"', 'sh'];

/** Runs launchers as the agent does, in a folder of their own that `remove` takes away. */
export class Launchpad {
  /** Of all users, as a program's own folder is. */
  public readonly folder = mkdtempSync(join(tmpdir(), 'launcher-'));
  public readonly state = join(this.folder, 'state');
  public readonly shells: Shell[];
  private readonly shellFolder: string;
  private started = 0;

  constructor() {
    const { folder, shells } = prepareShells();
    this.shellFolder = folder;
    this.shells = shells;
    chmodSync(this.folder, 0o777);
  }

  public remove(): void {
    rmSync(this.folder, { recursive: true });
    rmSync(this.shellFolder, { recursive: true });
  }

  public shell(name: string): Shell {
    return this.shells.find((shell) => shell.name === name)!;
  }

  public async launch(options: LaunchOptions): Promise<Ended> {
    const child = this.start(options);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (data) => stdout.push(data));
    child.stderr.on('data', (data) => stderr.push(data));
    const exitCode = await child.exitCode;
    return { exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
  }

  /**
   * As the agent does: `sh -c FILE`, a script that only its user can read, pipes, nothing on stdin, leader of a process group, no HOME
   * (agent/executers).
   */
  public start({ runId = '', startBefore = '', check = '', executionTimeout = '3600', variables: values = '', sh, agent, under = [], uid, cwd = '/usr/bin', ...options }: LaunchOptions): Launched {
    const parameterNames = namesOf(values);
    const lines = deploy(shellLauncher({ script: ':', failFast: true, jobKey: 'Job', parameterNames, ...options }));
    const folder = mkdtempSync(join(this.folder, `command-${this.started++}-`));
    const file = join(folder, '_script.sh');
    writeFileSync(file, interpolate(lines, { RunId: runId, Variables: values, StartBefore: startBefore, Check: check, executionTimeout }).join('\n') + '\n', { mode: 0o700 });
    const [stdout, stderr] = [pipe(join(folder, 'stdout'), uid), pipe(join(folder, 'stderr'), uid)];
    if (uid !== undefined) {
      [file, dirname(file)].forEach((path) => chownSync(path, uid, uid));
    }
    // The kernel would start /bin/sh; here, each of the shells is the server's.
    const [program, ...words] = [...under, 'sh', ...sh === undefined ? ['-c', file] : [file]];
    const child = spawn(program, words, {
      ...uid === undefined ? {} : { uid, gid: uid },
      env: {
        PATH: sh === undefined ? process.env.PATH : `${sh.bin}:${process.env.PATH}`,
        COTS_BATCH_JOB_STATE: this.state,
        ...agent,
      },
      cwd,
      detached: true,
      stdio: ['ignore', stdout.writer, stderr.writer],
    });
    [stdout, stderr].forEach(({ writer }) => closeSync(writer));
    const ended = Promise.all([endOf(child), closed(stdout.reader), closed(stderr.reader)]);
    return { pid: child.pid!, stdout: stdout.reader, stderr: stderr.reader, exitCode: ended.then(([code]) => code) };
  }
}

const deployTimeValues = new Map<string, string>();

/** What has this value when it is deployed, and is not known before: a parameter of the template. */
export function deployTime(value: string): string {
  const name = `Value${deployTimeValues.size}`;
  deployTimeValues.set(name, value);
  return Fn.ref(name);
}

/** What CloudFormation makes of the lines of a document. */
export function deploy(lines: string[]): string[] {
  const nothing = () => undefined;
  return resolveValue(new Stack().resolve(lines), {
    pseudo: {},
    mappings: {},
    parameter: (name) => ({ value: deployTimeValues.get(name) }),
    ref: nothing,
    attribute: nothing,
    importValue: nothing,
    stackOutput: nothing,
    condition: () => false,
  }) as string[];
}

/** A pipe as Go makes them, and not the pair of sockets that Node.js makes: it can be opened anew, by its owner. */
function pipe(path: string, uid: number | undefined): { reader: Socket; writer: number } {
  spawnSync('mkfifo', ['-m', '600', path]);
  if (uid !== undefined) {
    chownSync(path, uid, uid);
  }
  const reader = openSync(path, constants.O_RDONLY + constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  rmSync(path);
  // Whoever wants to see what comes listens before anything can have come.
  return { reader: new Socket({ fd: reader, readable: true, writable: false }).resume(), writer };
}

function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? -1));
  });
}

function closed(stream: Socket): Promise<void> {
  return new Promise((resolve) => stream.once('close', () => resolve()));
}

/** What the agent makes of the lines of a document (docparser/parameters): values are not looked at again. */
function interpolate(lines: string[], parameters: { [name: string]: string }): string[] {
  const names = Object.keys(parameters).join('|');
  return lines.map((line) => line.replace(new RegExp(`\\{\\{\\s*(${names})\\s*\\}\\}`, 'g'), (_, name) => parameters[name].replace(/\$\$/g, '$')));
}

/** The names in what the handler sends. */
function namesOf(values: string): string[] {
  return values.split(',').filter((variable) => variable !== '').map((variable) => variable.split('=', 1)[0]);
}

/** Values as the handler sends them. */
export function variables(values: { [name: string]: string | Buffer }): string {
  return Object.entries(values).map(([name, value]) => `${name}=${Buffer.from(value as string).toString('base64')}`).join(',');
}

/** A script that prints the environment which its shell was started with, for `environmentOf`. */
export const PRINT_ENVIRONMENT = 'cat /proc/$$/environ';

/** Latin 1, so that every byte is a character. */
export function environmentOf(ended: Ended): { [name: string]: string } {
  return Object.fromEntries(ended.stdout.toString('latin1').split('\0').filter((entry) => entry !== '').map((entry) => {
    const at = entry.indexOf('=');
    return [entry.slice(0, at), entry.slice(at + 1)];
  }));
}

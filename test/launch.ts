import { ChildProcess, spawn } from 'child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { dirname, join } from 'path';
import { prepareShells, Shell } from './shells';
import { LauncherOptions, shellLauncher } from '../src/launcher';

/** What SSM hands to a document, and what the agent runs it with. */
export interface LaunchOptions extends Partial<LauncherOptions> {
  readonly runId?: string;
  /** As the document takes them; see `variables`. */
  readonly variables?: string;
  readonly sh?: Shell;
  /** Environment of the agent. */
  readonly agent?: { [name: string]: string };
  /** Words that start the shell in a narrower world, as `prlimit` does. */
  readonly under?: string[];
  /** Whom the agent runs as, if not as who runs the tests. Only root can choose. */
  readonly uid?: number;
}

export interface Ended {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

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
    child.stdout!.on('data', (data) => stdout.push(data));
    child.stderr!.on('data', (data) => stderr.push(data));
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? -1));
    });
    return { exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
  }

  /** Leader of a process group, nothing on stdin, and a script that only this user can read (agent/executers). */
  public start({ runId = '', variables: values = '', sh, agent, under = [], uid, ...options }: LaunchOptions): ChildProcess {
    const parameterNames = namesOf(values);
    const lines = shellLauncher({ script: ':', failFast: true, jobKey: 'Job', parameterNames, ...options });
    const file = join(mkdtempSync(join(this.folder, `command-${this.started++}-`)), '_script.sh');
    writeFileSync(file, interpolate(lines, { RunId: runId, Variables: values }).join('\n') + '\n', { mode: 0o700 });
    if (uid !== undefined) {
      [file, dirname(file)].forEach((path) => chownSync(path, uid, uid));
    }
    const [program, ...words] = [...under, 'sh', ...sh === undefined ? ['-c', file] : [file]];
    return spawn(program, words, {
      ...uid === undefined ? {} : { uid, gid: uid },
      env: {
        PATH: sh === undefined ? process.env.PATH : `${sh.bin}:${process.env.PATH}`,
        COTS_BATCH_JOB_STATE: this.state,
        ...agent,
      },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
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

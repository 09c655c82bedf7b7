import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareScript } from '../../src/local/services/ssm/script';
import { Ended } from '../support/launch';
import { prepareShells, Shell } from '../support/shells';

/** How the agent starts what it was sent. */
export interface Delivery {
  readonly lines: string[];
  readonly shell: Shell;
  /** Environment of the agent, besides what it always has. */
  readonly agent?: { readonly [name: string]: string };
}

/** A server: what runs there finds itself in a folder in which every change is noticed. */
export class Machine {
  public readonly shells: Shell[];
  /** Where programs start: what an expanded value would touch, or match. */
  public readonly canary: string;
  /** Of this machine's own, which no program knows of. */
  public readonly folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
  private readonly state = join(this.folder, 'state');
  private readonly shellFolder: string;
  private readonly before: string[];
  private commands = 0;

  constructor() {
    ({ folder: this.shellFolder, shells: this.shells } = prepareShells());
    this.canary = join(this.folder, 'canary');
    for (const name of ['', 'a', 'etc', '-rf', '*']) {
      mkdirSync(join(this.canary, name), { recursive: true });
      writeFileSync(join(this.canary, name, 'alive'), `in ${name}`);
    }
    mkdirSync(this.state);
    this.before = list(this.canary);
  }

  public shell(name: string): Shell {
    return this.shells.find((shell) => shell.name === name)!;
  }

  /** Puts a program on the machine. */
  public install(name: string, text: string): string {
    const file = join(this.folder, name);
    writeFileSync(file, text);
    chmodSync(file, 0o755);
    return file;
  }

  /** @returns the path of a folder with that name. */
  public makeFolder(name: string): string {
    const folder = join(this.folder, 'folders', name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** As the agent does it, but for the shell: here every one of them is `sh`. */
  public async run({ lines, shell, agent }: Delivery): Promise<Ended> {
    const folder = join(this.folder, `command-${this.commands++}`);
    prepareScript('aws:runShellScript', { runCommand: lines }, folder, this.canary);
    const child = spawn('sh', [join(folder, '_script.sh')], {
      cwd: this.canary,
      env: { PATH: `${shell.bin}:${process.env.PATH}`, HOME: this.canary, COTS_BATCH_JOB_STATE: this.state, ...agent },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (data: Buffer) => stdout.push(data));
    child.stderr.on('data', (data: Buffer) => stderr.push(data));
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? -1));
    });
    rmSync(folder, { recursive: true });
    return { exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
  }

  /** What is not as it was, apart from the marks of these runs and the locks of jobs: nothing, and no process is left. */
  public changes(runIds: Iterable<string> = []): string[] {
    const marks = list(this.state).filter((entry) => entry.startsWith('file ')).map((entry) => entry.split(' ')[1])
      .filter((file) => !/^[^/]+\/((launcher|program)\.lock|program\.run)$/.test(file));
    const expected = new Set(Array.from(runIds, (runId) => `runs/${runId}/command`));
    return [
      ...difference(list(this.canary), this.before).map((entry) => `canary: ${entry}`),
      ...marks.filter((mark) => !expected.has(mark.slice(mark.indexOf('/') + 1))).map((mark) => `state: ${mark}`),
      ...this.processes().map((process) => `process: ${process}`),
    ];
  }

  public remove(): void {
    rmSync(this.folder, { recursive: true });
    rmSync(this.shellFolder, { recursive: true });
  }

  /** Every process that was started here has the state folder in its environment. */
  private processes(): string[] {
    return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && readProcess(pid, 'environ').includes(this.state))
      .map((pid) => `${pid} ${readProcess(pid, 'cmdline').replaceAll('\0', ' ')}`);
  }
}

/** Everything below a folder: kind, path, mode, size, time of the last change, content. */
function list(folder: string, path = ''): string[] {
  return readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
    const name = path === '' ? entry.name : `${path}/${entry.name}`;
    const { mode, mtimeMs } = lstatSync(join(folder, name));
    if (entry.isDirectory()) {
      return [`folder ${name} ${mode} ${mtimeMs}`, ...list(folder, name)];
    }
    const content = entry.isFile() ? createHash('sha256').update(readFileSync(join(folder, name))).digest('hex') : 'special';
    return [`file ${name} ${mode} ${mtimeMs} ${content}`];
  });
}

function difference(now: string[], before: string[]): string[] {
  return [...now.filter((entry) => !before.includes(entry)), ...before.filter((entry) => !now.includes(entry))];
}

/** Empty for a process that has ended, or is somebody else's. */
function readProcess(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

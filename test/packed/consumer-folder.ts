import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * An empty folder of somebody who uses the package, in a path with a space in it. What runs there finds neither the tools of this
 * repository nor the settings of its tests, and leaves its temporary files in the folder.
 */
export class ConsumerFolder {
  public readonly path: string;
  private readonly parent: string;

  /** @param bins folders of commands in this folder, looked at before those of the machine */
  constructor(private readonly bins: string[] = []) {
    this.parent = realpathSync(mkdtempSync(join(tmpdir(), 'cots-batch-job-')));
    this.path = join(this.parent, 'a consumer');
    mkdirSync(join(this.path, 'tmp'), { recursive: true });
  }

  public file(...names: string[]): string {
    return join(this.path, ...names);
  }

  public async run(command: string, args: string[], environment: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
    const child = spawn(command, args, { cwd: this.path, env: { ...this.cleanEnvironment(), ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => { output.stdout += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { output.stderr += text; });
    const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    return { status, ...output };
  }

  /** @returns what the command wrote to stdout. */
  public async succeed(command: string, args: string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
    const { status, stdout, stderr } = await this.run(command, args, environment);
    if (status !== 0) {
      throw new Error(`${[command, ...args].join(' ')} ended with ${status}:\n${stdout}${stderr}`);
    }
    return stdout;
  }

  public remove(): void {
    if (existsSync(this.parent)) {
      rmSync(this.parent, { recursive: true, force: true });
    }
  }

  private cleanEnvironment(): NodeJS.ProcessEnv {
    const foreign = /^(npm_|CDK_|TS_NODE_|TS_JEST|JEST_|NODE_PATH$|NODE_OPTIONS$|VIRTUAL_ENV$)/;
    const inherited = Object.entries(process.env).filter(([name]) => !foreign.test(name));
    const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.includes('node_modules'));
    return {
      ...Object.fromEntries(inherited),
      TMPDIR: this.file('tmp'),
      PATH: [...this.bins.map((bin) => this.file(bin)), ...path].join(delimiter),
    };
  }
}

import { ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { SampleOptions } from '../run/sample-app';
import { temporaryFolder } from '../run/synthesized-app';
import { eventually } from '../services/ssm/rig';

const ROOT = path.join(__dirname, '../../..');
/** As it is released: `npx projen bundle` makes it. */
export const CLI = path.join(ROOT, 'assets/local/cli/index.js');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const started: ChildProcess[] = [];

// A test that fails does not end what it has started.
afterAll(() => started.forEach((child) => child.kill('SIGKILL')));

/** Starts the command line, as it is released. */
export function start(
  args: string[],
  preload: string[] = [],
  environment: NodeJS.ProcessEnv = {},
): { child: ReturnType<typeof spawn>; ended: Promise<Ended> } {
  const modules = preload.flatMap((name) => ['-r', name]);
  const child = spawn(process.execPath, [...modules, CLI, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return { child, ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr }))) };
}

/** A program that says who it is, and runs until it is killed, or its file is gone with the test. */
export function endlessProgram(): { commands: string[]; pid: () => Promise<number> } {
  const file = path.join(temporaryFolder(), 'pid');
  return {
    commands: [`echo $$ >'${file}.new'`, `mv '${file}.new' '${file}'`, `while [ -e '${file}' ]; do sleep 0.1; done`],
    pid: async () => eventually(async () => Number(fs.readFileSync(file, 'utf8'))),
  };
}

/** An app with such a program. */
export function endless(app: (options: SampleOptions) => string): { cdkOut: string; pid: () => Promise<number> } {
  const { commands: runCommand, pid } = endlessProgram();
  const mainSteps = [{ action: 'aws:runShellScript', name: 'run', inputs: { runCommand } }];
  const content = { schemaVersion: '2.2', parameters: { exit: { type: 'String', default: '0' } }, mainSteps };
  const document = { Type: 'AWS::SSM::Document', Properties: { DocumentType: 'Command', Content: content } };
  return { cdkOut: app({ wait: 1, resources: { Document: document } }), pid };
}

import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

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

/** Where a program is; on the PATH of this machine unless told otherwise. */
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

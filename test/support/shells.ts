import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A shell that servers have as their `sh`. */
export interface Shell {
  readonly name: string;
  /** Put first on a PATH, it makes `sh` this shell. That of busybox has its own tools, too. */
  readonly bin: string;
}

/** Debian and Ubuntu, Amazon Linux and Red Hat, Alpine. */
export const SHELL_NAMES = ['dash', 'bash', 'busybox'];

/**
 * Makes a folder for each shell, in a temporary folder that the caller removes.
 *
 * @throws if a shell is missing and cannot be installed.
 */
export function prepareShells(): { folder: string; shells: Shell[] } {
  const folder = mkdtempSync(join(tmpdir(), 'shells-'));
  const shells = SHELL_NAMES.map((name) => {
    const program = findOrInstall(name);
    const bin = join(folder, name);
    mkdirSync(bin);
    if (name === 'busybox') {
      spawnSync(program, ['--install', '-s', bin]);
    } else {
      symlinkSync(program, join(bin, 'sh'));
    }
    return { name, bin };
  });
  // Not only for the owner: scripts of other users call them.
  spawnSync('chmod', ['755', folder]);
  return { folder, shells };
}

/**
 * The path of a program. As root, on Debian and its kin, a missing one is installed.
 *
 * @param from the package that has it, if that has another name
 * @throws if the program is missing and cannot be installed.
 */
export function findOrInstall(name: string, from = name): string {
  const path = find(name);
  if (path !== undefined) {
    return path;
  }
  // A new machine has no package lists, and another test may be installing.
  const apt = 'apt-get -o DPkg::Lock::Timeout=120';
  const installed = spawnSync('sh', ['-c', `${apt} install -y ${from} || { ${apt} update && ${apt} install -y ${from}; }`], { encoding: 'utf8' });
  const found = find(name);
  if (found === undefined) {
    throw new Error(`the tests need ${name}, which cannot be installed: ${installed.error?.message ?? installed.stderr}`);
  }
  return found;
}

/** The path of a program, if there is one. */
export function find(name: string): string | undefined {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).stdout.trim() || undefined;
}

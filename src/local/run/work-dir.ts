import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { UsageError } from '../app/errors';

/** The folder that a run writes to: scripts of its instances are run from there, so that nobody else may write to it. */
export class WorkDir {
  /**
   * Makes a new temporary folder that only the present user can open, or takes the given one.
   *
   * @param given It is made if it is not there, and so are those above it
   * @throws UsageError if somebody else could write there
   */
  public static open(given?: string): WorkDir {
    if (given === undefined) {
      return new WorkDir(fs.mkdtempSync(path.join(os.tmpdir(), 'cots-batch-job-')), true);
    }
    requireWorkDir(given);
    const folder = path.resolve(given);
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Somebody else may have been faster.
    requireWorkDir(given);
    return new WorkDir(folder, false);
  }

  private constructor(
    public readonly folder: string,
    /** Whether it was made for the run. */
    public readonly isTemporary: boolean,
  ) {}

  /** Removes a folder that was made for the run, with all that is in it; one that was given stays. */
  public remove(): void {
    if (this.isTemporary) {
      fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

/**
 * Makes sure that a folder, or the one in which it is to be made, is safe to run programs from.
 *
 * @throws UsageError naming the rule and the folder
 */
export function requireWorkDir(given: string): void {
  const folder = path.resolve(given);
  const parents = parentsOf(folder, given);
  const found = fs.lstatSync(folder, { throwIfNoEntry: false });
  if (found?.isSymbolicLink()) {
    throw new UsageError(`--work-dir must not be a symbolic link, got '${given}'`);
  }
  if (found?.isDirectory() === false) {
    throw new UsageError(`--work-dir must be a folder, got '${given}'`);
  }
  if (found) {
    requireOwn(given, found);
  }
  for (const parent of parents) {
    const { mode } = fs.statSync(parent);
    const { isSticky, others } = permissionsOf(mode);
    if (others && !isSticky) {
      throw new UsageError(`--work-dir must not be where everybody can replace it, got '${given}' in '${parent}', which has the mode ${octal(mode)}`);
    }
  }
}

function requireOwn(given: string, { uid, mode }: fs.Stats): void {
  if (uid !== process.getuid?.()) {
    throw new UsageError(`--work-dir must belong to you, got '${given}', which belongs to the user ${uid}`);
  }
  const { group, others } = permissionsOf(mode);
  if (group || others) {
    throw new UsageError(`--work-dir must not be writable by others, got '${given}', which has the mode ${octal(mode)}: chmod go-w`);
  }
}

/** The folders above it that are there, nearest first, whatever links lead to them. */
function parentsOf(folder: string, given: string): string[] {
  let nearest = path.dirname(folder);
  while (!fs.existsSync(nearest)) {
    nearest = path.dirname(nearest);
  }
  if (!fs.statSync(nearest).isDirectory()) {
    throw new UsageError(`--work-dir must be a folder, got '${given}'`);
  }
  const parents = [fs.realpathSync(nearest)];
  while (path.dirname(parents[parents.length - 1]) !== parents[parents.length - 1]) {
    parents.push(path.dirname(parents[parents.length - 1]));
  }
  return parents;
}

/** Who may write, besides the owner. Where a folder is sticky, they may not replace what belongs to somebody else. */
function permissionsOf(mode: number): { isSticky: boolean; group: boolean; others: boolean } {
  const [special, , group, others] = octal(mode);
  return { isSticky: '1357'.includes(special), group: '2367'.includes(group), others: '2367'.includes(others) };
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0').slice(-4);
}

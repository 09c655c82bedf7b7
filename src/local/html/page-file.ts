import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { messageOf, UsageError } from '../app/errors';

/**
 * Makes sure, before anything is run, that a page can be written to a file: writes another one next to it, and removes that.
 *
 * @throws UsageError naming the file, and why not
 */
export function requirePageFile(given: string): void {
  if (fs.statSync(given, { throwIfNoEntry: false })?.isFile() === false) {
    throw new UsageError(`--html must be a file, got '${given}'`);
  }
  fs.rmSync(writeNext(given, ''));
}

/**
 * Writes a page, which only the present user can read. There is the whole page or none: until it is written, the one before stays.
 *
 * @throws UsageError if it can not be written any more
 */
export function writePage(given: string, page: string): void {
  const next = writeNext(given, page);
  try {
    fs.renameSync(next, fileOf(given));
  } catch (error) {
    fs.rmSync(next, { force: true });
    throw refusal(given, error);
  }
}

/** A link stays one. */
function fileOf(given: string): string {
  return fs.existsSync(given) ? fs.realpathSync(given) : path.resolve(given);
}

function writeNext(given: string, page: string): string {
  const next = `${fileOf(given)}.${randomUUID()}.new`;
  try {
    fs.writeFileSync(next, page, { mode: 0o600, flag: 'wx' });
    return next;
  } catch (error) {
    fs.rmSync(next, { force: true });
    throw refusal(given, error);
  }
}

function refusal(given: string, error: unknown): UsageError {
  return new UsageError(`--html must be a file that can be written, got '${given}': ${messageOf(error).split(',')[0]}`);
}

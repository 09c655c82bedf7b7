import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { messageOf, UsageError } from '../app/errors';

/** Where the page of a run goes. There is the whole page or none: whoever opens it while it is written sees the one before. */
export class PageFile {
  /**
   * Makes sure, before anything is run, that the page can be written.
   *
   * @throws UsageError naming the file
   */
  public static prepare(given: string): PageFile {
    const file = path.resolve(given);
    const found = fs.statSync(file, { throwIfNoEntry: false });
    if (found && !found.isFile()) {
      throw new UsageError(`--html must be a file, got '${given}'`);
    }
    const page = new PageFile(given, file);
    fs.rmSync(page.writeNext(''));
    return page;
  }

  private constructor(private readonly given: string, public readonly path: string) {}

  /** @throws UsageError if it can not be written any more */
  public write(page: string): void {
    const next = this.writeNext(page);
    try {
      fs.renameSync(next, this.path);
    } catch (error) {
      fs.rmSync(next, { force: true });
      throw this.refusal(error);
    }
  }

  /** Writes a new file, which only the present user can read, next to the one that it is going to be. */
  private writeNext(page: string): string {
    const next = `${this.path}.${randomUUID()}.new`;
    try {
      fs.writeFileSync(next, page, { mode: 0o600, flag: 'wx' });
      return next;
    } catch (error) {
      fs.rmSync(next, { force: true });
      throw this.refusal(error);
    }
  }

  private refusal(error: unknown): UsageError {
    return new UsageError(`--html must be a file that can be written, got '${this.given}': ${messageOf(error).split(',')[0]}`);
  }
}

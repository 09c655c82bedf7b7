import { Terminal } from './terminal';
import { WorkDir } from '../run/work-dir';

/** Exit statuses of this program. */
export const SUCCEEDED = 0;
export const FAILED = 1;
export const NOT_AS_ASKED = 2;

/** What is under way, for whatever ends this process. */
export class UnderWay {
  /** Whether it was already reported where the logs are. */
  public isReported = false;
  /** Kills what was started. There is none as long as nothing was. */
  public kill?: () => void;

  constructor(public readonly workDir: WorkDir, private readonly keep: boolean, private readonly errors: Terminal) {}

  /** A folder stays after a failure, for a person to find out why, and otherwise only if it was asked for. */
  public isKept(code: number): boolean {
    return !this.workDir.isTemporary || this.keep || code === FAILED;
  }

  /** Removes the folder, or says where it is. */
  public leave(code: number): void {
    if (!this.isKept(code)) {
      this.workDir.remove();
    } else if (this.workDir.isTemporary && !this.isReported) {
      this.errors.line(`The logs are kept in ${this.workDir.folder}`);
    }
  }

  /** Ends this process. Nothing is waited for. */
  public endAtOnce(): never {
    this.kill?.();
    this.leave(this.kill ? FAILED : NOT_AS_ASKED);
    process.exit(FAILED);
  }
}

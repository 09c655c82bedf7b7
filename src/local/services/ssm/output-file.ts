import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { LogWriter } from '../logs/log-streams';

/** What a step writes to stdout or to stderr: kept whole, and sent to a log stream when the command asks for it. */
export class OutputFile {
  private readonly fd: number;
  private open = true;

  constructor(public readonly path: string, private readonly log?: LogWriter) {
    this.fd = openSync(path, 'a+');
  }

  public write(chunk: Buffer | string): void {
    if (this.open) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      for (let written = 0; written < bytes.length;) {
        written += writeSync(this.fd, bytes, written);
      }
      this.log?.append(bytes);
    }
  }

  /** The first bytes; the agent, too, counts bytes. */
  public head(bytes: number): Buffer {
    const buffer = Buffer.alloc(bytes);
    return buffer.subarray(0, readSync(this.fd, buffer, 0, bytes, 0));
  }

  /** Nothing is written any more. */
  public close(): void {
    if (this.open) {
      this.open = false;
      closeSync(this.fd);
      this.log?.close();
    }
  }
}

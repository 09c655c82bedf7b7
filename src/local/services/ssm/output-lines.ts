import { textOf } from './output';
import { LogWriter } from '../logs/log-streams';
import { MaskingStream } from '../secrets/masking';

/** How many lines of a stream are passed on as they come. */
export const LIVE_LINES = 1000;
/** How many of the others are passed on when the stream ends: its last ones. */
export const LAST_LINES = 10;
/** How many bytes of a line are passed on. */
export const MAX_LINE_BYTES = 2000;

const NEWLINE = 10;
const TAIL_BYTES = LAST_LINES * MAX_LINE_BYTES;

/** A line that a script has printed. */
export interface OutputLine {
  /** From 1, in its stream. After a gap, the lines between were left out. */
  readonly number: number;
  /** Without its line end. Bytes that belong to no character are U+FFFD. */
  readonly line: string;
  /** Whether this is only a part of the line, because it is long. */
  readonly isCut: boolean;
}

/**
 * Passes on what a script prints to a stream, line by line, in bounded time and memory whatever the script prints: the first lines as they
 * come, the last ones when the stream ends. A line without an end comes when the stream ends, or when it is too long.
 */
export class OutputLines implements LogWriter {
  /** How many lines have begun. */
  private count = 0;
  /** The line that has no end yet, or as much as may be of it. */
  private pending = Buffer.alloc(0);
  /** Whether the rest of the line was already dealt with. */
  private isCut = false;
  /** The last bytes of what was not passed on. */
  private tail = Buffer.alloc(0);
  private isTailCut = false;

  /** @param masking What it hides is hidden before anything is cut */
  constructor(private readonly masking: MaskingStream, private readonly emit: (line: OutputLine) => void) {}

  public append(bytes: Buffer): void {
    this.take(this.masking.write(bytes));
  }

  public close(): void {
    this.take(this.masking.end());
    if (this.count >= LIVE_LINES) {
      this.emitTail();
    } else if (this.pending.length > 0) {
      this.next(this.pending, false);
    }
  }

  private take(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0 && (this.count < LIVE_LINES || this.isCut)) {
      const end = rest.indexOf(NEWLINE);
      const part = end < 0 ? rest : rest.subarray(0, end);
      rest = end < 0 ? Buffer.alloc(0) : rest.subarray(end + 1);
      this.extend(part);
      if (end >= 0) {
        this.endLine();
      }
    }
    this.keep(rest);
  }

  private extend(part: Buffer): void {
    if (this.isCut) {
      return;
    }
    this.pending = Buffer.concat([this.pending, part.subarray(0, MAX_LINE_BYTES + 1 - this.pending.length)]);
    if (this.pending.length > MAX_LINE_BYTES) {
      this.next(this.pending.subarray(0, MAX_LINE_BYTES), true);
      this.isCut = true;
    }
  }

  private endLine(): void {
    if (!this.isCut) {
      this.next(this.pending, false);
    }
    this.isCut = false;
  }

  private next(line: Buffer, isCut: boolean): void {
    this.count++;
    this.pending = Buffer.alloc(0);
    this.emit({ number: this.count, line: shown(line, isCut), isCut });
  }

  /** Only counts lines, so that a flood costs next to nothing. */
  private keep(bytes: Buffer): void {
    if (bytes.length === 0) {
      return;
    }
    for (const byte of bytes) {
      this.count += byte === NEWLINE ? 1 : 0;
    }
    const all = bytes.length < TAIL_BYTES ? Buffer.concat([this.tail, bytes]) : bytes;
    this.isTailCut ||= this.tail.length + bytes.length > TAIL_BYTES;
    // A copy: a part would hold on to all of it.
    this.tail = Buffer.from(all.subarray(Math.max(0, all.length - TAIL_BYTES)));
  }

  private emitTail(): void {
    if (this.tail.length === 0) {
      return;
    }
    const lines = splitLines(this.tail);
    if (this.tail.at(-1) !== NEWLINE) {
      this.count++;
    }
    const last = lines.slice(-LAST_LINES);
    last.forEach((line, index) => {
      const number = this.count - last.length + 1 + index;
      const isPart = this.isTailCut && lines.length === last.length && index === 0;
      if (!isPart || last.length === 1) {
        const isCut = isPart || line.length > MAX_LINE_BYTES;
        this.emit({ number, line: shown(line.subarray(0, MAX_LINE_BYTES), isCut), isCut });
      }
    });
  }
}

function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, start);
    lines.push(bytes.subarray(start, end < 0 ? bytes.length : end));
    start = end < 0 ? bytes.length : end + 1;
  }
  return lines;
}

function shown(line: Buffer, isCut: boolean): string {
  return textOf(isCut ? wholeCharacters(line) : line).replace(/\r$/, '');
}

/** Without the beginning of a character at its end. */
function wholeCharacters(line: Buffer): Buffer {
  for (let back = 1; back <= 3 && back <= line.length; back++) {
    const byte = line[line.length - back];
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? line.subarray(0, line.length - back) : line;
    }
  }
  return line;
}

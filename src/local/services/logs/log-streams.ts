import { closeSync, openSync, readSync } from 'node:fs';
import { Clock } from '../../aws/clock';
import { Timers } from '../../aws/timers';
import { textOf } from '../ssm/output';

/** The agent uploads once a second, and cuts an event at this size: between two lines, unless one line is longer. */
const FLUSH_MS = 1000;
const MAX_EVENT_BYTES = 200_000;
const NEWLINE = 10;

/** An event of a log stream. The agent makes one of all the lines that were written since the last upload. */
export interface LogEvent {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

/** Where output goes that is also kept in a file. */
export interface LogWriter {
  append(bytes: Buffer): void;
  close(): void;
}

interface Span {
  readonly timestamp: number;
  readonly start: number;
  readonly end: number;
}

/** A log stream over an output file: events are spans of the file, so that output of any size costs no memory. */
export class LogStream implements LogWriter {
  public readonly spans: Span[] = [];
  /** Whether it was made without output. */
  public isEmpty = false;
  private size = 0;
  private uploaded = 0;
  private lineEnds: number[] = [];
  private timer: unknown;

  constructor(
    public readonly name: string,
    public readonly createdAt: number,
    private readonly path: string,
    private readonly clock: Clock,
    private readonly timers: Timers,
  ) {}

  public append(bytes: Buffer): void {
    // Only the last line end that still fits matters for each event that will be cut.
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
      const end = this.size + at + 1;
      const previous = this.lineEnds.at(-2) ?? this.uploaded;
      if (this.lineEnds.length > 0 && end - previous <= MAX_EVENT_BYTES) {
        this.lineEnds[this.lineEnds.length - 1] = end;
      } else {
        this.lineEnds.push(end);
      }
    }
    this.size += bytes.length;
    this.timer ??= this.timers.after(FLUSH_MS, () => {
      this.timer = undefined;
      this.flush();
    });
  }

  public close(): void {
    this.timers.cancel(this.timer);
    if (this.size > (this.lineEnds.at(-1) ?? this.uploaded)) {
      this.lineEnds.push(this.size);
    }
    this.flush();
  }

  public read(span: Span): LogEvent {
    const bytes = Buffer.alloc(span.end - span.start);
    const fd = openSync(this.path, 'r');
    try {
      readSync(fd, bytes, 0, bytes.length, span.start);
    } finally {
      closeSync(fd);
    }
    return { timestamp: span.timestamp, message: textOf(bytes).replaceAll('\r\n', '\n').replace(/\n$/, '') };
  }

  private flush(): void {
    for (const lineEnd of this.lineEnds) {
      while (this.uploaded < lineEnd) {
        const end = Math.min(lineEnd, this.uploaded + MAX_EVENT_BYTES);
        this.spans.push({ timestamp: Math.round(this.clock.now()), start: this.uploaded, end });
        this.uploaded = end;
      }
    }
    this.lineEnds = [];
  }
}

/** The log groups that instances have sent output to. */
export class LogGroups {
  private readonly groups = new Map<string, Map<string, LogStream>>();

  constructor(private readonly clock: Clock, private readonly timers: Timers) {}

  /** The agent makes the group when it is missing, and the stream with the first output; here the stream is made at once. */
  public create(group: string, name: string, path: string): LogStream {
    const streams = this.groups.get(group) ?? new Map<string, LogStream>();
    this.groups.set(group, streams);
    const stream = new LogStream(name, Math.round(this.clock.now()), path, this.clock, this.timers);
    streams.set(name, stream);
    return stream;
  }

  /**
   * Makes an empty stream; the group is made when it is missing, because the endpoint does not know which groups there are.
   *
   * @returns false if there is such a stream
   */
  public createEmpty(group: string, name: string): boolean {
    const isNew = !this.groups.get(group)?.has(name);
    if (isNew) {
      this.create(group, name, '').isEmpty = true;
    }
    return isNew;
  }

  public names(): string[] {
    return [...this.groups.keys()].sort();
  }

  /** Sorted by name; undefined when there is no such group. Streams that nothing was written to do not exist. */
  public streams(group: string): LogStream[] | undefined {
    const streams = this.groups.get(group);
    return streams && [...streams.values()]
      .filter(({ spans, isEmpty }) => spans.length > 0 || isEmpty)
      .sort((a, b) => a.name < b.name ? -1 : 1);
  }
}

/** What stands in place of a value. */
const MASK = '***';

/** Shorter values are in too many words to hide anything. */
const MIN_LENGTH = 4;

/** Hides values of secrets in what is shown and kept: as they are, and as JSON has them. */
export class Masking {
  private readonly values: readonly string[];

  constructor(values: readonly string[]) {
    const forms = values.flatMap((value) => [value, value.trim(), JSON.stringify(value).slice(1, -1)]);
    this.values = [...new Set(forms)].filter(({ length }) => length >= MIN_LENGTH).sort((a, b) => b.length - a.length);
  }

  public text(text: string): string {
    return this.values.reduce((masked, value) => masked.replaceAll(value, MASK), text);
  }

  /** For bytes that come in parts. */
  public stream(): MaskingStream {
    return new MaskingStream(this.values.map((value) => Buffer.from(value).toString('latin1')));
  }
}

/** Holds back what may be the beginning of a value. */
export class MaskingStream {
  private pending = '';

  constructor(private readonly values: readonly string[]) {}

  public write(chunk: Buffer): Buffer {
    const text = this.values.reduce((masked, value) => masked.replaceAll(value, MASK), this.pending + chunk.toString('latin1'));
    const held = Math.max(0, ...this.values.map((value) => overlap(text, value)));
    this.pending = text.slice(text.length - held);
    return Buffer.from(text.slice(0, text.length - held), 'latin1');
  }

  /** What was held back: nothing more comes. */
  public end(): Buffer {
    const rest = Buffer.from(this.pending, 'latin1');
    this.pending = '';
    return rest;
  }
}

/** How many characters at the end of a text begin a value, and are not all of it. */
function overlap(text: string, value: string): number {
  for (let length = Math.min(text.length, value.length - 1); length > 0; length--) {
    if (text.endsWith(value.slice(0, length))) {
      return length;
    }
  }
  return 0;
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A part of a page in docs/ that a command writes, between two comments with its name. */
export class DocsSection {
  private readonly file: string;
  private readonly begin: string;
  private readonly end: string;

  /** @param page its path in docs/ */
  constructor(private readonly page: string, name: string) {
    this.file = join(__dirname, '../../docs', page);
    this.begin = `<!-- ${name}:begin -->`;
    this.end = `<!-- ${name}:end -->`;
  }

  /** The section, as it is. */
  public read(): string {
    return this.split()[1].trim();
  }

  /** Replaces the section. */
  public write(text: string): void {
    const [before, , after] = this.split();
    writeFileSync(this.file, `${before}\n\n${text}\n\n${after}`);
  }

  /** What stands up to the section, in it, and after it. */
  private split(): [string, string, string] {
    const text = readFileSync(this.file, 'utf8');
    const [begin, end] = [text.indexOf(this.begin), text.indexOf(this.end)];
    if (begin < 0 || end < begin) {
      throw new Error(`docs/${this.page} must have ${this.begin} and then ${this.end}`);
    }
    const first = begin + this.begin.length;
    return [text.slice(0, first), text.slice(first, end), text.slice(end)];
  }
}

/** A table of Markdown. */
export function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`.replace(/ {2,}/g, ' ')).join('\n');
}

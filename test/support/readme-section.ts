import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const README = join(__dirname, '../../README.md');

/** A part of the README that a command writes, between two comments with its name. */
export class ReadmeSection {
  private readonly begin: string;
  private readonly end: string;

  constructor(name: string) {
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
    writeFileSync(README, `${before}\n\n${text}\n\n${after}`);
  }

  /** What stands up to the section, in it, and after it. */
  private split(): [string, string, string] {
    const readme = readFileSync(README, 'utf8');
    const [begin, end] = [readme.indexOf(this.begin), readme.indexOf(this.end)];
    if (begin < 0 || end < begin) {
      throw new Error(`README.md must have ${this.begin} and then ${this.end}`);
    }
    const first = begin + this.begin.length;
    return [readme.slice(0, first), readme.slice(first, end), readme.slice(end)];
  }
}

/** A table of Markdown. */
export function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`.replace(/ {2,}/g, ' ')).join('\n');
}

/** What a delimiter may begin with, if it must begin otherwise. */
const OTHER_BEGINNINGS = '_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const LAST_ASCII = 0x7f;

/**
 * A delimiter for a here-document of these lines, none of which ends it.
 *
 * In none of them does a beginning of the delimiter stand before a character that is not ASCII either: dash 0.5.12 (Debian 12)
 * compares so far, and loses the first byte of that character.
 *
 * @param lines may hold several lines each
 * @throws if there is no such delimiter.
 */
export function delimiter(name: string, lines: string[]): string {
  const all = lines.flatMap((line) => line.split('\n'));
  const candidates = ['', ...OTHER_BEGINNINGS].map((beginning) => beginning + name);
  const free = candidates.find((candidate) => !all.some((line) => disturbs(line, candidate)));
  if (free === undefined) {
    throw new Error(`the script of a command must leave a delimiter for a here-document, got lines that begin like each of ${candidates.join(', ')}`);
  }
  return free;
}

function disturbs(line: string, candidate: string): boolean {
  let same = 0;
  while (same < line.length && line[same] === candidate[same]) {
    same++;
  }
  return same === line.length ? same === candidate.length : same > 0 && line.charCodeAt(same) > LAST_ASCII;
}

/**
 * A comment to put behind these lines: it is in none of them, so that a text that ends with it is whole.
 *
 * @param lines may hold several lines each
 */
export function lastLine(lines: string[]): string {
  let line = '# end of the script';
  while (lines.some((other) => other.includes(line))) {
    line = `#${line}`;
  }
  return line;
}

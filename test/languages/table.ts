import { Artifact } from './artifacts';

/** What became of the example of a language. */
export interface Verdict {
  templateEqual: boolean;
  localRun: boolean;
}

const HEAD = ['Artifact', 'Size', 'Files', 'Language', 'Template equal', 'Local run'];

/**
 * The table of docs/languages.md.
 *
 * @param verdicts by language; one that is missing was not tried
 */
export function table(artifacts: Artifact[], verdicts: Map<string, Verdict>): string {
  const answer = (ok: boolean | undefined) => ok === undefined ? 'not tried' : ok ? 'yes' : 'no';
  const rows = artifacts.map(({ title, size, files, language, installed }) => {
    const verdict = installed ? verdicts.get(language) : undefined;
    return [title, `${(size / 1e6).toFixed(1)} MB`, `${files.size}`, language, answer(verdict?.templateEqual), answer(verdict?.localRun)];
  });
  const line = (cells: string[]) => `| ${cells.join(' | ')} |\n`;
  return `${line(HEAD)}|${'---|'.repeat(HEAD.length)}\n${rows.map(line).join('')}`;
}

export interface Row {
  /** Everything but the numbers. */
  readonly text: string;
  readonly size: number;
  readonly files: number;
}

/** Reads the rows of that table wherever it is in a text. */
export function rowsOf(text: string): Row[] {
  return [...text.matchAll(/^\| ([^|]+) \| ([\d.]+) MB \| (\d+) \| (.+) \|$/gm)]
    .map(([, title, size, files, rest]) => ({ text: `${title} | ${rest}`, size: Number(size), files: Number(files) }));
}

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export const ROOT = join(__dirname, '../..');

/** What stands between two fences. */
export interface Block {
  readonly page: string;
  /** The line of the opening fence. */
  readonly line: number;
  /** What stands behind the opening fence, such as `ts nofixture`. */
  readonly info: string;
  readonly code: string;
}

/** A page of Markdown. */
export interface Page {
  /** From the root of the repository, such as `docs/guide/when.md`. */
  readonly path: string;
  readonly text: string;
  /** The text without what stands between fences. */
  readonly prose: string;
  readonly blocks: readonly Block[];
  readonly headings: readonly { readonly level: number; readonly title: string; readonly anchor: string }[];
}

const FENCED = /^( *)```(.*)\n([^]*?)^\1```$/gm;

/** What a reader finds in the repository: the README, what stands beside it, and all of docs/. */
export function pages(): Page[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md')).sort();
  return ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...docs.map((file) => posix.join('docs', file))].map(pageAt);
}

/** @param path from the root of the repository */
export function pageAt(path: string): Page {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const prose = text.replace(FENCED, '');
  return {
    path,
    text,
    prose,
    blocks: [...text.matchAll(FENCED)].map(({ index, 1: indent, 2: info, 3: code }) => ({
      page: path, line: text.slice(0, index).split('\n').length, info, code: code.replace(new RegExp(`^${indent}`, 'gm'), ''),
    })),
    headings: headingsOf(prose),
  };
}

/** With anchors as GitHub makes them. */
function headingsOf(prose: string): Page['headings'] {
  const seen = new Map<string, number>();
  return [...prose.matchAll(/^(#{1,6}) (.*)$/gm)].map(([, marks, title]) => {
    const anchor = title.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return { level: marks.length, title, anchor: before > 0 ? `${anchor}-${before}` : anchor };
  });
}

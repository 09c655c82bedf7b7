import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { pageAt, pages, ROOT } from './pages';

const all = pages();
const readme = all.find(({ path }) => path === 'README.md')!;

/** Where the links and pictures of a page lead to, from the root of the repository; `anchor` is empty without one. */
function targetsOf({ path, prose }: { path: string; prose: string }): { written: string; file: string; anchor: string }[] {
  const written = [
    ...[...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target),
    ...[...prose.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g)].map(([, target]) => target),
  ];
  return written.filter((target) => !/^(https?|mailto):/.test(target)).map((target) => {
    const [file, anchor = ''] = target.split('#');
    return { written: target, file: file ? posix.join(posix.dirname(path), file) : path, anchor };
  });
}

test.each(all.map((page) => [page.path, page] as const))('%s: its links lead to files and headings', (_, page) => {
  const broken = targetsOf(page).filter(({ file, anchor }) =>
    !existsSync(join(ROOT, file)) || anchor && !pageAt(file).headings.some((heading) => heading.anchor === anchor));
  expect(broken.map(({ written }) => written)).toEqual([]);
});

test('links are read as they are meant', () => {
  expect(targetsOf({ path: 'docs/guide/when.md', prose: '[a](../limits.md#windows) [b](#c) [d](https://aws.amazon.com) <img src="../pictures/e.svg">' })).toEqual([
    { written: '../limits.md#windows', file: 'docs/limits.md', anchor: 'windows' },
    { written: '#c', file: 'docs/guide/when.md', anchor: 'c' },
    { written: '../pictures/e.svg', file: 'docs/pictures/e.svg', anchor: '' },
  ]);
  expect(all.flatMap(targetsOf).length).toBeGreaterThan(70);
});

test('the index links to every page of docs', () => {
  const index = targetsOf(pageAt('docs/README.md')).map(({ file }) => file);
  expect(all.map(({ path }) => path).filter((path) => path.startsWith('docs/') && path !== 'docs/README.md' && !index.includes(path))).toEqual([]);
});

test('every page of docs is linked from a page where a reader needs it', () => {
  const linked = all.filter(({ path }) => path !== 'docs/README.md').flatMap((page) => targetsOf(page).map(({ file }) => file).filter((file) => file !== page.path));
  expect(all.map(({ path }) => path).filter((path) => path.startsWith('docs/') && !linked.includes(path))).toEqual([]);
});

test('the contents of the README have all of its sections, in their order', () => {
  const contents = readme.prose.slice(0, readme.prose.indexOf('\n## '));
  const sections = readme.headings.filter(({ level }) => level === 2);
  expect([...contents.matchAll(/\[([^\]]*)\]\(#([^)]*)\)/g)].map(([, title, anchor]) => ({ title, anchor })))
    .toEqual(sections.map(({ title, anchor }) => ({ title, anchor })));
});

test('the README can be read in one go', () => {
  expect(readme.text.split('\n').length).toBeLessThanOrEqual(301);
});

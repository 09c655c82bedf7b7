import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const ROOT = join(__dirname, '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const guide = read('CONTRIBUTING.md');

/** What stands between backticks, in the text and in blocks, as words. */
const words = [...guide.matchAll(/```sh\n([^]*?)```|`([^`]+)`/g)].flatMap(([, block, inline]) => (block ?? inline).split(/\s+/));
const unique = (texts: string[]) => [...new Set(texts)];
const all = (text: string, pattern: RegExp) => unique([...text.matchAll(pattern)].map(([, found]) => found));

/** Whether there is such a file, where `*` stands for any name. */
function isThere(path: string): boolean {
  if (!path.includes('*')) {
    return existsSync(join(ROOT, path));
  }
  const name = new RegExp(`^${basename(path).replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  return readdirSync(join(ROOT, dirname(path))).some((file) => name.test(file));
}

const paths = unique(words.filter((word) => /^(src|test|\.ci)\/|^[A-Z]+\.md$|^\.projenrc\.ts$/.test(word)));
const tasks = all(guide, /npx projen ([a-z][a-z:-]*)/g);
const scripts = all(guide, /npm run ([a-z][a-z:-]*)/g);

test('the guide is read as it is meant', () => {
  expect(paths).toEqual(expect.arrayContaining(['.projenrc.ts', 'src/*.ts', 'test/fixtures/every-prop.ts', 'README.md']));
  expect(tasks).toEqual(expect.arrayContaining(['bundle', 'integ:update', 'test:consumer']));
  expect(scripts).toEqual(['demo', 'bench']);
});

test.each(paths)('%s is there', (path) => {
  expect(isThere(path)).toBe(true);
});

test.each(tasks)('npx projen %s is a task', (task) => {
  expect(Object.keys(JSON.parse(read('.projen/tasks.json')).tasks)).toContain(task);
});

test.each(scripts)('npm run %s is a script', (script) => {
  expect(Object.keys(JSON.parse(read('package.json')).scripts)).toContain(script);
});

test('what is broken on purpose is in the code', () => {
  const [[, before, file]] = [...guide.matchAll(/^sed -i 's\/(.*)\/.*\/' (\S+)$/gm)];
  expect(read(file).split(before)).toHaveLength(2);
});

test('the secrets are those of the workflow, but for the one that GitHub gives', () => {
  const needed = all(read('.github/workflows/release.yml'), /secrets\.([A-Z_]+)/g).filter((name) => name !== 'GITHUB_TOKEN');
  const [, told] = guide.match(/needs these secrets: ([^.]*)\./)!;
  expect(all(told, /`([A-Z_]+)`/g).sort()).toEqual(needed.sort());
});

test('the prefixes of titles are those that pull requests may have', () => {
  const [, types] = read('.github/workflows/pull-request-lint.yml').match(/types: \|-\n((?: +[a-z]+\n)+)/)!;
  const [, told] = guide.match(/Titles begin with ([^;]*);/)!;
  expect(all(told, /`([a-z]+):`/g)).toEqual(types.trim().split(/\s+/));
});

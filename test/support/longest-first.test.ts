import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

interface Test {
  readonly path: string;
}

interface Sequencer {
  readonly LONGEST: string[];
  new (): { sort(tests: object[]): Test[] };
}

const LongestFirst = jest.requireActual<Sequencer>('./longest-first');
const SUITES = resolve(__dirname, '..');

test('what takes minutes begins first, and the rest in jest\'s own order: the largest file first', () => {
  const sizes: { [name: string]: number } = { 'faults/closing': 10, 'runs/late': 20, 'faults/matrix': 30, 'runs/retry': 40 };
  const pathOf = (name: string) => join(SUITES, `${name}.test.ts`);
  const context = {
    config: { cacheDirectory: SUITES, id: 'none' },
    hasteFS: { getSize: (path: string) => sizes[Object.keys(sizes).find((name) => pathOf(name) === path)!] },
  };
  const sorted = new LongestFirst().sort(Object.keys(sizes).map((name) => ({ path: pathOf(name), context })));
  expect(sorted.map(({ path }) => path)).toEqual(['faults/matrix', 'faults/closing', 'runs/retry', 'runs/late'].map(pathOf));
});

test.each(LongestFirst.LONGEST)('%s is a suite', (name) => {
  expect(existsSync(join(SUITES, `${name}.test.ts`))).toBe(true);
});

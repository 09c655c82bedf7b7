import { pluginOutput, prefix } from '../../../src/local/ssm/truncation';

const bytes = (count: number, letter: string) => Buffer.alloc(count, letter);

test('a text shorter than the limit is left alone', () => {
  expect(prefix(bytes(23_999, 'a'))).toBe('a'.repeat(23_999));
});

test('a text at the limit is cut so that the remark fits', () => {
  const cut = prefix(bytes(24_000, 'a'));
  expect(cut).toHaveLength(24_000);
  expect(cut).toBe(`${'a'.repeat(23_980)}--output truncated--`);
});

test.each([
  ['both short', 10, 10, 44, /^o{10}\n----------ERROR-------\ne{10}$/],
  ['no stderr', 10, 0, 10, /^o{10}$/],
  ['both long', 9000, 9000, 2500, /^o+\n---Output truncated---\n----------ERROR-------\ne+\n---Error truncated----$/],
  ['long stdout', 9000, 100, 2500, /^o+\n---Output truncated---\n----------ERROR-------\ne{100}$/],
  ['long stderr', 100, 9000, 2500, /^o{100}\n----------ERROR-------\ne+\n---Error truncated----$/],
])('plugin output with %s', (_, stdout, stderr, length, pattern) => {
  const output = pluginOutput(bytes(stdout, 'o'), bytes(stderr, 'e'));
  expect(output).toMatch(pattern);
  expect(output).toHaveLength(length);
});

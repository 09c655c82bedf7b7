import { pluginOutput, prefix, textOf } from '../../../../src/local/services/ssm/output';

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

test('a text that is cut inside a character ends with as many U+FFFD as bytes are left of it', () => {
  const emoji = Buffer.concat([bytes(23_977, 'a'), Buffer.from('\u{1f600}'.repeat(10))]);
  expect(prefix(emoji)).toBe(`${'a'.repeat(23_977)}\ufffd\ufffd\ufffd--output truncated--`);
  expect(pluginOutput(Buffer.concat([bytes(2_474, 'o'), Buffer.from('\u00e4'.repeat(20))]), Buffer.alloc(0)))
    .toBe(`${'o'.repeat(2_474)}\u00e4\ufffd\n---Output truncated---`);
});

test.each([
  ['\u00e4\u20ac\u{1f600}\0a', '\u00e4\u20ac\u{1f600}\0a'],
  ['\ufffd', '\ufffd'],
  [[0xf0, 0x9f, 0x98, 0x61], '\ufffd\ufffd\ufffda'],
  [[0xc0, 0xaf], '\ufffd\ufffd'],
  [[0xed, 0xa0, 0x80], '\ufffd\ufffd\ufffd'],
  [[0x61, 0xff, 0x62], 'a\ufffdb'],
])('bytes %j are text as Go has it', (given, text) => {
  expect(textOf(Buffer.from(given as string))).toBe(text);
});

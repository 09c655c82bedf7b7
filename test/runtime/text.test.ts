import { duration, plural, quote, share, shorten, utc, wrap } from '../../src/runtime/text';

test.each([
  [0, '0 s'], [59.4, '59 s'], [60, '1 min'], [65, '1 min 05 s'], [3599.6, '1 h'], [7500, '2 h 05 min'], [86400, '1 d'],
  [97200, '1 d 03 h'], [172800, '2 d'], [-5, '0 s'],
])('%p seconds are %p', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test('one is singular, everything else is plural', () => {
  expect([0, 1, 2].map((count) => plural(count, 'instance'))).toEqual(['0 instances', '1 instance', '2 instances']);
  expect([share(1, 1), share(1, 3), share(0, 0)]).toEqual(['1 instance', '1 of 3 instances', '0 of 0 instances']);
});

test('times are told in UTC, whatever their offset', () => {
  expect(utc('2026-03-29T02:30:00+02:00')).toBe('2026-03-29 00:30:00 UTC');
  expect(utc('soon')).toBe('soon');
});

test('a quoted value is one visible line, however hostile', () => {
  expect(quote('a\nb\u001b[31m\u202e\0"')).toBe('"a\\nb\\u001b[31m\\u202e\\u0000\\""');
  expect(quote('\ud800')).toBe('"\\ud800"');
  expect(quote('x'.repeat(1000)).length).toBeLessThan(70);
  expect(quote('\u0001'.repeat(1000)).length).toBeLessThanOrEqual(240 * 6);
  expect([undefined, null, 12, true, { a: [1] }].map((value) => quote(value))).toEqual(
    ['undefined', 'null', '12', 'true', '{"a":[1]}'],
  );
});

test('shortening never leaves half of a character', () => {
  expect(shorten('ab😀cd', 4)).toBe('ab…');
  expect(shorten('abc', 3)).toBe('abc');
});

test('paragraphs are broken at blanks, long words stay whole', () => {
  expect(wrap('aaa bbb ccc', '  ', 8)).toBe('  aaa\n  bbb\n  ccc');
  expect(wrap('aaa bbb ccc', '', 8)).toBe('aaa bbb\nccc');
  expect(wrap('see https://example.com/a/very/long/path now', '', 10)).toBe('see\nhttps://example.com/a/very/long/path\nnow');
});

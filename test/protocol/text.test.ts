import { runInNewContext } from 'node:vm';
import { duration, plural, quote, share, shorten, utc, visible, visibleJson, visibleLine, wrap } from '../../src/protocol/text';
import { array, assert, constantFrom, integer, property, string, tuple } from '../support/seeded';

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
  expect(wrap('aaa   bbb   ccc', '', 8)).toBe('aaa bbb\nccc');
  expect(wrap('see https://example.com/a/very/long/path now', '', 10)).toBe('see\nhttps://example.com/a/very/long/path\nnow');
});

describe('what others have written', () => {
  /** What must never reach a person: C0 and C1 but tab and line feed, and whatever is not seen or changes what is. */
  const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]|[\uffff\ufffe]|\p{Surrogate}/u;

  test('loses colours, titles, links and control characters; tabs and line ends stay', () => {
    expect(visible('\u001b[1;31mred\u001b[0m\ta\r\nb\u0007\u001b]0;title\u0007\u001b(Bc\u009b2Kd\u0000')).toBe('red\ta\nbcd');
    expect(visible('\u001b]8;;https://example.com\u001b\\link\u001b]8;;\u001b\\ \u001b7\u001b[2 qx\u001b[?25l')).toBe('link x');
  });

  test.each([
    ['an unfinished title', '\u001b]0;indexing\nORA-00600: internal error\n', 'ORA-00600: internal error'],
    ['one that ends lines later', '\u001b]0;indexing\nORA-00600: internal error\u0007\n', 'ORA-00600: internal error'],
    ['one that ends its own line', 'x\u001b]ORA-00600: internal error', 'ORA-00600: internal error'],
    ['one of 8 bits', '\u009d0;x\nORA-00600: internal error\u009c', 'ORA-00600: internal error'],
    ['a device control string', '\u001bPq\nORA-00600: internal error\u001b\\', 'ORA-00600: internal error'],
    ['a private message', '\u001b^ORA-00600: internal error\u001b\\', 'ORA-00600: internal error'],
    ['an application command', '\u001b_ORA-00600: internal error\u001b\\', 'ORA-00600: internal error'],
    ['an unfinished colour', '\u001b[31\nORA-00600: internal error', 'ORA-00600: internal error'],
    ['an unfinished colour before it', '\u001b[31ORA-00600: internal error', 'ORA-00600: internal error'],
    ['an escape alone', '\u001bORA-00600: internal error', 'ORA-00600: internal error'],
    ['concealing', '\u001b[8mORA-00600: internal error\u001b[0m', 'ORA-00600: internal error'],
    ['a carriage return', 'ORA-00600: internal error\rall is well             ', 'ORA-00600: internal error'],
    ['backspaces', `ORA-00600: internal error${'\b'.repeat(25)}all is well`, 'ORA-00600: internal error'],
    ['erasing the line', 'ORA-00600: internal error\u001b[2K\u001b[1G', 'ORA-00600: internal error'],
    ['a line separator', 'all is well\u2028ORA-00600: internal error', '\nORA-00600: internal error'],
    ['a form feed', 'all is well\fORA-00600: internal error', '\nORA-00600: internal error'],
    ['next line', 'all is well\u0085ORA-00600: internal error', '\nORA-00600: internal error'],
  ])('%s hides nothing', (_, text, expected) => {
    expect(visible(text)).toContain(expected);
    expect(visible(text)).not.toMatch(HIDDEN);
  });

  test.each([
    'Größe\tétat ñ', '索引が完了しました', 'الفهرسة انتهت', 'ההרצה נכשלה', 'готово', '✅ done 🚀 👍', '┌─┐ │ └─┘ █▒', '1\u00a0000 €',
  ])('%s stays as it is', (text) => {
    expect(visible(text)).toBe(text);
    expect(visibleLine(`${text}\n`)).toBe(text.replace('\t', ' '));
  });

  test.each([
    '\r', '\r\u200b', '\u001b]0;', '\u009d0;', '\u001b[', '\u009b1;', ' ', '\n', '\t', '\u001b', '\ud800', '9', '\u001b]9', '\u0085 ', '\u00a0',
  ])('as much of it as a log holds: %j', (piece) => {
    const text = `${piece.repeat(2_000_000)}ORA-00600`;
    // What takes the square of that takes hours.
    const shown = runInNewContext('[visible(text), visibleLine(text)]', { visible, visibleLine, text }, { timeout: 60_000 }) as string[];
    expect(shown.every((one) => one.endsWith('ORA-00600'))).toBe(true);
  }, 120_000);

  test('one line has its blanks, as a value that is quoted', () => {
    expect(visibleLine('  got "a   b" \r\n\n  and\tmore\u2028')).toBe('got "a   b" and more');
  });

  test('an emoji of several becomes several, and text is put back in its logical order', () => {
    expect(visible('👩\u200d💻 ❤\ufe0f')).toBe('👩💻 ❤');
    expect(visible('\u202egpj.exe\ud800')).toBe('gpj.exe');
    expect(visible(`a${'\u{e0041}\u{e0042}'}b\u061cc\u200bd\ufeff`)).toBe('abcd');
  });

  const readable = string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .map((text) => text.replace(/[^\p{L}\p{N}\p{P}\p{S}\p{Emoji_Presentation} ]/gu, 'x').replace(new RegExp(HIDDEN, 'gu'), 'x'));
  const whole = constantFrom('\u001b[31m', '\u001b[0m', '\u009b2K', '\u001b[2J', '\u001b]0;title\u0007', '\u001b]8;;u\u001b\\', '\u001b(B', '\u0000', '\b', '\u200b', '\u202e', '\ufeff', '\ud800', '\u{e0041}', '\u061c');
  const unfinished = constantFrom('', '\u001b', '\u001b[', '\u001b[38;5', '\u009b1;', '\u001b]', '\u001b]0;', '\u009d', '\u001bP', '\u001b_', '\u001bX', '\u0090', '\udc00');

  test('every line that can be read survives, whatever stands in between', () => {
    const line = tuple(whole, readable, whole, unfinished);
    assert(property(array(line, { minLength: 1, maxLength: 8 }), constantFrom('\n', '\r\n', '\r', '\u2028', '\u0085', '\v'), (lines, end) => {
      const shown = visible(lines.map((parts) => parts.join('')).join(end)).split('\n');
      expect(shown).toHaveLength(lines.length);
      lines.forEach(([, text], i) => expect(shown[i]).toContain(text));
    }), { numRuns: 500 });
  });

  test('nothing hidden passes, once is enough, and one line is one line', () => {
    const piece = tuple(whole, unfinished, string({ unit: 'binary', maxLength: 20 }), integer({ min: 0, max: 0x2fff }).map((code) => String.fromCharCode(code)));
    assert(property(array(piece, { maxLength: 20 }), (pieces) => {
      const text = pieces.flat().join('');
      expect(visible(text)).not.toMatch(HIDDEN);
      expect(visible(visible(text))).toBe(visible(text));
      expect(visibleLine(text)).not.toMatch(/[\t\n]|^\s|\s$/);
      expect(visibleLine(visibleLine(text))).toBe(visibleLine(text));
      const json = visibleJson(JSON.stringify({ text }));
      expect(json).not.toMatch(HIDDEN);
      expect(JSON.parse(json)).toEqual({ text });
    }), { numRuns: 500 });
  });
});

import { generate } from './fuzz';
import { Arbitrary, array, constantFrom, oneof, string } from '../support/seeded';

/** What means something to a shell, to SSM, to printf, to an option parser, or to the launcher itself. None of it does harm. */
const FRAGMENTS = [
  '\'', '"', '\\', '`', '$', '$$', '${', '}', '$(', ')', '$(touch owned)', '`touch owned`', '; touch owned;', '| touch owned', '& touch owned &',
  '> owned', '< /etc/passwd', '>>owned', '\ntouch owned\n', '$HOME', '${HOME}', '$0', '$@', '$?', '$((1+1))', '$\'\\n\'', '<(ls)', '!!', '!-1', '#',
  '*', '?', '[a-z]', '/etc/*', '~', '~root', '{a,b}', '=', ',', ';', '&&', '||', '%', '%s', '%n%d', '%%', '\\0', '\\n', '\\c', '\\x41', '\\101',
  '{{', '}}', '{{{', '{~{', '{{ssm:x}}', '{{ ssm:/a/b }}', '{{ssm-secure:x}}', '{{ RunId }}', '{{Variables}}', '{{ global:DATE }}', '-', '-n',
  '-e', '--', '--help', '-rf', 'END_OF_PROGRAM', 'END_OF_SCRIPT', 'not_started', 'start "$@"', 'IFS=', 'LC_ALL=C', 'COTS_BATCH_JOB_SCRIPT',
  'A=1', 'export A=1', 'eval', '\n', '\r', '\r\n', '\t', ' ', '\v', '\f', '\b', '\x07', '\x1b[31m', '\x7f', '\x01', 'a', 'Z', '0', 'YQ==', '==', '+/',
];

/** Unicode's odd places: what is invisible, combines, reorders, looks like a quote, or is next to a gap. */
const CHARACTERS = [
  '\u0080', '\u0085', '\u00a0', '\u00ad', '\u00ff', '\u0100', '\u0130', '\u0131', '\u017f', '\u0300', '\u0301\u0301\u0301', '\u034f', '\u061c',
  '\u07ff', '\u0800', '\u115f', '\u1160', '\u180e', '\u200b', '\u200d', '\u200e', '\u200f', '\u2018', '\u2019', '\u201a', '\u201b', '\u201c', '\u2028',
  '\u2029', '\u202a', '\u202e', '\u2060', '\u2066', '\u2069', '\u212a', '\u3000', '\u3164', '\ud7ff', '\ue000', '\uf8ff', '\ufdd0', '\ufe0f', '\ufeff',
  '\uff07', '\uff5b\uff5b', '\uffa0', '\ufff9', '\ufffd', '\ufffe', '\uffff', '\u{10000}', '\u{1d173}', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}',
  '\u{1f1ee}\u{1f1f9}', '\u{1fffe}', '\u{e0001}', '\u{e007f}', '\u{e0100}', '\u{f0000}', '\u{10fffd}', '\u{10ffff}', 'e\u0301', '\u00e9', '\u1100\u1161',
  '\uac00', '東京', 'Zürich', 'ß', 'İ',
];

/** Bytes of other encodings, as the UTF-8 that somebody has made of them. In Shift JIS the second byte of ソ is a backslash. */
const OTHER_ENCODINGS = ['\u0083\\', '\u0083{\u0083{', '\u0095\\\u0081', 'Ã¤', '\u00c3(', 'ソ', '表', '能', '\u001b$B', '+ADw-script+AD4-'];

/** What makes a value impossible in an environment variable: NUL, and halves of a surrogate pair. */
export const IMPOSSIBLE = ['\0', '\ud800', '\udbff', '\udc00', '\udfff', '\udc00\ud800', '\ud83d', '\ude00'];

/** Picked by hand: every fragment by itself, at the beginning, at the end, twice; and lengths around those of base64. */
export const HAND_PICKED: readonly string[] = [
  '', ' ', '\n', '\n\n\n', '\r\n', 'a\n', 'a\n\n', '\na', 'first\nsecond\r\n\tthird', '.', '..', '/', '../../etc', 'true', 'null', '{}', '[]', '0', '-0', '1e9',
  ...[...FRAGMENTS, ...CHARACTERS, ...OTHER_ENCODINGS].flatMap((part) => [part, `${part}x`, `x${part}`, `${part}${part}`, `x\n${part}\n`]),
  ...Array.from({ length: 16 }, (_, length) => 'abcdefghijklmnop'.slice(0, length)),
  ...Array.from({ length: 127 }, (_, code) => String.fromCharCode(code + 1)),
  ...['y', '\n', ' ', '\'', '\\', 'ä', '💶', '{'].map((character) => character.repeat(2_000)),
];

const parts = (...lists: string[][]) => constantFrom(...lists.flat());

/** Values that may be impossible, rarely. */
export const VALUE: Arbitrary<string> = oneof(
  { weight: 6, arbitrary: array(parts(FRAGMENTS), { maxLength: 8 }).map((list) => list.join('')) },
  { weight: 3, arbitrary: array(parts(FRAGMENTS, CHARACTERS, OTHER_ENCODINGS), { maxLength: 10 }).map((list) => list.join('')) },
  { weight: 3, arbitrary: string({ unit: 'binary', maxLength: 30 }) },
  { weight: 2, arbitrary: string({ unit: 'grapheme', maxLength: 20 }) },
  { weight: 2, arbitrary: string({ unit: 'binary-ascii', maxLength: 40 }) },
  { weight: 1, arbitrary: array(parts(FRAGMENTS, IMPOSSIBLE), { maxLength: 12 }).map((list) => list.join('')) },
);

/** Hand-picked and generated. */
export function allValues(count: number): string[] {
  return [...HAND_PICKED, ...generate(VALUE, count)];
}

/** Whether an environment variable of UTF-8 can hold the value: asked of the bytes, as the product does not. */
export function isPossible(value: string): boolean {
  const bytes = Buffer.from(value, 'utf8');
  return !bytes.includes(0) && bytes.toString('utf8') === value;
}

/** Every character that Unicode has room for, in texts that fit into one parameter. */
export function allOfUnicode(): string[] {
  const texts: string[] = [];
  let text = '';
  let bytes = 0;
  for (let code = 1; code <= 0x10ffff; code++) {
    const character = code >= 0xd800 && code <= 0xdfff ? '' : String.fromCodePoint(code);
    text += character;
    bytes += Buffer.byteLength(character);
    if (bytes > 20_000 || code === 0x10ffff) {
      texts.push(text);
      text = '';
      bytes = 0;
    }
  }
  return texts;
}

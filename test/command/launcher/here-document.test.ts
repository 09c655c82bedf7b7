import { delimiter, lastLine } from '../../../src/command/launcher/here-document';

test.each([
  ['nothing in the way', ['echo a', 'END_', 'X_END', 'ENDX', ' END'], 'END'],
  ['a line that would end it', ['END'], '_END'],
  ['a line of several that would end it', ['a\nEND\nb', '_END'], 'AEND'],
  ['a beginning of it before a character that is not ASCII', ['ENé'], '_END'],
  ['all of it before such a character', ['END東'], '_END'],
  ['the same of the next one', ['Eß', '_é'], 'AEND'],
  ['a beginning of it before a line feed, or ASCII', ['EN', 'E\r', 'E\x7f'], 'END'],
  ['such a character elsewhere', ['éEND', 'a Eé', 'xEND é'], 'END'],
  ['no lines', [], 'END'],
])('%s', (_what, lines, expected) => {
  expect(delimiter('END', lines)).toBe(expected);
});

test('where every one would be disturbed, it says so', () => {
  const lines = Array.from({ length: 95 }, (_, n) => `${String.fromCharCode(32 + n)}é`);
  expect(() => delimiter('END', lines)).toThrow('the script of a command must leave a delimiter for a here-document, got lines that begin like each of END, _END');
});

test.each([
  ['echo a', '# end of the script'],
  ['echo a # end of the script, or not', '## end of the script'],
  ['a\n## end of the script\nb', '### end of the script'],
])('a last line behind %j', (text, expected) => {
  expect(lastLine(['echo', text])).toBe(expected);
});

import { BETWEEN_BRACES, separate } from '../../../src/command/launcher/double-braces';
import * as fc from '../../support/seeded';

const texts = fc.array(fc.constantFrom('{', '{', '~', '}', 'a', '\n')).map((characters) => characters.join(''));

/** What sed does on the instance. */
function restore(text: string, tildes: string): string {
  const restored = text.replace(new RegExp(`({)${tildes}({)`, 'g'), '$1$2');
  return restored === text || tildes === '' ? text : restore(restored, tildes);
}

test('no text keeps two braces together, and every text can be restored', () => {
  fc.assert(fc.property(texts, (original) => {
    const { text, tildes } = separate(original, BETWEEN_BRACES);
    expect(text).not.toContain('{{');
    expect(restore(text, tildes)).toBe(original);
  }), { numRuns: 2000 });
});

test.each([
  ['echo ~ {~{', 'echo ~ {~{', ''],
  ['{{.Names}}', '{~{.Names}}', '~'],
  ['{{{', '{~{~{', '~'],
  ['{~{ {{ {~~{', '{~{ {~~~{ {~~{', '~~~'],
])('%s', (original, text, tildes) => {
  expect(separate(original, BETWEEN_BRACES)).toEqual({ text, tildes });
});

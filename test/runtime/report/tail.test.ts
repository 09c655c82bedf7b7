import { MAX_CHARACTERS, MAX_LINES, tail } from '../../../src/runtime/report/output';
import { property, assert, string } from '../../support/seeded';

test('the last lines are kept, trailing blank ones are not', () => {
  const lines = Array.from({ length: 50 }, (_, i) => `line ${i + 1}`);
  expect(tail(`${lines.join('\n')}\n\n\n`)).toBe(lines.slice(30).join('\n'));
  expect(tail('')).toBe('');
  expect(tail('\n \n')).toBe('');
});

test('a cut falls on the start of a line where one fits', () => {
  const text = tail(`${'x'.repeat(1500)}\n${'y'.repeat(1500)}\nend`);
  expect(text).toBe(`${'y'.repeat(1500)}\nend`);
  expect(tail('z'.repeat(5000))).toBe('z'.repeat(MAX_CHARACTERS));
});

test('a line that fits exactly is not dropped', () => {
  const last = 'y'.repeat(MAX_CHARACTERS);
  expect(tail(`first\n${last}`)).toBe(last);
});

test('a note comes first and counts', () => {
  const text = tail(Array.from({ length: 50 }, (_, i) => `line ${i}`).join('\n'), '[cut]');
  expect(text.split('\n')[0]).toBe('[cut]');
  expect(text.split('\n')).toHaveLength(MAX_LINES);
});

test('every tail is within its limits, and is text', () => {
  assert(property(string({ unit: 'binary', maxLength: 9000 }), (output) => {
    const text = tail(output + output, '[note]');
    expect(text.length).toBeLessThanOrEqual(MAX_CHARACTERS);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4000);
    expect(text.split('\n').length).toBeLessThanOrEqual(MAX_LINES);
    expect(text).not.toMatch(/(?![\n\t])\p{Cc}|\p{Surrogate}/u);
  }), { numRuns: 300 });
});

test('characters of several bytes count as such', () => {
  expect(Buffer.byteLength(tail('界'.repeat(5000)))).toBeLessThanOrEqual(4000);
  expect(tail('😀'.repeat(5000))).toBe('😀'.repeat(1000));
});

import { DocumentParameter } from '../../../../src/local/services/ssm/document';
import { resolveParameters, substitute } from '../../../../src/local/services/ssm/parameters';

const resolve = (parameter: DocumentParameter, ...values: string[]) =>
  resolveParameters({ schemaVersion: '2.2', parameters: { p: parameter }, steps: [] }, values.length ? { p: values } : {}).p;

test('a value that was not given is the default', () => {
  expect(resolve({ type: 'String', default: 'x' })).toBe('x');
});

test.each<[string, DocumentParameter, string[], string]>([
  ['missing', { type: 'String' }, [], 'parameter p is required'],
  ['several values', { type: 'String' }, ['a', 'b'], 'parameter p of type String must have exactly one value, got: 2'],
  ['pattern', { type: 'String', allowedPattern: '^(a|b)$' }, ['ab'], 'parameter p must match the pattern ^(a|b)$, got: ab'],
  ['newline', { type: 'String', allowedPattern: '^a$' }, ['a\n'], 'parameter p must match the pattern ^a$, got: a\n'],
  ['values', { type: 'String', allowedValues: ['a', 'b'] }, ['c'], 'parameter p must be one of a, b, got: c'],
  ['length', { type: 'String', maxChars: 2 }, ['abc'], 'parameter p must have 0 to 2 characters, got: 3'],
  ['items', { type: 'StringList', maxItems: 1 }, ['a', 'b'], 'parameter p must have 0 to 1 items, got: 2'],
  ['map', { type: 'StringMap' }, ['{'], 'parameter p of type StringMap must be JSON, got: {'],
])('refused: %s', (_, parameter, values, message) => {
  expect(() => resolve(parameter, ...values)).toThrow(expect.objectContaining({ code: 'InvalidParameters', message }));
});

test.each([['a|b', 'xay'], ['(?i)^ab$', 'AB'], ['^$', ''], ['^\\S+\\z', 'a\u00a0b']])('a pattern is one of RE2, and found anywhere: %s in %j', (allowedPattern, value) => {
  expect(resolve({ type: 'String', allowedPattern }, value)).toBe(value);
});

test.each(['(a+)+$', '^([a-z]|[a-z]*)*$'])('a pattern takes linear time: %s', (allowedPattern) => {
  expect(() => resolve({ type: 'String', allowedPattern }, `${'a'.repeat(10_000)}!`)).toThrow('must match the pattern');
});

test('unknown parameters are refused', () => {
  expect(() => resolveParameters({ schemaVersion: '2.2', parameters: {}, steps: [] }, { toString: ['x'] }))
    .toThrow('parameter toString is not defined in the document');
});

test('a whole string becomes the value, of any type', () => {
  expect(substitute({ runCommand: '{{ commands }}' }, { commands: ['a', 'b'] })).toEqual({ runCommand: ['a', 'b'] });
});

test('within a string a list becomes JSON, and what is no parameter stays', () => {
  expect(substitute(['echo {{a}} {{ list }} {{ other }} {{ a.b }}'], { a: '1', list: ['x'] }))
    .toEqual(['echo 1 ["x"] {{ other }} {{ a.b }}']);
});

test('values are not looked at again, and patterns of replacement mean nothing in them', () => {
  expect(substitute('<{{ a }}>', { a: '{{ b }}$&$1', b: 'secret' })).toBe('<{{ b }}$&$1>');
});

test('the agent halves doubled dollars within a string', () => {
  expect(substitute('<{{ a }}>', { a: '$$' })).toBe('<$>');
});

import { job } from './samples';
import { encodeVariables, MAX_PARAMETERS_LENGTH, readInput } from '../../src/runtime/parameters';
import { ParameterSettings, VARIABLES_PATTERN } from '../../src/runtime/protocol';

const VENDOR = { name: 'Vendor-Doc', own: false, parameters: {} };

function problems(parameters: { [name: string]: ParameterSettings }, input: unknown, overrides = {}): string[] {
  return readInput(job({ parameters, ...overrides }), input).problems;
}

const REQUIRED_CONSTRUCTOR = Object.fromEntries([['constructor', { type: 'String' }]]) as { [name: string]: ParameterSettings };
const TEXT: ParameterSettings = { type: 'String', default: '' };

test('values and defaults, in the order of the job', () => {
  const { values, pollIntervalSeconds, problems: none } = readInput(
    job({ parameters: { A: { type: 'String', default: 'a' }, B: TEXT, C: { type: 'Number' } } }),
    { parameters: { C: '-1.50', B: '' }, detail: 'of some event' },
  );
  expect([...values]).toEqual([['A', 'a'], ['B', ''], ['C', '-1.50']]);
  expect([pollIntervalSeconds, none]).toEqual([300, []]);
});

test.each([[{}], [null], [undefined], [{ parameters: {} }]])('%p means defaults', (input) => {
  expect(problems({ A: TEXT }, input)).toEqual([]);
});

test.each([
  [[1], 'the input must be a JSON object, got [1]'],
  ['KEYWORDS=x', 'the input must be a JSON object, got "KEYWORDS=x"'],
  [{ parameters: ['x'] }, 'parameters must be an object of names and values, got ["x"]'],
  [{ parameters: 'A=b' }, 'parameters must be an object of names and values, got "A=b"'],
  [{ parameters: null }, 'parameters must be an object of names and values, got null'],
  [{ scheduledTime: 5 }, 'scheduledTime must be a time as text, such as "2026-01-31T02:00:00Z", got 5'],
  [{ scheduledTime: '' }, 'scheduledTime must be a time as text, such as "2026-01-31T02:00:00Z", got ""'],
  ...[0, 1.5, 86401, '60', null, true, -1].map((value): [unknown, string] => [
    { pollIntervalSeconds: value },
    `pollIntervalSeconds must be a whole number from 1 to 86400, got ${JSON.stringify(value)}`,
  ]),
])('input %j is refused', (input, problem) => {
  expect(problems({ A: TEXT }, input)).toEqual([problem]);
});

test('the poll interval and the scheduled time are taken', () => {
  expect(readInput(job(), { pollIntervalSeconds: 86400, scheduledTime: 't' })).toMatchObject({
    pollIntervalSeconds: 86400,
    scheduledTime: 't',
  });
});

test.each<[string, ParameterSettings, unknown, string]>([
  ['a number', TEXT, 5, 'must be a string, got 5'],
  ['a boolean', { type: 'Boolean' }, true, 'must be a string, got true'],
  ['null', TEXT, null, 'must be a string, got null'],
  ['a list', TEXT, ['a'], 'must be a string, got ["a"]'],
  ['NUL', TEXT, 'a\0', 'must have no NUL character, which an environment variable cannot hold, got "a\\u0000"'],
  ['half a character', TEXT, '\udc00', 'must be well-formed Unicode, got "\\udc00"'],
  ['no number', { type: 'Number' }, '1e3', 'must be a decimal number, got "1e3"'],
  ['a number and a line end', { type: 'Number' }, '1\n', 'must be a decimal number, got "1\\n"'],
  ['no boolean', { type: 'Boolean' }, 'True', 'must be "true" or "false", got "True"'],
  ['another value', { type: 'String', allowedValues: ['a', 'b'] }, 'c', 'must be one of ["a","b"], got "c"'],
  ['part of a match', { type: 'String', pattern: 'a|b' }, 'ab', 'must match "a|b" as a whole, got "ab"'],
  ['a line after a match', { type: 'String', pattern: '[a-z]+' }, 'a\n', 'must match "[a-z]+" as a whole, got "a\\n"'],
  ['a pattern that leaves its group', { type: 'String', pattern: 'a)|(b' }, 'axx', 'must match "a)|(b" as a whole, got "axx"'],
  ['a pattern that is none', { type: 'String', pattern: '(' }, 'a', 'must match "(" as a whole, got "a"'],
])('%s is refused', (_, settings, value, problem) => {
  expect(problems({ P: settings }, { parameters: { P: value } })).toEqual([`parameter P ${problem}`]);
});

test('a pattern that only compiles without Unicode is used, and Unicode counts characters where it does', () => {
  expect(problems({ P: { type: 'String', pattern: '[\\w-.]+' } }, { parameters: { P: 'a-b.c' } })).toEqual([]);
  expect(problems({ P: { type: 'String', pattern: '.' } }, { parameters: { P: '😀' } })).toEqual([]);
});

test('a missing required one, an unknown one and a bad one are all told', () => {
  expect(problems({ A: { type: 'String' }, B: { type: 'Number' } }, { parameters: { B: 'x', KEYWORD: 'y' } })).toEqual([
    'parameter "KEYWORD" is unknown, the job has A, B',
    'parameter A is required, got no value',
    'parameter B must be a decimal number, got "x"',
  ]);
});

test('names that every object has are parameters like others', () => {
  const hostile = JSON.parse('{"parameters":{"__proto__":"x","constructor":"y","toString":"z"}}');
  expect(problems({}, hostile)).toEqual(['__proto__', 'constructor', 'toString'].map(
    (name) => `parameter "${name}" is unknown, the job has none`,
  ));
  expect(problems(REQUIRED_CONSTRUCTOR, { parameters: {} })).toEqual(['parameter constructor is required, got no value']);
  expect(Object.prototype).not.toHaveProperty('x');
});

test('SSM would replace {{ }} in the parameters of another document, but never sees those of the job\'s own', () => {
  const input = { parameters: { P: 'x{{ssm:secret}}' } };
  expect(problems({ P: TEXT }, input, { document: VENDOR })).toEqual([
    'parameter P must not contain "{{", which SSM would replace, got "x{{ssm:secret}}"',
  ]);
  expect(problems({ P: TEXT }, input)).toEqual([]);
});

test('the agent would shorten $$ in the parameters of another document', () => {
  const input = { parameters: { P: 'US$$' } };
  expect(problems({ P: TEXT }, input, { document: VENDOR })).toEqual([
    'parameter P must not contain "$$", which the SSM agent makes "$", got "US$$"',
  ]);
  expect(problems({ P: TEXT }, input)).toEqual([]);
});

test('a default may hold {{ }}: it is the developer\'s', () => {
  expect(problems({ P: { type: 'String', default: '{{ssm:/x}}' } }, {}, { document: VENDOR })).toEqual([]);
});

test('all values together have a limit, as they travel', () => {
  const fits = Math.floor((MAX_PARAMETERS_LENGTH - 'P=,'.length) / 4) * 3;
  const size = (length: number) => problems({ A: TEXT, P: TEXT }, { parameters: { P: 'x'.repeat(length) } });
  expect(size(fits - 3)).toEqual([]);
  expect(size(fits + 3)).toEqual([expect.stringMatching(new RegExp(
    '^parameter P is too large: all parameters together may take 32000 characters in base64, they take 3\\d+, got "x+…"$',
  ))]);
  expect(problems({ P: TEXT }, { parameters: { P: '界'.repeat(11_000) } }, { document: VENDOR })).toHaveLength(1);
});

test('variables travel in base64, as the document wants them', () => {
  const values = new Map([['A', '$(reboot) {{ssm:x}}\n'], ['B_2', ''], ['C', '日本😀']]);
  const encoded = encodeVariables(values);
  expect(encoded).toMatch(new RegExp(VARIABLES_PATTERN));
  const decoded = encoded.split(',').map((entry) => /^([^=]*)=(.*)$/.exec(entry)!.slice(1))
    .map(([name, value]) => [name, Buffer.from(value, 'base64').toString()]);
  expect(decoded).toEqual([...values]);
  expect(encodeVariables(new Map())).toBe('');
});

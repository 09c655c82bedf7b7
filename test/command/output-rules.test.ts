import { spawnSync } from 'node:child_process';
import { Fn, Lazy } from 'aws-cdk-lib';
import { BatchCommand, ShellCommandOptions } from '../../src';
import { findOrInstall } from '../support/shells';
import { synth } from '../support/synth';

const DIALECT = 'must have extended regular expressions (POSIX): ';
const ESCAPES = `${DIALECT}a backslash must stand before one of ^.[$()|*+?{\\]}/- ([0-9] is for \\d, [[:space:]] for \\s, [[:alnum:]_] for \\w)`;
const EMPTY_LINE = `${DIALECT}an empty line must not match, or every output has a line that does`;
const BRANCH = `${DIALECT}there must be something before, between and after each | and within each ( )`;
const NOTHING_BEFORE = (character: string) => `${DIALECT}${character} repeats what stands before it, and there is nothing; for the character, write \\${character}`;
const REPETITION = `${DIALECT}a repetition must be {m}, {m,} or {m,n} with m and n from 0 to 255, and m no larger than n`;
const AGAIN = `${DIALECT}what is repeated cannot be repeated again, nor lazily (*?)`;
const BRACKET = `${DIALECT}a bracket is not closed, or has nothing in it; for the character, write \\[`;
const IN_BRACKETS = `${DIALECT}brackets must have ASCII characters only, and no backslash, which stands for itself there: write (a|b)`;
const CLASS = `${DIALECT}within brackets, [ must not stand before :, . or =, but for [:alnum:] [:alpha:] [:blank:] [:cntrl:] [:digit:] [:graph:] `
  + '[:lower:] [:print:] [:punct:] [:space:] [:upper:] [:xdigit:]';

/** Rules with a line that matches, and one that does not. */
const RULES: [string, string, string][] = [
  ['^ORA-[0-9]{5}', 'ORA-00942: no', 'x ORA-00942'],
  ['FATAL|PANIC', 'a PANIC', 'a panic'],
  ['(^| )[Ee]rror( |$)', 'an error', 'errors'],
  ['rc=[^0]', 'rc=8', 'rc=0'],
  ['^[[:space:]]+at [[:alnum:]_.]+\\(', '\tat a.B_c(', 'at x'],
  ['a{2,3}b{1}c{1,}', 'aabcc', 'abc'],
  ['\\^\\.\\[\\$\\(\\)\\|\\*\\+\\?\\{\\\\\\]\\}\\/\\-', '^.[$()|*+?{\\]}/-', 'x'],
  ['[]x]y', ']y', 'y'],
  ['[^]x]y', 'ay', ']y'],
  ['[a-]z[--9]', '-z.', 'bz.'],
  ['(a|b*)c', 'bbc', 'b'],
  ['ungültig.', 'ungültig!', 'ungultig!'],
  ['(ä|ö)+x', 'äöx', 'x'],
  ['it\'s \\{ }', 'it\'s { }', 'it\'s'],
  ['x$', 'yx', 'xy'],
];

const refused: [string, unknown, string][] = [
  ['none', [], 'must be a list of 1 to 10 regular expressions, got []'],
  ['no list', 'x', 'must be a list of 1 to 10 regular expressions, got "x"'],
  ['too many', Array(11).fill('x'), 'must be a list of 1 to 10 regular expressions, got ["x","x","x","x","x","x","x","x","x","x","x"]'],
  ['a number', [1], 'must have strings only, got 1'],
  ['a list that is a token', Fn.split(',', Lazy.string({ produce: () => 'a' })), 'must be a list that is known at synth; what is in it may be tokens, got a token'],
  ['one that is too long', ['x'.repeat(257)], `must have expressions of at most 256 characters (one has 257), got "${'x'.repeat(116)}...`],
  ['two lines', ['a\nb'], 'must have expressions of one line of well-formed Unicode, without a NUL character, got "a\\nb"'],
  ['a NUL', ['a\0'], 'must have expressions of one line of well-formed Unicode, without a NUL character, got "a\\u0000"'],
  ['half of a character', ['a\ud83d'], 'must have expressions of one line of well-formed Unicode, without a NUL character, got "a\\ud83d"'],
  ...Object.entries({
    '': BRANCH,
    'a|': BRANCH,
    '|a': BRANCH,
    'a||b': BRANCH,
    '()': BRANCH,
    '(a|)': BRANCH,
    '^': EMPTY_LINE,
    '^$': EMPTY_LINE,
    'x*': EMPTY_LINE,
    'x?': EMPTY_LINE,
    'x{0,3}': EMPTY_LINE,
    'x{0}': EMPTY_LINE,
    'a|b*': EMPTY_LINE,
    '(a*|b)(c?)': EMPTY_LINE,
    '\\d+': ESCAPES,
    '\\s': ESCAPES,
    '\\bx': ESCAPES,
    '\\<x': ESCAPES,
    'x\\': ESCAPES,
    '\\x41': ESCAPES,
    '(a)\\1': ESCAPES,
    '*': NOTHING_BEFORE('*'),
    '+a': NOTHING_BEFORE('+'),
    '(?i)a': NOTHING_BEFORE('?'),
    'a|*': NOTHING_BEFORE('*'),
    'a{': NOTHING_BEFORE('{'),
    'a{,3}': NOTHING_BEFORE('{'),
    'a{3,2}': REPETITION,
    'a{256}': REPETITION,
    'a{1,256}': REPETITION,
    'a+?': AGAIN,
    'a**': AGAIN,
    'a{2}{3}': AGAIN,
    '(a': `${DIALECT}a parenthesis is not closed; for the character, write \\(`,
    'a)': `${DIALECT}a parenthesis is closed that was not opened; for the character, write \\)`,
    '^*a': `${DIALECT}an anchor cannot be repeated`,
    'ä+': `${DIALECT}only ASCII characters can be repeated without parentheses: others are several bytes`,
    '[a': BRACKET,
    '[]': BRACKET,
    '[^]': BRACKET,
    '[]a': BRACKET,
    'x[[:digit:]': BRACKET,
    '[\\d]': IN_BRACKETS,
    '[a\\]]': IN_BRACKETS,
    '[äö]': IN_BRACKETS,
    '[:digit:]+': `${DIALECT}a class must stand within brackets: [[:digit:]], not [:digit:]`,
    '[[:word:]]': CLASS,
    '[[.a.]]': CLASS,
    '[[=a=]]': CLASS,
    '[z-a]': `${DIALECT}a range must not run backwards, as z-a does`,
  }).map(([rule, message]): [string, unknown, string] => [JSON.stringify(rule), [rule], `${message}, got ${JSON.stringify(rule)}`]),
];

describe.each(['failOnOutput', 'requireOutput'] as const)('%s', (prop) => {
  test.each(refused)('refuses %s', (_, rules, message) => {
    expect(() => BatchCommand.shell('x', { [prop]: rules })).toThrow(new Error(`${prop} ${message}`));
  });

  test.each(RULES)('takes %s', (rule) => {
    expect(() => BatchCommand.shell('x', { [prop]: [rule] })).not.toThrow();
  });

  test('takes what only the deployment knows', () => {
    expect(() => synth({ command: BatchCommand.shell('x', { [prop]: [Fn.importValue('Rule')] }) })).not.toThrow();
  });

  test('has an exit code of its own, which is no success', () => {
    const message = 'successExitCodes must not have 211, by which the launcher says that failOnOutput or requireOutput has decided, got [0,211]';
    expect(() => BatchCommand.shell('x', { [prop]: ['x'], successExitCodes: [0, 211] })).toThrow(new Error(message));
    expect(() => BatchCommand.shell('x', { successExitCodes: [0, 211] })).not.toThrow();
  });
});

test.each(['', 'busybox '])('what is taken means the same to each grep: %sgrep', (box) => {
  const grep = `LC_ALL=C ${box && findOrInstall('busybox')} grep -aqE -f "$1"`;
  const matches = (rule: string, line: string) => spawnSync('bash', ['-c', `${grep} <<<"$2"`.replace('"$1"', '<(printf "%s\\n" "$1")'), 'bash', rule, line]).status;
  expect(RULES.map(([rule, yes, no]) => [rule, matches(rule, yes), matches(rule, no)])).toEqual(RULES.map(([rule]) => [rule, 0, 1]));
});

describe('settings and document', () => {
  const withRules = (options: ShellCommandOptions) => synth({ command: BatchCommand.shell('index', options) });

  test('the handlers know that there are rules, and only then', () => {
    expect(withRules({ failOnOutput: ['x'] }).settings.document.outputRules).toBe(true);
    expect(withRules({ requireOutput: ['x'] }).settings.document.outputRules).toBe(true);
    expect(withRules({}).settings.document).not.toHaveProperty('outputRules');
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brokenPatternRule, matchesWhole } from '../../src/runtime/patterns';
import * as fc from '../support/seeded';

const HANDLERS = resolve(__dirname, '../../assets/runtime');

/** What ECMAScript says, which is what users write patterns for. */
const native = (pattern: string, value: string, flags = 'u') => new RegExp(`^(?:${pattern})$`, flags).test(value);

const ATOMS = [
  'a', 'b', 'ab', '.', '\\d', '\\D', '\\w', '\\W', '\\s', '\\S', '\\.', '[\\-b]', '\\/', '/', '[ab]', '[^ab]', '[a-c]', '[-a]', '[a-]', '[\\w.]',
  '[^\\s]', '[^\\S]', '[\\S\\d]', '[\\b]', '[]', '[^]', '[[a]', '[[:alpha:\\]]', '[&&]', '\\n', '\\t', '\\0', '\\cJ', '\\x41', '\\u0041', '\\u{1F600}',
  '\\uD83D\\uDE00', '😀', '[😀-😂]', 'é', '\\p{L}', '\\p{Lu}', '\\P{L}', '[\\p{L}_]', '\\p{Script=Greek}', '\\p{gc=Nd}', '\\bb', '\\B', '^', '$', '^a', 'a$',
  '\\$', '\\^', '\\\\', '\\[', '\\{', ' ', 'z', 'Q', 'E',
];
const VALUES = ['a', 'b', 'A', 'é', 'α', '1', '_', '-', '.', '/', ' ', '\n', '\r', '\t', '\v', '\b', '\0', '\u00a0', '\u2028', '\ufeff', '😀', '😁', '[', ']', ':', '\\', '{', '$', '^', 'z', 'Q', '&'];

const patterns = fc.letrec<{ pattern: string; atom: string }>((tie) => ({
  atom: fc.oneof({ withCrossShrink: true, maxDepth: 3 }, fc.constantFrom(...ATOMS), tie('pattern').map((inner) => `(${inner})`), tie('pattern').map((inner) => `(?:${inner})`)),
  pattern: fc.array(
    fc.tuple(tie('atom'), fc.constantFrom('', '', '', '*', '+', '?', '{0}', '{2}', '{1,}', '{1,3}', '*?', '+?', '??', '{2}?', '|')),
    { maxLength: 5 },
  ).map((parts) => parts.map(([atom, quantifier]) => atom + (/[\^$]$|\\B$/.test(atom) && quantifier !== '|' ? '' : quantifier)).join('')),
})).pattern;

test('a pattern means what it means in ECMAScript', () => {
  let matches = 0;
  fc.assert(fc.property(patterns, fc.array(fc.constantFrom(...VALUES), { maxLength: 6 }), (pattern, parts) => {
    const value = parts.join('');
    const expected = native(pattern, value);
    matches += expected ? 1 : 0;
    expect({ pattern, value, rule: brokenPatternRule(pattern), matches: matchesWhole(pattern, value) })
      .toEqual({ pattern, value, rule: undefined, matches: expected });
  }), { numRuns: 3000 });
  expect(matches).toBeGreaterThan(200);
});

test('a named group is a group', () => {
  expect([brokenPatternRule('(?<year>\\d{4})-(?<day>\\d)'), matchesWhole('(?<year>\\d{4})-(?<day>\\d)', '2026-1')]).toEqual([undefined, true]);
});

test('every character is what it is in ECMAScript, in each kind of set', () => {
  const characters = [[0, 0x200], [0x167e, 0x1683], [0x1ff0, 0x2070], [0x2ffe, 0x3002], [0xfefd, 0xff01], [0x1f600, 0x1f601]]
    .flatMap(([first, end]) => Array.from({ length: end - first }, (_, i) => String.fromCodePoint(first + i)));
  for (const set of ['.', '\\s', '\\S', '[\\s]', '[^\\s]', '[\\S]', '[^\\S]', '[\\S\\n]', '\\w', '\\d']) {
    const differ = characters.filter((character) => matchesWhole(set, character) !== native(set, character));
    expect({ set, differ }).toEqual({ set, differ: [] });
  }
});

test.each([
  ['[\\w-.]+', 'a-b.c', true],
  ['[\\w-.]+', 'a+b', false],
  ['[.-\\w]+', 'a-b.c', true],
  ['\\-a{,5}x{y]}', '-a{,5}x{y]}', true],
  ['[\\w-\\.]|[^😀]', '😀', false],
  ['\\a\\z\\Q\\é', 'azQé', true],
  ['[\\b\\a]+\\_\\-', '\ba_-', true],
])('without the flag u, %s and %j: %s', (pattern, value, expected) => {
  expect(() => new RegExp(pattern, 'u')).toThrow(SyntaxError);
  expect([brokenPatternRule(pattern), matchesWhole(pattern, value)]).toEqual([undefined, expected]);
});

const LOOK = 'must not look ahead or behind';
const REFERENCE = 'must not refer to what matched before';

test.each<[string, string]>([
  ['(', 'must be a regular expression'],
  ['a)|(b', 'must be a regular expression'],
  ['[z-a]', 'must be a regular expression'],
  ['(?P<name>a)', 'must be a regular expression'],
  ['(?!a).*', `${LOOK} ((?!), which takes more than linear time`],
  ['(?=.*\\d).{8,}', `${LOOK} ((?=), which takes more than linear time`],
  ['(?<=a)b', `${LOOK} ((?<=), which takes more than linear time`],
  ['(?<!a)b', `${LOOK} ((?<!), which takes more than linear time`],
  ['(a)\\1', `${REFERENCE} (\\1), which takes more than linear time`],
  ['(?<n>a)\\k<n>', `${REFERENCE} (\\k), which takes more than linear time`],
  ['\\07', `${REFERENCE} (\\07), which takes more than linear time`],
  ['.{0,1001}', 'must not repeat anything more than 1000 times ({0,1001})'],
  ['(.{1000}){2}', 'must be a regular expression that RE2 knows, too'],
  ['(?:[a-z]{1000}|[0-9]{1000}){1}'.repeat(9), 'must not be so large: it compiles to'],
  ['[\\w-.]\\p{L}', 'must not have \\p without what belongs to it'],
  ['[\\w-.]\\x4', 'must not have \\x without what belongs to it'],
  ['a'.repeat(4001), 'must not be longer than 4000 characters'],
])('%s is refused, and matches nothing', (pattern, rule) => {
  expect(brokenPatternRule(pattern)).toMatch(new RegExp(`^${rule.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`));
  expect(['', 'a', 'b', 'aa', 'ab', '\u0007', 'abcdefg8', 'a'.repeat(4001), '-p{L}', 'xx4'].filter((value) => matchesWhole(pattern, value))).toEqual([]);
});

/** Each keeps an engine that goes back and tries again busy: for years, or for the square or the cube of the length. */
const SLOW: [string, string][] = [
  ['(a+)+', '!'], ['(a|a)*', '!'], ['(a|aa)+', '!'], ['([a-z]+)*[a-z]+', '!'], ['(.*)*x', '!'], ['a*a*a*a*', '!'], ['(a?){100}a{100}', '!'],
  ['(\\w+\\s?)+', '!'], ['[a-z]+[a-z0-9]+[a-z]*', '!'], ['((a{1,30}){1,30}a{0,5})+', '!'], ['(a*)*b|(a|b)*c', 'b'],
];

test.each(SLOW)('%s takes twice the time for a value that is twice as long', (pattern, end) => {
  expect(brokenPatternRule(pattern)).toBeUndefined();
  const seconds = (length: number) => {
    const value = 'a'.repeat(length) + end;
    return Math.min(...Array.from({ length: 3 }, () => {
      const start = process.cpuUsage();
      expect(matchesWhole(pattern, value)).toBe(native(`${pattern === '(a*)*b|(a|b)*c' ? 'a*b|[ab]*c' : '$^'}`, value));
      const { user, system } = process.cpuUsage(start);
      return user + system;
    }));
  };
  seconds(1000);
  expect(seconds(30_000) / (seconds(15_000) + 2000)).toBeLessThan(3);
});

test('only the handler that checks a run\'s input has patterns: the report of its end cannot depend on one', () => {
  const bundle = (name: string) => readFileSync(join(HANDLERS, `${name}.lambda/index.js`), 'utf8');
  expect(['send-command', 'get-status', 'close-run'].filter((name) => bundle(name).includes('RE2JS'))).toEqual(['send-command']);
});

test('the engine lies next to the handler, and is no part of what it compiles at each cold start', () => {
  const folder = join(HANDLERS, 'send-command.lambda');
  expect(readdirSync(folder).sort()).toEqual(['index.js', 'pattern-engine.js']);
  const [index, engine] = ['index.js', 'pattern-engine.js'].map((file) => readFileSync(join(folder, file), 'utf8'));
  // A message of the engine.
  expect(engine).toContain('invalid character class range');
  expect(index).not.toContain('invalid character class range');
  expect(index).toContain('require("./pattern-engine.js")');
  expect(Object.keys(jest.requireActual<object>(join(folder, 'pattern-engine.js')))).toContain('RE2JS');
});

test('the engine is loaded where there is a pattern, and no earlier: it takes as long as the rest of a handler', () => {
  let isLoaded = false;
  jest.isolateModules(() => {
    jest.doMock('re2js', () => {
      isLoaded = true;
      return jest.requireActual<object>('re2js');
    });
    const fresh = jest.requireActual<{ matchesWhole: typeof matchesWhole }>('../../src/runtime/patterns');
    expect(isLoaded).toBe(false);
    expect(fresh.matchesWhole('[a-z]+', 'abc')).toBe(true);
    expect(isLoaded).toBe(true);
  });
});

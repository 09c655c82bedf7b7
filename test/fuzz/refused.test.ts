import { fuzz, generate, report } from './fuzz';
import { HAND_PICKED, IMPOSSIBLE, isPossible, VALUE } from './values';
import { Way } from './way';
import { BatchCommand, JobParameter } from '../../src';
import { array, constantFrom, integer, oneof, tuple } from '../support/seeded';

const COUNT = 3_000;

/** No control character, no mark that hides or reorders, and all of it Unicode: for a mail and for Step Functions. */
const PLAIN = /^[^\p{Cc}\p{Cs}\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*$/u;

const own = new Way({
  command: BatchCommand.shell('true'),
  parameters: {
    TEXT: JobParameter.string({ default: '' }),
    WORD: JobParameter.string({ default: 'a', pattern: '[a-z ,]{1,200}' }),
    CHOICE: JobParameter.string({ default: 'full', allowedValues: ['full', 'a\nb', '$(id)'] }),
    NUMBER: JobParameter.number({ default: 1 }),
    FLAG: JobParameter.flag({ default: true }),
  },
});

/** Refused, with an error that names the parameter and this rule, and can be shown to a person; nothing was sent. */
async function expectRefused(way: Way, name: string, value: unknown, rule: string): Promise<void> {
  const { parameters, cause } = await way.start({ input: { parameters: { [name]: value } } });
  expect(parameters).toBeUndefined();
  expect(cause).toContain(`parameter ${name} ${rule}`);
  expect(cause.length).toBeLessThan(2_000);
  expect(cause).toMatch(PLAIN);
}

fuzz('a value that no environment variable can hold', async () => {
  const values = generate(tuple(VALUE, constantFrom(...IMPOSSIBLE), integer({ min: 0, max: 40 })), COUNT)
    .map(([value, bad, at]) => value.slice(0, at) + bad + value.slice(at))
    .filter((value) => !isPossible(value));
  for (const value of values) {
    await expectRefused(own, 'TEXT', value, value.includes('\0') ? 'must have no NUL character' : 'must be well-formed Unicode');
  }
  report(`${values.length} impossible values refused`);
});

fuzz('values that are too large together: the largest is named', async () => {
  for (const [length, unit] of [[100_000, 'x'], [24_000, 'x'], [8_000, '東'], [6_000, '💶'], [12_000, '\n\''], [100_000, '{{']] as const) {
    await expectRefused(own, 'TEXT', unit.repeat(length), 'is too large: all parameters together may take 32000 characters in base64');
  }
});

fuzz('exactly as much as fits is sent, a byte more is not', async () => {
  const others = 'WORD=YQ==,CHOICE=ZnVsbA==,NUMBER=MQ==,FLAG=dHJ1ZQ==,'.length;
  const bytes = Math.floor((32_000 - others - 'TEXT=,'.length) / 4) * 3;
  const { parameters } = await own.start({ input: { parameters: { TEXT: 'x'.repeat(bytes) } } });
  expect(parameters!.Variables[0].length).toBeGreaterThan(32_000 - 4);
  expect(own.lines(parameters!)).toHaveLength(own.template.length);
  await expectRefused(own, 'TEXT', 'x'.repeat(bytes + 1), 'is too large');
});

fuzz('what is no text', async () => {
  for (const value of [0, 1, -1, true, false, null, [], ['a'], {}, { toString: 'x' }, { $: 'x' }]) {
    await expectRefused(own, 'TEXT', value, 'must be a string');
  }
});

fuzz('a name that the job does not have', async () => {
  const names = [...HAND_PICKED.filter((name) => name !== ''), '__proto__', 'constructor', 'toString', 'TEXT ', ' TEXT', 'text', 'TEXT\0', 'TEXT=x'];
  for (const name of names) {
    const { parameters, cause } = await own.start({ input: { parameters: Object.fromEntries([[name, 'x']]) } });
    expect(parameters).toBeUndefined();
    expect(cause).toMatch(/^The input was refused: parameter ".*" is unknown, the job has TEXT, WORD, CHOICE, NUMBER, FLAG$/);
    expect(cause).toMatch(PLAIN);
  }
});

describe('a rule of the job decides about every value', () => {
  const near = (...texts: string[]) => oneof(
    VALUE, array(constantFrom(...texts), { minLength: 1, maxLength: 4 }).map((list) => list.join('')), constantFrom(...texts, ...HAND_PICKED));

  // What is right is written in another way than in the product: without regular expressions.
  const isDigits = (text: string) => text !== '' && Array.from(text).every((digit) => '0123456789'.includes(digit));
  const isNumber = (text: string) => {
    const parts = (text.startsWith('-') ? text.slice(1) : text).split('.');
    return parts.length <= 2 && parts.every(isDigits);
  };

  const rules = [
    ['WORD', 'must match', ['a', 'abc', ' ', ',', '\n', 'A', 'ä', 'a'.repeat(199)],
      (text: string) => text.length >= 1 && text.length <= 200 && Array.from(text).every((letter) => 'abcdefghijklmnopqrstuvwxyz ,'.includes(letter))],
    ['CHOICE', 'must be one of', ['full', 'Full', 'a\nb', '$(id)', '\n', ' '], (text: string) => ['full', 'a\nb', '$(id)'].includes(text)],
    ['NUMBER', 'must be a decimal number', ['1', '-', '.', '0', '\n', 'e', '１', '٣', '+', ' ', '0x1', 'Infinity', 'NaN'], isNumber],
    ['FLAG', 'must be "true" or "false"', ['true', 'false', 'True', '1', '\n', ' '], (text: string) => text === 'true' || text === 'false'],
  ] as const;

  for (const [name, rule, texts, isRight] of rules) {
    fuzz(name, async () => {
      let sent = 0;
      for (const value of generate(near(...texts), COUNT).filter(isPossible)) {
        if (isRight(value)) {
          const { parameters, cause } = await own.start({ input: { parameters: { [name]: value } } });
          expect([value, cause]).toEqual([value, '']);
          expect(parameters!.Variables[0]).toContain(`${name}=${Buffer.from(value).toString('base64')}`);
          sent++;
        } else {
          await expectRefused(own, name, value, rule);
        }
      }
      // Both sides of the rule were tried.
      expect(sent).toBeGreaterThan(COUNT / 100);
      expect(sent).toBeLessThan(COUNT);
    });
  }
});

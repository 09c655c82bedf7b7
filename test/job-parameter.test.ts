import { CfnParameter } from 'aws-cdk-lib';
import { JobParameter } from '../src';
import { synth } from './support/synth';

/** What the handlers are told of a parameter. */
const settings = (parameter: JobParameter) => synth({ parameters: { KEYWORDS: parameter } }).settings.parameters.KEYWORDS;

describe('what a run may be given', () => {
  test.each([
    ['any text', JobParameter.string(), { type: 'String' }],
    [
      'a text by its rules',
      JobParameter.string({ default: 'b', pattern: '[a-c]', allowedValues: ['a', 'b'] }),
      { type: 'String', default: 'b', pattern: '[a-c]', allowedValues: ['a', 'b'] },
    ],
    ['an empty text', JobParameter.string({ default: '' }), { type: 'String', default: '' }],
    ['any number', JobParameter.number(), { type: 'Number' }],
    ['zero', JobParameter.number({ default: 0 }), { type: 'Number', default: '0' }],
    [
      'one of some numbers',
      JobParameter.number({ default: -1.5, allowedValues: [-1.5, 42] }),
      { type: 'Number', default: '-1.5', allowedValues: ['-1.5', '42'] },
    ],
    ['true or false', JobParameter.flag(), { type: 'Boolean' }],
    ['false unless said otherwise', JobParameter.flag({ default: false }), { type: 'Boolean', default: 'false' }],
  ])('%s', (_what, parameter, expected) => {
    expect(settings(parameter)).toEqual(expected);
  });

  test('what it is for is said in the document, to whoever sends it by hand, and nowhere else', () => {
    const synthesized = synth({
      parameters: {
        KEYWORDS: JobParameter.string({ description: 'What to look for' }), DEPTH: JobParameter.number(), DRYRUN: JobParameter.flag({ description: 'Only try' }),
      },
    });
    expect(synthesized.properties(synthesized.job.node.findChild('Document')).Content.parameters.Variables.description)
      .toBe('Environment variables of the program: NAME=base64 of the value, separated by commas. KEYWORDS: What to look for. DRYRUN: Only try');
    expect(JSON.stringify(synthesized.settings)).not.toContain('look for');
  });

  test('several, in their order', () => {
    const parameters = { B: JobParameter.string(), A: JobParameter.flag() };
    expect(Object.keys(synth({ parameters }).settings.parameters)).toEqual(['B', 'A']);
  });

  test('defaults that are tokens', () => {
    const synthesized = synth((stack) => ({
      parameters: {
        TEXT: JobParameter.string({ default: new CfnParameter(stack, 'Text').valueAsString, pattern: '[a-z]+' }),
        NUMBER: JobParameter.number({ default: new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber }),
      },
    }));
    expect(synthesized.settings.parameters).toMatchObject({ TEXT: { default: '<Text>' }, NUMBER: { default: '<Number>' } });
  });

  test('a pattern that is a token, which only runs know', () => {
    const synthesized = synth((stack) => ({
      parameters: { TEXT: JobParameter.string({ default: 'a', pattern: new CfnParameter(stack, 'Pattern').valueAsString }) },
    }));
    expect(synthesized.settings.parameters).toEqual({ TEXT: { type: 'String', default: 'a', pattern: '<Pattern>' } });
  });

  test.each([
    ['only with the flag u', '[\u{1F600}-\u{1F64F}]', '\u{1F601}'],
    ['only without the flag u', '[\\w-.]+', 'a-b.c'],
    ['with alternatives: each of them is a whole value', 'a|bc', 'bc'],
  ])('a pattern that compiles %s', (_what, pattern, value) => {
    expect(settings(JobParameter.string({ pattern, default: value }))).toEqual({ type: 'String', pattern, default: value });
  });
});

test('a description is for whoever reads the code', () => {
  expect(JobParameter.string({ description: 'What to look for' }).description).toBe('What to look for');
  expect(JobParameter.number({ description: 'How deep' }).description).toBe('How deep');
  expect(JobParameter.flag({ description: 'Only try' }).description).toBe('Only try');
  expect(JobParameter.string().description).toBeUndefined();
});

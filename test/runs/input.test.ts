import { LocalJob, mail, reported } from './local-job';
import { BatchCommand, JobParameter } from '../../src';
import { INSTANCE_ID } from '../support/synth';

let job: LocalJob;

beforeAll(async () => {
  job = await LocalJob.open({
    command: BatchCommand.shell('printf %s "$KEYWORDS" >keywords; printf "%s %s" "$DEPTH" "$DRY_RUN" >others'),
    parameters: {
      KEYWORDS: JobParameter.string({ default: 'cloud' }),
      CODE: JobParameter.string({ default: 'a1', pattern: '[a-z][0-9]' }),
      MODE: JobParameter.string({ default: 'full', allowedValues: ['full', 'delta'] }),
      DEPTH: JobParameter.number({ default: 2 }),
      DRY_RUN: JobParameter.flag({ default: false }),
    },
  });
});

afterAll(() => job.close());

describe('an input is refused before anything is sent', () => {
  test.each([
    ['a parameter that the job does not have', { parameters: { KEYWORD: 'x' } }, 'parameter "KEYWORD" is unknown, the job has KEYWORDS'],
    ['a value that breaks the pattern', { parameters: { CODE: 'a1; reboot' } }, 'parameter CODE must match "[a-z][0-9]" as a whole, got "a1; reboot"'],
    ['a value that is not allowed', { parameters: { MODE: 'all' } }, 'parameter MODE must be one of ["full","delta"], got "all"'],
    ['a number where a string must be', { parameters: { KEYWORDS: 7 } }, 'parameter KEYWORDS must be a string, got 7'],
    ['a text where a number must be', { parameters: { DEPTH: 'deep' } }, 'parameter DEPTH must be a decimal number, got "deep"'],
    ['a boolean that is none', { parameters: { DRY_RUN: 'yes' } }, 'parameter DRY_RUN must be "true" or "false", got "yes"'],
    ['a NUL character', { parameters: { KEYWORDS: 'a\0b' } }, 'parameter KEYWORDS must have no NUL character'],
    ['parameters that are no object', { parameters: ['x'] }, 'parameters must be an object'],
    ['a poll interval of 0', { pollIntervalSeconds: 0 }, 'pollIntervalSeconds must be a whole number from 1 to 86400, got 0'],
    ['an input that is no object', 'now', 'the input must be a JSON object, got "now"'],
  ])('%s', async (_what, input, rule) => {
    const run = await job.toEnd({ input });
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed', commands: [] });
    expect(run.cause).toContain(rule);
    expect(reported(run)).toMatchObject({ outcome: 'Failed', attempts: 0, commandIds: [] });
    expect(mail(run)).toContain('Nothing was started');
    expect(run.calls.map(({ action }) => action)).not.toContain('ssm:SendCommand');
  });

  test('a required parameter that is missing', async () => {
    const strict = await LocalJob.open({ command: BatchCommand.shell('true'), parameters: { DAY: JobParameter.string() } });
    try {
      const run = await strict.toEnd();
      expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed', commands: [] });
      expect(run.cause).toContain('parameter DAY is required');
    } finally {
      await strict.close();
    }
  });
});

describe('an input is data', () => {
  test.each([
    ['defaults', {}, 'cloud'],
    ['quotes and substitutions', { parameters: { KEYWORDS: '\'"`id`$(id)$HOME\\' } }, '\'"`id`$(id)$HOME\\'],
    ['braces of SSM', { parameters: { KEYWORDS: '{{ssm:secret}} {{ RunId }}' } }, '{{ssm:secret}} {{ RunId }}'],
    ['line breaks, also at the end', { parameters: { KEYWORDS: 'a\nb\n\n' } }, 'a\nb\n\n'],
    ['other scripts', { parameters: { KEYWORDS: 'naïve 東京 🛫' } }, 'naïve 東京 🛫'],
    ['nothing', { parameters: { KEYWORDS: '' } }, ''],
    ['fields that the job does not know are ignored', { source: 'aws.s3', detail: { KEYWORDS: 'x' } }, 'cloud'],
  ])('%s', async (_what, input, expected) => {
    expect(await job.toEnd({ input })).toMatchObject({ status: 'SUCCEEDED' });
    expect(job.read(INSTANCE_ID, 'keywords')).toBe(expected);
    expect(job.read(INSTANCE_ID, 'others')).toBe('2 false');
  });
});

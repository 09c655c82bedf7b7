import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { LocalJob } from './local-job';
import { BatchCommand, JobParameter } from '../../src';
import { MAX_DOCUMENT_BYTES as LOCAL_LIMIT } from '../../src/local/services/ssm/document-content';
import { MAX_DOCUMENT_BYTES } from '../../src/protocol/value-rules';
import { JobProps, synth } from '../support/synth';

/** Every character of them is one of the document. */
const props = (scriptLength: number, defaultLength?: number, character = 'x'): JobProps => ({
  command: BatchCommand.shell(`printf %s "$SITES" | wc -c >length; : '${'x'.repeat(scriptLength)}'`),
  parameters: { SITES: JobParameter.string(defaultLength === undefined ? {} : { default: character.repeat(defaultLength) }) },
});

function isTaken(given: JobProps): boolean {
  try {
    synth(given);
    return true;
  } catch {
    return false;
  }
}

/** The largest number up to a limit of which something holds that holds of all smaller ones. */
function largest(limit: number, holds: (number: number) => boolean): number {
  let [low, high] = [0, limit];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    [low, high] = holds(middle) ? [middle, high] : [low, middle];
  }
  return low;
}

const largestScript = (defaultLength?: number) => largest(MAX_DOCUMENT_BYTES, (length) => isTaken(props(length, defaultLength)));

test('constructs and the local SSM know the same limit', () => {
  expect(LOCAL_LIMIT).toBe(MAX_DOCUMENT_BYTES);
});

test.each<[string, number, number | undefined]>([
  ['with nothing beside it', 0, undefined],
  ['with a default of 12 KB', 12_000, 12_000],
])('the largest script that synth takes %s runs', async (_what, length, defaultLength) => {
  const scriptLength = largestScript(defaultLength);
  expect(scriptLength).toBeGreaterThan(defaultLength ? 30_000 : 45_000);
  const job = await LocalJob.open(props(scriptLength, defaultLength));
  try {
    const run = await job.toEnd(defaultLength ? {} : { input: { parameters: { SITES: '' } } });
    expect(run).toMatchObject({ status: 'SUCCEEDED' });
    expect(job.read('i-0123456789abcdef0', 'length').trim()).toBe(String(length));
    const refused = await job.toEnd({ input: { parameters: { SITES: 'x'.repeat(length + 300) } } });
    expect(refused).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed', commands: [] });
    expect(refused.cause).toMatch(
      /parameter SITES is too large: it takes \d+ of them in base64, and SSM takes 65536 bytes of a document and its values, not 65\d{3}, got "x+…"/,
    );
    expect(refused.calls.map(({ action }) => action)).not.toContain('ssm:SendCommand');
  } finally {
    await job.close();
  }
});

describe('synth refuses what no run could send', () => {
  test('a default of 12 KB beside a script of 48 KB', () => {
    expect(() => synth(props(48_000, 12_000))).toThrow(
      /^the default of parameter SITES is too large: it takes 1600\d of them in base64, and SSM takes 65536 bytes of a document and its values, not \d+, got "x+\.\.\.$/,
    );
    expect(() => synth(props(48_000))).not.toThrow();
  });

  test('bytes count, not characters', () => {
    const script = largestScript(4_000);
    expect(isTaken(props(script, 4_000))).toBe(true);
    expect(() => synth(props(script, 4_000, 'ä'))).toThrow(/^the default of parameter SITES is too large: it takes 10\d{3} of them/);
  });

  test('values of a schedule, and of a parent\'s task', () => {
    const { job, stack } = synth(props(40_000));
    const parameters = { SITES: 'y'.repeat(18_000) };
    expect(() => job.asTask(stack, 'Task', { parameters })).toThrow(/^parameters SITES is too large: it takes 24\d{3} of them/);
    expect(() => job.asTask(stack, 'Task', { parameters: { SITES: 'y' } })).not.toThrow();
  });

  test('what is not known yet counts nothing', () => {
    const stack = new Stack(new App(), 'Stack');
    const token = new CfnParameter(stack, 'Sites').valueAsString;
    const withToken = (length: number): JobProps => ({
      command: BatchCommand.shell(`printf %s "$SITES" | wc -c >length; : '${'x'.repeat(length)}${token}'`),
      parameters: { SITES: JobParameter.string({ default: token }) },
    });
    // All of it is encoded: four characters for three.
    const script = Math.floor(largestScript() * 3 / 4) - 400;
    expect(() => synth(withToken(script), stack)).not.toThrow();
    expect(() => synth(withToken(script + 500))).toThrow(/^the SSM document of a command must not be larger than 65536 bytes; keep the program on the instance, got 6[56]\d{3}$/);
  });
});

import { CANARY, expectNoValue, polled, settings } from './told';
import { OverlapPolicy } from '../../src';
import { JobSettings } from '../../src/protocol';
import { closed, stoppedWhileRunning } from '../runtime/ended-execution';
import { FIRST, invocation, job } from '../runtime/samples';
import { synth } from '../support/synth';

/**
 * The attacker reads what is reported of runs. With `quoteOutput: false`, nothing that a program has printed must be in it, and what launcher
 * and agent say of their own failures still is.
 */

const quiet: Partial<JobSettings> = { quoteOutput: false, parameters: {} };
const note = '[the output is not quoted: quoteOutput is false]';

test('leaves the output out of mail, result, cause and log, and keeps the links', async () => {
  const { text, status } = await polled({ stepOutput: async () => ({ stdout: CANARY, stderr: `${CANARY}\nfailed to run commands: exit status 1` }) }, quiet);
  expectNoValue(text);
  expect(status?.result.failures[0]).toMatchObject({
    stdout: note, stderr: `${note}\nfailed to run commands: exit status 1`, logs: expect.stringContaining('/cloudwatch/home'),
  });
  expect(status?.notification.text).toContain('  Whole output:\n  https://');
});

test('says nothing of an output that was empty', async () => {
  const { status } = await polled({}, quiet);
  expect(status?.result.failures[0]).toMatchObject({ stdout: '', stderr: '' });
});

test.each([
  ['what the program says in the place of the agent', `failed to run commands: ${CANARY}`],
  ['what the program says in the place of the launcher', `cots-batch-job: not started: ${CANARY}`],
  ['what the program says in the place of the launcher, with its exit code', `cots-batch-job: ${CANARY}\ncots-batch-job: the program itself ended with exit code 214`],
])('does not take for somebody else\'s %s', async (_what, stderr) => {
  for (const code of [-1, 1, 137, 214]) {
    const invocations = async () => [invocation(FIRST, 'Failed', code)];
    const isNotProgram = code === 214 && !stderr.includes('itself');
    const { text } = await polled({ invocations, stepOutput: async () => ({ stdout: '', stderr }) }, quiet);
    // Without the words that follow its own, a code of the launcher's is the launcher's.
    expect(text.includes(CANARY.slice(0, 6))).toBe(isNotProgram && stderr.startsWith('cots-batch-job'));
  }
});

test('still says why the launcher has not started the program', async () => {
  const { status } = await polled({
    invocations: async () => [invocation(FIRST, 'Failed', 215)],
    stepOutput: async () => ({ stdout: '', stderr: 'cots-batch-job: not started: there is no user crawler\nfailed to run commands: exit status 215' }),
  }, { ...quiet, overlapPolicy: OverlapPolicy.ALLOW });
  expect(status?.cause).toContain('not started: there is no user crawler');
});

test('holds for the report of a run that was stopped', async () => {
  const { all } = await closed('ABORTED', {
    settings: job({ ...settings, ...quiet }),
    events: stoppedWhileRunning,
    invocations: [[invocation(FIRST, 'Cancelled', 137)]],
    tools: { ssm: { stepOutput: async () => ({ stdout: CANARY, stderr: CANARY }) } },
  });
  expect(all[0].result.failures[0]).toMatchObject({ stdout: note, stderr: note });
  expectNoValue(JSON.stringify(all));
});

test('is a setting only where it is asked for', () => {
  expect(synth().settings).not.toHaveProperty('quoteOutput');
  expect(synth({ quoteOutput: false }).settings).toMatchObject({ quoteOutput: false });
});

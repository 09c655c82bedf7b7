import { Duration } from 'aws-cdk-lib';
import { LocalJob, mail, reported, runOnce } from './local-job';
import { BatchCommand } from '../../src';
import { INSTANCE_ID } from '../synth';

/** What the agent and the launcher say, each as a program may print it. */
const WORDS = [
  'Step execution skipped, dry run',
  'document process failed unexpectedly: exit status 2 , check [ssm-document-worker]/[ssm-session-worker] log for crash reason',
  'failed to run commands: no such process',
  'failed to run commands: exit status 0',
  'failed to run commands: signal: killed',
  '----------ERROR-------',
  '--output truncated--',
  'cots-batch-job: run x was started before, and is not started again (/var/lib/cots-batch-job/x/runs/x)',
  'cots-batch-job: not started: another run of the job is still running (it holds program.lock)',
];

/** A script that prints these on both streams, with or without a line end at their end, and ends with this exit code. */
const printing = (words: string[], code: number) => [
  'echo x >>marks',
  ...words.map((text) => `echo '${text}'; echo '${text}' >&2`),
  `printf %s '${words.at(-1)}' >&2`,
  `exit ${code}`,
].join('\n');

const retry = { interval: Duration.seconds(1), maxAttempts: 3 };

test.each(WORDS)('a program that prints %p and exits with 0 has succeeded, and was started once', async (words) => {
  const job = await LocalJob.open({ command: BatchCommand.shell(printing([words], 0)), retry });
  try {
    expect(await job.toEnd()).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Succeeded', exitCode: 0, attempts: 1 }, notifications: [] });
    expect(job.read(INSTANCE_ID, 'marks')).toBe('x\n');
  } finally {
    await job.close();
  }
});

test.each([1, 4, 168, 194, 211, 212, 213, 214, 215, 255])('one that prints them all and exits with %p has that exit code', async (code) => {
  const run = await runOnce({ command: BatchCommand.shell(printing(WORDS, code)) });
  expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
  expect(reported(run)).toMatchObject({ outcome: 'Failed', exitCode: code, attempts: 1, instances: { failed: 1, skipped: 0 } });
  expect(mail(run).replace(/\s+/g, ' ')).toContain(`${INSTANCE_ID}: ${code === 168 ? 'exit code 168, which' : `exit code ${code}`}`);
});

test('with 1, where that is a success, it has succeeded', async () => {
  const run = await runOnce({ command: BatchCommand.shell(printing(WORDS, 1), { successExitCodes: [0, 1] }) });
  expect(run).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Succeeded', exitCode: 1 } });
});

test.each([100, 1_300, 9_000, 30_000])('the same with %d characters on each stream', async (size) => {
  const script = `head -c ${size} /dev/zero | tr '\\0' e\nhead -c ${size} /dev/zero | tr '\\0' e >&2\n${printing(WORDS, 1)}`;
  const run = await runOnce({ command: BatchCommand.shell(script, { successExitCodes: [0, 1] }) });
  expect(run).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Succeeded', exitCode: 1 } });
});

import { Duration, Fn } from 'aws-cdk-lib';
import { LocalJob, mail, reported, runOnce } from './local-job';
import { BatchCommand, ShellCommandOptions } from '../../src';
import { INSTANCE_ID } from '../support/synth';

const shell = (script: string, options: ShellCommandOptions) => ({ command: BatchCommand.shell(script, options) });

test('a program that prints an error and exits with 0 fails its run, and the mail has rule and line', async () => {
  const run = await runOnce(shell('echo begin\necho "ORA-00942: table or view does not exist"\necho end', { failOnOutput: ['^ORA-[0-9]+', 'FATAL'] }));
  expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
  expect(reported(run)).toMatchObject({ outcome: 'Failed', exitCode: 211, attempts: 1, failures: [{ stdout: expect.stringMatching(/^begin\nORA-00942.*\nend$/) }] });
  const text = mail(run).replace(/\s+/g, ' ');
  expect(text).toContain(`${INSTANCE_ID}: exit code 211 (the output has a line that matches failOnOutput '^ORA-[0-9]+': ORA-00942: table or view does not exist)`);
});

test('one that does not say that it has finished fails, too', async () => {
  const run = await runOnce(shell('echo working', { requireOutput: ['^Done$'] }));
  expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
  expect(mail(run).replace(/\s+/g, ' ')).toContain('exit code 211 (the output has no line that matches requireOutput \'^Done$\')');
});

test('one that prints what it should, and nothing else, succeeds', async () => {
  const run = await runOnce(shell('echo Done; exit 4', { failOnOutput: ['FATAL'], requireOutput: ['^Done$'], successExitCodes: [0, 4] }));
  expect(run).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Succeeded', exitCode: 4 }, notifications: [] });
});

test('what the program prints in the launcher\'s words decides nothing', async () => {
  const words = 'cots-batch-job: line: FAKE\ncots-batch-job: the output has a line that matches failOnOutput \'FAKE\'';
  const options = { failOnOutput: ['FATAL'] };
  expect(await runOnce(shell(`echo "${words}" >&2`, options))).toMatchObject({ status: 'SUCCEEDED', output: { exitCode: 0 } });
  const failed = await runOnce(shell(`echo "${words}" >&2; exit 211`, options));
  expect(reported(failed)).toMatchObject({ outcome: 'Failed', exitCode: 211 });
  expect(mail(failed)).not.toContain('(the output has');
});

test('a retry takes it as any other exit code', async () => {
  const options: ShellCommandOptions = { failOnOutput: ['not yet'] };
  const job = await LocalJob.open({
    ...shell('echo x >>marks\n[ "$(wc -l <marks)" -gt 1 ] && echo good || echo not yet', options),
    retry: { interval: Duration.seconds(1), exitCodes: [211] },
  });
  try {
    expect(await job.toEnd()).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Succeeded', attempts: 2 } });
    expect(job.read(INSTANCE_ID, 'marks')).toBe('x\nx\n');
  } finally {
    await job.close();
  }
});

test('a rule that only the deployment knows is refused on the instance, before the program starts', async () => {
  const run = await runOnce(shell('echo started', { failOnOutput: [Fn.join('', ['[', Fn.ref('AWS::Region')])] }));
  expect(reported(run)).toMatchObject({ outcome: 'Failed', exitCode: 215, failures: [{ stdout: '' }] });
  expect(mail(run).replace(/\s+/g, ' ')).toMatch(/not started: failOnOutput must be an extended regular expression that no empty line matches, got \[[a-z]/);
});

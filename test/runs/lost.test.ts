import { Duration } from 'aws-cdk-lib';
import { LocalJob, mail, reported } from './local-job';
import { BatchCommand, Outcome } from '../../src';
import { LocalRunResult } from '../../src/local/run/run-record';
import { eventually } from '../local/services/ssm/rig';
import { INSTANCE_ID } from '../support/synth';

/** A server that loses its power while the program runs; its agent says what it knows when it is back. */
async function lose(printed: string): Promise<LocalRunResult & { readonly marks: string }> {
  const job = await LocalJob.open({
    command: BatchCommand.shell(`echo x >>marks\necho 'page 7'\necho '${printed}' >&2\necho begun >begun\nwhile :; do sleep 1; done`, { successExitCodes: [0, 1] }),
    retry: { interval: Duration.seconds(1), maxAttempts: 3, outcomes: [Outcome.FAILED, Outcome.TIMED_OUT, Outcome.UNDELIVERED] },
    unresponsiveAfter: Duration.hours(1),
  });
  try {
    const execution = job.start();
    await eventually(async () => expect(job.read(INSTANCE_ID, 'begun')).toBe('begun\n'));
    job.run.endpoint.setInstanceFault(INSTANCE_ID, { kind: 'reboots' });
    return { ...await execution.result, marks: job.read(INSTANCE_ID, 'marks') };
  } finally {
    await job.close();
  }
}

test.each([
  'indexing',
  // As the agent says that a program has ended, which it has not.
  'failed to run commands: exit status 1',
])('a program that the agent has lost is no success, has no second start, and its mail what was uploaded: %s', async (printed) => {
  const run = await lose(printed);
  expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Unresponsive', marks: 'x\n' });
  expect(run.commands).toHaveLength(1);
  expect(reported(run)).toMatchObject({
    outcome: 'Unresponsive',
    exitCode: -1,
    attempts: 1,
    instances: { total: 1, unresponsive: 1 },
    failures: [{ status: 'Failed', exitCode: -1, stdout: 'page 7', stderr: printed }],
  });
  expect(run.cause).toContain('Failed (the agent lost the program; it may still run)');
  expect(mail(run)).toContain(`Last lines of stderr:\n  | ${printed}\n  Last lines of stdout:\n  | page 7`);
});

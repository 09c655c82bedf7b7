import { Duration } from 'aws-cdk-lib';
import { LocalJob, mail, reported } from './local-job';
import { BatchCommand, Outcome } from '../../src';
import { eventually, isAlive } from '../local/services/ssm/rig';
import { INSTANCE_ID, JobProps } from '../support/synth';

/** A program with a child and a grandchild, which would all run for long. */
const LONG = 'sh -c "sh -c \'echo \\$\\$ >grandchild; sleep 600\' & echo \\$\\$ >child; wait" & echo $$ >program; wait';

const long: JobProps = { command: BatchCommand.shell(LONG) };

async function withJob(props: JobProps, use: (job: LocalJob) => Promise<void>, options = {}): Promise<void> {
  const job = await LocalJob.open(props, options);
  try {
    await use(job);
  } finally {
    await job.close();
  }
}

const pids = (job: LocalJob) => ['program', 'child', 'grandchild'].map((file) => Number(job.read(INSTANCE_ID, file)));
const isRunning = (job: LocalJob) => pids(job).every((pid) => pid > 0 && isAlive(pid));

test('an execution that is stopped: the whole process tree is gone, and one mail says so', async () => {
  await withJob(long, async (job) => {
    const execution = job.start();
    await eventually(async () => expect(isRunning(job)).toBe(true));
    execution.abort('Operator', 'wrong day');
    const run = await execution.result;
    expect(run.status).toBe('ABORTED');
    await eventually(async () => expect(pids(job).map(isAlive)).toEqual([false, false, false]));
    expect(reported(run)).toMatchObject({ outcome: 'Cancelled', instances: { total: 1, cancelled: 1, running: 0 } });
    expect(run.notifications[0].subject).toBe('Job: was stopped');
    expect(mail(run)).toContain('wrong day');
    expect(run.calls.filter(({ allowed }) => !allowed)).toEqual([]);
  });
});

test('whoever does not want to hear of it does not, but the program is stopped', async () => {
  await withJob({ ...long, notifyOn: [Outcome.FAILED] }, async (job) => {
    const execution = job.start();
    await eventually(async () => expect(isRunning(job)).toBe(true));
    execution.abort();
    expect((await execution.result).notifications).toEqual([]);
    await eventually(async () => expect(pids(job).map(isAlive)).toEqual([false, false, false]));
  });
});

test('a notification that SNS refuses for as long as the workflow tries: the same mail is sent when the execution has ended', async () => {
  await withJob({ command: BatchCommand.shell('exit 3') }, async (job) => {
    const run = await job.toEnd();
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
    expect(reported(run)).toMatchObject({ outcome: 'Failed', exitCode: 3 });
    expect(run.notifications[0].subject).toBe('Job: failed on 1 instance');
  }, { faults: [{ operation: 'Publish', kind: 'internalError', calls: [1, 2, 3, 4, 5, 6] }] });
});

test('a run that has told how it ended is not told twice', async () => {
  await withJob({ command: BatchCommand.shell('exit 3') }, async (job) => {
    const run = await job.toEnd();
    expect(run.notifications).toHaveLength(1);
    // The rule has seen the end, and the handler has looked.
    expect(run.calls.map(({ action }) => action)).toContain('states:GetExecutionHistory');
  });
});

test('an event that EventBridge delivers twice is told once', async () => {
  await withJob(long, async (job) => {
    const execution = job.start();
    await eventually(async () => expect(isRunning(job)).toBe(true));
    execution.abort();
    const run = await execution.result;
    expect(run.calls.filter(({ action }) => action === 'states:GetExecutionHistory').length).toBeGreaterThanOrEqual(4);
    expect(reported(run)).toMatchObject({ outcome: 'Cancelled' });
    expect(run.calls.filter(({ allowed }) => !allowed)).toEqual([]);
  }, { faults: [{ operation: 'Deliver', kind: 'twice' }] });
});

test('a fault that no state can catch: an input that is too large for a state', async () => {
  await withJob({ command: BatchCommand.shell('true') }, async (job) => {
    const run = await job.toEnd({ input: { detail: 'x'.repeat(262_000) } });
    expect(run).toMatchObject({ status: 'FAILED', commands: [] });
    expect(run.error).toMatch(/^States\./);
    expect(reported(run)).toMatchObject({ outcome: 'Failed', attempts: 0 });
  });
});

test('a status handler that always fails: the run ends, is told, and its program is stopped', async () => {
  await withJob({ ...long, executionTimeout: Duration.minutes(5), deliveryTimeout: Duration.seconds(30) }, async (job) => {
    const run = await job.toEnd();
    expect(run.status).not.toBe('SUCCEEDED');
    expect(run.notifications).toHaveLength(1);
    await eventually(async () => expect(pids(job).map(isAlive)).toEqual([false, false, false]));
  }, { faults: [{ operation: 'Invoke', kind: 'crashBefore', target: 'GetStatus' }] });
});

import { Topic } from 'aws-cdk-lib/aws-sns';
import { LocalJob } from './local-job';
import { BatchCommand, BatchJobHandlers } from '../../src';
import { eventually } from '../local/services/ssm/rig';
import { INSTANCE_ID, JobProps } from '../support/synth';

type Props = Parameters<LocalJob['deploy']>[0];

async function withJob(props: Props, use: (job: LocalJob) => Promise<void>): Promise<void> {
  const job = await LocalJob.open(props);
  try {
    await use(job);
  } finally {
    await job.close();
  }
}

/** What a script has written on its only server. */
const written = (job: LocalJob) => job.read(INSTANCE_ID, 'written').trim().split('\n');
const write = (what: string): JobProps => ({ command: BatchCommand.shell(`echo ${what} >>written`) });

test('after a deployment the new script runs, although the default version of its document is still the old one', async () => {
  await withJob(write('old'), async (job) => {
    expect(await job.toEnd()).toMatchObject({ status: 'SUCCEEDED' });
    job.deploy(write('new'));
    const run = await job.toEnd();
    expect(run).toMatchObject({ status: 'SUCCEEDED' });
    expect(written(job)).toEqual(['old', 'new']);
    expect(run.calls.filter(({ allowed }) => !allowed)).toEqual([]);
  });
});

/** A program that goes on until the test says so, and says that it has begun. */
const held = (then: string) => BatchCommand.shell(`touch begun\nuntil [ -e end ]; do sleep 0.1; done\n${then}`);

describe.each<[string, Props, Props]>([
  ['its handlers', () => ({ command: held('exit 7') }), (stack) => ({ command: held('exit 7'), notificationTopic: new Topic(stack, 'Other') })],
  [
    'handlers that several jobs share',
    (stack) => ({ command: held('exit 7'), handlers: new BatchJobHandlers(stack, 'Handlers') }),
    (stack) => ({ command: held('exit 7'), handlers: new BatchJobHandlers(stack, 'Handlers'), notificationTopic: new Topic(stack, 'Other') }),
  ],
])('a deployment that changes the topic during a run, with %s', (_what, before, after) => {
  const started = async (job: LocalJob) => {
    const execution = job.start();
    await eventually(async () => expect(job.run.endpoint.commands()[0]?.invocations[0]?.details).toBe('InProgress'));
    return execution;
  };

  test('its failure is told once, where the job reports now', async () => {
    await withJob(before, async (job) => {
      const execution = await started(job);
      job.deploy(after);
      job.write(INSTANCE_ID, 'end');
      const run = await execution.result;
      expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
      expect(run.notifications.map(({ topicArn }) => topicArn)).toEqual([expect.stringContaining('Other')]);
      expect(JSON.parse(run.notifications[0].messages.default)).toMatchObject({ outcome: 'Failed', exitCode: 7 });
    });
  });

  test('that it was stopped is told once, there', async () => {
    await withJob(before, async (job) => {
      const execution = await started(job);
      job.deploy(after);
      execution.abort('Operator', 'wrong night');
      const run = await execution.result;
      expect(run.notifications.map(({ topicArn }) => topicArn)).toEqual([expect.stringContaining('Other')]);
    });
  });

  test('where the topic is the same, its failure is told once', async () => {
    await withJob(before, async (job) => {
      const execution = await started(job);
      job.deploy(before);
      job.write(INSTANCE_ID, 'end');
      const run = await execution.result;
      expect(run.notifications.map(({ topicArn }) => topicArn)).toEqual([expect.not.stringContaining('Other')]);
      expect(run.calls.filter(({ allowed }) => !allowed)).toEqual([]);
    });
  });
});

import { App, NestedStack, Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { removeFolders, temporaryFolder } from './synthesized-app';
import { BatchCommand, CotsBatchJob } from '../../../src';
import { openLocalRun, requireJob } from '../../../src/local/run/local-run';
import { RunEvent } from '../../../src/local/run/run-record';
import { INSTANCE_ID } from '../../support/synth';

afterAll(removeFolders);

/** Two jobs of one id, each in a stack below a nested stack, that notify a topic of the stack above. */
function app(transform?: string): string {
  const cdk = new App({ outdir: temporaryFolder() });
  const stack = new Stack(cdk, 'App');
  const notificationTopic = new Topic(stack, 'Topic', { topicName: 'ops' });
  for (const name of ['Billing', 'Crm']) {
    const nested = new NestedStack(new NestedStack(stack, name), 'Jobs');
    new CotsBatchJob(nested, 'Nightly', {
      instanceIds: [INSTANCE_ID], command: BatchCommand.shell(`echo ${name}; exit 3`), notificationTopic, alarmOnFailure: true,
    });
  }
  if (transform) {
    stack.addTransform(transform);
  }
  return cdk.synth().directory;
}

test('a job in a nested stack runs with its own roles, and notifies the topic of the stack above', async () => {
  const run = await openLocalRun(app(), { speed: 100, authorize: 'required', workDir: temporaryFolder() });
  try {
    const { job, status, error, notifications, calls, commands } = await run.start({ job: 'Crm/Jobs/Nightly' }).result;
    expect([job, status, error]).toEqual(['App/Crm/Jobs/Nightly', 'FAILED', 'CotsBatchJob.Failed']);
    expect(commands).toMatchObject([{ instances: { [INSTANCE_ID]: 'Failed' } }]);
    expect(notifications.map(({ topicArn }) => topicArn)).toEqual(['arn:aws:sns:us-east-1:123456789012:ops']);
    expect(JSON.stringify(notifications)).toContain('Crm');
    expect(calls.filter(({ allowed }) => allowed === false)).toEqual([]);
  } finally {
    await run.close();
  }
});

test('all jobs are listed where it is not clear which is meant', () => {
  expect(() => requireJob(app())).toThrow(
    "--job must say which of the app's 2 state machines to run:\n  App/Billing/Jobs/Nightly\n  App/Crm/Jobs/Nightly");
});

test('what is not read of the app is a warning of each run, and stands below the jobs that there are', async () => {
  const folder = app('Acme::Macro');
  const note = 'stack App: the local run does not carry out the transform Acme::Macro, and has nothing of what that makes';
  const events: RunEvent[] = [];
  const run = await openLocalRun(folder, { onEvent: (event) => events.push(event), workDir: temporaryFolder() });
  await run.close();

  expect(events).toContainEqual(expect.objectContaining({ kind: 'warning', message: note }));
  expect(() => requireJob(folder, 'Weekly')).toThrow(`App/Crm/Jobs/Nightly\nnot read: ${note}`);
});

import { Key } from 'aws-cdk-lib/aws-kms';
import { LocalJob, reported } from './local-job';
import { BatchCommand, BatchJobHandlers, CotsBatchJob } from '../../src';
import { ids } from '../runtime/samples';
import { JobProps } from '../support/synth';

const [ONE, TWO] = ids(2);

/** Fails where there is a file `broken`, and is well at its next start there. Each start leaves a mark. */
const job: JobProps = {
  instanceIds: [ONE, TWO], command: BatchCommand.shell('echo started >>marks; if [ -e broken ]; then rm broken; exit 7; fi'), allowRerun: true,
};

/** Every call is authorized against the policies as synthesized: `LocalJob` demands it. */
test.each<[string, Parameters<typeof LocalJob.open>[0]]>([
  ['shared handlers', (stack) => ({ ...job, handlers: new BatchJobHandlers(stack, 'Handlers') })],
  ['an encryption key', (stack) => ({ ...job, encryptionKey: new Key(stack, 'Key') })],
  ['shared handlers and an encryption key', (stack) => {
    const encryptionKey = new Key(stack, 'Key');
    return { ...job, encryptionKey, handlers: new BatchJobHandlers(stack, 'Handlers', { encryptionKey }) };
  }],
])('a rerun of the failed ones succeeds with %s, and is denied nothing', async (_, props) => {
  const local = await LocalJob.open(props);
  try {
    local.write(TWO, 'broken');
    const first = await local.toEnd();
    expect(reported(first)).toMatchObject({ outcome: 'Failed', instances: { total: 2, succeeded: 1, failed: 1 } });
    const rerun = await local.toEnd({ input: { rerunOf: first.executionArn, only: 'failed' } });
    expect(rerun).toMatchObject({ status: 'SUCCEEDED', output: { rerunOf: first.executionArn, instances: { total: 1, succeeded: 1 } } });
    expect([ONE, TWO].map((id) => local.read(id, 'marks'))).toEqual(['started\n', 'started\nstarted\n']);
    const ofFirst = rerun.calls.filter(({ resources }) => resources.includes(first.executionArn));
    expect(ofFirst.map(({ action, allowed }) => ({ action, allowed }))).toEqual([
      { action: 'states:DescribeExecution', allowed: true },
      { action: 'states:GetExecutionHistory', allowed: true },
      { action: 'states:GetExecutionHistory', allowed: true },
    ]);
    expect(rerun.calls.filter(({ allowed }) => !allowed)).toEqual([]);
  } finally {
    await local.close();
  }
});

test('handlers that several jobs share rerun no run of another job', async () => {
  const local = await LocalJob.open((stack) => ({ ...job, handlers: new BatchJobHandlers(stack, 'Handlers') }), {}, ({ stack }) => {
    const handlers = stack.node.findChild('Handlers') as BatchJobHandlers;
    new CotsBatchJob(stack, 'Other', { handlers, instanceIds: [ONE], command: BatchCommand.shell('exit 1') });
  });
  try {
    const other = await local.start({ job: 'Other' }).result;
    const rerun = await local.toEnd({ input: { rerunOf: other.executionArn } });
    expect(reported(rerun)).toMatchObject({ outcome: 'Failed', attempts: 0 });
    expect(rerun.cause).toContain('rerunOf must be the name or the ARN of an execution of this job');
    expect(rerun.calls.filter(({ resources }) => resources.includes(other.executionArn))).toEqual([]);
    expect(local.read(ONE, 'marks')).toBe('');
  } finally {
    await local.close();
  }
});

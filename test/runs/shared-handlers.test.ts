import { LocalJob, reported } from './local-job';
import { BatchCommand, BatchJobHandlers, CompletionMode, CotsBatchJob } from '../../src';
import { eventually, isAlive } from '../local/services/ssm/rig';
import { ids } from '../runtime/samples';
import { INSTANCE_ID } from '../support/synth';

const [OTHER_ID] = ids(1);

test('jobs that share handlers run, fail, and are stopped, each on its own server', async () => {
  const job = await LocalJob.open((stack) => ({
    handlers: new BatchJobHandlers(stack, 'Handlers'),
    command: BatchCommand.shell('echo $$ >running; exec sleep 600'),
    completion: CompletionMode.EVENTS,
  }), {}, ({ stack }) => {
    const handlers = stack.node.findChild('Handlers') as BatchJobHandlers;
    new CotsBatchJob(stack, 'Other', { handlers, instanceIds: [OTHER_ID], command: BatchCommand.shell('echo $$ >running; exit 3') });
  });
  try {
    const stopped = job.start();
    const failed = await job.start({ job: 'Other' }).result;
    expect(failed).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
    expect(reported(failed)).toMatchObject({ job: 'Other', exitCode: 3, failures: [{ instanceId: OTHER_ID }] });

    await eventually(async () => expect(Number(job.read(INSTANCE_ID, 'running'))).toBeGreaterThan(0));
    stopped.abort();
    expect(reported(await stopped.result)).toMatchObject({ job: 'Job', outcome: 'Cancelled' });
    await eventually(async () => expect(isAlive(Number(job.read(INSTANCE_ID, 'running')))).toBe(false));
    expect(job.read(INSTANCE_ID, 'running')).not.toBe(job.read(OTHER_ID, 'running'));
    expect([failed, await stopped.result].flatMap(({ calls }) => calls).filter(({ allowed }) => !allowed)).toEqual([]);
  } finally {
    await job.close();
  }
});

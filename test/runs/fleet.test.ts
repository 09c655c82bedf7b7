import { LocalJob, reported } from './local-job';
import { BatchCommand, CommandTarget, InvocationLimit } from '../../src';
import { ids } from '../runtime/samples';

const SIZE = 1000;

/** A thousand processes take their time on a machine that has much else to do, in milliseconds. */
const PATIENCE = 300_000;

test('1,000 servers: each runs the program once, in a process of its own, and the one that fails is told', async () => {
  const servers = ids(SIZE);
  const job = await LocalJob.open({
    instanceIds: undefined,
    targets: [CommandTarget.tag('Role', 'crawler')],
    maxConcurrency: InvocationLimit.percent(100),
    command: BatchCommand.shell(`echo x >>marks\nsleep 1\n[ "$AWS_SSM_INSTANCE_ID" != ${servers[776]} ] || exit 3`),
  }, {
    speed: 50,
    instances: servers.map((instanceId) => ({ instanceId, tags: { Role: 'crawler' } })),
  });
  try {
    const result = await job.toEnd();
    expect(result).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
    expect(reported(result)).toMatchObject({
      exitCode: 3,
      instances: { total: SIZE, succeeded: SIZE - 1, failed: 1 },
      failures: [{ instanceId: servers[776] }],
    });
    expect(servers.filter((id) => job.read(id, 'marks') !== 'x\n')).toEqual([]);
  } finally {
    await job.close();
  }
}, PATIENCE);

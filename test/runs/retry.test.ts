import { Duration } from 'aws-cdk-lib';
import { LocalJob, mail, reported } from './local-job';
import { BatchCommand, CommandTarget, JobRetryOptions, Outcome, OverlapPolicy } from '../../src';
import { LocalRunOptions } from '../../src/local/run/local-run';
import { LocalRunResult } from '../../src/local/run/run-record';
import { eventually, isAlive } from '../local/services/ssm/rig';
import { ids } from '../runtime/samples';
import { INSTANCE_ID, JobProps } from '../support/synth';

/** Leaves a mark for each start, and fails until it has that many. */
const failsUntil = (starts: number, exitCode = 75) =>
  BatchCommand.shell(`echo "$SSM_COMMAND_ID" >>marks\n[ "$(wc -l <marks)" -ge ${starts} ] || exit ${exitCode}`);

const retry: JobRetryOptions = { maxAttempts: 3, interval: Duration.minutes(5) };

const starts = (job: LocalJob, instanceId = INSTANCE_ID) => job.read(instanceId, 'marks').split('\n').filter((line) => line);

async function withJob(props: JobProps, use: (job: LocalJob, run: LocalRunResult) => Promise<void>, options: LocalRunOptions = {}) {
  const job = await LocalJob.open(props, options);
  try {
    await use(job, await job.toEnd());
  } finally {
    await job.close();
  }
}

test('a program that succeeds at its third start: one success, no mail', async () => {
  await withJob({ command: failsUntil(3), retry }, async (job, run) => {
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Succeeded', attempts: 3, instances: { total: 1, succeeded: 1 } } });
    expect(run.notifications).toEqual([]);
    expect(new Set(starts(job)).size).toBe(3);
    // Five minutes, then ten.
    expect(run.durationSeconds).toBeGreaterThanOrEqual(900);
    expect(run.calls.filter(({ allowed }) => !allowed)).toEqual([]);
  });
});

test('a program that always fails: as many starts as asked for, and one mail about all of them', async () => {
  await withJob({ command: failsUntil(9), retry: { ...retry, maxAttempts: 2 } }, async (job, run) => {
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
    expect(reported(run)).toMatchObject({ attempts: 2, exitCode: 75, failures: [{ instanceId: INSTANCE_ID }] });
    expect(reported(run).cause).toMatch(/exit code 75\. It was tried 2 times\.$/);
    expect(mail(run)).toMatch(/^Attempts +2$/m);
    expect(starts(job)).toHaveLength(2);
  });
});

test('only where it failed: the other servers start it once', async () => {
  const [one, two, three] = ids(3);
  const command = BatchCommand.shell('echo "$SSM_COMMAND_ID" >>marks\n[ "$(wc -l <marks)" -ge "$(cat needed 2>/dev/null || echo 1)" ]');
  const job = await LocalJob.open({ command, instanceIds: [one, two, three], retry });
  try {
    // The second server needs two starts.
    job.write(two, 'needed', '2');
    const run = await job.toEnd();
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { attempts: 2, instances: { total: 3, succeeded: 3 } } });
    expect([one, two, three].map((id) => starts(job, id).length)).toEqual([1, 2, 1]);
  } finally {
    await job.close();
  }
});

test('servers that were found by tag are tried again by name, with the rights of the job', async () => {
  const instances = ids(2).map((instanceId) => ({ instanceId, tags: { Role: 'crawler' } }));
  const props: JobProps = { instanceIds: undefined, targets: [CommandTarget.tag('Role', 'crawler')], command: failsUntil(2), retry };
  await withJob(props, async (job, run) => {
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { attempts: 2, instances: { total: 2, succeeded: 2 } } });
    expect(instances.map(({ instanceId }) => starts(job, instanceId).length)).toEqual([2, 2]);
    expect(run.calls.filter(({ allowed }) => !allowed)).toEqual([]);
  }, { instances });
});

test('an exit code that is not worth it ends the run at once', async () => {
  await withJob({ command: failsUntil(2, 3), retry: { ...retry, exitCodes: [75] } }, async (job, run) => {
    expect(starts(job)).toHaveLength(1);
    expect(reported(run).cause).toContain('It is not tried again: the job\'s retry is not for this.');
  });
});

test('a server that cannot be reached at first: the next attempt reaches it', async () => {
  const options = { instances: [{ instanceId: INSTANCE_ID, fault: { kind: 'undeliverable' as const } }] };
  const job = await LocalJob.open({ command: failsUntil(1), retry }, {
    ...options,
    onEvent: (event) => {
      if (event.kind === 'history' && event.event.state === 'Wait to try again') {
        job.run.endpoint.setInstanceFault(INSTANCE_ID, undefined);
      }
    },
  });
  try {
    expect(await job.toEnd()).toMatchObject({ status: 'SUCCEEDED', output: { attempts: 1, instances: { succeeded: 1, undelivered: 0 } } });
    expect(starts(job)).toHaveLength(1);
  } finally {
    await job.close();
  }
});

test('a process of the first attempt that holds the job\'s lock: the second is not started, and the run has not succeeded', async () => {
  const command = BatchCommand.shell('echo x >>marks\nsleep 600 >/dev/null 2>&1 &\necho $! >left\nexit 1');
  await withJob({ command, overlapPolicy: OverlapPolicy.SKIP, retry: { ...retry, maxAttempts: 2 } }, async (job, run) => {
    const left = Number(job.read(INSTANCE_ID, 'left'));
    try {
      expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
      expect(reported(run)).toMatchObject({ failures: [{ status: 'Failed', exitCode: 215 }], instances: { failed: 1, skipped: 0 } });
      expect(reported(run).cause).toContain('is held by what another run has left behind');
      expect(starts(job)).toHaveLength(1);
    } finally {
      process.kill(left);
    }
  });
});

test('a lost answer in a further attempt: it is found, and not sent again', async () => {
  await withJob({ command: failsUntil(2), retry }, async (job, run) => {
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { attempts: 2 } });
    expect(run.history.map(({ state }) => state)).toContain('Find command');
    expect(starts(job)).toHaveLength(2);
  }, { faults: [{ operation: 'SendCommand', kind: 'loseResponse', calls: [2] }] });
});

test('an execution that is stopped in its second attempt: the process is gone, and nothing is tried again', async () => {
  const command = BatchCommand.shell('echo "$SSM_COMMAND_ID" >>marks\n[ "$(wc -l <marks)" -ge 2 ] || exit 1\necho $$ >second\nexec sleep 600');
  const job = await LocalJob.open({ command, retry, notifyOn: Object.values(Outcome) });
  try {
    const execution = job.start();
    await eventually(async () => expect(Number(job.read(INSTANCE_ID, 'second'))).toBeGreaterThan(0));
    execution.abort('Operator', 'wrong day');
    const run = await execution.result;
    expect(reported(run)).toMatchObject({ outcome: 'Cancelled', attempts: 2, instances: { cancelled: 1 } });
    await eventually(async () => expect(isAlive(Number(job.read(INSTANCE_ID, 'second')))).toBe(false));
    expect(starts(job)).toHaveLength(2);
  } finally {
    await job.close();
  }
});

describe('a second attempt that does not start: what the first one did is told, and that the second was not started', () => {
  const command = BatchCommand.shell('echo "$SSM_COMMAND_ID" >>marks\necho ORA-00600 >&2\nexit 75');
  const twice = { ...retry, maxAttempts: 2 };

  function expectFirst(run: LocalRunResult, why: RegExp): void {
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
    expect(run.notifications).toHaveLength(1);
    expect(reported(run)).toMatchObject({
      exitCode: 75,
      attempts: 1,
      instances: { total: 1, failed: 1, undelivered: 0 },
      failures: [{ instanceId: INSTANCE_ID, exitCode: 75, outcome: 'Failed', stderr: expect.stringContaining('ORA-00600') }],
    });
    expect(reported(run).cause).toMatch(why);
    expect(mail(run)).toContain('| ORA-00600');
    expect(mail(run)).not.toMatch(/Nothing (was|had been) started|It was tried 2 times/);
    expect(run.calls.filter(({ allowed }) => !allowed)).toEqual([]);
  }

  test.each<['throttle' | 'accessDenied', RegExp]>([
    ['throttle', /exit code 75\. Attempt 2 was not started on 1 instance: SSM did not take the command, however often it was sent: Throttling/],
    ['accessDenied', /exit code 75\. Attempt 2 was not started on 1 instance: SSM refused the command: AccessDenied/],
  ])('SSM does not take it: %s', async (kind, why) => {
    const faults = [{ operation: 'SendCommand', kind, calls: (_: object, ordinal: number) => ordinal > 1 }];
    await withJob({ command, retry: twice }, async (job, run) => {
      expectFirst(run, why);
      expect(starts(job)).toHaveLength(1);
    }, { faults });
  });

  test.each(['undeliverable', 'accessDenied'] as const)('it is not delivered: %s', async (kind) => {
    const job = await LocalJob.open({ command, retry: twice }, {
      onEvent: (event) => {
        if (event.kind === 'history' && event.event.state === 'Wait to try again') {
          job.run.endpoint.setInstanceFault(INSTANCE_ID, { kind });
        }
      },
    });
    try {
      expectFirst(await job.toEnd(), /exit code 75\. Attempt 2 was not started on 1 instance: the command was not delivered: /);
      expect(starts(job)).toHaveLength(1);
    } finally {
      await job.close();
    }
  });
});

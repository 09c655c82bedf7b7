import { setTimeout } from 'node:timers/promises';
import { Duration, Stack } from 'aws-cdk-lib';
import { LocalJob, mail, reported } from './local-job';
import { BatchCommand, BatchJobHandlers, OverlapPolicy } from '../../src';
import { LocalRunResult } from '../../src/local/run/run-record';
import { RunResult } from '../../src/protocol';
import { eventually } from '../local/services/ssm/rig';
import { INSTANCE_ID, JobProps } from '../support/synth';

/** Waits pass a hundred times faster, and so do SSM's time-outs; the launcher's clock is the machine's. */
const WAITING: JobProps = {
  overlapPolicy: OverlapPolicy.WAIT,
  deliveryTimeout: Duration.days(2),
  executionTimeout: Duration.hours(24),
  overlapWait: Duration.hours(24),
  // The first run goes on until the test says so.
  command: BatchCommand.shell('echo begin >>log\nuntil [ -e go ]; do sleep 0.1; done\necho end >>log'),
};

let job: LocalJob;
afterEach(() => job.close());

const outcome = (run: LocalRunResult) => (run.output as RunResult | undefined)?.outcome;
const log = () => job.read(INSTANCE_ID, 'log');
const begun = () => eventually(async () => expect(log()).toBe('begin\n'));

/** Until the command of the latest run is on the instance, and has had the time to find the lock. */
async function waits(): Promise<void> {
  const [latest] = job.run.endpoint.commands();
  await eventually(async () => expect(latest.invocations[0].details).toBe('InProgress'));
  await setTimeout(2_000);
}

test('a run waits until the one before has ended; nobody is told', async () => {
  job = await LocalJob.open(WAITING);
  const first = job.start();
  await begun();
  const others = [job.start(), job.start()];
  await eventually(async () => expect(job.run.endpoint.commands()).toHaveLength(3));
  await waits();
  expect(log()).toBe('begin\n');
  job.write(INSTANCE_ID, 'go');
  const runs = await Promise.all([first, ...others].map(async ({ result }) => result));
  expect(runs.map(outcome)).toEqual(['Succeeded', 'Succeeded', 'Succeeded']);
  expect(runs.flatMap(({ notifications }) => notifications)).toEqual([]);
  expect(runs.flatMap(({ calls }) => calls).filter(({ allowed }) => !allowed)).toEqual([]);
  expect(log()).toBe('begin\nend\n'.repeat(3));
}, 60_000);

test('a run that has waited for too long is skipped, and told', async () => {
  job = await LocalJob.open({ ...WAITING, overlapWait: Duration.seconds(2) });
  const first = job.start();
  await begun();
  const second = await job.toEnd();
  expect(second).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Skipped', attempts: 0 } });
  expect(reported(second).cause).toBe('Another run of the job was still running on 1 instance after a wait of 2 s: nothing was started there.');
  expect(mail(second).replace(/\s+/g, ' ')).toContain('See how the run before ends, and start the job again');
  job.write(INSTANCE_ID, 'go');
  expect(outcome(await first.result)).toBe('Succeeded');
  expect(log()).toBe('begin\nend\n');
}, 60_000);

test('the wait takes nothing from the execution timeout, which the launcher keeps', async () => {
  job = await LocalJob.open({
    ...WAITING,
    executionTimeout: Duration.seconds(5),
    overlapWait: Duration.hours(47),
    command: BatchCommand.shell('echo begin >>log\nif [ ! -e go ]; then sleep 3; exit; fi\nsleep 600'),
  });
  const first = job.start();
  await begun();
  job.write(INSTANCE_ID, 'go');
  const second = await job.toEnd();
  expect(outcome(await first.result)).toBe('Succeeded');
  expect(log()).toBe('begin\nbegin\n');
  expect(second).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.TimedOut' });
  expect(mail(second)).toContain('stopped: the program ran for 5 seconds, its executionTimeout');
}, 60_000);

test('a run that is stopped while it waits has started nothing, and the one before goes on', async () => {
  job = await LocalJob.open(WAITING);
  const first = job.start();
  await begun();
  const second = job.start();
  await eventually(async () => expect(job.run.endpoint.commands()).toHaveLength(2));
  await waits();
  second.abort('Operator', 'no longer wanted');
  expect(await second.result).toMatchObject({ status: 'ABORTED' });
  expect(job.run.endpoint.commands()[0].invocations[0].details).toBe('Cancelled');
  job.write(INSTANCE_ID, 'go');
  expect(outcome(await first.result)).toBe('Succeeded');
  expect(log()).toBe('begin\nend\n');
}, 60_000);

test('a run that waits is not late, and the one that runs is, also with handlers that jobs share', async () => {
  let isLate = false;
  const props = (stack: Stack): JobProps => ({
    ...WAITING, handlers: new BatchJobHandlers(stack, 'Handlers'), longRunningAfter: Duration.seconds(1000), pollInterval: Duration.seconds(60),
  });
  job = await LocalJob.open(props, {
    onEvent: (event) => {
      isLate ||= event.kind === 'history' && event.event.state === 'Notify late';
    },
  });
  const first = job.start();
  await begun();
  const second = job.start();
  await eventually(async () => expect(isLate).toBe(true));
  // By now, the other one would be late as well.
  await setTimeout(5_000);
  expect(log()).toBe('begin\n');
  job.write(INSTANCE_ID, 'go');
  const runs = [await first.result, await second.result];
  expect(runs.map(outcome)).toEqual(['Succeeded', 'Succeeded']);
  expect(reported(runs[0])).toMatchObject({ outcome: 'Running' });
  expect(runs[1].notifications).toEqual([]);
  expect(runs.flatMap(({ calls }) => calls).filter(({ allowed }) => !allowed)).toEqual([]);
}, 60_000);

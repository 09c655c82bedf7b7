import { Duration } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LocalJob } from './local-job';
import { BatchCommand, JobParameter, OverlapPolicy } from '../../src';
import { LocalRunResult } from '../../src/local/run/run-record';
import { RunResult } from '../../src/protocol';
import { INSTANCE_ID, JobProps } from '../support/synth';

/** As the schedule starts it: a moment ago. A day is longer than any test, however fast waits pass. */
const nightly = (script: string, props: JobProps = {}): JobProps => ({
  command: BatchCommand.shell(script),
  parameters: { A: JobParameter.string({ default: 'x' }) },
  schedule: ScheduleExpression.rate(Duration.days(1)),
  scheduleOptions: { maxEventAge: Duration.days(1) },
  ...props,
});
const scheduled = (secondsAgo = 0) => ({ parameters: {}, scheduledTime: new Date(Date.now() - 1000 * secondsAgo).toISOString() });

let job: LocalJob;

afterEach(() => job.close());

const outcome = ({ output }: LocalRunResult) => (output as RunResult | undefined)?.outcome;
const told = ({ notifications }: LocalRunResult) => notifications.map(({ messages }) => JSON.parse(messages.default) as RunResult);

test('a failed run that is started again with its own input fails, is told, and says how to start it', async () => {
  job = await LocalJob.open(nightly('echo ran >>marks; exit 7'));
  const input = scheduled();
  await job.toEnd({ input });
  const again = await job.toEnd({ input });
  expect(again).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
  expect(again.cause).toMatch(/^This run had been started before on 1 instance: .* failed on 1 instance with exit code 7\. .* start it without scheduledTime/);
  expect(told(again)).toMatchObject([{ outcome: 'Failed', attempts: 0 }]);
  expect(again.notifications[0].messages.email).toContain('aws stepfunctions start-execution --state-machine-arn');
  expect(job.read(INSTANCE_ID, 'marks')).toBe('ran\n');

  const { scheduledTime, ...rest } = input;
  const byHand = await job.toEnd({ input: rest });
  expect(byHand.cause).toContain('exit code 7');
  expect(job.read(INSTANCE_ID, 'marks')).toBe('ran\nran\n');
});

test('one that has succeeded is skipped quietly where its schedule may deliver it twice', async () => {
  job = await LocalJob.open(nightly('echo ran >>marks'));
  const input = scheduled();
  expect(outcome(await job.toEnd({ input }))).toBe('Succeeded');
  const again = await job.toEnd({ input });
  expect(again).toMatchObject({ status: 'SUCCEEDED', notifications: [] });
  expect(outcome(again)).toBe('Skipped');
  expect(job.read(INSTANCE_ID, 'marks')).toBe('ran\n');
});

test('the same time in another spelling is the same run', async () => {
  job = await LocalJob.open(nightly('echo ran >>marks'));
  const time = new Date(Math.floor(Date.now() / 1000) * 1000);
  expect(outcome(await job.toEnd({ input: { scheduledTime: time.toISOString().replace('.000Z', 'Z') } }))).toBe('Succeeded');
  const inRome = `${new Date(time.getTime() + 3_600_000).toISOString().slice(0, 19)}+01:00`;
  expect(outcome(await job.toEnd({ input: { scheduledTime: inRome } }))).toBe('Skipped');
  expect(job.read(INSTANCE_ID, 'marks')).toBe('ran\n');
});

test('one that runs is skipped quietly; a genuine overlap of a scheduled job is told', async () => {
  job = await LocalJob.open(nightly('echo ran >>marks; until [ -e go ]; do sleep 0.05; done'));
  const input = scheduled();
  const first = job.start({ input });
  while (job.read(INSTANCE_ID, 'marks') === '') {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const duplicate = await job.toEnd({ input });
  expect([outcome(duplicate), told(duplicate)]).toEqual(['Skipped', []]);
  const overlap = await job.toEnd({ input: scheduled(60) });
  expect([overlap.status, outcome(overlap)]).toEqual(['SUCCEEDED', 'Skipped']);
  expect(told(overlap)).toMatchObject([{ outcome: 'Skipped', cause: expect.stringContaining('Another run of the job was still running') }]);
  job.write(INSTANCE_ID, 'go');
  expect(outcome(await first.result)).toBe('Succeeded');
  expect(job.read(INSTANCE_ID, 'marks')).toBe('ran\n');
});

test.each([
  ['to come', { scheduledTime: new Date(Date.now() + 86_400_000).toISOString() }, /scheduledTime must not be in the future/],
  ['long gone', { scheduledTime: '2020-01-01T02:00:00Z' }, /scheduledTime must not be further back .*"2020-01-01T02:00:00Z"/],
  ['of the schedule, copied', { scheduledTime: '<aws.scheduler.scheduled-time>' }, /scheduledTime must be a time in ISO 8601/],
])('a time %s is refused, told, and starts nothing', async (_, input, cause) => {
  job = await LocalJob.open(nightly('echo ran >>marks'));
  const run = await job.toEnd({ input });
  expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed', cause: expect.stringMatching(cause) });
  expect(told(run)).toHaveLength(1);
  expect(job.read(INSTANCE_ID, 'marks')).toBe('');
});

test('an input that asks for less is refused; numbers and booleans are taken', async () => {
  job = await LocalJob.open({
    command: BatchCommand.shell('echo "$DEPTH $DRY" >>marks'),
    parameters: { DEPTH: JobParameter.number({ default: 1 }), DRY: JobParameter.flag({ default: false }) },
    overlapPolicy: OverlapPolicy.ALLOW,
  });
  const narrowed = await job.toEnd({ input: { instanceIds: ['i-0123456789abcdef1'] } });
  expect(narrowed).toMatchObject({ status: 'FAILED', cause: expect.stringContaining('"instanceIds"') });
  expect(outcome(await job.toEnd({ input: { parameters: { DEPTH: 2.5, DRY: true } } }))).toBe('Succeeded');
  expect(job.read(INSTANCE_ID, 'marks')).toBe('2.5 true\n');
});

test('a run that was stopped is not started again by its input', async () => {
  job = await LocalJob.open(nightly('echo $$ >>marks; exec sleep 600'));
  const input = scheduled();
  const first = job.start({ input });
  while (job.read(INSTANCE_ID, 'marks') === '') {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  first.abort('Operator', 'the wrong night');
  await first.result;
  const again = await job.toEnd({ input });
  expect(again).toMatchObject({ status: 'FAILED', cause: expect.stringContaining('was cancelled on 1 instance') });
});

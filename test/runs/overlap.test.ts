import { CancelCommandCommand, GetCommandInvocationCommand, ListCommandsCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { Duration } from 'aws-cdk-lib';
import { LocalJob, mail, reported } from './local-job';
import { BatchCommand, JobParameter, Outcome, OverlapPolicy } from '../../src';
import { LocalRunResult } from '../../src/local/run/run-record';
import { RunResult } from '../../src/protocol';
import { eventually, isAlive } from '../local/services/ssm/rig';
import { INSTANCE_ID, JobProps } from '../support/synth';

/** Rounds of the proof. `OVERLAP_ROUNDS=20` is what the project promises; each takes about ten seconds on two cores. */
const ROUNDS = Number(process.env.OVERLAP_ROUNDS ?? 1);
const RUNS = 50;

/** Long enough for a slow machine: waits pass a hundred times faster, and so do time-outs. */
const PATIENT: JobProps = { deliveryTimeout: Duration.days(2), executionTimeout: Duration.hours(48) };

let job: LocalJob;
afterEach(() => job.close());

const outcome = (run: LocalRunResult) => (run.output as RunResult | undefined)?.outcome;

/** Until the program of a run has written its process ID. */
async function program(file: string = 'pid'): Promise<number> {
  await eventually(async () => expect(Number(job.read(INSTANCE_ID, file))).toBeGreaterThan(0));
  return Number(job.read(INSTANCE_ID, file));
}

test(`of ${RUNS} executions at once, ${ROUNDS} times, no two run the program at the same time`, async () => {
  job = await LocalJob.open({
    ...PATIENT,
    overlapPolicy: OverlapPolicy.SKIP,
    command: BatchCommand.shell('begin=$(date +%s%N); sleep 0.5; echo "$begin $(date +%s%N)" >>intervals'),
  });
  let succeeded = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    const runs = await Promise.all(Array.from({ length: RUNS }, async () => job.toEnd()));
    const outcomes = runs.map(outcome);
    expect(runs.filter(({ status }) => status !== 'SUCCEEDED')).toEqual([]);
    expect(runs.flatMap(({ notifications }) => notifications)).toEqual([]);
    expect(new Set(outcomes)).toEqual(new Set(['Succeeded', 'Skipped']));

    const intervals = job.read(INSTANCE_ID, 'intervals').trim().split('\n').map((line) => line.split(' ').map(BigInt));
    intervals.sort(([a], [b]) => a < b ? -1 : 1);
    const overlaps = intervals.filter(([begin], i) => i > 0 && begin <= intervals[i - 1][1]);
    expect(overlaps).toEqual([]);
    succeeded += outcomes.filter((candidate) => candidate === 'Succeeded').length;
    expect(intervals).toHaveLength(succeeded);
  }
}, 60_000 * ROUNDS);

test('a run that is skipped says why, where that is asked for', async () => {
  job = await LocalJob.open({
    ...PATIENT,
    overlapPolicy: OverlapPolicy.SKIP,
    notifyOn: [Outcome.SKIPPED],
    command: BatchCommand.shell('echo $$ >pid; exec sleep 600'),
  });
  const first = job.start();
  await program();
  const second = await job.toEnd();
  expect(second).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Skipped', attempts: 0, instances: { skipped: 1 } } });
  expect(reported(second).cause).toBe('Another run of the job was still running on 1 instance: nothing was started there.');
  expect(second.notifications[0].subject).toBe('Job: was skipped: another run was still running');
  expect(mail(second)).toContain('Nothing, if the run before may take that long');
  first.abort();
  await first.result;
});

test('the orphan of a killed execution fails the next run, which names it; without it the lock is free at once', async () => {
  job = await LocalJob.open({
    ...PATIENT,
    overlapPolicy: OverlapPolicy.SKIP,
    command: BatchCommand.shell([
      'if [ -e pid ]; then exit 0; fi',
      'setsid sh -c \'echo $$ >pid; exec sleep 600 >/dev/null 2>&1\' &',
      'wait',
    ].join('\n')),
  });
  const first = job.start();
  const orphan = await program();
  first.abort('Operator', 'stopped');
  expect(await first.result).toMatchObject({ status: 'ABORTED' });
  const [command] = job.run.endpoint.commands();
  await job.operator().send(new CancelCommandCommand({ CommandId: command.commandId }));
  await eventually(async () => expect(command.invocations[0].details).toBe('Cancelled'));
  expect(isAlive(orphan)).toBe(true);

  const second = await job.toEnd();
  expect(second).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
  expect(reported(second).cause).toContain(`process ${orphan} (sleep), since `);
  expect(mail(second)).toContain('is held by what another run has left behind: run ');
  process.kill(orphan, 'SIGKILL');
  expect(outcome(await job.toEnd())).toBe('Succeeded');
});

test.each([
  ['too late', { RunId: ['late'], Variables: ['DIR=Lw=='], StartBefore: ['1795226400'] }, 'not started: too late: it had to begin before 2026-11-21T02:00:00Z'],
  ['a definition that knows nothing of DIR', { RunId: ['old'] }, 'not started: the run has no value for parameter DIR\n'],
  ['by hand without values', {}, 'not started: the run has no value for parameter DIR, Variables takes NAME=base64'],
])('a command starts nothing: %s', async (_, Parameters, words) => {
  job = await LocalJob.open({ command: BatchCommand.shell('echo ran >log'), parameters: { DIR: JobParameter.string({ default: '/' }) } });
  expect(outcome(await job.toEnd())).toBe('Succeeded');
  const [{ DocumentName }] = (await job.operator().send(new ListCommandsCommand({}))).Commands!;
  job.write(INSTANCE_ID, 'log', '');
  const { Command } = await job.operator().send(new SendCommandCommand({ DocumentName, InstanceIds: [INSTANCE_ID], Parameters }));
  const read = async () => job.operator().send(new GetCommandInvocationCommand({ CommandId: Command!.CommandId, InstanceId: INSTANCE_ID }));
  await eventually(async () => expect(await read()).toMatchObject({ StatusDetails: 'Failed', ResponseCode: 215 }));
  expect((await read()).StandardErrorContent).toContain(words);
  expect(job.read(INSTANCE_ID, 'log')).toBe('');
});

describe('a run that cancels the one that is running', () => {
  const cancelling: JobProps = {
    ...PATIENT,
    overlapPolicy: OverlapPolicy.CANCEL_RUNNING,
    command: BatchCommand.shell('if [ -e pid ]; then echo second >>log; exit 0; fi\necho $$ >pid\nexec sleep 600'),
  };

  test('starts once its program is gone, and the other run reports that it was cancelled', async () => {
    job = await LocalJob.open(cancelling);
    const first = job.start();
    const pid = await program();
    const second = await job.toEnd();
    expect(outcome(second)).toBe('Succeeded');
    expect(second.calls.map(({ action, allowed }) => [action, allowed])).toContainEqual(['ssm:CancelCommand', true]);
    expect(job.read(INSTANCE_ID, 'log')).toBe('second\n');
    await eventually(async () => expect(isAlive(pid)).toBe(false));

    const cancelled = await first.result;
    expect(cancelled).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Cancelled' });
    expect(mail(cancelled).replace(/\s+/g, ' ')).toContain('A later run of the job cancels the one that is running');
  });

  test('does not cancel its own run: a schedule may deliver one time twice', async () => {
    job = await LocalJob.open({ ...cancelling, command: BatchCommand.shell('echo $$ >pid\nuntil [ -e go ]; do sleep 0.05; done') });
    const input = { scheduledTime: new Date().toISOString() };
    const first = job.start({ input });
    await program();
    const second = await job.toEnd({ input });
    expect(second).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Skipped' } });
    expect((second.output as RunResult).cause).toContain('This run had been started before');
    job.write(INSTANCE_ID, 'go');
    expect(outcome(await first.result)).toBe('Succeeded');
  });

  test('does not cancel a later run for a time that is delivered once more', async () => {
    job = await LocalJob.open({ ...cancelling, command: BatchCommand.shell('if [ -e earlier ]; then echo $$ >pid; until [ -e go ]; do sleep 0.05; done; fi\n: >earlier') });
    const earlier = { scheduledTime: new Date(Date.now() - 900_000).toISOString() };
    expect(outcome(await job.toEnd({ input: earlier }))).toBe('Succeeded');
    const later = job.start({ input: { scheduledTime: new Date().toISOString() } });
    await program();
    expect(outcome(await job.toEnd({ input: earlier }))).toBe('Skipped');
    job.write(INSTANCE_ID, 'go');
    expect(outcome(await later.result)).toBe('Succeeded');
  });
});

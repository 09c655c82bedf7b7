import { Duration } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { LocalJob, mail, reported, runOnce } from './local-job';
import { BatchCommand, JobParameter, Outcome, OverlapPolicy } from '../../src';
import { LocalRunResult } from '../../src/local/run/run-record';
import { RunResult } from '../../src/protocol';
import { eventually } from '../local/services/ssm/rig';
import { INSTANCE_ID } from '../support/synth';

const CHECK = { check: true };

let job: LocalJob;
afterEach(() => job.close());

const result = (run: LocalRunResult) => run.output as unknown as RunResult;

test('a check does everything but the program, and spends nothing: the run afterwards starts', async () => {
  job = await LocalJob.open({
    command: BatchCommand.shell('echo "$DAY" >>started', { workingDirectory: '/tmp', failOnOutput: ['^ORA-'], requireOutput: ['^Done'] }),
    parameters: { DAY: JobParameter.string({ default: 'today' }) },
    overlapPolicy: OverlapPolicy.SKIP,
    notifyOn: [Outcome.SUCCEEDED, Outcome.FAILED],
  });
  const run = await job.toEnd({ input: CHECK });
  expect(run).toMatchObject({ status: 'SUCCEEDED', output: { check: true, outcome: 'Succeeded', attempts: 0 } });
  expect(mail(run)).toMatch(/^Job check succeeded on 1 instance\.\n/);
  expect(job.records()).toEqual([]);
  expect(job.logged().filter((line) => line.includes('"trigger":"Check"'))).toHaveLength(1);
});

test('a check that fails says why, once, whatever is to be tried again', async () => {
  job = await LocalJob.open({
    command: BatchCommand.shell('touch started', { workingDirectory: '/opt/no-such-app' }),
    retry: { maxAttempts: 3 },
  });
  const run = await job.toEnd({ input: CHECK });
  expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
  expect(run.commands).toHaveLength(1);
  expect(reported(run)).toMatchObject({ check: true, outcome: 'Failed', exitCode: 215, attempts: 0 });
  expect(run.notifications[0].subject).toBe('Job: check failed on 1 instance');
  expect(mail(run).replace(/\s+/g, ' ')).toContain('exit code 215 (not started: cannot enter folder /opt/no-such-app)');
  expect(job.read(INSTANCE_ID, 'started')).toBe('');
});

test('next to a program that runs, a check succeeds; the program goes on, and no lock is left', async () => {
  job = await LocalJob.open({ command: BatchCommand.shell('echo >running; until [ -e end ]; do sleep 0.1; done'), overlapPolicy: OverlapPolicy.CANCEL_RUNNING });
  const first = job.start();
  await eventually(async () => expect(job.read(INSTANCE_ID, 'running')).toBe('\n'));
  expect(result(await job.toEnd({ input: CHECK }))).toMatchObject({ check: true, outcome: 'Succeeded' });
  job.write(INSTANCE_ID, 'end');
  expect(await first.result).toMatchObject({ status: 'SUCCEEDED', output: { check: false } });
  expect(result(await job.toEnd())).toMatchObject({ check: false, outcome: 'Succeeded', attempts: 1 });
});

test('a check of a scheduled time is refused: it would spend it', async () => {
  job = await LocalJob.open({ command: BatchCommand.shell('true') });
  const late = await job.toEnd({ input: { ...CHECK, scheduledTime: '2026-01-31T02:00:00Z' } });
  expect(late.cause).toContain('scheduledTime must not be there with check');
  expect(late.commands).toEqual([]);
  expect(reported(late)).toMatchObject({ check: true });
});

test('a document of somebody else cannot be checked', async () => {
  job = await LocalJob.open({ command: BatchCommand.shell('true') });
  const run = await runOnce({ command: BatchCommand.document('AWS-RunShellScript', { parameters: { commands: ['touch started'] } }) }, { input: CHECK });
  expect(run.cause).toContain('check must not be true for a job of BatchCommand.document');
  expect(run.commands).toEqual([]);
});

test('a check that succeeds with warnings is reported, where nobody is told of other successes', async () => {
  job = await LocalJob.open({
    command: BatchCommand.shell('touch started'),
    schedule: ScheduleExpression.rate(Duration.days(1)),
    scheduleOptions: { checkSchedule: ScheduleExpression.rate(Duration.days(1)) },
    notificationTargets: [new EmailSubscription('ops@example.com'), new EmailSubscription('night@example.invalid')],
  });
  const run = await job.toEnd({ input: CHECK });
  expect(run).toMatchObject({ status: 'SUCCEEDED', output: { check: true, warnings: [expect.stringContaining('night@example.invalid is not confirmed')] } });
  expect(run.notifications[0].subject).toBe('Job: check succeeded on 1 instance, with 1 warning');
  expect(mail(run)).toContain('\nWarnings\n  - The email subscription night@example.invalid');
  expect(job.read(INSTANCE_ID, 'started')).toBe('');
  // A run is none of it.
  expect(await job.toEnd()).toMatchObject({ status: 'SUCCEEDED', notifications: [], output: { check: false, warnings: [] } });
});

import { CancelCommandCommand } from '@aws-sdk/client-ssm';
import { Duration } from 'aws-cdk-lib';
import { LocalJob, mail, reported, runOnce } from './local-job';
import { BatchCommand, CommandTarget, JobParameter, Outcome } from '../../src';
import { eventually, isAlive } from '../local/services/ssm/rig';
import { INSTANCE_ID } from '../support/synth';

const [FIRST, SECOND, THIRD] = ['i-00000000000000001', 'i-00000000000000002', 'i-00000000000000003'];

const shell = (script: string, options = {}) => ({ command: BatchCommand.shell(script, options) });

describe('one instance', () => {
  test('a program that succeeds: the execution succeeds, its output is the result, nobody is told', async () => {
    const run = await runOnce(shell('echo done'));
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        outcome: 'Succeeded',
        job: 'Job',
        execution: run.executionArn,
        runId: run.executionName,
        commandIds: [run.commands[0].commandId],
        attempts: 1,
        exitCode: 0,
        cause: '',
        instances: { total: 1, succeeded: 1, running: 0 },
        failures: [],
      },
      notifications: [],
    });
    expect(run.calls.filter(({ allowed }) => !allowed)).toEqual([]);
  });

  test('a success is reported where that was asked for', async () => {
    const run = await runOnce({ ...shell('echo done'), notifyOn: [Outcome.SUCCEEDED] });
    expect(run.status).toBe('SUCCEEDED');
    expect(reported(run)).toEqual(run.output);
    expect(run.notifications[0].attributes).toEqual({ job: 'Job', outcome: 'Succeeded' });
  });

  test('an exit code fails the execution, and the mail has it with the last lines of the output', async () => {
    const run = await runOnce(shell('echo "read 12 invoices"\necho "invoice 13 is broken" >&2\nexit 3'));
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
    expect(run.cause).toContain(`${INSTANCE_ID}, exit code 3`);
    expect(reported(run)).toMatchObject({
      outcome: 'Failed',
      exitCode: 3,
      instances: { total: 1, failed: 1 },
      failures: [{ instanceId: INSTANCE_ID, outcome: 'Failed', exitCode: 3, stdout: 'read 12 invoices' }],
    });
    expect(run.notifications[0].subject).toBe('Job: failed on 1 instance');
    expect(mail(run)).toContain('| invoice 13 is broken');
  });

  test('a handler that cannot be invoked: the workflow itself reports, with all that is known of the job', async () => {
    const about = { description: 'Bills all customers', owner: 'Billing "night" team', runbookUrl: 'https://wiki.example.com/billing' };
    const run = await runOnce({ ...shell('echo done'), ...about }, {
      faults: [{ operation: 'Invoke', target: 'SendCommand', kind: 'accessDenied' }],
    });
    const [, , , region, account] = run.executionArn.split(':');
    expect(run.notifications[0].subject).toBe('Job: the workflow failed');
    expect(reported(run)).toMatchObject({
      outcome: 'Failed',
      description: 'Bills all customers',
      owner: 'Billing "night" team',
      account,
      region,
      links: { runbook: 'https://wiki.example.com/billing' },
    });
  });

  test('a script that could not be started: cause and mail say why', async () => {
    const run = await runOnce(shell('echo done', { workingDirectory: '/no/such folder' }));
    expect(run.cause).toMatch(/exit code 215 \(not started: cannot enter folder \/no\/such folder\)/);
    expect(mail(run).replace(/\s+/g, ' ')).toContain('exit code 215 (not started: cannot enter folder /no/such folder)');
  });

  test('a command that fails in the middle of a script is not masked by the last one', async () => {
    expect(await runOnce(shell('false\necho done'))).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
    expect(await runOnce(shell('false\necho done', { failFast: false }))).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('an exit code that means "finished with warnings" is a success', async () => {
    const run = await runOnce(shell('exit 4', { successExitCodes: [0, 4] }));
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Succeeded', exitCode: 4 } });
  });

  test('an exit code of 0 is a failure where it is not among those that mean success', async () => {
    expect(await runOnce(shell('exit 0', { successExitCodes: [4] }))).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
  });

  test('a program that takes too long is stopped and times out', async () => {
    const job = await LocalJob.open({ ...shell('echo $$ >pid\nsleep 600'), executionTimeout: Duration.minutes(5) });
    try {
      const run = await job.toEnd();
      expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.TimedOut' });
      expect(reported(run)).toMatchObject({ instances: { timedOut: 1 }, failures: [{ status: 'ExecutionTimedOut' }] });
      const pid = Number(job.read(INSTANCE_ID, 'pid'));
      expect(pid).toBeGreaterThan(0);
      await eventually(async () => expect(isAlive(pid)).toBe(false));
    } finally {
      await job.close();
    }
  });

  test('the last lines of a long output come from CloudWatch Logs, because SSM returns the first ones', async () => {
    const run = await runOnce(shell('i=0; while [ $i -lt 3000 ]; do echo "line $i of the output"; i=$((i + 1)); done; exit 1'));
    expect(reported(run).failures[0].stdout).toMatch(/line 2998 of the output\nline 2999 of the output$/);
  });

  test('without a log group the mail says that the last lines are not known', async () => {
    const run = await runOnce({
      ...shell('i=0; while [ $i -lt 3000 ]; do echo "line $i of the output"; i=$((i + 1)); done; exit 1'),
      cloudWatchOutput: false,
    });
    expect(reported(run).failures[0].stdout).not.toContain('line 2999');
    expect(mail(run)).toMatch(/24,000 characters/);
  });
});

describe('servers that do not run the program', () => {
  test('an instance that cannot be reached', async () => {
    const run = await runOnce(shell('echo done'), { instances: [{ instanceId: INSTANCE_ID, fault: { kind: 'undeliverable' } }] });
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Undelivered' });
    expect(reported(run)).toMatchObject({ exitCode: -1, failures: [{ status: 'Undeliverable', exitCode: -1 }] });
  });

  test('an instance that never answers: the run ends after the time-outs', async () => {
    const run = await runOnce(
      { ...shell('echo done'), deliveryTimeout: Duration.seconds(30), executionTimeout: Duration.seconds(60) },
      { instances: [{ instanceId: INSTANCE_ID, fault: { kind: 'neverAnswers' } }] },
    );
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Undelivered' });
  });

  test('a command that an operator cancels', async () => {
    const job = await LocalJob.open(shell('sleep 600'));
    try {
      const execution = job.start();
      while (job.run.endpoint.commands()[0]?.invocations[0]?.details !== 'InProgress') {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await job.operator().send(new CancelCommandCommand({ CommandId: job.run.endpoint.commands()[0].commandId }));
      const run = await execution.result;
      expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Cancelled' });
      expect(reported(run)).toMatchObject({ instances: { cancelled: 1 } });
    } finally {
      await job.close();
    }
  });
});

describe('several instances', () => {
  test('one of three fails: the run fails, and names it', async () => {
    const run = await runOnce({ instanceIds: [FIRST, SECOND, THIRD], ...shell(`case $PWD in *${SECOND}*) exit 5;; esac`) });
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
    expect(reported(run)).toMatchObject({
      exitCode: 5,
      instances: { total: 3, succeeded: 2, failed: 1 },
      failures: [{ instanceId: SECOND, exitCode: 5 }],
    });
    expect(run.notifications[0].subject).toBe('Job: failed on 1 of 3 instances');
  });

  test('SSM calls the command a success although one instance was not reached; the job does not', async () => {
    const run = await runOnce({ instanceIds: [FIRST, SECOND], ...shell('echo done') }, {
      instances: [{ instanceId: SECOND, fault: { kind: 'undeliverable' } }],
    });
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Undelivered' });
    expect(reported(run).instances).toMatchObject({ total: 2, succeeded: 1, undelivered: 1 });
  });

  test('more than 50: several commands, each instance runs once', async () => {
    const ids = Array.from({ length: 120 }, (_, i) => `i-${String(i).padStart(17, '0')}`);
    const job = await LocalJob.open({ instanceIds: ids, ...shell('echo ran >>marks') });
    try {
      const run = await job.toEnd();
      expect(run).toMatchObject({ status: 'SUCCEEDED', output: { instances: { total: 120, succeeded: 120 } } });
      expect(run.commands.map(({ instances }) => Object.keys(instances).length)).toEqual([50, 50, 20]);
      expect(ids.filter((id) => job.read(id, 'marks') !== 'ran\n')).toEqual([]);
    } finally {
      await job.close();
    }
  });

  test('servers found by tag', async () => {
    const run = await runOnce(
      { instanceIds: undefined, targets: [CommandTarget.tag('Role', 'crawler')], ...shell('echo done') }, {
        instances: [{ instanceId: FIRST, tags: { Role: 'crawler' } }, { instanceId: SECOND, tags: { Role: 'web' } }],
      });
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { instances: { total: 1, succeeded: 1 } } });
    expect(Object.keys(run.commands[0].instances)).toEqual([FIRST]);
  });

  test('no server has the tag: a failure that says so', async () => {
    const run = await runOnce(
      { instanceIds: undefined, targets: [CommandTarget.tag('Role', 'crawler')], ...shell('echo done') }, { targets: 0 });
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Undelivered' });
    expect(run.cause).toContain('tag:Role=crawler');
  });
});

describe('an SSM document that exists', () => {
  test('it gets its parameters, and those of the job', async () => {
    const run = await runOnce({
      command: BatchCommand.document('AWS-RunShellScript', { parameters: { commands: ['exit 7'] }, successExitCodes: [7] }),
    });
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { exitCode: 7 } });
  });
});

describe('the same scheduled time delivered twice', () => {
  test('the program runs once, and the second execution is skipped', async () => {
    const job = await LocalJob.open({ ...shell('echo ran >>marks'), parameters: { A: JobParameter.string({ default: 'x' }) } });
    try {
      const input = { parameters: {}, scheduledTime: new Date().toISOString() };
      const runs = await Promise.all([job.toEnd({ input }), job.toEnd({ input })]);
      expect(runs.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
      expect(runs.map(({ output }) => (output as { outcome: string }).outcome).sort()).toEqual(['Skipped', 'Succeeded']);
      expect(job.read(INSTANCE_ID, 'marks')).toBe('ran\n');
    } finally {
      await job.close();
    }
  });
});

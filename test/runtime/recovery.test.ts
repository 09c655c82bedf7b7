import type { DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import { EXECUTION, FIRST, invocation, job, run, statusRequest } from './samples';
import { world } from './world';
import { JobSettings, Outcome, Status } from '../../src/protocol';
import { poll } from '../../src/runtime/poll';

const MINUTE = 60_000;
const NOW = Date.parse('2026-03-01T03:00:00.000Z');

interface Before extends Partial<DescribeExecutionOutput> {
  /** How long ago it ended; none where it runs. */
  readonly minutes?: number;
}

const failed = (minutes: number, error = 'CotsBatchJob.TimedOut', cause = 'SSM reports a time-out.'): Before => ({ minutes, status: 'FAILED', error, cause });
const succeeded = (minutes: number, outcome = 'Succeeded', more: object = {}): Before =>
  ({ minutes, status: 'SUCCEEDED', output: JSON.stringify({ outcome, ...more }) });

const arnOf = (i: number) => EXECUTION.replace(/[^:]+$/, `before-${i}`);

/** A poll that finds that the program has succeeded, or ended otherwise, in a job of which these executions are listed. */
async function polled(
  before: Before[], settings: Partial<JobSettings> = {}, details = 'Success', states: object = {}, overrides: object = {},
): Promise<{ status: Status; described: string[]; lines: string[] }> {
  const described: string[] = [];
  const lines: string[] = [];
  const executions = before.map(({ minutes, ...execution }, i) => ({
    executionArn: arnOf(i),
    startDate: new Date(NOW - (minutes ?? 0) * MINUTE - 30 * MINUTE),
    stopDate: minutes === undefined ? undefined : new Date(NOW - minutes * MINUTE),
    status: 'RUNNING',
    input: '{}',
    ...execution,
  }) as DescribeExecutionOutput);
  const own = { executionArn: EXECUTION, startDate: new Date(NOW), status: 'RUNNING' as const, stateMachineArn: '', name: '' };
  const status = await poll(statusRequest({ job: job({ notifyOnRecovery: true, ...settings }), ...overrides }), world({
    ssm: { invocations: async () => [invocation(FIRST, details, details === 'Success' ? 0 : 3)] },
    states: {
      list: async () => [own, ...executions.map((execution) => ({ ...execution, name: '', stateMachineArn: '' }))] as never,
      describe: async (arn) => (described.push(arn), executions.find(({ executionArn }) => executionArn === arn)!),
      ...states,
    },
    log: (line) => void lines.push(line),
  }));
  return { status, described, lines };
}

test('a success after a failure is a recovery, and says what failed and when', async () => {
  const { status } = await polled([failed(60)]);
  expect(status).toMatchObject({ outcome: Outcome.SUCCEEDED, isRecovery: true, error: '', cause: '', result: { cause: '', recoveredFrom: arnOf(0) } });
  expect(status.notification.subject).toBe('Batch job NightlyIndex: succeeded again on 1 instance');
  expect(status.notification.text.replace(/\n(?! )/g, ' ')).toContain('NightlyIndex succeeded again on 1 instance.  The run before it, from '
    + '2026-03-01 01:30:00 UTC to 2026-03-01 02:00:00 UTC, ended as TimedOut. SSM reports a time-out.  Started');
  expect(status.notification.text).toMatch(/\nFailed run https:\/\/eu-west-1\S+:before-0\n/);
});

test.each<[string, Before]>([
  ['was stopped', { minutes: 60, status: 'ABORTED', error: 'x', cause: 'secret' }],
  ['was ended by the time-out of its execution', { minutes: 60, status: 'TIMED_OUT' }],
  ['ended with a fault of its workflow', failed(60, 'States.Runtime', 'secret')],
])('so is one after a run that %s: the words of others are not quoted', async (words, before) => {
  const { status } = await polled([before]);
  expect(status.isRecovery).toBe(true);
  expect(status.notification.text.replace(/\n/g, ' ')).toContain(`, ${words}.  Started`);
});

test('nor is a cause that may have words of the program, where nothing of it is to be quoted', async () => {
  const { status } = await polled([failed(60)], { quoteOutput: false });
  expect(status.notification.text.replace(/\n/g, ' ')).toContain('ended as TimedOut.  Started');
});

test.each<[string, Before[], boolean]>([
  ['the run before has succeeded, and one before that has failed', [succeeded(30), failed(60)], false],
  ['a run that was skipped, and one whose calendar was closed, are passed over', [succeeded(10, 'Skipped'), succeeded(20, 'NotDue'), failed(60)], true],
  ['so are checks, whatever came of them', [{ ...failed(10), input: '{"check":true}' }, succeeded(20, 'Succeeded', { check: true }), failed(60)], true],
  ['a check that failed is no failure', [{ ...failed(10), input: '{"check":true}' }, succeeded(60)], false],
  ['the last to end counts, not the last to start', [succeeded(50), { ...failed(5), startDate: new Date(NOW - 120 * MINUTE) }], true],
  ['a run that goes on says nothing', [{}, failed(60)], true],
  ['there is no earlier run', [], false],
  ['of 25 runs, none says anything', [...Array.from({ length: 25 }, (_, i) => succeeded(i + 1, 'Skipped')), failed(60)], false],
])('%s', async (_, before, isRecovery) => {
  const { status, described } = await polled(before);
  expect(status).toMatchObject({ outcome: Outcome.SUCCEEDED, isRecovery, result: { recoveredFrom: isRecovery ? expect.any(String) : '' } });
  expect(described.length).toBeLessThanOrEqual(25);
});

test('nobody is asked in a job without notifyOnRecovery, about a run that failed, or about a check', async () => {
  for (const [settings, details, overrides] of [[{ notifyOnRecovery: undefined }, 'Success', {}], [{}, 'Failed', {}], [{}, 'Success', { run: run({ check: true }) }]] as const) {
    const { status, described } = await polled([failed(60)], settings, details, {}, overrides);
    expect([status.isRecovery, described]).toEqual([false, []]);
  }
});

test.each(['list', 'describe'])('where Step Functions does not answer (%s), the run succeeds as usual, and the log says so', async (call) => {
  const { status, lines } = await polled([failed(60)], {}, 'Success', { [call]: async () => { throw new Error('AccessDenied'); } });
  expect(status).toMatchObject({ outcome: Outcome.SUCCEEDED, isRecovery: false, notification: { subject: 'Batch job NightlyIndex: succeeded on 1 instance' } });
  expect(lines).toContain('not known whether the run before has failed');
});

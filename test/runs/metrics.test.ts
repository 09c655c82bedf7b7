import { Duration } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LocalJob } from './local-job';
import { BatchCommand } from '../../src';
import { LocalRunOptions, StartOptions } from '../../src/local/run/local-run';
import { eventually } from '../local/services/ssm/rig';
import { JobProps } from '../support/synth';

/** What is recorded of one run, and how it ended. */
async function record(props: JobProps, options: LocalRunOptions & StartOptions & { readonly abort?: boolean } = {}) {
  const { abort, ...others } = options;
  const job = await LocalJob.open(props, others);
  try {
    const execution = job.start(others);
    if (abort) {
      await eventually(async () => expect(job.run.endpoint.commands()[0]?.invocations[0]?.details).toBe('InProgress'));
      execution.abort();
    }
    const { status } = await execution.result;
    return { status, records: job.records(), logged: job.logged() };
  } finally {
    await job.close();
  }
}

const schedule = ScheduleExpression.rate(Duration.days(1));
const now = () => new Date().toISOString().replace(/\.\d+Z/, 'Z');

describe('one record of each run, by the handler that ends it', () => {
  test.each<[string, JobProps, LocalRunOptions & StartOptions & { readonly abort?: boolean }, string, object]>([
    ['that succeeds', { command: BatchCommand.shell('true') }, {}, 'SUCCEEDED', { outcome: 'Succeeded', Succeeded: 1 }],
    [
      'of a scheduled time that succeeds', { schedule, command: BatchCommand.shell('true') }, { input: { scheduledTime: now() } }, 'SUCCEEDED',
      { outcome: 'Succeeded', Succeeded: 1, ScheduledSucceeded: 1 },
    ],
    ['that fails', { command: BatchCommand.shell('exit 9') }, {}, 'FAILED', { outcome: 'Failed', Failed: 1 }],
    [
      'that fails in all its attempts', { command: BatchCommand.shell('exit 9'), retry: { maxAttempts: 2, interval: Duration.seconds(1) } }, {}, 'FAILED',
      { outcome: 'Failed', Failed: 1 },
    ],
    [
      'that takes too long', { command: BatchCommand.shell('sleep 600'), executionTimeout: Duration.seconds(60) }, {}, 'FAILED',
      { outcome: 'TimedOut', TimedOut: 1 },
    ],
    [
      'that is refused before it has begun', { command: BatchCommand.shell('true') }, { input: { parameters: { NONE: 'x' } } }, 'FAILED',
      { outcome: 'Failed', Failed: 1 },
    ],
    ['that is stopped', { command: BatchCommand.shell('sleep 600') }, { abort: true }, 'ABORTED', { outcome: 'Cancelled', Cancelled: 1 }],
    [
      'that is stopped, and EventBridge says so twice', { command: BatchCommand.shell('sleep 600') }, { abort: true, faults: [{ operation: 'Deliver', kind: 'twice' }] },
      'ABORTED', { outcome: 'Cancelled', Cancelled: 1 },
    ],
  ])('%s', async (_what, props, options, status, expected) => {
    const ended = await record(props, options);
    expect(ended).toMatchObject({ status, records: [expected] });
    expect(ended.records).toHaveLength(1);
    expect(ended.records[0].StateMachineArn).toMatch(/:stateMachine:/);
  });
});

test('handlers log JSON, a line for each event, and nothing else: no warning of what they are made of', async () => {
  const { logged } = await record({ command: BatchCommand.shell('exit 9') });

  expect(logged.filter((line) => !/^\{.*\}$/.test(line))).toEqual([]);
  const handlers = new Set(logged.map((line) => JSON.parse(line)).map(({ handler }) => handler));
  expect(handlers).toEqual(new Set(['SendCommand send', 'GetStatus', 'CloseRun', undefined]));
});

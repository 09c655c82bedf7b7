import {
  CommandInvocation, DescribeInstanceInformationCommand, GetCommandInvocationCommand, ListCommandsCommand, SendCommandCommand,
} from '@aws-sdk/client-ssm';
import { Duration } from 'aws-cdk-lib';
import { runWorkflow, WorkflowResult } from './workflow';
import { CommandTarget, JobParameter } from '../../src';
import { MAX_HISTORY_EVENTS, MAX_STATE_BYTES } from '../../src/local/history';
import { GRACE_SECONDS, Outcome } from '../../src/runtime/protocol';
import { forget, listed, ssm } from '../runtime/look';
import { COMMAND, ids, invocation } from '../runtime/samples';
import { INSTANCE_ID, JobProps, synth } from '../synth';

const HOUR = 3600;
const DELIVERY = 600;

const jobOf = (hours: number, props: JobProps = {}) =>
  synth({ deliveryTimeout: Duration.seconds(DELIVERY), executionTimeout: Duration.hours(hours), ...props });
const longest = (hours: number) => DELIVERY + hours * HOUR + GRACE_SECONDS;

/** How many events of Get status there are of a type. */
const count = ({ history }: WorkflowResult, end: string) =>
  history.filter(({ type, state }) => type.endsWith(end) && state === 'Get status').length;
const looks = (run: WorkflowResult) => count(run, 'StateExited');
const attempts = (run: WorkflowResult) => count(run, 'Scheduled');

beforeEach(() => {
  forget();
  ssm.on(SendCommandCommand).resolves({ Command: { CommandId: COMMAND } });
  ssm.on(DescribeInstanceInformationCommand).resolves({
    InstanceInformationList: [{ InstanceId: INSTANCE_ID, PingStatus: 'Online' }],
  });
});

afterEach(() => jest.restoreAllMocks());

describe('48 hours at the shortest poll interval', () => {
  const job = jobOf(48, { pollInterval: Duration.seconds(1) });

  test('have fewer than 25,000 events, and an end', async () => {
    listed([invocation(INSTANCE_ID, 'InProgress')]);
    const run = await runWorkflow(job);
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Unresponsive' });
    expect(run.durationSeconds).toBe(longest(48));
    expect(looks(run)).toBeGreaterThan(1900);
    expect(run.historyEventCount).toBeLessThan(MAX_HISTORY_EVENTS);
    expect(run.published).toHaveLength(1);
  });

  test.each([1, 2, 3, 4])('also where each look fails first, %i times', async (times) => {
    listed([invocation(INSTANCE_ID, 'InProgress')]);
    let invocations = 0;
    const run = await runWorkflow(job, () => ++invocations % (times + 1) !== 0);
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Unresponsive' });
    expect(attempts(run)).toBe((times + 1) * looks(run));
    expect(run.historyEventCount).toBeLessThan(MAX_HISTORY_EVENTS);
    expect(run.durationSeconds).toBeLessThanOrEqual(longest(48) + GRACE_SECONDS);
  });
});

describe('a status handler that fails', () => {
  const since = 300;

  test('for an hour: the watch goes on afterwards, and the run ends as its program does', async () => {
    listed([invocation(INSTANCE_ID, 'InProgress')]);
    const run = await runWorkflow(jobOf(6), (seconds) => {
      if (seconds > since + HOUR) {
        listed([invocation(INSTANCE_ID, 'Success', 0)]);
      }
      return seconds > since && seconds < since + HOUR;
    });
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { outcome: Outcome.SUCCEEDED } });
    expect(run.durationSeconds).toBeGreaterThan(since + HOUR);
  });

  test('for ever: the run ends within its time-outs, and is told', async () => {
    const run = await runWorkflow(jobOf(6), () => true);
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
    expect(run.durationSeconds).toBeLessThan(longest(6));
    expect(run.cause).toContain('is unknown');
    expect(run.published).toHaveLength(1);
  });
});

describe('noise', () => {
  const noise = '"\u754c\\\t\n'.repeat(4800);
  const failed = (id: string): CommandInvocation => invocation(id, 'Failed', 1);

  function expectSmall(run: WorkflowResult, total: number): void {
    const [{ Message: message }] = run.published;
    expect(JSON.parse(message.default).instances).toMatchObject({ total, failed: total });
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
    expect(run.largestStateBytes).toBeLessThan(MAX_STATE_BYTES);
    expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(MAX_STATE_BYTES);
  }

  beforeEach(() => {
    ssm.on(GetCommandInvocationCommand).resolves({ StandardOutputContent: noise, StandardErrorContent: noise });
  });

  test('of 10,000 servers that a tag finds', async () => {
    const all = ids(10_000);
    listed(all.map(failed));
    ssm.on(ListCommandsCommand).resolves({ Commands: [{ CommandId: COMMAND, Status: 'Failed', TargetCount: all.length }] });
    expectSmall(await runWorkflow(jobOf(1, { instanceIds: undefined, targets: [CommandTarget.tag('Role', 'crawler')] })), all.length);
  });

  test('of 500 servers that are named, the most there can be', async () => {
    const all = ids(500);
    listed(all.map(failed));
    expectSmall(await runWorkflow(jobOf(1, { instanceIds: all })), all.length);
  });

  test('of a job whose settings are as large as they may be', async () => {
    const parameters = { SITE: JobParameter.string({ default: 'a', allowedValues: ['a', 'b'.repeat(51_000)] }) };
    const all = ids(500);
    listed(all.map(failed));
    const job = jobOf(1, { instanceIds: all, parameters });
    expect(JSON.stringify(job.settings).length).toBeGreaterThan(60_000);
    expectSmall(await runWorkflow(job), all.length);
  });
});

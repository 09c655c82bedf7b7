import {
  CommandInvocation, DescribeInstanceInformationCommand, GetCommandInvocationCommand, ListCommandInvocationsCommand, ListCommandsCommand,
  SendCommandCommand,
} from '@aws-sdk/client-ssm';
import { Duration } from 'aws-cdk-lib';
import { runWorkflow, WorkflowResult } from './workflow';
import { CommandTarget, JobParameter } from '../../src';
import { MAX_HISTORY_EVENTS, MAX_STATE_BYTES } from '../../src/local/services/states/history';
import { GRACE_SECONDS, Outcome } from '../../src/protocol';
import { forget, listed, ssm } from '../runtime/poll-once';
import { COMMAND, ids, invocation, SENT } from '../runtime/samples';
import { INSTANCE_ID, JobProps, synth } from '../support/synth';

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
    // After three retries, a poll begins anew.
    expect(attempts(run)).toBe((times + 1) * (times > 3 ? looks(run) / 2 : looks(run)));
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

  test.each([40, 59])('for %i minutes, and for as long again after every single poll that does not fail: 48 hours have fewer than 25,000 events', async (minutes) => {
    listed([invocation(INSTANCE_ID, 'InProgress')]);
    let last = 0;
    const run = await runWorkflow(jobOf(48, { pollInterval: Duration.seconds(1) }), (seconds) => {
      const fails = seconds < last + 60 * minutes;
      last = fails ? last : seconds;
      return fails;
    });
    expect(run.status).toBe('FAILED');
    expect(run.historyEventCount).toBeLessThan(MAX_HISTORY_EVENTS);
    expect(run.durationSeconds).toBeGreaterThanOrEqual(longest(48));
    expect(run.durationSeconds).toBeLessThanOrEqual(longest(48) + 2 * GRACE_SECONDS);
  });

  const brief = () => synth({ deliveryTimeout: Duration.seconds(30), executionTimeout: Duration.seconds(60) });

  test.each([5, 30, 60, 200, 360, 385, 389, 390])('for good from second %i on: the run ends by itself, before its state machine does', async (second) => {
    listed([invocation(INSTANCE_ID, 'InProgress')]);
    const job = brief();
    const run = await runWorkflow(job, (seconds) => seconds >= second);
    expect(run.status).toBe('FAILED');
    expect(run.error).toMatch(/^CotsBatchJob\.(Failed|Unresponsive)$/);
    expect(run.durationSeconds).toBeLessThanOrEqual(390 + 2 * GRACE_SECONDS);
    expect(run.durationSeconds).toBeLessThan(job.definition.TimeoutSeconds!);
    expect(run.published).toHaveLength(1);
  });

  test('for ever: the run ends within its time-outs, and is told', async () => {
    const run = await runWorkflow(jobOf(6), () => true);
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
    expect(run.durationSeconds).toBeLessThan(longest(6));
    expect(run.cause).toContain('is unknown');
    expect(run.published).toHaveLength(1);
  });
});

describe('one odd answer', () => {
  /** Lists the program as it is, but for the polls that are odd. */
  function answers(isOdd: (poll: number) => boolean, odd: object, hasEnded: () => boolean): void {
    let polls = 0;
    ssm.on(ListCommandInvocationsCommand).callsFake(() => isOdd(++polls) ? odd
      : { CommandInvocations: [hasEnded() ? invocation(INSTANCE_ID, 'Success', 0) : invocation(INSTANCE_ID, 'InProgress')] });
  }

  test.each([{}, { CommandInvocations: [] }])('%j, to any single poll of a run of six hours: it ends as its program does', async (odd) => {
    for (const ordinal of [1, 5, 10, 15, 25, 40]) {
      let hasEnded = false;
      answers((poll) => poll === ordinal, odd, () => hasEnded);
      const run = await runWorkflow(jobOf(6), (seconds) => {
        hasEnded = seconds > 5 * HOUR;
        return false;
      });
      expect(run.status).toBe('SUCCEEDED');
    }
  });

  test('to every second poll of 48 hours: fewer than 25,000 events', async () => {
    answers((poll) => poll % 2 === 0, {}, () => false);
    const run = await runWorkflow(jobOf(48, { pollInterval: Duration.seconds(1) }));
    expect(run.error).toBe('CotsBatchJob.Unresponsive');
    expect(run.durationSeconds).toBeGreaterThanOrEqual(longest(48));
    expect(run.historyEventCount).toBeLessThan(MAX_HISTORY_EVENTS);
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
    ssm.on(ListCommandsCommand).resolves({ Commands: [{ CommandId: COMMAND, ...SENT, Status: 'Failed', TargetCount: all.length }] });
    expectSmall(await runWorkflow(jobOf(1, { instanceIds: undefined, targets: [CommandTarget.tag('Role', 'crawler')] })), all.length);
  });

  test('of 500 servers that are named, the most there can be', async () => {
    const all = ids(500);
    listed(all.map(failed));
    expectSmall(await runWorkflow(jobOf(1, { instanceIds: all })), all.length);
  });

  test('of a job whose settings are as large as they may be', async () => {
    // Each value has room in a command; all of them make the settings large.
    const values = Array.from({ length: 51 }, (_, i) => `${'b'.repeat(1_000)}${i}`);
    const parameters = { SITE: JobParameter.string({ default: values[0], allowedValues: values }) };
    const all = ids(500);
    listed(all.map(failed));
    const job = jobOf(1, { instanceIds: all, parameters });
    expect(JSON.stringify(job.settings).length).toBeGreaterThan(60_000);
    expectSmall(await runWorkflow(job), all.length);
  });
});

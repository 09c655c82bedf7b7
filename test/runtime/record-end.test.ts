import { ListCommandInvocationsCommand } from '@aws-sdk/client-ssm';
import { listed, ssm } from './poll-once';
import { EXECUTION, FIRST, invocation, NAME, run, sendRequest, statusRequest } from './samples';
import { again, earlier, forgetStarts, given, nightly, TIME } from './started-before';
import { Outcome } from '../../src/protocol';
import { handler as getStatus } from '../../src/runtime/get-status.lambda';
import { handler as sendCommand } from '../../src/runtime/send-command.lambda';

let metrics: string[];

beforeEach(() => {
  forgetStarts();
  metrics = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => Boolean(metrics.push(String(line))));
});

afterEach(() => jest.restoreAllMocks());

const counted = () => metrics.map((line) => JSON.parse(line));
const look = (scheduledTime?: string, words: [string, number] = ['Success', 0]) => {
  listed([invocation(FIRST, ...words)]);
  return getStatus(statusRequest({ job: nightly(), run: run({ scheduledTime }) }));
};

test('a run that was skipped, as one line that CloudWatch reads', async () => {
  await look(undefined, ['Failed', 212]);
  expect(metrics).toEqual([expect.stringMatching(/^\{"_aws":.*\}\n$/)]);
  expect(counted()).toEqual([{
    _aws: {
      Timestamp: expect.any(Number),
      CloudWatchMetrics: [{ Namespace: 'CotsBatchJob', Dimensions: [['StateMachineArn']], Metrics: [{ Name: 'Skipped', Unit: 'Count' }] }],
    },
    StateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:NightlyIndex',
    executionId: EXECUTION,
    runId: NAME,
    job: 'NightlyIndex',
    outcome: 'Skipped',
    exitCode: 212,
    attempts: 0,
    trigger: 'Start',
    Skipped: 1,
  }]);
});

test('a run that failed, with what there is to measure of it; it took as long as from its start to this poll', async () => {
  listed([invocation(FIRST, 'Failed', 7)]);
  const { result } = await getStatus(statusRequest({ job: nightly(), run: run({ scheduledTime: TIME }) }));
  expect(result.durationSeconds).toBeGreaterThan(0);
  expect(counted()).toMatchObject([{ outcome: 'Failed', exitCode: 7, attempts: 1, trigger: 'Schedule', Duration: result.durationSeconds }]);
  expect(counted()[0]._aws.CloudWatchMetrics[0].Metrics).toEqual([{ Name: 'Failed', Unit: 'Count' }, { Name: 'Duration', Unit: 'Seconds' }]);
});

test('a duplicate, too', async () => {
  given([earlier('InProgress')]);
  await again(5);
  expect(counted()).toMatchObject([{ Skipped: 1 }]);
});

const namesOf = (line: { _aws: { CloudWatchMetrics: { Metrics: { Name: string }[] }[] } }) =>
  line._aws.CloudWatchMetrics[0].Metrics.map(({ Name }) => Name);

test('a run by its outcome, once, when it has ended; a success of a scheduled time as such, too', async () => {
  await look(TIME, ['InProgress', -1]);
  expect(metrics).toEqual([]);
  await look();
  await look(TIME, ['ExecutionTimedOut', -1]);
  await look(TIME);
  expect(counted().map(namesOf)).toEqual([['Succeeded', 'Duration'], ['TimedOut', 'Duration'], ['Succeeded', 'ScheduledSucceeded', 'Duration']]);
  expect(counted().at(-1)).toMatchObject({ outcome: 'Succeeded', Succeeded: 1, ScheduledSucceeded: 1 });
});

test('a run that ends before it has begun, by the handler that starts it', async () => {
  const refused = await sendCommand(sendRequest({ job: nightly(), input: { parameters: { NONE: 'x' } } }));
  expect(refused.outcome).toBe('Failed');
  await sendCommand(sendRequest({ job: nightly() }));
  expect(counted()).toMatchObject([{ outcome: 'Failed', Failed: 1, executionId: EXECUTION }]);
});

test('no attempt that another one follows', async () => {
  const retry = { maxAttempts: 2, intervalSeconds: 1, backoffRate: 1, maxDelaySeconds: 1, outcomes: [Outcome.FAILED], exitCodes: [] };
  listed([invocation(FIRST, 'Failed', 1)]);
  const status = await getStatus(statusRequest({ job: nightly({ retry }) }));
  expect(status.outcome).toBe('Retrying');
  expect(metrics).toEqual([]);
});

test('a rerun that is refused is no skip', async () => {
  given([earlier('Failed')], [invocation(FIRST, 'Failed', 7)]);
  await again(60);
  expect(counted()).toMatchObject([{ outcome: 'Failed', Failed: 1 }]);
  expect(ssm.commandCalls(ListCommandInvocationsCommand)).toHaveLength(1);
});

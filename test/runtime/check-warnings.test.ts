import { ListSubscriptionsByTopicCommand, SNSClient, Subscription } from '@aws-sdk/client-sns';
import { DescribeInstanceInformationCommand, ListCommandsCommand } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { forget, lines, listed, ssm } from './poll-once';
import { COMMAND, FIRST, ids, invocation, job, run, SENT, statusRequest } from './samples';
import { JobSettings, Outcome } from '../../src/protocol';
import { handler } from '../../src/runtime/get-status.lambda';

const sns = mockClient(SNSClient);

beforeEach(() => {
  forget();
  sns.reset();
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  subscribed({ SubscriptionArn: 'arn:aws:sns:us-east-1:123456789012:Topic:1', Protocol: 'email', Endpoint: 'ops@example.com' });
  agents('3.3.987.0');
});
afterEach(() => jest.restoreAllMocks());

function subscribed(...Subscriptions: Subscription[]): void {
  sns.on(ListSubscriptionsByTopicCommand).resolves({ Subscriptions });
}

function agents(...versions: (string | undefined)[]): void {
  ssm.on(DescribeInstanceInformationCommand).resolves({
    InstanceInformationList: versions.map((AgentVersion, i) => ({ InstanceId: ids(versions.length)[i], AgentVersion })),
  });
}

const check = async (settings: Partial<JobSettings> = {}, words: [string, number] = ['Success', 0], isCheck = true) => {
  listed([invocation(FIRST, ...words)]);
  return handler(statusRequest({ job: job({ checkWarnings: true, ...settings }), run: run({ check: isCheck }) }));
};
const pending = (Endpoint: string): Subscription => ({ SubscriptionArn: 'PendingConfirmation', Protocol: 'email', Endpoint });

test('there is nothing to warn of', async () => {
  expect(await check()).toMatchObject({ outcome: Outcome.SUCCEEDED, isWarning: false, result: { warnings: [] } });
  expect(sns.commandCalls(ListSubscriptionsByTopicCommand)[0].args[0].input).toMatchObject({ TopicArn: job().notificationTopicArn });
});

test('a subscription that nobody has confirmed, on any page', async () => {
  sns.on(ListSubscriptionsByTopicCommand, { NextToken: undefined }).resolves({ Subscriptions: [], NextToken: 'more' });
  sns.on(ListSubscriptionsByTopicCommand, { NextToken: 'more' }).resolves({ Subscriptions: [pending('night@example.com')] });
  const { outcome, isWarning, result, notification } = await check();
  expect([outcome, isWarning, result.cause]).toEqual([Outcome.SUCCEEDED, true, '']);
  expect(result.warnings).toEqual([expect.stringContaining('The email subscription night@example.com is not confirmed')]);
  expect(notification.subject).toBe('Batch job NightlyIndex: check succeeded on 1 instance, with 1 warning');
  expect(notification.text).toContain('\n\nWarnings\n  - The email subscription night@example.com is not confirmed');
});

test.each([
  ['2.3.1319.0', true], ['3.0.222.0', true], ['3.0.283.9', true], ['3.0.284.0', false], ['3.0.1124.0', false], ['3.3.40.0', false], ['10.0.0.0', false],
  ['4', false], ['3', true], ['', false], ['unknown', false], [undefined, false],
])('an agent of version %j is warned of: %s', async (version, isWarned) => {
  agents(version);
  const { result } = await check();
  expect(result.warnings).toEqual(isWarned ? [expect.stringContaining(`The SSM agent of ${FIRST} is ${version}, and older than 3.0.284.0`)] : []);
});

test('of many only a few, in a mail that somebody reads', async () => {
  agents(...Array.from({ length: 9 }, () => '2.0.0.0'));
  const { result } = await check();
  expect(result.warnings).toHaveLength(6);
  expect(result.warnings.at(-1)).toBe('There are 4 more such warnings');
});

test('a check that fails has them, too', async () => {
  subscribed(pending('ops@example.com'));
  const status = await check({}, ['Failed', 215]);
  expect(status).toMatchObject({ outcome: Outcome.FAILED, isWarning: false, result: { warnings: [expect.any(String)] } });
});

test('a service that does not answer fails no check, and is no warning; what the other one says still is', async () => {
  sns.on(ListSubscriptionsByTopicCommand).rejects(new Error('AuthorizationError'));
  agents('2.0.0.0');
  expect((await check()).result.warnings).toEqual([expect.stringContaining('SSM agent')]);
  expect(lines.join('\n')).toContain('AuthorizationError');

  subscribed(pending('ops@example.com'));
  ssm.on(DescribeInstanceInformationCommand).rejects(new Error('Throttled'));
  expect(await check()).toMatchObject({ outcome: Outcome.SUCCEEDED, isWarning: true, result: { warnings: [expect.stringContaining('ops@example.com')] } });
});

test.each<[string, Partial<JobSettings>, boolean]>([
  ['a run', {}, false],
  ['a check of a job that has not asked for it', { checkWarnings: undefined }, true],
])('%s asks nobody', async (_, settings, isCheck) => {
  subscribed(pending('ops@example.com'));
  expect(await check(settings, ['Success', 0], isCheck)).toMatchObject({ isWarning: false, result: { warnings: [] } });
  expect(sns.calls()).toEqual([]);
  expect(ssm.commandCalls(DescribeInstanceInformationCommand)).toEqual([]);
});

test('a fleet is asked for in parts of 50', async () => {
  const fleet = ids(120);
  listed(fleet.map((id) => invocation(id, 'Success', 0)));
  ssm.on(ListCommandsCommand).resolves({ Commands: [{ CommandId: COMMAND, ...SENT, Status: 'Success', TargetCount: 120, CompletedCount: 120 }] });
  await handler(statusRequest({
    job: job({ checkWarnings: true, instanceIds: [], targets: [{ key: 'tag:Role', values: ['x'] }] }), run: run({ check: true }), now: '2026-03-01T04:00:00.000Z',
  }));
  const asked = ssm.commandCalls(DescribeInstanceInformationCommand).flatMap(({ args }) => [args[0].input.Filters?.[0].Values ?? []]);
  expect(asked.map(({ length }) => length)).toEqual([50, 50, 20]);
});

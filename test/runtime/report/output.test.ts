import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetCommandInvocationCommand, InvocationDoesNotExist } from '@aws-sdk/client-ssm';
import { Outcome } from '../../../src/protocol';
import { forget, logs, look, ssm } from '../poll-once';
import { after, COMMAND, FIRST, ids, invocation, plugin, SECOND } from '../samples';

beforeEach(forget);
afterEach(() => jest.restoreAllMocks());

const failed = [invocation(FIRST, 'Failed', 1)];

test('the last lines of both streams', async () => {
  const status = await look(failed);
  expect(status.result.failures).toEqual([expect.objectContaining({ stdout: 'out', stderr: 'err', logs: '' })]);
  expect(ssm.commandCalls(GetCommandInvocationCommand)[0].args[0].input)
    .toEqual({ CommandId: COMMAND, InstanceId: FIRST, PluginName: undefined });
});

test('none are asked for where SSM never started the program', async () => {
  const settings = { instanceIds: [FIRST, SECOND], logGroupName: '/jobs' };
  const status = await look([invocation(FIRST, 'Failed', 1), invocation(SECOND, 'Terminated', -1)], settings);
  expect(status.result.failures.map(({ logs: page }) => page !== '')).toEqual([true, false]);
  expect(ssm.commandCalls(GetCommandInvocationCommand).map(({ args }) => args[0].input.InstanceId)).toEqual([FIRST]);
});

test('of the step that failed, where there are several', async () => {
  await look([invocation(FIRST, 'Failed', 1, { CommandPlugins: [plugin('Success', 0, 'fetch'), plugin('Failed', 1, 'index')] })]);
  expect(ssm.commandCalls(GetCommandInvocationCommand)[0].args[0].input).toMatchObject({ PluginName: 'index' });
});

test.each([
  ['as many characters as SSM keeps', 'x'.repeat(8000)],
  ['as many bytes', '界'.repeat(2700)],
  ['the agent\'s remark', 'x\n--output truncated--'],
  ['the other remark', 'x\n---Error truncated----'],
])('the true end is read from the log stream where SSM has %s', async (_, stderr) => {
  ssm.on(GetCommandInvocationCommand).resolves({ StandardOutputContent: 'short', StandardErrorContent: stderr });
  logs.on(GetLogEventsCommand).resolvesOnce({ events: [], nextBackwardToken: 'b/1' })
    .resolvesOnce({ events: [{ message: 'first\nsecond' }, { message: 'third\n' }] });
  const status = await look(
    [invocation(FIRST, 'Failed', 1, { CommandPlugins: [plugin('Failed', 1, 'aws:run*it')] })],
    { logGroupName: '/jobs' },
  );
  expect(status.result.failures[0]).toMatchObject({ stdout: 'short', stderr: 'first\nsecond\nthird' });
  expect(status.result.failures[0].logs).toContain('/cloudwatch/home');
  expect(logs.commandCalls(GetLogEventsCommand).map(({ args }) => args[0].input)).toEqual([undefined, 'b/1'].map((nextToken) => ({
    logGroupName: '/jobs',
    logStreamName: `${COMMAND}/${FIRST}/aws-run-it/stderr`,
    limit: 50,
    startFromHead: false,
    nextToken,
  })));
});

test('without a log group the end of the beginning is given, and called that', async () => {
  ssm.on(GetCommandInvocationCommand).resolves({ StandardOutputContent: `${'x'.repeat(23_995)}\nend` + 'y'.repeat(10) });
  const [{ stdout }] = (await look(failed)).result.failures;
  expect(stdout).toBe('[SSM keeps the first 24,000 characters, this is their end, not the output\'s]\nendyyyyyyyyyy');
});

test('a log stream that cannot be read is said to be so', async () => {
  ssm.on(GetCommandInvocationCommand).resolves({ StandardErrorContent: 'e'.repeat(8000) });
  logs.on(GetLogEventsCommand).rejects(Object.assign(new Error('no rights'), { name: 'AccessDeniedException' }));
  const [{ stderr }] = (await look(failed, { logGroupName: '/jobs' })).result.failures;
  expect(stderr.split('\n')[0]).toBe('[SSM keeps the first 8,000 characters, this is their end, not the output\'s; '
    + 'its log stream could not be read: AccessDeniedException: no rights]');
});

test('of a program that may still run, what it has written so far', async () => {
  ssm.on(GetCommandInvocationCommand).resolves({ StandardOutputContent: '', StandardErrorContent: '' });
  logs.on(GetLogEventsCommand, { logStreamName: `${COMMAND}/${FIRST}/run/stdout` }).resolves({ events: [{ message: 'page 7' }] });
  logs.on(GetLogEventsCommand, { logStreamName: `${COMMAND}/${FIRST}/run/stderr` }).resolves({ events: [] });
  const status = await look([invocation(FIRST, 'InProgress')], { logGroupName: '/jobs' }, { now: after(4500) });
  expect(status.result.failures[0]).toMatchObject({ stdout: 'page 7', stderr: '' });
});

test.each([
  ['nothing of it', ''],
  ['the agent\'s words', 'document process failed unexpectedly: exit status 2'],
])('of a program that the agent has lost, what was uploaded before: SSM has %s', async (_, stderr) => {
  ssm.on(GetCommandInvocationCommand).resolves({ StandardOutputContent: '', StandardErrorContent: stderr });
  logs.on(GetLogEventsCommand, { logStreamName: `${COMMAND}/${FIRST}/run/stdout` }).resolves({ events: [{ message: 'page 7' }] });
  logs.on(GetLogEventsCommand, { logStreamName: `${COMMAND}/${FIRST}/run/stderr` }).resolves({ events: [{ message: 'slow' }] });
  const lost = { ...plugin('Failed', 1), Output: 'document process failed unexpectedly: exit status 2' };
  const status = await look([invocation(FIRST, 'Failed', 1, { CommandPlugins: [lost] })], { logGroupName: '/jobs' });
  expect(status.result.failures[0]).toMatchObject({ outcome: Outcome.UNRESPONSIVE, stdout: 'page 7', stderr: 'slow' });
  expect(status.notification.text).toContain('  | page 7');
});

test('where nothing was uploaded, the agent\'s words', async () => {
  ssm.on(GetCommandInvocationCommand).resolves({ StandardErrorContent: 'document process failed unexpectedly: exit status 2' });
  logs.on(GetLogEventsCommand).resolves({ events: [] });
  const lost = { ...plugin('Failed', 1), Output: 'document process failed unexpectedly: exit status 2' };
  for (const logGroupName of ['/jobs', undefined]) {
    const status = await look([invocation(FIRST, 'Failed', 1, { CommandPlugins: [lost] })], { logGroupName });
    expect(status.result.failures[0]).toMatchObject({ stdout: '', stderr: 'document process failed unexpectedly: exit status 2' });
  }
});

test('what a program prints as the agent does where it cuts: nothing is said to be missing', async () => {
  ssm.on(GetCommandInvocationCommand).resolves({ StandardErrorContent: 'x\n---Error truncated----' });
  expect((await look(failed)).result.failures[0].stderr).toBe('x\n---Error truncated----');
});

test('an error while reading it is told in its place and changes no judgement', async () => {
  ssm.on(GetCommandInvocationCommand).rejects(new InvocationDoesNotExist({ message: 'gone', $metadata: {} }));
  const status = await look(failed);
  expect(status.outcome).toBe(Outcome.FAILED);
  expect(status.result.failures[0].stderr).toBe('[this output could not be read: InvocationDoesNotExist: gone]');
});

test('of five failures at most', async () => {
  const all = ids(9);
  const status = await look(all.map((id) => invocation(id, 'Failed', 1)), { instanceIds: all });
  expect(status.result.failures).toHaveLength(5);
  expect(ssm.commandCalls(GetCommandInvocationCommand)).toHaveLength(5);
  expect(status.notification.text).toContain('... and 4 more instances.');
});

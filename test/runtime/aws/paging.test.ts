import { GetExecutionHistoryCommand, HistoryEvent, SFNClient } from '@aws-sdk/client-sfn';
import { DescribeInstanceInformationCommand, ListCommandInvocationsCommand, ListCommandsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { allPages } from '../../../src/runtime/aws/paging';
import { Ssm } from '../../../src/runtime/aws/ssm';
import { States } from '../../../src/runtime/aws/states';
import { COMMAND, EXECUTION, FIRST, invocation } from '../samples';

const ssm = mockClient(SSMClient);
const stepFunctions = mockClient(SFNClient);

beforeEach(() => {
  ssm.reset();
  stepFunctions.reset();
});

test('a page that is empty is not the end of a listing', async () => {
  const pages = new Map([[undefined, { items: [1], nextToken: 'a' }], ['a', { nextToken: 'b' }], ['b', { items: [2, 3], nextToken: '' }]]);
  expect(await allPages('List', async (token) => pages.get(token as 'a' | undefined)!)).toEqual([1, 2, 3]);
});

test.each([
  ['the same token every time', ['a', 'a', 'a']],
  ['two tokens in turn', ['a', 'b', 'a', 'b']],
])('%s: an error that names the operation', async (_, tokens) => {
  let calls = 0;
  const listing = allPages('ListThings', async () => ({ items: [1], nextToken: tokens[calls++ % tokens.length] }));
  await expect(listing).rejects.toThrow(/^ListThings does not end: the token of its page \d leads back/);
  expect(calls).toBeLessThanOrEqual(3);
});

test('a new token for ever: an error after 500 pages', async () => {
  let calls = 0;
  await expect(allPages('ListThings', async () => ({ items: [], nextToken: `${calls++}` }))).rejects.toThrow('ListThings does not end: it has more than 500 pages');
  expect(calls).toBe(500);
});

test.each<[string, () => Promise<unknown>]>([
  ['ListCommands', () => new Ssm().commands([])],
  ['ListCommands', () => new Ssm().command(COMMAND)],
  ['ListCommandInvocations', () => new Ssm().invocations(COMMAND)],
  ['DescribeInstanceInformation', () => new Ssm().agents([FIRST])],
  ['GetExecutionHistory', () => new States().history(EXECUTION, 200, true)],
])('%s is one of them', async (operation, read) => {
  ssm.on(ListCommandsCommand).resolves({ Commands: [], NextToken: 'same' });
  ssm.on(ListCommandInvocationsCommand).resolves({ CommandInvocations: [invocation(FIRST, 'Success', 0)], NextToken: 'same' });
  ssm.on(DescribeInstanceInformationCommand).resolves({ InstanceInformationList: [], NextToken: 'same' });
  stepFunctions.on(GetExecutionHistoryCommand).resolves({ events: [{ id: 1 } as HistoryEvent], nextToken: 'same' });
  await expect(read()).rejects.toThrow(`${operation} does not end`);
  expect([...ssm.calls(), ...stepFunctions.calls()]).toHaveLength(2);
});

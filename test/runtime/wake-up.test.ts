import { ConditionalCheckFailedException, DynamoDBClient, ProvisionedThroughputExceededException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { InvalidToken, SendTaskSuccessCommand, SFNClient, TaskDoesNotExist, TaskTimedOut } from '@aws-sdk/client-sfn';
import { ListCommandsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { COMMAND, EXECUTION, NAME } from './samples';
import { comment, readComment, runKey } from '../../src/runtime/command-input';
import { handler } from '../../src/runtime/wake-up.lambda';

const ssm = mockClient(SSMClient);
const dynamodb = mockClient(DynamoDBClient);
const states = mockClient(SFNClient);

const RUN = { id: NAME };
const event = { 'command-id': COMMAND, 'status': 'Success' };

beforeEach(() => {
  [ssm, dynamodb, states].forEach((mock) => mock.reset());
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
  process.env.WAITS_TABLE = 'Waits';
  ssm.on(ListCommandsCommand).resolves({ Commands: [{ CommandId: COMMAND, Comment: comment(RUN, EXECUTION, 0, 1) }] });
  dynamodb.on(UpdateItemCommand).resolves({ Attributes: { Token: { S: 'the token' } } });
  states.on(SendTaskSuccessCommand).resolves({});
});
afterEach(() => jest.restoreAllMocks());

const noted = () => dynamodb.commandCalls(UpdateItemCommand).map(({ args }) => args[0].input);
const ended = () => states.commandCalls(SendTaskSuccessCommand).map(({ args }) => args[0].input);

test('the event is noted for the run of its command, its wait is ended, and the note taken back', async () => {
  await handler(event);
  const Key = { Run: { S: runKey(RUN, EXECUTION) } };
  expect(noted()).toMatchObject([
    { TableName: 'Waits', Key, ReturnValues: 'ALL_NEW' },
    { TableName: 'Waits', Key, UpdateExpression: 'REMOVE #woken', ConditionExpression: '#woken = :woken' },
  ]);
  expect(noted()[1].ExpressionAttributeValues![':woken']).toEqual(noted()[0].ExpressionAttributeValues![':woken']);
  expect(noted()[0].ConditionExpression).toBeUndefined();
  expect(noted()[0].ExpressionAttributeValues![':woken'].S).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(ended()).toEqual([{ taskToken: 'the token', output: '{}' }]);
});

test('a run that has not waited yet: the note is enough', async () => {
  dynamodb.on(UpdateItemCommand).resolves({ Attributes: {} });
  await handler(event);
  expect(noted()).toHaveLength(1);
  expect(ended()).toEqual([]);
});

test.each([
  ['a command of somebody else', { CommandId: COMMAND, Comment: 'Patch Tuesday' }],
  ['a command without a comment', { CommandId: COMMAND }],
  ['another command', { CommandId: 'other', Comment: comment(RUN, EXECUTION, 0, 1) }],
])('%s wakes nobody up', async (_, command) => {
  ssm.on(ListCommandsCommand).resolves({ Commands: [command] });
  await handler(event);
  expect(noted()).toEqual([]);
  expect(ended()).toEqual([]);
});

test.each([
  ['timed out', new TaskTimedOut({ message: '', $metadata: {} })],
  ['gone with its execution', new TaskDoesNotExist({ message: '', $metadata: {} })],
  ['of an earlier wait', new InvalidToken({ message: '', $metadata: {} })],
])('a token that is %s is no error: the workflow looks anyhow', async (_, error) => {
  states.on(SendTaskSuccessCommand).rejects(error);
  await handler(event);
  expect(ended()).toHaveLength(1);
});

test.each([
  ['a later event has left another note', new ConditionalCheckFailedException({ message: '', $metadata: {} })],
  ['the table throttles', new ProvisionedThroughputExceededException({ message: '', $metadata: {} })],
])('a note that cannot be taken back costs one poll, and is no error: %s', async (_, error) => {
  dynamodb.on(UpdateItemCommand, { UpdateExpression: 'REMOVE #woken' }).rejects(error);
  await handler(event);
  expect(ended()).toHaveLength(1);
});

test('a table that throttles is an error: Lambda tries again', async () => {
  dynamodb.on(UpdateItemCommand).rejects(new ProvisionedThroughputExceededException({ message: '', $metadata: {} }));
  await expect(handler(event)).rejects.toThrow();
  expect(ended()).toEqual([]);
});

test('a comment is read back, however long the run\'s ID', () => {
  for (const id of [NAME, 'x'.repeat(100), 'a 1/2 0123456789ab']) {
    expect(readComment(comment({ id }, EXECUTION, 3, 12))).toBe(runKey({ id }, EXECUTION));
  }
  for (const text of ['', 'nightly', '1/1 0123456789ab', 'x 1/1 0123456789AB', 'x 1/1 0123456789ab ']) {
    expect(readComment(text)).toBeUndefined();
  }
});

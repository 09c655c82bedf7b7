import {
  DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand, UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { ScaledClock } from '../../../src/local/aws/clock';
import { CloudAssembly } from '../../../src/local/app/cloud-assembly';
import { DynamoDbService } from '../../../src/local/dynamodb/dynamodb-service';
import { Tables } from '../../../src/local/dynamodb/tables';
import { Dispatch } from '../../../src/local/aws/dispatch';
import { Endpoint } from '../../../src/local/aws/endpoint';
import { Fault, FaultTable } from '../../../src/local/aws/faults';
import { removeFolders, synthesize } from '../run/synthesized-app';

const TABLE = 'waits';
const ARN = 'arn:aws:dynamodb:us-east-1:123456789012:table/waits';

let endpoint: Endpoint;
let client: DynamoDBClient;
let asked: object[];

const app = () => synthesize({
  App: {
    Resources: {
      Waits: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          TableName: TABLE,
          KeySchema: [{ AttributeName: 'Run', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'Run', AttributeType: 'S' }],
          BillingMode: 'PAY_PER_REQUEST',
          TimeToLiveSpecification: { AttributeName: 'Expires', Enabled: true },
        },
      },
      Other: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          KeySchema: [{ AttributeName: 'a', KeyType: 'HASH' }, { AttributeName: 'b', KeyType: 'RANGE' }],
          AttributeDefinitions: [{ AttributeName: 'a', AttributeType: 'S' }, { AttributeName: 'b', AttributeType: 'N' }],
        },
      },
    },
  },
});

async function start(faults: Fault[] = []): Promise<void> {
  const clock = new ScaledClock();
  asked = [];
  endpoint = await Endpoint.start(new Dispatch({
    clock,
    faults: new FaultTable(faults),
    services: [new DynamoDbService(new Tables({ assembly: CloudAssembly.read(app()) }))],
    authorize: ({ action, resources }) => void asked.push({ action, resources: resources.map(({ arn }) => arn) }),
  }));
  client = new DynamoDBClient({
    endpoint: endpoint.url, region: 'us-east-1', credentials: { accessKeyId: 'KEY', secretAccessKey: 'none' }, maxAttempts: 1,
  });
}

afterEach(async () => {
  client.destroy();
  await endpoint.close();
});
afterAll(removeFolders);

const Key = { Run: { S: 'run-1' } };
const get = async () => (await client.send(new GetItemCommand({ TableName: TABLE, Key, ConsistentRead: true }))).Item;
const update = async (input: Partial<UpdateItemCommandInput> = {}) => client.send(new UpdateItemCommand({
  TableName: TABLE,
  Key,
  UpdateExpression: 'SET #token = :token, #expires = :expires',
  ConditionExpression: 'attribute_not_exists(#woken) OR #woken < :since',
  ExpressionAttributeNames: { '#token': 'Token', '#expires': 'Expires', '#woken': 'WokenAt' },
  ExpressionAttributeValues: { ':token': { S: 'AAAA' }, ':expires': { N: '1' }, ':since': { S: '2026-01-02T00:00:00.000Z' } },
  ...input,
}));
const wake = async (wokenAt: string) => update({
  UpdateExpression: 'SET WokenAt = :at',
  ConditionExpression: undefined,
  ExpressionAttributeNames: undefined,
  ExpressionAttributeValues: { ':at': { S: wokenAt } },
  ReturnValues: 'ALL_NEW',
});
const refusal = async (work: Promise<unknown>) =>
  work.then(() => undefined, ({ name, message, $metadata }) => ({ name, message, status: $metadata?.httpStatusCode }));

describe('UpdateItem', () => {
  test('makes an item that is not there; one that has expired is still there', async () => {
    await start();

    expect((await update()).Attributes).toBeUndefined();
    expect(await get()).toEqual({ ...Key, Token: { S: 'AAAA' }, Expires: { N: '1' } });
    expect(asked).toEqual([
      { action: 'dynamodb:UpdateItem', resources: [ARN] }, { action: 'dynamodb:GetItem', resources: [ARN] },
    ]);
  });

  test('is refused by its condition, and changes nothing', async () => {
    await start();
    const { Attributes } = await wake('2026-01-02T00:00:00.001Z');

    expect(Attributes).toEqual({ ...Key, WokenAt: { S: '2026-01-02T00:00:00.001Z' } });
    expect(await refusal(update())).toEqual({
      name: 'ConditionalCheckFailedException', message: 'The conditional request failed', status: 400,
    });
    expect(await get()).toEqual(Attributes);
    await wake('2026-01-01T23:59:59.999Z');
    expect(await refusal(update())).toBeUndefined();
  });

  test.each([
    ['NONE', undefined],
    ['ALL_OLD', { ...Key, WokenAt: { S: 'a' }, n: { N: '1' } }],
    ['UPDATED_OLD', { n: { N: '1' } }],
    ['UPDATED_NEW', { n: { N: '2' }, m: { N: '1' } }],
    ['ALL_NEW', { ...Key, WokenAt: { S: 'a' }, n: { N: '2' }, m: { N: '1' } }],
  ] as const)('answers %s', async (ReturnValues, attributes) => {
    await start();
    await client.send(new PutItemCommand({ TableName: TABLE, Item: { ...Key, WokenAt: { S: 'a' }, n: { N: '1' } } }));

    const { Attributes } = await update({
      UpdateExpression: 'SET n = n + :one, m = :one',
      ConditionExpression: undefined,
      ExpressionAttributeNames: undefined,
      ExpressionAttributeValues: { ':one': { N: '1' } },
      ReturnValues,
    });

    expect(Attributes).toEqual(attributes);
  });

  test.each<[string, Partial<UpdateItemCommandInput>, string]>([
    ['a key of another type', { Key: { Run: { N: '1' } } }, 'The provided key element does not match the schema'],
    ['more than a key', { Key: { ...Key, a: { S: 'a' } } }, 'The provided key element does not match the schema'],
    ['an empty key', { Key: { Run: { S: '' } } }, 'cannot contain an empty string value. Key: Run'],
    ['no table', { TableName: undefined }, "Value null at 'tableName' failed to satisfy constraint: Member must not be null"],
    ['an unused name', { ConditionExpression: undefined }, 'Value provided in ExpressionAttributeNames unused in expressions'],
    ['a key to be changed', {
      UpdateExpression: 'SET Run = :token',
      ExpressionAttributeValues: { ':token': { S: 'a' } },
      ExpressionAttributeNames: undefined,
      ConditionExpression: undefined,
    }, 'Cannot update attribute Run. This attribute is part of the key'],
  ])('with %s is not valid', async (_, input, message) => {
    await start();

    expect(await refusal(update(input))).toEqual({
      name: 'ValidationException', message: expect.stringContaining(message), status: 400,
    });
  });

  test('of a table that is not there finds no resource', async () => {
    await start();

    expect(await refusal(update({ TableName: 'none' }))).toMatchObject({
      name: 'ResourceNotFoundException', message: 'Requested resource not found',
    });
    expect(asked).toMatchObject([{ resources: ['arn:aws:dynamodb:us-east-1:123456789012:table/none'] }]);
  });

  test('with what the local run does not know is refused, not done wrong', async () => {
    await start();

    expect(await refusal(update({ ReturnConsumedCapacity: 'TOTAL' }))).toMatchObject({
      name: 'UnknownOperationException', message: 'the local run does not know the member ReturnConsumedCapacity of UpdateItem',
    });
  });
});

test('PutItem and DeleteItem answer what was there, and have conditions, too', async () => {
  await start();
  const Item = { ...Key, a: { S: 'a' } };
  const once = { ConditionExpression: 'attribute_not_exists(Run)', ReturnValues: 'ALL_OLD' } as const;

  expect((await client.send(new PutItemCommand({ TableName: ARN, Item, ...once }))).Attributes).toBeUndefined();
  expect(await refusal(client.send(new PutItemCommand({ TableName: TABLE, Item, ...once })))).toMatchObject({
    name: 'ConditionalCheckFailedException',
  });
  const put = await client.send(new PutItemCommand({ TableName: TABLE, Item: Key, ReturnValues: 'ALL_OLD' }));
  expect(put.Attributes).toEqual(Item);
  expect(await refusal(client.send(new DeleteItemCommand({ TableName: TABLE, Key, ...once })))).toMatchObject({
    name: 'ConditionalCheckFailedException',
  });
  const { Attributes } = await client.send(new DeleteItemCommand({ TableName: TABLE, Key, ReturnValues: 'ALL_OLD' }));
  expect(Attributes).toEqual(Key);
  expect(await get()).toBeUndefined();
});

test.each([
  [{}, 'Missing the key Run in the item'],
  [{ Run: { N: '1' } }, 'Type mismatch for key Run expected: S actual: N'],
])('an item of %j is refused', async (Item, message) => {
  await start();

  expect(await refusal(client.send(new PutItemCommand({ TableName: TABLE, Item })))).toMatchObject({
    name: 'ValidationException', message: expect.stringContaining(message),
  });
});

test('a table without a name has one, and a key may have two parts', async () => {
  await start();
  const TableName = CloudAssembly.read(app()).resources('AWS::DynamoDB::Table')[1].ref;
  const keys = [['x', '1'], ['x', '2']].map(([a, b]) => ({ a: { S: a }, b: { N: b } }));
  for (const Item of keys) {
    await client.send(new PutItemCommand({ TableName, Item }));
  }

  const { Item } = await client.send(new GetItemCommand({ TableName, Key: { a: { S: 'x' }, b: { N: '2.0' } } }));

  expect(Item).toEqual(keys[1]);
});

describe('faults', () => {
  test.each([
    ['throttle', 'ThrottlingException', 400],
    ['internalError', 'InternalServerError', 500],
  ] as const)('%s is %s, and nothing is done', async (kind, name, status) => {
    await start([{ operation: 'UpdateItem', kind, calls: [1] }]);

    expect(await refusal(update())).toMatchObject({ name, status });
    expect(await get()).toBeUndefined();
    expect(await refusal(update())).toBeUndefined();
  });

  test.each([
    ['loseRequest', undefined],
    ['loseResponse', { ...Key, Token: { S: 'AAAA' }, Expires: { N: '1' } }],
  ] as const)('%s breaks the connection', async (kind, item) => {
    await start([{ operation: 'UpdateItem', kind, calls: ({ TableName }) => TableName === TABLE }]);

    expect(await refusal(update())).toMatchObject({ status: undefined });
    expect(await get()).toEqual(item);
  });
});

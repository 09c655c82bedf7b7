import { PublishCommand, PublishCommandInput, SNSClient } from '@aws-sdk/client-sns';
import { CloudAssembly } from '../../../../src/local/app/cloud-assembly';
import { AccessControl } from '../../../../src/local/aws/access';
import { AwsError } from '../../../../src/local/aws/aws-error';
import { ScaledClock } from '../../../../src/local/aws/clock';
import { Dispatch } from '../../../../src/local/aws/dispatch';
import { Endpoint } from '../../../../src/local/aws/endpoint';
import { Fault, FaultTable } from '../../../../src/local/aws/faults';
import { Credentials, Keys } from '../../../../src/local/aws/keys';
import { RunRecord } from '../../../../src/local/run/run-record';
import { SnsService } from '../../../../src/local/services/sns/service';
import { Topics } from '../../../../src/local/services/sns/topics';
import { sdkRequest, sendAsIs } from '../../aws/sdk-request';
import { sampleApp } from '../../run/sample-app';
import { removeFolders } from '../../run/synthesized-app';

const TOPIC = 'arn:aws:sns:us-east-1:123456789012:ops';

let endpoint: Endpoint;
let record: RunRecord;
let asked: object[];
let credentials: Credentials;

afterEach(async () => endpoint.close());
afterAll(removeFolders);

interface Options {
  readonly faults?: Omit<Fault, 'operation'>[];
  /** Why nobody may publish. */
  readonly denial?: string;
}

async function start({ faults = [], denial }: Options = {}): Promise<void> {
  const clock = new ScaledClock();
  const emit = () => undefined;
  const keys = new Keys();
  const access = new AccessControl(undefined, clock, emit, keys);
  const topics = new Topics({ assembly: CloudAssembly.read(sampleApp()), clock, emit });
  record = new RunRecord();
  asked = [];
  credentials = access.credentialsFor({ roleArn: 'arn:aws:iam::123456789012:role/R', session: 's', execution: 'e', record });
  endpoint = await Endpoint.start(new Dispatch({
    clock,
    services: [new SnsService(topics, access)],
    faults: new FaultTable(faults.map((fault) => ({ operation: 'Publish', ...fault }))),
    authorize: ({ action, resources, accessKeyId: by }) => {
      asked.push({ action, resources, by });
      if (denial) {
        throw new AwsError('AccessDeniedException', denial);
      }
    },
  }), { keys, now: () => clock.now() });
}

async function publish(input: Partial<PublishCommandInput> = {}, maxAttempts = 1) {
  const client = new SNSClient({
    endpoint: endpoint.url, region: 'us-east-1', credentials, maxAttempts,
  });
  try {
    return await client.send(new PublishCommand({ TopicArn: TOPIC, Message: 'text', ...input }));
  } finally {
    client.destroy();
  }
}

const refusal = async (input?: Partial<PublishCommandInput>) =>
  publish(input).then(() => undefined, ({ name, message, $metadata }) => ({ name, message, status: $metadata.httpStatusCode }));

test('a message of the SDK goes to the topic, and into the record of whoever sends it', async () => {
  await start();
  const message = { default: '{"a":"<&>"}', email: 'Größe: 5 %\n\n  a+b=c & "x" \u{1f6eb}' };

  const { MessageId, $metadata } = await publish({
    Subject: 'Index: failed & more',
    MessageStructure: 'json',
    Message: JSON.stringify(message),
    MessageAttributes: {
      outcome: { DataType: 'String', StringValue: 'TimedOut' },
      data: { DataType: 'Binary', BinaryValue: Buffer.from('abc') },
    },
  });

  expect(MessageId).toMatch(/^[0-9a-f-]{36}$/);
  expect($metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(record.notifications).toEqual([{
    at: expect.any(String),
    topicArn: TOPIC,
    sender: 'AWS Notifications',
    subject: 'Index: failed & more',
    messages: message,
    attributes: { outcome: 'TimedOut', data: 'YWJj' },
    subscriptions: [
      { protocol: 'email', endpoint: 'ops@example.com', matches: true },
      { protocol: 'email', endpoint: 'boss@example.com', matches: true },
    ],
  }]);
  expect(asked).toEqual([{ action: 'sns:Publish', resources: [{ arn: TOPIC }], by: credentials.accessKeyId }]);
});

test('who may not publish is told as SNS tells it, and nothing is sent', async () => {
  await start({ denial: 'User: x is not authorized to perform: SNS:Publish <y>' });

  expect(await refusal()).toEqual({
    name: 'AuthorizationErrorException', message: 'User: x is not authorized to perform: SNS:Publish <y>', status: 403,
  });
  expect(record.notifications).toEqual([]);
});

test.each<[string, Partial<PublishCommandInput>, string]>([
  ['a subject with a line break', { Subject: 'a\nb' }, 'Invalid parameter: Subject'],
  ['an empty message', { Message: '' }, 'Invalid parameter: Empty message'],
  ['no default', { MessageStructure: 'json', Message: '{}' }, 'No default entry in JSON message body'],
  ['no topic', { TopicArn: 'ops' }, 'Invalid parameter: TopicArn must be the ARN of a topic, got "ops"'],
  ['a phone number', { TopicArn: undefined, PhoneNumber: '+123' }, 'Invalid parameter: TopicArn'],
])('%s is an invalid parameter', async (_, input, message) => {
  await start();

  const refused = await refusal(input);
  expect(refused).toEqual({ name: 'InvalidParameterException', message: expect.stringContaining(message), status: 400 });
  expect(record.notifications).toEqual([]);
});

describe('faults', () => {
  test.each([
    ['throttle', 'ThrottledException', 429],
    ['internalError', 'InternalErrorException', 500],
    ['notFound', 'NotFoundException', 404],
  ] as const)('%s is %s', async (kind, name, status) => {
    await start({ faults: [{ kind }] });

    expect(await refusal()).toMatchObject({ name, status });
    expect(record.notifications).toEqual([]);
  });

  test('a message that is lost on the way to the topic: the SDK sends it again', async () => {
    await start({ faults: [{ kind: 'loseRequest', calls: [1] }] });

    await publish({}, 2);

    expect(record.notifications).toHaveLength(1);
  });

  test('an answer that is lost: the SDK sends the message twice', async () => {
    await start({ faults: [{ kind: 'loseResponse', calls: [1, 2] }] });

    expect(await refusal()).toMatchObject({ status: undefined });
    await publish({}, 3);

    expect(record.notifications).toHaveLength(3);
  });
});

test('an action that is not there is named', async () => {
  await start();
  const ask = async (body: string) => {
    const client = new SNSClient({ endpoint: endpoint.url, region: 'us-east-1', credentials });
    const answer = await sendAsIs(endpoint.url, await sdkRequest(client, new PublishCommand({ Message: 'text' }), { body }));
    return `${answer.status} ${answer.headers['content-type']} ${answer.body}`;
  };

  expect(await ask('Action=CreateTopic&Version=2010-03-31')).toMatch(
    /^400 text\/xml <ErrorResponse .*<Code>InvalidAction<\/Code><Message>the local run does not have the action CreateTopic/,
  );
  expect(await ask('Action=constructor&Version=2010-03-31')).toContain('<Code>InvalidAction</Code>');
  expect(await ask('Action=Publish&Version=2012-11-05')).toContain('<Code>InvalidAction</Code>');
});

import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { EventField } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { CotsBatchJob, JobParameter, StartOnOptions, StartOnProps } from '../src';
import { synth, SynthesizedJob } from './support/synth';

const parameters = { FILE: JobParameter.string({ default: 'none', pattern: '.{1,20}' }), DAY: JobParameter.string({ default: 'today' }) };
const eventPattern = { source: ['com.example.shop'] };
const FILE = EventField.fromPath('$.detail.object.key');

function trigger(props: Partial<StartOnProps> = {}, synthesized = synth({ parameters })) {
  const rule = synthesized.job.startOn('Shop', { eventPattern, ...props });
  const properties = synthesized.properties(rule);
  return { rule, properties, target: properties.Targets[0], synthesized };
}

/** The template of the input, in which a field stands as JSON. */
const inputOf = (props: Partial<StartOnProps> = {}) => trigger(props).target.InputTransformer;

test('events start runs, as runs of their IDs', () => {
  const { properties, target } = trigger();
  expect(properties).toMatchObject({ EventPattern: { source: ['com.example.shop'] }, State: 'ENABLED', Description: 'Starts batch job Job' });
  expect(properties).not.toHaveProperty('EventBusName');
  expect(target.Arn).toBe('<Job/Workflow>');
  expect(target.InputTransformer).toEqual({
    InputPathsMap: { id: '$.id' },
    InputTemplate: '{"parameters":{},"triggerEventId":<id>,"triggerEventTime":"<aws.events.event.ingestion-time>"}',
  });
  expect(target).not.toHaveProperty('RetryPolicy');
  expect(target).not.toHaveProperty('DeadLetterConfig');
});

test('the rule has a role of its own, which may start this job and nothing else', () => {
  const { target, synthesized } = trigger();
  expect(target.RoleArn).toBe('<Job/Shop/Role.Arn>');
  const role = synthesized.job.node.findChild('Shop').node.findChild('Role');
  expect(synthesized.properties(role).AssumeRolePolicyDocument.Statement).toEqual([
    { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' } },
  ]);
  expect(synthesized.statements(role as never)).toEqual([{ actions: ['states:StartExecution'], resources: ['<Job/Workflow>'] }]);
});

test('a job without a trigger has nothing more: the trigger adds a rule, a role and its policy', () => {
  const without = synth({ parameters }).template.toJSON().Resources;
  const { Resources: resources } = trigger().synthesized.template.toJSON();
  expect(Object.fromEntries(Object.entries(resources).filter(([id]) => id in without))).toEqual(without);
  expect(Object.keys(resources).filter((id) => !(id in without)).map((id) => resources[id].Type).sort())
    .toEqual(['AWS::Events::Rule', 'AWS::IAM::Policy', 'AWS::IAM::Role']);
});

test('options: description, off, how long it is tried, and the queue for what is not delivered', () => {
  const synthesized = synth({ parameters });
  const key = new Key(synthesized.stack, 'Key');
  const deadLetterQueue = new Queue(synthesized.stack, 'Queue', { encryptionMasterKey: key });
  const { properties, target } = trigger({ description: 'Prices', enabled: false, maxEventAge: Duration.hours(2), deadLetterQueue }, synthesized);
  expect(properties).toMatchObject({ Description: 'Prices', State: 'DISABLED' });
  expect(target).toMatchObject({ RetryPolicy: { MaximumEventAgeInSeconds: 7200 }, DeadLetterConfig: { Arn: '<Queue.Arn>' } });
  expect(JSON.stringify(synthesized.properties(key).KeyPolicy)).toContain('"Service":"events.amazonaws.com"');
});

describe('parameters', () => {
  test('a field of the event is JSON of its own, and what is plain stands as it is', () => {
    expect(inputOf({ parameters: { FILE, DAY: '2026-01-31 a/b' } })).toEqual({
      InputPathsMap: { 'detail-object-key': '$.detail.object.key', 'id': '$.id' },
      InputTemplate: '{"parameters":{"FILE":<detail-object-key>,"DAY":"2026-01-31 a/b"},'
        + '"triggerEventId":<id>,"triggerEventTime":"<aws.events.event.ingestion-time>"}',
    });
  });

  test.each(['<id>', 'a"b', 'a\\b', 'ä', 'a\nb', '{"a":1}', '$.id'])('what is not plain travels in base64: %j', (DAY) => {
    const { InputTemplate } = inputOf({ parameters: { DAY } });
    expect(InputTemplate).toContain(`{"parameters":{},"encodedParameters":{"DAY":"${Buffer.from(DAY).toString('base64')}"},`);
  });

  test('so does what only a deployment knows', () => {
    const synthesized = synth({ parameters });
    const DAY = new CfnParameter(synthesized.stack, 'Day').valueAsString;
    expect(trigger({ parameters: { DAY } }, synthesized).target.InputTransformer.InputTemplate).toContain('"DAY":"<Fn::Base64 "<Day>">"');
  });

  test.each<[string, StartOnOptions['parameters'], string]>([
    ['one that the job does not have', { OTHER: 'x' }, 'parameters must only have parameters of the job (FILE, DAY), got "OTHER"'],
    ['one that is too long', { FILE: 'x'.repeat(21) }, 'parameters FILE must match ".{1,20}" as a whole'],
    ['a field within a text', { FILE: `in/${FILE}` }, 'parameters FILE must be a field of the event or a text, and not a text with a field in it'],
  ])('refused: %s', (_what, values, problem) => {
    expect(() => trigger({ parameters: values })).toThrow(problem);
  });

  test('refused: none for one that has no default', () => {
    expect(() => trigger({}, synth({ parameters: { FILE: JobParameter.string() } }))).toThrow('parameters must have a value for FILE, which has no default, got {}');
  });
});

describe('refused', () => {
  const app = new App();
  const stack = new Stack(app, 'Other', { env: { account: '210987654321', region: 'us-east-1' } });
  test.each<[string, Partial<StartOnProps>, string]>([
    ['a pattern of everything', { eventPattern: {} }, 'eventPattern must say which events start a run, got {}'],
    ['a time that is too short', { maxEventAge: Duration.seconds(59) }, 'maxEventAge must be whole seconds between 1 minute and 1 day (EventBridge), got "59 seconds"'],
    ['a time that is too long', { maxEventAge: Duration.hours(25) }, 'maxEventAge must be whole seconds between 1 minute and 1 day'],
    ['a FIFO queue', { deadLetterQueue: new Queue(stack, 'Fifo', { fifo: true }) }, 'deadLetterQueue must be a standard queue, because EventBridge takes no FIFO queue'],
  ])('%s', (_what, props, problem) => {
    expect(() => trigger(props)).toThrow(problem);
  });

  test('a queue, a bucket and a job of another account', () => {
    const here = () => synth({}, new Stack(new App(), 'Stack', { env: { account: '123456789012', region: 'us-east-1' } }));
    expect(() => trigger({ deadLetterQueue: new Queue(stack, 'Queue') }, here())).toThrow('deadLetterQueue must be in the account of the job (123456789012)');
    expect(() => here().job.startOnObjectCreated('File', { bucket: new Bucket(stack, 'Bucket') })).toThrow('bucket must be in the account of the job');
    const imported = CotsBatchJob.fromStateMachineArn(stack, 'Job', 'arn:aws:states:us-east-1:123456789012:stateMachine:Nightly');
    expect(() => imported.startOn('Shop', { eventPattern })).toThrow('startOn must be used in the account of the job (123456789012)');
  });
});

test('a job of another stack is started from here', () => {
  const stack = new Stack(new App(), 'Stack');
  const arn = 'arn:aws:states:us-east-1:123456789012:stateMachine:Nightly';
  const rule = CotsBatchJob.fromStateMachineArn(stack, 'Nightly', arn).startOn('Shop', { eventPattern, parameters: { ANY: FILE } });
  const read = new SynthesizedJob(stack, undefined as never);
  expect(read.properties(rule).Targets[0].Arn).toBe(arn);
  expect(read.properties(rule).Targets[0].InputTransformer.InputTemplate).toContain('"ANY":<detail-object-key>');
});

describe('new objects', () => {
  const patternOf = (props: { keyPrefix?: string; keySuffix?: string }) => {
    const synthesized = synth({ parameters });
    const bucket = new Bucket(synthesized.stack, 'Bucket');
    const rule = synthesized.job.startOnObjectCreated('File', { bucket, parameters: { FILE }, ...props });
    return { synthesized, pattern: synthesized.properties(rule).EventPattern };
  };

  test('of a bucket of the app, which sends its events to EventBridge', () => {
    const { synthesized, pattern } = patternOf({});
    expect(pattern).toEqual({ 'source': ['aws.s3'], 'detail-type': ['Object Created'], 'detail': { bucket: { name: ['<Bucket>'] } } });
    expect(synthesized.all('Custom::S3BucketNotifications')).toMatchObject([{ BucketName: '<Bucket>', NotificationConfiguration: { EventBridgeConfiguration: {} } }]);
  });

  test('of an imported bucket, which is left as it is', () => {
    const synthesized = synth();
    const rule = synthesized.job.startOnObjectCreated('File', { bucket: Bucket.fromBucketName(synthesized.stack, 'Bucket', 'in-box') });
    expect(synthesized.properties(rule).EventPattern.detail.bucket.name).toEqual(['in-box']);
    expect(synthesized.all('Custom::S3BucketNotifications')).toEqual([]);
  });

  test.each([
    [{ keyPrefix: 'in/' }, { prefix: 'in/' }],
    [{ keySuffix: '.csv' }, { suffix: '.csv' }],
    [{ keyPrefix: 'in*/', keySuffix: '\\.csv' }, { wildcard: 'in\\*/*\\\\.csv' }],
  ])('with keys of %j', (props, key) => {
    expect(patternOf(props).pattern.detail.object).toEqual({ key: [key] });
  });
});

import * as fs from 'node:fs';
import * as path from 'node:path';
import { CloudAssembly } from '../../../src/local/app/cloud-assembly';
import { Template } from '../../../src/local/app/template';
import { removeFolders, role, synthesize, temporaryFolder, TestTemplate } from '../run/synthesized-app';

afterAll(removeFolders);

function read(template: TestTemplate, environment?: string): Template {
  return CloudAssembly.read(synthesize({ App: template }, { environment })).stacks[0];
}

const ADVICE = 'for a local run, synthesize the app with a value in its place';

const TEMPLATE: TestTemplate = {
  Parameters: {
    Size: { Type: 'String', Default: 'small' },
    Zones: { Type: 'CommaDelimitedList', Default: 'a, b' },
    Secret: { Type: 'String' },
    Image: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/images/latest' },
  },
  Conditions: { IsSmall: { 'Fn::Equals': [{ Ref: 'Size' }, 'small'] }, IsLarge: { 'Fn::Not': [{ Condition: 'IsSmall' }] } },
  Mappings: { Sizes: { 'us-east-1': { small: 't3.small' } } },
  Resources: {
    Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'failed' } },
    Role: role('lambda.amazonaws.com'),
    Custom: { Type: 'Custom::Thing' },
    Instance: { Type: 'AWS::EC2::Instance' },
    OnlyLarge: { Type: 'AWS::SNS::Topic', Condition: 'IsLarge' },
  },
};

test.each<[name: string, value: unknown, expected: unknown]>([
  ['Ref of a parameter', { Ref: 'Size' }, 'small'],
  ['Ref of a list parameter', { Ref: 'Zones' }, ['a', 'b']],
  ['Ref of a resource', { Ref: 'Queue' }, 'https://sqs.us-east-1.amazonaws.com/123456789012/failed'],
  ['Fn::GetAtt', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:aws:sqs:us-east-1:123456789012:failed'],
  ['Fn::GetAtt as text', { 'Fn::GetAtt': 'Queue.QueueName' }, 'failed'],
  ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Size' }]] }, 'a-small'],
  ['Fn::Sub', { 'Fn::Sub': '${AWS::Region} ${Queue.QueueName} ${!Literal}' }, 'us-east-1 failed ${Literal}'],
  ['Fn::Sub with variables', { 'Fn::Sub': ['${a}', { a: { Ref: 'Size' } }] }, 'small'],
  ['Fn::Select and Fn::Split', { 'Fn::Select': ['1', { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
  ['Fn::If', { 'Fn::If': ['IsSmall', 'yes', { Ref: 'Secret' }] }, 'yes'],
  ['Fn::FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, { Ref: 'Size' }] }, 't3.small'],
  ['Fn::Base64', { 'Fn::Base64': 'text' }, 'dGV4dA=='],
  ['Fn::FindInMap with a default', { 'Fn::FindInMap': ['Sizes', 'eu-west-1', 'small', { DefaultValue: { Ref: 'Size' } }] }, 'small'],
  ['Fn::ToJsonString', { 'Fn::ToJsonString': { size: { Ref: 'Size' } } }, '{"size":"small"}'],
  ['Fn::Length', { 'Fn::Length': { Ref: 'Zones' } }, 2],
  ['AWS::NoValue', { a: { Ref: 'AWS::NoValue' }, b: [{ Ref: 'AWS::NoValue' }, 1] }, { b: [1] }],
  [
    'pseudo parameters',
    { 'Fn::Join': [' ', [{ Ref: 'AWS::AccountId' }, { Ref: 'AWS::Partition' }, { Ref: 'AWS::StackName' }]] },
    '123456789012 aws App',
  ],
  ['an object that is no function', { Ref: 'Size', Other: 1 }, { Ref: 'Size', Other: 1 }],
])('%s', (_, value, expected) => {
  expect(read(TEMPLATE).resolve(value, 'test')).toEqual(expected);
});

test('an instance gets an id that AWS could have given', () => {
  expect(read(TEMPLATE).resolve({ Ref: 'Instance' }, 'test')).toMatch(/^i-[0-9a-f]{17}$/);
});

test('names that CloudFormation would make up are valid and stay the same', () => {
  const [first, second] = [read(TEMPLATE), read(TEMPLATE)].map((template) =>
    template.resolve({ 'Fn::GetAtt': ['Role', 'Arn'] }, 'test'),
  );

  expect(first).toMatch(/^arn:aws:iam::123456789012:role\/App-Role-[0-9A-F]{12}$/);
  expect(second).toBe(first);
});

test('the environment of the stack is where its resources are', () => {
  const template = read(TEMPLATE, 'aws://210987654321/cn-north-1');

  expect(template.resolve({ 'Fn::GetAtt': ['Queue', 'Arn'] }, 'test')).toBe('arn:aws-cn:sqs:cn-north-1:210987654321:failed');
});

test('a resource whose condition is false does not exist', () => {
  expect(read(TEMPLATE).resources('AWS::SNS::Topic')).toEqual([]);
});

test.each<[name: string, value: unknown, message: string]>([
  [
    'an attribute of an unknown type',
    { 'Fn::GetAtt': ['Custom', 'Value'] },
    'App.Custom (Custom::Thing): the local run does not know its Value, only a deployment would',
  ],
  [
    'an unknown attribute',
    { 'Fn::GetAtt': ['Queue', 'Nothing'] },
    "stack App, Thing.Properties.Value: App.Queue (AWS::SQS::Queue): the attribute 'Nothing' is known only after a deployment",
  ],
  [
    'a parameter without default',
    { Ref: 'Secret' },
    "the CloudFormation parameter 'Secret' has no default, and a local run does not ask for it",
  ],
  ['a missing resource', { Ref: 'Nobody' }, "stack App, Thing.Properties.Value: there is no parameter and no resource 'Nobody'"],
  [
    'an unknown function',
    { 'Fn::Cidr': ['10.0.0.0/16'] },
    `stack App, Thing.Properties.Value: the local run does not know the function Fn::Cidr: ${ADVICE}`,
  ],
  [
    'a macro',
    { a: 1, b: { 'Fn::Transform': { Name: 'AWS::Include' } } },
    `stack App, Thing.Properties.Value: the local run does not carry out Fn::Transform: ${ADVICE}`,
  ],
  [
    'a loop, among other keys',
    { 'Size': 1, 'Fn::ForEach::Servers': ['Name', ['a', 'b'], {}] },
    `stack App, Thing.Properties.Value: the local run does not carry out Fn::ForEach::Servers: ${ADVICE}`,
  ],
  [
    'a dynamic reference, although it is joined',
    { list: [{ 'Fn::Join': ['', ['{{resolve:ssm:/', { Ref: 'Size' }, ':1}}']] }] },
    `stack App, Thing.Properties.Value: only a deployment knows what the dynamic reference {{resolve:ssm:/small:1}} stands for: ${ADVICE}`,
  ],
  [
    'a parameter whose value SSM has',
    { Ref: 'Image' },
    `the CloudFormation parameter 'Image' stands for the value of the SSM parameter '/images/latest', which the local run does not have: ${ADVICE}`,
  ],
])('%s is named when its value is needed', (_, value, message) => {
  expect(() => read(TEMPLATE).resolve(value, 'Thing.Properties.Value')).toThrow(message);
});

test('what macros would make is said to be missing', () => {
  const assembly = CloudAssembly.read(synthesize({
    App: {
      Transform: ['AWS::LanguageExtensions', 'Acme::Macro'],
      Resources: { 'Queue': { Type: 'AWS::SQS::Queue' }, 'Fn::ForEach::Jobs': ['Name', ['a', 'b'], {}] as never },
    },
  }));

  expect(assembly.unread).toEqual([
    'stack App: the local run does not carry out the transform Acme::Macro, and has nothing of what that makes',
    'stack App: the local run does not carry out Resources.Fn::ForEach::Jobs, and has nothing of what that makes',
  ]);
  expect(assembly.resources('AWS::SQS::Queue')).toHaveLength(1);
});

test('what is not needed may be unknown', () => {
  const [queue] = read({
    Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'q', Tags: { Ref: 'Nobody' } } } },
  }).resources('AWS::SQS::Queue');

  expect(queue.text('QueueName')).toBe('q');
  expect(() => queue.property('Tags')).toThrow('Queue.Properties.Tags');
});

test('values are imported from another stack', () => {
  const assembly = CloudAssembly.read(
    synthesize({
      Shared: {
        Resources: { Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'ops' } } },
        Outputs: { Out: { Value: { Ref: 'Topic' }, Export: { Name: 'Shared:Topic' } } },
      },
      App: { Resources: {} },
    }),
  );

  expect(assembly.stacks[1].resolve({ 'Fn::ImportValue': 'Shared:Topic' }, 'test')).toBe(
    'arn:aws:sns:us-east-1:123456789012:ops',
  );
});

test('stacks of a stage are read, with assets from either the manifest or the metadata', () => {
  const folder = temporaryFolder();
  const stage = synthesize(
    {
      Inner: { Resources: { Fn: { Type: 'AWS::Lambda::Function', Metadata: { 'aws:asset:path': 'asset.meta' } } } },
    },
    { handlers: { listed: '' } },
  );
  fs.cpSync(stage, path.join(folder, 'assembly-Stage'), { recursive: true });
  fs.writeFileSync(
    path.join(folder, 'manifest.json'),
    JSON.stringify({
      artifacts: { 'assembly-Stage': { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-Stage' } } },
    }),
  );

  const [fn] = CloudAssembly.read(folder).stacks[0].resources('AWS::Lambda::Function');

  expect(fn.asset('listed.zip')).toBe(path.join(folder, 'assembly-Stage', 'asset.listed'));
  expect(fn.asset('unlisted.zip')).toBe(path.join(folder, 'assembly-Stage', 'asset.meta'));
});

test('a folder that is no cloud assembly is refused', () => {
  expect(() => CloudAssembly.read(temporaryFolder())).toThrow(
    "has no manifest.json: give the folder that 'cdk synth' writes, usually cdk.out",
  );
});

import { App, Duration, Stack, Stage } from 'aws-cdk-lib';
import { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { Instance, InstanceType, MachineImage, SecurityGroup, Subnet, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { CfnDocument, StringParameter } from 'aws-cdk-lib/aws-ssm';
import { BatchCommand, BatchJobHandlers, CommandTarget, CotsBatchJob, JobSecret } from '../src';
import { INSTANCE_ID, JobProps, synth } from './support/synth';

const JOB = { account: '111111111111', region: 'eu-west-1' };
const OTHER_ACCOUNT = { ...JOB, account: '222222222222' };
const OTHER_REGION = { ...JOB, region: 'us-east-1' };

type Env = typeof JOB;

/** What a job is given, made in a stack, or named in that of the job by an ARN of an environment. */
type Make = (there: Stack, here: Stack, env: Env) => JobProps;

const SAME = { account: `in the account of the job (${JOB.account})`, region: `in the region of the job (${JOB.region})` };
const got = { account: `got "${OTHER_ACCOUNT.account}"`, region: `got "${OTHER_REGION.region}"` };

/** Where it must be. */
const be = (prop: string) => ({ account: `${prop} must be ${SAME.account}, ${got.account}`, region: `${prop} must be ${SAME.region}, ${got.region}` });
const beMade = (prop: string, instead: string) => ({
  account: `${prop} must be made ${SAME.account}, or ${instead}, ${got.account}`,
  region: `${prop} must be made ${SAME.region}, or ${instead}, ${got.region}`,
});

/** It is synthesized. */
const works = { account: undefined, region: undefined };

const schedule = ScheduleExpression.rate(Duration.days(1));
const roleFor = (stack: Stack, service: string) => new Role(stack, 'Role', { assumedBy: new ServicePrincipal(`${service}.amazonaws.com`) });
const roleArn = (here: Stack, env: Env) => Role.fromRoleArn(here, 'Role', `arn:aws:iam::${env.account}:role/batch`);
const vpcIn = (stack: Stack) => new Vpc(stack, 'Vpc');
const machine = (stack: Stack) => ({ vpc: vpcIn(stack), instanceType: new InstanceType('t3.small'), machineImage: MachineImage.latestAmazonLinux2023() });
const arn = (service: string, { account, region }: Env, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;

interface Expected {
  readonly account?: string;
  readonly region?: string;
}

/** Made in another stack of the app. */
const MADE: [prop: string, make: Make, expected: Expected][] = [
  ['instanceIds', (there) => ({ instanceIds: [new Instance(there, 'Server', machine(there)).instanceId] }), be('instanceIds')],
  [
    'targets', (there) => ({ instanceIds: undefined, targets: [CommandTarget.autoScalingGroup(new AutoScalingGroup(there, 'Servers', machine(there)))] }),
    be('targets'),
  ],
  [
    'command', (there) => ({ command: BatchCommand.document(new CfnDocument(there, 'Document', { content: {}, documentType: 'Command' }).ref) }),
    be('the document of a command'),
  ],
  [
    'notificationTopic', (there) => ({ notificationTopic: new Topic(there, 'Topic') }),
    { account: beMade('notificationTopic', 'imported by its ARN').account, region: be('notificationTopic').region },
  ],
  [
    'notificationTopic with a name', (there) => ({ notificationTopic: new Topic(there, 'Topic', { topicName: 'ops' }) }),
    { account: beMade('notificationTopic', 'imported by its ARN').account, region: be('notificationTopic').region },
  ],
  [
    'notificationTargets', (there) => ({ notificationTargets: [new SqsSubscription(new Queue(there, 'Queue'))] }),
    beMade('notificationTargets', 'there must be a notificationTopic with a name of its own'),
  ],
  [
    'notificationTargets of a topic without a name',
    (there, here) => ({ notificationTopic: new Topic(here, 'Topic'), notificationTargets: [new SqsSubscription(new Queue(there, 'Queue', { queueName: 'ops' }))] }),
    beMade('notificationTargets', 'there must be a notificationTopic with a name of its own'),
  ],
  [
    'notificationTargets of a topic with a name',
    (there, here) => ({ notificationTopic: new Topic(here, 'Topic', { topicName: 'ops' }), notificationTargets: [new SqsSubscription(new Queue(there, 'Queue', { queueName: 'ops' }))] }),
    works,
  ],
  [
    'encryptionKey', (there) => ({ encryptionKey: new Key(there, 'Key') }),
    { account: beMade('encryptionKey', 'imported by its ARN').account, region: be('encryptionKey').region },
  ],
  [
    'secrets of Secrets Manager', (there) => ({ secrets: { PASSWORD: JobSecret.fromSecretsManager(new Secret(there, 'Secret')) } }),
    beMade('secrets PASSWORD', 'imported by its ARN'),
  ],
  [
    'secrets of Parameter Store', (there) => ({ secrets: { PASSWORD: JobSecret.fromParameterStore(new StringParameter(there, 'Parameter', { stringValue: 'x' })) } }),
    beMade('secrets PASSWORD', 'imported by its ARN'),
  ],
  ['outputLogGroup', (there) => ({ outputLogGroup: new LogGroup(there, 'Logs') }), be('outputLogGroup')],
  [
    'outputBucket', (there) => ({ outputBucket: new Bucket(there, 'Bucket') }),
    { account: beMade('outputBucket', 'imported by its name').account, region: beMade('outputBucket', 'have a name of its own').region },
  ],
  [
    'outputBucket with a name', (there) => ({ outputBucket: new Bucket(there, 'Bucket', { bucketName: 'output' }) }),
    { account: beMade('outputBucket', 'imported by its name').account },
  ],
  ['workflowLogGroup', (there) => ({ workflowLogGroup: new LogGroup(there, 'Logs') }), be('workflowLogGroup')],
  [
    'workflowRole', (there) => ({ workflowRole: roleFor(there, 'states') }),
    { account: be('workflowRole').account, region: beMade('workflowRole', 'imported by its name').region },
  ],
  [
    'scheduleRole', (there) => ({ schedule, scheduleRole: roleFor(there, 'scheduler') }),
    { account: be('scheduleRole').account, region: beMade('scheduleRole', 'imported by its name').region },
  ],
  ...(['startRole', 'pollRole', 'closeRole'] as const).map((role): [string, Make, Expected] => [
    role, (there) => ({ handlerOptions: { [role]: roleFor(there, 'lambda') } }),
    { account: be(`handlerOptions.${role}`).account, region: beMade(`handlerOptions.${role}`, 'imported by its name').region },
  ]),
  ['vpc', (there) => ({ handlerOptions: { vpc: vpcIn(there) } }), be('handlerOptions.vpc')],
  [
    'vpcSubnets', (there, here) => ({ handlerOptions: { vpc: new Vpc(here, 'Own'), vpcSubnets: { subnets: vpcIn(there).privateSubnets } } }),
    be('handlerOptions.vpcSubnets'),
  ],
  [
    'securityGroups',
    (there, here) => ({ handlerOptions: { vpc: new Vpc(here, 'Own'), securityGroups: [new SecurityGroup(there, 'Group', { vpc: vpcIn(there) })] } }),
    be('handlerOptions.securityGroups'),
  ],
  ['deadLetterQueue of handlers', (there) => ({ handlerOptions: { deadLetterQueue: new Queue(there, 'Queue') } }), be('handlerOptions.deadLetterQueue')],
  [
    'deadLetterQueue of the schedule', (there) => ({ schedule, scheduleOptions: { deadLetterQueue: new Queue(there, 'Queue') } }),
    be('scheduleOptions.deadLetterQueue'),
  ],
];

/** Named in the stack of the job. */
const IMPORTED: [prop: string, make: Make, expected: Expected][] = [
  ['command', (_, __, env) => ({ command: BatchCommand.document(arn('ssm', env, 'document/Vendor')) }), { region: be('the document of a command').region }],
  ['notificationTopic', (_, here, env) => ({ notificationTopic: Topic.fromTopicArn(here, 'Topic', arn('sns', env, 'ops')) }), { region: be('notificationTopic').region }],
  ['notificationTargets', (_, here, env) => ({ notificationTargets: [new SqsSubscription(Queue.fromQueueArn(here, 'Queue', arn('sqs', env, 'ops')))] }), works],
  ['encryptionKey', (_, here, env) => ({ encryptionKey: Key.fromKeyArn(here, 'Key', arn('kms', env, 'key/0a1b2c3d')) }), { region: be('encryptionKey').region }],
  ['secrets', (_, here, env) => ({ secrets: { PASSWORD: JobSecret.fromSecretsManager(Secret.fromSecretCompleteArn(here, 'Secret', arn('secretsmanager', env, 'secret:db-AbCdEf'))) } }), works],
  ['outputLogGroup', (_, here, env) => ({ outputLogGroup: LogGroup.fromLogGroupArn(here, 'Logs', arn('logs', env, 'log-group:output')) }), be('outputLogGroup')],
  ['outputBucket', (_, here, env) => ({ outputBucket: Bucket.fromBucketAttributes(here, 'Bucket', { bucketName: 'output', ...env }) }), works],
  ['workflowLogGroup', (_, here, env) => ({ workflowLogGroup: LogGroup.fromLogGroupArn(here, 'Logs', arn('logs', env, 'log-group:workflow')) }), be('workflowLogGroup')],
  ['workflowRole', (_, here, env) => ({ workflowRole: roleArn(here, env) }), { account: be('workflowRole').account }],
  ['scheduleRole', (_, here, env) => ({ schedule, scheduleRole: roleArn(here, env) }), { account: be('scheduleRole').account }],
  ['startRole', (_, here, env) => ({ handlerOptions: { startRole: roleArn(here, env) } }), { account: be('handlerOptions.startRole').account }],
  ['subnets and groups', (_, here) => ({
    handlerOptions: {
      vpc: Vpc.fromVpcAttributes(here, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['eu-west-1a'], privateSubnetIds: ['subnet-1'] }),
      vpcSubnets: { subnets: [Subnet.fromSubnetId(here, 'Subnet', 'subnet-1')] },
      securityGroups: [SecurityGroup.fromSecurityGroupId(here, 'Group', 'sg-1')],
    },
  }), works],
  ['deadLetterQueue of handlers', (_, here, env) => ({ handlerOptions: { deadLetterQueue: Queue.fromQueueArn(here, 'Queue', arn('sqs', env, 'failed')) } }), be('handlerOptions.deadLetterQueue')],
  ['deadLetterQueue of the schedule', (_, here, env) => ({ schedule, scheduleOptions: { deadLetterQueue: Queue.fromQueueArn(here, 'Queue', arn('sqs', env, 'failed')) } }), be('scheduleOptions.deadLetterQueue')],
];

function create(make: Make, env: Env, ofJob: Env | undefined, ofOther: Env | undefined = ofJob && env, isShared = false): App {
  const app = new App();
  const here = new Stack(app, 'Job', { env: ofJob });
  const there = new Stack(app, 'There', { env: ofOther });
  const { handlerOptions, workflowRole, scheduleRole, workflowLogGroup, ...props } = make(there, here, env);
  const parts = { workflowRole, scheduleRole, workflowLogGroup };
  const given = Object.fromEntries(Object.entries(isShared ? { ...handlerOptions, ...parts } : parts).filter(([, part]) => part !== undefined));
  const job = { instanceIds: [INSTANCE_ID], command: BatchCommand.shell('x'), ...props };
  if (isShared) {
    new CotsBatchJob(here, 'Nightly', { ...job, handlers: new BatchJobHandlers(here, 'Handlers', given) });
  } else {
    new CotsBatchJob(here, 'Nightly', { ...job, ...given, ...handlerOptions && { handlerOptions } });
  }
  return app;
}

function outcome(action: () => App): string | undefined {
  try {
    action().synth();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const PLACES = [['account', OTHER_ACCOUNT], ['region', OTHER_REGION]] as const;

describe.each(PLACES)('in another %s', (place, env) => {
  test.each(MADE)('%s that is made there', (_prop, make, expected) => {
    expect(outcome(() => create(make, env, JOB))).toBe(expected[place]);
  });

  test.each(IMPORTED)('%s that is imported', (_prop, make, expected) => {
    expect(outcome(() => create(make, env, JOB))).toBe(expected[place]);
  });
});

describe('a log group of an account', () => {
  const logGroup = (stack: Stack) => LogGroup.fromLogGroupArn(stack, 'Logs', arn('logs', OTHER_ACCOUNT, 'log-group:ops:*'));

  test.each([['the job\'s', OTHER_ACCOUNT.account], ['that is not known', undefined]])('%s is taken by its name, which is all that Run Command takes', (_what, account) => {
    const stack = new Stack(new App(), 'Stack', { env: { ...JOB, account } });
    expect(synth({ outputLogGroup: logGroup(stack) }, stack).settings.logGroupName).toBe('ops');
  });
});

test('a topic of another account is taken: Step Functions publishes to it by its ARN', () => {
  const stack = new Stack(new App(), 'Stack', { env: JOB });
  const notificationTopic = Topic.fromTopicArn(stack, 'Topic', arn('sns', OTHER_ACCOUNT, 'ops'));
  expect(synth({ notificationTopic }, stack).settings.notificationTopicArn).toContain(OTHER_ACCOUNT.account);
});

/** What CDK refuses itself, wherever it is: role or queue and job would each need what the other one makes. */
const CIRCLES = ['workflowRole', 'scheduleRole', 'startRole', 'pollRole', 'closeRole', 'deadLetterQueue of handlers'];

test.each(MADE)('%s that is made in the same account and region, in another stack', (prop, make) => {
  const message = outcome(() => create(make, JOB, JOB));
  expect(message).toEqual(CIRCLES.includes(prop) ? expect.stringContaining('cyclic reference') : undefined);
});

test.each(MADE)('%s in an app that does not know where it will be deployed', (prop, make) => {
  expect(outcome(() => create(make, JOB, undefined, undefined))).toEqual(CIRCLES.includes(prop) ? expect.stringContaining('cyclic reference') : undefined);
});

test.each(IMPORTED)('%s that is imported, from the same place or by a job of an unknown one', (_prop, make) => {
  expect(outcome(() => create(make, JOB, JOB))).toBeUndefined();
  PLACES.forEach(([, env]) => expect(outcome(() => create(make, env, undefined))).toBeUndefined());
});

test.each(MADE)('%s of shared handlers, or of a job with them, has the same rule', (_prop, make, expected) => {
  PLACES.forEach(([place, env]) => expect(outcome(() => create(make, env, JOB, env, true))).toBe(expected[place]?.replace('handlerOptions.', '')));
});

test('a topic of another account is published to: its policy lets in the account of the job', () => {
  const app = create((_, here) => ({ notificationTopic: Topic.fromTopicArn(here, 'Topic', arn('sns', OTHER_ACCOUNT, 'ops')) }), OTHER_ACCOUNT, JOB);
  const { template } = app.synth().getStackByName('Job');
  const statements = Object.values(template.Resources as { [id: string]: { Type: string; Properties: any } })
    .filter(({ Type }) => Type === 'AWS::IAM::Policy').flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
  expect(statements.filter(({ Action }) => Action === 'sns:Publish').map(({ Resource }) => Resource))
    .toEqual([arn('sns', OTHER_ACCOUNT, 'ops'), arn('sns', OTHER_ACCOUNT, 'ops')]);
});

test('a stage of another account is another place, too', () => {
  const app = new App();
  const there = new Stack(new Stage(app, 'Prod', { env: OTHER_ACCOUNT }), 'There');
  const here = new Stack(app, 'Job', { env: JOB });
  expect(() => new CotsBatchJob(here, 'Nightly', { instanceIds: [INSTANCE_ID], command: BatchCommand.shell('x'), encryptionKey: new Key(there, 'Key') }))
    .toThrow(new Error(beMade('encryptionKey', 'imported by its ARN').account));
});

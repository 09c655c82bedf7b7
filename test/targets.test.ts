import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { Instance, InstanceType, MachineImage, Vpc } from 'aws-cdk-lib/aws-ec2';
import { CommandTarget, InvocationLimit } from '../src';
import { INSTANCE_ID, policySizes, synth, SynthesizedJob, synthWithTargets } from './support/synth';

const MANAGED_ID = 'mi-0123456789abcdef0';
const EC2 = 'arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/';
const HYBRID = 'arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:managed-instance/';

const ec2Id = (n: number) => `i-${n.toString(16).padStart(17, '0')}`;
const managedId = (n: number) => `m${ec2Id(n)}`;
const ids = (count: number, id: (n: number) => string) => Array.from({ length: count }, (_, n) => id(n));

/** The statements about servers: the first one is about the document. */
function servers(synthesized: SynthesizedJob) {
  return synthesized.statements(synthesized.job.startFunction.role)
    .filter(({ actions }) => actions.includes('ssm:SendCommand')).slice(1);
}

/** Where CDK merges statements, the document is in one of them. */
function serverArns(synthesized: SynthesizedJob) {
  return synthesized.statements(synthesized.job.startFunction.role)
    .flatMap(({ resources }) => resources).filter((arn) => arn.startsWith(EC2) || arn.startsWith(HYBRID));
}

describe('instanceIds', () => {
  test.each([
    ['an EC2 instance', [INSTANCE_ID], [[EC2 + INSTANCE_ID]]],
    ['an old EC2 instance', ['i-01234567'], [[`${EC2}i-01234567`]]],
    ['a hybrid server', [MANAGED_ID], [[HYBRID + MANAGED_ID]]],
    ['both', [MANAGED_ID, INSTANCE_ID], [[EC2 + INSTANCE_ID], [HYBRID + MANAGED_ID]]],
  ])('%s: the workflow gets the IDs, the role may send there and nowhere else', (_what, instanceIds, resources) => {
    const synthesized = synth({ instanceIds });
    expect(synthesized.settings).toMatchObject({ instanceIds, targets: [] });
    expect(servers(synthesized)).toEqual(resources.map((arns) => ({ actions: ['ssm:SendCommand'], resources: arns })));
  });

  test('an instance of the same stack', () => {
    const synthesized = synth((stack) => ({
      instanceIds: [new Instance(stack, 'Server', {
        vpc: new Vpc(stack, 'Vpc'),
        instanceType: new InstanceType('t3.micro'),
        machineImage: MachineImage.latestAmazonLinux2023(),
      }).instanceId],
    }));
    expect(synthesized.settings.instanceIds).toEqual(['<Server>']);
    expect(servers(synthesized)).toEqual([{ actions: ['ssm:SendCommand'], resources: [`${EC2}<Server>`] }]);
  });

  test('a parameter of the stack', () => {
    const synthesized = synth((stack) => ({ instanceIds: [new CfnParameter(stack, 'InstanceId').valueAsString, INSTANCE_ID] }));
    expect(synthesized.settings.instanceIds).toEqual(['<InstanceId>', INSTANCE_ID]);
    expect(servers(synthesized)[0].resources).toEqual([`${EC2}<InstanceId>`, EC2 + INSTANCE_ID]);
  });
});

describe('many instanceIds', () => {
  test('the commands of a run share its limits when they are sent', () => {
    const instanceIds = ids(101, ec2Id);
    expect(synth({ instanceIds, maxConcurrency: InvocationLimit.count(10), maxErrors: InvocationLimit.percent(2) }).settings)
      .toMatchObject({ maxConcurrency: '10', maxErrors: '2%' });
  });

  test('each ID is in exactly one statement', () => {
    const synthesized = synth({ instanceIds: [...ids(101, ec2Id), ...ids(51, managedId)] });
    expect(serverArns(synthesized).sort()).toEqual([
      ...ids(101, ec2Id).map((id) => EC2 + id), ...ids(51, managedId).map((id) => HYBRID + id),
    ]);
  });

  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: white space does not count.
  describe.each([
    ['statements as the job has them', {}],
    ['statements that CDK merges', { '@aws-cdk/aws-iam:minimizePolicies': true }],
  ])('the most that are allowed fit into a role: %s', (_how, context) => {
    test.each([
      ['EC2 instances', ids(500, ec2Id)],
      ['hybrid servers', ids(500, managedId)],
      ['both', [...ids(251, ec2Id), ...ids(249, managedId)]],
    ])('%s', (_what, instanceIds) => {
      const synthesized = synth({ instanceIds }, new Stack(new App({ context }), 'Stack'));
      const { inline, managed } = policySizes(synthesized, synthesized.job.startFunction.role!);
      expect(inline).toBeLessThanOrEqual(10_240);
      expect(Math.max(...managed)).toBeLessThanOrEqual(6_144);
      expect(managed.length).toBeLessThanOrEqual(10);
      expect(new Set(serverArns(synthesized)).size).toBe(500);
      Annotations.fromStack(synthesized.stack).hasNoWarning('*', Match.anyValue());
      expect(JSON.stringify(synthesized.definition).length).toBeLessThan(1024 * 1024);
    });
  });
});

describe('targets', () => {
  test('tags: all must match, and IAM asks for the same', () => {
    const synthesized = synthWithTargets([
      CommandTarget.tag('Role', 'crawler', 'indexer'), CommandTarget.tag('aws:autoscaling:groupName', 'a'),
    ]);
    expect(synthesized.settings).toMatchObject({
      instanceIds: [],
      targets: [{ key: 'tag:Role', values: ['crawler', 'indexer'] }, { key: 'tag:aws:autoscaling:groupName', values: ['a'] }],
    });
    expect(servers(synthesized)).toEqual([{
      actions: ['ssm:SendCommand'],
      resources: [`${EC2}*`, `${HYBRID}*`],
      conditions: {
        StringEquals: { 'ssm:resourceTag/Role': ['crawler', 'indexer'], 'ssm:resourceTag/aws:autoscaling:groupName': ['a'] },
      },
    }]);
  });

  test('a resource group: IAM cannot tell its members from other servers', () => {
    const synthesized = synthWithTargets([CommandTarget.resourceGroup('crawlers')]);
    expect(synthesized.settings.targets).toEqual([{ key: 'resource-groups:Name', values: ['crawlers'] }]);
    expect(servers(synthesized)).toEqual([{ actions: ['ssm:SendCommand'], resources: [`${EC2}*`, `${HYBRID}*`] }]);
  });

  test('the value of a tag may be a token', () => {
    const stack = new Stack(new App(), 'Stack');
    const value = new CfnParameter(stack, 'Value').valueAsString;
    const synthesized = synth({ instanceIds: undefined, targets: [CommandTarget.tag('Role', value)] }, stack);
    expect(synthesized.settings.targets).toEqual([{ key: 'tag:Role', values: ['<Value>'] }]);
    expect(servers(synthesized)[0].conditions).toEqual({ StringEquals: { 'ssm:resourceTag/Role': ['<Value>'] } });
  });

  test('a number of servers is not shared: targets are one command', () => {
    const { settings } = synthWithTargets([CommandTarget.tag('Role', 'crawler')], { maxConcurrency: InvocationLimit.count(10) });
    expect(settings.maxConcurrency).toBe('10');
  });
});

test('an Auto Scaling group: by the tag that its instances have, and no hybrid server can have', () => {
  const synthesized = synth((stack) => ({
    instanceIds: undefined,
    targets: [CommandTarget.autoScalingGroup(AutoScalingGroup.fromAutoScalingGroupName(stack, 'Crawlers', 'crawlers')), CommandTarget.tag('Stage', 'live')],
  }));
  expect(synthesized.settings.targets).toEqual([
    { key: 'tag:aws:autoscaling:groupName', values: ['crawlers'] }, { key: 'tag:Stage', values: ['live'] },
  ]);
  expect(servers(synthesized)).toEqual([{
    actions: ['ssm:SendCommand'],
    resources: [`${EC2}*`],
    conditions: { StringEquals: { 'ssm:resourceTag/aws:autoscaling:groupName': ['crawlers'], 'ssm:resourceTag/Stage': ['live'] } },
  }]);
});

import { App, Lazy, NestedStack, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Instance, InstanceType, MachineImage, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { CommandTarget } from '../src';
import { INSTANCE_ID, JobProps, synth } from './support/synth';

describe('the log group of the program\'s output', () => {
  test('is made by the job, kept for three months, and stays when the stack goes', () => {
    const synthesized = synth();
    const { Properties, DeletionPolicy, UpdateReplacePolicy } = synthesized.resource(synthesized.job.outputLogGroup!);
    expect(Properties).toEqual({ RetentionInDays: 90 });
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    expect(synthesized.settings.logGroupName).toBe('<Job/Output/LogGroup>');
  });

  test('is kept as long as outputLogRetention says', () => {
    const synthesized = synth({ outputLogRetention: RetentionDays.ONE_WEEK });
    expect(synthesized.properties(synthesized.job.outputLogGroup!)).toEqual({ RetentionInDays: 7 });
  });

  test('may be the user\'s own', () => {
    const synthesized = synth((stack) => ({ outputLogGroup: new LogGroup(stack, 'Logs') }));
    expect(synthesized.job.outputLogGroup?.node.path).toBe('Stack/Logs');
    expect(synthesized.settings.logGroupName).toBe('<Logs>');
    // The user's, the workflow's, and that of the marks of Close run.
    synthesized.template.resourceCountIs('AWS::Logs::LogGroup', 3);
  });

  test('is not there without cloudWatchOutput', () => {
    const { job, settings, template } = synth({ cloudWatchOutput: false });
    expect(job.outputLogGroup).toBeUndefined();
    expect(settings).not.toHaveProperty('logGroupName');
    template.resourceCountIs('AWS::Logs::LogGroup', 2);
  });
});

describe('the bucket of the program\'s output', () => {
  test('is none by default', () => {
    const { settings } = synth();
    expect(settings).not.toHaveProperty('outputBucketName');
    expect(settings).not.toHaveProperty('outputKeyPrefix');
  });

  test('is the user\'s, in the folder of the job or in one that the user names', () => {
    expect(synth((stack) => ({ outputBucket: new Bucket(stack, 'Bucket') })).settings)
      .toMatchObject({ outputBucketName: '<Bucket>', outputKeyPrefix: '<AWS::StackName>_Job' });
    expect(synth((stack) => ({ outputBucket: new Bucket(stack, 'Bucket'), outputKeyPrefix: 'jobs/nightly' })).settings)
      .toMatchObject({ outputBucketName: '<Bucket>', outputKeyPrefix: 'jobs/nightly' });
  });
});

describe('grantInstance', () => {
  const reached = {
    actions: [
      'ssm:UpdateInstanceInformation',
      'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel',
      'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel',
      'ec2messages:AcknowledgeMessage', 'ec2messages:DeleteMessage', 'ec2messages:FailMessage', 'ec2messages:GetEndpoint',
      'ec2messages:GetMessages', 'ec2messages:SendReply',
    ],
    resources: ['*'],
  };
  const writesTo = (logGroup: string, ...writers: string[]) => [
    { actions: ['logs:CreateLogStream', 'logs:DescribeLogStreams'], resources: [`<${logGroup}.Arn>`] },
    {
      actions: ['logs:PutLogEvents'],
      resources: writers.map((writer) => `arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:<${logGroup}>:log-stream:${writer}`),
    },
    { actions: ['logs:DescribeLogGroups'], resources: ['arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:*'] },
  ];
  const itself = `*/${INSTANCE_ID}/*`;
  const put = ['s3:PutObject', 's3:AbortMultipartUpload'];

  function granted(props: Parameters<typeof synth>[0]) {
    const synthesized = synth(props);
    const role = new Role(synthesized.stack, 'Server', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    const grant = synthesized.job.grantInstance(role);
    grant.assertSuccess();
    return { statements: synthesized.statements(role), grant, synthesized };
  }

  test('lets a server be reached, and write its log streams', () => {
    expect(granted({}).statements).toEqual([reached, ...writesTo('Job/Output/LogGroup', itself)]);
  });

  test('the user\'s log group', () => {
    expect(granted((stack): JobProps => ({ outputLogGroup: new LogGroup(stack, 'Logs') })).statements)
      .toEqual([reached, ...writesTo('Logs', itself)]);
  });

  test('without output, only lets it be reached', () => {
    expect(granted({ cloudWatchOutput: false }).statements).toEqual([reached]);
  });

  test('a bucket: lets it write what is its own, below the key of the job', () => {
    const { statements } = granted((stack): JobProps => ({ cloudWatchOutput: false, outputBucket: new Bucket(stack, 'Bucket') }));
    expect(statements).toEqual([
      reached,
      { actions: put, resources: [`<Bucket.Arn>/<AWS::StackName>_Job/${itself}`] },
      { actions: ['s3:GetEncryptionConfiguration'], resources: ['<Bucket.Arn>'] },
    ]);
  });

  test('a folder of a bucket: lets it write there', () => {
    const { statements } = granted((stack): JobProps => ({
      outputBucket: new Bucket(stack, 'Bucket'), outputKeyPrefix: 'jobs/nightly',
    }));
    expect(statements).toEqual([
      reached,
      ...writesTo('Job/Output/LogGroup', itself),
      { actions: put, resources: [`<Bucket.Arn>/jobs/nightly/${itself}`] },
      { actions: ['s3:GetEncryptionConfiguration'], resources: ['<Bucket.Arn>'] },
    ]);
  });

  const ids = (count: number) => Array.from({ length: count }, (_, i) => `i-${i.toString(16).padStart(17, '0')}`);
  const token = Lazy.string({ produce: () => INSTANCE_ID });

  test.each<[string, () => Partial<JobProps>, string[]]>([
    ['each of 20 servers that are named', () => ({ instanceIds: ids(20) }), ids(20).map((id) => `*/${id}/*`)],
    ['one of 21', () => ({ instanceIds: ids(21) }), ['*']],
    ['one that CloudFormation names', () => ({ instanceIds: [INSTANCE_ID, token] }), ['*']],
    ['one that SSM finds', () => ({ instanceIds: undefined, targets: [CommandTarget.tag('Role', 'crawler')] }), ['*']],
  ])('%s', (_which, props, writers) => {
    const { statements } = granted((stack): JobProps => ({
      ...props(), outputBucket: new Bucket(stack, 'Bucket'), outputKeyPrefix: 'jobs/nightly',
    }));
    expect(statements.slice(1, 5)).toEqual([
      ...writesTo('Job/Output/LogGroup', ...writers),
      { actions: put, resources: writers.map((writer) => `<Bucket.Arn>/jobs/nightly/${writer}`) },
    ]);
  });

  test('a bucket with a key of the user\'s: lets it encrypt', () => {
    const { statements } = granted((stack): JobProps => ({
      outputBucket: new Bucket(stack, 'Bucket', { encryptionKey: new Key(stack, 'Key') }),
    }));
    expect(statements)
      .toContainEqual({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: ['<Key.Arn>'] });
  });

  test('what depends on the grant waits for all of it', () => {
    const { grant, statements } = granted((stack): JobProps => ({ outputBucket: new Bucket(stack, 'Bucket') }));
    expect(grant.principalStatements).toHaveLength(statements.length);
  });

  describe('a server that the job names, in another stack', () => {
    const stacks = (isNested = false) => {
      const servers = new Stack(new App(), 'Servers');
      const instance = new Instance(servers, 'Server', {
        vpc: new Vpc(servers, 'Vpc'),
        instanceType: new InstanceType('t3.micro'),
        machineImage: MachineImage.latestAmazonLinux2023(),
      });
      const stack = isNested ? new NestedStack(servers, 'Jobs') : new Stack(servers.node.scope as App, 'Jobs');
      return { servers, role: instance.role, synthesized: synth({ instanceIds: [instance.instanceId] }, stack) };
    };

    test.each([['apart', false], ['around a nested one', true]])('%s: its role is granted in the stack of the job', (_where, isNested) => {
      const { servers, role, synthesized } = stacks(isNested);
      const imported = Role.fromRoleName(synthesized.stack, 'ServerRole', role.roleName);
      synthesized.job.grantInstance(imported).assertSuccess();

      const policies = synthesized.all('AWS::IAM::Policy').filter(({ PolicyDocument }) => JSON.stringify(PolicyDocument).includes('ssmmessages'));
      expect(policies.map(({ Roles }) => Roles)).toEqual([[expect.stringContaining('ServerInstanceRole')]]);
      // Nothing of the job is in the servers' stack, but for the nested stack itself.
      expect(JSON.stringify(Template.fromStack(servers).findResources('AWS::IAM::Policy'))).not.toContain('ssmmessages');
    });

    test('that is a circle if the role is granted where it is', () => {
      const { role, synthesized } = stacks();
      synthesized.job.grantInstance(role);
      expect(() => synthesized.template).toThrow('cyclic reference');
    });
  });
});

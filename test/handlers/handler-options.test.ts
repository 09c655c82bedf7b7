import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { IVpc, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Runtime, RuntimeFamily, Tracing } from 'aws-cdk-lib/aws-lambda';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { BatchCommand, BatchJobHandlers, CompletionMode, CotsBatchJob, HandlerOptions } from '../../src';
import { INSTANCE_ID, JobProps, synth, SynthesizedJob } from '../support/synth';

type Options<T> = (stack: Stack) => T;

/** The functions of a job that has a handler of each kind, with handlers of its own or shared. */
function handlersOf(isShared: boolean, options: Options<HandlerOptions>) {
  const synthesized = synth((stack) => ({
    completion: CompletionMode.EVENTS,
    ...isShared ? { handlers: new BatchJobHandlers(stack, 'Shared', options(stack)) } : { handlerOptions: options(stack) },
  }));
  const { job } = synthesized;
  const functions = { start: job.startFunction, poll: job.pollFunction, close: job.closeFunction };
  return { synthesized, functions, all: Object.values(functions).map((each) => synthesized.properties(each)) };
}

function vpcOf(stack: Stack): IVpc {
  return Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['eu-west-1a'],
    privateSubnetIds: ['subnet-0aaaaaaaaaaaaaaaa'],
    isolatedSubnetIds: ['subnet-0bbbbbbbbbbbbbbbb'],
  });
}

const actionsOf = (synthesized: SynthesizedJob, role?: IRole) => synthesized.statements(role).flatMap(({ actions }) => actions);

describe.each([['a job of its own', false], ['shared handlers', true]])('%s', (_whose, isShared) => {
  test('by default: no VPC, no queue, no limit, no traces', () => {
    const { synthesized, all } = handlersOf(isShared, () => ({}));
    for (const properties of all) {
      expect(properties).not.toHaveProperty('VpcConfig');
      expect(properties).not.toHaveProperty('DeadLetterConfig');
      expect(properties).not.toHaveProperty('ReservedConcurrentExecutions');
      expect(properties).not.toHaveProperty('TracingConfig');
    }
    synthesized.template.resourceCountIs('AWS::EC2::SecurityGroup', 0);
  });

  test('a VPC: private subnets, one security group that lets HTTPS out, and the rights of it', () => {
    const { synthesized, functions, all } = handlersOf(isShared, (stack) => ({ vpc: vpcOf(stack) }));
    expect(synthesized.all('AWS::EC2::SecurityGroup')).toEqual([expect.objectContaining({
      VpcId: 'vpc-0123456789abcdef0',
      SecurityGroupEgress: [expect.objectContaining({ CidrIp: '0.0.0.0/0', IpProtocol: 'tcp', FromPort: 443, ToPort: 443 })],
    })]);
    expect(synthesized.all('AWS::EC2::SecurityGroup')[0]).not.toHaveProperty('SecurityGroupIngress');
    for (const { VpcConfig } of all) {
      expect(VpcConfig).toEqual({
        SubnetIds: ['subnet-0aaaaaaaaaaaaaaaa'], SecurityGroupIds: [expect.stringMatching(/<.*SecurityGroup\.GroupId>/)],
      });
    }
    for (const { role } of Object.values(functions)) {
      expect(actionsOf(synthesized, role).filter((action) => action.startsWith('ec2:'))).toEqual([
        'ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets', 'ec2:UnassignPrivateIpAddresses',
      ]);
    }
  });

  test('subnets and security groups', () => {
    const { synthesized, all } = handlersOf(isShared, (stack) => {
      const vpc = vpcOf(stack);
      return { vpc, vpcSubnets: { subnets: vpc.isolatedSubnets }, securityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0123')] };
    });
    synthesized.template.resourceCountIs('AWS::EC2::SecurityGroup', 0);
    expect(all.map(({ VpcConfig }) => VpcConfig))
      .toEqual(Array(3).fill({ SubnetIds: ['subnet-0bbbbbbbbbbbbbbbb'], SecurityGroupIds: ['sg-0123'] }));
  });

  test('a dead-letter queue: of the function that events invoke, and of the rule that closes runs', () => {
    const { synthesized, functions } = handlersOf(isShared, (stack) => ({
      deadLetterQueue: new Queue(stack, 'Queue', { encryptionMasterKey: new Key(stack, 'Key') }),
    }));
    const queueOf = (name: keyof typeof functions) => synthesized.properties(functions[name]).DeadLetterConfig;
    expect([queueOf('start'), queueOf('poll')]).toEqual([undefined, undefined]);
    expect(queueOf('close')).toEqual({ TargetArn: '<Queue.Arn>' });
    const statements = synthesized.statements(functions.close.role);
    expect(statements).toContainEqual({ actions: ['sqs:SendMessage'], resources: ['<Queue.Arn>'] });
    expect(statements).toContainEqual({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: ['<Key.Arn>'] });
    const [rule] = synthesized.all('AWS::Events::Rule').filter(({ EventPattern }) => EventPattern.source[0] === 'aws.states');
    expect(rule.Targets[0].DeadLetterConfig).toEqual({ Arn: '<Queue.Arn>' });
    synthesized.template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage' })]) },
    });
    synthesized.template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({ Principal: { Service: 'events.amazonaws.com' }, Action: ['kms:Decrypt', 'kms:GenerateDataKey'] }),
        ]),
      },
    });
  });

  test('a limit, and traces', () => {
    const { synthesized, functions, all } = handlersOf(isShared, () => ({ reservedConcurrentExecutions: 7, tracing: Tracing.ACTIVE }));
    expect(all.map(({ ReservedConcurrentExecutions, TracingConfig }) => [ReservedConcurrentExecutions, TracingConfig.Mode]))
      .toEqual(Array(3).fill([7, 'Active']));
    for (const { role } of Object.values(functions)) {
      expect(actionsOf(synthesized, role)).toEqual(expect.arrayContaining(['xray:PutTraceSegments', 'xray:PutTelemetryRecords']));
    }
  });

  test('roles of the app get the rights', () => {
    const { synthesized, functions } = handlersOf(isShared, (stack) => ({
      startRole: roleOf(stack, 'Start'), pollRole: roleOf(stack, 'Poll'), closeRole: roleOf(stack, 'Close'),
    }));
    expect(Object.values(functions).map((each) => synthesized.properties(each).Role)).toEqual([
      '<Start.Arn>', '<Poll.Arn>', '<Close.Arn>',
    ]);
    expect(actionsOf(synthesized, functions.start.role)).toContain('ssm:SendCommand');
    expect(actionsOf(synthesized, functions.poll.role)).toContain('ssm:ListCommandInvocations');
    expect(actionsOf(synthesized, functions.close.role)).toEqual(expect.arrayContaining(['states:GetExecutionHistory', 'states:SendTaskSuccess']));
    // The workflow's own.
    synthesized.template.resourceCountIs('AWS::IAM::Role', 4);
  });

  test('what a reviewer has to accept in such a role is left to its owner', () => {
    const { functions } = handlersOf(isShared, (stack) => ({ startRole: roleOf(stack, 'Start') }));
    const accepted = (role?: IRole) => JSON.stringify(role!.node.findAll().map((node) => node.node.defaultChild ?? node)
      .map((node) => (node as { getMetadata?: (key: string) => unknown }).getMetadata?.('cdk_nag')).filter(Boolean));
    expect(accepted(functions.start.role)).toBe('[]');
    expect(accepted(functions.poll.role)).toContain('AwsSolutions-IAM5');
  });

  test('a role that is imported gets a policy, and one that nobody may change gets none', () => {
    const policies = (mutable: boolean) => {
      const { synthesized, functions } = handlersOf(isShared, (stack) => ({
        startRole: Role.fromRoleArn(stack, 'Start', 'arn:aws:iam::123456789012:role/start', { mutable }),
      }));
      expect(synthesized.properties(functions.start).Role).toBe('arn:aws:iam::123456789012:role/start');
      return synthesized.all('AWS::IAM::Policy').filter(({ Roles }) => Roles.includes('start'))
        .flatMap(({ PolicyDocument }) => PolicyDocument.Statement.flatMap(({ Action }: { Action: string }) => Action));
    };
    expect(policies(true)).toContain('ssm:SendCommand');
    expect(policies(false)).toEqual([]);
  });
});

function roleOf(stack: Stack, id: string, service = 'lambda'): Role {
  return new Role(stack, id, { assumedBy: new ServicePrincipal(`${service}.amazonaws.com`) });
}

describe('refused, by the name that an option has for its user', () => {
  test.each<[string, Options<HandlerOptions>, string]>([
    ['subnets of no VPC', () => ({ vpcSubnets: {} }), 'vpcSubnets has no effect without PROP(vpc), got {}'],
    [
      'security groups of no VPC', (stack) => ({ securityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1')] }),
      'securityGroups has no effect without PROP(vpc), got ["MutableImport"]',
    ],
    ['no security group', (stack) => ({ vpc: vpcOf(stack), securityGroups: [] }), 'securityGroups must have at least one security group, got []'],
    [
      'no concurrency', () => ({ reservedConcurrentExecutions: 0 }),
      'reservedConcurrentExecutions must be a whole number of at least 1, because with 0 no run could start, got 0',
    ],
    [
      'half a concurrency', () => ({ reservedConcurrentExecutions: 1.5 }),
      'reservedConcurrentExecutions must be a whole number of at least 1, because with 0 no run could start, got 1.5',
    ],
    ['an old runtime', () => ({ runtime: Runtime.NODEJS_20_X }), 'runtime must be nodejs22.x or a newer runtime of Node.js, got "nodejs20.x"'],
    ['another runtime', () => ({ runtime: Runtime.PYTHON_3_13 }), 'runtime must be nodejs22.x or a newer runtime of Node.js, got "python3.13"'],
    [
      'a FIFO queue', (stack) => ({ deadLetterQueue: new Queue(stack, 'Queue', { fifo: true }) }),
      'deadLetterQueue must be a standard queue, because Lambda and EventBridge take no FIFO queue, got "Stack/Queue"',
    ],
    [
      'a queue of another region', (stack) => ({ deadLetterQueue: Queue.fromQueueArn(stack, 'Queue', 'arn:aws:sqs:eu-west-1:111111111111:queue') }),
      'deadLetterQueue must be in the region of the job (eu-central-1), got "eu-west-1"',
    ],
    [
      'a role of another account', (stack) => ({ startRole: Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::222222222222:role/start') }),
      'startRole must be in the account of the job (111111111111), got "222222222222"',
    ],
  ])('%s', (_what, options, message) => {
    const stackOf = () => new Stack(new App(), 'Stack', { env: { account: '111111111111', region: 'eu-central-1' } });
    const job = (props: Options<JobProps>) => synth(props, stackOf());
    expect(() => job((stack) => ({ handlerOptions: options(stack) })))
      .toThrow(new Error(`handlerOptions.${message.replace('PROP(vpc)', 'handlerOptions.vpc')}`));
    expect(() => job((stack) => ({ handlers: new BatchJobHandlers(stack, 'Handlers', options(stack)) })))
      .toThrow(new Error(message.replace('PROP(vpc)', 'vpc')));
  });

  test('a role for a part that the job has not', () => {
    expect(() => synth((stack) => ({ scheduleRole: roleOf(stack, 'Role') })))
      .toThrow(new Error('scheduleRole has no effect without schedule, got Role'));
  });

  test('one role for two parts: CloudFormation could create neither first', () => {
    expect(() => synth((stack) => {
      const role = roleOf(stack, 'Role');
      return { handlerOptions: { startRole: role, closeRole: role } };
    })).toThrow(new Error('handlerOptions.closeRole must be another role than handlerOptions.startRole, because each has rights to what the '
      + 'other makes, got "Stack/Role"'));
    expect(() => synth((stack) => {
      const workflowRole = roleOf(stack, 'Role');
      return { workflowRole, handlerOptions: { pollRole: workflowRole } };
    })).toThrow('handlerOptions.pollRole must be another role than workflowRole');
  });

  test('a token is taken', () => {
    const stack = new Stack(new App(), 'Stack');
    const runtime = new Runtime(stack.toJsonString({ runtime: stack.region }), RuntimeFamily.NODEJS);
    Runtime.ALL.pop();
    expect(() => synth({ handlerOptions: { runtime } }, stack)).not.toThrow();
  });
});

test.each<[string, Options<JobProps>]>([
  ['handlerOptions', () => ({ handlerOptions: {} })],
  ['workflowRole', (stack) => ({ workflowRole: roleOf(stack, 'Role') })],
  ['scheduleRole', (stack) => ({ scheduleRole: roleOf(stack, 'Role'), schedule: ScheduleExpression.rate(Duration.days(1)) })],
  ['workflowLogGroup', (stack) => ({ workflowLogGroup: new BatchJobHandlers(stack, 'Others').workflowLogGroup })],
  ['workflowLogRetention', () => ({ workflowLogRetention: 30 })],
  ['workflowLogRemovalPolicy', () => ({ workflowLogRemovalPolicy: 'retain' as never })],
])('%s on a job with shared handlers is refused', (prop, props) => {
  const stack = new Stack(new App(), 'Stack');
  const handlers = new BatchJobHandlers(stack, 'Handlers');
  expect(() => new CotsBatchJob(stack, 'Job', { handlers, instanceIds: [INSTANCE_ID], command: BatchCommand.shell('x'), ...props(stack) }))
    .toThrow(new Error(`handlers and ${prop} exclude each other: it is a prop of BatchJobHandlers, for all jobs that share them, got both`));
});

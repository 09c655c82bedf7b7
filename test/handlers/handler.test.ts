import { App, Aspects, Stack } from 'aws-cdk-lib';
import { CfnRole, ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import { CfnFunction, Runtime, RuntimeFamily } from 'aws-cdk-lib/aws-lambda';
import { BatchJobHandlers, CompletionMode } from '../../src';
import { JobProps, policySizes, synth, SynthesizedJob } from '../support/synth';

const NETWORK = {
  actions: [
    'ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets', 'ec2:UnassignPrivateIpAddresses',
  ],
  resources: ['*'],
};

const functionsOf = ({ job }: SynthesizedJob) => [job.startFunction, job.pollFunction, job.closeFunction];

/** Whether the role of each function may do what Lambda does with it in a VPC. */
const areInNetwork = (synthesized: SynthesizedJob) =>
  functionsOf(synthesized).map(({ role }) => synthesized.statements(role).some(({ actions }) => actions.join() === NETWORK.actions.join()));

describe('the runtime', () => {
  const runtimes = (props: JobProps = {}) => {
    const synthesized = synth({ completion: CompletionMode.EVENTS, ...props });
    return functionsOf(synthesized).map((each) => synthesized.properties(each).Runtime);
  };

  /** As if the app had an aws-cdk-lib that has another runtime for every region. */
  function withLatest<T>(name: string, read: () => T): T {
    const { NODEJS_LATEST } = Runtime;
    const set = (value: Runtime) => Object.defineProperty(Runtime, 'NODEJS_LATEST', { value, configurable: true, writable: true });
    set(new Runtime(name, RuntimeFamily.NODEJS, { isVariable: true }));
    try {
      return read();
    } finally {
      set(NODEJS_LATEST);
      Runtime.ALL.pop();
    }
  }

  test('is that of every region, and not older than the bundles are made for', () => {
    expect(runtimes()).toEqual(Array(3).fill('nodejs22.x'));
    expect(withLatest('nodejs20.x', () => runtimes())).toEqual(Array(3).fill('nodejs22.x'));
  });

  test('follows the aws-cdk-lib of the app', () => {
    expect(withLatest('nodejs24.x', () => runtimes())).toEqual(Array(3).fill('nodejs24.x'));
  });

  test('is what the app says', () => {
    const newer = new Runtime('nodejs26.x', RuntimeFamily.NODEJS);
    Runtime.ALL.pop();
    expect(runtimes({ handlerOptions: { runtime: newer } })).toEqual(Array(3).fill('nodejs26.x'));
  });
});

describe('a VPC that an aspect gives to all functions of an app', () => {
  const CONFIG = { subnetIds: ['subnet-0123456789abcdef0'], securityGroupIds: ['sg-0123456789abcdef0'] };
  const OVERRIDE = { SubnetIds: CONFIG.subnetIds, SecurityGroupIds: CONFIG.securityGroupIds };

  function synthIn(change: (resource: CfnFunction) => void, props: JobProps | ((stack: Stack) => JobProps) = {}) {
    const stack = new Stack(new App(), 'Stack');
    Aspects.of(stack).add({ visit: (node) => node instanceof CfnFunction && change(node) });
    return synth((scope) => ({ completion: CompletionMode.EVENTS, ...typeof props === 'function' ? props(scope) : props }), stack);
  }

  test.each<[string, (resource: CfnFunction) => void]>([
    ['by its property', (resource) => {
      resource.vpcConfig = CONFIG;
    }],
    ['by an override', (resource) => resource.addPropertyOverride('VpcConfig', OVERRIDE)],
    ['by an override of a part', (resource) => resource.addPropertyOverride('VpcConfig.SubnetIds', CONFIG.subnetIds)],
  ])('%s: the roles get the rights of it', (_how, change) => {
    const synthesized = synthIn(change);
    expect(areInNetwork(synthesized)).toEqual([true, true, true]);
    // Lambda asks for the rights when it makes the function.
    for (const each of functionsOf(synthesized)) {
      const policy = synthesized.stack.getLogicalId(each.role!.node.findChild('DefaultPolicy').node.defaultChild as CfnRole);
      expect(synthesized.resource(each).DependsOn).toContain(policy);
    }
  });

  test('shared handlers, too', () => {
    const synthesized = synthIn((resource) => {
      resource.vpcConfig = CONFIG;
    }, (stack) => ({ handlers: new BatchJobHandlers(stack, 'Handlers') }));
    expect(areInNetwork(synthesized)).toEqual([true, true, true]);
  });

  test('without one, or where it is taken away again, they have none', () => {
    expect(areInNetwork(synthIn(() => {}))).toEqual([false, false, false]);
    expect(areInNetwork(synthIn((resource) => resource.addPropertyDeletionOverride('VpcConfig')))).toEqual([false, false, false]);
  });

  test.each([68, 100, 136, 500])('the rights fit next to those to %d servers', (count) => {
    const instanceIds = Array.from({ length: count }, (_, i) => `i-${i.toString(16).padStart(17, '0')}`);
    const synthesized = synthIn((resource) => {
      resource.vpcConfig = CONFIG;
    }, { instanceIds });
    expect(policySizes(synthesized, synthesized.job.startFunction.role!).inline).toBeLessThanOrEqual(10_240);
  });
});

test('a permissions boundary reaches every role of a job, and of shared handlers', () => {
  for (const shared of [false, true]) {
    const stack = new Stack(new App(), 'Stack');
    const boundary = ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'boundary');
    const handlers = shared ? new BatchJobHandlers(stack, 'Handlers') : undefined;
    const synthesized = synth({ handlers, completion: CompletionMode.EVENTS }, stack);
    PermissionsBoundary.of(handlers ?? synthesized.job).apply(boundary);
    const boundaries = synthesized.all('AWS::IAM::Role').map(({ PermissionsBoundary: arn }) => arn);
    expect(boundaries).toEqual(Array(4).fill(expect.stringMatching(/:policy\/boundary$/)));
  }
});

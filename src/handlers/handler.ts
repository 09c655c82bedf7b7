import * as path from 'node:path';
import { AspectPriority, Aspects, Duration } from 'aws-cdk-lib';
import { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnFunction, Code, Function, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acceptRuntime, acceptWildcards } from '../nag-findings';
import { functionRole } from '../service-role';

/** Where the build puts the bundles, one folder for each `*.lambda.ts`. */
const BUNDLES = path.join(__dirname, '../../assets/runtime');

/** The major version of Node.js that the bundles are made for. */
export const OLDEST_NODE = 22;

/**
 * What Lambda does with the role of a function in a VPC. Lambda refuses a function whose role may not. None of it can be confined to
 * interfaces of this function: they do not exist yet.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
const NETWORK_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

export interface HandlerProps {
  /** Its file in `src/runtime`, without `.lambda.ts`. */
  readonly entry: string;
  readonly description: string;
  readonly timeout: Duration;
  readonly logGroup: ILogGroup;
  /** @default - a new role */
  readonly role?: IRole;
  /** @default - `defaultRuntime` */
  readonly runtime?: Runtime;
  readonly vpc?: IVpc;
  readonly vpcSubnets?: SubnetSelection;
  readonly securityGroups?: ISecurityGroup[];
  readonly reservedConcurrentExecutions?: number;
  readonly tracing?: Tracing;
  /** Encrypts what is in the environment; for those that have something there. */
  readonly environmentEncryption?: IKey;
  /** Only where the function is invoked by events. */
  readonly deadLetterQueue?: IQueue;
}

/**
 * A Lambda function of a job. Its role holds nothing but what it is given: the one that CDK would make may write to every log group of the
 * account.
 */
export class Handler extends Construct {
  public readonly function: Function;
  public readonly role: IRole;

  constructor(scope: Construct, id: string, private readonly props: HandlerProps) {
    super(scope, id);
    const { entry, role, ...options } = props;

    this.role = role ?? functionRole(this, 'Role');
    props.logGroup.grantWrite(this.role);
    if (props.vpc) {
      this.allow(...NETWORK_ACTIONS);
      this.acceptWildcards(['*'], 'Lambda makes the network interfaces of the function with this role: none of them exists yet.');
    }

    this.function = new Function(this, 'Resource', {
      ...options,
      role: this.role,
      code: Code.fromAsset(path.join(BUNDLES, `${entry}.lambda`)),
      handler: 'index.handler',
      runtime: props.runtime ?? defaultRuntime(),
      memorySize: 256,
    });
    props.environmentEncryption?.grant(this.role, 'kms:Decrypt');
    // CDK grants SendMessage, and leaves the key to us.
    props.deadLetterQueue?.encryptionMasterKey?.grant(this.role, 'kms:Decrypt', 'kms:GenerateDataKey');
    if (!props.runtime) {
      acceptRuntime(this.function);
    }
    this.allowNetworkOfAspects();
  }

  /** Gives the role a right to actions that have no resource type. */
  public allow(...actions: string[]): void {
    this.role.addToPrincipalPolicy(new PolicyStatement({ actions, resources: ['*'] }));
  }

  /** Accepts wildcards in the policy of the role, if it is one of ours: nobody answers for what others have in theirs. */
  public acceptWildcards(resources: string[], reason: string): void {
    if (!this.props.role) {
      acceptWildcards(this.role, resources, reason);
    }
  }

  /** A platform's aspect may put every function of an app into a VPC. It knows nothing of roles. */
  private allowNetworkOfAspects(): void {
    const resource = this.function.node.defaultChild as CfnFunction;
    const visit = () => {
      if (!this.props.vpc && isInVpc(resource)) {
        this.allow(...NETWORK_ACTIONS);
      }
    };
    // After all aspects that change something.
    Aspects.of(resource).add({ visit }, { priority: AspectPriority.READONLY });
  }
}

/**
 * The newest Node.js runtime that every region has, by the aws-cdk-lib of the app: a function outlives the runtime of an old release
 * when the app updates its CDK. The first versions of CDK that we accept have an older one there than the bundles are made for.
 */
export function defaultRuntime(): Runtime {
  return nodeVersion(Runtime.NODEJS_LATEST)! > OLDEST_NODE ? Runtime.NODEJS_LATEST : Runtime.NODEJS_22_X;
}

/** The major version of a Node.js runtime; none of any other runtime. */
export function nodeVersion({ name }: Runtime): number | undefined {
  const [, version] = /^nodejs(\d+)\.x$/.exec(name) ?? [];
  return version === undefined ? undefined : Number(version);
}

/** Whether a function has been put into a VPC, by its property or by an override. */
function isInVpc(resource: CfnFunction): boolean {
  const { Properties } = Reflect.get(resource, 'rawOverrides') as { Properties?: { VpcConfig?: unknown } } ?? {};
  return (Properties && 'VpcConfig' in Properties ? Properties.VpcConfig : resource.vpcConfig) !== undefined;
}

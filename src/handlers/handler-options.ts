import { IResource, Token } from 'aws-cdk-lib';
import { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { IRole } from 'aws-cdk-lib/aws-iam';
import { Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { IConstruct } from 'constructs';
import { nodeVersion, OLDEST_NODE } from './handler';
import { refuseOtherAccount, refuseOtherRegion } from '../references';
import { isKnown, refuse, refuseWithout } from '../validation';

/**
 * What the Lambda functions of a job are given. Every option has the name and the meaning that it has for a `Function`.
 */
export interface HandlerOptions {
  /**
   * A VPC that the functions run in. From its subnets they must reach SSM, CloudWatch Logs, Step Functions and SNS: by a NAT gateway, or by
   * the interface endpoints `ssm`, `logs`, `states` and `sns`. Their roles get the rights to network interfaces that Lambda asks for.
   *
   * A function that an aspect puts into a VPC gets these rights, too.
   *
   * @default - no VPC
   */
  readonly vpc?: IVpc;

  /**
   * The subnets of the VPC.
   *
   * @default - the private subnets of the VPC
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * The security groups of the functions. Nothing connects to a function; it connects to endpoints of AWS, on port 443.
   *
   * @default - if there is a `vpc`, one new security group for all of them, which lets HTTPS out and nothing in
   */
  readonly securityGroups?: ISecurityGroup[];

  /**
   * Takes the events that the function which closes runs could not handle: that a run was stopped, or that its command has ended. It is the
   * dead-letter queue of that function, and of the rule that invokes it when a run was stopped.
   *
   * @default - none
   */
  readonly deadLetterQueue?: IQueue;

  /**
   * The concurrency that is reserved for each of the functions, at least 1. A call beyond it is throttled, and made again by Step Functions
   * or Lambda.
   *
   * @default - no limit of its own
   */
  readonly reservedConcurrentExecutions?: number;

  /**
   * Whether X-Ray traces the functions.
   *
   * @default Tracing.DISABLED
   */
  readonly tracing?: Tracing;

  /**
   * The Node.js runtime of the functions, `nodejs22.x` or newer.
   *
   * @default - the newest that every region has, by the aws-cdk-lib of the app (`Runtime.NODEJS_LATEST`), and `nodejs22.x` at least
   */
  readonly runtime?: Runtime;

  /**
   * Role of the function that starts runs. Lambda must be able to assume it.
   *
   * It gets the rights that it needs, as other roles in CDK do. A role that CDK cannot change must have them: those that the default role
   * has in the template.
   *
   * @default - a new role
   */
  readonly startRole?: IRole;

  /**
   * Role of the function that polls. The same holds as for `startRole`.
   *
   * @default - a new role
   */
  readonly pollRole?: IRole;

  /**
   * Role of the function that closes runs. The same holds as for `startRole`.
   *
   * @default - a new role
   */
  readonly closeRole?: IRole;
}

/** The roles of handlers, by their props. */
export function handlerRoles(
  { startRole, pollRole, closeRole }: HandlerOptions, prop: (option: keyof HandlerOptions) => string,
): { [prop: string]: IRole | undefined } {
  return { [prop('startRole')]: startRole, [prop('pollRole')]: pollRole, [prop('closeRole')]: closeRole };
}

/**
 * Checks the options of handlers.
 *
 * @param prop names an option as its user knows it
 */
export function checkHandlerOptions(scope: IConstruct, options: HandlerOptions, prop: (option: keyof HandlerOptions) => string): void {
  const { vpc, vpcSubnets, securityGroups, reservedConcurrentExecutions: reserved, runtime, deadLetterQueue } = options;
  refuseWithout(prop('vpc'), vpc !== undefined, { [prop('vpcSubnets')]: vpcSubnets, [prop('securityGroups')]: securityGroups });
  if (securityGroups?.length === 0) {
    refuse(prop('securityGroups'), 'must have at least one security group', securityGroups);
  }
  if (reserved !== undefined && !Token.isUnresolved(reserved) && !(Number.isInteger(reserved) && reserved >= 1)) {
    refuse(prop('reservedConcurrentExecutions'), 'must be a whole number of at least 1, because with 0 no run could start', reserved);
  }
  if (runtime && isKnown(runtime.name) && !((nodeVersion(runtime) ?? 0) >= OLDEST_NODE)) {
    refuse(prop('runtime'), `must be nodejs${OLDEST_NODE}.x or a newer runtime of Node.js`, runtime.name);
  }
  const network: [keyof HandlerOptions, IResource | undefined][] = [
    ['vpc', vpc],
    ...(vpcSubnets?.subnets ?? []).map((subnet): [keyof HandlerOptions, IResource] => ['vpcSubnets', subnet]),
    ...(securityGroups ?? []).map((group): [keyof HandlerOptions, IResource] => ['securityGroups', group]),
  ];
  for (const [option, resource] of [...network, ['deadLetterQueue', deadLetterQueue] as const]) {
    refuseOtherAccount(scope, prop(option), resource);
    refuseOtherRegion(scope, prop(option), resource);
  }
  if (deadLetterQueue?.fifo) {
    refuse(prop('deadLetterQueue'), 'must be a standard queue, because Lambda and EventBridge take no FIFO queue', deadLetterQueue.node.path);
  }
}

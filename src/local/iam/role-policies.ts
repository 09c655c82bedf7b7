import { CloudAssembly } from '../app/cloud-assembly';
import { Resource } from '../app/template';

/** A policy with a name to show. */
export interface NamedPolicy {
  readonly name: string;
  readonly policy: unknown;
}

/** All that decides what a role may do. */
export interface RolePolicies {
  readonly roleName: string;
  readonly identityPolicies: NamedPolicy[];
  /** @default - no boundary */
  readonly boundary?: NamedPolicy;
  /** Policies that are attached but whose text is not in the app, e.g. a rare one of AWS. */
  readonly unknown: string[];
}

/**
 * Collects the policies of a role: inline ones, `AWS::IAM::Policy` and `AWS::IAM::ManagedPolicy` of any stack, and those of AWS.
 *
 * @returns undefined if the app has no such role
 */
export function policiesOfRole(assembly: CloudAssembly, roleArn: string): RolePolicies | undefined {
  const role = assembly.resources('AWS::IAM::Role').find((candidate) => candidate.attribute() === roleArn);
  if (role === undefined) {
    return undefined;
  }
  const unknown: string[] = [];
  const identityPolicies = [
    ...inlinePolicies(role),
    ...attachedPolicies(assembly, role),
    ...managedPolicies(assembly, role.property('ManagedPolicyArns'), unknown),
  ];
  const [boundary] = managedPolicies(assembly, [role.property('PermissionsBoundary')], unknown);
  return { roleName: role.ref, identityPolicies, boundary, unknown };
}

function inlinePolicies(role: Resource): NamedPolicy[] {
  const policies = (role.property('Policies') ?? []) as { PolicyName: string; PolicyDocument: unknown }[];
  return policies.map(({ PolicyName, PolicyDocument }) => ({ name: PolicyName, policy: PolicyDocument }));
}

/** Policies that name the role, rather than being named by it. */
function attachedPolicies(assembly: CloudAssembly, role: Resource): NamedPolicy[] {
  return ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::RolePolicy']
    .flatMap((type) => assembly.resources(type))
    .filter((policy) => [policy.property('Roles') ?? [], policy.property('RoleName') ?? []].flat().includes(role.ref))
    .map((policy) => ({ name: policy.logicalId, policy: policy.property('PolicyDocument') }));
}

function managedPolicies(assembly: CloudAssembly, arns: unknown, unknown: string[]): NamedPolicy[] {
  if (!Array.isArray(arns)) {
    return [];
  }
  return arns
    .filter((arn) => typeof arn === 'string')
    .flatMap((arn) => {
      const policy = awsManagedPolicy(arn) ?? ownManagedPolicy(assembly, arn);
      if (policy === undefined) {
        unknown.push(arn);
      }
      return policy === undefined ? [] : [{ name: arn.split('/').pop() ?? arn, policy }];
    });
}

function ownManagedPolicy(assembly: CloudAssembly, arn: string): unknown {
  const policies = assembly.resources('AWS::IAM::ManagedPolicy');
  return policies.find((policy) => policy.ref === arn)?.property('PolicyDocument');
}

/** Actions of the policies of AWS that jobs and their functions usually have; each allows them on `*`. */
const ACTIONS: { readonly [name: string]: readonly string[] } = {
  'service-role/AWSLambdaBasicExecutionRole': ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
  'service-role/AWSLambdaVPCAccessExecutionRole': [
    'logs:CreateLogGroup',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ],
  'AWSXRayDaemonWriteAccess': [
    'xray:PutTraceSegments',
    'xray:PutTelemetryRecords',
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:GetSamplingStatisticSummaries',
  ],
  'CloudWatchLambdaInsightsExecutionRolePolicy': ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
  'AmazonSSMReadOnlyAccess': ['ssm:Describe*', 'ssm:Get*', 'ssm:List*'],
  'AmazonSSMFullAccess': ['ssm:*', 'cloudwatch:PutMetricData', 'logs:*'],
  'AdministratorAccess': ['*'],
};

/** The document of a policy of AWS, or undefined if it is not known here. */
export function awsManagedPolicy(arn: string): object | undefined {
  const [, name] = /^arn:[^:]+:iam::aws:policy\/(.+)$/.exec(arn) ?? [];
  if (name === undefined || !Object.hasOwn(ACTIONS, name)) {
    return undefined;
  }
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ACTIONS[name], Resource: '*' }] };
}

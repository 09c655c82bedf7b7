import * as cdk from 'aws-cdk-lib';
import { CfnResource, Stack, Token } from 'aws-cdk-lib';
import { IRole } from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { IConstruct } from 'constructs';

/** A finding of cdk-nag that every job has, and that no job can avoid. */
export interface AcceptedFinding {
  /** E.g. `AwsSolutions-IAM5`. */
  readonly id: string;

  /**
   * What cdk-nag finds, exactly: `Resource::*`, or an ARN with tokens.
   *
   * @default - the rule has but one finding
   */
  readonly findings?: string[];

  /** For a security reviewer. In ASCII: cdk-nag wants any other text encoded. */
  readonly reason: string;
}

/** Of an aws-cdk-lib that has it: since 2.257. */
interface NewerCdk {
  readonly Validations?: {
    of(scope: IConstruct): { acknowledge(...rules: { readonly id: string; readonly reason: string }[]): void };
  };
}

/**
 * Tells cdk-nag why findings about a resource are accepted, so that not every user of the construct has to. Without cdk-nag it means
 * nothing.
 *
 * Version 2 reads metadata of the resource, in the form that it writes itself. Version 3 reads what is acknowledged to CDK.
 *
 * @see https://github.com/cdklabs/cdk-nag#suppressing-a-rule
 */
export function acceptFindings(construct: IConstruct, ...accepted: AcceptedFinding[]): void {
  const resource = (construct.node.defaultChild ?? construct) as CfnResource;
  const { rules_to_suppress: others = [] } = resource.getMetadata('cdk_nag') ?? {};
  const rules = accepted
    .map(({ id, findings, reason }) => ({ id, reason, ...findings && { applies_to: findings.map((finding) => asFound(resource, finding)) } }))
    // Jobs that share a role accept the same.
    .filter((rule) => !others.some((other: unknown) => JSON.stringify(other) === JSON.stringify(rule)));
  resource.addMetadata('cdk_nag', { rules_to_suppress: [...others, ...rules] });

  const acknowledgments = rules.flatMap(({ id, reason, applies_to: findings }) =>
    findings ? findings.map((finding) => ({ id: `${id}[${finding}]`, reason })) : [{ id, reason }]);
  (cdk as NewerCdk).Validations?.of(resource).acknowledge(...acknowledgments);
}

/**
 * Accepts wildcards in the policy that a role got from its grants.
 *
 * They must be among its first statements: CDK moves what does not fit into further policies. There is no policy where somebody else
 * makes the roles (`Role.customizeRoles`).
 *
 * @param resources those of a statement; the ones without a wildcard need no acceptance
 */
export function acceptWildcards(role: IRole, resources: string[], reason: string): void {
  const policy = role.node.tryFindChild('DefaultPolicy');
  const findings = resources.filter((resource) => resource.includes('*')).map((resource) => `Resource::${resource}`);
  if (policy && findings.length > 0) {
    acceptFindings(policy, { id: 'AwsSolutions-IAM5', findings, reason });
  }
}

/**
 * Accepts what CDK adds to the role of a state machine that logs and is traced.
 */
export function acceptDeliveries(workflowRole: IRole): void {
  acceptWildcards(workflowRole, ['*'],
    'What Step Functions needs to deliver its logs and traces has no resource type. CDK adds it; without it there is no audit trail.');
}

/**
 * Accepts that a handler has the newest runtime that every region has, where CDK knows a newer one.
 */
export function acceptRuntime(handler: IFunction): void {
  acceptFindings(handler, {
    id: 'AwsSolutions-L1',
    reason: 'The handler has the newest runtime that every region has, by the aws-cdk-lib of the app. A newer aws-cdk-lib brings a newer one.',
  });
}

/** A finding as cdk-nag writes it: a reference is `<LogicalId.Attribute>`. */
function asFound(resource: CfnResource, finding: string): string {
  return !Token.isUnresolved(finding) ? finding : flat(Stack.of(resource).resolve(finding));
}

function flat(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  const { 'Fn::Join': join, 'Fn::GetAtt': attribute, Ref: reference } = value as { 'Fn::Join'?: [string, unknown[]]; 'Fn::GetAtt'?: string[]; 'Ref'?: string };
  if (join) {
    return join[1].map(flat).join(join[0]);
  }
  return attribute || reference ? `<${attribute?.join('.') ?? reference}>` : JSON.stringify(value);
}

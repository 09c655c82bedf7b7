import { CfnResource } from 'aws-cdk-lib';
import { IRole } from 'aws-cdk-lib/aws-iam';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { IConstruct } from 'constructs';

/** What cdk-nag finds (`Resource::*`, `Action::s3:Put*`), or a regular expression for it between slashes. */
export type NagFinding = string | { readonly regex: string };

/** A finding of cdk-nag that every job has, and that no job can avoid. */
export interface AcceptedFinding {
  /** E.g. `AwsSolutions-IAM5`. */
  readonly id: string;

  /** @default - all findings of the rule */
  readonly findings?: NagFinding[];

  /** For a security reviewer. In ASCII: cdk-nag wants any other text encoded. */
  readonly reason: string;
}

/**
 * Tells cdk-nag why findings about a resource are accepted, so that not every user of the construct has to.
 *
 * It is metadata of the resource, in the form that cdk-nag itself writes. Without cdk-nag it means nothing.
 *
 * @see https://github.com/cdklabs/cdk-nag#suppressing-a-rule
 */
export function acceptFindings(construct: IConstruct, ...accepted: AcceptedFinding[]): void {
  const resource = (construct.node.defaultChild ?? construct) as CfnResource;
  const { rules_to_suppress: others = [] } = resource.getMetadata('cdk_nag') ?? {};
  const rules = accepted
    .map(({ id, findings, reason }) => ({ id, reason, ...findings && { applies_to: findings } }))
    // Jobs that share a role accept the same.
    .filter((rule) => !others.some((other: unknown) => JSON.stringify(other) === JSON.stringify(rule)));
  resource.addMetadata('cdk_nag', { rules_to_suppress: [...others, ...rules] });
}

/**
 * Accepts wildcards in the policy that a role got from its grants.
 *
 * They must be among its first statements: CDK moves what does not fit into further policies. There is no policy where somebody else
 * makes the roles (`Role.customizeRoles`).
 */
export function acceptWildcards(role: IRole, finding: NagFinding, reason: string): void {
  const policy = role.node.tryFindChild('DefaultPolicy');
  if (policy) {
    acceptFindings(policy, { id: 'AwsSolutions-IAM5', findings: [finding], reason });
  }
}

/**
 * Accepts what CDK adds to the role of a state machine that logs and is traced.
 */
export function acceptDeliveries(workflowRole: IRole): void {
  acceptWildcards(workflowRole, 'Resource::*',
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

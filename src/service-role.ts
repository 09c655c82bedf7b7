import { ArnFormat, Stack } from 'aws-cdk-lib';
import { CfnRole, IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/**
 * A role for functions of this account. It names no function: each of them names its role, which would be a circle.
 */
export function functionRole(scope: Construct, id: string): Role {
  return new Role(scope, id, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } } }),
  });
}

/**
 * A role for state machines of this account and region. It names none of them, for the same reason.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
 */
export function stateMachineRole(scope: Construct, id: string): Role {
  return new Role(scope, id, { assumedBy: new ServicePrincipal('states.amazonaws.com', { conditions: stateMachinesHere(scope) }) });
}

/**
 * Lets only state machines of this account and region assume the role that CDK has made for one.
 *
 * A role of our own in its place would have another logical ID: a deployment would delete the one that executions in flight go on with.
 */
export function confineStateMachineRole(scope: Construct, role: IRole): void {
  const resource = role.node.defaultChild;
  // A role that somebody else makes (`Role.customizeRoles`) is not in the template.
  if (resource instanceof CfnRole) {
    resource.addPropertyOverride('AssumeRolePolicyDocument.Statement.0.Condition', stateMachinesHere(scope));
  }
}

function stateMachinesHere(scope: Construct): { [operator: string]: { [key: string]: string } } {
  const stack = Stack.of(scope);
  return {
    StringEquals: { 'aws:SourceAccount': stack.account },
    ArnLike: {
      'aws:SourceArn': stack.formatArn({ service: 'states', resource: 'stateMachine', resourceName: '*', arnFormat: ArnFormat.COLON_RESOURCE_NAME }),
    },
  };
}

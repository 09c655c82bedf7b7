import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Handler } from './handler';
import { MachinePrefix } from './served-job';
import { acceptFindings } from '../nag-findings';

/** Calls on the runs of the jobs that a handler serves, by the resource that IAM asks for. */
export interface OwnRunsCalls {
  /** Such as `states:DescribeExecution`. */
  readonly onExecutions?: string[];
  /** Such as `states:ListExecutions`. */
  readonly onStateMachine?: string[];
}

/**
 * Lets a handler make calls on the runs of the jobs it serves, and on no others.
 *
 * The policy is outside of the role. A function needs its role with all that is in it, and a state machine needs its functions: a right in
 * the role that names the state machine would be a circle, which CloudFormation refuses.
 *
 * @param id of the policy. Jobs that share the handler share the policy: the first of them makes it
 * @param runs the state machine of the one job, or what those of all jobs that share the handler begin with
 */
export function allowOnOwnRuns(
  handler: Handler, id: string, runs: IStateMachine | MachinePrefix, { onExecutions = [], onStateMachine = [] }: OwnRunsCalls,
): void {
  if (handler.node.tryFindChild(id)) {
    return;
  }
  const { executions, stateMachines } = arnsOf(handler, runs);
  const statements = [
    ...onExecutions.length > 0 ? [new PolicyStatement({ actions: onExecutions, resources: [executions] })] : [],
    ...onStateMachine.length > 0 ? [new PolicyStatement({ actions: onStateMachine, resources: [stateMachines] })] : [],
  ];
  const policy = new Policy(handler, id, { statements });
  // Not by the policy: a role that CDK must not change takes none, and the policy is not in the template then.
  handler.role.attachInlinePolicy(policy);
  const wildcards = statements.flatMap(({ resources }) => resources).filter((arn) => arn.includes('*'));
  if (wildcards.length > 0) {
    acceptFindings(policy, {
      id: 'AwsSolutions-IAM5',
      findings: wildcards.map((arn) => `Resource::${arn}`),
      reason: 'The runs of the jobs that this handler serves, and of no others: their names are not known before.',
    });
  }
}

function arnsOf(handler: Handler, runs: IStateMachine | MachinePrefix): { executions: string; stateMachines: string } {
  if ('workflowRole' in runs) {
    return { executions: `${runs.executionArn}*:*`, stateMachines: `${runs.stateMachineArn}*` };
  }
  const stateMachines = runs.stateMachineArn;
  const { resourceName } = Arn.split(stateMachines, ArnFormat.COLON_RESOURCE_NAME);
  const executions = Stack.of(handler).formatArn({
    service: 'states', resource: 'execution', resourceName: `${resourceName}:*`, arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  return { executions, stateMachines };
}

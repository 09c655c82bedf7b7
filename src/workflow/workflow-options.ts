import { RemovalPolicy } from 'aws-cdk-lib';
import { IRole } from 'aws-cdk-lib/aws-iam';
import { ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { IConstruct } from 'constructs';
import { refuseMadeInOtherRegion, refuseOtherAccount, refuseOtherRegion } from '../references';
import { refuse, refuseTogether } from '../validation';

/**
 * The roles and the log group of a workflow, where somebody else makes them.
 */
export interface WorkflowOptions {
  /**
   * Role of the state machine. Step Functions must be able to assume it.
   *
   * It gets the rights that it needs, as other roles in CDK do. A role that CDK cannot change must have them: those that the default role
   * has in the template.
   *
   * @default - a new role
   */
  readonly workflowRole?: IRole;

  /**
   * Role with which EventBridge Scheduler starts runs. The same holds as for `workflowRole`.
   *
   * @default - a new role, where there is a schedule
   */
  readonly scheduleRole?: IRole;

  /**
   * Log group of the handlers and of the state machine, in their account and region.
   *
   * Its name should begin with `/aws/vendedlogs/`: with another one, Step Functions adds it to a resource policy of the account, which is
   * full after some 40 log groups.
   *
   * @see https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
   * @default - a new log group
   */
  readonly workflowLogGroup?: ILogGroup;

  /**
   * How long the new log group keeps the logs of the handlers and of the state machine, and a second one the marks of the function that
   * closes runs, by which it reports a run once. Where the log group is yours, the marks are kept for the default.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly workflowLogRetention?: RetentionDays;

  /**
   * What becomes of the new log group when the stack is deleted.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly workflowLogRemovalPolicy?: RemovalPolicy;
}

/**
 * Checks what is handed in.
 *
 * @param handlerRoles those of handlers, by their props
 */
export function checkWorkflowOptions(scope: IConstruct, options: WorkflowOptions, handlerRoles: { [prop: string]: IRole | undefined }): void {
  const { workflowRole, scheduleRole, workflowLogGroup, workflowLogRetention, workflowLogRemovalPolicy } = options;
  refuseTogether({ workflowLogGroup, workflowLogRetention }, 'retention belongs to the log group that you bring');
  refuseTogether({ workflowLogGroup, workflowLogRemovalPolicy }, 'the removal policy belongs to the log group that you bring');
  refuseOtherAccount(scope, 'workflowLogGroup', workflowLogGroup);
  refuseOtherRegion(scope, 'workflowLogGroup', workflowLogGroup);

  const roles = Object.entries({ workflowRole, scheduleRole, ...handlerRoles });
  for (const [prop, role] of roles) {
    refuseOtherAccount(scope, prop, role);
    // Roles are of no region, but their policies are made where they are, and name what the job makes.
    refuseMadeInOtherRegion(scope, prop, role?.roleArn, 'imported by its name');
    const other = roles.find(([, each]) => role && each === role)!;
    if (role && other[0] !== prop) {
      // Each policy names what is made with another of the roles: CloudFormation could create neither first.
      refuse(prop, `must be another role than ${other[0]}, because each has rights to what the other makes`, role.node.path);
    }
  }
}

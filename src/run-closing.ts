import { Duration } from 'aws-cdk-lib';
import { Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acceptRuntime, acceptWildcards } from './nag-findings';
import { handlerOptions } from './run-functions';
import { RunNotifications } from './run-notifications';
import { RunOutput } from './run-output';
import { CloseRunFunction } from './runtime/close-run-function';

export interface RunClosingProps {
  readonly jobName: string;
  readonly stateMachine: StateMachine;
  readonly notifications: RunNotifications;
  readonly output: RunOutput;
  readonly logGroup: ILogGroup;
}

/**
 * What happens when an execution ends otherwise than by itself: stopped, timed out, or by a fault that no state can catch. The
 * workflow runs no further state then, so that a rule has to see it.
 */
export class RunClosing extends Construct {
  public readonly closeRun: CloseRunFunction;

  constructor(scope: Construct, id: string, props: RunClosingProps) {
    super(scope, id);

    this.closeRun = new CloseRunFunction(this, 'CloseRun', {
      ...handlerOptions(this, 'CloseRunRole', props.logGroup),
      description: `Closes runs of batch job ${props.jobName} that were stopped`,
      // It waits for a command that is being sent, and for agents that are killing a program.
      timeout: Duration.minutes(10),
    });
    props.stateMachine.grantExecution(this.closeRun, 'states:GetExecutionHistory');
    this.closeRun.addToRolePolicy(new PolicyStatement({
      actions: ['ssm:CancelCommand', 'ssm:GetCommandInvocation', 'ssm:ListCommandInvocations', 'ssm:ListCommands'],
      resources: ['*'],
    }));
    props.output.grantRead(this.closeRun);
    if (props.notifications.outcomes.length > 0) {
      props.notifications.grantPublish(this.closeRun);
      // A log stream is its mark that it has told.
      props.logGroup.grant(this.closeRun, 'logs:DescribeLogStreams');
    }
    acceptRuntime(this.closeRun);
    acceptWildcards(this.closeRun.role!, 'Resource::*', 'What lists commands, reads their results and cancels them has no resource type.');
    acceptWildcards(this.closeRun.role!, { regex: '/^Resource::.*:execution:.*:\\*$/' },
      'The history of every execution of this state machine, and of no other: their names are not known before.');

    new Rule(this, 'Rule', {
      description: `Runs of batch job ${props.jobName} that did not succeed`,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: [props.stateMachine.stateMachineArn],
        },
      },
      targets: [new LambdaFunction(this.closeRun, { event: RuleTargetInput.fromEventPath('$.detail') })],
    });
  }
}

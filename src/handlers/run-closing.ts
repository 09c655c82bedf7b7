import { Duration, Stack } from 'aws-cdk-lib';
import { Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { MachineNames } from './machine-names';
import { acceptRuntime, acceptWildcards } from '../nag-findings';
import { CloseRunFunction } from './close-run-function';
import { handlerOptions } from './run-functions';
import { REPORT_VARIABLE, ReportSettings } from '../protocol';
import { ServedJob } from './served-job';

export interface RunClosingProps {
  /** Whom the handler is for: `batch job Nightly`. */
  readonly subject: string;
  readonly logGroup: ILogGroup;
}

/**
 * What happens when an execution ends otherwise than by itself: stopped, timed out, or by a fault that no state can catch. The
 * workflow runs no further state then, so that a rule has to see it.
 */
export class RunClosing extends Construct {
  public readonly closeRun: CloseRunFunction;
  private rule?: Rule;

  constructor(scope: Construct, id: string, private readonly props: RunClosingProps) {
    super(scope, id);

    this.closeRun = new CloseRunFunction(this, 'CloseRun', {
      ...handlerOptions(this, 'CloseRunRole', props.logGroup),
      description: `Closes runs of ${props.subject} that were stopped`,
      // It reports within four minutes, and then tries for five more what it could not do before, because a service did not answer.
      timeout: Duration.minutes(15),
    });
    this.closeRun.addToRolePolicy(new PolicyStatement({
      actions: ['ssm:CancelCommand', 'ssm:GetCommandInvocation', 'ssm:ListCommandInvocations', 'ssm:ListCommands'],
      resources: ['*'],
    }));
    acceptRuntime(this.closeRun);
    acceptWildcards(this.closeRun.role!, 'Resource::*', 'What lists commands, reads their results and cancels them has no resource type.');
  }

  /** Gives the handler the rights that a job takes. */
  public serve({ output, notifications }: ServedJob): void {
    output.grantRead(this.closeRun);
    if (notifications.outcomes.length > 0) {
      notifications.grantPublish(this.closeRun);
      // A log stream is its mark that it has told.
      this.props.logGroup.grant(this.closeRun, 'logs:DescribeLogStreams');
    }
  }

  /** Tells the handler where to report, for when not even the history of an execution can be read. There is room for one job. */
  public reportFor({ name, notifications }: ServedJob): void {
    const settings: ReportSettings = {
      name,
      notificationSubject: notifications.subject,
      notificationTopicArn: notifications.topic.topicArn,
      notifyOn: notifications.outcomes,
    };
    this.closeRun.addEnvironment(REPORT_VARIABLE, Stack.of(this).toJsonString(settings));
  }

  /** Closes the runs of a state machine. */
  public watch(stateMachine: StateMachine): void {
    stateMachine.grantExecution(this.closeRun, 'states:GetExecutionHistory');
    acceptWildcards(this.closeRun.role!, { regex: '/^Resource::.*:execution:.*:\\*$/' },
      'The history of every execution of this state machine, and of no other: their names are not known before.');
    this.listen(stateMachine.stateMachineArn);
  }

  /** Closes the runs of all state machines whose names begin alike. */
  public watchAll(names: MachineNames): void {
    this.closeRun.addToRolePolicy(new PolicyStatement({ actions: ['states:GetExecutionHistory'], resources: [names.executionArns(this)] }));
    // Where each of the jobs reports now: there is no room for the topics of all in the environment of the handler.
    this.closeRun.addToRolePolicy(new PolicyStatement({ actions: ['states:DescribeStateMachine'], resources: [names.arns(this)] }));
    acceptWildcards(this.closeRun.role!, { regex: '/^Resource::.*:stateMachine:.*\\*$/' },
      'The definitions of these jobs, whose state machines have names of their own, and of no others.');
    acceptWildcards(this.closeRun.role!, { regex: '/^Resource::.*:execution:.*\\*:\\*$/' },
      'The histories of the executions of these jobs, whose state machines have names of their own, and of no others.');
    this.listen({ prefix: names.arnPrefix(this) });
  }

  /**
   * Makes CloudFormation delete a state machine that is watched by its name before the rule: a deletion ends its executions, and somebody
   * has to stop their programs. A rule that holds the ARN of its state machine cannot outlive it.
   *
   * By the policy of the role that the state machines share, which each of them needs: a template of many jobs has no room for more.
   */
  public outlive({ role }: StateMachine): void {
    role.node.findChild('DefaultPolicy').node.addDependency(this.rule!);
  }

  private listen(stateMachineArn: string | { prefix: string }): void {
    this.rule = new Rule(this, 'Rule', {
      description: `Runs of ${this.props.subject} that did not succeed`,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [stateMachineArn] },
      },
      targets: [new LambdaFunction(this.closeRun, { event: RuleTargetInput.fromEventPath('$.detail') })],
    });
  }
}

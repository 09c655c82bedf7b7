import { EventField, IRuleTarget, Match, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { IFunction } from 'aws-cdk-lib/aws-lambda';
import { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { CommandEnded } from '../protocol';

/** Statuses of a command that goes on. All others are an end: one that SSM does not document is no reason to miss it. */
const GOING_ON = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];

export interface CommandEventsProps {
  readonly jobName: string;
  /** Name or ARN of the document that the job sends. */
  readonly document: string;
  readonly stateMachine: IStateMachine;
  /** Ends the waits of the job's runs. It needs a permission for the rule. */
  readonly handler: IFunction;
  /** @default - CloudFormation finds one */
  readonly ruleName?: string;
}

/**
 * Sees the commands of a job end, and nothing else of what Run Command does in the account: SSM reports each to EventBridge.
 */
export class CommandEvents extends Construct {
  public readonly rule: Rule;

  constructor(scope: Construct, id: string, props: CommandEventsProps) {
    super(scope, id);

    const input: CommandEnded = {
      stateMachineArn: props.stateMachine.stateMachineArn,
      commandId: EventField.fromPath('$.detail.command-id'),
      commandStatus: EventField.fromPath('$.detail.status'),
      endedAt: EventField.time,
    };
    // Without a permission for each rule: those of a hundred jobs would not fit into the policy of a function.
    const target: IRuleTarget = { bind: () => ({ arn: props.handler.functionArn, input: RuleTargetInput.fromObject(input) }) };
    this.rule = new Rule(this, 'Rule', {
      ruleName: props.ruleName,
      description: `Commands of batch job ${props.jobName} that have ended`,
      eventPattern: {
        source: ['aws.ssm'],
        detailType: ['EC2 Command Status-change Notification'],
        detail: { 'document-name': namesOf(props.document), 'status': Match.anythingBut(...GOING_ON) },
      },
      targets: [target],
    });
  }
}

/** A document that another account shares is given by its ARN, and events have its name. */
function namesOf(nameOrArn: string): string[] {
  return nameOrArn.startsWith('arn:') ? [nameOrArn, nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1)] : [nameOrArn];
}

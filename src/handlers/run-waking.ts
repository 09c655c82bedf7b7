import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ITable, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Match, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { MachineNames } from './machine-names';
import { acceptFindings, acceptRuntime, acceptWildcards } from '../nag-findings';
import { handlerOptions } from './run-functions';
import { DocumentSettings, WaitsTable } from '../protocol';
import { WakeUpFunction } from './wake-up-function';

/** Statuses of a command that goes on. All others are an end: one that SSM does not document is no reason to miss it. */
const GOING_ON = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];

export interface RunWakingProps {
  /** Whom the handler is for: `batch job Nightly`. */
  readonly subject: string;
  /** Whose commands it hears of; without one, of all. */
  readonly document?: DocumentSettings;
  readonly logGroup: ILogGroup;
}

/**
 * What ends the waits of runs when SSM says that their commands have ended: the table that knows their tokens, and the rule that
 * sees the events.
 *
 * @see https://aws.amazon.com/blogs/compute/handle-unpredictable-processing-times-with-operational-consistency-when-integrating-asynchronous-aws-services-with-an-aws-step-functions-state-machine/
 */
export class RunWaking extends Construct {
  public readonly table: ITable;
  public readonly wakeUp: WakeUpFunction;

  constructor(scope: Construct, id: string, props: RunWakingProps) {
    super(scope, id);

    const table = new Table(this, 'Waits', {
      partitionKey: { name: WaitsTable.RUN, type: AttributeType.STRING },
      timeToLiveAttribute: WaitsTable.EXPIRES,
      billingMode: BillingMode.PAY_PER_REQUEST,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.table = table;
    acceptFindings(table, {
      id: 'AwsSolutions-DDB3',
      reason: 'The table holds tokens of waits that are under way. Without them, a run looks after its poll interval: there is nothing to recover.',
    });

    this.wakeUp = new WakeUpFunction(this, 'WakeUp', {
      ...handlerOptions(this, 'WakeUpRole', props.logGroup),
      description: `Wakes up runs of ${props.subject} whose commands have ended`,
      timeout: Duration.minutes(1),
      environment: { [WaitsTable.VARIABLE]: table.tableName },
    });
    this.wakeUp.addToRolePolicy(new PolicyStatement({ actions: ['ssm:ListCommands'], resources: ['*'] }));
    this.wakeUp.addToRolePolicy(new PolicyStatement({ actions: ['dynamodb:UpdateItem'], resources: [table.tableArn] }));
    acceptRuntime(this.wakeUp);
    acceptWildcards(this.wakeUp.role!, 'Resource::*', 'What lists commands has no resource type.');

    new Rule(this, 'Rule', {
      description: `Commands of ${props.subject} that have ended`,
      eventPattern: {
        source: ['aws.ssm'],
        detailType: ['EC2 Command Status-change Notification'],
        detail: { ...props.document ? { 'document-name': namesOf(props.document.name) } : {}, status: Match.anythingBut(...GOING_ON) },
      },
      targets: [new LambdaFunction(this.wakeUp, { event: RuleTargetInput.fromEventPath('$.detail') })],
    });
  }

  /** Lets the handler end the waits of a state machine. */
  public connect(stateMachine: StateMachine): void {
    stateMachine.grant(this.wakeUp, 'states:SendTaskSuccess');
  }

  /** Lets the handler end the waits of all state machines whose names begin alike. */
  public connectAll(names: MachineNames): void {
    this.wakeUp.addToRolePolicy(new PolicyStatement({ actions: ['states:SendTaskSuccess'], resources: [names.arns(this)] }));
    acceptWildcards(this.wakeUp.role!, { regex: '/^Resource::.*:stateMachine:.*\\*$/' },
      'The state machines of these jobs, which have names of their own, and no others.');
  }
}

/** A document that another account shares is given by its ARN, and events have its name. */
function namesOf(nameOrArn: string): string[] {
  return nameOrArn.startsWith('arn:') ? [nameOrArn, nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1)] : [nameOrArn];
}

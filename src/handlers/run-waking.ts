import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ITable, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Match, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { Handler, HandlerProps } from './handler';
import { acceptFindings } from '../nag-findings';
import { DocumentSettings, WaitsTable } from '../protocol';

/** Statuses of a command that goes on. All others are an end: one that SSM does not document is no reason to miss it. */
const GOING_ON = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];

export interface RunWakingProps {
  /** Whom the handler is for: `batch job Nightly`. */
  readonly subject: string;
  /** Whose commands it hears of; without one, of all. */
  readonly document?: DocumentSettings;
  readonly handler: Omit<HandlerProps, 'entry' | 'description' | 'timeout'>;
}

/**
 * What ends the waits of runs when SSM says that their commands have ended: the table that knows their tokens, and the rule that
 * sees the events.
 *
 * @see https://aws.amazon.com/blogs/compute/handle-unpredictable-processing-times-with-operational-consistency-when-integrating-asynchronous-aws-services-with-an-aws-step-functions-state-machine/
 */
export class RunWaking extends Construct {
  public readonly table: ITable;
  public readonly wakeUp: Handler;

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

    this.wakeUp = new Handler(this, 'WakeUp', {
      ...props.handler,
      entry: 'wake-up',
      description: `Wakes up runs of ${props.subject} whose commands have ended`,
      timeout: Duration.minutes(1),
    });
    this.wakeUp.function.addEnvironment(WaitsTable.VARIABLE, table.tableName);
    this.wakeUp.allow('ssm:ListCommands');
    this.wakeUp.role.addToPrincipalPolicy(new PolicyStatement({ actions: ['dynamodb:UpdateItem'], resources: [table.tableArn] }));
    this.wakeUp.acceptWildcards(['*'], 'What lists commands has no resource type.');

    new Rule(this, 'Rule', {
      description: `Commands of ${props.subject} that have ended`,
      eventPattern: {
        source: ['aws.ssm'],
        detailType: ['EC2 Command Status-change Notification'],
        detail: { ...props.document ? { 'document-name': namesOf(props.document.name) } : {}, status: Match.anythingBut(...GOING_ON) },
      },
      targets: [new LambdaFunction(this.wakeUp.function, { event: RuleTargetInput.fromEventPath('$.detail') })],
    });
  }

  /** Lets the handler end the waits of a state machine. */
  public connect(stateMachine: StateMachine): void {
    stateMachine.grant(this.wakeUp.role, 'states:SendTaskSuccess');
  }

  /** Lets the handler end the waits of all state machines whose names begin alike. */
  public connectAll(stateMachineArns: string): void {
    this.wakeUp.role.addToPrincipalPolicy(new PolicyStatement({ actions: ['states:SendTaskSuccess'], resources: [stateMachineArns] }));
    this.wakeUp.acceptWildcards([stateMachineArns],
      'The state machines of these jobs, which have names of their own, and no others.');
  }
}

/** A document that another account shares is given by its ARN, and events have its name. */
function namesOf(nameOrArn: string): string[] {
  return nameOrArn.startsWith('arn:') ? [nameOrArn, nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1)] : [nameOrArn];
}

import { Duration } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Choice, Condition, DefinitionBody, Errors, IChainable, JsonPath, Pass, StateMachine, Succeed, TaskInput, Wait, WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { CallAwsService, EventBridgePutEvents } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { encryptStateMachine } from './encryption';
import { acceptFindings, acceptWildcards } from './nag-findings';
import { ERROR_PREFIX, NO_RUN_OUTCOMES, Outcome, OUTCOME_DETAIL_TYPE, OUTCOME_SOURCE } from './protocol';
import { confineStateMachineRole } from './service-role';
import { refuse } from './validation';

export interface OutcomeEventsProps {
  readonly jobName: string;
  readonly stateMachine: StateMachine;
  /** All executions of that. */
  readonly executionArns: string;
  readonly encryptionKey?: IKey;
}

/** How long Step Functions may go on to say that an execution runs which has ended. */
const LONGEST = Duration.minutes(15);

/**
 * Says on the default event bus how each run has ended, once it has, in the words of the job: one event with the `outcome`.
 *
 * It stands beside the job, whose runs know nothing of it. An event of Step Functions reports the end of every execution, whoever ended it. What
 * that event says of errors and outputs is not documented as a thing to rely on; `DescribeExecution` is asked instead. What goes wrong here
 * changes no run.
 */
export class OutcomeEvents extends Construct {
  public readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { jobName, stateMachine, executionArns, encryptionKey }: OutcomeEventsProps) {
    super(scope, id);
    this.stateMachine = new StateMachine(this, 'Resource', {
      comment: `Says how runs of batch job ${jobName} have ended`,
      definitionBody: DefinitionBody.fromChainable(this.steps(jobName, stateMachine, executionArns)),
      timeout: LONGEST,
    });
    acceptWildcards(this.stateMachine.role, [executionArns], 'The executions of this job, and of no other: their names are not known before.');
    acceptFindings(this.stateMachine,
      { id: 'AwsSolutions-SF1', reason: 'It makes two calls, which the history of its executions shows.' },
      { id: 'AwsSolutions-SF2', reason: 'It makes two calls, which the history of its executions shows.' });
    confineStateMachineRole(this, this.stateMachine.role);
    if (encryptionKey) {
      encryptStateMachine(this.stateMachine, encryptionKey);
    }

    new Rule(this, 'Rule', {
      description: `Runs of batch job ${jobName} that have ended`,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [stateMachine.stateMachineArn] },
      },
      targets: [new SfnStateMachine(this.stateMachine, {
        role: new Role(this, 'RuleRole', { assumedBy: new ServicePrincipal('events.amazonaws.com') }),
        input: RuleTargetInput.fromObject({ execution: EventField.fromPath('$.detail.executionArn') }),
      })],
    });
  }

  private steps(jobName: string, stateMachine: StateMachine, executionArns: string): IChainable {
    const describe = new CallAwsService(this, 'Describe execution', {
      comment: 'How the run has ended, in its own words',
      service: 'sfn',
      action: 'describeExecution',
      iamAction: 'states:DescribeExecution',
      parameters: { ExecutionArn: JsonPath.stringAt('$.execution') },
      iamResources: [executionArns],
      resultPath: '$.run',
    });
    describe.addRetry(RETRY);

    const put = new EventBridgePutEvents(this, 'Put event', {
      comment: 'What rules on the default event bus can wait for',
      entries: [{
        source: OUTCOME_SOURCE,
        detailType: OUTCOME_DETAIL_TYPE,
        detail: TaskInput.fromObject({
          outcome: JsonPath.stringAt('$.end.outcome'),
          job: jobName,
          stateMachineArn: stateMachine.stateMachineArn,
          execution: JsonPath.stringAt('$.execution'),
          cause: JsonPath.stringAt('$.end.cause'),
        }),
      }],
    });
    put.addRetry(RETRY);

    const end = (id: string, comment: string, outcome: string, cause: string) =>
      new Pass(this, id, { comment, parameters: { outcome, cause }, resultPath: '$.end' }).next(put);
    const result = JsonPath.stringToJson(JsonPath.stringAt('$.run.Output'));
    const fine = new Pass(this, 'Read result', { parameters: { result }, resultPath: '$.read' })
      .next(end('Ended well', 'Succeeded, or one of the outcomes that are no failure', JsonPath.stringAt('$.read.result.outcome'), JsonPath.stringAt('$.read.result.cause')));
    const failed = end('Failed', 'The job says how', JsonPath.arrayGetItem(JsonPath.stringSplit(JsonPath.stringAt('$.run.Error'), '.'), 1), JsonPath.stringAt('$.run.Cause'));
    const faulty = end('Workflow failed', 'The job could not say how', Outcome.FAILED, 'The workflow could not go on.');
    const timedOut = end('Timed out', 'By the time-out of the execution', Outcome.TIMED_OUT, 'The execution took longer than a run may, with all its time-outs.');
    const stopped = end('Stopped', 'By StopExecution', Outcome.CANCELLED, 'The execution was stopped.');

    const howDidItEnd = new Choice(this, 'How did it end?')
      .when(Condition.and(Condition.isPresent('$.read.input.check'), Condition.booleanEquals('$.read.input.check', true)),
        new Succeed(this, 'A check', { comment: 'No run of the program: nobody waits for it' }))
      .when(isStatus('SUCCEEDED'), fine)
      .when(Condition.and(isStatus('FAILED'), Condition.isPresent('$.run.Error'), Condition.stringMatches('$.run.Error', `${ERROR_PREFIX}*`),
        Condition.isPresent('$.run.Cause')), failed)
      .when(isStatus('TIMED_OUT'), timedOut)
      .when(isStatus('ABORTED'), stopped)
      .otherwise(faulty);
    const readInput = new Pass(this, 'Read input', {
      parameters: { input: JsonPath.stringToJson(JsonPath.stringAt('$.run.Input')) },
      resultPath: '$.read',
    }).next(howDidItEnd);
    return describe.next(new Choice(this, 'Has it ended?', { comment: 'DescribeExecution is eventually consistent' })
      .when(isStatus('RUNNING'), new Wait(this, 'Wait', { time: WaitTime.duration(Duration.seconds(10)) }).next(describe))
      .otherwise(readInput));
  }
}

const RETRY = { errors: [Errors.ALL], interval: Duration.seconds(2), maxAttempts: 6, backoffRate: 2 };

function isStatus(status: string): Condition {
  return Condition.stringEquals('$.run.Status', status);
}

/** Which events say that a run of a job has ended with one of these outcomes. */
export function outcomePattern(stateMachineArn: string, outcomes: Outcome[]) {
  // What did not start has no execution that could end.
  const all = Object.values(Outcome).filter((outcome) => !NO_RUN_OUTCOMES.includes(outcome));
  const wrong = outcomes.find((outcome) => !all.includes(outcome));
  if (outcomes.length === 0 || wrong !== undefined) {
    refuse('outcomes', `must be one or more of ${all.join(', ')}`, wrong ?? outcomes);
  }
  return {
    source: [OUTCOME_SOURCE],
    detailType: [OUTCOME_DETAIL_TYPE],
    detail: { stateMachineArn: [stateMachineArn], outcome: [...new Set(outcomes)] },
  };
}

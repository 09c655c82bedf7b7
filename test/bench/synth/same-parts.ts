import { join } from 'node:path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnTopic, Topic } from 'aws-cdk-lib/aws-sns';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import {
  Choice, Condition, DefinitionBody, Errors, Fail, JsonPath, LogLevel, Pass, StateMachine, Succeed, TaskInput, Timeout, Wait, WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke, SnsPublish } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { describeFault } from '../../../src/workflow/fault';
import { FIND_PAYLOAD, NOTIFICATION, POLL_PAYLOAD, SEND_PAYLOAD } from '../../../src/workflow/payloads';

const ASSETS = join(__dirname, '../../../assets/runtime');

/** Calls that have no resource types. */
const READ = ['ssm:DescribeInstanceInformation', 'ssm:GetCommandInvocation', 'ssm:ListCommandInvocations'];

/** What a job writes into its template, which whoever wires it by hand has to write as well for it to do the same. */
export interface SameTexts {
  /** Of the document: the launcher's lines, and its parameters. */
  readonly content: object;
  /** The parameters of the first state. */
  readonly settings: object;
}

/** A script without a launcher, and a job that nothing is known of. */
const BARE_CONTENT = {
  schemaVersion: '2.2',
  parameters: { executionTimeout: { type: 'String', default: '43200' } },
  mainSteps: [{
    action: 'aws:runShellScript',
    name: 'run',
    inputs: { timeoutSeconds: '{{ executionTimeout }}', runCommand: ['bin/index.sh'] },
  }],
};

const BARE_PAYLOAD = { job: JsonPath.objectAt('$.job'), status: JsonPath.objectAt('$.status'), executionId: JsonPath.executionId };

/**
 * The resources of a `CotsBatchJob` that polls, and as many states, as an engineer who knows what is needed wires them from L2
 * constructs. It is only ever synthesized.
 *
 * Without texts it does less than a job: the document has the bare script, and the states hand over little.
 */
export class SameParts extends Construct {
  private readonly handlerLogs = new LogGroup(this, 'HandlerLogs', { retention: RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.DESTROY });
  private readonly marks = new LogGroup(this, 'Marks', { retention: RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.DESTROY });
  private readonly programLogs = new LogGroup(this, 'ProgramLogs', { retention: RetentionDays.THREE_MONTHS });
  private readonly topic = new Topic(this, 'Topic', { enforceSSL: true });

  constructor(scope: Construct, id: string, instanceIds: string[], private readonly texts?: SameTexts) {
    super(scope, id);
    (this.topic.node.defaultChild as CfnTopic).kmsMasterKeyId = 'alias/aws/sns';
    const { partition, region, account } = Stack.of(this);
    const document = new CfnDocument(this, 'Document', {
      documentType: 'Command',
      content: texts?.content ?? BARE_CONTENT,
    });
    const send = this.handler('SendCommand', 'send-command', Duration.minutes(2), [
      new PolicyStatement({ actions: ['ssm:ListCommands'], resources: ['*'] }),
      new PolicyStatement({ actions: ['ssm:SendCommand'], resources: [`arn:${partition}:ssm:${region}:${account}:document/${document.ref}`] }),
      new PolicyStatement({
        actions: ['ssm:SendCommand'],
        resources: instanceIds.map((instanceId) => `arn:${partition}:ec2:${region}:${account}:instance/${instanceId}`),
      }),
    ]);
    const look = this.handler('GetStatus', 'get-status', Duration.minutes(5), [new PolicyStatement({ actions: READ, resources: ['*'] })]);
    const close = this.handler('CloseRun', 'close-run', Duration.minutes(10), [
      new PolicyStatement({ actions: ['ssm:CancelCommand', 'ssm:ListCommands', ...READ], resources: ['*'] }),
    ]);
    this.marks.grant(close, 'logs:CreateLogStream');
    this.programLogs.grant(look, 'logs:GetLogEvents');
    this.programLogs.grant(close, 'logs:GetLogEvents');
    this.topic.grantPublish(close);
    const stateMachine = new StateMachine(this, 'Resource', {
      definitionBody: DefinitionBody.fromChainable(this.states(send, look, { ...texts?.settings, instanceIds, document: document.ref })),
      timeout: Duration.hours(13),
      logs: { destination: this.handlerLogs, level: LogLevel.ALL },
      tracingEnabled: true,
    });
    stateMachine.grantExecution(close, 'states:GetExecutionHistory');
    new Rule(this, 'Rule', {
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [stateMachine.stateMachineArn] },
      },
      targets: [new LambdaFunction(close, { event: RuleTargetInput.fromEventPath('$.detail') })],
    });
  }

  private handler(id: string, name: string, timeout: Duration, statements: PolicyStatement[]): Function {
    const role = new Role(this, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.handlerLogs.grantWrite(role);
    const handler = new Function(this, id, {
      runtime: Runtime.NODEJS_22_X,
      handler: 'index.handler',
      code: Code.fromAsset(join(ASSETS, `${name}.lambda`)),
      memorySize: 256,
      logGroup: this.handlerLogs,
      role,
      timeout,
    });
    statements.forEach((statement) => handler.addToRolePolicy(statement));
    return handler;
  }

  private states(sendHandler: Function, lookHandler: Function, settings: object): Pass {
    const start = new Pass(this, 'Job settings', { parameters: { job: settings, status: {} } });
    const send = this.invoke('Send command', sendHandler, SEND_PAYLOAD);
    const find = this.invoke('Find command', sendHandler, FIND_PAYLOAD);
    const look = this.invoke('Get status', lookHandler, POLL_PAYLOAD);
    const wait = new Wait(this, 'Wait', { time: WaitTime.secondsPath('$.status.waitSeconds') });
    const describe = this.texts ? describeFault(this, 'Describe fault')
      : new Pass(this, 'Describe fault', { parameters: { outcome: 'Failed' }, resultPath: '$.status' });
    const succeeded = new Succeed(this, 'Succeeded', { outputPath: '$.status.result' });
    const skipped = new Succeed(this, 'Skipped', { outputPath: '$.status.result' });
    const failed = new Fail(this, 'Failed', { errorPath: '$.status.error', causePath: '$.status.cause' });
    const isOutcome = (outcome: string) => Condition.stringEquals('$.status.outcome', outcome);
    const ended = new Choice(this, 'How did it end?')
      .when(isOutcome('Succeeded'), succeeded)
      .when(isOutcome('Skipped'), skipped)
      .otherwise(failed);
    const notify = new SnsPublish(this, 'Notify', {
      topic: this.topic,
      ...this.texts ? { ...NOTIFICATION, message: TaskInput.fromObject(NOTIFICATION.message), messagePerSubscriptionType: true }
        : { message: TaskInput.fromJsonPathAt('$.status.result') },
      resultPath: JsonPath.DISCARD,
    });
    notify.addRetry({ errors: [Errors.ALL] });
    notify.addCatch(ended, { resultPath: '$.fault' });
    const whatNext = new Choice(this, 'What next?')
      .when(isOutcome('Running'), wait)
      .when(Condition.or(isOutcome('Failed'), isOutcome('TimedOut')), notify.next(ended))
      .when(isOutcome('Succeeded'), succeeded)
      .when(isOutcome('Skipped'), skipped)
      .otherwise(failed);
    send.addRetry({ errors: ['NotSent'] });
    send.addCatch(find, { resultPath: '$.fault' });
    find.addRetry({ errors: [Errors.ALL] });
    find.addCatch(describe, { resultPath: '$.fault' });
    look.addRetry({ errors: [Errors.ALL] });
    look.addCatch(this.lookAgain(look, describe), { resultPath: '$.fault' });
    start.next(send).next(whatNext);
    find.next(whatNext);
    wait.next(look).next(whatNext);
    describe.next(whatNext);
    return start;
  }

  private lookAgain(look: LambdaInvoke, describe: Pass): Pass {
    const pause = new Wait(this, 'Wait to look again', { time: WaitTime.duration(Duration.minutes(5)) });
    const mayLook = new Choice(this, 'Look again?')
      .when(Condition.timestampLessThanJsonPath('$.failed.at', '$.status.giveUpAt'), pause.next(look))
      .otherwise(describe);
    const failedAt = new Pass(this, 'Look failed', { parameters: { at: JsonPath.stateEnteredTime }, resultPath: '$.failed' });
    failedAt.next(mayLook);
    return failedAt;
  }

  private invoke(id: string, handler: Function, payload: { [key: string]: unknown }): LambdaInvoke {
    return new LambdaInvoke(this, id, {
      lambdaFunction: handler,
      payload: TaskInput.fromObject(this.texts ? payload : BARE_PAYLOAD),
      payloadResponseOnly: true,
      resultPath: '$.status',
      taskTimeout: Timeout.duration(Duration.minutes(6)),
      retryOnServiceExceptions: false,
    });
  }
}

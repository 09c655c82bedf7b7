import { Duration } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Choice, Condition, DefinitionBody, Fail, JsonPath, StateMachine, Succeed, TaskInput, Wait, WaitTime } from 'aws-cdk-lib/aws-stepfunctions';
import { CallAwsService, SnsPublish } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';

/** The states of a command that goes on. */
const GOES_ON = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];

export interface NoLambdaJobProps {
  /** Between two polls. */
  readonly wait: Duration;
}

/**
 * What a CDK engineer wires today: no Lambda function at all. The state machine calls SSM by the SDK integrations, waits for a fixed time,
 * and asks how the command does; a topic is told of failures.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
 */
export class NoLambdaJob extends Construct {
  constructor(scope: Construct, id: string, { wait }: NoLambdaJobProps) {
    super(scope, id);
    const topic = new Topic(this, 'Failures');
    const send = new CallAwsService(this, 'Send', {
      service: 'ssm',
      action: 'sendCommand',
      parameters: {
        DocumentName: 'AWS-RunShellScript',
        InstanceIds: JsonPath.array(JsonPath.stringAt('$.instanceId')),
        Parameters: {
          commands: JsonPath.listAt('$.commands'),
          executionTimeout: JsonPath.array(JsonPath.format('{}', JsonPath.numberAt('$.executionTimeoutSeconds') as unknown as string)),
        },
      },
      iamResources: ['*'],
      resultSelector: { 'id.$': '$.Command.CommandId' },
      resultPath: '$.command',
    });
    const look = new CallAwsService(this, 'Look', {
      service: 'ssm',
      action: 'getCommandInvocation',
      parameters: { CommandId: JsonPath.stringAt('$.command.id'), InstanceId: JsonPath.stringAt('$.instanceId') },
      iamResources: ['*'],
      resultSelector: { 'status.$': '$.Status' },
      resultPath: '$.invocation',
    });
    look.addRetry({ errors: ['Ssm.InvocationDoesNotExistException'], interval: Duration.seconds(2), maxAttempts: 5 });
    const failed = new SnsPublish(this, 'Notify', {
      topic, message: TaskInput.fromJsonPathAt('$.invocation.status'), resultPath: '$.notification',
    }).next(new Fail(this, 'Failed'));
    const pause = new Wait(this, 'Wait', { time: WaitTime.duration(wait) });
    const isStatus = (status: string) => Condition.stringEquals('$.invocation.status', status);
    const done = new Choice(this, 'Done?')
      .when(isStatus('Success'), new Succeed(this, 'Succeeded'))
      .when(Condition.or(...GOES_ON.map(isStatus)), pause)
      .otherwise(failed);
    send.next(pause);
    pause.next(look).next(done);
    new StateMachine(this, 'Resource', { definitionBody: DefinitionBody.fromChainable(send) });
  }
}

import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Choice, Condition, DefinitionBody, Fail, StateMachine, Succeed, TaskInput, Wait, WaitTime } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke, SnsPublish } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';

/** The states of a command that goes on. */
const GOES_ON = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];

export interface HandWiredJobProps {
  /** The folder of `handlers.ts`, bundled. */
  readonly code: string;
  /** Between two looks. */
  readonly wait: Duration;
  /**
   * Whether it looks as soon as it has sent the command, as the waiters of the AWS SDKs do.
   *
   * @default false
   */
  readonly looksAtOnce?: boolean;
  /** @default - it looks until the program has ended */
  readonly maxPolls?: number;
}

/**
 * AWS's recipe for a batch program that has no API, as an engineer wires it from L2 constructs: Lambda functions that start the
 * program by Run Command and look at it, a fixed wait between two looks, and a topic that is told of failures.
 *
 * @see https://aws.amazon.com/blogs/architecture/field-notes-how-to-integrate-your-non-cloud-native-cots-software-with-aws-for-batch-processing/
 */
export class HandWiredJob extends Construct {
  constructor(scope: Construct, id: string, props: HandWiredJobProps) {
    super(scope, id);
    const topic = new Topic(this, 'Failures');
    const send = this.invoke('Send', 'send', 'ssm:SendCommand', props.code);
    const look = this.invoke('Look', 'look', 'ssm:GetCommandInvocation', props.code);
    const wait = new Wait(this, 'Wait', { time: WaitTime.duration(props.wait) });
    const failed = new SnsPublish(this, 'Notify', { topic, message: TaskInput.fromJsonPathAt('$.status'), resultPath: '$.notification' })
      .next(new Fail(this, 'Failed'));
    const done = new Choice(this, 'Done?').when(Condition.stringEquals('$.status', 'Success'), new Succeed(this, 'Succeeded'));
    const goesOn = Condition.or(...GOES_ON.map((status) => Condition.stringEquals('$.status', status)));
    if (props.maxPolls !== undefined) {
      done.when(Condition.and(goesOn, Condition.numberGreaterThanEquals('$.looks', props.maxPolls)), failed);
    }
    done.when(goesOn, wait).otherwise(failed);
    send.next(props.looksAtOnce ? look : wait);
    wait.next(look).next(done);
    new StateMachine(this, 'Resource', { definitionBody: DefinitionBody.fromChainable(send) });
  }

  private invoke(id: string, handler: string, action: string, code: string): LambdaInvoke {
    const lambdaFunction = new LambdaFunction(this, `${id}Function`, {
      runtime: Runtime.NODEJS_22_X,
      handler: `index.${handler}`,
      code: Code.fromAsset(code),
      timeout: Duration.minutes(1),
    });
    lambdaFunction.addToRolePolicy(new PolicyStatement({ actions: [action], resources: ['*'] }));
    return new LambdaInvoke(this, id, { lambdaFunction, payloadResponseOnly: true });
  }
}

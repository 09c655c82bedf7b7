import { sampleApp, SampleOptions } from './sample-app';
import { allow, lambdaFunction, role, TestResource } from './synthesized-app';

/** What a rule looks for unless a test says otherwise. */
const ENDED_BADLY = {
  'source': ['aws.states'],
  'detail-type': ['Step Functions Execution Status Change'],
  'detail': { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [{ Ref: 'Job' }] },
};

const sdk = (client: string): string => JSON.stringify(require.resolve(`@aws-sdk/${client}`));

/** Publishes what it gets, with the SDK's own client. */
const PUBLISH = `
const { SNSClient, PublishCommand } = require(${sdk('client-sns')});
exports.handler = async (event) => {
  await new SNSClient({ maxAttempts: 1 }).send(new PublishCommand({
    TopicArn: process.env.TOPIC,
    Subject: 'Closed & told',
    MessageStructure: 'json',
    Message: JSON.stringify({ default: JSON.stringify(event), email: 'a < b\\nü' }),
    MessageAttributes: { outcome: { DataType: 'String', StringValue: 'Failed' } },
  }));
};`;

export interface ClosingOptions extends SampleOptions {
  /** Code of the function that the rule invokes. */
  readonly handler?: string;
  readonly rule?: object;
  readonly target?: object;
  readonly permission?: object;
}

/** The sample app with a rule that invokes a function when an execution of its job does not succeed. */
export function closingApp({ handler = PUBLISH, rule, target, permission, resources, ...options }: ClosingOptions = {}): string {
  const closing: { [logicalId: string]: TestResource } = {
    CloseRole: role('lambda.amazonaws.com', allow('sns:Publish', { Ref: 'Topic' })),
    Close: {
      ...lambdaFunction('close', {
        Role: { 'Fn::GetAtt': ['CloseRole', 'Arn'] },
        Environment: { Variables: { TOPIC: { Ref: 'Topic' } } },
      }),
      Metadata: { 'aws:cdk:path': 'App/NightlyIndex/CloseRun/Resource' },
    },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventPattern: ENDED_BADLY,
        State: 'ENABLED',
        Targets: [{ Id: 'Target0', Arn: { 'Fn::GetAtt': ['Close', 'Arn'] }, ...target }],
        ...rule,
      },
      Metadata: { 'aws:cdk:path': 'App/NightlyIndex/Rule/Resource' },
    },
    Permission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': ['Close', 'Arn'] },
        Principal: 'events.amazonaws.com',
        SourceArn: { 'Fn::GetAtt': ['Rule', 'Arn'] },
        ...permission,
      },
    },
  };
  return sampleApp({ ...options, resources: { ...closing, ...resources }, handlers: { close: handler } });
}

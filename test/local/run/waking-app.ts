import { sampleApp, SampleOptions } from './sample-app';
import { allow, lambdaFunction, role, stateMachine, TestResource } from './synthesized-app';

/** How handlers call services: as the SDK does, by its protocol. */
const CALL = `
const call = async (target, input) => {
  const response = await fetch(process.env.AWS_ENDPOINT_URL, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': target,
      'Authorization': 'AWS4-HMAC-SHA256 Credential=' + process.env.AWS_ACCESS_KEY_ID + '/20260101/us-east-1/any/aws4_request',
    },
    body: JSON.stringify(input),
  });
  const output = await response.json();
  if (!response.ok) throw Object.assign(new Error(output.message), { name: output.__type });
  return output;
};`;

const SEND = `${CALL}
exports.handler = async ({ run, exit, since }) => {
  const { Command } = await call('AmazonSSM.SendCommand', {
    DocumentName: process.env.DOCUMENT, InstanceIds: [process.env.INSTANCE], Comment: run, Parameters: { exit: [String(exit)] },
  });
  return { commandId: Command.CommandId, outcome: 'Running', waitSeconds: 400, wake: { run, since, expires: '2000000000' } };
};`;

const LOOK = `${CALL}
exports.handler = async ({ status, since }) => {
  const { CommandInvocations } = await call('AmazonSSM.ListCommandInvocations', { CommandId: status.commandId });
  const [{ StatusDetails: details } = { StatusDetails: 'Pending' }] = CommandInvocations;
  const outcome = details === 'Success' ? 'Succeeded' : details === 'Failed' ? 'Failed' : 'Running';
  return { ...status, outcome, wake: { ...status.wake, since } };
};`;

/** Notes that an event came, and ends the wait that is under way. */
const WAKE = `${CALL}
exports.handler = async ({ 'command-id': CommandId }) => {
  const { Commands: [command] } = await call('AmazonSSM.ListCommands', { CommandId });
  const { Attributes } = await call('DynamoDB_20120810.UpdateItem', {
    TableName: process.env.TABLE,
    Key: { Run: { S: command.Comment } },
    UpdateExpression: 'SET WokenAt = :now',
    ExpressionAttributeValues: { ':now': { S: new Date().toISOString() } },
    ReturnValues: 'ALL_NEW',
  });
  if (Attributes.Token === undefined) return 'no wait';
  await call('AWSStepFunctions.SendTaskSuccess', { taskToken: Attributes.Token.S, output: '{"woken":true}' });
};`;

const function_ = (name: string): object => ({ Type: 'Task', Resource: { 'Fn::GetAtt': [name, 'Arn'] }, ResultPath: '$.status' });

/** Sends, and looks whenever an event has ended its wait, or its time is over. */
function workflow(wait: object): object {
  return {
    StartAt: 'Send command',
    States: {
      'Send command': {
        ...function_('Send'),
        Parameters: { 'run.$': '$$.Execution.Name', 'exit.$': '$.exit', 'since.$': '$$.State.EnteredTime' },
        Next: 'Wait',
      },
      'Wait': {
        Type: 'Task',
        Resource: 'arn:aws:states:::aws-sdk:dynamodb:updateItem.waitForTaskToken',
        Parameters: {
          TableName: { Ref: 'Waits' },
          Key: { Run: { 'S.$': '$.status.wake.run' } },
          UpdateExpression: 'SET #token = :token, #expires = :expires',
          ConditionExpression: 'attribute_not_exists(#woken) OR #woken < :since',
          ExpressionAttributeNames: { '#token': 'Token', '#expires': 'Expires', '#woken': 'WokenAt' },
          ExpressionAttributeValues: {
            ':token': { 'S.$': '$$.Task.Token' },
            ':expires': { 'N.$': '$.status.wake.expires' },
            ':since': { 'S.$': '$.status.wake.since' },
          },
        },
        TimeoutSecondsPath: '$.status.waitSeconds',
        ResultPath: '$.wait',
        Catch: [
          {
            ErrorEquals: ['States.Timeout', 'DynamoDb.ConditionalCheckFailedException'],
            ResultPath: '$.wait',
            Next: 'Get status',
          },
          { ErrorEquals: ['States.ALL'], ResultPath: '$.wait', Next: 'Wait without events' },
        ],
        Next: 'Get status',
        ...wait,
      },
      'Wait without events': { Type: 'Wait', SecondsPath: '$.status.waitSeconds', Next: 'Get status' },
      'Get status': {
        ...function_('Look'),
        Parameters: { 'status.$': '$.status', 'since.$': '$$.State.EnteredTime' },
        Next: 'What next?',
      },
      'What next?': {
        Type: 'Choice',
        Choices: [
          { Variable: '$.status.outcome', StringEquals: 'Running', Next: 'Wait' },
          { Variable: '$.status.outcome', StringEquals: 'Failed', Next: 'Failed' },
        ],
        Default: 'Succeeded',
      },
      'Failed': { Type: 'Fail', Error: 'CotsBatchJob.Failed', Cause: 'the batch program failed' },
      'Succeeded': { Type: 'Succeed' },
    },
  };
}

/** Of commands that have ended. */
const ENDED = {
  'source': ['aws.ssm'],
  'detail-type': ['EC2 Command Status-change Notification'],
  'detail': { 'document-name': [{ Ref: 'Document' }], 'status': [{ 'anything-but': ['Pending', 'InProgress', 'Cancelling'] }] },
};

export interface WakingOptions extends SampleOptions {
  /** Of the state that waits. */
  readonly waitState?: object;
  readonly pattern?: object;
  readonly target?: object;
  /** Code of the function that the rule invokes. */
  readonly handler?: string;
}

/** The sample app with a wait that an event of SSM ends. */
export function wakingApp({ waitState = {}, pattern, target, handler = WAKE, resources, ...options }: WakingOptions = {}): string {
  const waking: { [logicalId: string]: TestResource } = {
    Waits: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        KeySchema: [{ AttributeName: 'Run', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'Run', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
        TimeToLiveSpecification: { AttributeName: 'Expires', Enabled: true },
      },
    },
    Job: stateMachine(workflow(waitState), { path: 'App/NightlyIndex/StateMachine/Resource' }),
    StateMachineRole: role(
      'states.amazonaws.com',
      allow('lambda:InvokeFunction', [{ 'Fn::GetAtt': ['Send', 'Arn'] }, { 'Fn::GetAtt': ['Look', 'Arn'] }]),
      allow('dynamodb:UpdateItem', { 'Fn::GetAtt': ['Waits', 'Arn'] }),
    ),
    WakeRole: role(
      'lambda.amazonaws.com',
      allow('ssm:ListCommands', '*'),
      allow('dynamodb:UpdateItem', { 'Fn::GetAtt': ['Waits', 'Arn'] }),
      allow('states:SendTaskSuccess', { Ref: 'Job' }),
    ),
    Wake: {
      ...lambdaFunction('wake', {
        Role: { 'Fn::GetAtt': ['WakeRole', 'Arn'] },
        Environment: { Variables: { TABLE: { Ref: 'Waits' } } },
      }),
      Metadata: { 'aws:cdk:path': 'App/NightlyIndex/WakeUp/Resource' },
    },
    WakeOnce: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: { FunctionName: { Ref: 'Wake' }, Qualifier: '$LATEST', MaximumRetryAttempts: 0 },
    },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventPattern: pattern ?? ENDED,
        State: 'ENABLED',
        Targets: [{ Id: 'Target0', Arn: { 'Fn::GetAtt': ['Wake', 'Arn'] }, InputPath: '$.detail', ...target }],
      },
      Metadata: { 'aws:cdk:path': 'App/NightlyIndex/Rule/Resource' },
    },
    Permission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': ['Wake', 'Arn'] },
        Principal: 'events.amazonaws.com',
        SourceArn: { 'Fn::GetAtt': ['Rule', 'Arn'] },
      },
    },
  };
  return sampleApp({ ...options, resources: { ...waking, ...resources }, handlers: { send: SEND, look: LOOK, wake: handler } });
}

import { allow, CALL, lambdaFunction, role, stateMachine, synthesize, TestResource } from './synthesized-app';

const SEND = `${CALL}
exports.handler = async ({ input }) => {
  const { Command } = await call('AmazonSSM.SendCommand', {
    DocumentName: process.env.DOCUMENT, InstanceIds: [process.env.INSTANCE], Parameters: { exit: [String(input.exit ?? 0)] },
  });
  return { commandId: Command.CommandId, waitSeconds: 10, outcome: 'Running' };
};`;

const LOOK = `${CALL}
exports.handler = async ({ commandId }) => {
  const { CommandInvocations } = await call('AmazonSSM.ListCommandInvocations', { CommandId: commandId });
  const [{ StatusDetails: details } = { StatusDetails: 'InProgress' }] = CommandInvocations;
  const outcome = details === 'Success' ? 'Succeeded' : details === 'Failed' ? 'Failed' : 'Running';
  const instances = { total: 1, [outcome.toLowerCase()]: 1 };
  return { commandId, waitSeconds: 10, outcome, result: { outcome, exitCode: outcome === 'Failed' ? 3 : 0, instances } };
};`;

/** The job's workflow in short: send, wait and look until it has ended, notify, fail or succeed. */
function workflow(wait: number | string): object {
  const task = (name: string): object => ({ Type: 'Task', Resource: { 'Fn::GetAtt': [name, 'Arn'] }, ResultPath: '$.status' });
  return {
    StartAt: 'Send command',
    States: {
      'Send command': { ...task('Send'), Parameters: { 'input.$': '$$.Execution.Input' }, Next: 'Wait' },
      'Wait': { Type: 'Wait', ...(typeof wait === 'number' ? { Seconds: wait } : { SecondsPath: wait }), Next: 'Get status' },
      'Get status': {
        ...task('Look'),
        Parameters: { 'commandId.$': '$.status.commandId' },
        Retry: [{ ErrorEquals: ['Lambda.TooManyRequestsException', 'Lambda.Unknown'], IntervalSeconds: 1 }],
        Next: 'What next?',
      },
      'What next?': {
        Type: 'Choice',
        Choices: [
          { Variable: '$.status.outcome', StringEquals: 'Running', Next: 'Wait' },
          { Variable: '$.status.outcome', StringEquals: 'Failed', Next: 'Notify' },
        ],
        Default: 'Succeeded',
      },
      'Notify': {
        Type: 'Task',
        Resource: 'arn:aws:states:::sns:publish',
        Parameters: {
          TopicArn: { Ref: 'Topic' },
          Subject: 'Nightly index: failed',
          MessageStructure: 'json',
          Message: {
            'default.$': 'States.JsonToString($.status.result)',
            'email': 'Nightly index failed.\n\nWhat to try first: read the log.',
          },
          MessageAttributes: { outcome: { 'DataType': 'String', 'StringValue.$': '$.status.outcome' } },
        },
        ResultPath: null,
        Next: 'Failed',
      },
      'Failed': { Type: 'Fail', Error: 'CotsBatchJob.Failed', Cause: 'the batch program failed' },
      'Succeeded': { Type: 'Succeed', OutputPath: '$.status.result' },
    },
  };
}

export interface SampleOptions {
  /** Other resources, or others in place of those that are there. */
  readonly resources?: { [logicalId: string]: TestResource };
  readonly wait?: number | string;
  /** Code of other functions, by asset. */
  readonly handlers?: { [asset: string]: string };
}

/** An app with one job, written by hand: a function that sends a command, one that looks, a topic with subscriptions. */
export function sampleApp({ resources = {}, wait = '$.status.waitSeconds', handlers = {} }: SampleOptions = {}): string {
  const instance = { 'Fn::Sub': 'arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:instance/${Instance}' };
  const document = { 'Fn::Sub': 'arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:document/${Document}' };
  return synthesize(
    {
      App: {
        Resources: {
          Instance: { Type: 'AWS::EC2::Instance' },
          Document: {
            Type: 'AWS::SSM::Document',
            Properties: {
              DocumentType: 'Command',
              Content: {
                schemaVersion: '2.2',
                parameters: { exit: { type: 'String', default: '0' } },
                mainSteps: [
                  { action: 'aws:runShellScript', name: 'run', inputs: { runCommand: ['echo ran', 'exit {{ exit }}'] } },
                ],
              },
            },
          },
          FunctionRole: role(
            'lambda.amazonaws.com',
            allow('ssm:SendCommand', document),
            allow('ssm:SendCommand', instance),
            allow('ssm:ListCommandInvocations', '*'),
          ),
          Send: lambdaFunction('send', {
            Environment: { Variables: { DOCUMENT: { Ref: 'Document' }, INSTANCE: { Ref: 'Instance' } } },
          }),
          Look: lambdaFunction('look'),
          Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'ops' } },
          Mail: {
            Type: 'AWS::SNS::Subscription',
            Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'email', Endpoint: 'ops@example.com' },
          },
          Filtered: {
            Type: 'AWS::SNS::Subscription',
            Properties: {
              TopicArn: { Ref: 'Topic' },
              Protocol: 'email',
              Endpoint: 'boss@example.com',
              FilterPolicy: { outcome: ['TimedOut'] },
            },
          },
          StateMachineRole: role(
            'states.amazonaws.com',
            allow('lambda:InvokeFunction', [{ 'Fn::GetAtt': ['Send', 'Arn'] }, { 'Fn::GetAtt': ['Look', 'Arn'] }]),
            allow('sns:Publish', { Ref: 'Topic' }),
          ),
          Job: stateMachine(workflow(wait), { path: 'App/NightlyIndex/StateMachine/Resource' }),
          ...resources,
        },
      },
    },
    { handlers: { send: SEND, look: LOOK, ...handlers } },
  );
}

const WAITING_RULE = 'StepFunctionsGetEventsForStepFunctionsExecutionRule';

/** Another state machine that starts the job, and waits for it if the resource says so. */
export function parentOf(resource: string, statements?: object[]): { [logicalId: string]: TestResource } {
  return {
    ParentRole: role(
      'states.amazonaws.com',
      ...(statements ?? [
        allow('states:StartExecution', { Ref: 'Job' }),
        allow(['states:DescribeExecution', 'states:StopExecution'], '*'),
        allow(['events:PutTargets', 'events:PutRule', 'events:DescribeRule'], {
          'Fn::Sub':
            `arn:aws:events:us-east-1:123456789012:rule/${WAITING_RULE}`,
        }),
      ]),
    ),
    Parent: stateMachine(
      {
        StartAt: 'Index',
        States: {
          Index: {
            Type: 'Task',
            Resource: `arn:aws:states:::states:${resource}`,
            Parameters: { 'StateMachineArn': { Ref: 'Job' }, 'Input.$': '$' },
            Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'Caught' }],
            End: true,
          },
          Caught: { Type: 'Pass', Parameters: { 'error.$': '$.Error', 'child.$': 'States.StringToJson($.Cause)' }, End: true },
        },
      },
      { path: 'App/Nightly/Resource', role: 'ParentRole' },
    ),
  };
}

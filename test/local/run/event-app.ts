import { sampleApp, SampleOptions } from './sample-app';
import { allow, CALL, lambdaFunction, role, stateMachine, TestResource } from './synthesized-app';

const SEND = `${CALL}
exports.handler = async ({ run, exit }) => {
  const { Command } = await call('AmazonSSM.SendCommand', {
    DocumentName: process.env.DOCUMENT, InstanceIds: [process.env.INSTANCE], Comment: run, Parameters: { exit: [String(exit)] },
  });
  return { commandId: Command.CommandId, outcome: 'Running', waitSeconds: 400 };
};`;

const POLL = `${CALL}
exports.handler = async ({ status, taskToken }) => {
  if (taskToken) return;
  const { CommandInvocations } = await call('AmazonSSM.ListCommandInvocations', { CommandId: status.commandId });
  const [{ StatusDetails: details } = { StatusDetails: 'Pending' }] = CommandInvocations;
  const outcome = details === 'Success' ? 'Succeeded' : details === 'Failed' ? 'Failed' : 'Running';
  return { ...status, outcome };
};`;

/** Ends the wait of the execution that has sent the command: its name is the comment, its history has the token. */
const RESUME = `${CALL}
exports.handler = async ({ stateMachineArn, commandId }) => {
  const { Commands: [command] } = await call('AmazonSSM.ListCommands', { CommandId: commandId });
  const { executions } = await call('AWSStepFunctions.ListExecutions', { stateMachineArn, statusFilter: 'RUNNING' });
  const execution = executions.find(({ name }) => name === command.Comment);
  if (!execution) return 'over';
  const { events } = await call('AWSStepFunctions.GetExecutionHistory', { executionArn: execution.executionArn, reverseOrder: true, maxResults: 10 });
  const { parameters } = events.find(({ type }) => type === 'TaskScheduled').taskScheduledEventDetails;
  await call('AWSStepFunctions.SendTaskSuccess', { taskToken: JSON.parse(parameters).Payload.taskToken, output: '{"resumed":true}' });
};`;

const function_ = (name: string): object => ({ Type: 'Task', Resource: { 'Fn::GetAtt': [name, 'Arn'] }, ResultPath: '$.status' });

/** Sends, and looks whenever an event has ended its wait, or its time is over. */
function workflow(wait: object): object {
  return {
    StartAt: 'Send command',
    States: {
      'Send command': {
        ...function_('Send'),
        Parameters: { 'run.$': '$$.Execution.Name', 'exit.$': '$.exit' },
        Next: 'Wait',
      },
      'Wait': {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
        Parameters: { FunctionName: { 'Fn::GetAtt': ['Look', 'Arn'] }, Payload: { 'taskToken.$': '$$.Task.Token' } },
        TimeoutSecondsPath: '$.status.waitSeconds',
        ResultPath: '$.wait',
        Catch: [
          { ErrorEquals: ['States.Timeout'], ResultPath: '$.wait', Next: 'Get status' },
          { ErrorEquals: ['States.ALL'], ResultPath: '$.wait', Next: 'Wait without events' },
        ],
        Next: 'Get status',
        ...wait,
      },
      'Wait without events': { Type: 'Wait', SecondsPath: '$.status.waitSeconds', Next: 'Get status' },
      'Get status': {
        ...function_('Look'),
        Parameters: { 'status.$': '$.status' },
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

export interface EventOptions extends SampleOptions {
  /** Of the state that waits. */
  readonly waitState?: object;
  readonly pattern?: object;
  readonly target?: object;
  /** Code of the function that the rule invokes. */
  readonly handler?: string;
}

/** The sample app with a wait that an event of SSM ends. */
export function eventApp({ waitState = {}, pattern, target, handler = RESUME, resources, ...options }: EventOptions = {}): string {
  const listening: { [logicalId: string]: TestResource } = {
    Job: stateMachine(workflow(waitState), { path: 'App/NightlyIndex/StateMachine/Resource' }),
    StateMachineRole: role(
      'states.amazonaws.com',
      allow('lambda:InvokeFunction', [{ 'Fn::GetAtt': ['Send', 'Arn'] }, { 'Fn::GetAtt': ['Look', 'Arn'] }]),
    ),
    ResumeRole: role(
      'lambda.amazonaws.com',
      allow('ssm:ListCommands', '*'),
      allow('states:GetExecutionHistory', { 'Fn::Join': ['', ['arn:aws:states:us-east-1:123456789012:execution:', { 'Fn::GetAtt': ['Job', 'Name'] }, ':*']] }),
      allow(['states:ListExecutions', 'states:SendTaskSuccess'], { Ref: 'Job' }),
    ),
    Resume: {
      ...lambdaFunction('resume', {
        Role: { 'Fn::GetAtt': ['ResumeRole', 'Arn'] },
      }),
      Metadata: { 'aws:cdk:path': 'App/NightlyIndex/Resume/Resource' },
    },
    ResumeOnce: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: { FunctionName: { Ref: 'Resume' }, Qualifier: '$LATEST', MaximumRetryAttempts: 0 },
    },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventPattern: pattern ?? ENDED,
        State: 'ENABLED',
        Targets: [{ Id: 'Target0', Arn: { 'Fn::GetAtt': ['Resume', 'Arn'] }, InputTransformer: { InputPathsMap: { commandId: '$.detail.command-id' }, InputTemplate: { 'Fn::Sub': '{"stateMachineArn":"${Job}","commandId":<commandId>}' } }, ...target }],
      },
      Metadata: { 'aws:cdk:path': 'App/NightlyIndex/Rule/Resource' },
    },
    Permission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': ['Resume', 'Arn'] },
        Principal: 'events.amazonaws.com',
        SourceArn: { 'Fn::GetAtt': ['Rule', 'Arn'] },
      },
    },
  };
  return sampleApp({ ...options, resources: { ...listening, ...resources }, handlers: { send: SEND, look: POLL, resume: handler } });
}

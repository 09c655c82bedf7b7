import { APP_NAMES, AppName } from './apps';
import { Right } from './rights';
import { ScenarioName } from './scenarios';

/** A right that roles have, and why. */
export interface Row extends Pick<Right, 'role' | 'action' | 'on'> {
  /** The jobs that have it. */
  readonly apps: readonly AppName[];
  /** The run that breaks without it; or where AWS says that it is needed, for what only AWS itself does with it. */
  readonly why: ScenarioName | URL;
}

const SEND = 'Job/Handlers/SendCommand/Role';
const WATCH = 'Job/Handlers/GetStatus/Role';
const CLOSE = 'Job/Handlers/CloseRun/Role';
const WORKFLOW = 'Job/Workflow/Role';
const SCHEDULER = 'Job/Schedule/Role';
const PARENT = 'Parent/Role';

const TARGETS = ['tagged', 'grouped'] as const;
const WITH_OUTPUT = ['named', 'tagged', 'grouped', 'document', 'shared'] as const;
const RERUN = ['named', 'shared'] as const;
const REPORTED = [...WITH_OUTPUT, 'checked'] as const;

const LAMBDA_LOGS = new URL('https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html');
const LAMBDA_VPC = new URL('https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions');
const LAMBDA_XRAY = new URL('https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html');
const LAMBDA_KEY = new URL('https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html');
const LAMBDA_DLQ = new URL('https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html');
const STATES_LOGS = new URL('https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy');
const STATES_XRAY = new URL('https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html#xray-iam');
const STATES_NESTED = new URL('https://docs.aws.amazon.com/step-functions/latest/dg/stepfunctions-iam.html');
const SNS_KEY = new URL('https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html');
const STATES_KEY = new URL('https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html');
const SCHEDULER_KEY = new URL('https://docs.aws.amazon.com/scheduler/latest/UserGuide/encryption-rest.html');
const SCHEDULER_TARGET = new URL('https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html#setting-up-execution-role');
const SCHEDULER_DLQ = new URL('https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html');

/** Every right that a job has: none but these, and each for a reason. */
export const TABLE: readonly Row[] = [
  row(SEND, 'ssm:ListCommands', '*', APP_NAMES, 'a run whose start is not confirmed'),
  row(SEND, 'ssm:CancelCommand', '*', ['named'], 'a run that ends another one'),
  row(SEND, 'ssm:SendCommand', 'ssm:document', APP_NAMES, 'a run that succeeds'),
  row(SEND, 'ssm:SendCommand', 'ec2:instance', APP_NAMES, 'a run that succeeds'),
  row(SEND, 'ssm:SendCommand', 'ssm:managed-instance', ['named', 'shared', ...TARGETS], 'a run that succeeds'),
  row(SEND, 'ssm:ListCommandInvocations', '*', RERUN, 'a rerun of a run that failed'),
  row(SEND, 'states:DescribeExecution', 'states:execution', RERUN, 'a rerun of a run that failed'),
  row(SEND, 'states:GetExecutionHistory', 'states:execution', RERUN, 'a rerun by shared handlers of a run that failed'),
  row(SEND, 'ssm:GetCalendarState', 'ssm:document', ['named'], 'a run that asks a calendar'),
  row(SEND, 'ssm:SendCommand', 's3', ['named'], 'a run that succeeds'),

  row(WATCH, 'ssm:ListCommandInvocations', '*', APP_NAMES, 'a run that succeeds'),
  row(WATCH, 'ssm:ListCommands', '*', APP_NAMES, 'a run on servers that are found by tag'),
  row(WATCH, 'ssm:GetCommandInvocation', '*', APP_NAMES, 'a run that fails after much output'),
  row(WATCH, 'ssm:DescribeInstanceInformation', '*', APP_NAMES, 'a run whose servers die'),
  row(WATCH, 'logs:GetLogEvents', 'logs:log-group', WITH_OUTPUT, 'a run that fails after much output'),

  row(WATCH, 'sns:ListSubscriptionsByTopic', 'sns', ['checked'], 'a check that warns of a subscription'),
  row(WATCH, 'states:ListExecutions', 'states:stateMachine', ['tagged'], 'a run that succeeds after one that failed'),
  row(WATCH, 'states:DescribeExecution', 'states:execution', ['tagged'], 'a run that succeeds after one that failed'),

  row(CLOSE, 'states:GetExecutionHistory', 'states:execution', APP_NAMES, 'a run that is stopped'),
  row(CLOSE, 'states:DescribeStateMachine', 'states:stateMachine', ['shared'],
    'a run of shared handlers that is stopped, after its job was given another topic'),
  row(CLOSE, 'ssm:CancelCommand', '*', APP_NAMES, 'a run that is stopped'),
  row(CLOSE, 'ssm:ListCommandInvocations', '*', APP_NAMES, 'a run that is stopped'),
  row(CLOSE, 'ssm:ListCommands', '*', APP_NAMES, 'a run on servers that are found by tag, that is stopped'),
  row(CLOSE, 'ssm:GetCommandInvocation', '*', APP_NAMES, 'a run that is stopped'),
  row(CLOSE, 'logs:GetLogEvents', 'logs:log-group', WITH_OUTPUT, 'a run that is stopped'),
  row(CLOSE, 'sns:Publish', 'sns', REPORTED, 'a run that is stopped'),
  row(CLOSE, 'logs:DescribeLogStreams', 'logs:log-group', REPORTED, 'a run that is stopped, of which EventBridge tells twice'),

  row(CLOSE, 'states:ListExecutions', 'states:stateMachine', ['resumed', 'shared'], 'a run whose wait an event ends'),
  row(CLOSE, 'states:SendTaskSuccess', 'states:stateMachine', ['resumed', 'shared'], 'a run whose wait an event ends'),

  row(WORKFLOW, 'lambda:InvokeFunction', 'lambda:function SendCommand', APP_NAMES, 'a run that succeeds'),
  row(WORKFLOW, 'lambda:InvokeFunction', 'lambda:function GetStatus', APP_NAMES, 'a run that succeeds'),
  row(WORKFLOW, 'sns:Publish', 'sns', REPORTED, 'a run that succeeds'),

  row(PARENT, 'states:StartExecution', 'states:stateMachine', ['named'], 'a parent'),
  row(PARENT, 'states:StopExecution', 'states:execution', ['named'], 'a parent that is stopped'),
  ...['events:PutTargets', 'events:PutRule', 'events:DescribeRule'].map((action) => row(PARENT, action, 'events:rule', ['named'], 'a parent')),

  // A local run has no keys, writes no logs of its own, traces nothing, and starts no job on time.
  ...[SEND, WATCH, CLOSE].flatMap((role) => [
    row(role, 'logs:CreateLogStream', 'logs:log-group', APP_NAMES, LAMBDA_LOGS),
    row(role, 'logs:PutLogEvents', 'logs:log-group', APP_NAMES, LAMBDA_LOGS),
  ]),
  ...[SEND, WATCH, CLOSE].flatMap((role) => [
    ...[
      'ec2:AssignPrivateIpAddresses', 'ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface', 'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets', 'ec2:UnassignPrivateIpAddresses',
    ].map((action) => row(role, action, '*', ['named'], LAMBDA_VPC)),
    ...['xray:PutTraceSegments', 'xray:PutTelemetryRecords'].map((action) => row(role, action, '*', ['named'], LAMBDA_XRAY)),
  ]),
  row(CLOSE, 'sqs:SendMessage', 'sqs', ['named'], LAMBDA_DLQ),
  ...[
    'logs:CreateLogDelivery', 'logs:GetLogDelivery', 'logs:UpdateLogDelivery', 'logs:DeleteLogDelivery', 'logs:ListLogDeliveries',
    'logs:PutResourcePolicy', 'logs:DescribeResourcePolicies', 'logs:DescribeLogGroups',
  ].map((action) => row(WORKFLOW, action, '*', APP_NAMES, STATES_LOGS)),
  ...['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets']
    .map((action) => row(WORKFLOW, action, '*', APP_NAMES, STATES_XRAY)),
  row(SCHEDULER, 'kms:Decrypt', 'kms:key', ['named'], SCHEDULER_KEY),
  row(PARENT, 'kms:Decrypt', 'kms:key', ['named'], STATES_KEY),
  ...[SEND, WATCH].map((role) => row(role, 'kms:Decrypt', 'kms:key', ['named'], LAMBDA_KEY)),
  ...[WORKFLOW, CLOSE].flatMap((role) => [
    row(role, 'kms:Decrypt', 'kms:key', ['named'], STATES_KEY),
    row(role, 'kms:GenerateDataKey', 'kms:key', ['named'], SNS_KEY),
  ]),
  row(SCHEDULER, 'states:StartExecution', 'states:stateMachine', ['named', 'shared', 'checked'], SCHEDULER_TARGET),
  row(SCHEDULER, 'sqs:SendMessage', 'sqs', ['named'], SCHEDULER_DLQ),
  row(PARENT, 'states:DescribeExecution', 'states:execution', ['named'], STATES_NESTED),
];

function row(role: string, action: string, on: string, apps: readonly AppName[], why: Row['why']): Row {
  return { role, action, on, apps, why };
}

/** How a right is told from others, in a table of rows and in a template. */
export function nameOf({ role, action, on }: Pick<Right, 'role' | 'action' | 'on'>): string {
  return `${role}: ${action} on ${on}`;
}

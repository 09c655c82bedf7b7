import { AppName, EC2_ID, HYBRID_ID, synthesize, TAGS } from './apps';
import { CloudAssembly } from '../../src/local/app/cloud-assembly';
import { Authorizer } from '../../src/local/iam/authorize';

const REGION = 'us-east-1:123456789012';

/** ARNs of what is in every account, and is none of the job's. */
const OTHERS = {
  document: `arn:aws:ssm:${REGION}:document/Other`,
  shell: 'arn:aws:ssm:us-east-1::document/AWS-RunShellScript',
  instance: `arn:aws:ec2:${REGION}:instance/i-99999999999999999`,
  hybrid: `arn:aws:ssm:${REGION}:managed-instance/mi-99999999999999999`,
  elsewhere: `arn:aws:ec2:eu-west-1:123456789012:instance/${EC2_ID}`,
  bucket: 'arn:aws:s3:::other',
  object: 'arn:aws:s3:::other/key',
  topic: `arn:aws:sns:${REGION}:Other`,
  function: `arn:aws:lambda:${REGION}:function:Other`,
  stateMachine: `arn:aws:states:${REGION}:stateMachine:Other`,
  execution: `arn:aws:states:${REGION}:execution:Other:1`,
  logStream: `arn:aws:logs:${REGION}:log-group:/other:log-stream:1`,
  queue: `arn:aws:sqs:${REGION}:Other`,
  key: `arn:aws:kms:${REGION}:key/99999999-9999-9999-9999-999999999999`,
  role: 'arn:aws:iam::123456789012:role/Admin',
  parameter: `arn:aws:ssm:${REGION}:parameter/password`,
  secret: `arn:aws:secretsmanager:${REGION}:secret:Password-123456`,
};

type Call = readonly [action: string, resource: string];

/** What none of the roles may do. */
const NOBODY: Call[] = [
  ['ssm:SendCommand', OTHERS.document],
  ['ssm:SendCommand', OTHERS.shell],
  ['ssm:SendCommand', OTHERS.instance],
  ['ssm:SendCommand', OTHERS.hybrid],
  ['ssm:SendCommand', OTHERS.elsewhere],
  ['ssm:SendCommand', OTHERS.bucket],
  ['ssm:StartSession', OTHERS.instance],
  ['ssm:StartAutomationExecution', `arn:aws:ssm:${REGION}:automation-definition/Other:1`],
  ['ssm:GetParameter', OTHERS.parameter],
  ['ssm:PutParameter', OTHERS.parameter],
  ['ssm:CreateDocument', OTHERS.document],
  ['ssm:UpdateDocument', OTHERS.document],
  ['ssm:ModifyDocumentPermission', OTHERS.document],
  ['iam:PassRole', OTHERS.role],
  ['iam:CreateRole', OTHERS.role],
  ['sts:AssumeRole', OTHERS.role],
  ['lambda:InvokeFunction', OTHERS.function],
  ['lambda:UpdateFunctionCode', OTHERS.function],
  ['states:StartExecution', OTHERS.stateMachine],
  ['states:StopExecution', OTHERS.execution],
  ['states:GetExecutionHistory', OTHERS.execution],
  ['states:DescribeExecution', OTHERS.execution],
  ['states:DescribeStateMachine', OTHERS.stateMachine],
  ['sns:Publish', OTHERS.topic],
  ['sqs:SendMessage', OTHERS.queue],
  ['s3:GetObject', OTHERS.object],
  ['s3:PutObject', OTHERS.object],
  ['kms:Decrypt', OTHERS.key],
  ['logs:GetLogEvents', OTHERS.logStream],
  ['logs:PutLogEvents', OTHERS.logStream],
  ['logs:CreateLogGroup', `arn:aws:logs:${REGION}:log-group:/other`],
  ['ec2:TerminateInstances', OTHERS.instance],
  ['ec2:RunInstances', OTHERS.instance],
  ['secretsmanager:GetSecretValue', OTHERS.secret],
  ['states:SendTaskSuccess', OTHERS.stateMachine],
];

/** The roles of a job, and the resources that it has, for who must not use them. */
class Roles {
  public static of(name: AppName): Roles {
    const { cdkOut, remove } = synthesize(name);
    try {
      return new Roles(CloudAssembly.read(cdkOut));
    } finally {
      remove();
    }
  }

  private readonly authorizer: Authorizer;

  private constructor(private readonly assembly: CloudAssembly) {
    this.authorizer = Authorizer.require(assembly);
  }

  /** Parts of the construct paths of the roles. */
  public get all(): string[] {
    return this.assembly.resources('AWS::IAM::Role').map(({ constructPath }) => constructPath);
  }

  public arn(type: string, path: string): string {
    const found = this.assembly.resources(type).find(({ constructPath }) => constructPath.includes(path))!;
    if (type === 'AWS::SSM::Document') {
      return `arn:aws:ssm:${REGION}:document/${found.ref}`;
    }
    return found.ref.startsWith('arn:') ? found.ref : found.attribute();
  }

  /** @returns whether it is allowed; a call that cannot be decided is neither. */
  public async allows(path: string, action: string, resource: string, tags = {}): Promise<boolean> {
    const roleArn = this.arn('AWS::IAM::Role', path);
    const { allowed, message } = await this.authorizer.decide({ roleArn, session: 'test', action, resource, tags });
    if (!allowed) {
      expect(message).toMatch(/because no identity-based policy allows/);
    }
    return allowed;
  }
}

const SEND = 'Job/Handlers/SendCommand/Role';
const WATCH = 'Job/Handlers/GetStatus/Role';
const CLOSE = 'Job/Handlers/CloseRun/Role';
const WORKFLOW = 'Job/Workflow/Resource/Role';
const SCHEDULER = 'Job/Schedule/Role';
const PARENT = 'Parent/Role';

const named = Roles.of('named');
const tagged = Roles.of('tagged');
const aws = Roles.of('document');
const shared = Roles.of('shared');

const own = {
  document: named.arn('AWS::SSM::Document', 'Job/Document'),
  topic: named.arn('AWS::SNS::Topic', 'Job/Notifications'),
  stateMachine: named.arn('AWS::StepFunctions::StateMachine', 'Job/Workflow'),
  send: `${named.arn('AWS::Lambda::Function', 'Job/Handlers/SendCommand')}:$LATEST`,
  watch: `${named.arn('AWS::Lambda::Function', 'Job/Handlers/GetStatus')}:$LATEST`,
  close: `${named.arn('AWS::Lambda::Function', 'Job/Handlers/CloseRun')}:$LATEST`,
  bucket: named.arn('AWS::S3::Bucket', 'Output'),
  queue: named.arn('AWS::SQS::Queue', 'Missed'),
  output: named.arn('AWS::Logs::LogGroup', 'Job/Output').replace(/\*$/, 'log-stream:1'),
  marks: named.arn('AWS::Logs::LogGroup', 'Job/Handlers/Marks').replace(/\*$/, 'log-stream:done'),
  instance: `arn:aws:ec2:${REGION}:instance/${EC2_ID}`,
  hybrid: `arn:aws:ssm:${REGION}:managed-instance/${HYBRID_ID}`,
};
const execution = own.stateMachine.replace('stateMachine', 'execution');

test.each(named.all)('a role may do nothing with what is not the job\'s: %s', async (role) => {
  for (const [action, resource] of NOBODY) {
    expect([action, resource, await named.allows(role, action, resource)]).toEqual([action, resource, false]);
  }
});

test.each(shared.all)('a role of shared handlers may do nothing with what is not of its jobs: %s', async (role) => {
  for (const [action, resource] of NOBODY) {
    expect([action, resource, await shared.allows(role, action, resource)]).toEqual([action, resource, false]);
  }
});

test('of shared handlers, only Close run may read the definition of a job', async () => {
  const machine = shared.arn('AWS::StepFunctions::StateMachine', 'Job/Workflow');
  const found = await Promise.all(shared.all.map(async (role) => [role, await shared.allows(role, 'states:DescribeStateMachine', machine)] as const));
  expect(found.filter(([, isAllowed]) => isAllowed).map(([role]) => role)).toEqual([expect.stringContaining('CloseRun/Role')]);
});

/** What one role may do, and the others may not. */
const ONLY: [allowed: string[], Call][] = [
  [[SEND], ['ssm:SendCommand', own.document]],
  [[SEND], ['ssm:SendCommand', own.instance]],
  [[SEND], ['ssm:SendCommand', own.hybrid]],
  [[SEND], ['ssm:SendCommand', own.bucket]],
  [[SEND, CLOSE], ['ssm:CancelCommand', '*']],
  [[SEND, WATCH, CLOSE], ['ssm:ListCommands', '*']],
  // The one that starts runs, for reruns: without allowRerun it has not this right, says the table.
  [[SEND, WATCH, CLOSE], ['ssm:ListCommandInvocations', '*']],
  [[WATCH, CLOSE], ['logs:GetLogEvents', own.output]],
  [[WATCH], ['ssm:DescribeInstanceInformation', '*']],
  // Whoever could leave a mark of Close run could keep its report back.
  [[CLOSE], ['logs:CreateLogStream', own.marks]],
  [[CLOSE], ['logs:DescribeLogStreams', own.marks]],
  [[], ['logs:PutLogEvents', own.marks]],
  [[WORKFLOW], ['lambda:InvokeFunction', own.send]],
  [[WORKFLOW], ['lambda:InvokeFunction', own.watch]],
  [[], ['lambda:InvokeFunction', own.close]],
  [[], ['lambda:InvokeFunction', own.send.replace('$LATEST', '1')]],
  [[WORKFLOW, CLOSE], ['sns:Publish', own.topic]],
  [[], ['sns:Subscribe', own.topic]],
  [[SCHEDULER, PARENT], ['states:StartExecution', own.stateMachine]],
  [[PARENT], ['states:StopExecution', `${execution}:1`]],
  [[SEND, CLOSE], ['states:GetExecutionHistory', `${execution}:1`]],
  [[SEND, PARENT], ['states:DescribeExecution', `${execution}:1`]],
  [[], ['states:UpdateStateMachine', own.stateMachine]],
  [[SCHEDULER], ['sqs:SendMessage', own.queue]],
  [[], ['sqs:ReceiveMessage', own.queue]],
  [[], ['ssm:UpdateDocument', own.document]],
  [[], ['logs:PutLogEvents', own.output]],
  [[], ['logs:DeleteLogStream', own.output]],
  [[], ['s3:PutObject', `${own.bucket}/key`]],
  [[], ['s3:GetObject', `${own.bucket}/key`]],
  [[], ['ec2:StopInstances', own.instance]],
];

test.each(ONLY)('only %j may do %j', async (allowed, [action, resource]) => {
  const found = await Promise.all(named.all.map(async (role) => [role, await named.allows(role, action, resource)] as const));
  expect(found.filter(([, isAllowed]) => isAllowed).map(([role]) => role).sort())
    .toEqual(allowed.map((path) => named.all.find((role) => role.includes(path))).sort());
});

describe('servers that are found by tag', () => {
  test.each<[string, boolean, { [key: string]: string }]>([
    ['with the tag', true, TAGS],
    ['with the tag and others', true, { ...TAGS, Stage: 'live' }],
    ['with another value', false, { Role: 'database' }],
    ['with the value in another case', false, { Role: 'Crawler' }],
    ['with another tag of that value', false, { Group: 'crawler' }],
    ['without tags', false, {}],
  ])('%s: %s', async (_which, expected, tags) => {
    expect(await tagged.allows(SEND, 'ssm:SendCommand', own.instance, tags)).toBe(expected);
    expect(await tagged.allows(SEND, 'ssm:SendCommand', own.hybrid, tags)).toBe(expected);
  });

  test('the job\'s own document, and no other, whatever tags it has', async () => {
    expect(await tagged.allows(SEND, 'ssm:SendCommand', tagged.arn('AWS::SSM::Document', 'Job/Document'))).toBe(true);
    expect(await tagged.allows(SEND, 'ssm:SendCommand', OTHERS.document, TAGS)).toBe(false);
    expect(await tagged.allows(SEND, 'ssm:SendCommand', OTHERS.shell, TAGS)).toBe(false);
  });
});

test('a document of AWS: that one, not one of the same name in an account, and no other', async () => {
  expect(await aws.allows(SEND, 'ssm:SendCommand', OTHERS.shell)).toBe(true);
  expect(await aws.allows(SEND, 'ssm:SendCommand', `arn:aws:ssm:${REGION}:document/AWS-RunShellScript`)).toBe(false);
  expect(await aws.allows(SEND, 'ssm:SendCommand', 'arn:aws:ssm:us-east-1::document/AWS-RunPowerShellScript')).toBe(false);
  expect(await aws.allows(SEND, 'ssm:SendCommand', 'arn:aws:ssm:eu-west-1::document/AWS-RunShellScript')).toBe(false);
  expect(await aws.allows(SEND, 'ssm:SendCommand', OTHERS.hybrid)).toBe(false);
});

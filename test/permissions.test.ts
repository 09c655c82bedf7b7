import { Duration } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { BatchCommand, CommandTarget, CompletionMode, Outcome } from '../src';
import { synth, SynthesizedJob, synthWithTargets } from './support/synth';

/** A job with every part that needs a right. */
const whole = () => synth({ schedule: ScheduleExpression.rate(Duration.days(1)) });

const schedulerRole = ({ job }: SynthesizedJob) =>
  job.node.findChild('Schedule').node.findChild('Role') as Role;
const workflowLogs = { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: ['<Job/Handlers/LogGroup.Arn>'] };

describe('each role holds exactly the calls that are made with it', () => {
  test('the handler that starts', () => {
    const synthesized = whole();
    expect(synthesized.statements(synthesized.job.startFunction.role)).toEqual([
      workflowLogs,
      { actions: ['ssm:ListCommands'], resources: ['*'] },
      {
        actions: ['ssm:SendCommand'],
        resources: ['arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:document/<Job/Document>'],
      },
      {
        actions: ['ssm:SendCommand'],
        resources: ['arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/i-0123456789abcdef0'],
      },
    ]);
  });

  test('the handler that starts, with reruns: it reads the job\'s executions, in a policy outside of its role', () => {
    const without = whole();
    const { job, statements } = ((synthesized) => ({ job: synthesized.job, statements: synthesized.statements(synthesized.job.startFunction.role) }))(
      synth({ schedule: ScheduleExpression.rate(Duration.days(1)), allowRerun: true }));
    expect(statements).toEqual(expect.arrayContaining(without.statements(without.job.startFunction.role)));
    expect(statements.slice(-2)).toEqual([
      { actions: ['ssm:ListCommandInvocations'], resources: ['*'] },
      {
        actions: ['states:DescribeExecution', 'states:GetExecutionHistory'],
        resources: [expect.stringMatching(/^arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:.*Job\/Workflow.*:\*$/)],
      },
    ]);
    expect(job.node.findChild('Handlers').node.findChild('SendCommand').node.tryFindChild('Reruns')).toBeDefined();
  });

  test('the handler that watches: it can start nothing', () => {
    const synthesized = whole();
    expect(synthesized.statements(synthesized.job.pollFunction.role)).toEqual([
      workflowLogs,
      {
        actions: ['ssm:DescribeInstanceInformation', 'ssm:GetCommandInvocation', 'ssm:ListCommandInvocations', 'ssm:ListCommands'],
        resources: ['*'],
      },
      { actions: ['logs:GetLogEvents'], resources: ['<Job/Output/LogGroup.Arn>'] },
    ]);
  });

  test('the handler that starts, where the servers send output to a bucket: IAM asks for the bucket, too', () => {
    const synthesized = synth((stack) => ({ outputBucket: new Bucket(stack, 'Bucket') }));
    expect(synthesized.statements(synthesized.job.startFunction.role))
      .toContainEqual({ actions: ['ssm:SendCommand'], resources: ['<Bucket.Arn>'] });
  });

  test('the handler that watches, where servers are found by SSM: it asks how many', () => {
    const synthesized = synthWithTargets([CommandTarget.tag('Role', 'crawler')]);
    expect(synthesized.statements(synthesized.job.pollFunction.role)).toContainEqual({
      actions: ['ssm:DescribeInstanceInformation', 'ssm:GetCommandInvocation', 'ssm:ListCommandInvocations', 'ssm:ListCommands'],
      resources: ['*'],
    });
  });

  test('the handler that watches, where no log group has output', () => {
    const synthesized = synth({ cloudWatchOutput: false });
    const actions = synthesized.statements(synthesized.job.pollFunction.role).flatMap((statement) => statement.actions);
    expect(actions).not.toContain('logs:GetLogEvents');
  });

  test('the workflow', () => {
    const synthesized = whole();
    expect(synthesized.statements(synthesized.job.stateMachine.role)).toEqual([
      { actions: ['lambda:InvokeFunction'], resources: ['<Job/Handlers/SendCommand.Arn>:$LATEST'] },
      { actions: ['lambda:InvokeFunction'], resources: ['<Job/Handlers/GetStatus.Arn>:$LATEST'] },
      { actions: ['sns:Publish'], resources: ['<Job/Notifications/Topic>'] },
      // What Step Functions asks for to write logs and traces; none of it has a resource type.
      {
        actions: [
          'logs:CreateLogDelivery', 'logs:GetLogDelivery', 'logs:UpdateLogDelivery', 'logs:DeleteLogDelivery',
          'logs:ListLogDeliveries', 'logs:PutResourcePolicy', 'logs:DescribeResourcePolicies', 'logs:DescribeLogGroups',
        ],
        resources: ['*'],
      },
      {
        actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'],
        resources: ['*'],
      },
    ]);
  });

  test('the workflow, where nothing is reported', () => {
    const synthesized = synth({ notifyOn: [] });
    const actions = synthesized.statements(synthesized.job.stateMachine.role).flatMap((statement) => statement.actions);
    expect(actions).not.toContain('sns:Publish');
  });

  test('the handler that closes: it can stop, but start nothing', () => {
    const synthesized = whole();
    expect(synthesized.statements(synthesized.job.closeFunction.role)).toEqual([
      workflowLogs,
      {
        actions: ['ssm:CancelCommand', 'ssm:GetCommandInvocation', 'ssm:ListCommandInvocations', 'ssm:ListCommands'],
        resources: ['*'],
      },
      { actions: ['logs:CreateLogStream'], resources: ['<Job/Handlers/Marks.Arn>'] },
      { actions: ['logs:GetLogEvents'], resources: ['<Job/Output/LogGroup.Arn>'] },
      { actions: ['sns:Publish'], resources: ['<Job/Notifications/Topic>'] },
      { actions: ['logs:DescribeLogStreams'], resources: ['<Job/Handlers/Marks.Arn>'] },
      {
        actions: ['states:GetExecutionHistory'],
        resources: [
          'arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:'
          + '<Fn::Select [6,["<Job/Workflow>"]]>:*',
        ],
      },
    ]);
  });

  test('with events, the handler that closes can end waits of this job, too', () => {
    const rights = (completion: CompletionMode) => {
      const synthesized = synth({ completion });
      return synthesized.statements(synthesized.job.closeFunction.role!);
    };
    expect(rights(CompletionMode.EVENTS)).toEqual([
      ...rights(CompletionMode.POLLING),
      { actions: ['states:ListExecutions', 'states:SendTaskSuccess'], resources: ['<Job/Workflow>'] },
    ]);
  });

  test('the handler that closes, where nothing is reported', () => {
    const synthesized = synth({ notifyOn: [] });
    const actions = synthesized.statements(synthesized.job.closeFunction.role).flatMap((statement) => statement.actions);
    expect(actions).not.toContain('sns:Publish');
  });

  test('the schedule', () => {
    const synthesized = whole();
    expect(synthesized.statements(schedulerRole(synthesized)))
      .toEqual([{ actions: ['states:StartExecution'], resources: ['<Job/Workflow>'] }]);
  });

  test('there is no other role, and none with a policy from elsewhere', () => {
    const roles = whole().all('AWS::IAM::Role');
    expect(roles.map((role) => role.AssumeRolePolicyDocument.Statement[0].Principal.Service).sort()).toEqual([
      'lambda.amazonaws.com', 'lambda.amazonaws.com', 'lambda.amazonaws.com', 'scheduler.amazonaws.com', 'states.amazonaws.com',
    ]);
    expect(roles.flatMap((role) => [...role.ManagedPolicyArns ?? [], ...role.Policies ?? []])).toEqual([]);
  });
});

describe('the document that may be sent', () => {
  test.each([
    [
      'of AWS: it belongs to no account', 'AWS-RunAnsiblePlaybook',
      'arn:<AWS::Partition>:ssm:<AWS::Region>::document/AWS-RunAnsiblePlaybook',
    ],
    [
      'of a service of AWS', 'AmazonCloudWatch-ManageAgent',
      'arn:<AWS::Partition>:ssm:<AWS::Region>::document/AmazonCloudWatch-ManageAgent',
    ],
    ['of this account', 'RunVendorJob', 'arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:document/RunVendorJob'],
    [
      'of another account, by its ARN',
      'arn:aws:ssm:eu-west-1:123456789012:document/Shared',
      'arn:aws:ssm:eu-west-1:123456789012:document/Shared',
    ],
  ])('%s', (_whose, nameOrArn, arn) => {
    const synthesized = synth({ command: BatchCommand.document(nameOrArn) });
    const sent = synthesized.statements(synthesized.job.startFunction.role)
      .filter(({ actions }) => actions.includes('ssm:SendCommand'));
    expect(sent.map(({ resources }) => resources)).toEqual([
      [arn],
      ['arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/i-0123456789abcdef0'],
    ]);
  });
});

describe('a topic with a key of the user\'s', () => {
  const keyRights = { actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: ['<Key.Arn>'] };

  test('that the job made with encryptionKey', () => {
    const synthesized = synth((stack) => ({ encryptionKey: new Key(stack, 'Key') }));
    expect(synthesized.statements(synthesized.job.stateMachine.role)).toContainEqual(keyRights);
  });

  test('that the user brings', () => {
    let topic: ITopic | undefined;
    const synthesized = synth((stack) => {
      topic = new Topic(stack, 'Topic', { masterKey: new Key(stack, 'Key') });
      return { notificationTopic: topic };
    });
    const statements = synthesized.statements(synthesized.job.stateMachine.role);
    expect(synthesized.job.notificationTopic).toBe(topic);
    expect(statements).toContainEqual(keyRights);
    expect(statements).toContainEqual({ actions: ['sns:Publish'], resources: ['<Topic>'] });
  });

  test('is not used where nothing is reported', () => {
    const synthesized = synth((stack) => ({ notifyOn: [], encryptionKey: new Key(stack, 'Key') }));
    // The state machine uses the key for its own data.
    expect(synthesized.statements(synthesized.job.closeFunction.role)).not.toContainEqual(keyRights);
  });

  test('is used where only a run that is late is reported', () => {
    const synthesized = synth((stack) => ({ notifyOn: [], longRunningAfter: Duration.hours(1), encryptionKey: new Key(stack, 'Key') }));
    expect(synthesized.statements(synthesized.job.stateMachine.role)).toContainEqual(keyRights);
  });

  test('the key that AWS manages needs no right', () => {
    const synthesized = synth({ notifyOn: [Outcome.FAILED] });
    const actions = synthesized.statements(synthesized.job.stateMachine.role).flatMap((statement) => statement.actions);
    expect(actions.filter((action) => action.startsWith('kms:'))).toEqual([]);
  });
});

import { App, CfnParameter, Duration, NestedStack, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { BatchCommand, BatchJobHandlers, CommandTarget, CotsBatchJob, InvocationLimit, JobParameter } from '../src';
import { INSTANCE_ID, JobProps, synth, SynthesizedJob, synthWithTargets } from './support/synth';

describe('defaults', () => {
  test('what the workflow knows of the smallest job', () => {
    expect(synth().settings).toEqual({
      name: 'Job',
      description: '',
      owner: '',
      runbookUrl: '',
      document: { name: '<Job/Document>', version: '$LATEST', own: true, bytes: expect.any(Number), startBefore: true, check: true, parameters: {}, failFast: true },
      instanceIds: [INSTANCE_ID],
      targets: [],
      parameters: {},
      pollIntervalSeconds: 300,
      executionTimeoutSeconds: 12 * 3600,
      deliveryTimeoutSeconds: 600,
      unresponsiveAfterSeconds: 1800,
      successExitCodes: [0],
      overlapPolicy: 'Allow',
      completion: 'Polling',
      logGroupName: '<Job/Output/LogGroup>',
      notificationSubject: 'Job',
      notificationTopicArn: '<Job/Notifications/Topic>',
      notifyOn: ['Failed', 'TimedOut', 'Undelivered', 'Cancelled', 'Unresponsive'],
    });
  });

  test('nothing to warn of', () => {
    const { stack } = synth();
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
    Annotations.fromStack(stack).hasNoError('*', Match.anyValue());
  });

  test('no schedule', () => {
    const { job, template } = synth();
    expect(job.startSchedule).toBeUndefined();
    template.resourceCountIs('AWS::Scheduler::Schedule', 0);
  });
});

describe('what a run is told', () => {
  test('the three times, in seconds', () => {
    const { settings, definition } = synth({
      pollInterval: Duration.minutes(2),
      executionTimeout: Duration.hours(6),
      deliveryTimeout: Duration.minutes(20),
    });
    expect(settings).toMatchObject({ pollIntervalSeconds: 120, executionTimeoutSeconds: 21_600, deliveryTimeoutSeconds: 1200 });
    // The handlers give a run up after 300 seconds of grace: the state machine's own limit must come later.
    expect(definition.TimeoutSeconds).toBeGreaterThan(21_600 + 1200 + 300);
  });

  test.each([
    ['pollInterval', Duration.seconds(1), Duration.days(1)],
    ['executionTimeout', Duration.seconds(5), Duration.hours(48)],
    ['deliveryTimeout', Duration.seconds(30), Duration.days(30)],
    ['unresponsiveAfter', Duration.minutes(6), Duration.days(30)],
  ])('%s may be as short and as long as documented', (prop, shortest, longest) => {
    expect(synth({ [prop]: shortest }).settings).toHaveProperty(`${prop}Seconds`, shortest.toSeconds());
    expect(synth({ [prop]: longest }).settings).toHaveProperty(`${prop}Seconds`, longest.toSeconds());
  });

  test('a poll interval that a long run cannot keep is warned of', () => {
    const { stack } = synth({ pollInterval: Duration.seconds(30), executionTimeout: Duration.hours(48) });
    Annotations.fromStack(stack).hasWarning('/Stack/Job', Match.stringLikeRegexp(
      'pollInterval is 30 seconds, but .* every 87 seconds only: Step Functions ends an execution at 25,000 events.*'));
  });

  test.each([
    ['no failure for a command, where some are allowed', 120, InvocationLimit.count(2), true],
    ['one failure for each command', 120, InvocationLimit.count(3), false],
    ['no failure, as it was asked for', 120, InvocationLimit.count(0), false],
    ['a percentage, which counts for each command', 120, InvocationLimit.percent(2), false],
    ['one command', 50, InvocationLimit.count(1), false],
  ])('maxErrors that leaves %s', (_what, servers, maxErrors, isWarnedOf) => {
    const instanceIds = Array.from({ length: servers }, (_, n) => `i-${n.toString(16).padStart(17, '0')}`);
    const warnings = Annotations.fromStack(synth({ instanceIds, maxErrors }).stack).findWarning('/Stack/Job', Match.stringLikeRegexp(
      'maxErrors is 2, but it is divided among 3 commands .one for 50 instanceIds. and rounded down to 0: each command stops at its first failure.*'));
    expect(warnings).toHaveLength(isWarnedOf ? 1 : 0);
  });

  test('the limits of SSM, as SSM takes them', () => {
    const { settings } = synthWithTargets([CommandTarget.tag('Role', 'crawler')], {
      maxConcurrency: InvocationLimit.percent(10),
      maxErrors: InvocationLimit.count(3),
    });
    expect(settings).toMatchObject({ maxConcurrency: '10%', maxErrors: '3' });
  });

  test.each([
    [[0], undefined],
    [[0, 4], '100%'],
    [[4], '100%'],
  ])('success exit codes %p without maxErrors make maxErrors %p', (successExitCodes, maxErrors) => {
    const { settings } = synth({ command: BatchCommand.shell('x', { successExitCodes }) });
    expect(settings.successExitCodes).toEqual(successExitCodes);
    expect(settings.maxErrors).toBe(maxErrors);
  });

  test('the user\'s own maxErrors stays, whatever the exit codes', () => {
    const command = BatchCommand.shell('x', { successExitCodes: [0, 4] });
    expect(synth({ command, maxErrors: InvocationLimit.count(0) }).settings.maxErrors).toBe('0');
  });

  test('limits that are tokens are texts, as SSM wants them', () => {
    const { settings } = synth((stack) => {
      const limit = new CfnParameter(stack, 'Limit', { type: 'Number' }).valueAsNumber;
      return { maxConcurrency: InvocationLimit.count(limit), maxErrors: InvocationLimit.percent(limit) };
    });
    expect(settings).toMatchObject({ maxConcurrency: '<Limit>', maxErrors: '<Limit>%' });
  });
});

describe('the name of the job', () => {
  test('is the ID of the construct, or what the user says', () => {
    expect(synth().settings.name).toBe('Job');
    expect(synth({ jobName: 'Nightly index (EU)' }).settings.name).toBe('Nightly index (EU)');
  });

  test('stands where an operator looks for it', () => {
    const jobName = 'Nightly index';
    const synthesized = synth({ jobName, schedule: ScheduleExpression.cron({ hour: '2' }) });
    const { job } = synthesized;
    expect(synthesized.definition.Comment).toBe('Batch job Nightly index');
    expect(synthesized.properties(job.node.findChild('Document')).Content.description).toBe('Batch job Nightly index');
    expect(synthesized.properties(job.startFunction).Description).toBe('Starts batch job Nightly index');
    expect(synthesized.properties(job.pollFunction).Description).toBe('Polls batch job Nightly index');
    expect(synthesized.properties(job.startSchedule!).Description).toBe('Starts batch job Nightly index');
    expect(synthesized.settings.notificationSubject).toBe('Nightly index');
  });

  test('may be a token', () => {
    const { settings, definition } = synth((stack) => ({ jobName: new CfnParameter(stack, 'Name').valueAsString }));
    expect(settings).toMatchObject({ name: '<Name>', notificationSubject: '<Name>' });
    expect(definition.Comment).toBe('Batch job <Name>');
  });
});

describe('the handlers', () => {
  test('run on the Node that the bundles are made for, and log to the job\'s own group', () => {
    const synthesized = synth();
    for (const handler of [synthesized.job.startFunction, synthesized.job.pollFunction]) {
      expect(synthesized.properties(handler)).toMatchObject({
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        LoggingConfig: { LogGroup: '<Job/Handlers/LogGroup>' },
      });
    }
  });

  test('have less time than the state that waits for them', () => {
    const synthesized = synth();
    const { States } = synthesized.definition;
    const limit = (handler: 'startFunction' | 'pollFunction') => synthesized.properties(synthesized.job[handler]).Timeout;
    expect(limit('startFunction')).toBeLessThan(States['Send command'].TimeoutSeconds as number);
    expect(limit('startFunction')).toBeLessThan(States['Find command'].TimeoutSeconds as number);
    expect(limit('pollFunction')).toBeLessThan(States['Get status'].TimeoutSeconds as number);
  });

  test('share a log group that is kept for three months and goes with the stack', () => {
    const synthesized = synth();
    const { Properties, DeletionPolicy } = synthesized.resource(synthesized.job.workflowLogGroup);
    expect(Properties).toEqual({ LogGroupName: expect.any(String), RetentionInDays: 90 });
    expect(DeletionPolicy).toBe('Delete');
    expect(synthesized.properties(synthesized.job.stateMachine)).toMatchObject({
      LoggingConfiguration: {
        Level: 'ALL',
        Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: '<Job/Handlers/LogGroup.Arn>' } }],
      },
      TracingConfiguration: { Enabled: true },
    });
  });
});

describe('the name of the log group of a workflow', () => {
  const name = (synthesized: SynthesizedJob): string => synthesized.properties(synthesized.job.workflowLogGroup).LogGroupName;

  test('has the prefix that keeps it out of the resource policy of CloudWatch Logs, and the ID of the stack', () => {
    expect(name(synth())).toMatch(/^\/aws\/vendedlogs\/states\/StackJobHandlers[0-9A-F]{8}-<Fn::Select \[2,\["<AWS::StackId>"\]\]>$/);
  });

  test('is that of no other job, and of no other handlers', () => {
    const synthesized = synth();
    const others = ['Other', 'Shared'].map((id) => new CotsBatchJob(synthesized.stack, id, {
      instanceIds: [INSTANCE_ID],
      command: BatchCommand.shell('x'),
      handlers: id === 'Shared' ? new BatchJobHandlers(synthesized.stack, 'Handlers') : undefined,
    }));
    const names = [synthesized.job, ...others].map((job) => name(new SynthesizedJob(synthesized.stack, job)));
    expect(new Set(names).size).toBe(3);
    expect(names.every((text) => text.startsWith('/aws/vendedlogs/states/'))).toBe(true);
  });
});

test('encryptionKey encrypts all that the job makes', () => {
  const synthesized = synth((stack) => ({ encryptionKey: new Key(stack, 'Key') }));
  const { job } = synthesized;
  expect(synthesized.properties(job.outputLogGroup!).KmsKeyId).toBe('<Key.Arn>');
  expect(synthesized.properties(job.workflowLogGroup).KmsKeyId).toBe('<Key.Arn>');
  expect(synthesized.properties(job.notificationTopic).KmsMasterKeyId).toBe('<Key.Arn>');
  synthesized.template.resourceCountIs('AWS::Logs::LogGroup', 3);
  synthesized.template.resourceCountIs('AWS::SNS::Topic', 1);
});

describe('where a job can be', () => {
  test('twice in one stack: same IDs below each, different folders on the instances', () => {
    const synthesized = synth();
    const command = BatchCommand.shell('bin/index.sh');
    const other = new CotsBatchJob(synthesized.stack, 'Other', { instanceIds: [INSTANCE_ID], command });
    // CDK names the permission of a rule by the path of its target.
    const idsBelow = (job: CotsBatchJob) => job.node.findAll()
      .map(({ node }) => node.path.slice(job.node.path.length).replace(/(?<=\/AllowEventRule).*/, ''));
    expect(idsBelow(other)).toEqual(idsBelow(synthesized.job));

    const folders = [synthesized.job, other].map((job) => {
      const lines: string[] = synthesized.properties(job.node.findChild('Document')).Content.mainSteps[0].inputs.runCommand;
      return lines.find((line) => line.startsWith('job='));
    });
    expect(folders[0]).toContain('\'<AWS::StackName>_Job\'');
    expect(folders[1]).toContain('\'<AWS::StackName>_Other\'');
  });

  test.each([
    ['shell', BatchCommand.shell('bin/index.sh'), /^job=.*\/'(.+)'$/],
    ['powerShell', BatchCommand.powerShell('index.exe'), /^\$job = .*'(.+)'\)$/],
  ])('elsewhere than before, with the key that it had: its lock and marks stay where they are (%s)', (_what, command, folder) => {
    const folderOf = (synthesized: SynthesizedJob) => {
      const lines: string[] = synthesized.properties(synthesized.job.node.findChild('Document')).Content.mainSteps[0].inputs.runCommand;
      return lines.map((line) => folder.exec(line)?.[1]).find((name) => name);
    };
    const before = synth({ command });
    expect(folderOf(before)).toBe('<AWS::StackName>_Job');
    expect(before.stack.stackName).toBe('Stack');
    const moved = synth({ command, jobKey: 'Stack_Job' }, new Stack(new App(), 'Elsewhere'));
    expect(folderOf(moved)).toBe('Stack_Job');
    expect(moved.job.jobKey).toBe('Stack_Job');
  });

  test('in a nested stack', () => {
    const parent = new Stack(new App(), 'Parent');
    const schedule = ScheduleExpression.rate(Duration.days(1));
    const { settings, template } = synth({ schedule }, new NestedStack(parent, 'Nested'));
    template.resourceCountIs('AWS::SSM::Document', 1);
    template.resourceCountIs('AWS::Scheduler::Schedule', 1);
    expect(settings.name).toBe('Job');
  });

  test.each([
    ['an environment that is known only when deployed', {}, 'arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/'],
    [
      'an account and region', { account: '123456789012', region: 'eu-south-1' },
      'arn:<AWS::Partition>:ec2:eu-south-1:123456789012:instance/',
    ],
    ['China', { account: '123456789012', region: 'cn-north-1' }, 'arn:<AWS::Partition>:ec2:cn-north-1:123456789012:instance/'],
  ])('in %s', (_where, env, arn) => {
    const synthesized = synth(everything(), new Stack(new App(), 'Stack', { env }));
    const resources = synthesized.statements(synthesized.job.startFunction.role).flatMap((held) => held.resources);
    expect(resources).toContain(arn + INSTANCE_ID);
    // Not a single ARN names the partition of the regions that most people know.
    expect(JSON.stringify(synthesized.template.toJSON())).not.toContain('arn:aws:');
  });
});

test('no ID of a construct or state has a value of a prop in it', () => {
  const names = (synthesized: SynthesizedJob) => ({
    constructs: synthesized.job.node.findAll().map(({ node }) => node.path),
    states: Object.keys(synthesized.definition.States),
  });
  const one = synth(everything());
  const other = synth({
    jobName: 'Another',
    instanceIds: ['i-11111111', 'mi-22222222222222222'],
    command: BatchCommand.shell('other', {
      runAs: 'nobody', workingDirectory: '/', environment: { A: 'b' }, successExitCodes: [7],
    }),
    parameters: { OTHER: JobParameter.number({ default: 1 }) },
    pollInterval: Duration.seconds(7),
    schedule: ScheduleExpression.cron({ hour: '5' }),
    notificationSubject: 'Else',
  });
  expect(names(other)).toEqual(names(one));
});

function everything(): JobProps {
  return {
    jobName: 'Nightly index',
    command: BatchCommand.shell('bin/index.sh', {
      runAs: 'crawler', workingDirectory: '/opt', environment: { LANG: 'C' }, successExitCodes: [0, 4],
    }),
    parameters: { KEYWORDS: JobParameter.string({ default: 'cloud' }) },
    pollInterval: Duration.minutes(4),
    schedule: ScheduleExpression.rate(Duration.days(1)),
    notificationSubject: 'Index',
  };
}

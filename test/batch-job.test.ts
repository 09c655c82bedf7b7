import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Dashboard, GraphWidget, Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, IGrantable, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, Pass, QueryLanguage, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { BatchCommand, CotsBatchJob, CotsBatchJobAttributes, IBatchJob, JobParameter, Outcome } from '../src';
import { synth } from './support/synth';

const ARN = 'arn:aws:states:eu-west-1:123456789012:stateMachine:Nightly';
const EXECUTIONS = 'arn:aws:states:eu-west-1:123456789012:execution:Nightly:*';

const newRole = (stack: Stack) => new Role(stack, 'App', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });

/** A stack that knows a job of another one. */
function imported(arn: string | ((stack: Stack) => string) = ARN, stack = new Stack(new App(), 'Other')) {
  return { stack, job: CotsBatchJob.fromStateMachineArn(stack, 'Nightly', typeof arn === 'string' ? arn : arn(stack)) };
}

describe('grants on a job that is made here', () => {
  const granted = (grant: (job: CotsBatchJob, role: IGrantable) => unknown) => {
    const synthesized = synth();
    const role = newRole(synthesized.stack);
    grant(synthesized.job, role);
    return synthesized.statements(role);
  };
  const executions = 'arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:'
    + '<Fn::Select [6,["<Job/Workflow>"]]>:*';

  test('grantStart: to start its runs, and nothing else', () => {
    expect(granted((job, role) => job.grantStart(role).assertSuccess())).toEqual([
      { actions: ['states:StartExecution'], resources: ['<Job/Workflow>'] },
    ]);
  });

  test('grantStop: to stop its runs, and nothing else', () => {
    expect(granted((job, role) => job.grantStop(role).assertSuccess())).toEqual([
      { actions: ['states:StopExecution'], resources: [executions] },
    ]);
  });

  test('grantRead: its runs and its logs, and those of no other', () => {
    const logs = ['logs:FilterLogEvents', 'logs:GetLogEvents', 'logs:GetLogGroupFields', 'logs:DescribeLogGroups', 'logs:DescribeLogStreams'];
    expect(granted((job, role) => job.grantRead(role).assertSuccess())).toEqual([
      { actions: ['states:DescribeStateMachine', 'states:ListExecutions'], resources: ['<Job/Workflow>'] },
      { actions: ['states:DescribeExecution', 'states:GetExecutionHistory'], resources: [executions] },
      { actions: logs, resources: ['<Job/Handlers/LogGroup.Arn>'] },
      { actions: logs, resources: ['<Job/Output/LogGroup.Arn>'] },
    ]);
  });
});

describe('a job of another stack', () => {
  test('has grants', () => {
    const { job, stack } = imported();
    const role = newRole(stack);
    [job.grantStart(role), job.grantStop(role), job.grantRead(role)].forEach((grant) => grant.assertSuccess());
    const [{ Properties }] = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
    const executions = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, EXECUTIONS.slice('arn:aws'.length)]] };
    const statements: { Action: string | string[]; Resource: unknown }[] = Properties.PolicyDocument.Statement;
    expect(statements.map(({ Action, Resource }) => [[Action].flat(), Resource])).toEqual([
      [['states:StartExecution'], ARN],
      [['states:StopExecution'], executions],
      [['states:DescribeStateMachine', 'states:ListExecutions'], ARN],
      [['states:DescribeExecution', 'states:GetExecutionHistory'], executions],
    ]);
  });

  test('has metrics', () => {
    const { job } = imported();
    expect(job.metricFailed().dimensions).toEqual({ StateMachineArn: ARN });
    expect(job.metric(Outcome.UNDELIVERED)).toMatchObject({ namespace: 'CotsBatchJob', metricName: 'Undelivered', dimensions: { StateMachineArn: ARN } });
  });

  test('is a step of a state machine; its parameters are for its runs to judge', () => {
    const { job, stack } = imported();
    const parameters = { ANY: 'thing' };
    for (const [queryLanguage, task] of [
      [QueryLanguage.JSON_PATH, job.asTask(stack, 'Path', { parameters })],
      [QueryLanguage.JSONATA, job.asJsonataTask(stack, 'Jsonata', { parameters })],
    ] as const) {
      new StateMachine(stack, `Parent ${queryLanguage}`, { queryLanguage, definitionBody: DefinitionBody.fromChainable(task) });
    }
    const parents = Object.values(Template.fromStack(stack).findResources('AWS::StepFunctions::StateMachine'));
    expect(parents).toHaveLength(2);
    for (const parent of parents) {
      const text = JSON.stringify(parent).replaceAll('\\', '');
      expect(text).toContain(`"StateMachineArn":"${ARN}"`);
      expect(text).toContain('"parameters":{"ANY":"thing"}');
      expect(text).toContain('Runs batch job Nightly');
    }
  });

  test('is known by a token, too', () => {
    const { job, stack } = imported((scope) => new CfnParameter(scope, 'Arn').valueAsString);
    job.grantStop(newRole(stack)).assertSuccess();
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'))).toContain('{"Fn::Split":[":",{"Ref":"Arn"}]}');
    expect(stack.resolve(job.stateMachineArn)).toEqual({ Ref: 'Arn' });
  });

  test.each([
    ['an execution', EXECUTIONS], ['a name', 'Nightly'], ['a version', `${ARN}:1`],
  ])('is not %s', (_what, arn) => {
    expect(() => imported(arn)).toThrow(new Error(`stateMachineArn must be the ARN of a state machine, without a version or an alias, got "${arn}"`));
  });

  test('of the same app is the same job', () => {
    const app = new App();
    const { job } = synth({ parameters: { DAY: JobParameter.string({ default: 'monday' }) } }, new Stack(app, 'Stack'));
    const other = new Stack(app, 'Other');
    const again: IBatchJob = CotsBatchJob.fromStateMachineArn(other, 'Nightly', job.stateMachineArn);
    new StateMachine(other, 'Parent', { definitionBody: DefinitionBody.fromChainable(again.asTask(other, 'Index').next(new Pass(other, 'After'))) });
    expect(JSON.stringify(Template.fromStack(other).findResources('AWS::StepFunctions::StateMachine'))).toContain('Stack:ExportsOutputRefJobWorkflow');
  });
});

describe('a job of another stack with all there is to know of it', () => {
  const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d';
  const logs = (name: string) => `arn:aws:logs:eu-west-1:123456789012:log-group:${name}`;

  function known(stack = new Stack(new App(), 'Other'), attrs: (scope: Stack) => Partial<CotsBatchJobAttributes> = () => ({})) {
    const job = CotsBatchJob.fromCotsBatchJobAttributes(stack, 'Nightly', {
      stateMachineArn: ARN,
      encryptionKey: Key.fromKeyArn(stack, 'Key', KEY),
      workflowLogGroup: LogGroup.fromLogGroupArn(stack, 'Workflow', logs('workflow')),
      outputLogGroup: LogGroup.fromLogGroupArn(stack, 'Output', logs('output')),
      jobName: 'Billing',
      ...attrs(stack),
    });
    return { stack, job };
  }

  function granted(grant: (job: IBatchJob, role: IGrantable) => Grant) {
    const { stack, job } = known();
    grant(job, newRole(stack)).assertSuccess();
    const [{ Properties }] = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
    return (Properties.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[])
      .map(({ Action, Resource }) => [[Action].flat().join(' '), Resource]);
  }
  const executions = { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, EXECUTIONS.slice('arn:aws'.length)]] };

  test('grantStart and grantStop need no key: Step Functions uses it with the role of the state machine', () => {
    expect(granted((job, role) => job.grantStart(role))).toEqual([['states:StartExecution', ARN]]);
    expect(granted((job, role) => job.grantStop(role))).toEqual([['states:StopExecution', executions]]);
  });

  test('grantRead lets decrypt what it lets read, and read the logs', () => {
    expect(granted((job, role) => job.grantRead(role))).toEqual([
      ['states:DescribeStateMachine states:ListExecutions', ARN],
      ['states:DescribeExecution states:GetExecutionHistory', executions],
      ['kms:Decrypt', KEY],
      [expect.stringContaining('logs:GetLogEvents'), `${logs('workflow')}:*`],
      [expect.stringContaining('logs:GetLogEvents'), `${logs('output')}:*`],
    ]);
  });

  test.each([
    ['asTask', QueryLanguage.JSON_PATH], ['asJsonataTask', QueryLanguage.JSONATA],
  ] as const)('the role of a parent may decrypt the result of a run (%s)', (method, queryLanguage) => {
    const { stack, job } = known();
    const parent = new StateMachine(stack, 'Parent', { queryLanguage, definitionBody: DefinitionBody.fromChainable(job[method](stack, 'Bill')) });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([{ Action: 'kms:Decrypt', Effect: 'Allow', Resource: KEY }]) },
      Roles: [stack.resolve(parent.role.roleName)],
    });
    expect(JSON.stringify(template.toJSON())).toContain('Runs batch job Billing');
  });

  test.each<[string, string, (scope: Stack) => Partial<CotsBatchJobAttributes>]>([
    ['a key of another region', 'encryptionKey must be in the region of the job (eu-west-1), got "us-east-1"',
      (scope) => ({ encryptionKey: Key.fromKeyArn(scope, 'Far', KEY.replace('eu-west-1', 'us-east-1')) })],
    ['a log group of another region', 'outputLogGroup must be in the region of the job (eu-west-1), got "us-east-1"',
      (scope) => ({ outputLogGroup: LogGroup.fromLogGroupArn(scope, 'Far', logs('x').replace('eu-west-1', 'us-east-1')) })],
    ['a log group of another account', 'workflowLogGroup must be in the account of the job (123456789012), got "222222222222"',
      (scope) => ({ workflowLogGroup: LogGroup.fromLogGroupArn(scope, 'Far', logs('x').replace('123456789012', '222222222222')) })],
  ])('%s is refused, wherever the job is imported', (_what, message, attrs) => {
    expect(() => known(undefined, attrs)).toThrow(new Error(message));
    expect(() => known(new Stack(new App(), 'Far', { env: { account: '222222222222', region: 'us-east-1' } }), attrs)).toThrow(new Error(message));
  });

  test('a job of another region and account counts there, also for a dashboard elsewhere', () => {
    const { stack, job } = known(new Stack(new App(), 'Watch', { env: { account: '222222222222', region: 'us-east-1' } }));
    const everyMetric = [
      job.metricStarted(), job.metricSucceeded(), job.metricFailed(), job.metricAborted(), job.metricDuration(), job.metricTimedOut(),
      job.metricSkipped(), job.metricScheduledSucceeded(), job.metric(Outcome.FAILED),
    ];
    for (const metric of everyMetric) {
      expect(metric).toMatchObject({ region: 'eu-west-1', account: '123456789012', dimensions: { StateMachineArn: ARN } });
    }
    expect(job.metricFailed({ region: 'eu-central-1' })).toMatchObject({ region: 'eu-central-1', account: '123456789012' });
    new Dashboard(stack, 'Dashboard', { widgets: [[new GraphWidget({ left: everyMetric })]] });
    const [{ Properties }] = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'));
    expect(JSON.stringify(Properties).match(/eu-west-1\\",\\"accountId|accountId\\":\\"123456789012/g)).toHaveLength(everyMetric.length);
  });

  test('one of the same place has metrics of no place: they are of the stack', () => {
    const { stack, job } = known(new Stack(new App(), 'Watch', { env: { account: '123456789012', region: 'eu-west-1' } }));
    job.metricFailed().createAlarm(stack, 'Alarm', { threshold: 1, evaluationPeriods: 1 });
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'))).not.toMatch(/AccountId|Region/);
  });

  test('nobody of another account can be let in', () => {
    const stack = new Stack(new App(), 'Other', { env: { account: '123456789012', region: 'eu-west-1' } });
    const { job } = known(stack);
    const made = new CotsBatchJob(stack, 'Job', { instanceIds: ['i-01234567'], command: BatchCommand.shell('x') });
    const role = Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::222222222222:role/app');
    const rule = 'must be for a principal in the account of the job (123456789012), got "222222222222"';
    for (const method of ['grantStart', 'grantStop', 'grantRead'] as const) {
      expect(() => job[method](role)).toThrow(new Error(`${method} ${rule}`));
      expect(() => made[method](role)).toThrow(new Error(`${method} ${rule}`));
      expect(() => job[method](newRole(new Stack(stack, method)))).not.toThrow();
    }
    expect(() => made.grantInstance(role)).toThrow(new Error(`grantInstance ${rule}`));
    made.grantStart(Role.fromRoleArn(stack, 'Same', 'arn:aws:iam::123456789012:role/app'));
    synth().job.grantStart(Role.fromRoleArn(stack, 'Unknown', 'arn:aws:iam::222222222222:role/app'));
  });
});

describe('metrics', () => {
  const { job, stack } = synth();
  const metrics: [string, string, (options?: MetricOptions) => Metric][] = [
    ['metricStarted', 'ExecutionsStarted', (options) => job.metricStarted(options)],
    ['metricSucceeded', 'ExecutionsSucceeded', (options) => job.metricSucceeded(options)],
    ['metricFailed', 'ExecutionsFailed', (options) => job.metricFailed(options)],
    ['metricAborted', 'ExecutionsAborted', (options) => job.metricAborted(options)],
  ];

  const recorded: [string, string, (options?: MetricOptions) => Metric][] = [
    ...Object.values(Outcome).map((outcome): [string, string, (options?: MetricOptions) => Metric] =>
      [`metric of ${outcome}`, outcome, (options) => job.metric(outcome, options)]),
    ['metricTimedOut', 'TimedOut', (options) => job.metricTimedOut(options)],
    ['metricSkipped', 'Skipped', (options) => job.metricSkipped(options)],
    ['metricScheduledSucceeded', 'ScheduledSucceeded', (options) => job.metricScheduledSucceeded(options)],
  ];

  test.each(recorded)('%s is %s of the handlers, the sum over five minutes', (_method, metricName, metric) => {
    expect(metric()).toMatchObject({ namespace: 'CotsBatchJob', metricName, statistic: 'Sum', period: Duration.minutes(5) });
    expect(stack.resolve(metric().dimensions)).toEqual({ StateMachineArn: stack.resolve(job.stateMachineArn) });
    expect(metric({ statistic: 'Maximum', period: Duration.hours(1) })).toMatchObject({ statistic: 'Maximum', period: Duration.hours(1) });
  });

  test.each(metrics)('%s is %s, the sum over five minutes', (_method, metricName, metric) => {
    expect(metric()).toMatchObject({ namespace: 'AWS/States', metricName, statistic: 'Sum', period: Duration.minutes(5) });
    expect(stack.resolve(metric().dimensions)).toEqual({ StateMachineArn: stack.resolve(job.stateMachineArn) });
  });

  test('metricDuration is how long runs took by the handlers, the average over five minutes', () => {
    expect(job.metricDuration()).toMatchObject({ namespace: 'CotsBatchJob', metricName: 'Duration', statistic: 'Average', period: Duration.minutes(5) });
    expect(job.metricDuration({ statistic: 'p90' })).toMatchObject({ statistic: 'p90' });
  });

  test.each(metrics)('%s takes options', (_method, _metricName, metric) => {
    expect(metric({ statistic: 'Maximum', period: Duration.hours(1) }))
      .toMatchObject({ statistic: 'Maximum', period: Duration.hours(1) });
  });
});

describe('a parent elsewhere is refused', () => {
  const parent = (env: { account: string; region: string }) => new Stack(new App(), 'Parent', { env });

  test.each([
    [{ account: '123456789012', region: 'us-east-1' }, 'must be used in the region of the job (eu-west-1), because Step Functions waits for no execution of another one, got "us-east-1"'],
    [{ account: '111111111111', region: 'eu-west-1' }, 'must be used in the account of the job (123456789012), because Step Functions waits for no execution of another one, got "111111111111"'],
  ])('%j', (env, message) => {
    const { job } = imported();
    expect(() => job.asTask(parent(env), 'Index')).toThrow(new Error(`asTask ${message}`));
    expect(() => job.asJsonataTask(parent(env), 'Index')).toThrow(new Error(`asJsonataTask ${message}`));
  });

  test('one of the same place is not, and one of an unknown place neither', () => {
    expect(() => imported().job.asTask(parent({ account: '123456789012', region: 'eu-west-1' }), 'Index')).not.toThrow();
    expect(() => imported().job.asTask(new Stack(new App(), 'Parent'), 'Index')).not.toThrow();
  });
});

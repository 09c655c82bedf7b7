import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LogLevel } from 'aws-cdk-lib/aws-stepfunctions';
import { BatchJobHandlers } from '../../src';
import { JobProps, synth } from '../support/synth';

const schedule = ScheduleExpression.rate(Duration.days(1));

function roleOf(stack: Stack, id: string, service: string): Role {
  return new Role(stack, id, { assumedBy: new ServicePrincipal(`${service}.amazonaws.com`) });
}

const stackOf = () => new Stack(new App(), 'Stack', { env: { account: '111111111111', region: 'eu-central-1' } });

/** With the options as those of a job, and as those of shared handlers. */
const OWNERS: [string, (options: (stack: Stack) => JobProps) => (stack: Stack) => JobProps][] = [
  ['a job', (options) => options],
  ['shared handlers', (options) => (stack) => ({ handlers: new BatchJobHandlers(stack, 'Shared', options(stack)) })],
];

describe.each(OWNERS)('%s', (_owner, props) => {
  test('the log group: for three months, and not longer than the stack', () => {
    const { template } = synth(props(() => ({})));
    template.hasResource('AWS::Logs::LogGroup', { Properties: { RetentionInDays: 90 }, DeletionPolicy: 'Delete' });
  });

  test('another retention and removal policy', () => {
    const synthesized = synth(props(() => ({ workflowLogRetention: RetentionDays.TWO_YEARS, workflowLogRemovalPolicy: RemovalPolicy.RETAIN })));
    expect(synthesized.resource(synthesized.job.workflowLogGroup)).toMatchObject({ Properties: { RetentionInDays: 731 }, DeletionPolicy: 'Retain' });
  });

  test('a log group that is there: of the workflow and of every handler, which may write to it and to no other', () => {
    const synthesized = synth(props((stack) => ({ workflowLogGroup: new LogGroup(stack, 'Logs') })));
    const { job } = synthesized;
    expect(job.workflowLogGroup).toBe(synthesized.stack.node.findChild('Logs'));
    expect(synthesized.properties(job.stateMachine).LoggingConfiguration.Destinations)
      .toEqual([{ CloudWatchLogsLogGroup: { LogGroupArn: '<Logs.Arn>' } }]);
    expect(synthesized.all('AWS::Lambda::Function').map(({ LoggingConfig }) => LoggingConfig.LogGroup)).toEqual(Array(3).fill('<Logs>'));
    for (const each of [job.startFunction, job.pollFunction, job.closeFunction]) {
      const written = synthesized.statements(each.role).filter(({ actions }) => actions.includes('logs:PutLogEvents'));
      expect(written.flatMap(({ resources }) => resources)).toEqual(['<Logs.Arn>']);
    }
    synthesized.template.resourceCountIs('AWS::Logs::LogGroup', 3);
  });

  test('a role of the workflow, and one of the schedule', () => {
    const synthesized = synth((stack) => ({
      ...props((scope) => ({ workflowRole: roleOf(scope, 'Workflow', 'states'), scheduleRole: roleOf(scope, 'Schedule', 'scheduler') }))(stack),
      schedule,
    }));
    const role = (id: string) => synthesized.stack.node.findChild(id) as Role;
    expect(synthesized.properties(synthesized.job.stateMachine).RoleArn).toBe('<Workflow.Arn>');
    expect(synthesized.all('AWS::Scheduler::Schedule')[0].Target.RoleArn).toBe('<Schedule.Arn>');
    const actions = synthesized.statements(role('Workflow')).flatMap((statement) => statement.actions);
    expect(actions).toEqual(expect.arrayContaining(['lambda:InvokeFunction', 'sns:Publish', 'logs:CreateLogDelivery']));
    expect(synthesized.statements(role('Schedule')).map((statement) => statement.actions)).toEqual([['states:StartExecution']]);
    // The handlers'.
    expect(synthesized.all('AWS::IAM::Role')).toHaveLength(3 + 2);
    // Nobody but its owner answers for what is in it.
    expect(synthesized.resource(role('Workflow').node.findChild('DefaultPolicy')).Metadata?.cdk_nag).toBeUndefined();
  });

  test('roles that nobody may change get no policy', () => {
    const immutable = (stack: Stack, id: string) => Role.fromRoleArn(stack, id, `arn:aws:iam::111111111111:role/${id}`, { mutable: false });
    const synthesized = synth((stack) => ({
      ...props((scope) => ({ workflowRole: immutable(scope, 'workflow'), scheduleRole: immutable(scope, 'schedule') }))(stack), schedule,
    }), stackOf());
    expect(synthesized.properties(synthesized.job.stateMachine).RoleArn).toBe('arn:aws:iam::111111111111:role/workflow');
    expect(synthesized.all('AWS::IAM::Policy').map(({ Roles }) => Roles[0])).toEqual(Array(3).fill(expect.stringContaining('Role>')));
  });

  test.each<[string, (stack: Stack) => JobProps, string]>([
    [
      'retention of a log group that is there', (stack) => ({ workflowLogGroup: new LogGroup(stack, 'Logs'), workflowLogRetention: 30 }),
      'workflowLogGroup and workflowLogRetention exclude each other: retention belongs to the log group that you bring, got both',
    ],
    [
      'removal of a log group that is there',
      (stack) => ({ workflowLogGroup: new LogGroup(stack, 'Logs'), workflowLogRemovalPolicy: RemovalPolicy.DESTROY }),
      'workflowLogGroup and workflowLogRemovalPolicy exclude each other: the removal policy belongs to the log group that you bring, got both',
    ],
    [
      'a log group of another account',
      (stack) => ({ workflowLogGroup: LogGroup.fromLogGroupArn(stack, 'Logs', 'arn:aws:logs:eu-central-1:222222222222:log-group:l') }),
      'workflowLogGroup must be in the account of the job (111111111111), got "222222222222"',
    ],
    [
      'a log group of another region',
      (stack) => ({ workflowLogGroup: LogGroup.fromLogGroupArn(stack, 'Logs', 'arn:aws:logs:eu-west-1:111111111111:log-group:l') }),
      'workflowLogGroup must be in the region of the job (eu-central-1), got "eu-west-1"',
    ],
    [
      'a role of another account',
      (stack) => ({ workflowRole: Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::222222222222:role/workflow') }),
      'workflowRole must be in the account of the job (111111111111), got "222222222222"',
    ],
  ])('refuses %s', (_what, options, message) => {
    expect(() => synth(props(options), stackOf())).toThrow(new Error(message));
  });
});

describe('what is logged and traced', () => {
  test('by default: every event without its data, and traces', () => {
    const [properties] = synth().all('AWS::StepFunctions::StateMachine');
    expect(properties.LoggingConfiguration).toMatchObject({ Level: 'ALL' });
    expect(properties.LoggingConfiguration).not.toHaveProperty('IncludeExecutionData');
    expect(properties.TracingConfiguration).toEqual({ Enabled: true });
  });

  test('as the job says, with shared handlers, too', () => {
    for (const [, props] of OWNERS) {
      const synthesized = synth((stack) => ({
        ...props(() => ({}))(stack), workflowLogLevel: LogLevel.ERROR, includeExecutionData: true, tracingEnabled: false,
      }));
      const { LoggingConfiguration, TracingConfiguration } = synthesized.properties(synthesized.job.stateMachine);
      expect(LoggingConfiguration).toMatchObject({ Level: 'ERROR', IncludeExecutionData: true });
      expect(TracingConfiguration?.Enabled ?? false).toBe(false);
      const actions = synthesized.statements(synthesized.job.stateMachine.role).flatMap((statement) => statement.actions);
      expect(actions.filter((action) => action.startsWith('xray:'))).toEqual([]);
    }
  });
});

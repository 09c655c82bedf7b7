import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Alarm, IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { BatchCommand, BatchJobDashboard, BatchJobDashboardProps, BatchJobHandlers, CotsBatchJob, IBatchJob } from '../src';
import { INSTANCE_ID, JobProps } from './support/synth';

const ELSEWHERE = 'arn:aws-cn:states:cn-north-1:210987654321:stateMachine:Payroll';

function jobIn(stack: Stack, id: string, props: JobProps = {}): CotsBatchJob {
  return new CotsBatchJob(stack, id, { instanceIds: [INSTANCE_ID], command: BatchCommand.shell('true'), ...props });
}

interface Widget {
  readonly type: string;
  readonly width: number;
  readonly y: number;
  readonly height: number;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly query?: string;
    readonly alarms?: string[];
    readonly metrics?: any[][];
  };
}

/** What the template says of a dashboard: tokens become their references. */
function widgetsOf(stack: Stack): Widget[] {
  const [found] = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'));
  const body = found.Properties.DashboardBody;
  const text = typeof body === 'string' ? body : body['Fn::Join'][1].map((part: unknown) => typeof part === 'string' ? part : readable(part)).join('');
  return JSON.parse(text).widgets;
}

function readable(token: any): string {
  const [name] = Object.values(token).flat() as string[];
  return `<${name.replace(/[0-9A-F]{8}$/, '')}>`;
}

function dashboard(jobs: (stack: Stack) => IBatchJob[], props: Partial<BatchJobDashboardProps> = {}, stack = new Stack(new App(), 'Stack')) {
  const made = new BatchJobDashboard(stack, 'Nights', { jobs: jobs(stack), ...props });
  const widgets = widgetsOf(stack);
  return { made, stack, widgets, titled: (title: string) => widgets.find((widget) => widget.properties.title === title) };
}

const lines = (widget: Widget | undefined) =>
  widget!.properties.metrics!.map((metric) => metric.at(-1)).filter(({ visible }) => visible !== false).map(({ label }) => label);

describe('the graphs', () => {
  const { titled } = dashboard((stack) => [jobIn(stack, 'Billing'), jobIn(stack, 'Index', { jobName: 'Nightly index' })]);

  test.each(['Runs that did not succeed', 'How long runs took', 'Runs that were started', 'Runs that were skipped'])('%s: one line for each job', (title) => {
    expect(lines(titled(title))).toEqual(['Billing', 'Nightly index']);
  });

  test('a run that failed, was stopped or timed out did not succeed, whether or not the others have ever had a value', () => {
    const [[expression], ...metrics] = titled('Runs that did not succeed')!.properties.metrics!;
    expect(expression).toMatchObject({ expression: 'FILL(failed0, 0) + FILL(aborted0, 0) + FILL(timedOut0, 0)', period: 3600 });
    expect(metrics.slice(0, 3).map((metric) => [metric[0], metric[1], metric[2], metric.at(-1).id, metric.at(-1).stat])).toEqual([
      ['AWS/States', 'ExecutionsFailed', 'StateMachineArn', 'failed0', 'Sum'],
      ['AWS/States', 'ExecutionsAborted', 'StateMachineArn', 'aborted0', 'Sum'],
      ['AWS/States', 'ExecutionsTimedOut', 'StateMachineArn', 'timedOut0', 'Sum'],
    ]);
  });

  test('how long runs took is what the handlers have measured', () => {
    expect(titled('How long runs took')!.properties.metrics![0]).toMatchObject([
      'CotsBatchJob', 'Duration', 'StateMachineArn', '<BillingWorkflow>', { stat: 'Maximum', label: 'Billing' },
    ]);
  });
});

describe('the last runs', () => {
  test('are read from all log groups of the jobs, by a query that is saved, too', () => {
    const { titled, made, stack } = dashboard((here) => [jobIn(here, 'Billing'), jobIn(here, 'Index')]);
    const { query } = titled('The last runs')!.properties;
    expect(query).toContain("SOURCE '<BillingHandlersLogGroup>' | SOURCE '<IndexHandlersLogGroup>' | fields @timestamp, job, outcome, Duration, exitCode");
    expect(made.lastRuns).toBeDefined();
    const [saved] = Object.values(Template.fromStack(stack).findResources('AWS::Logs::QueryDefinition'));
    expect(saved.Properties.LogGroupNames).toHaveLength(2);
    expect(saved.Properties.Name).toMatch(/^Batch jobs\/\w+/);
    expect(query).toContain(saved.Properties.QueryString);
  });

  test('of jobs that share their handlers are in one log group', () => {
    const { titled } = dashboard((stack) => {
      const handlers = new BatchJobHandlers(stack, 'Handlers');
      return Array.from({ length: 60 }, (_, i) => jobIn(stack, `Job${i}`, { handlers }));
    });
    expect(titled('The last runs')!.properties.query!.match(/SOURCE/g)).toHaveLength(1);
  });

  test('of a job of another stack are there where its log group is known, and its metrics in any case, from where it is', () => {
    const stack = new Stack(new App(), 'Stack', { env: { region: 'eu-west-1', account: '123456789012' } });
    const { titled, widgets, made } = dashboard((here) => [CotsBatchJob.fromStateMachineArn(here, 'Payroll', ELSEWHERE)], {}, stack);
    expect(made.lastRuns).toBeUndefined();
    expect(titled('The last runs')).toBeUndefined();
    for (const title of ['Runs that did not succeed', 'How long runs took', 'Runs that were started', 'Runs that were skipped']) {
      const metrics = titled(title)!.properties.metrics!.map((metric) => metric.at(-1)).filter(({ expression }) => !expression);
      expect(metrics.map(({ region, accountId }) => [region, accountId])).toEqual(metrics.map(() => ['cn-north-1', '210987654321']));
    }
    expect(widgets[0].properties.markdown).toContain(`[Payroll](https://cn-north-1.console.amazonaws.cn/states/home?region=cn-north-1#/statemachines/view/${ELSEWHERE})`);
    const known = dashboard((here) => [CotsBatchJob.fromCotsBatchJobAttributes(here, 'Payroll', {
      stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:Payroll',
      workflowLogGroup: LogGroup.fromLogGroupName(here, 'Logs', 'payroll'),
    })]);
    expect(known.titled('The last runs')!.properties.query).toContain("SOURCE 'payroll'");
  });
});

describe('what runs now', () => {
  test('is what the workflows have logged the beginning of, and no end, in all log groups', () => {
    const { titled } = dashboard((here) => [jobIn(here, 'Billing'), jobIn(here, 'Index')]);
    expect(titled('Running now')!.properties.query).toBe([
      "SOURCE '<BillingHandlersLogGroup>' | SOURCE '<IndexHandlersLogGroup>' | "
        + 'filter type in ["ExecutionStarted", "ExecutionRedriven", "ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"]',
      'stats min(@timestamp) as started, latest(type) as last by execution_arn',
      'filter last in ["ExecutionStarted", "ExecutionRedriven"]',
      'sort started asc',
      'display started, execution_arn',
      'limit 50',
    ].join('\n| '));
  });

  test('is not the watch over the starts of a job, which waits most of its time', () => {
    const watched: JobProps = { schedule: ScheduleExpression.cron({ hour: '3' }), scheduleOptions: { mustStartWithin: Duration.minutes(30) } };
    const { titled } = dashboard((here) => [jobIn(here, 'Billing', watched), jobIn(here, 'Payroll', watched), jobIn(here, 'Index')]);
    expect(titled('Running now')!.properties.query)
      .toContain('\n| filter execution_arn not like /:(<BillingStartWatchWorkflow>|<PayrollStartWatchWorkflow>):/\n| stats ');
  });

  test('is not there where no log group is known', () => {
    const { titled } = dashboard((here) => [CotsBatchJob.fromStateMachineArn(here, 'Payroll', 'arn:aws:states:us-east-1:123456789012:stateMachine:Payroll')]);
    expect(titled('Running now')).toBeUndefined();
  });
});

test('alarms are those of the jobs and those that are given; without any there is no empty widget', () => {
  const key = (stack: Stack) => ({ encryptionKey: new Key(stack, 'Key'), alarmOnFailure: true });
  const { titled } = dashboard((stack) => [jobIn(stack, 'Billing', key(stack)), jobIn(stack, 'Index')]);
  expect(titled('Alarms')!.properties.alarms).toEqual(['<BillingFailureAlarm>']);
  const watched: JobProps = { schedule: ScheduleExpression.cron({ hour: '3' }), scheduleOptions: { mustStartWithin: Duration.minutes(30) } };
  expect(dashboard((here) => [jobIn(here, 'Billing', { ...watched, ...key(here) })]).titled('Alarms')!.properties.alarms)
    .toEqual(['<BillingFailureAlarm>', '<BillingStartWatchAlarm>']);
  const stack = new Stack(new App(), 'Other');
  const job = jobIn(stack, 'Billing');
  const alarm: IAlarm = new Alarm(stack, 'Late', { metric: job.metricDuration(), threshold: 3600, evaluationPeriods: 1 });
  expect(dashboard(() => [job], { alarms: [alarm] }, stack).titled('Alarms')!.properties.alarms).toEqual(['<Late>']);
  expect(dashboard((here) => [jobIn(here, 'Billing')]).titled('Alarms')).toBeUndefined();
});

test('a week is shown at first, or what was asked for, under the name that was asked for', () => {
  const properties = (props: Partial<BatchJobDashboardProps>) => {
    const { stack } = dashboard((here) => [jobIn(here, 'Billing')], props);
    const [found] = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard'));
    return { name: found.Properties.DashboardName, body: JSON.stringify(found.Properties.DashboardBody) };
  };
  expect(properties({}).body).toContain('-P7D');
  expect(properties({ defaultInterval: Duration.days(1), dashboardName: 'Nights' })).toMatchObject({ name: 'Nights', body: expect.stringContaining('-P1D') });
});

test('rows have the width of a dashboard, and none lies over another', () => {
  const { widgets } = dashboard((stack) => [jobIn(stack, 'Billing')]);
  const rows = new Map<number, number>();
  widgets.forEach(({ y, width }) => rows.set(y, (rows.get(y) ?? 0) + width));
  expect([...rows.values()]).toEqual([24, 24, 24, 24, 24]);
  const ends = widgets.map(({ y, height }) => y + height);
  expect(widgets.every(({ y }) => y === 0 || ends.includes(y))).toBe(true);
});

test('too many alarms are refused, those of the jobs among them', () => {
  const stack = new Stack(new App(), 'Stack');
  const job = jobIn(stack, 'Billing', { encryptionKey: new Key(stack, 'Key'), alarmOnFailure: true });
  const alarms = Array.from({ length: 100 }, (_, i) => Alarm.fromAlarmArn(stack, `Alarm${i}`, `arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a${i}`));
  expect(() => new BatchJobDashboard(stack, 'Nights', { jobs: [job], alarms }))
    .toThrow(new Error('alarms must not have more than 100 alarms, with those of the jobs, got 101'));
  expect(() => new BatchJobDashboard(stack, 'Fewer', { jobs: [job], alarms: alarms.slice(1) })).not.toThrow();
});

test('a job in a partition whose console nobody knows is there without a link', () => {
  const { widgets } = dashboard((stack) => [CotsBatchJob.fromStateMachineArn(stack, 'Secret', 'arn:aws-iso:states:us-iso-east-1:123456789012:stateMachine:Secret')]);
  expect(widgets[0].properties.markdown).toBe('## Batch jobs of Stack\nSecret');
});

test.each<[string, (stack: Stack) => IBatchJob[], string]>([
  ['no job', () => [], 'jobs must have between 1 and 100 jobs, got 0'],
  [
    'a job twice',
    (stack) => Array<IBatchJob>(2).fill(jobIn(stack, 'Billing')),
    'jobs must not have a job twice, got ["Stack/Billing","Stack/Billing"]',
  ],
  [
    'too many log groups',
    (stack) => Array.from({ length: 51 }, (_, i) => CotsBatchJob.fromCotsBatchJobAttributes(stack, `Job${i}`, {
      stateMachineArn: `arn:aws:states:eu-west-1:123456789012:stateMachine:Job${i}`, workflowLogGroup: LogGroup.fromLogGroupName(stack, `Logs${i}`, `logs${i}`),
    })),
    'jobs must not have more than 50 workflowLogGroups between them; jobs with the same handlers have one, got 51',
  ],
  [
    'too many jobs',
    (stack) => Array.from({ length: 101 }, (_, i) => CotsBatchJob.fromStateMachineArn(stack, `Job${i}`, `arn:aws:states:eu-west-1:123456789012:stateMachine:Job${i}`)),
    'jobs must have between 1 and 100 jobs, got 101',
  ],
])('%s is refused', (_what, jobs, message) => {
  expect(() => dashboard(jobs)).toThrow(new Error(message));
});

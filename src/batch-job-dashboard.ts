import { Duration, Names, Stack } from 'aws-cdk-lib';
import {
  AlarmStatusWidget, Dashboard, GraphWidget, GraphWidgetView, IAlarm, IMetric, IWidget, LogQueryWidget, MathExpression, TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { ILogGroup, QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { Construct } from 'constructs';
import { BatchJobBase, IBatchJob } from './batch-job';
import { CotsBatchJob } from './cots-batch-job';
import { CONSOLES } from './protocol/console';
import { isKnown, refuse } from './validation';

const WIDTH = 24;

/** A graph may have 500 metrics, and shows up to four of a job. */
const MAX_JOBS = 100;

/** Of a widget. */
const MAX_ALARMS = 100;

/** What one point of a graph sums up. */
const PERIOD = Duration.hours(1);

/** Of CloudWatch Logs Insights, for one query. */
const MAX_LOG_GROUPS = 50;

/** What each run leaves when it has ended, by the field that nothing else in these log groups has. */
const LAST_RUNS = new QueryString({
  fields: ['@timestamp', 'job', 'outcome', 'Duration', 'exitCode', 'attempts', 'trigger', 'executionId'],
  filterStatements: ['ispresent(trigger) and ispresent(outcome)'],
  sort: '@timestamp desc',
  limit: 50,
});

/**
 * Executions of which the last thing logged is that they began, or were redriven. Step Functions has no metric of the running executions of a
 * state machine. A log level other than ALL leaves out the beginning, so that nothing is taken for running.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/cloudwatch-log-level.html
 */
function runningNow(jobs: IBatchJob[]): string[] {
  // The watch over the starts of a job logs where its runs do, and waits most of its time: it is no run. In one pattern: a query has room for
  // 10,000 characters.
  const watches = jobs.flatMap((job) => (job as CotsBatchJob).startWatch?.stateMachineName ?? []);
  return [
    'filter type in ["ExecutionStarted", "ExecutionRedriven", "ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"]',
    ...watches.length > 0 ? [`filter execution_arn not like /:(${watches.join('|')}):/`] : [],
    'stats min(@timestamp) as started, latest(type) as last by execution_arn',
    'filter last in ["ExecutionStarted", "ExecutionRedriven"]',
    'sort started asc',
    'display started, execution_arn',
    'limit 50',
  ];
}

/**
 * What a dashboard shows.
 */
export interface BatchJobDashboardProps {
  /**
   * The jobs, at most 100.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
   */
  readonly jobs: IBatchJob[];

  /**
   * The name of the dashboard: letters, digits, `-` and `_`.
   *
   * @default - made by CDK
   */
  readonly dashboardName?: string;

  /**
   * How much of the past it shows at first.
   *
   * @default Duration.days(7)
   */
  readonly defaultInterval?: Duration;

  /**
   * Alarms to show, beside the jobs' own (`alarmOnFailure`); at most 100 with them.
   *
   * @default - those of the jobs
   */
  readonly alarms?: IAlarm[];
}

/**
 * A CloudWatch dashboard of several jobs: what runs now, the last runs, what did not succeed, how long it took, and the alarms.
 *
 * What runs now and the last runs are read from the log groups of the workflows, each time somebody looks at them; for that, a job of another stack needs its
 * `workflowLogGroup` (`CotsBatchJob.fromCotsBatchJobAttributes`). CloudWatch charges for the dashboard, for what the queries scan, and
 * for the metrics of the jobs, which they have without it, too.
 *
 * @see https://aws.amazon.com/cloudwatch/pricing/
 * @example
 * new BatchJobDashboard(this, 'Nights', { jobs: [job] });
 */
export class BatchJobDashboard extends Construct {
  /** The dashboard itself, to which widgets can be added. */
  public readonly dashboard: Dashboard;

  /** The last runs, as a query that is saved in CloudWatch Logs Insights; none where no job has a log group that is known. */
  public readonly lastRuns?: QueryDefinition;

  /**
   * @throws if there are no jobs, too many of them, or too many alarms or log groups
   */
  constructor(scope: Construct, id: string, props: BatchJobDashboardProps) {
    super(scope, id);
    const { jobs } = props;
    if (jobs.length === 0 || jobs.length > MAX_JOBS) {
      refuse('jobs', `must have between 1 and ${MAX_JOBS} jobs`, jobs.length);
    }
    if (new Set(jobs).size < jobs.length) {
      refuse('jobs', 'must not have a job twice', jobs.map(({ node }) => node.path));
    }
    const shownAlarms = [...jobs.flatMap(ownAlarms), ...props.alarms ?? []];
    if (shownAlarms.length > MAX_ALARMS) {
      refuse('alarms', `must not have more than ${MAX_ALARMS} alarms, with those of the jobs`, shownAlarms.length);
    }
    const logGroups = logGroupsOf(jobs);
    if (logGroups.length > MAX_LOG_GROUPS) {
      refuse('jobs', `must not have more than ${MAX_LOG_GROUPS} workflowLogGroups between them; jobs with the same handlers have one`, logGroups.length);
    }

    if (logGroups.length > 0) {
      this.lastRuns = new QueryDefinition(this, 'LastRuns', {
        // The folder comes first.
        queryDefinitionName: `Batch jobs/${Names.uniqueResourceName(this, { maxLength: 100, separator: '-' })}`,
        queryString: LAST_RUNS,
        logGroups,
      });
    }
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: props.dashboardName,
      defaultInterval: props.defaultInterval ?? Duration.days(7),
      widgets: [
        [links(this, jobs)],
        alarms(shownAlarms),
        logGroups.length > 0 ? [query('Running now', logGroups, runningNow(jobs), 5)] : [],
        logGroups.length > 0 ? [query('The last runs', logGroups, LAST_RUNS.toString().split('\n| '), 9)] : [],
        [
          graph('Runs that did not succeed', 'runs', jobs.flatMap(unsuccessful)),
          graph('How long runs took', 'seconds', jobs.map((job) => job.metricDuration({ label: job.jobName, statistic: 'Maximum', period: PERIOD }))),
        ],
        [
          graph('Runs that were started', 'runs', jobs.map((job) => job.metricStarted({ label: job.jobName, period: PERIOD }))),
          graph('Runs that were skipped', 'runs', jobs.map((job) => job.metricSkipped({ label: job.jobName, period: PERIOD }))),
        ],
      ].filter((row) => row.length > 0),
    });
  }
}

/** Jobs that share their handlers have one. */
function logGroupsOf(jobs: IBatchJob[]): ILogGroup[] {
  return [...new Set(jobs.flatMap((job) => (job as BatchJobBase)._workflowLogGroup ?? []))];
}

function ownAlarms(job: IBatchJob): IAlarm[] {
  const { failureAlarm, startWatchAlarm } = job as CotsBatchJob;
  return [failureAlarm, startWatchAlarm].filter((alarm) => alarm !== undefined);
}

function alarms(all: IAlarm[]): IWidget[] {
  return all.length > 0 ? [new AlarmStatusWidget({ title: 'Alarms', alarms: all, width: WIDTH, height: 2 + Math.ceil(all.length / 4) })] : [];
}

function query(title: string, logGroups: ILogGroup[], queryLines: string[], height: number): IWidget {
  return new LogQueryWidget({ title, logGroupNames: logGroups.map(({ logGroupName }) => logGroupName), queryLines, width: WIDTH, height });
}

function graph(title: string, label: string, metrics: IMetric[]): IWidget {
  return new GraphWidget({
    title, left: metrics, leftYAxis: { label, min: 0, showUnits: false }, view: GraphWidgetView.TIME_SERIES, width: WIDTH / 2, height: 7,
  });
}

/** By Step Functions, which counts a run whose handlers fail, too: failed, stopped and timed out ones in one line. */
function unsuccessful(job: IBatchJob, index: number): IMetric[] {
  const usingMetrics: { [id: string]: IMetric } = {
    [`failed${index}`]: job.metricFailed({ period: PERIOD }),
    [`aborted${index}`]: job.metricAborted({ period: PERIOD }),
    [`timedOut${index}`]: (job as BatchJobBase)._metricExecutionTimedOut({ period: PERIOD }),
  };
  const expression = Object.keys(usingMetrics).map((name) => `FILL(${name}, 0)`).join(' + ');
  return [new MathExpression({ label: job.jobName, expression, usingMetrics, period: PERIOD })];
}

/** Where a person goes from here: the executions of each job, in the console. */
function links(scope: Construct, jobs: IBatchJob[]): IWidget {
  const rows = jobs.map((job) => {
    const { region } = (job as BatchJobBase).stateMachine.env;
    // A region that only a deployment knows is taken for one of the partition aws.
    const domain = CONSOLES.get(isKnown(region) ? RegionInfo.get(region).partition ?? '' : 'aws');
    return domain ? `[${job.jobName}](https://${region}.${domain}/states/home?region=${region}#/statemachines/view/${job.stateMachineArn})` : job.jobName;
  });
  const { stackName } = Stack.of(scope);
  return new TextWidget({ markdown: `## Batch jobs of ${stackName}\n${rows.join(' · ')}`, width: WIDTH, height: 2 + Math.floor(jobs.length / 12) });
}

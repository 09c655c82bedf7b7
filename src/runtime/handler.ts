/** What each handler has around it: a log, errors that are fit to be shown, and the record of a run's end. */

import {
  DURATION_METRIC, METRIC_NAMESPACE, Outcome, RETRYING, Run, RUNNING, RunResult, SCHEDULED_SUCCEEDED_METRIC, stateMachineOf, Status, WatchSettings,
} from '../protocol';
import { deliveryOf } from '../protocol/delivery';
import { visible, visibleJson, visibleLine } from '../protocol/text';

/** Writes one event. The context of a handler's call is in each of them. */
export type Log = (message: string, details?: { [name: string]: unknown }) => void;

/**
 * A log for one call of a handler: each event is one line of JSON with the execution it belongs to, so that CloudWatch Logs
 * Insights finds all of a run. Never give it a parameter's value, nor a cause that quotes one: logs outlive secrets.
 */
export function createLog(handler: string, executionId: string, write: (line: string) => void = console.log): Log {
  const executionName = executionId.split(':').pop();
  return (message, details = {}) => write(visibleJson(JSON.stringify({ handler, message, executionName, executionId, ...details })));
}

/**
 * A handler whose errors are fit to be shown: Step Functions puts them, as they are, into the cause of the execution and into the mail
 * about a fault of the workflow. What a service says may quote a value that somebody has given.
 */
export function visibleErrors<Request, Context, Response>(
  handler: (request: Request, context?: Context) => Promise<Response>,
): typeof handler {
  return async (request, context) => {
    try {
      return await handler(request, context);
    } catch (error) {
      if (error instanceof Error) {
        error.message = visibleLine(error.message);
        error.stack = error.stack && visible(error.stack);
      }
      throw error;
    }
  };
}

/** How CloudWatch shows a metric. */
interface MetricDefinition {
  readonly Name: string;
  readonly Unit: 'Count' | 'Seconds';
}

/**
 * Leaves the record of a run that has ended: counts it by its outcome, and measures how long it took. Does nothing where it goes on.
 *
 * It is a line of CloudWatch's embedded metric format in the log of the handler: it takes no call that could fail, and no right. There is one
 * for each run: whatever else is to be measured of a run is a field of it.
 *
 * The line goes to stdout itself: `console.log` would put a time or an object around it, depending on the log format of the function, and
 * CloudWatch reads only lines that have `_aws` at their root.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function recordEnd(
  { outcome, run, result }: Status, now: () => number = Date.now, write: (line: string) => void = (line) => void process.stdout.write(line),
): void {
  if (outcome === RUNNING || outcome === RETRYING) {
    return;
  }
  // Of a scheduled time that nobody else has run: an alarm can tell by it that the job did not run.
  const isScheduledSuccess = outcome === Outcome.SUCCEEDED && run.scheduledTime !== undefined;
  const counts = [outcome, ...isScheduledSuccess ? [SCHEDULED_SUCCEEDED_METRIC] : []];
  // A run that was not started takes no time, and would make all others look faster.
  const hasDuration = outcome !== Outcome.SKIPPED && outcome !== Outcome.NOT_DUE;
  // Nobody's alarm or graph is to take a check for a run: it leaves its line in the log, and no metric.
  const metrics: MetricDefinition[] = run.check ? [] : [
    ...counts.map((Name): MetricDefinition => ({ Name, Unit: 'Count' })),
    ...hasDuration ? [{ Name: DURATION_METRIC, Unit: 'Seconds' } as const] : [],
  ];
  write(metricLine(metrics, now(), {
    StateMachineArn: stateMachineOf(result.execution),
    executionId: result.execution,
    runId: run.id,
    job: result.job,
    outcome,
    exitCode: result.exitCode,
    attempts: result.attempts,
    trigger: run.check ? 'Check' : triggerOf(run),
    ...run.check ? {} : Object.fromEntries(counts.map((name) => [name, 1])),
    ...hasDuration ? { [DURATION_METRIC]: result.durationSeconds } : {},
  }));
}

/** The same for a scheduled time of which there is no run. */
export function recordNotStarted(
  { job, outcome, runId, exitCode, attempts }: RunResult, { stateMachineArn }: Pick<WatchSettings, 'stateMachineArn'>,
  now: () => number = Date.now, write: (line: string) => void = (line) => void process.stdout.write(line),
): void {
  write(metricLine([{ Name: outcome, Unit: 'Count' }], now(), {
    StateMachineArn: stateMachineArn, executionId: '', runId, job, outcome, exitCode, attempts, trigger: 'Schedule', [outcome]: 1,
  }));
}

function metricLine(
  metrics: MetricDefinition[], now: number, fields: { readonly StateMachineArn: string; readonly [name: string]: unknown },
): string {
  const _aws = {
    Timestamp: now,
    CloudWatchMetrics: [{
      Namespace: METRIC_NAMESPACE,
      // As in the metrics of Step Functions.
      Dimensions: [['StateMachineArn']],
      Metrics: metrics,
    }],
  };
  return `${visibleJson(JSON.stringify({ ...metrics.length > 0 ? { _aws } : {}, ...fields }))}\n`;
}

function triggerOf(run: Run): string {
  const delivery = deliveryOf(run);
  return delivery === undefined ? 'Start' : delivery.isEvent ? 'Event' : 'Schedule';
}

import { METRIC_NAMESPACE, Outcome, RETRYING, RUNNING, SCHEDULED_SUCCEEDED_METRIC, Status } from '../protocol';
import { visibleJson } from '../protocol/text';

/** How CloudWatch shows a metric. */
interface MetricDefinition {
  readonly Name: string;
  readonly Unit: 'Count';
}

/**
 * Counts a run that has ended, by its outcome; does nothing where it goes on.
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
  const names = [outcome, ...isScheduledSuccess ? [SCHEDULED_SUCCEEDED_METRIC] : []];
  write(`${visibleJson(JSON.stringify({
    _aws: {
      Timestamp: now(),
      CloudWatchMetrics: [{
        Namespace: METRIC_NAMESPACE,
        // As in the metrics of Step Functions.
        Dimensions: [['StateMachineArn']],
        Metrics: names.map((Name): MetricDefinition => ({ Name, Unit: 'Count' })),
      }],
    },
    StateMachineArn: stateMachineArn(result.execution),
    executionId: result.execution,
    runId: run.id,
    outcome,
    ...Object.fromEntries(names.map((name) => [name, 1])),
  }))}\n`);
}

function stateMachineArn(executionId: string): string {
  return executionId.slice(0, executionId.lastIndexOf(':')).replace(':execution:', ':stateMachine:');
}

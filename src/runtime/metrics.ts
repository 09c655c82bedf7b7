import { JobMetric, METRIC_NAMESPACE } from '../protocol';
import { visibleJson } from '../protocol/text';

/** Counts one of something in a metric of the job. */
export type Count = (metric: JobMetric) => void;

/**
 * Counts in CloudWatch by a line of its embedded metric format in the log of the handler: it takes no call that could fail, and no right.
 *
 * The line goes to stdout itself: `console.log` would put a time or an object around it, depending on the log format of the function, and
 * CloudWatch reads only lines that have `_aws` at their root.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @param executionId ARN of the execution: its state machine is the dimension, as in the metrics of Step Functions
 */
export function createCount(
  executionId: string, now: () => number = Date.now, write: (line: string) => void = (line) => void process.stdout.write(line),
): Count {
  const StateMachineArn = executionId.slice(0, executionId.lastIndexOf(':')).replace(':execution:', ':stateMachine:');
  return (metric) => write(`${visibleJson(JSON.stringify({
    _aws: {
      Timestamp: now(),
      CloudWatchMetrics: [{
        Namespace: METRIC_NAMESPACE,
        Dimensions: [['StateMachineArn']],
        Metrics: [{ Name: metric, Unit: 'Count' }],
      }],
    },
    StateMachineArn,
    executionId,
    [metric]: 1,
  }))}\n`);
}

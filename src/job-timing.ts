import { Duration } from 'aws-cdk-lib';
import { LONGEST_COMMAND, overlapWaitSeconds } from './command/overlap';
import { CotsBatchJobProps } from './cots-batch-job-props';
import { CompletionMode, JobSettings } from './protocol';
import { refuse, secondsBetween } from './validation';

/** When a run polls, and how long it waits for what. */
export type JobTiming = Pick<
  JobSettings,
  'completion' | 'pollIntervalSeconds' | 'executionTimeoutSeconds' | 'overlapWaitSeconds' | 'deliveryTimeoutSeconds' | 'unresponsiveAfterSeconds'
  | 'longRunningAfterSeconds'
>;

/**
 * The times of a job, in the ranges that SSM and Step Functions leave.
 */
export function jobTiming(props: CotsBatchJobProps): JobTiming {
  const completion = checkCompletion(props.completion);
  const pollInterval = props.pollInterval ?? Duration.minutes(completion === CompletionMode.EVENTS ? 30 : 5);
  const executionTimeoutSeconds = secondsBetween('executionTimeout', props.executionTimeout ?? Duration.hours(12),
    Duration.seconds(5), LONGEST_COMMAND, 'limit of SSM');
  const deliveryTimeoutSeconds = secondsBetween('deliveryTimeout', props.deliveryTimeout ?? Duration.minutes(10),
    Duration.seconds(30), Duration.days(30), 'limit of SSM');
  return {
    completion,
    pollIntervalSeconds: secondsBetween('pollInterval', pollInterval, Duration.seconds(1), Duration.days(1), 'one poll a day at least'),
    executionTimeoutSeconds,
    overlapWaitSeconds: overlapWaitSeconds(props, executionTimeoutSeconds),
    deliveryTimeoutSeconds,
    unresponsiveAfterSeconds: secondsBetween('unresponsiveAfter', props.unresponsiveAfter ?? Duration.minutes(30),
      Duration.minutes(6), Duration.days(30), 'agents of SSM report every 5 minutes'),
    longRunningAfterSeconds: lateAfter(props.longRunningAfter, deliveryTimeoutSeconds + executionTimeoutSeconds),
  };
}

function checkCompletion(completion: CompletionMode = CompletionMode.POLLING): CompletionMode {
  const known = Object.values(CompletionMode);
  return known.includes(completion) ? completion : refuse('completion', `must be one of ${known.join(', ')}`, completion);
}

/** A run can only be late before it is over. */
function lateAfter(longRunningAfter: Duration | undefined, limitSeconds: number): number | undefined {
  if (longRunningAfter === undefined) {
    return undefined;
  }
  const seconds = secondsBetween('longRunningAfter', longRunningAfter, Duration.seconds(1), Duration.days(32), 'all time-outs together');
  if (seconds >= limitSeconds) {
    refuse('longRunningAfter', `must be shorter than deliveryTimeout and executionTimeout together (${Duration.seconds(limitSeconds).toHumanString()})`,
      longRunningAfter.toHumanString());
  }
  return seconds;
}

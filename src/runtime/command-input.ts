import type { SendCommandCommandInput } from '@aws-sdk/client-ssm';
import { encodeVariables } from './parameters';
import { DocumentParameter, JobSettings, MAX_INSTANCE_IDS } from './protocol';
import { digest } from './run-id';

/** `Comment` of SendCommand. */
const MAX_COMMENT_LENGTH = 100;

/** What tells the commands of one run from all others. */
export interface RunIdentity {
  readonly runId: string;
  /** ARN of the execution. */
  readonly executionId: string;
}

/** The instance IDs of each command, in their order; one empty list where the job has targets. */
export function chunks(job: JobSettings): string[][] {
  if (job.instanceIds.length === 0) {
    return [[]];
  }
  const count = Math.ceil(job.instanceIds.length / MAX_INSTANCE_IDS);
  return Array.from({ length: count }, (_, i) => job.instanceIds.slice(i * MAX_INSTANCE_IDS, (i + 1) * MAX_INSTANCE_IDS));
}

/**
 * The comment of a run's command: `<run id> <i>/<n> <hash of the execution>`. A command is recognised by it after a lost
 * answer. The hash keeps apart two executions of one scheduled time, and two jobs that use the same document at that time.
 */
export function comment(run: RunIdentity, index: number, count: number): string {
  const end = ` ${index + 1}/${count} ${digest(run.executionId, 12)}`;
  return run.runId.slice(0, MAX_COMMENT_LENGTH - end.length) + end;
}

/** The SendCommand calls of a run, in order. */
export function commandInputs(job: JobSettings, run: RunIdentity, values: Map<string, string>): SendCommandCommandInput[] {
  const shared: SendCommandCommandInput = {
    DocumentName: job.document.name,
    DocumentVersion: job.document.version,
    Parameters: documentParameters(job, run.runId, values),
    TimeoutSeconds: job.deliveryTimeoutSeconds,
    MaxConcurrency: job.maxConcurrency,
    MaxErrors: job.maxErrors,
    CloudWatchOutputConfig: job.logGroupName
      ? { CloudWatchOutputEnabled: true, CloudWatchLogGroupName: job.logGroupName }
      : undefined,
    OutputS3BucketName: job.outputBucketName,
    OutputS3KeyPrefix: job.outputBucketName ? job.outputKeyPrefix : undefined,
  };
  return chunks(job).map((instanceIds, i, all) => ({
    ...shared,
    ...instanceIds.length > 0
      ? { InstanceIds: instanceIds }
      : { Targets: job.targets.map(({ key, values: wanted }) => ({ Key: key, Values: wanted })) },
    Comment: comment(run, i, all.length),
  }));
}

function documentParameters(job: JobSettings, runId: string, values: Map<string, string>): Record<string, string[]> {
  const limit = String(job.executionTimeoutSeconds);
  if (job.document.own) {
    return {
      [DocumentParameter.RUN_ID]: [runId],
      [DocumentParameter.VARIABLES]: [encodeVariables(values)],
      [DocumentParameter.EXECUTION_TIMEOUT]: [limit],
    };
  }
  const { executionTimeoutParameter, parameters } = job.document;
  return Object.fromEntries([
    ...Object.entries(parameters),
    ...[...values].map(([name, value]) => [name, [value]] as [string, string[]]),
    ...executionTimeoutParameter ? [[executionTimeoutParameter, [limit]] as [string, string[]]] : [],
  ]);
}

import type { Command, SendCommandCommandInput } from '@aws-sdk/client-ssm';
import {
  CHECK_VALUE, decodeVariables, DocumentParameter, encodeVariables, GRACE_SECONDS, JobSettings, LATEST_VERSION, MAX_INSTANCE_IDS, Run,
  SEND_MAX_DELAY_SECONDS, SEND_TIMEOUT_SECONDS,
} from '../protocol';
import { attemptNumber, digest, firstAttemptId, isFurtherAttempt, runId } from './run-id';
import { commandSeconds } from '../protocol/poll-plan';

/** `Comment` of SendCommand. */
const MAX_COMMENT_LENGTH = 100;

/** So much of a run's ID is in a comment, however long it is, and says nothing of the attempt. */
const MAX_NAME_IN_ID = 70;

/** Of the hash in a comment, so much tells the job. */
const JOB_KEY_LENGTH = 6;

/** A comment: the run, which command of how many, and the key of the run. */
const COMMENT = /^(?<id>.*) (?<index>\d+)\/(?<count>\d+) (?<key>[0-9a-f]{12})$/s;

/** What a run's commands are made of, before they are sent. */
export type RunToSend = Pick<Run, 'id' | 'instanceIds'>;

/** An attempt that is about to be sent. */
export type AttemptToSend = Pick<Run, 'id' | 'instanceIds' | 'sentAt' | 'check'>;

/** The instances that an attempt is sent to by name; none where SSM finds them. */
export function namedInstances(job: JobSettings, { instanceIds = job.instanceIds }: RunToSend): string[] {
  return instanceIds;
}

/** Whether SSM finds the instances of an attempt, by the job's targets. There is one command then. */
export function isFoundBySsm(job: JobSettings, run: RunToSend): boolean {
  return namedInstances(job, run).length === 0;
}

/** The instance IDs of each command, in their order; one empty list where SSM finds them. */
export function chunks(job: JobSettings, run: RunToSend): string[][] {
  const ids = namedInstances(job, run);
  const count = Math.max(1, Math.ceil(ids.length / MAX_INSTANCE_IDS));
  return Array.from({ length: count }, (_, i) => ids.slice(i * MAX_INSTANCE_IDS, (i + 1) * MAX_INSTANCE_IDS));
}

/**
 * The comment of a run's command: `<run id> <i>/<n> <hash of execution and run>`. A command is recognised by it after a lost
 * answer. The hash keeps apart two executions of one scheduled time, two jobs that use the same document at that time, and the
 * attempts of a run whose ID is too long for a comment.
 *
 * @param executionId ARN of the execution
 */
export function comment(run: RunToSend, executionId: string, index: number, count: number, key = runKey(run, executionId)): string {
  const end = ` ${index + 1}/${count} ${key}`;
  return run.id.slice(0, MAX_COMMENT_LENGTH - end.length) + end;
}

/** Tells the attempts of all runs apart, by the hash that the comments of their commands have. It begins with that of the job. */
export function runKey({ id }: RunToSend, executionId: string): string {
  return `${jobKey(executionId)}${digest(`${executionId} ${id}`, 6)}`;
}

/** All keys that a run may have: the first release, whose runs may still be in flight, had no part for the job. */
export function runKeys(run: RunToSend, executionId: string): string[] {
  return [runKey(run, executionId), digest(`${executionId} ${run.id}`, 12)];
}

/** How the keys of all runs of a job begin: those of its state machine. */
function jobKey(executionId: string): string {
  return digest(executionId.slice(0, executionId.lastIndexOf(':')), JOB_KEY_LENGTH);
}

/**
 * Whether a command was sent by an execution, as far as its comment says: the hash in it is made of the execution's ARN and the run's ID.
 * Where a long ID was cut, the hash tells the job only, and what is left of the ID tells the execution.
 */
export function isOfExecution(executionId: string, text: string = ''): boolean {
  const { id = '', key = '' } = COMMENT.exec(text)?.groups ?? {};
  const isCut = text.length === MAX_COMMENT_LENGTH && key.startsWith(jobKey(executionId));
  const own = runId(executionId.slice(executionId.lastIndexOf(':') + 1));
  const isOwn = own.slice(0, MAX_NAME_IN_ID) === id.slice(0, MAX_NAME_IN_ID) || isFurtherAttempt(own, id);
  return key !== '' && (runKeys({ id }, executionId).includes(key) || (isCut && isOwn));
}

/** Whether a command may have been sent by an execution of a job, as far as its comment says. */
export function isOfJob(stateMachineArn: string, text: string = ''): boolean {
  const { key = '' } = COMMENT.exec(text)?.groups ?? {};
  return key !== '' && key.startsWith(digest(stateMachineArn.replace(':stateMachine:', ':execution:'), JOB_KEY_LENGTH));
}

/** Which command of how many it is, from 1; 0 if it is not one of a job. */
export function readPart(text: string = ''): { index: number; count: number } {
  const { index = 0, count = 0 } = COMMENT.exec(text)?.groups ?? {};
  return { index: Number(index), count: Number(count) };
}

/**
 * The attempt of a run by which another execution of the job has sent a command; undefined if it is its own, or one of another run.
 *
 * @param run one of a scheduled time, whose ID always fits into a comment
 */
export function othersAttempt({ document }: JobSettings, run: RunToSend, executionId: string, text: string = ''): number | undefined {
  const { id = '', key = '' } = COMMENT.exec(text)?.groups ?? {};
  // Where jobs share a document they may run at the same time; the job's own document is no other's.
  const mayBeOfJob = document.own || key.startsWith(jobKey(executionId));
  return mayBeOfJob && !runKeys({ id }, executionId).includes(key) ? attemptNumber(firstAttemptId(run.id), id) : undefined;
}

/**
 * The SendCommand calls of a run, in order.
 *
 * @param retryCount how often the state has tried to send before: `sentAt` is the time of the first try
 */
export function commandInputs(
  job: JobSettings, run: AttemptToSend, executionId: string, values: Map<string, string>, retryCount = 0,
): SendCommandCommandInput[] {
  const parts = chunks(job, run);
  const shared: SendCommandCommandInput = {
    DocumentName: job.document.name,
    // The default version may lag behind, and settings of the first release name none.
    DocumentVersion: job.document.version ?? (job.document.own ? LATEST_VERSION : undefined),
    Parameters: documentParameters(job, run, values, retryCount),
    TimeoutSeconds: job.deliveryTimeoutSeconds,
    MaxConcurrency: share(job.maxConcurrency, parts.length),
    MaxErrors: share(job.maxErrors, parts.length),
    CloudWatchOutputConfig: job.logGroupName
      ? { CloudWatchOutputEnabled: true, CloudWatchLogGroupName: job.logGroupName }
      : undefined,
    OutputS3BucketName: job.outputBucketName,
    OutputS3KeyPrefix: job.outputBucketName ? job.outputKeyPrefix : undefined,
  };
  return parts.map((instanceIds, i) => ({
    ...shared,
    ...instanceIds.length > 0
      ? { InstanceIds: instanceIds }
      : { Targets: job.targets.map(({ key, values: wanted }) => ({ Key: key, Values: wanted })) },
    Comment: comment(run, executionId, i, parts.length),
  }));
}

/** The share of each command in a limit of the run, because SSM knows nothing of its other commands. A percentage is one already. */
function share(limit: string | undefined, count: number): string | undefined {
  return limit === undefined || limit.endsWith('%') ? limit : Math.floor(Number(limit) / count).toString();
}

/**
 * When an attempt must have begun on an instance. SSM's delivery time-out is no such limit: a command that the agent has taken may wait on
 * the instance behind others, and one that was cancelled there runs when the agent starts again.
 *
 * The instances that `maxConcurrency` (50 by default) keeps waiting begin later by right: they have until the run itself is given up.
 */
function startBefore(job: JobSettings, run: AttemptToSend, retryCount: number): string {
  const parts = chunks(job, run);
  const ids = Math.max(...parts.map((part) => part.length));
  const limit = share(job.maxConcurrency, parts.length) ?? String(MAX_INSTANCE_IDS);
  const atOnce = limit.endsWith('%') ? Math.floor(ids * Number.parseInt(limit, 10) / 100) : Number(limit);
  const isOneRound = ids > 0 && atOnce >= ids;
  const seconds = job.deliveryTimeoutSeconds + (isOneRound ? 0 : commandSeconds(job)) + GRACE_SECONDS
    + retryCount * (SEND_TIMEOUT_SECONDS + SEND_MAX_DELAY_SECONDS);
  return String(Math.ceil(Date.parse(run.sentAt) / 1000) + seconds);
}

function documentParameters(
  job: JobSettings, run: AttemptToSend, values: Map<string, string>, retryCount: number,
): Record<string, string[]> {
  // To the agent, a run that waits for another one runs.
  const limit = String(commandSeconds(job));
  if (job.document.own) {
    return {
      [DocumentParameter.RUN_ID]: [run.id],
      [DocumentParameter.VARIABLES]: [encodeVariables(values)],
      [DocumentParameter.EXECUTION_TIMEOUT]: [limit],
      // A document of an older release refuses what it does not know.
      ...job.document.startBefore ? { [DocumentParameter.START_BEFORE]: [startBefore(job, run, retryCount)] } : {},
      ...run.check ? { [DocumentParameter.CHECK]: [CHECK_VALUE] } : {},
    };
  }
  const { executionTimeoutParameter, parameters } = job.document;
  return Object.fromEntries([
    ...Object.entries(parameters),
    ...[...values].map(([name, value]) => [name, [value]] as [string, string[]]),
    ...executionTimeoutParameter ? [[executionTimeoutParameter, [limit]] as [string, string[]]] : [],
  ]);
}

/** The values of the job's parameters that a command was sent with: what `documentParameters` has made of them, read back. */
export function sentValues({ document, parameters }: JobSettings, { Parameters: sent = {} }: Command): Map<string, string> {
  if (document.own) {
    return decodeVariables(sent[DocumentParameter.VARIABLES]?.[0] ?? '');
  }
  return new Map(Object.keys(parameters).flatMap((name) => (sent[name] ?? []).map((value): [string, string] => [name, value])));
}

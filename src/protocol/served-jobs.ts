import { createHash } from 'node:crypto';

/**
 * The environment variable of each handler that has `ServedJobs` as JSON. Only a deployment writes it: what an event, an input or a history
 * says of a job is believed where it agrees with this.
 */
export const SERVED_JOBS_VARIABLE = 'SERVED_JOBS';

/** The environment variable of Close run that names the log group of its marks, into which nobody else may write. */
export const MARKS_VARIABLE = 'MARKS_LOG_GROUP';

/** Which jobs a handler serves. */
export interface ServedJobs {
  /** The document that the job sends; none where several jobs share the handler, whose names do not fit into an environment of 4 KB. */
  readonly document?: string;
  /** ARN of the job's state machine, for Close run. The others come before it, so that they cannot know it. */
  readonly stateMachineArn?: string;
  /** Where several jobs share the handler. */
  readonly shared?: SharedJobs;
}

/** The state machines of jobs that share their handlers. */
export interface SharedJobs {
  /** What the ARNs of their executions begin with: also what is the same in the names of all. */
  readonly executionArnPrefix: string;
  /** Of the rest of each name, by `nameHash`. */
  readonly names: string[];
  /** The role of all of them. Whoever gives it to a state machine may pass it: a job that was removed is known by it. */
  readonly workflowRoleArn: string;
}

/**
 * Stands for the name of a state machine: a hundred names do not fit into an environment, a hundred hashes do. It has 96 bits, so that
 * nobody finds a name for the hash of another one.
 */
export function nameHash(name: string): string {
  return createHash('sha256').update(name).digest('base64url').slice(0, 16);
}

/** ARN of the state machine of an execution. */
export function stateMachineOf(executionArn: string): string {
  return executionArn.slice(0, executionArn.lastIndexOf(':')).replace(':execution:', ':stateMachine:');
}

import { isOfExecution, isOfJob } from './command-input';
import { baseName } from './find-command';
import { nameHash, SERVED_JOBS_VARIABLE, ServedJobs, stateMachineOf } from '../protocol';

/** What SSM says of a command with its listings, and with each of its invocations. */
export interface CommandWords {
  readonly Comment?: string;
  readonly DocumentName?: string;
}

/**
 * What a handler believes: the environment that its deployment has written. Whoever invokes a handler can put any execution, document and
 * command ID into an event.
 */
export class Served {
  /** @throws where the environment says nothing: then nobody is believed */
  public static ofEnvironment(environment: NodeJS.ProcessEnv = process.env): Served {
    const json = environment[SERVED_JOBS_VARIABLE];
    if (!json) {
      throw new Error(`the environment variable ${SERVED_JOBS_VARIABLE} must say which jobs this function serves, got nothing`);
    }
    return new Served(JSON.parse(json));
  }

  constructor(private readonly jobs: ServedJobs) {}

  /** Whether an execution is one of a job that is served now, as far as the handler can know it. */
  public serves(executionId: string): boolean {
    return this.servesMachine(stateMachineOf(executionId));
  }

  /** @throws where it is not */
  public require(executionId: string): void {
    this.requireMachine(stateMachineOf(executionId), executionId);
  }

  /** @throws where a state machine is not that of such a job */
  public requireMachine(stateMachineArn: string, refused: string = stateMachineArn): void {
    if (!this.servesMachine(stateMachineArn)) {
      throw refusal(refused);
    }
  }

  /**
   * Whether a state machine was one of these jobs before a deployment removed it: it has the role that they share. A state machine that
   * somebody else makes cannot have it, without the right to pass this role.
   */
  public hasServed(roleArn: string | undefined): boolean {
    return this.jobs.shared !== undefined && roleArn === this.jobs.shared.workflowRoleArn;
  }

  /**
   * The same where the execution is known to be one of these jobs. Its commands are known by their comments: a deployment may have given the
   * job another document since it was started, and what it has sent must be stopped all the same.
   */
  public ofKnownExecution(): Served {
    const { document, ...jobs } = this.jobs;
    return new Served(jobs);
  }

  /** Whether a command was sent by an execution, as its comment says. Its document may be one that the job had before a deployment. */
  public isOfExecution(executionId: string, { Comment: text }: CommandWords): boolean {
    return isOfExecution(executionId, text);
  }

  /**
   * Whether a command was sent for the job of an execution, by whichever execution of it. Whoever sends the document of the job by hand
   * writes no such comment: that is the job's as well, where the handler knows the document.
   */
  public isOfJob(executionId: string, command: CommandWords): boolean {
    return (this.jobs.document !== undefined && this.isDocument(command))
      || isOfJob(stateMachineOf(executionId), command.Comment) || isOfExecution(executionId, command.Comment);
  }

  /** Whether a command has the document of the job, where the handler has but one: somebody may have copied a comment onto another. */
  public isDocument({ DocumentName: nameOrArn = '' }: CommandWords): boolean {
    const { document } = this.jobs;
    return document === undefined || baseName(nameOrArn) === baseName(document);
  }

  private servesMachine(arn: string): boolean {
    const { stateMachineArn, shared } = this.jobs;
    if (shared) {
      const prefix = shared.executionArnPrefix.replace(':execution:', ':stateMachine:');
      return arn.startsWith(prefix) && shared.names.includes(nameHash(arn.slice(prefix.length)));
    }
    return stateMachineArn === undefined || stateMachineArn === arn;
  }
}

/** An event about somebody else's execution: whoever sees the error of the function, or its dead-letter queue, can find out who sent it. */
export function refusal(executionId: string): Error {
  return new Error(`refused: ${executionId} is no execution of a job that this function serves`);
}

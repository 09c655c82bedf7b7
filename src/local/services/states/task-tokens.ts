import { randomBytes } from 'node:crypto';
import { AwsError } from '../../aws/aws-error';

/** What SendTaskSuccess and SendTaskFailure say of a task. */
export type TaskCallback = { readonly output: unknown } | { readonly error: string; readonly cause: string };

/** How a token begins: those of AWS do, too. */
const PREFIX = 'AAAA';

/** Real tokens have some 700 characters. Whoever stores or sends them has to have room for them. */
const RANDOM_BYTES = 400;

/** A task that waits for a callback: one attempt of one state. */
export class WaitingTask {
  /** Never resolves if the task is closed before. */
  public readonly callback: Promise<TaskCallback>;
  private state: 'open' | 'completed' | 'closed' = 'open';
  private settle!: (callback: TaskCallback) => void;

  constructor(
    public readonly token: string,
    public readonly executionArn: string,
  ) {
    this.callback = new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  /** A callback was accepted. */
  public get isCompleted(): boolean {
    return this.state === 'completed';
  }

  /** @throws AwsError `TaskTimedOut` if the task does not wait any more, whatever the reason */
  public complete(callback: TaskCallback): void {
    this.requireOpen();
    this.state = 'completed';
    this.settle(callback);
  }

  /** @throws AwsError `TaskTimedOut` if the task does not wait any more, whatever the reason */
  public requireOpen(): void {
    if (this.state !== 'open') {
      throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
    }
  }

  /** No callback is accepted from now on. */
  public close(): void {
    if (this.state === 'open') {
      this.state = 'closed';
    }
  }
}

/** The task tokens of all executions. */
export class TaskTokens {
  private readonly tasks = new Map<string, WaitingTask>();

  /** Issues a token, which is good from now on: a callback may come before the call that carries the token has been answered. */
  public issue(executionArn: string): WaitingTask {
    const content = JSON.stringify([executionArn, randomBytes(RANDOM_BYTES).toString('base64url')]);
    const task = new WaitingTask(PREFIX + Buffer.from(content).toString('base64'), executionArn);
    this.tasks.set(task.token, task);
    return task;
  }

  /** @throws AwsError `InvalidToken` or `TaskDoesNotExist` */
  public find(token: string): WaitingTask {
    const task = this.tasks.get(token);
    if (task) {
      return task;
    }
    if (executionOf(token) === undefined) {
      throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
    }
    throw new AwsError('TaskDoesNotExist', "Task does not exist: 'Provided task does not exist'");
  }
}

/** ARN of the execution that a token belongs to; undefined if it is no token. */
export function executionOf(token: string): string | undefined {
  if (!token.startsWith(PREFIX)) {
    return undefined;
  }
  try {
    const content: unknown = JSON.parse(Buffer.from(token.slice(PREFIX.length), 'base64').toString());
    return Array.isArray(content) && typeof content[0] === 'string' ? content[0] : undefined;
  } catch {
    return undefined;
  }
}

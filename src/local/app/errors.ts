/** What the person at the terminal has to put right, such as a wrong option: the command line exits with 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** A value of a template that only a deployment would know. */
export class UnresolvedValueError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnresolvedValueError';
  }
}

/** What is read, or undefined where only a deployment would know it: it matters only to the run that needs it, which says so. */
export function unlessUnresolved<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnresolvedValueError) {
      return undefined;
    }
    throw error;
  }
}

/** How a state machine sees the failure of a task. */
export class TaskError extends Error {
  /** Errors that end the execution, whatever its `Retry` and `Catch` say. The engine reads these two. */
  public readonly isRetryable: boolean;
  public readonly isCatchable: boolean;

  /**
   * @param error Name of the error, which `Retry` and `Catch` match
   * @param cause What the states get as `Cause`
   * @param fatal Whether it ends the execution at once
   */
  constructor(error: string, cause: string, fatal = false) {
    super(cause);
    this.name = error;
    this.isRetryable = !fatal;
    this.isCatchable = !fatal;
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  // Not `instanceof`: in a test's realm, what Node itself throws is no Error of that realm.
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}

/** An error as an AWS service answers it. */
export class AwsError extends Error {
  /**
   * @param code what SDKs show as the error's name, e.g. `InvalidInstanceId`
   * @param message for a person
   * @param httpStatus 400 for what the caller did wrong, 500 and above for what SDKs retry by themselves
   */
  constructor(public readonly code: string, message: string, public readonly httpStatus = 400) {
    super(message);
    this.name = code;
  }
}

/** What AWS answers when a value breaks a rule of the API model. */
export function validationError(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

/** The connection breaks instead of an answer. */
export class ConnectionLostError extends Error {
  /** @param isCarriedOut Whether only the answer was lost; the caller cannot tell */
  constructor(public readonly isCarriedOut: boolean) {
    super('the connection was lost');
    this.name = 'ConnectionLostError';
  }
}

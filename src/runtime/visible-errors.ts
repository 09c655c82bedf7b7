import { visible, visibleLine } from './text';

/**
 * A handler whose errors are fit to be shown: Step Functions puts them, as they are, into the cause of the execution and into the mail
 * about a fault of the workflow. What a service says may quote a value that somebody has given.
 */
export function visibleErrors<Request extends unknown[], Response>(handler: (...request: Request) => Promise<Response>): typeof handler {
  return async (...request) => {
    try {
      return await handler(...request);
    } catch (error) {
      if (error instanceof Error) {
        error.message = visibleLine(error.message);
        error.stack = error.stack && visible(error.stack);
      }
      throw error;
    }
  };
}

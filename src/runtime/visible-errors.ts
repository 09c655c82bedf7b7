import { visible, visibleLine } from '../protocol/text';

/**
 * A handler whose errors are fit to be shown: Step Functions puts them, as they are, into the cause of the execution and into the mail
 * about a fault of the workflow. What a service says may quote a value that somebody has given.
 */
export function visibleErrors<Request, Context, Response>(
  handler: (request: Request, context?: Context) => Promise<Response>,
): typeof handler {
  return async (request, context) => {
    try {
      return await handler(request, context);
    } catch (error) {
      if (error instanceof Error) {
        error.message = visibleLine(error.message);
        error.stack = error.stack && visible(error.stack);
      }
      throw error;
    }
  };
}

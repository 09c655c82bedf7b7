import { visibleJson } from '../protocol/text';

/** Writes one event. The context of a handler's call is in each of them. */
export type Log = (message: string, details?: { [name: string]: unknown }) => void;

/**
 * A log for one call of a handler: each event is one line of JSON with the execution it belongs to, so that CloudWatch Logs
 * Insights finds all of a run. Never give it a parameter's value, nor a cause that quotes one: logs outlive secrets.
 */
export function createLog(handler: string, executionId: string, write: (line: string) => void = console.log): Log {
  const executionName = executionId.split(':').pop();
  return (message, details = {}) => write(visibleJson(JSON.stringify({ handler, message, executionName, executionId, ...details })));
}

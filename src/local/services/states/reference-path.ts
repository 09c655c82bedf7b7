import { fieldOf } from '../events/event-pattern';

/** The steps of a path: `.detail`, `[0]`, `['detail-type']`, `["detail-type"]`. */
const STEPS = /\.([^.[\]]+)|\[(\d+)\]|\['([^']+)'\]|\["([^"]+)"\]/g;

/**
 * What a path to one place points to, e.g. `$.status.waitSeconds`, `$.resources[0]` or `$['detail-type']`.
 *
 * @returns undefined if there is nothing
 */
export function valueAt(path: string, value: unknown): unknown {
  const steps = [...path.slice(1).matchAll(STEPS)].map((match) => match.slice(1).find((step) => step !== undefined));
  return steps.reduce<unknown>((part, step = '') => fieldOf(part, step), value);
}

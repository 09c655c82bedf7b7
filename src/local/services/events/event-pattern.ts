import { Condition, fulfils, Scalar, unknownOperator } from './condition';

/** Whether an event matches. */
export interface PatternMatch {
  readonly matches: boolean;
  /** Operators that are not known here, and on which it depends whether the event matches. Then it is said not to. */
  readonly unknown: string[];
}

/**
 * Whether an event matches a rule's pattern: every field that the pattern names must fulfil one of its conditions. It knows exact
 * values, prefix, suffix, equals-ignore-case, anything-but, exists, numeric ranges and `$or`.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 */
export function matchPattern(pattern: unknown, event: object): PatternMatch {
  const unknown = new Set<string>();
  const matches = matchFields(pattern, event, unknown);
  return { matches: matches && unknown.size === 0, unknown: matches ? [...unknown] : [] };
}

/** Takes conditions with unknown operators for fulfilled, and notes those that decide. */
function matchFields(pattern: unknown, value: unknown, unknown: Set<string>): boolean {
  return Object.entries(pattern as object).every(([name, expected]) => {
    if (name === '$or') {
      return (expected as unknown[]).some((branch) => matchFields(branch, value, unknown));
    }
    const field = fieldOf(value, name);
    return Array.isArray(expected)
      ? matchValue(expected as Condition[], field, unknown)
      : [field].flat().some((item) => matchFields(expected, item, unknown));
  });
}

function matchValue(conditions: Condition[], field: unknown, unknown: Set<string>): boolean {
  // Of a list, one item is enough; an empty list is as if there were none.
  const values = Array.isArray(field) ? (field.length > 0 ? field : [undefined]) : [field];
  if (conditions.some((condition) => values.some((value) => fulfils(scalarOf(value), condition, (a, b) => a === b)))) {
    return true;
  }
  const operators = conditions.map(unknownOperator).filter((operator) => operator !== undefined);
  operators.forEach((operator) => unknown.add(operator));
  return operators.length > 0;
}

/** A field of what may be no object, or have no such field. */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) {
    return undefined;
  }
  return (value as Record<string, unknown>)[name];
}

/** Patterns look at leaves: an object is none, but it is there. */
function scalarOf(value: unknown): Scalar {
  return typeof value === 'object' && value !== null ? '' : (value as Scalar);
}

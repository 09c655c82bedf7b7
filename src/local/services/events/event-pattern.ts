
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

/** Patterns are about leaves: an object is none, but it is there. */
function scalarOf(value: unknown): Scalar {
  return typeof value === 'object' && value !== null ? '' : (value as Scalar);
}

/** A condition on one value: a value to equal, or an operator such as `{ "prefix": "…" }`. */
export type Condition = string | number | boolean | null | { readonly [operator: string]: unknown };

/** A value without parts, or undefined where there is none. */
export type Scalar = string | number | boolean | null | undefined;

const OPERATORS = ['exists', 'prefix', 'suffix', 'equals-ignore-case', 'anything-but', 'numeric'];

/**
 * The operator that is not known here, if a condition has one.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function unknownOperator(condition: Condition): string | undefined {
  if (typeof condition !== 'object' || condition === null) {
    return undefined;
  }
  const [[operator, operand] = ['{}', undefined], ...others] = Object.entries(condition);
  if (others.length > 0 || !OPERATORS.includes(operator)) {
    return others[0]?.[0] ?? operator;
  }
  if (operator !== 'anything-but') {
    return isPlain(operand) ? undefined : operator;
  }
  const operators = [operand].flat().map((other) => unknownOperator(other as Condition));
  return operators.find((found) => found !== undefined);
}

/**
 * Whether a value fulfils a condition, as EventBridge and SNS understand it. A condition with an unknown operator is not
 * fulfilled.
 *
 * @param same Whether a value is the one that a condition names: SNS compares texts, EventBridge does not take "4" for 4
 */
export function fulfils(value: Scalar, condition: Condition, same: (value: Scalar, named: Scalar) => boolean): boolean {
  if (typeof condition !== 'object' || condition === null) {
    return same(value, condition);
  }
  if (unknownOperator(condition) !== undefined) {
    return false;
  }
  const [[operator, operand]] = Object.entries(condition);
  if (operator === 'exists') {
    return (value !== undefined) === operand;
  }
  if (value === undefined) {
    return false;
  }
  const text = typeof value === 'string' ? value : undefined;
  switch (operator) {
    case 'prefix':
      return text?.startsWith(String(operand)) ?? false;
    case 'suffix':
      return text?.endsWith(String(operand)) ?? false;
    case 'equals-ignore-case':
      return text?.toLowerCase() === String(operand).toLowerCase();
    case 'anything-but':
      return ![operand].flat().some((other) => fulfils(value, other as Condition, same));
    default:
      return inRange(Number(value), operand as (string | number)[]);
  }
}

/** Not an operator inside of an operator, of which only `anything-but` is known here. */
function isPlain(operand: unknown): boolean {
  return typeof operand !== 'object' || operand === null || Array.isArray(operand);
}

/** `[">=", 1, "<", 10]` */
function inRange(value: number, [operator, bound, ...rest]: (string | number)[]): boolean {
  const limit = Number(bound);
  const holds = { '=': value === limit, '>': value > limit, '>=': value >= limit, '<': value < limit, '<=': value <= limit }[
    String(operator)
  ];
  return (holds ?? false) && (rest.length === 0 || inRange(value, rest));
}

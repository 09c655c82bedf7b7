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

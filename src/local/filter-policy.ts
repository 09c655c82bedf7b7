/** A condition on one value: a string or number to equal, or an operator such as `{ "prefix": "…" }`. */
type Condition = string | number | boolean | null | { readonly [operator: string]: unknown };

/**
 * Whether a subscription's filter policy lets a message through: every attribute that the policy names must fulfil one of its
 * conditions. It knows what SNS documents for attributes: exact values, prefix, suffix, anything-but, exists and numeric ranges.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 */
export function passesFilter(policy: unknown, attributes: { readonly [name: string]: string }): boolean {
  if (typeof policy !== 'object' || policy === null) return true;
  return Object.entries(policy).every(([name, conditions]) => {
    const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    return [conditions].flat().some((condition) => fulfils(value, condition as Condition));
  });
}

function fulfils(value: string | undefined, condition: Condition): boolean {
  if (typeof condition !== 'object' || condition === null) return value === String(condition);
  const [[operator, operand]] = Object.entries(condition);
  if (operator === 'exists') return (value !== undefined) === operand;
  if (value === undefined) return false;
  switch (operator) {
    case 'prefix':
      return value.startsWith(String(operand));
    case 'suffix':
      return value.endsWith(String(operand));
    case 'equals-ignore-case':
      return value.toLowerCase() === String(operand).toLowerCase();
    case 'anything-but':
      return ![operand].flat().some((other) => fulfils(value, other as Condition));
    case 'numeric':
      return inRange(Number(value), operand as (string | number)[]);
    default:
      return false;
  }
}

/** `[">=", 1, "<", 10]` */
function inRange(value: number, [operator, bound, ...rest]: (string | number)[]): boolean {
  const limit = Number(bound);
  const holds = { '=': value === limit, '>': value > limit, '>=': value >= limit, '<': value < limit, '<=': value <= limit }[
    String(operator)
  ];
  return (holds ?? false) && (rest.length === 0 || inRange(value, rest));
}

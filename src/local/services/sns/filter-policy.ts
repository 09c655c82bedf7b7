import { Condition, fulfils } from '../events/condition';

/**
 * Whether a subscription's filter policy lets a message through: every attribute that the policy names must fulfil one of its
 * conditions. It knows what SNS documents for attributes: exact values, prefix, suffix, anything-but, exists and numeric ranges.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 */
export function passesFilter(policy: unknown, attributes: { readonly [name: string]: string }): boolean {
  if (typeof policy !== 'object' || policy === null) {
    return true;
  }
  return Object.entries(policy).every(([name, conditions]) => {
    const attribute = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    return [conditions]
      .flat()
      .some((condition) => fulfils(attribute, condition as Condition, (value, named) => value === String(named)));
  });
}

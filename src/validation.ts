import { Duration, IResource, Stack, Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/**
 * Refuses a value: names the prop, the rule and what was received.
 */
export function refuse(prop: string, rule: string, received: unknown): never {
  throw new Error(problem(prop, rule, received));
}

/**
 * The same as a text, for what is known only when all is there.
 */
export function problem(prop: string, rule: string, received: unknown): string {
  return `${prop} ${rule}, got ${show(received)}`;
}

/**
 * Refuses props that exclude each other.
 */
export function refuseTogether(props: { [prop: string]: unknown }, reason: string): void {
  const given = Object.keys(props).filter((name) => props[name] !== undefined);
  if (given.length > 1) {
    throw new Error(`${given.join(' and ')} exclude each other: ${reason}, got both`);
  }
}

/**
 * Refuses a prop that has no effect without another one: a prop is never ignored silently.
 */
export function refuseWithout(needed: string, isGiven: boolean, props: { [prop: string]: unknown }): void {
  for (const [name, value] of Object.entries(props)) {
    if (value !== undefined && !isGiven) {
      throw new Error(`${name} has no effect without ${needed}, got ${show(value)}`);
    }
  }
}

/**
 * Refuses a resource of another region: neither Step Functions nor Run Command reaches it.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html
 */
export function refuseOtherRegion(scope: IConstruct, prop: string, resource: IResource | undefined): void {
  const { region } = Stack.of(scope);
  if (resource && isKnown(resource.env.region) && isKnown(region) && resource.env.region !== region) {
    refuse(prop, `must be in the region of the job (${region})`, resource.env.region);
  }
}

/**
 * Refuses a resource of another account, for what is told by its name only.
 */
export function refuseOtherAccount(scope: IConstruct, prop: string, resource: IResource | undefined): void {
  const { account } = Stack.of(scope);
  if (resource && isKnown(resource.env.account) && isKnown(account) && resource.env.account !== account) {
    refuse(prop, `must be in the account of the job (${account})`, resource.env.account);
  }
}

/**
 * Seconds of a duration, which must be whole, between two limits, and known at synth: limits are added up.
 */
export function secondsBetween(prop: string, duration: Duration, min: Duration, max: Duration, source: string): number {
  if (duration.isUnresolved()) {
    refuse(prop, 'must be known at synth', 'a token');
  }
  const seconds = duration.toMilliseconds() / 1000;
  if (!Number.isInteger(seconds) || seconds < min.toSeconds() || seconds > max.toSeconds()) {
    refuse(prop, `must be whole seconds between ${min.toHumanString()} and ${max.toHumanString()} (${source})`, duration.toHumanString());
  }
  return seconds;
}

/**
 * Whether a string is known at synth, so that it can be checked.
 */
export function isKnown(value: string | undefined): value is string {
  return value !== undefined && !Token.isUnresolved(value);
}

/** How a value looks in an error message: as it would be written in code, on one line, never endless. */
function show(value: unknown): string {
  const text = isInstance(value)
    ? nameOf(value)
    : JSON.stringify(value, (_name, part: unknown) => isInstance(part) ? nameOf(part) : part) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

/** An object of a class, which may refer to the whole app. */
function isInstance(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && value.constructor !== Object;
}

function nameOf(instance: object): string {
  return instance instanceof Duration ? instance.toHumanString() : instance.constructor.name;
}

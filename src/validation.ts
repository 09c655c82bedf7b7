import { Duration, Token } from 'aws-cdk-lib';

/**
 * Refuses a value: names the prop, the rule and what was received.
 */
export function refuse(prop: string, rule: string, received: unknown): never {
  throw new Error(`${prop} ${rule}, got ${show(received)}`);
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
  if (value instanceof Duration) {
    return value.toHumanString();
  }
  const text = typeof value === 'object' && value !== null && value.constructor !== Object && !Array.isArray(value)
    ? value.constructor.name
    : JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

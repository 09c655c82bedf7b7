import { Duration, Token } from 'aws-cdk-lib';

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
  return `${withoutMarkers(prop)} ${withoutMarkers(rule)}, got ${show(received)}`;
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
 * Refuses a prop that has no effect without another one: a prop is never ignored without a word.
 */
export function refuseWithout(needed: string, isGiven: boolean, props: { [prop: string]: unknown }): void {
  for (const [name, value] of Object.entries(props)) {
    if (value !== undefined && !isGiven) {
      throw new Error(`${name} has no effect without ${needed}, got ${show(value)}`);
    }
  }
}

/**
 * Refuses a list that is a token as a whole: nothing of it is known, not even its length.
 */
export function refuseListToken(prop: string, list: string[] | undefined): void {
  if (Token.isUnresolved(list)) {
    refuse(prop, 'must be a list that is known at synth; what is in it may be tokens', list);
  }
}

/**
 * Refuses numbers that are tokens, where they are compared at synth.
 */
export function refuseNumberTokens(prop: string, numbers: number[]): void {
  const token = Token.isUnresolved(numbers) ? numbers : numbers.find((number) => Token.isUnresolved(number));
  if (token !== undefined) {
    refuse(prop, 'must be known at synth', token);
  }
}

/**
 * Seconds of a duration, which must be whole, between two limits, and known at synth: limits are added up.
 */
export function secondsBetween(prop: string, duration: Duration, min: Duration, max: Duration, source: string): number {
  // An app may have a second copy of the class, which is as good; plain JavaScript lets anything through.
  if (typeof (duration as Partial<Duration> | null)?.toMilliseconds !== 'function') {
    refuse(prop, 'must be a Duration', duration);
  }
  if (duration.isUnresolved()) {
    refuse(prop, 'must be known at synth', duration);
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

/**
 * How a value looks in an error message: as it would be written in code, on one line, never endless. What CDK writes for a token means nothing
 * to a reader, and looks like a text or a number that somebody has set.
 */
function show(value: unknown): string {
  if (Token.isUnresolved(value)) {
    return typeof value === 'string' && !isOnlyToken(value) ? JSON.stringify(withoutMarkers(value)) : 'a token';
  }
  const text = isInstance(value) ? nameOf(value) : JSON.stringify(value, (_name, part: unknown) => shown(part)) ?? String(value);
  const readable = withoutMarkers(text);
  return readable.length > 120 ? `${readable.slice(0, 117)}...` : readable;
}

function shown(part: unknown): unknown {
  if (typeof part === 'number' && Token.isUnresolved(part)) {
    return 'a token';
  }
  return isInstance(part) ? nameOf(part) : part;
}

/** What CDK puts into texts, lists and keys in place of a token. */
const TOKEN_MARKER = /[$#@]\{Token\[[^\]]*\]\}/g;

function isOnlyToken(text: string): boolean {
  return text.replace(TOKEN_MARKER, '') === '';
}

function withoutMarkers(text: string): string {
  return text.replace(TOKEN_MARKER, '<token>');
}

/** An object of a class, which may refer to the whole app. */
function isInstance(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && value.constructor !== Object;
}

function nameOf(instance: object): string {
  if (instance instanceof Duration) {
    return instance.isUnresolved() ? 'a token' : instance.toHumanString();
  }
  return Token.isUnresolved(instance) ? 'a token' : instance.constructor.name;
}

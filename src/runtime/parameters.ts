import { JobSettings, ParameterSettings } from './protocol';
import { refusedFields } from './refused-fields';
import { canonicalTime } from './scheduled-time';
import { quote } from './text';

/**
 * Characters of all parameters of a run together, as they travel. SSM names no limit for document parameters, so the narrowest
 * on their way counts: a Windows environment variable holds 32,767 characters (a Linux one 128 KiB, MAX_ARG_STRLEN), and
 * an SSM document, which the values are put into, 64 KB. Half of that leaves the other half to the script.
 */
export const MAX_PARAMETERS_LENGTH = 32_000;

/** Seconds; a day. */
export const MAX_POLL_INTERVAL_SECONDS = 86_400;

/** Characters of the input that starts a run again: it travels with the run. */
const MAX_AGAIN_LENGTH = 4_000;

/** An execution's input, as far as it was accepted. */
export interface ExecutionInput {
  /** Every parameter that has a value, in the job's order, defaults filled in. */
  readonly values: Map<string, string>;
  readonly pollIntervalSeconds: number;
  /** The time that a schedule has started the run for, as `canonicalTime` spells it. */
  readonly scheduledTime?: string;
  /** The input that starts the same once more, as a run of its own; none where something is wrong with it, or it is very long. */
  readonly again?: string;
  /** What is wrong, each naming the thing, the rule and the value received. With any of them nothing may be started. */
  readonly problems: string[];
}

/**
 * Checks an execution's input against the job's settings. Unknown top-level fields are ignored, so that any event can start
 * a job, but for those of `refusedFields`; an unknown parameter is not, because it is a misspelt one. Never throws.
 */
export function readInput(job: JobSettings, input: unknown): ExecutionInput {
  const problems: string[] = [];
  const fields = isObject(input) ? input : {};
  if (!isObject(input) && input !== null && input !== undefined) {
    problems.push(`the input must be a JSON object, got ${quote(input)}`);
  }
  problems.push(...refusedFields(job, Object.keys(fields)));
  const values = readParameters(job, field(fields, 'parameters'), problems);
  const pollIntervalSeconds = readPollInterval(field(fields, 'pollIntervalSeconds'), problems);
  const again = problems.length === 0 ? JSON.stringify({ parameters: field(fields, 'parameters'), pollIntervalSeconds }) : '';
  return {
    values,
    pollIntervalSeconds: pollIntervalSeconds ?? job.pollIntervalSeconds,
    scheduledTime: readScheduledTime(field(fields, 'scheduledTime'), problems),
    again: again !== '' && again.length <= MAX_AGAIN_LENGTH ? again : undefined,
    problems,
  };
}

/** How the job's own document takes its variables: base64, so that neither SSM nor a shell reads anything into a value. */
export function encodeVariables(values: Map<string, string>): string {
  return [...values].map(([name, value]) => `${name}=${Buffer.from(value, 'utf8').toString('base64')}`).join(',');
}

function readPollInterval(value: unknown, problems: string[]): number | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_POLL_INTERVAL_SECONDS) {
    return value;
  }
  problems.push(`pollIntervalSeconds must be a whole number from 1 to ${MAX_POLL_INTERVAL_SECONDS}, got ${quote(value)}`);
  return undefined;
}

function readScheduledTime(value: unknown, problems: string[]): string | undefined {
  const time = canonicalTime(value);
  if (value !== undefined && time === undefined) {
    problems.push(`scheduledTime must be a time in ISO 8601 with its zone, such as "2026-01-31T02:00:00Z", got ${quote(value)}`);
  }
  return time;
}

function readParameters(job: JobSettings, given: unknown, problems: string[]): Map<string, string> {
  const values = new Map<string, string>();
  if (given !== undefined && !isObject(given)) {
    problems.push(`parameters must be an object of names and values, got ${quote(given)}`);
    return values;
  }
  const parameters = given ?? {};
  for (const name of Object.keys(parameters)) {
    if (!Object.hasOwn(job.parameters, name)) {
      problems.push(`parameter ${quote(name)} is unknown, the job has ${known(job)}`);
    }
  }
  for (const [name, settings] of Object.entries(job.parameters)) {
    const received = field(parameters, name);
    if (received !== undefined) {
      const value = asText(settings, received);
      const rule = typeof value === 'string' ? brokenRule(settings, job.document.own, value) : kindRule(settings, value);
      if (rule) {
        problems.push(`parameter ${name} ${rule}, got ${quote(received)}`);
      } else {
        values.set(name, value as string);
      }
    } else if (settings.default !== undefined) {
      values.set(name, settings.default);
    } else {
      problems.push(`parameter ${name} is required, got no value`);
    }
  }
  const problem = tooLarge(job, values);
  return problem ? (problems.push(problem), values) : values;
}

/** A JSON number or boolean is taken where the parameter is one, as the text that the program finds. Anything else stays what it is. */
function asText({ type }: ParameterSettings, value: unknown): unknown {
  if (type === 'Number' && typeof value === 'number') {
    return decimal(value) ?? value;
  }
  return type === 'Boolean' && typeof value === 'boolean' ? String(value) : value;
}

/**
 * A number without an exponent: `1e21` is 1 and 21 zeros.
 *
 * @returns undefined for a whole number of more digits than JSON numbers are sure to keep: on the way here some were changed.
 */
function decimal(value: number): string | undefined {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  const digits = `${whole}${fraction}`;
  if (whole === undefined || (Number.isInteger(value) && !Number.isSafeInteger(value) && digits.replace(/0+$/, '').length > 15)) {
    return undefined;
  }
  const point = whole.length + Number(exponent);
  const padded = point > 0 ? digits.padEnd(point, '0') : `${'0'.repeat(1 - point)}${digits}`;
  const [before, after] = [padded.slice(0, Math.max(1, point)), padded.slice(Math.max(1, point))];
  return `${sign}${before}${after ? `.${after}` : ''}`;
}

/** What a value must be that is no text. A number that is left as it is has lost digits. */
function kindRule({ type }: ParameterSettings, value: unknown): string {
  switch (type) {
    case 'Number':
      return typeof value === 'number' ? 'must be a string, because a JSON number does not keep so many digits' : 'must be a decimal number';
    case 'Boolean':
      return 'must be true or false';
    default:
      return 'must be a string';
  }
}

/**
 * The rule that a value breaks, or undefined. Synth asks it about defaults and the values of a schedule, a run about its input.
 *
 * @param ownDocument whether the value goes to the job's own document, where nothing interprets it
 */
export function brokenRule(settings: ParameterSettings, ownDocument: boolean, value: unknown): string | undefined {
  if (typeof value !== 'string') {
    return 'must be a string';
  }
  if (value.includes('\0')) {
    return 'must have no NUL character, which an environment variable cannot hold';
  }
  if (/\p{Surrogate}/u.test(value)) {
    return 'must be well-formed Unicode';
  }
  if (!ownDocument && value.includes('{{')) {
    return 'must not contain "{{", which SSM would replace';
  }
  if (!ownDocument && value.includes('$$')) {
    return 'must not contain "$$", which the SSM agent makes "$"';
  }
  if (settings.type === 'Number' && !/^-?\d+(\.\d+)?$/.test(value)) {
    return 'must be a decimal number';
  }
  if (settings.type === 'Boolean' && value !== 'true' && value !== 'false') {
    return 'must be "true" or "false"';
  }
  if (settings.allowedValues && !settings.allowedValues.includes(value)) {
    return `must be one of ${quote(settings.allowedValues, 200)}`;
  }
  if (settings.pattern !== undefined && !matchesWhole(settings.pattern, value)) {
    return `must match ${quote(settings.pattern, 200)} as a whole`;
  }
  return undefined;
}

function matchesWhole(pattern: string, value: string): boolean {
  return wholePattern(pattern)?.test(value) ?? false;
}

/** With `u`, a character beyond 16 bits is one character; some patterns in use, such as `[\w-.]`, compile only without. */
function wholePattern(pattern: string): RegExp | undefined {
  for (const flags of ['u', '']) {
    try {
      // By itself too: `a)|(b` would get out of the group that it is put into.
      new RegExp(pattern, flags);
      return new RegExp(`^(?:${pattern})$`, flags);
    } catch (error) {
      if (!(error instanceof SyntaxError)) {
        throw error;
      }
    }
  }
  return undefined;
}

function tooLarge(job: JobSettings, values: Map<string, string>): string | undefined {
  const size = ([name, value]: [string, string]) => job.document.own
    ? encodeVariables(new Map([[name, value]])).length + 1
    : Buffer.byteLength(name + value);
  const total = [...values].reduce((sum, entry) => sum + size(entry), 0);
  if (total <= MAX_PARAMETERS_LENGTH) {
    return undefined;
  }
  const [[name, value]] = [...values].sort((a, b) => size(b) - size(a));
  return `parameter ${name} is too large: all parameters together may take ${MAX_PARAMETERS_LENGTH} characters`
    + `${job.document.own ? ' in base64' : ''}, they take ${total}, got ${quote(value)}`;
}

function known(job: JobSettings): string {
  const names = Object.keys(job.parameters);
  return names.length ? names.slice(0, 20).join(', ') + (names.length > 20 ? ', …' : '') : 'none';
}

function isObject(value: unknown): value is { [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Own fields only: `constructor` is no parameter that somebody has given. */
function field(object: { [name: string]: unknown }, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

import { DocumentParameter, encodeVariables } from './launcher';
import { DocumentSettings, ParameterSettings } from './settings';
import { quote } from './text';

/**
 * Characters of all parameters of a run together, as they travel. SSM names no limit for document parameters, so the narrowest
 * on their way counts: a Windows environment variable holds 32,767 characters (a Linux one 128 KiB, MAX_ARG_STRLEN), and
 * an SSM document, which the values are put into, 64 KB. Half of that leaves the other half to the script.
 */
export const MAX_PARAMETERS_LENGTH = 32_000;

/** Whether a whole value matches a pattern: see `patterns`, which synth loads only where there is a pattern. */
export type PatternMatch = (pattern: string, value: string) => boolean;

/**
 * The rule that a value breaks by itself, or undefined: see `tooLarge` for all together. Synth asks it about defaults and the values of a
 * schedule, a run about its input.
 *
 * @param ownDocument whether the value goes to the job's own document, where nothing interprets it
 */
export function brokenRule(
  settings: ParameterSettings, ownDocument: boolean, value: unknown, matches: PatternMatch,
): string | undefined {
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
    return settings.sensitive ? 'must be one of its allowed values' : `must be one of ${quote(settings.allowedValues, 200)}`;
  }
  // What is longer is refused by `tooLarge`, and no work is put into it.
  if (settings.pattern !== undefined && value.length <= MAX_PARAMETERS_LENGTH && !matches(settings.pattern, value)) {
    return `must match ${quote(settings.pattern, 200)} as a whole`;
  }
  return undefined;
}

/** A value that makes all of them too large together, and the rule that they break. */
export interface TooLarge {
  readonly name: string;
  readonly rule: string;
}

/**
 * What is wrong with all values of a run together: the largest of them, or undefined. Synth asks it about what it knows of the values
 * that a run will have, a run about those that it has.
 */
export function tooLarge(document: DocumentSettings, values: Map<string, string>): TooLarge | undefined {
  const size = ([name, value]: [string, string]) => document.own
    ? encodeVariables(new Map([[name, value]])).length + 1
    : Buffer.byteLength(name + value);
  const [largest] = [...values].sort((a, b) => size(b) - size(a));
  if (largest === undefined) {
    return undefined;
  }
  const [name] = largest;
  const total = [...values].reduce((sum, entry) => sum + size(entry), 0);
  if (total > MAX_PARAMETERS_LENGTH) {
    const characters = `${MAX_PARAMETERS_LENGTH} characters${document.own ? ' in base64' : ''}`;
    return { name, rule: `is too large: all parameters together may take ${characters}, they take ${total}` };
  }
  const bytes = commandBytes(document, values);
  if (bytes > MAX_DOCUMENT_BYTES) {
    const share = document.own ? `${size(largest)} of them in base64` : `${size(largest)} of them`;
    return { name, rule: `is too large: it takes ${share}, and SSM takes ${MAX_DOCUMENT_BYTES} bytes of a document and its values, not ${bytes}` };
  }
  return undefined;
}

/**
 * What SSM takes of a document together with the values that a command sends for its parameters: the API's error
 * MaxDocumentSizeExceeded, "the size limit of a document is 64 KB". Bytes of UTF-8, both as compact JSON.
 *
 * The local run has the same number.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm
 */
export const MAX_DOCUMENT_BYTES = 64 * 1024;

/** The longest value of a parameter of the job's own document, but for the variables: a run's identifier. */
const MAX_VALUE_LENGTH = 100;

/** Bytes of a value as compact JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/**
 * Bytes of a command: of its document, as far as synth knows it, and of the values that a run sends, at most. What synth takes by this
 * measure, no run refuses, and the other way round: it is the only one.
 */
export function commandBytes(document: DocumentSettings, values: Map<string, string>): number {
  const parameters = document.own ? ownParameters(values) : othersParameters(document, values);
  return (document.bytes ?? 0) + jsonBytes(parameters);
}

/** The parameters of the job's own document, each but the variables as long as it may be. */
function ownParameters(values: Map<string, string>): { [name: string]: string[] } {
  const longest = Object.values(DocumentParameter).map((name): [string, string[]] => [name, ['x'.repeat(MAX_VALUE_LENGTH)]]);
  return { ...Object.fromEntries(longest), [DocumentParameter.VARIABLES]: [encodeVariables(values)] };
}

function othersParameters({ parameters }: DocumentSettings, values: Map<string, string>): { [name: string]: string[] } {
  return { ...parameters, ...Object.fromEntries([...values].map(([name, value]) => [name, [value]])) };
}

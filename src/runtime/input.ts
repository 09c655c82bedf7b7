import { isObject } from './fields';
import { NARROWING } from './input-words';
import { matchesWhole } from './patterns';
import { sensitiveNames } from './redaction';
import { JobSettings, ParameterSettings } from '../protocol';
import type { Delivered } from '../protocol/delivery';
import { canonicalTime } from '../protocol/scheduled-time';
import { quote, SENSITIVE_VALUE } from '../protocol/text';
import { brokenRule, tooLarge } from '../protocol/value-rules';

/** What EventBridge has around every event. */
const ENVELOPE = ['version', 'id', 'detail-type', 'source', 'account', 'time', 'region', 'resources', 'detail'];

/** What an execution's input may have. */
const FIELDS = [
  'parameters', 'encodedParameters', 'pollIntervalSeconds', 'scheduledTime', 'triggerEventId', 'triggerEventTime', 'check', 'rerunOf', 'only',
  'onlyIfDue',
];

/** Other words for these fields. */
const MISSPELT: { readonly [field: string]: string[] } = {
  parameters: ['parameter', 'params', 'param', 'variables', 'arguments', 'args'],
  encodedParameters: ['encodedparameter', 'base64parameters'],
  pollIntervalSeconds: ['pollinterval'],
  scheduledTime: ['schedule', 'scheduledat', 'scheduletime'],
  triggerEventId: ['triggerevent', 'triggereventids'],
  triggerEventTime: ['triggereventat'],
  check: ['checkonly', 'checkrun', 'dryrun'],
  rerunOf: ['rerun'],
  only: ['rerunonly'],
  onlyIfDue: ['ifdue', 'onlywhendue', 'checkcalendars', 'respectcalendars'],
};

/** Seconds; a day. */
export const MAX_POLL_INTERVAL_SECONDS = 86_400;

/** Characters of the input that starts a run again: it travels with the run. */
const MAX_AGAIN_LENGTH = 4_000;

/** What an execution's input says of the run itself, as far as it is right. */
export interface RunInput extends Delivered {
  readonly pollIntervalSeconds: number;
  /** Whether everything is to be done but the program. None where it is not. */
  readonly check?: boolean;
  /** Whether the calendars of the job decide. Only those of a job that has some. */
  readonly onlyIfDue?: boolean;
  /** The input that starts the same once more, as a run of its own; none where something is wrong with it, or it is very long. */
  readonly again?: string;
  /** As in `Run`. */
  readonly withheld?: string[];
}

/** An execution's input, as far as it was accepted. */
export interface ExecutionInput extends RunInput {
  /** Every parameter that has a value, in the job's order, defaults filled in. */
  readonly values: Map<string, string>;
  /** What is wrong, each naming the thing, the rule and the value received. With any of them nothing may be started. */
  readonly problems: string[];
}

/**
 * Checks an execution's input against the job's settings. Unknown top-level fields are ignored, so that any event can start
 * a job, but for those of `refusedFields`; an unknown parameter is not, because it is a misspelt one. Never throws.
 */
export function readInput(job: JobSettings, input: unknown): ExecutionInput {
  const problems: string[] = [];
  const fields = fieldsOf(input);
  if (!isObject(input) && input !== null && input !== undefined) {
    problems.push(`the input must be a JSON object, got ${quoteAll(job, input)}`);
  }
  problems.push(...refusedFields(job, Object.keys(fields)), ...encodingProblems(job, input), ...checkProblems(job, fields));
  const values = readParameters(job, fields, problems);
  const { again, ...run } = readRun(job, input, problems);
  return { ...run, values, again: problems.length === 0 ? again : undefined, problems };
}

/**
 * Reads what is needed to know a run again, without checking a value: that was done before it was started, and the report of its end
 * must not depend on it. Never throws.
 *
 * @param problems takes what is wrong with what is read
 */
export function readRun(job: JobSettings, input: unknown, problems: string[] = []): RunInput {
  const fields = fieldsOf(input);
  const parameters = field(fields, 'parameters');
  const pollIntervalSeconds = readPollInterval(field(fields, 'pollIntervalSeconds'), problems);
  const check = field(fields, 'check') === true ? true : undefined;
  const { shown, withheld } = withoutSensitive(job, parameters);
  const json = parameters === undefined || isObject(parameters) ? JSON.stringify({ parameters: shown, pollIntervalSeconds, check }) : '';
  const again = json !== '' && json.length <= MAX_AGAIN_LENGTH ? json : undefined;
  return {
    pollIntervalSeconds: pollIntervalSeconds ?? job.pollIntervalSeconds,
    ...readDelivered(fields, problems),
    check,
    onlyIfDue: readOnlyIfDue(job, field(fields, 'onlyIfDue'), problems),
    again,
    ...again !== undefined && withheld.length > 0 ? { withheld } : {},
  };
}

/** The parameters that an execution was given, decoded and unchecked. */
export function givenParameters(input: unknown): unknown {
  return field(fieldsOf(input), 'parameters');
}

/** The values of sensitive parameters that an execution may have been started with, unchecked. */
export function sensitiveValues(job: JobSettings, input: unknown): string[] {
  const given = givenParameters(input);
  return sensitiveNames(job).map((name) => String((isObject(given) ? field(given, name) : undefined) ?? job.parameters[name].default ?? ''));
}

/**
 * The parameters that an execution was given, as a mail may show them. Those that the job does not have are withheld, too: a sensitive name
 * may be misspelt, or the settings not be understood.
 */
function withoutSensitive({ parameters }: JobSettings, given: unknown): { shown: unknown; withheld: string[] } {
  if (!isObject(given)) {
    return { shown: given, withheld: [] };
  }
  const withheld = Object.keys(given).filter((name) => !Object.hasOwn(parameters, name) || parameters[name].sensitive);
  // Null is no value of any parameter: whoever forgets to put one there is told so, and nothing is started with something else.
  return { shown: { ...given, ...Object.fromEntries(withheld.map((name) => [name, null])) }, withheld };
}

/**
 * What is wrong with the fields of an execution's input. Most others are ignored, so that any event can start a job; not those by which
 * somebody asks for less, or for something else, than the job does: it would run on more instances than was asked for, and end green.
 */
function refusedFields(job: JobSettings, names: string[]): string[] {
  // Without a run to repeat, `only` is a wish for fewer instances.
  const fields = names.includes('rerunOf') ? FIELDS : FIELDS.filter((allowed) => allowed !== 'only');
  return names.filter((name) => !fields.includes(name)).flatMap((name) => {
    const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
    const meant = fields.find((allowed) => allowed.toLowerCase() === plain || MISSPELT[allowed].includes(plain));
    if (ENVELOPE.includes(name)) {
      return [];
    }
    if (meant !== undefined) {
      return [`the input has ${quote(name)}, which must be spelt ${meant}`];
    }
    if (Object.hasOwn(job.parameters, name)) {
      return [`the input has the job's parameter ${quote(name)}, which must be in parameters`];
    }
    return NARROWING.has(plain)
      ? [`the input has ${quote(name)}, which no execution may choose: a run does all of what the job is deployed with`]
      : [];
  });
}

/** The fields of an input. `encodedParameters` has values in base64: whoever cannot escape what stands in JSON hands them over like this. */
function fieldsOf(input: unknown): { [name: string]: unknown } {
  const fields = isObject(input) ? input : {};
  const encoded = field(fields, 'encodedParameters');
  const parameters = field(fields, 'parameters');
  if (!isObject(encoded) || (parameters !== undefined && !isObject(parameters))) {
    return fields;
  }
  const decoded = Object.entries(encoded).map(([name, value]) => [name, decode(value)]).filter(([, value]) => value !== undefined);
  return { ...fields, parameters: { ...parameters, ...Object.fromEntries(decoded) } };
}

/** @returns undefined where it is not exactly what a text becomes in base64 */
function decode(value: unknown): string | undefined {
  const text = typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
  return Buffer.from(text, 'utf8').toString('base64') === value ? text : undefined;
}

function encodingProblems(job: JobSettings, input: unknown): string[] {
  const { encodedParameters: encoded, parameters = {} } = isObject(input) ? input : {};
  if (encoded === undefined || !isObject(encoded)) {
    return encoded === undefined ? [] : [`encodedParameters must be an object of names and values in base64, got ${quoteAll(job, encoded)}`];
  }
  const problem = (name: string, rule: string, value: unknown) => `parameter ${quote(name)} ${rule}, got ${quoteAll(job, value)}`;
  return Object.entries(encoded).flatMap(([name, value]) => [
    ...decode(value) === undefined ? [problem(name, 'in encodedParameters must be the base64 of a text in UTF-8', value)] : [],
    ...isObject(parameters) && Object.hasOwn(parameters, name) ? [problem(name, 'must not be in parameters and in encodedParameters', value)] : [],
  ]);
}

/** Why the job cannot be checked as it was asked for. */
function checkProblems({ document }: JobSettings, fields: { [name: string]: unknown }): string[] {
  const check = field(fields, 'check');
  if (check === undefined || check === false) {
    return [];
  }
  if (check !== true) {
    return [`check must be true or false, got ${quote(check)}`];
  }
  return [
    ...document.own ? [] : ['check must not be true for a job of BatchCommand.document, whose document has no launcher that could check, got true'],
    ...document.own && !document.check ? ['check must not be true until the job is deployed again, because its launcher is of an earlier release, got true'] : [],
    ...field(fields, 'scheduledTime') === undefined ? [] : [`scheduledTime must not be there with check, which spends no time, got ${quote(field(fields, 'scheduledTime'))}`],
    ...field(fields, 'triggerEventId') === undefined ? []
      : [`triggerEventId must not be there with check, which spends no event, got ${quote(field(fields, 'triggerEventId'))}`],
  ];
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

/** An event's ID: EventBridge makes a UUID, other starters may take what is one to them. */
const EVENT_ID = /^[!-~]{1,128}$/;

/** The time or the event that the run is for. What is wrong is none: the run would be another one. */
function readDelivered(fields: { [name: string]: unknown }, problems: string[]): Delivered {
  const [id, time] = [field(fields, 'triggerEventId'), field(fields, 'triggerEventTime')];
  const scheduledTime = readTime('scheduledTime', field(fields, 'scheduledTime'), problems);
  const triggerEventTime = readTime('triggerEventTime', time, problems);
  const isId = typeof id === 'string' && EVENT_ID.test(id);
  if (id !== undefined && !isId) {
    problems.push(`triggerEventId must be a string of 1 to 128 visible ASCII characters, got ${quote(id)}`);
  }
  for (const [name, value, other, otherValue] of [['triggerEventId', id, 'triggerEventTime', time], ['triggerEventTime', time, 'triggerEventId', id]] as const) {
    if (value !== undefined && otherValue === undefined) {
      problems.push(`${name} must be there with ${other}, got ${quote(value)} alone`);
    }
  }
  const scheduled = field(fields, 'scheduledTime');
  if (scheduled !== undefined && (id !== undefined || time !== undefined)) {
    problems.push(`scheduledTime must not be there with triggerEventId, because a run is of one of both, got ${quote(scheduled)}`);
  }
  return scheduledTime !== undefined || !isId || triggerEventTime === undefined ? { scheduledTime } : { triggerEventId: id, triggerEventTime };
}

function readTime(name: string, value: unknown, problems: string[]): string | undefined {
  const time = canonicalTime(value);
  if (value !== undefined && time === undefined) {
    problems.push(`${name} must be a time in ISO 8601 with its zone, such as "2026-01-31T02:00:00Z", got ${quote(value)}`);
  }
  return time;
}

function readOnlyIfDue({ calendars }: JobSettings, value: unknown, problems: string[]): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') {
    if (value && !calendars) {
      problems.push('onlyIfDue must not be true where the job has no scheduleOptions.calendars, got true');
    }
    return value;
  }
  problems.push(`onlyIfDue must be true or false, got ${quote(value)}`);
  return undefined;
}

function readParameters(job: JobSettings, fields: { [name: string]: unknown }, problems: string[]): Map<string, string> {
  const values = new Map<string, string>();
  const given = field(fields, 'parameters');
  const encoded = field(fields, 'encodedParameters');
  if (given !== undefined && !isObject(given)) {
    problems.push(`parameters must be an object of names and values, got ${quoteAll(job, given)}`);
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
      const rule = typeof value === 'string' ? brokenRule(settings, job.document.own, value, matchesWhole) : kindRule(settings, value);
      if (rule) {
        problems.push(`parameter ${name} ${rule}, got ${quoteValue(settings, received)}`);
      } else {
        values.set(name, value as string);
      }
    } else if (settings.default !== undefined) {
      values.set(name, settings.default);
    } else if (!isObject(encoded) || !Object.hasOwn(encoded, name)) {
      problems.push(`parameter ${name} is required, got no value`);
    }
  }
  const large = tooLarge(job.document, values);
  if (large) {
    problems.push(`parameter ${large.name} ${large.rule}, got ${quoteValue(job.parameters[large.name], values.get(large.name))}`);
  }
  return values;
}

function quoteValue({ sensitive }: ParameterSettings, value: unknown): string {
  return sensitive ? SENSITIVE_VALUE : quote(value);
}

/** Of what may have any of the values in it. */
function quoteAll(job: JobSettings, value: unknown): string {
  return sensitiveNames(job).length > 0 ? `what may have ${SENSITIVE_VALUE} in it` : quote(value);
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

function known(job: JobSettings): string {
  const names = Object.keys(job.parameters);
  return names.length ? names.slice(0, 20).join(', ') + (names.length > 20 ? ', …' : '') : 'none';
}

/** Own fields only: `constructor` is no parameter that somebody has given. */
function field(object: { [name: string]: unknown }, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

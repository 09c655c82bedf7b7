import { checkVariableName } from './command/environment-variable';
import { InvocationLimit } from './invocation-limit';
import { JobParameter } from './job-parameter';
import { patternRules } from './pattern-rules';
import { DocumentSettings, JobSettings, MAX_INSTANCE_IDS, ParameterSettings } from './protocol';
import { SENSITIVE_VALUE, visibleLine } from './protocol/text';
import { brokenRule, PatternMatch, tooLarge } from './protocol/value-rules';
import { isKnown, refuse } from './validation';

const MAX_NAME_LENGTH = 50;

const MAX_LINE_LENGTH = 200;
const MAX_URL_LENGTH = 500;

/** What the props say about a parameter, as the handlers take it. */
export type ParametersSettings = { [name: string]: ParameterSettings };

/**
 * The name of a job: stands in the subject of mails, so that it follows their rules.
 */
export function checkJobName(name: string): string {
  if (isKnown(name) && !/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(name)) {
    refuse('jobName', 'must be printable ASCII without leading or trailing blanks', name);
  }
  if (isKnown(name) && name.length > MAX_NAME_LENGTH) {
    refuse('jobName', `must not be longer than ${MAX_NAME_LENGTH} characters`, name);
  }
  return name;
}

/**
 * What a person who reads of a run wants to know of its job. Empty where nobody has said it.
 */
export function aboutJob(
  { description = '', owner = '', runbookUrl = '' }: { description?: string; owner?: string; runbookUrl?: string },
): Pick<JobSettings, 'description' | 'owner' | 'runbookUrl'> {
  for (const [prop, value] of Object.entries({ description, owner })) {
    if (isKnown(value) && (value.length > MAX_LINE_LENGTH || visibleLine(value) !== value)) {
      refuse(prop, `must be one line of visible characters, at most ${MAX_LINE_LENGTH}`, value);
    }
  }
  if (isKnown(runbookUrl) && runbookUrl !== '' && (runbookUrl.length > MAX_URL_LENGTH || !/^https?:\/\/[\x21-\x7e]+$/.test(runbookUrl))) {
    refuse('runbookUrl', `must begin with https:// or http://, and have no blanks and at most ${MAX_URL_LENGTH} characters of ASCII`, runbookUrl);
  }
  return { description, owner, runbookUrl };
}

/**
 * The parameters of a job, with names that can be environment variables.
 */
export function parameterSettings(parameters: { [name: string]: JobParameter }): ParametersSettings {
  return Object.fromEntries(Object.entries(parameters).map(([name, parameter]) => {
    checkVariableName('parameters', name);
    return [name, parameter._settings];
  }));
}

/**
 * What the parameters are for, of those that say so.
 */
export function parameterDescriptions(parameters: { [name: string]: JobParameter }): { [name: string]: string } {
  return Object.fromEntries(Object.entries(parameters).flatMap(([name, { description }]) => description ? [[name, description]] : []));
}

/**
 * Refuses to log the data of executions, which have the values of parameters, where one must not be in a log.
 */
export function checkExecutionData(includeExecutionData: boolean | undefined, parameters: ParametersSettings): void {
  const sensitive = Object.keys(parameters).find((name) => parameters[name].sensitive);
  if (includeExecutionData && sensitive !== undefined) {
    refuse('includeExecutionData', `must not be true, because the log would have the values of the sensitive parameter ${sensitive}`, true);
  }
}

/**
 * Checks what is known at synth of the values that parameters can have, by the rules of a run.
 */
export function checkParameters(parameters: ParametersSettings, document: DocumentSettings): void {
  for (const [name, settings] of Object.entries(parameters)) {
    if (!document.own && settings.type === 'String' && !settings.pattern && !settings.allowedValues) {
      refuse(`parameter ${name}`, 'must have a pattern or allowedValues, because a document may run its parameters as code', withoutValues(settings));
    }
    checkValue(`the default of parameter ${name}`, settings, document, settings.default);
    for (const value of settings.allowedValues ?? []) {
      checkValue(`an allowed value of parameter ${name}`, settings, document, value);
      checkTogether('an allowed value of parameter', { [name]: settings }, document, { [name]: value });
    }
  }
  checkTogether('the default of parameter', parameters, document, {});
}

/**
 * Checks the values that a prop hands to every run it starts: what is known of them at synth, by the rules of a run.
 */
export function checkValues(
  prop: string, parameters: ParametersSettings, document: DocumentSettings, values: { [name: string]: string } = {},
): void {
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(parameters, name)) {
      refuse(prop, `must only have parameters of the job (${Object.keys(parameters).join(', ') || 'none'})`, name);
    }
  }
  for (const [name, settings] of Object.entries(parameters)) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined && settings.default === undefined) {
      refuse(prop, `must have a value for ${name}, which has no default`, shownValues(parameters, values));
    }
    checkValue(`${prop} ${name}`, settings, document, value);
  }
  checkTogether(prop, parameters, document, values);
}

/** All that a run will send, as far as it is known: nothing of a value that is not. */
function checkTogether(prop: string, parameters: ParametersSettings, document: DocumentSettings, given: { [name: string]: string }): void {
  const values = new Map(Object.entries(parameters).map(([name, settings]) => {
    const value = Object.hasOwn(given, name) ? given[name] : settings.default;
    return [name, isKnown(value) ? value : ''];
  }));
  const large = tooLarge(document, values);
  if (large) {
    refuseValue(`${prop} ${large.name}`, parameters[large.name], large.rule, values.get(large.name));
  }
}

function checkValue(what: string, settings: ParameterSettings, document: DocumentSettings, value: string | undefined): void {
  // A pattern that is a token is known to runs only.
  const matches: PatternMatch = (pattern, text) => !isKnown(pattern) || patternRules().matchesWhole(pattern, text);
  // So may be one of the values that are allowed.
  const { allowedValues, ...others } = settings;
  const known = allowedValues?.every(isKnown) ? settings : others;
  const rule = isKnown(value) ? brokenRule(known, document.own, value, matches) : undefined;
  if (rule) {
    refuseValue(what, settings, rule, value);
  }
}

function refuseValue(what: string, { sensitive }: ParameterSettings, rule: string, value: string | undefined): never {
  if (sensitive) {
    throw new Error(`${what} ${rule}, got ${SENSITIVE_VALUE}`);
  }
  return refuse(what, rule, value);
}

function withoutValues(settings: ParameterSettings): ParameterSettings {
  const { default: value, allowedValues, ...shown } = settings;
  return settings.sensitive ? shown : settings;
}

/** Values of parameters, as an error may quote them. */
export function shownValues(parameters: ParametersSettings, values?: { [name: string]: string }): { [name: string]: string } | undefined {
  const isSensitive = (name: string) => Object.hasOwn(parameters, name) && parameters[name].sensitive === true;
  return values && Object.fromEntries(Object.entries(values).map(([name, value]) => [name, isSensitive(name) ? SENSITIVE_VALUE : value]));
}

/** The same for whoever starts a run with them: what may be quoted, and the names of what may not. */
export function withoutSensitive(
  parameters: ParametersSettings, values: { [name: string]: string } = {},
): { parameters: { [name: string]: string }; withheld: string[] } {
  const entries = Object.entries(values);
  return {
    parameters: Object.fromEntries(entries.filter(([name]) => !parameters[name].sensitive)),
    withheld: entries.map(([name]) => name).filter((name) => parameters[name].sensitive),
  };
}

/**
 * The limits of a run, which its commands share.
 */
export function commandLimits(
  limits: { maxConcurrency?: InvocationLimit; maxErrors?: InvocationLimit }, commandCount: number, successExitCodes: number[],
): { maxConcurrency?: string; maxErrors?: string } {
  const { maxConcurrency, maxErrors } = limits;
  if (maxConcurrency?.value === '0' || maxConcurrency?.value === '0%') {
    refuse('maxConcurrency', 'must be at least 1', maxConcurrency.value);
  }
  if (maxConcurrency?._count !== undefined && maxConcurrency._count < commandCount) {
    refuse('maxConcurrency',
      `must be at least ${commandCount}, the number of commands that run side by side (one for ${MAX_INSTANCE_IDS} instanceIds); use targets`,
      maxConcurrency.value);
  }
  // SSM counts a warning's exit code as an error, and would leave out the instances that are still to come.
  const defaultMaxErrors = successExitCodes.some((code) => code !== 0) ? '100%' : undefined;
  return { maxConcurrency: maxConcurrency?.value, maxErrors: maxErrors?.value ?? defaultMaxErrors };
}

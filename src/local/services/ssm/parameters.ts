import { RE2JS, RE2JSException } from 're2js';
import { DocumentContent, DocumentParameter } from './document';
import { AwsError } from '../../aws/aws-error';

/** Parameter values as SendCommand takes them. */
export interface GivenParameters {
  readonly [name: string]: readonly string[];
}

/** Parameter values as the agent substitutes them. */
export interface ParameterValues {
  readonly [name: string]: unknown;
}

/**
 * Checks what SendCommand was given, and adds the document's defaults.
 *
 * @throws InvalidParameters naming the parameter, the rule and the value
 */
export function resolveParameters(document: DocumentContent, given: GivenParameters): ParameterValues {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(document.parameters, name));
  if (unknown !== undefined) {
    throw invalid(`parameter ${unknown} is not defined in the document`);
  }
  return Object.fromEntries(Object.entries(document.parameters).map(([name, parameter]) => {
    if (Object.hasOwn(given, name)) {
      return [name, resolve(name, parameter, given[name])];
    }
    if (parameter.default === undefined) {
      throw invalid(`parameter ${name} is required`);
    }
    return [name, parameter.default];
  }));
}

function resolve(name: string, parameter: DocumentParameter, values: readonly string[]): unknown {
  const { type, allowedPattern, allowedValues, minChars = 0, maxChars = Infinity, minItems = 0, maxItems = Infinity } = parameter;
  if (type === 'StringList') {
    if (values.length < minItems || values.length > maxItems) {
      throw invalid(`parameter ${name} must have ${minItems} to ${maxItems} items, got: ${values.length}`);
    }
  } else if (values.length !== 1) {
    throw invalid(`parameter ${name} of type ${type} must have exactly one value, got: ${values.length}`);
  }
  for (const value of values) {
    if (allowedPattern !== undefined && !compilePattern(name, allowedPattern).test(value)) {
      throw invalid(`parameter ${name} must match the pattern ${allowedPattern}, got: ${value}`);
    }
    if (allowedValues && !allowedValues.includes(value)) {
      throw invalid(`parameter ${name} must be one of ${allowedValues.join(', ')}, got: ${value}`);
    }
    if (value.length < minChars || value.length > maxChars) {
      throw invalid(`parameter ${name} must have ${minChars} to ${maxChars} characters, got: ${value.length}`);
    }
  }
  switch (type) {
    case 'StringList': return values;
    case 'StringMap': case 'MapList': return json(name, type, values[0]);
    default: return values[0];
  }
}

/**
 * The pattern as the agent applies it: RE2, which finds it anywhere in the value. Who means the whole value writes the anchors.
 *
 * @throws InvalidDocumentContent when the pattern is not a regular expression of RE2
 */
export function compilePattern(parameter: string, pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof RE2JSException) {
      throw new AwsError('InvalidDocumentContent',
        `allowedPattern of ${parameter} must be a regular expression, got: ${pattern} (${error.message})`);
    }
    throw error;
  }
}

function json(name: string, type: string, value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw invalid(`parameter ${name} of type ${type} must be JSON, got: ${value}`);
  }
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameters', message);
}

/**
 * Puts parameter values into a document the way the agent does: a string that is nothing but `{{ name }}` becomes the value
 * itself, within a longer string a value that is no string becomes JSON, `$$` becomes `$`, and values are not looked at again.
 *
 * @see https://github.com/aws/amazon-ssm-agent agent/framework/docparser/parameters/parameters.go
 */
export function substitute(input: unknown, values: ParameterValues): unknown {
  if (typeof input === 'string') {
    const whole = /^\{\{\s*([a-zA-Z0-9]+)\s*\}\}$/.exec(input);
    if (whole && Object.hasOwn(values, whole[1])) {
      return values[whole[1]];
    }
    return input.replace(/\{\{\s*([a-zA-Z0-9]+)\s*\}\}/g, (reference, name: string) =>
      Object.hasOwn(values, name) ? embedded(values[name]) : reference);
  }
  if (Array.isArray(input)) {
    return input.map((item) => substitute(item, values));
  }
  if (typeof input === 'object' && input !== null) {
    return Object.fromEntries(Object.entries(input).map(([key, item]) => [key, substitute(item, values)]));
  }
  return input;
}

function embedded(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replaceAll('$$', '$');
}

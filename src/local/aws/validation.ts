import { JsonObject } from './api-service';
import { AwsError, validationError } from './aws-error';

/** A shape of an API model, as far as requests can break it. */
export interface Shape {
  readonly type: 'string' | 'integer' | 'boolean' | 'list' | 'structure';
  readonly required?: boolean;
  /** Of a string or a list: length; of an integer: value. */
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
  readonly values?: readonly string[];
  /** What a list holds, or a structure that is a map. */
  readonly member?: Shape;
  readonly members?: { readonly [name: string]: Shape };
}

/**
 * Checks a request against its model. Members that the model does not know are ignored, as AWS does.
 *
 * @throws SerializationException for a wrong type, ValidationException for a broken constraint
 */
export function validate(input: JsonObject, shape: Shape): void {
  const errors: string[] = [];
  check(input, shape, '', errors);
  if (errors.length > 0) {
    throw validationError(`${errors.length} validation error${errors.length > 1 ? 's' : ''} detected: ${errors.join('; ')}`);
  }
}

function check(value: unknown, shape: Shape, path: string, errors: string[]): void {
  if (value === undefined || value === null) {
    if (shape.required) {
      errors.push(`Value null at '${path}' failed to satisfy constraint: Member must not be null`);
    }
    return;
  }
  if (typeOf(value) !== shape.type) {
    throw new AwsError('SerializationException',
      `${path || 'the request'} must be of type ${shape.type}, got: ${JSON.stringify(value)}`);
  }
  for (const constraint of broken(value, shape)) {
    errors.push(`Value '${show(value)}' at '${path}' failed to satisfy constraint: Member must ${constraint}`);
  }
  for (const [name, member] of children(value, shape)) {
    check(member.value, member.shape, path ? `${path}.${name}` : name, errors);
  }
}

function typeOf(value: unknown): string {
  switch (typeof value) {
    case 'number': return Number.isInteger(value) ? 'integer' : 'number';
    case 'object': return Array.isArray(value) ? 'list' : 'structure';
    default: return typeof value;
  }
}

function* broken(value: unknown, { type, min, max, pattern, values }: Shape): Generator<string> {
  const size = type === 'integer' ? value as number : (value as { length?: number }).length ?? 0;
  const measure = type === 'integer' ? 'have value' : 'have length';
  if (min !== undefined && size < min) {
    yield `${measure} greater than or equal to ${min}`;
  }
  if (max !== undefined && size > max) {
    yield `${measure} less than or equal to ${max}`;
  }
  if (pattern && !pattern.test(String(value))) {
    yield `satisfy regular expression pattern: ${pattern.source}`;
  }
  if (values && !values.includes(String(value))) {
    yield `satisfy enum value set: [${values.join(', ')}]`;
  }
}

function children(value: unknown, shape: Shape): [string, { value: unknown; shape: Shape }][] {
  if (shape.type === 'list' && shape.member) {
    return (value as unknown[]).map((item, index) => [`${index + 1}.member`, { value: item, shape: shape.member! }]);
  }
  if (shape.type === 'structure' && shape.member) {
    return Object.entries(value as JsonObject).map(([key, item]) => [`${key}.member`, { value: item, shape: shape.member! }]);
  }
  return Object.entries(shape.members ?? {}).map(([name, member]) =>
    [name.charAt(0).toLowerCase() + name.slice(1), { value: (value as JsonObject)[name], shape: member }]);
}

function show(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

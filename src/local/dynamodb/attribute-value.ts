import { AwsError, validationError } from '../aws/aws-error';
import { compareDecimals, formatDecimal, parseDecimal } from './decimal';

/** A value as DynamoDB's API has it: one member, whose name is its type, e.g. `{ "S": "text" }`. */
export interface AttributeValue {
  readonly S?: string;
  readonly N?: string;
  /** Base64. */
  readonly B?: string;
  readonly BOOL?: boolean;
  readonly NULL?: boolean;
  readonly SS?: readonly string[];
  readonly NS?: readonly string[];
  readonly BS?: readonly string[];
  readonly L?: readonly AttributeValue[];
  readonly M?: Item;
}

export type AttributeType = keyof AttributeValue;

/** What a table holds, by names of attributes. */
export interface Item {
  readonly [attribute: string]: AttributeValue;
}

type Reader = (content: unknown, type: AttributeType) => unknown;

const text: Reader = (content, type) => required(content, type, 'string', 'STRING');
const flag: Reader = (content, type) => required(content, type, 'boolean', 'BOOLEAN');
const number: Reader = (content, type) => formatDecimal(parseDecimal(String(text(content, type))));
const set = (read: Reader): Reader => (content, type) => {
  const members = listOf(content, type).map((member) => read(member, type));
  if (members.length === 0) {
    throw validationError(`One or more parameter values were invalid: An ${SETS[type]} set  may not be empty`);
  }
  if (new Set(members).size < members.length) {
    throw validationError(`One or more parameter values were invalid: Input collection ${String(content)} contains duplicates.`);
  }
  return members;
};

const SETS: { readonly [type: string]: string } = { SS: 'string', NS: 'number', BS: 'binary' };

const READERS: { readonly [type in AttributeType]: Reader } = {
  S: text,
  N: number,
  B: text,
  BOOL: flag,
  NULL: flag,
  SS: set(text),
  NS: set(number),
  BS: set(text),
  L: (content, type) => listOf(content, type).map(readValue),
  M: (content, type) => readItem(required(content, type, 'object', 'MAP') as object),
};

/**
 * Reads a value of a request. Numbers become what DynamoDB answers.
 *
 * @throws AwsError `SerializationException` for a wrong type, `ValidationException` for a wrong value
 */
export function readValue(value: unknown): AttributeValue {
  const [[type, content] = [], ...others] = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (type === undefined || !Object.hasOwn(READERS, type)) {
    throw validationError('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes');
  }
  if (others.length > 0) {
    throw validationError('Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes');
  }
  const known = type as AttributeType;
  return { [known]: READERS[known](content, known) };
}

/** @throws AwsError as `readValue` does */
export function readItem(item: object): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, readValue(value)]));
}

export function typeOf(value: AttributeValue): AttributeType {
  return Object.keys(value)[0] as AttributeType;
}

export function equal(left: AttributeValue, right: AttributeValue): boolean {
  return canonical(left) === canonical(right);
}

/** @returns a negative number, zero or a positive number; undefined if the values have no order, e.g. because their types differ */
export function compare(left: AttributeValue, right: AttributeValue): number | undefined {
  if (left.N !== undefined && right.N !== undefined) {
    return compareDecimals(parseDecimal(left.N), parseDecimal(right.N));
  }
  if (left.S !== undefined && right.S !== undefined) {
    return Buffer.compare(Buffer.from(left.S), Buffer.from(right.S));
  }
  if (left.B !== undefined && right.B !== undefined) {
    return Buffer.compare(bytesOf(left.B), bytesOf(right.B));
  }
  return undefined;
}

export function bytesOf(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}

/** The same text for equal values: the members of sets and maps have no order. */
function canonical(value: AttributeValue): string {
  const { SS, NS, BS, L, M } = value;
  const members = SS ?? NS ?? BS;
  if (members) {
    return JSON.stringify([typeOf(value), [...members].sort()]);
  }
  if (L) {
    return JSON.stringify(['L', L.map(canonical)]);
  }
  if (M) {
    return JSON.stringify(['M', Object.keys(M).sort().map((name) => [name, canonical(M[name])])]);
  }
  return JSON.stringify(value);
}

function listOf(content: unknown, type: AttributeType): unknown[] {
  if (!Array.isArray(content)) {
    throw wrongType(content, type, 'LIST');
  }
  return content;
}

function required(content: unknown, type: AttributeType, wanted: string, name: string): unknown {
  if (typeof content !== wanted || content === null || Array.isArray(content)) {
    throw wrongType(content, type, name);
  }
  return content;
}

function wrongType(content: unknown, type: AttributeType, wanted: string): AwsError {
  return new AwsError('SerializationException', `The value for the field '${type}' must be a ${wanted}, got ${JSON.stringify(content)}`);
}

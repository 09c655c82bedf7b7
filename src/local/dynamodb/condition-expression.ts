import { AttributeValue, bytesOf, compare, equal, Item, typeOf } from './attribute-value';
import { ExpressionReader, valueAtPath } from './expression-reader';
import { Placeholders } from './placeholders';

export type Condition = (item: Item) => boolean;
type Operand = (item: Item) => AttributeValue | undefined;
type Comparison = (left: AttributeValue, right: AttributeValue) => boolean;

const ordered = (holds: (order: number) => boolean): Comparison => (left, right) => {
  const order = compare(left, right);
  return order !== undefined && holds(order);
};

const COMPARISONS: { readonly [comparator: string]: Comparison } = {
  '=': equal,
  '<>': (left, right) => !equal(left, right),
  '<': ordered((order) => order < 0),
  '<=': ordered((order) => order <= 0),
  '>': ordered((order) => order > 0),
  '>=': ordered((order) => order >= 0),
};

/**
 * Reads a condition.
 *
 * @throws AwsError `ValidationException`
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 */
export function conditionExpression(text: string, placeholders: Placeholders): Condition {
  const reader = new ExpressionReader('ConditionExpression', text, placeholders);
  const condition = anyOf(reader);
  if (!reader.atEnd) {
    throw reader.unexpected();
  }
  return condition;
}

function anyOf(reader: ExpressionReader): Condition {
  const conditions = [allOf(reader)];
  while (reader.accept('OR')) {
    conditions.push(allOf(reader));
  }
  return (item) => conditions.some((condition) => condition(item));
}

function allOf(reader: ExpressionReader): Condition {
  const conditions = [negation(reader)];
  while (reader.accept('AND')) {
    conditions.push(negation(reader));
  }
  return (item) => conditions.every((condition) => condition(item));
}

function negation(reader: ExpressionReader): Condition {
  if (!reader.accept('NOT')) {
    return simple(reader);
  }
  const condition = negation(reader);
  return (item) => !condition(item);
}

function simple(reader: ExpressionReader): Condition {
  if (reader.accept('(')) {
    const condition = anyOf(reader);
    reader.expect(')');
    return condition;
  }
  return reader.isCall && reader.token !== 'size' ? predicate(reader) : comparison(reader);
}

/** A function that says yes or no. */
function predicate(reader: ExpressionReader): Condition {
  const name = reader.take();
  reader.expect('(');
  if (!Object.hasOwn(PREDICATES, name)) {
    throw reader.error(`Invalid function name; function: ${name}`);
  }
  const condition = PREDICATES[name](reader);
  reader.expect(')');
  return condition;
}

const PREDICATES: { readonly [name: string]: (reader: ExpressionReader) => Condition } = {
  attribute_exists: (reader) => {
    const path = reader.path();
    return (item) => valueAtPath(path, item) !== undefined;
  },
  attribute_not_exists: (reader) => {
    const path = reader.path();
    return (item) => valueAtPath(path, item) === undefined;
  },
  attribute_type: (reader) => twoOperands(reader, (value, type) => typeOf(value) === type.S),
  begins_with: (reader) => twoOperands(reader, beginsWith),
  contains: (reader) => twoOperands(reader, contains),
};

function twoOperands(reader: ExpressionReader, holds: Comparison): Condition {
  const left = operand(reader);
  reader.expect(',');
  return both(left, operand(reader), holds);
}

function comparison(reader: ExpressionReader): Condition {
  const left = operand(reader);
  if (reader.accept('BETWEEN')) {
    const lower = operand(reader);
    reader.expect('AND');
    const upper = operand(reader);
    const [isAbove, isBelow] = [both(left, lower, COMPARISONS['>=']), both(left, upper, COMPARISONS['<='])];
    return (item) => isAbove(item) && isBelow(item);
  }
  if (reader.accept('IN')) {
    reader.expect('(');
    const choices = reader.list(() => both(left, operand(reader), equal));
    reader.expect(')');
    return (item) => choices.some((choice) => choice(item));
  }
  if (!Object.hasOwn(COMPARISONS, reader.token)) {
    throw reader.unexpected();
  }
  const comparator = reader.take();
  const right = operand(reader);
  // What is missing equals nothing.
  return comparator === '<>' ? negated(both(left, right, equal)) : both(left, right, COMPARISONS[comparator]);
}

function operand(reader: ExpressionReader): Operand {
  if (reader.token.startsWith(':')) {
    const value = reader.value();
    return () => value;
  }
  if (!reader.isCall) {
    const path = reader.path();
    return (item) => valueAtPath(path, item);
  }
  const name = reader.take();
  if (name !== 'size') {
    throw reader.error(`The function is not allowed to be used this way in an expression; function: ${name}`);
  }
  reader.expect('(');
  const path = reader.path();
  reader.expect(')');
  return (item) => sizeOf(valueAtPath(path, item));
}

/** Does not hold where one of the two is missing. */
function both(left: Operand, right: Operand, holds: Comparison): Condition {
  return (item) => {
    const [a, b] = [left(item), right(item)];
    return a !== undefined && b !== undefined && holds(a, b);
  };
}

function negated(condition: Condition): Condition {
  return (item) => !condition(item);
}

function beginsWith(value: AttributeValue, start: AttributeValue): boolean {
  if (value.S !== undefined && start.S !== undefined) {
    return value.S.startsWith(start.S);
  }
  if (value.B === undefined || start.B === undefined) {
    return false;
  }
  const wanted = bytesOf(start.B);
  return bytesOf(value.B).subarray(0, wanted.length).equals(wanted);
}

function contains(value: AttributeValue, part: AttributeValue): boolean {
  if (value.S !== undefined) {
    return part.S !== undefined && value.S.includes(part.S);
  }
  if (value.B !== undefined) {
    return part.B !== undefined && bytesOf(value.B).includes(bytesOf(part.B));
  }
  if (value.L) {
    return value.L.some((member) => equal(member, part));
  }
  const [members, wanted] = value.SS ? [value.SS, part.S] : value.NS ? [value.NS, part.N] : [value.BS, part.B];
  return wanted !== undefined && (members ?? []).includes(wanted);
}

function sizeOf(value: AttributeValue | undefined): AttributeValue | undefined {
  const { S, B, SS, NS, BS, L, M } = value ?? {};
  const size = S?.length ?? (B === undefined ? undefined : bytesOf(B).length) ?? (SS ?? NS ?? BS ?? L)?.length;
  const count = size ?? (M && Object.keys(M).length);
  return count === undefined ? undefined : { N: String(count) };
}

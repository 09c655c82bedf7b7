import { AwsError, validationError } from '../aws/aws-error';
import { AttributeValue, Item } from './attribute-value';
import { addDecimals, formatDecimal, negateDecimal, parseDecimal } from './decimal';
import { childOf, DocumentPath, ExpressionReader, valueAtPath } from './expression-reader';
import { Placeholders } from './placeholders';

/** What an update changes, and how. */
export interface Update {
  readonly paths: readonly DocumentPath[];
  /** @throws AwsError `ValidationException` if the item has not what the update needs */
  apply(item: Item): Item;
}

type Operand = (item: Item) => AttributeValue;

/** A change of one place; without a value, what is there is removed. */
interface Change {
  readonly path: DocumentPath;
  readonly value?: Operand;
}

/**
 * Reads an update: its sections `SET` and `REMOVE`.
 *
 * @throws AwsError `ValidationException`; `UnknownOperationException` for `ADD` and `DELETE`, which the local run does not know
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
 */
export function updateExpression(text: string, placeholders: Placeholders): Update {
  const reader = new ExpressionReader('UpdateExpression', text, placeholders);
  const sections = new Map<string, Change[]>();
  while (!reader.atEnd) {
    const section = reader.keyword;
    if (sections.has(section)) {
      throw reader.error(`The "${section}" section can only be used once in an update expression;`);
    }
    sections.set(section, changes(reader));
  }
  const all = [...sections.values()].flat();
  const paths = all.map(({ path }) => path);
  refuseOverlap(paths, reader);
  return {
    paths,
    apply: (item) => {
      // Operands are what they were before any change.
      const results = all.map(({ path, value }) => ({ path, value: value?.(item) }));
      return results.reduce((result, { path, value }) => changedAt(result, path, value), item);
    },
  };
}

function changes(reader: ExpressionReader): Change[] {
  if (reader.accept('SET')) {
    return reader.list(() => assignment(reader));
  }
  if (reader.accept('REMOVE')) {
    return reader.list(() => ({ path: reader.path() }));
  }
  if (reader.keyword !== 'ADD' && reader.keyword !== 'DELETE') {
    throw reader.unexpected();
  }
  throw new AwsError('UnknownOperationException', `the local run does not know ${reader.keyword} in an UpdateExpression`);
}

function assignment(reader: ExpressionReader): Change {
  const path = reader.path();
  reader.expect('=');
  const left = operand(reader);
  if (reader.accept('+')) {
    return { path, value: sum(left, operand(reader), 1) };
  }
  if (reader.accept('-')) {
    return { path, value: sum(left, operand(reader), -1) };
  }
  return { path, value: left };
}

function operand(reader: ExpressionReader): Operand {
  if (reader.token.startsWith(':')) {
    const value = reader.value();
    return () => value;
  }
  if (!reader.isCall) {
    const path = reader.path();
    return (item) => valueAtPath(path, item) ?? refuseMissing();
  }
  const name = reader.take();
  if (name !== 'if_not_exists' && name !== 'list_append') {
    throw reader.error(`Invalid function name; function: ${name}`);
  }
  reader.expect('(');
  const value = name === 'if_not_exists' ? ifNotExists(reader) : listAppend(reader);
  reader.expect(')');
  return value;
}

function ifNotExists(reader: ExpressionReader): Operand {
  const path = reader.path();
  reader.expect(',');
  const otherwise = operand(reader);
  return (item) => valueAtPath(path, item) ?? otherwise(item);
}

function listAppend(reader: ExpressionReader): Operand {
  const first = operand(reader);
  reader.expect(',');
  const second = operand(reader);
  return (item) => ({ L: [...first(item).L ?? refuseType(), ...second(item).L ?? refuseType()] });
}

function sum(left: Operand, right: Operand, sign: 1 | -1): Operand {
  return (item) => {
    const [a, b] = [left(item), right(item)].map(({ N }) => parseDecimal(N ?? refuseType()));
    return { N: formatDecimal(addDecimals(a, sign === 1 ? b : negateDecimal(b))) };
  };
}

/** A copy of an item with another value at a place; without the place if there is no value. */
function changedAt(item: Item, path: DocumentPath, value: AttributeValue | undefined): Item {
  return changed({ M: item }, path, value).M ?? {};
}

function changed(target: AttributeValue, [step, ...rest]: DocumentPath, value: AttributeValue | undefined): AttributeValue {
  const members = typeof step === 'number' ? target.L : target.M;
  const child = childOf(target, step);
  if (members === undefined || (rest.length > 0 && child === undefined)) {
    throw validationError('The document path provided in the update expression is invalid for update');
  }
  const replacement = rest.length > 0 ? changed(child!, rest, value) : value;
  if (typeof step === 'string') {
    const { [step]: _, ...others } = target.M!;
    return { M: replacement === undefined ? others : { ...others, [step]: replacement } };
  }
  const list = [...target.L!];
  // Beyond the end of a list is its end.
  list.splice(Math.min(step, list.length), 1, ...replacement === undefined ? [] : [replacement]);
  return { L: list };
}

function refuseOverlap(paths: readonly DocumentPath[], reader: ExpressionReader): void {
  paths.forEach((one, index) => {
    const other = paths.slice(index + 1).find((path) => one.every((step, at) => at >= path.length || step === path[at]));
    if (other === undefined) {
      return;
    }
    const [first, second] = [one, other].map((path) => `[${path.join(', ')}]`);
    throw reader.error('Two document paths overlap with each other; must remove or rewrite one of these paths; ' +
      `path one: ${first}, path two: ${second}`);
  });
}

function refuseMissing(): never {
  throw validationError('The provided expression refers to an attribute that does not exist in the item');
}

function refuseType(): never {
  throw validationError('An operand in the update expression has an incorrect data type');
}

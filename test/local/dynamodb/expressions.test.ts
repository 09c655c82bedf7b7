import { Item } from '../../../src/local/dynamodb/attribute-value';
import { conditionExpression } from '../../../src/local/dynamodb/condition-expression';
import { addDecimals, compareDecimals, formatDecimal, parseDecimal } from '../../../src/local/dynamodb/decimal';
import { Placeholders } from '../../../src/local/dynamodb/placeholders';
import { updateExpression } from '../../../src/local/dynamodb/update-expression';

const ITEM: Item = {
  Run: { S: 'run-1' },
  wokenAt: { S: '2026-01-02T03:04:05.678Z' },
  n: { N: '12.5' },
  flag: { BOOL: true },
  tags: { SS: ['a', 'b'] },
  blob_: { B: 'YWJj' },
  list_: { L: [{ S: 'x' }, { N: '1' }] },
  map_: { M: { inside: { S: 'y' }, deep: { M: { n: { N: '1' } } } } },
};

const placeholders = (names: { [name: string]: string } = {}, values: object = {}) =>
  new Placeholders({ ExpressionAttributeNames: names, ExpressionAttributeValues: values });

const VALUES = {
  ':early': { S: '2026-01-01T00:00:00.000Z' },
  ':late': { S: '2026-02-01T00:00:00.000Z' },
  ':s': { S: 'run' },
  ':n': { N: '012.50' },
  ':one': { N: '1' },
  ':big': { N: '100' },
  ':a': { S: 'a' },
  ':bytes': { B: 'YWI=' },
  ':type': { S: 'SS' },
  ':tags': { SS: ['b', 'a'] },
  ':x': { S: 'x' },
  ':null': { NULL: true },
};

const holds = (expression: string, item: Item = ITEM) =>
  conditionExpression(expression, placeholders({ '#woken': 'wokenAt', '#name': 'Run' }, VALUES))(item);
const refusal = (use: () => unknown): string => {
  try {
    use();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return 'taken';
};

describe('a condition', () => {
  test.each([
    'attribute_not_exists(gone)', 'attribute_exists(Run)', 'attribute_exists(map_.deep.n)', 'attribute_not_exists(map_.gone.n)',
    'attribute_not_exists(list_[2])', '#woken < :late', '#woken > :early', '#woken <> :early', 'gone <> :early',
    'n = :n', 'n >= :one', 'n < :big', 'tags = :tags', 'flag <> :null', 'NOT #woken < :early',
    'attribute_not_exists(#woken) OR #woken < :late', 'attribute_exists(n) and (n = :one or n = :n)',
    'n = :one OR n = :n AND attribute_exists(Run)', 'n BETWEEN :one AND :big', '#name IN (:a, :s) OR n IN (:one, :n)',
    'begins_with(#name, :s)', 'begins_with(blob_, :bytes)', 'contains(tags, :a)', 'contains(list_, :x)', 'contains(#name, :s)',
    'attribute_type(tags, :type)', 'size(tags) > :one', 'size(blob_) < :n', 'list_[1] = :one', 'map_.deep.n = :one',
  ])('%s holds', (expression) => {
    expect(holds(expression)).toBe(true);
    expect(holds(`NOT (${expression})`)).toBe(false);
  });

  test.each([
    'gone = :a', 'gone < :a', 'n < :s', 'n = :s', 'attribute_exists(toString)', '#woken < :early',
    'attribute_not_exists(#woken) OR #woken < :early', 'n BETWEEN :big AND :one', 'begins_with(n, :one)', 'size(n) > :one',
    'n = :n AND n = :one', '(n = :one OR n = :n) AND n = :one',
  ])('%s does not hold', (expression) => {
    expect(holds(expression)).toBe(false);
  });

  test.each([
    ['token = :a', 'Attribute name is a reserved keyword; reserved keyword: token'],
    ['#undefined = :a', 'An expression attribute name used in the document path is not defined; attribute name: #undefined'],
    ['n = :undefined', 'An expression attribute value used in expression is not defined; attribute value: :undefined'],
    ['n = :a n', 'Syntax error; token: "n", near: "n = :a n"'],
    ['n ! :a', 'Syntax error; token: "!", near: "n ! :a"'],
    ['n =', 'Syntax error; token: "<EOF>", near: "n ="'],
    ['(n = :a', 'Syntax error; token: "<EOF>"'],
    ['exists(n)', 'Invalid function name; function: exists'],
    ['n = attribute_exists(n)', 'The function is not allowed to be used this way in an expression; function: attribute_exists'],
    ['  ', 'The expression can not be empty;'],
  ])('%s is refused', (expression, message) => {
    expect(refusal(() => holds(expression))).toContain(`ValidationException: Invalid ConditionExpression: ${message}`);
  });
});

describe('an update', () => {
  const apply = (expression: string, item: Item = ITEM) =>
    updateExpression(expression, placeholders({ '#token': 'token' }, VALUES)).apply(item);

  test.each<[string, Item]>([
    ['SET #token = :a, also = :one', { ...ITEM, token: { S: 'a' }, also: { N: '1' } }],
    ['SET n = n + :one', { ...ITEM, n: { N: '13.5' } }],
    ['set n = n - :big remove flag, tags', (({ flag, tags, ...rest }) => ({ ...rest, n: { N: '-87.5' } }))(ITEM)],
    ['SET a = if_not_exists(a, :one) + :one, n = if_not_exists(n, :one)', { ...ITEM, a: { N: '2' } }],
    ['SET a = n, n = :one', { ...ITEM, a: ITEM.n, n: { N: '1' } }],
    ['SET list_ = list_append(list_, list_)', { ...ITEM, list_: { L: [...ITEM.list_.L!, ...ITEM.list_.L!] } }],
    ['SET list_[0] = :a, map_.inside = :a', { ...ITEM, list_: { L: [{ S: 'a' }, { N: '1' }] }, map_: { M: { ...ITEM.map_.M, inside: { S: 'a' } } } }],
    ['SET list_[9] = :a', { ...ITEM, list_: { L: [...ITEM.list_.L!, { S: 'a' }] } }],
    ['REMOVE map_.deep.n, list_[0], gone', { ...ITEM, list_: { L: [{ N: '1' }] }, map_: { M: { inside: { S: 'y' }, deep: { M: {} } } } }],
  ])('%s', (expression, after) => {
    const before = JSON.stringify(ITEM);

    expect(apply(expression)).toEqual(after);
    expect(JSON.stringify(ITEM)).toBe(before);
  });

  test.each([
    ['SET a = gone', 'The provided expression refers to an attribute that does not exist in the item'],
    ['SET a = Run + :one', 'An operand in the update expression has an incorrect data type'],
    ['SET a = list_append(n, list_)', 'An operand in the update expression has an incorrect data type'],
    ['SET gone.a = :a', 'The document path provided in the update expression is invalid for update'],
    ['SET n.a = :a', 'The document path provided in the update expression is invalid for update'],
    ['SET a = :a, a = :one', 'Two document paths overlap with each other'],
    ['SET map_ = :a REMOVE map_.inside', 'path one: [map_], path two: [map_, inside]'],
    ['SET a = :a SET b = :a', 'The "SET" section can only be used once in an update expression;'],
    ['SET a = size(n)', 'Invalid function name; function: size'],
    ['a = :a', 'Syntax error; token: "a"'],
    ['SET status = :a', 'Attribute name is a reserved keyword; reserved keyword: status'],
  ])('%s is refused', (expression, message) => {
    expect(refusal(() => apply(expression))).toMatch(/^ValidationException: /);
    expect(refusal(() => apply(expression))).toContain(message);
  });

  test('that the local run does not know is no error of DynamoDB', () => {
    expect(refusal(() => apply('ADD n :one'))).toBe(
      'UnknownOperationException: the local run does not know ADD in an UpdateExpression');
  });
});

describe('placeholders', () => {
  test('that no expression uses are refused', () => {
    const given = placeholders({ '#a': 'a', '#b': 'b' }, {});
    conditionExpression('attribute_exists(#a)', given);

    expect(refusal(() => given.requireUsed())).toBe(
      'ValidationException: Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}');
  });

  test.each([
    [{ a: 'a' }, {}, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"'],
    [{}, { a: { S: '' } }, 'ExpressionAttributeValues contains invalid key: Syntax error; key: "a"'],
    [{}, { ':a': {} }, 'Supplied AttributeValue is empty'],
    [{}, { ':a': { S: 'a', N: '1' } }, 'Supplied AttributeValue has more than one datatypes set'],
    [{}, { ':a': { N: 'abc' } }, 'The parameter cannot be converted to a numeric value: abc'],
    [{}, { ':a': { SS: [] } }, 'An string set  may not be empty'],
    [{}, { ':a': { NS: ['1', '1.0'] } }, 'contains duplicates'],
    [{}, { ':a': { N: 1 } }, 'SerializationException: The value for the field \'N\' must be a STRING, got 1'],
  ])('%j and %j are refused', (names, values, message) => {
    expect(refusal(() => placeholders(names as object as { [name: string]: string }, values))).toContain(message);
  });
});

describe('a number', () => {
  test.each([
    ['0012.500', '12.5'], ['-0', '0'], ['1e3', '1000'], ['.5', '0.5'], ['5.', '5'], ['-1.20E-3', '-0.0012'], ['+7', '7'],
    ['12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
  ])('%s is kept as %s', (text, kept) => {
    expect(formatDecimal(parseDecimal(text))).toBe(kept);
  });

  test.each(['', '.', '1,5', '0x10', 'NaN', '1'.repeat(39), '1e126', '1e-131'])('%j is refused', (text) => {
    expect(refusal(() => parseDecimal(text))).toMatch(/^ValidationException/);
  });

  test('is exact', () => {
    const sum = addDecimals(parseDecimal('0.1'), parseDecimal('0.2'));
    expect(formatDecimal(sum)).toBe('0.3');
    expect(compareDecimals(parseDecimal('9007199254740993'), parseDecimal('9007199254740992'))).toBe(1);
    expect(compareDecimals(parseDecimal('1.0'), parseDecimal('1'))).toBe(0);
    expect(compareDecimals(parseDecimal('-2'), parseDecimal('1e-3'))).toBe(-1);
  });
});

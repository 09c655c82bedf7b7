import { AwsError } from '../aws/aws-error';
import { Item, readItem } from './attribute-value';
import { Condition, conditionExpression } from './condition-expression';
import { DocumentPath } from './expression-reader';
import { Placeholders } from './placeholders';
import { TableOperation, TableRequest } from './requests';
import { Table } from './table';
import { Update, updateExpression } from './update-expression';

/**
 * Carries out an operation, as a whole or not at all.
 *
 * @throws AwsError as DynamoDB does
 */
export function carryOut(operation: TableOperation, request: TableRequest, table: Table): object {
  return OPERATIONS[operation](request, table);
}

const OPERATIONS: { readonly [operation in TableOperation]: (request: TableRequest, table: Table) => object } = {
  GetItem: (request, table) => {
    const item = table.find(keyOf(request, table));
    return item ? { Item: item } : {};
  },
  PutItem: (request, table) => {
    const item = readItem(request.Item ?? {});
    table.checkItem(item);
    const { condition } = expressionsOf(request);
    const before = table.find(item);
    checkCondition(condition, before);
    table.put(item);
    return oldAttributes(request, before);
  },
  DeleteItem: (request, table) => {
    const key = keyOf(request, table);
    const { condition } = expressionsOf(request);
    const before = table.find(key);
    checkCondition(condition, before);
    table.delete(key);
    return oldAttributes(request, before);
  },
  UpdateItem: (request, table) => {
    const key = keyOf(request, table);
    const { condition, update } = expressionsOf(request);
    update?.paths.forEach(([attribute]) => table.refuseKeyAttribute(attribute));
    const before = table.find(key);
    checkCondition(condition, before);
    const after = update?.apply(before ?? key) ?? before ?? key;
    table.put(after);
    return updatedAttributes(request, update?.paths ?? [], before, after);
  },
};

function keyOf({ Key }: TableRequest, table: Table): Item {
  const key = readItem(Key ?? {});
  table.checkKey(key);
  return key;
}

function expressionsOf(request: TableRequest): { condition?: Condition; update?: Update } {
  const { ConditionExpression, UpdateExpression } = request;
  const placeholders = new Placeholders(request);
  const update = UpdateExpression === undefined ? undefined : updateExpression(UpdateExpression, placeholders);
  const condition = ConditionExpression === undefined ? undefined : conditionExpression(ConditionExpression, placeholders);
  placeholders.requireUsed();
  return { condition, update };
}

function checkCondition(condition: Condition | undefined, item: Item | undefined): void {
  if (condition === undefined || condition(item ?? {})) {
    return;
  }
  throw new AwsError('ConditionalCheckFailedException', 'The conditional request failed');
}

function oldAttributes({ ReturnValues }: TableRequest, before: Item | undefined): object {
  return ReturnValues === 'ALL_OLD' && before ? { Attributes: before } : {};
}

function updatedAttributes(
  { ReturnValues = 'NONE' }: TableRequest,
  paths: readonly DocumentPath[],
  before: Item | undefined,
  after: Item,
): object {
  if (ReturnValues === 'ALL_OLD') {
    return before ? { Attributes: before } : {};
  }
  if (ReturnValues === 'ALL_NEW') {
    return { Attributes: after };
  }
  if (ReturnValues === 'NONE') {
    return {};
  }
  const item = (ReturnValues === 'UPDATED_OLD' ? before : after) ?? {};
  const updated = paths.map((path) => {
    if (path.length === 1) {
      return String(path[0]);
    }
    throw new AwsError('UnknownOperationException', `the local run does not know ReturnValues ${ReturnValues} for a part of an attribute`);
  });
  const attributes = Object.fromEntries(updated.filter((name) => Object.hasOwn(item, name)).map((name) => [name, item[name]]));
  return Object.keys(attributes).length > 0 ? { Attributes: attributes } : {};
}

import { JsonObject } from '../aws/api-service';
import { AwsError } from '../aws/aws-error';
import { Shape, validate } from '../aws/validation';

const object: Shape = { type: 'structure' };
const text: Shape = { type: 'string' };
const required = (shape: Shape): Shape => ({ ...shape, required: true });
const oneOf = (...values: string[]): Shape => ({ type: 'string', values });

const table = { TableName: required({ type: 'string', min: 1, max: 1024 }) };
const names = { ExpressionAttributeNames: { type: 'structure', member: text } satisfies Shape };
const condition = { ConditionExpression: text, ...names, ExpressionAttributeValues: object };

/** What requests must look like, by operation: the members that the local run knows. */
const SHAPES = {
  GetItem: { ...table, Key: required(object), ConsistentRead: { type: 'boolean' } },
  PutItem: { ...table, Item: required(object), ...condition, ReturnValues: oneOf('NONE', 'ALL_OLD') },
  DeleteItem: { ...table, Key: required(object), ...condition, ReturnValues: oneOf('NONE', 'ALL_OLD') },
  UpdateItem: {
    ...table,
    Key: required(object),
    UpdateExpression: text,
    ...condition,
    ReturnValues: oneOf('NONE', 'ALL_OLD', 'UPDATED_OLD', 'ALL_NEW', 'UPDATED_NEW'),
  },
} satisfies { [operation: string]: { [member: string]: Shape } };

export type TableOperation = keyof typeof SHAPES;

export const TABLE_OPERATIONS = Object.keys(SHAPES) as TableOperation[];

/** A request that has passed `readRequest`. */
export interface TableRequest {
  readonly TableName: string;
  readonly Key?: object;
  readonly Item?: object;
  readonly ConsistentRead?: boolean;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: { readonly [placeholder: string]: string };
  readonly ExpressionAttributeValues?: object;
  readonly ReturnValues?: string;
}

/**
 * Checks a request against the model of its operation.
 *
 * @throws AwsError `ValidationException`, `SerializationException`; `UnknownOperationException` for members that the local run does
 * not know
 */
export function readRequest(operation: TableOperation, input: JsonObject): TableRequest {
  const unknown = Object.keys(input).find((member) => !Object.hasOwn(SHAPES[operation], member));
  if (unknown !== undefined) {
    throw new AwsError('UnknownOperationException', `the local run does not know the member ${unknown} of ${operation}`);
  }
  validate(input, { type: 'structure', members: SHAPES[operation] });
  return input as unknown as TableRequest;
}

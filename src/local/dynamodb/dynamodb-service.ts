import { ApiResource, JsonObject, JsonService } from '../aws/api-service';
import { TABLE_OPERATIONS } from './requests';
import { Tables } from './tables';

/** How Step Functions names DynamoDB's errors: `DynamoDb` in the SDK integration, `DynamoDB` in the optimized one. */
export const DYNAMODB_ERRORS = {
  errorPrefix: 'DynamoDb',
  unmodeled: ['ValidationException', 'AccessDeniedException'],
};

/** DynamoDB, for handlers and for the SDK integration of Step Functions. */
export class DynamoDbService implements JsonService {
  public readonly targetPrefix = 'DynamoDB_20120810';
  public readonly iamPrefix = 'dynamodb';
  public readonly operations: JsonService['operations'];

  constructor(private readonly tables: Tables) {
    this.operations = Object.fromEntries(
      TABLE_OPERATIONS.map((operation) => [operation, async (input: JsonObject) => tables.call(operation, input)]),
    );
  }

  public resources(_operation: string, { TableName }: JsonObject): ApiResource[] {
    return typeof TableName === 'string' ? [{ arn: this.tables.arnOf(TableName), tags: {} }] : [];
  }
}

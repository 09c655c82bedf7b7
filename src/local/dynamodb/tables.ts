import { JsonObject } from '../aws/api-service';
import { AwsError } from '../aws/aws-error';
import { CloudAssembly } from '../app/cloud-assembly';
import { readRequest, TableOperation } from './requests';
import { Table } from './table';
import { carryOut } from './table-operations';

export interface TablesOptions {
  readonly assembly: CloudAssembly;
}

/** DynamoDB, as far as the app's tables are read and written item by item. */
export class Tables {
  private readonly known = new Map<string, Table>();

  constructor(private readonly options: TablesOptions) {}

  /** ARN of a table, which may be given by its name or by its ARN. */
  public arnOf(nameOrArn: string): string {
    if (nameOrArn.startsWith('arn:')) {
      return nameOrArn;
    }
    const resource = this.resources().find(({ ref }) => ref === nameOrArn);
    const { partition, region, account } = this.options.assembly.stacks[0].place;
    return resource?.attribute() ?? `arn:${partition}:dynamodb:${region}:${account}:table/${nameOrArn}`;
  }

  /**
   * Carries out a call for someone who may.
   *
   * @throws AwsError as DynamoDB does
   */
  public async call(operation: TableOperation, input: JsonObject): Promise<object> {
    const request = readRequest(operation, input);
    const answer = carryOut(operation, request, this.find(request.TableName));
    return answer;
  }

  private find(nameOrArn: string): Table {
    const arn = this.arnOf(nameOrArn);
    const known = this.known.get(arn);
    if (known) {
      return known;
    }
    const resource = this.resources().find((candidate) => candidate.attribute() === arn);
    if (resource === undefined) {
      throw new AwsError('ResourceNotFoundException', 'Requested resource not found');
    }
    const table = new Table(resource);
    this.known.set(arn, table);
    return table;
  }

  private resources() {
    return this.options.assembly.resources('AWS::DynamoDB::Table');
  }
}

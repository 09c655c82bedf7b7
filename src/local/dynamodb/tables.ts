import { ApiFault, ApiFaultKind, ApiFaults } from '../aws/api-faults';
import { JsonObject } from '../aws/api-service';
import { AwsError, ConnectionLostError } from '../aws/aws-error';
import { Clock } from '../aws/clock';
import { CloudAssembly } from '../app/cloud-assembly';
import { Timers } from '../aws/timers';
import { readRequest, TableOperation } from './requests';
import { Table } from './table';
import { carryOut } from './table-operations';

/** One line of the table of DynamoDB's faults: it hits the calls of state machines and of functions alike. */
export interface TableFault extends ApiFault {
  readonly kind: Exclude<ApiFaultKind, 'accessDenied' | 'samePage' | 'emptyList'>;
}

export interface TablesOptions {
  readonly assembly: CloudAssembly;
  readonly clock: Clock;
  readonly faults?: readonly TableFault[];
}

/** DynamoDB, as far as the app's tables are read and written item by item. */
export class Tables {
  private readonly faults: ApiFaults;
  private readonly timers: Timers;
  private readonly ordinals = new Map<string, number>();
  private readonly known = new Map<string, Table>();

  constructor(private readonly options: TablesOptions) {
    this.faults = new ApiFaults(options.faults);
    this.timers = new Timers(options.clock);
  }

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
   * @throws ConnectionLostError if a fault wants the request or the answer to be lost
   */
  public async call(operation: TableOperation, input: JsonObject): Promise<object> {
    const ordinal = (this.ordinals.get(operation) ?? 0) + 1;
    this.ordinals.set(operation, ordinal);
    const fault = this.faults.find(operation, ordinal, input);
    switch (fault?.kind) {
      case 'throttle':
        throw new AwsError('ThrottlingException', 'Throughput exceeds the current capacity of your table or index. DynamoDB is ' +
          'automatically scaling your table or index so please try again shortly.');
      case 'internalError': throw new AwsError('InternalServerError', 'Internal server error', 500);
      case 'loseRequest': throw new ConnectionLostError();
      case 'delay': await this.timers.sleep((fault.delaySeconds ?? 0) * 1000);
    }
    const request = readRequest(operation, input);
    const answer = carryOut(operation, request, this.find(request.TableName));
    if (fault?.kind === 'loseResponse') {
      throw new ConnectionLostError();
    }
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

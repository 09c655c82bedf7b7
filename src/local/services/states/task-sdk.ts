import { randomUUID } from 'node:crypto';
import { AccessControl, Caller } from '../../aws/access';
import { JsonObject, JsonService } from '../../aws/api-service';
import { AwsError, ConnectionLostError } from '../../aws/aws-error';
import { ScaledClock } from '../../aws/clock';
import { TaskError, UsageError } from '../../app/errors';

/** A service that state machines call by its API. */
export interface SdkService {
  /** As Step Functions spells it in errors, e.g. `DynamoDb`. */
  readonly errorPrefix: string;
  /** Errors that the service's model has no shape for: they have the name of the service. */
  readonly unmodeled: readonly string[];
  readonly api: JsonService;
}

/** What services refuse requests with whose members have other types than in the model: Step Functions does not even send them. */
const MALFORMED = 'SerializationException';

/** What the local run's own services answer to what they do not know: no state machine may take that for an error of AWS. */
const UNKNOWN_HERE = 'UnknownOperationException';

/** State machines that call services by the SDK integration, `aws-sdk:service:operation`. */
export class SdkTasks {
  /** @param services By their names in resources */
  constructor(
    private readonly access: AccessControl,
    private readonly clock: ScaledClock,
    private readonly services: { readonly [service: string]: SdkService },
  ) {}

  /**
   * @param operation As in a resource, e.g. `updateItem`
   * @throws TaskError as Step Functions sees failures of the service
   * @throws UsageError if the local run does not know the operation
   */
  public async call(service: string, operation: string, input: unknown, caller: Caller): Promise<unknown> {
    const name = operation.charAt(0).toUpperCase() + operation.slice(1);
    const known = Object.hasOwn(this.services, service) ? this.services[service] : undefined;
    if (known === undefined || !Object.hasOwn(known.api.operations, name)) {
      throw new UsageError(`the local run does not know the resource 'aws-sdk:${service}:${operation}'`);
    }
    return this.authorizeAndCall(known, name, input as JsonObject, caller);
  }

  private async authorizeAndCall(service: SdkService, operation: string, input: JsonObject, caller: Caller): Promise<unknown> {
    const { api } = service;
    try {
      // The service itself works here: where it takes its time, the state machine does nothing but wait for it.
      const check = this.access.check(caller, `${api.iamPrefix}:${operation}`, api.resources(operation, input));
      const denial = await this.clock.busy(check);
      if (denial !== undefined) {
        throw new AwsError('AccessDeniedException', denial);
      }
      return await api.operations[operation](input, { accessKeyId: '', emptyList: false });
    } catch (error) {
      if (error instanceof AwsError) {
        throw taskError(service, error, input);
      }
      if (!(error instanceof ConnectionLostError)) {
        throw error;
      }
      throw new TaskError(`${service.errorPrefix}.SdkClientException`, 'Unable to execute HTTP request: Read timed out');
    }
  }
}

function taskError({ errorPrefix, unmodeled }: SdkService, { code, message, httpStatus }: AwsError, input: JsonObject): TaskError {
  if (code === UNKNOWN_HERE) {
    throw new UsageError(message);
  }
  if (code === MALFORMED) {
    const cause = `The Parameters '${JSON.stringify(input)}' could not be used to start the Task: [${message}]`;
    return new TaskError('States.Runtime', cause, true);
  }
  const name = unmodeled.includes(code) ? errorPrefix : code;
  return new TaskError(
    `${errorPrefix}.${name.replace(/Exception$/, '')}Exception`,
    `${message} (Service: ${errorPrefix}, Status Code: ${httpStatus}, Request ID: ${randomUUID()})`,
  );
}

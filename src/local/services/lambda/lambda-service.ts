import { AccessControl, Origin } from '../../aws/access';
import { ApiResource, ApiService, CallContext, JsonObject } from '../../aws/api-service';
import { AwsError } from '../../aws/aws-error';
import { RunRecord } from '../../run/run-record';
import { Functions } from './functions';

/** Parameters of Invoke. */
export interface InvokeInput {
  readonly FunctionName: string;
  readonly Qualifier?: string;
  readonly Payload?: unknown;
}

/** What Invoke answers. */
export interface InvokeAnswer {
  readonly StatusCode: number;
  readonly ExecutedVersion: string;
  /** The handler failed, or did not answer: the payload is the error. */
  readonly FunctionError?: 'Unhandled';
  readonly Payload: unknown;
}

/** What Lambda says of a function that failed. It has no type where the handler did not answer. */
export interface FunctionErrorPayload {
  readonly errorMessage: string;
  readonly errorType?: string;
}

/** Lambda, as far as services invoke functions with it. Handlers do not: it has no door for HTTP. */
export class LambdaService implements ApiService {
  public readonly iamPrefix = 'lambda';
  public readonly actions = { Invoke: 'InvokeFunction' };
  public readonly operations: ApiService['operations'] = {
    Invoke: async (input, context) => this.invoke(input as unknown as InvokeInput, context),
  };
  public readonly errors: ApiService['errors'] = {
    AccessDeniedException: { code: 'AccessDeniedException', httpStatus: 403 },
    ThrottlingException: { code: 'TooManyRequestsException', httpStatus: 429, message: 'Rate Exceeded.' },
    InternalServerError: { code: 'ServiceException', httpStatus: 500, message: 'Service error.' },
  };

  constructor(private readonly functions: Functions, private readonly access: AccessControl) {}

  public resources(_operation: string, input: JsonObject): ApiResource[] {
    return [{ arn: this.arnOf(input as unknown as InvokeInput) }];
  }

  public targets(input: JsonObject): string[] {
    const found = this.functions.find(this.arnOf(input as unknown as InvokeInput));
    return found ? [found.label, found.constructPath, found.ref] : [];
  }

  private async invoke(input: InvokeInput, { accessKeyId, fault }: CallContext): Promise<InvokeAnswer> {
    const arn = this.arnOf(input);
    const invoked = this.functions.find(arn);
    if (invoked === undefined) {
      throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404);
    }
    const origin: Origin = this.access.callerOf(accessKeyId) ?? { execution: '', record: new RunRecord() };
    const { result, error, lost } = await this.functions.run(invoked, arn, input.Payload ?? {}, origin, fault);
    const failure = lost === undefined ? error : { errorMessage: lost };
    return {
      StatusCode: 200,
      ExecutedVersion: '$LATEST',
      ...failure ? { FunctionError: 'Unhandled', Payload: failure } : { Payload: result },
    };
  }

  private arnOf({ FunctionName, Qualifier }: InvokeInput): string {
    const reference = Qualifier === undefined ? String(FunctionName) : `${FunctionName}:${Qualifier}`;
    return reference.startsWith('arn:') ? reference : (this.functions.find(reference)?.attribute() ?? reference);
  }
}

import { Functions } from './functions';
import { CloudAssembly } from '../../app/cloud-assembly';
import { Resource } from '../../app/template';
import { AccessControl, Origin } from '../../aws/access';
import { ApiResource, ApiService, CallContext, JsonObject } from '../../aws/api-service';
import { AwsError } from '../../aws/aws-error';
import { RunRecord } from '../../run/run-record';

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

const ACTION = 'lambda:InvokeFunction';

/** A service that invokes a function for one of its own resources. */
export interface InvokingService {
  /** E.g. `events.amazonaws.com`. */
  readonly principal: string;
  /** E.g. the ARN of a rule. */
  readonly sourceArn: string;
}

/**
 * Holds an invocation against the permissions of a function, which make its resource-based policy.
 *
 * @param invoked The function
 * @param find Finds a function by its name or ARN
 * @returns why it is not allowed, or undefined if it is
 */
export function invocationDenial(
  assembly: CloudAssembly,
  invoked: Resource,
  { principal, sourceArn }: InvokingService,
  find: (reference: string) => Resource | undefined,
): string | undefined {
  const account = sourceArn.split(':')[4];
  const allowed = assembly.resources('AWS::Lambda::Permission').some((permission) =>
    [ACTION, 'lambda:*', '*'].includes(permission.text('Action') ?? '') &&
    [principal, '*'].includes(permission.text('Principal') ?? '') &&
    find(permission.text('FunctionName') ?? '') === invoked &&
    isLike(permission.text('SourceArn'), sourceArn) &&
    isLike(permission.text('SourceAccount'), account));
  if (allowed) {
    return undefined;
  }
  return `${principal} is not authorized to perform: ${ACTION} on resource: ${invoked.attribute()} ` +
    `because no resource-based policy allows the ${ACTION} action for ${sourceArn}`;
}

/** Whether an ARN, or an account, is what a permission asks for. It may have `*` and `?`. */
function isLike(pattern: string | undefined, value: string): boolean {
  if (pattern === undefined) {
    return true;
  }
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(value);
}

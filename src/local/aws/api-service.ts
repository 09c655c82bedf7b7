import { FaultKind } from './faults';

/** The members of a request or an answer. */
export interface JsonObject {
  readonly [member: string]: unknown;
}

/** Something that IAM decides about. */
export interface ApiResource {
  /** `*` for calls that IAM knows no resource types for. */
  readonly arn: string;
  readonly tags?: { readonly [key: string]: string };
}

/** One request, before it is carried out. */
export interface ApiCall {
  /** As in policies, e.g. `ssm:SendCommand`. */
  readonly action: string;
  readonly operation: string;
  /** Who calls: over HTTP, whoever has proven with the signature to have the key. */
  readonly accessKeyId: string;
  readonly input: JsonObject;
  /** Number of this request among those of its operation, from 1. */
  readonly ordinal: number;
  /** The caller needs a right to `action` on each of them. */
  readonly resources: readonly ApiResource[];
}

/** What an operation may ask about the request that it answers. */
export interface CallContext {
  /** As in `ApiCall`. */
  readonly accessKeyId: string;
  /** A fault that the operation itself has to carry out: an empty list, a function that crashes. */
  readonly fault?: FaultKind;
}

/** A service that the endpoint answers for, whatever its protocol. */
export interface ApiService {
  /** What comes before the colon in IAM actions, e.g. `ssm`. */
  readonly iamPrefix: string;
  /**
   * Actions of IAM that have another name than their operation.
   *
   * @default - none
   */
  readonly actions?: { readonly [operation: string]: string };
  readonly operations: { readonly [operation: string]: (input: JsonObject, context: CallContext) => unknown };
  /**
   * What this service calls errors that every service has.
   *
   * @default - as most do
   */
  readonly errors?: { readonly [code: string]: { readonly code: string; readonly httpStatus: number; readonly message?: string } };
  /** Must not throw: a request that is not valid is refused after it was authorized, as AWS does. */
  resources(operation: string, input: JsonObject): ApiResource[];
  /**
   * All that the table of faults may call what the request is for. The first name counts its calls.
   *
   * @default - faults are of operations only
   */
  targets?(input: JsonObject): string[];
}

/** A service that speaks AWS JSON 1.0 or 1.1. Services differ by the prefix of `X-Amz-Target`. */
export interface JsonService extends ApiService {
  /** What comes before the dot, e.g. `AmazonSSM`. */
  readonly targetPrefix: string;
}

/** A service that speaks AWS Query: forms as requests, XML as answers. Services differ by their version. */
export interface QueryService extends ApiService {
  /** `Version` of each request, e.g. `2010-03-31`. */
  readonly version: string;
  readonly xmlNamespace: string;
}

/** What a request asks for. */
export interface ApiRequest {
  readonly service: ApiService;
  readonly operation: string;
  readonly input: JsonObject;
}

/** A time or a duration as AWS JSON 1.1 has it. Clocks may count parts of milliseconds, AWS does not. */
export function epochSeconds(ms: number): number {
  return Math.round(ms) / 1000;
}

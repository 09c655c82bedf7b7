import { IncomingHttpHeaders } from 'node:http';
import { ApiRequest, JsonObject, JsonService } from './api-service';
import { AwsError } from './aws-error';

/** An answer. */
export interface Reply {
  readonly contentType: string;
  readonly body: string;
  /** @default 200 */
  readonly httpStatus?: number;
}

/** What an answer may depend on. */
export interface Answering {
  readonly headers: IncomingHttpHeaders;
  readonly requestId: string;
  /** There is none where it could not be read. */
  readonly request?: ApiRequest;
}

/** How requests and answers are written. */
export interface WireProtocol {
  /** @throws AwsError if the request is none, or asks for what is not there */
  decode(method: string, headers: IncomingHttpHeaders, body: string): ApiRequest;
  encode(output: unknown, answering: Answering): Reply;
  encodeError(error: AwsError, answering: Answering): Reply;
}

const DEFAULT_CONTENT_TYPE = 'application/x-amz-json-1.1';

/** AWS JSON 1.0 and 1.1: the operation is in the header `X-Amz-Target`, the rest is JSON. */
export class JsonProtocol implements WireProtocol {
  constructor(private readonly services: readonly JsonService[]) {}

  public decode(method: string, headers: IncomingHttpHeaders, body: string): ApiRequest {
    const target = String(headers['x-amz-target'] ?? '');
    const [prefix, operation] = target.split('.', 2);
    const service = this.services.find(({ targetPrefix }) => targetPrefix === prefix);
    if (method !== 'POST' || !service || !operation || !Object.hasOwn(service.operations, operation)) {
      throw new AwsError('UnknownOperationException', target
        ? `the local run does not have the operation ${target}`
        : 'the local run answers AWS JSON requests: POST with the header X-Amz-Target', target ? 400 : 404);
    }
    return { service, operation, input: parse(body) };
  }

  public encode(output: unknown, { headers }: Answering): Reply {
    return { contentType: headers['content-type'] ?? DEFAULT_CONTENT_TYPE, body: JSON.stringify(output ?? {}) };
  }

  public encodeError({ code, message, httpStatus }: AwsError, { headers }: Answering): Reply {
    // Models disagree on the capital letter; SDKs accept either.
    const body = { __type: code, message, Message: message };
    return { contentType: headers['content-type'] ?? DEFAULT_CONTENT_TYPE, body: JSON.stringify(body), httpStatus };
  }
}

function parse(body: string): JsonObject {
  try {
    const input: unknown = JSON.parse(body || '{}');
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) {
      return input as JsonObject;
    }
  } catch {
    // Answered below, as everything else that is no JSON object.
  }
  throw new AwsError('SerializationException', 'the body of a request must be a JSON object');
}

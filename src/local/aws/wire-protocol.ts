import { IncomingHttpHeaders } from 'node:http';
import { ApiRequest } from './api-service';
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

import { randomUUID } from 'node:crypto';
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { ApiFault, ApiFaults } from './api-faults';
import { AwsError } from './aws-error';
import { Clock } from './clock';
import { Timers } from './timers';

/** The members of a request or an answer. */
export interface JsonObject {
  readonly [member: string]: unknown;
}

/** Something that IAM decides about. */
export interface ApiResource {
  /** `*` for calls that IAM knows no resource types for. */
  readonly arn: string;
  readonly tags: { readonly [key: string]: string };
}

/** One request, before it is carried out. */
export interface ApiCall {
  /** As in policies, e.g. `ssm:SendCommand`. */
  readonly action: string;
  readonly operation: string;
  /** From the signature, which is not verified: who calls. Empty when the request is not signed. */
  readonly accessKeyId: string;
  readonly input: JsonObject;
  /** Number of this request among those of its operation, from 1. */
  readonly ordinal: number;
  /** The caller needs a right to `action` on each of them. */
  readonly resources: readonly ApiResource[];
}

/** What an operation may ask about the request that it answers. */
export interface CallContext {
  /** A fault makes this answer look as if nothing were registered yet. */
  readonly emptyList: boolean;
}

/** A service that speaks AWS JSON 1.0 or 1.1. Services differ by the prefix of `X-Amz-Target`. */
export interface JsonService {
  /** What comes before the dot, e.g. `AmazonSSM`. */
  readonly targetPrefix: string;
  /** What comes before the colon in IAM actions, e.g. `ssm`. */
  readonly iamPrefix: string;
  readonly operations: { readonly [operation: string]: (input: JsonObject, context: CallContext) => unknown };
  /** Must not throw: a request that is not valid is refused after it was authorized, as AWS does. */
  resources(operation: string, input: JsonObject): ApiResource[];
}

export interface EndpointOptions {
  readonly clock: Clock;
  readonly services: readonly JsonService[];
  /** @default - a free port */
  readonly port?: number;
  readonly faults?: ApiFaults;
  /** Awaited before a call is carried out. What it throws is answered: an `AwsError`, or any error with a `code`. */
  readonly onCall?: (call: ApiCall) => void | Promise<void>;
}

const MAX_BODY_BYTES = 8 * 1024 * 1024;
const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/** An HTTP server on loopback that SDKs and the AWS CLI take for AWS services. */
export class Endpoint {
  /** Resolves when the endpoint listens. Fails when the port is taken. */
  static async start(options: EndpointOptions): Promise<Endpoint> {
    const endpoint = new Endpoint(options);
    await new Promise<void>((resolve, reject) => {
      endpoint.server.once('error', reject);
      endpoint.server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return endpoint;
  }

  private readonly server: Server;
  private readonly timers: Timers;
  private readonly faults: ApiFaults;
  private readonly ordinals = new Map<string, number>();

  private constructor(private readonly options: EndpointOptions) {
    this.timers = new Timers(options.clock);
    this.faults = options.faults ?? new ApiFaults();
    this.server = createServer((request, response) => {
      this.serve(request, response).catch(error => send(response, request, toAwsError(error)));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Breaks the connections that are open. */
  async close(): Promise<void> {
    this.timers.clear();
    const closed = new Promise(resolve => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { service, operation } = this.route(request);
    const input = parse(await read(request));
    const ordinal = (this.ordinals.get(operation) ?? 0) + 1;
    this.ordinals.set(operation, ordinal);

    const fault = this.faults.find(operation, ordinal, input);
    if (fault?.kind === 'loseRequest') {
      request.socket.destroy();
      return;
    }
    await this.refuse(fault);
    await this.options.onCall?.({
      action: `${service.iamPrefix}:${operation}`,
      operation,
      accessKeyId: /Credential=([^/,\s]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '',
      input,
      ordinal,
      resources: service.resources(operation, input),
    });
    const output = await service.operations[operation](input, { emptyList: fault?.kind === 'emptyList' });
    if (fault?.kind === 'loseResponse') {
      request.socket.destroy();
      return;
    }
    send(response, request, output);
  }

  private route(request: IncomingMessage): { service: JsonService; operation: string } {
    // A web page can reach loopback, too, under a name of its own: it must not start scripts here.
    if (!LOOPBACK_HOST.test(request.headers.host ?? '')) {
      throw new AwsError('AccessDeniedException', `host must be a loopback address, got: ${request.headers.host}`, 403);
    }
    const target = String(request.headers['x-amz-target'] ?? '');
    const [prefix, operation] = target.split('.', 2);
    const service = this.options.services.find(({ targetPrefix }) => targetPrefix === prefix);
    if (request.method !== 'POST' || !service || !operation || !Object.hasOwn(service.operations, operation)) {
      throw new AwsError('UnknownOperationException', target
        ? `the local run does not have the operation ${target}`
        : 'the local run answers AWS JSON requests: POST with the header X-Amz-Target', target ? 400 : 404);
    }
    return { service, operation };
  }

  private async refuse(fault: ApiFault | undefined): Promise<void> {
    switch (fault?.kind) {
      case 'throttle': throw new AwsError('ThrottlingException', 'Rate exceeded');
      case 'internalError': throw new AwsError('InternalServerError', 'An error occurred on the server side.', 500);
      case 'delay': await this.timers.sleep((fault.delaySeconds ?? 0) * 1000);
    }
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new AwsError('RequestEntityTooLargeException', `a request must not exceed ${MAX_BODY_BYTES} bytes`, 413);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
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

function toAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) {
    return error;
  }
  const { code, errno, message } = error as { code?: unknown; errno?: unknown; message?: unknown };
  // Errors of Node's system calls have a code, too: those are faults of the local run.
  if (typeof code === 'string' && errno === undefined) {
    return new AwsError(code, String(message ?? ''));
  }
  const reason = error instanceof Error ? error.stack : String(error);
  return new AwsError('InternalServerError', `the local run failed: ${reason}`, 500);
}

function send(response: ServerResponse, request: IncomingMessage, answer: unknown): void {
  if (response.destroyed) {
    return;
  }
  const failure = answer instanceof AwsError ? answer : undefined;
  // Models disagree on the capital letter; SDKs accept either.
  const body = failure ? { __type: failure.code, message: failure.message, Message: failure.message } : answer ?? {};
  response.writeHead(failure?.httpStatus ?? 200, {
    'Content-Type': request.headers['content-type'] ?? 'application/x-amz-json-1.1',
    'x-amzn-RequestId': randomUUID(),
  });
  response.end(JSON.stringify(body));
}

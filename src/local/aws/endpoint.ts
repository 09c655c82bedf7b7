import { randomUUID } from 'node:crypto';
import { createServer, IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { ApiFault, ApiFaults, SAME_PAGE } from './api-faults';
import { ApiCall, ApiRequest, JsonService, QueryService } from './api-service';
import { AwsError, ConnectionLostError } from './aws-error';
import { Clock } from './clock';
import { JsonProtocol } from './json-protocol';
import { FORM_CONTENT_TYPE, QueryProtocol } from './query-protocol';
import { Timers } from './timers';
import { Reply, WireProtocol } from './wire-protocol';

export interface EndpointOptions {
  readonly clock: Clock;
  readonly services: readonly (JsonService | QueryService)[];
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
  public static async start(options: EndpointOptions): Promise<Endpoint> {
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
  private readonly json: WireProtocol;
  private readonly query: WireProtocol;
  private readonly ordinals = new Map<string, number>();

  private constructor(private readonly options: EndpointOptions) {
    this.timers = new Timers(options.clock);
    this.faults = options.faults ?? new ApiFaults();
    this.json = new JsonProtocol(options.services.filter((service) => 'targetPrefix' in service));
    this.query = new QueryProtocol(options.services.filter((service) => 'version' in service));
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Breaks the connections that are open. */
  public async close(): Promise<void> {
    this.timers.clear();
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  /** Never fails: whatever happens is answered. */
  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, method = '' } = request;
    const form = headers['x-amz-target'] === undefined && headers['content-type']?.startsWith(FORM_CONTENT_TYPE);
    const protocol = form ? this.query : this.json;
    const requestId = randomUUID();
    let asked: ApiRequest | undefined;
    try {
      refuseOtherHosts(headers);
      asked = protocol.decode(method, headers, await read(request));
      const output = await this.carryOut(asked, accessKeyIdOf(headers));
      send(response, requestId, protocol.encode(output, { headers, requestId, request: asked }));
    } catch (error) {
      if (error instanceof ConnectionLostError) {
        request.socket.destroy();
      } else {
        send(response, requestId, protocol.encodeError(toAwsError(error), { headers, requestId, request: asked }));
      }
    }
  }

  private async carryOut({ service, operation, input }: ApiRequest, accessKeyId: string): Promise<unknown> {
    const ordinal = (this.ordinals.get(operation) ?? 0) + 1;
    this.ordinals.set(operation, ordinal);
    const fault = this.faults.find(operation, ordinal, input);
    if (fault?.kind === 'loseRequest') {
      throw new ConnectionLostError();
    }
    await this.refuse(fault);
    await this.options.onCall?.({
      action: `${service.iamPrefix}:${operation}`,
      operation,
      accessKeyId,
      input,
      ordinal,
      resources: service.resources(operation, input),
    });
    const output = await service.operations[operation](firstPage(input), { accessKeyId, emptyList: fault?.kind === 'emptyList' });
    if (fault?.kind === 'loseResponse') {
      throw new ConnectionLostError();
    }
    // Services spell it in both ways.
    return fault?.kind === 'samePage' ? { ...output as object, NextToken: SAME_PAGE, nextToken: SAME_PAGE } : output;
  }

  private async refuse(fault: ApiFault | undefined): Promise<void> {
    switch (fault?.kind) {
      case 'throttle': throw new AwsError('ThrottlingException', 'Rate exceeded');
      case 'accessDenied': throw new AwsError('AccessDeniedException', 'not authorized to perform this operation');
      case 'internalError': throw new AwsError('InternalServerError', 'An error occurred on the server side.', 500);
      case 'delay': await this.timers.sleep((fault.delaySeconds ?? 0) * 1000);
    }
  }
}

/** What a token that leads back asks for. */
function firstPage(input: ApiRequest['input']): ApiRequest['input'] {
  const { NextToken, nextToken, ...rest } = input;
  return NextToken === SAME_PAGE || nextToken === SAME_PAGE ? rest : input;
}

/** A web page can reach loopback, too, under a name of its own: it must not start scripts here. */
function refuseOtherHosts({ host = '' }: IncomingHttpHeaders): void {
  if (LOOPBACK_HOST.test(host)) {
    return;
  }
  throw new AwsError('AccessDeniedException', `host must be a loopback address, got: ${host}`, 403);
}

function accessKeyIdOf({ authorization = '' }: IncomingHttpHeaders): string {
  return /Credential=([^/,\s]+)\//.exec(authorization)?.[1] ?? '';
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

function send(response: ServerResponse, requestId: string, { contentType, body, httpStatus = 200 }: Reply): void {
  if (response.destroyed) {
    return;
  }
  response.writeHead(httpStatus, { 'Content-Type': contentType, 'x-amzn-RequestId': requestId });
  response.end(body);
}

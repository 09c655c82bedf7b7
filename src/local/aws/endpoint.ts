import { randomUUID } from 'node:crypto';
import { createServer, IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { ApiRequest, JsonService, QueryService } from './api-service';
import { AwsError, ConnectionLostError } from './aws-error';
import { Dispatch } from './dispatch';
import { Keys } from './keys';
import { FORM_CONTENT_TYPE, QueryProtocol } from './query-protocol';
import { invalidSignature, verifySignature } from './signature';
import { JsonProtocol, Reply, WireProtocol } from './wire-protocol';

const MAX_BODY_BYTES = 8 * 1024 * 1024;
const LOOPBACK = '127.0.0.1';

export interface EndpointOptions {
  /** Whoever has one of them may call. */
  readonly keys: Keys;
  /** Milliseconds since the epoch, for the age of signatures. */
  readonly now: () => number;
  /** @default - a free port */
  readonly port?: number;
}

/**
 * The door for HTTP: a server on loopback that SDKs and the AWS CLI take for AWS services. It is open for requests that a key of the run
 * has signed, and for nobody else: every user and every web page of this machine can reach loopback, too.
 */
export class Endpoint {
  /** Resolves when the endpoint listens. Fails when the port is taken. */
  public static async start(dispatch: Dispatch, options: EndpointOptions): Promise<Endpoint> {
    const endpoint = new Endpoint(dispatch, options);
    await new Promise<void>((resolve, reject) => {
      endpoint.server.once('error', reject);
      endpoint.server.listen(options.port ?? 0, LOOPBACK, resolve);
    });
    return endpoint;
  }

  private readonly server: Server;
  private readonly json: WireProtocol;
  private readonly query: WireProtocol;

  private constructor(private readonly dispatch: Dispatch, private readonly options: EndpointOptions) {
    this.json = new JsonProtocol(dispatch.services.filter((service): service is JsonService => 'targetPrefix' in service));
    this.query = new QueryProtocol(dispatch.services.filter((service): service is QueryService => 'version' in service));
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  public get url(): string {
    return `http://${LOOPBACK}:${this.port}`;
  }

  private get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Breaks the connections that are open. */
  public async close(): Promise<void> {
    this.dispatch.close();
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  /** Never fails: whatever happens is answered. */
  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, method = '', url = '/' } = request;
    const form = headers['x-amz-target'] === undefined && headers['content-type']?.startsWith(FORM_CONTENT_TYPE);
    const protocol = form ? this.query : this.json;
    const requestId = randomUUID();
    let asked: ApiRequest | undefined;
    try {
      refuseBrowsers(headers, this.port);
      const body = await read(request);
      const { keys, now } = this.options;
      const signer = verifySignature({ method, url, headers, body }, keys, [now(), Date.now()]);
      asked = protocol.decode(method, headers, body.toString('utf8'));
      if (signer.service !== asked.service.iamPrefix) {
        throw invalidSignature(`Credential should be scoped to correct service: '${asked.service.iamPrefix}'.`);
      }
      const output = await this.dispatch.call(asked, signer.accessKeyId);
      send(response, requestId, protocol.encode(output, { headers, requestId, request: asked }));
    } catch (error) {
      if (error instanceof ConnectionLostError) {
        request.socket.destroy();
      } else {
        send(response, requestId, protocol.encodeError(toAwsError(error), { headers, requestId, request: asked }));
      }
    }
  }
}

/** A web page says where it comes from, or reaches loopback under a name of its own. Nothing that it sends is read. */
function refuseBrowsers({ host = '', origin }: IncomingHttpHeaders, port: number): void {
  if (origin !== undefined) {
    throw new AwsError('AccessDeniedException', 'a request must not come from a web page: it has the header Origin', 403);
  }
  const own = [LOOPBACK, 'localhost'].map((name) => `${name}:${port}`);
  if (!own.includes(host.toLowerCase())) {
    throw new AwsError('AccessDeniedException', `the header Host must be ${own.join(' or ')}`, 403);
  }
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new AwsError('RequestEntityTooLargeException', `a request must not exceed ${MAX_BODY_BYTES} bytes`, 413);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
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

import { randomUUID } from 'node:crypto';
import { createServer, IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { ApiRequest, JsonService, QueryService } from './api-service';
import { AwsError, ConnectionLostError } from './aws-error';
import { Dispatch } from './dispatch';
import { FORM_CONTENT_TYPE, QueryProtocol } from './query-protocol';
import { JsonProtocol, Reply, WireProtocol } from './wire-protocol';

const MAX_BODY_BYTES = 8 * 1024 * 1024;
const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/** The door for HTTP: a server on loopback that SDKs and the AWS CLI take for AWS services. */
export class Endpoint {
  /**
   * Resolves when the endpoint listens. Fails when the port is taken.
   *
   * @param port 0 for a free one
   */
  public static async start(dispatch: Dispatch, port = 0): Promise<Endpoint> {
    const endpoint = new Endpoint(dispatch);
    await new Promise<void>((resolve, reject) => {
      endpoint.server.once('error', reject);
      endpoint.server.listen(port, '127.0.0.1', resolve);
    });
    return endpoint;
  }

  private readonly server: Server;
  private readonly json: WireProtocol;
  private readonly query: WireProtocol;

  private constructor(private readonly dispatch: Dispatch) {
    this.json = new JsonProtocol(dispatch.services.filter((service): service is JsonService => 'targetPrefix' in service));
    this.query = new QueryProtocol(dispatch.services.filter((service): service is QueryService => 'version' in service));
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
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
    const { headers, method = '' } = request;
    const form = headers['x-amz-target'] === undefined && headers['content-type']?.startsWith(FORM_CONTENT_TYPE);
    const protocol = form ? this.query : this.json;
    const requestId = randomUUID();
    let asked: ApiRequest | undefined;
    try {
      refuseOtherHosts(headers);
      asked = protocol.decode(method, headers, await read(request));
      const output = await this.dispatch.call(asked, accessKeyIdOf(headers));
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

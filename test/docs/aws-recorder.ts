import { createServer, IncomingMessage, Server } from 'node:http';
import { AddressInfo } from 'node:net';

export interface RecordedCall {
  readonly action: string;
  readonly parameters: { [name: string]: unknown };
}

/**
 * An endpoint for the AWS CLI that notes each call, and answers it as it was told to, or with nothing. It is no emulator: what it is for is that
 * the CLI has taken a command line, and which call it has made of it.
 */
export class AwsRecorder {
  /** @param answers by action; members as the service has them */
  public static async start(answers: { [action: string]: object }): Promise<AwsRecorder> {
    const recorder = new AwsRecorder(answers);
    await new Promise<void>((resolve) => recorder.server.listen(0, '127.0.0.1', resolve));
    return recorder;
  }

  public readonly calls: RecordedCall[] = [];

  /** Requests of which it could not tell the action. */
  public readonly unknown: string[] = [];

  private readonly server: Server;

  private constructor(private readonly answers: { [action: string]: object }) {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const call = readCall(request, Buffer.concat(chunks));
        if (!call) {
          this.unknown.push(`${request.method} ${request.url}`);
          response.writeHead(400).end();
          return;
        }
        this.calls.push(call);
        const answer = this.answers[call.action] ?? {};
        if (request.headers['smithy-protocol'] === 'rpc-v2-cbor') {
          // An empty map.
          response.writeHead(200, { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' }).end(Buffer.from([0xa0]));
        } else if (isQuery(request)) {
          response.writeHead(200, { 'content-type': 'text/xml' }).end(xml(`${call.action}Response`, { [`${call.action}Result`]: answer }));
        } else {
          response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer));
        }
      });
    });
  }

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A call in one of the four ways in which AWS's services are called. */
function readCall(request: IncomingMessage, body: Buffer): RecordedCall | undefined {
  const { method = '', url = '' } = request;
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') {
    return { action: target.split('.').at(-1)!, parameters: JSON.parse(body.toString()) };
  }
  const rpc = /\/service\/\w+\/operation\/(\w+)$/.exec(url);
  if (rpc) {
    return { action: rpc[1], parameters: {} };
  }
  if (isQuery(request)) {
    const { Action, ...parameters } = Object.fromEntries(new URLSearchParams(body.toString()));
    return { action: Action, parameters };
  }
  const schedule = /^\/schedules\/([^?]+)/.exec(url);
  const action = ({ GET: 'GetSchedule', PUT: 'UpdateSchedule' } as { [method: string]: string })[method];
  return schedule && action
    ? { action, parameters: { name: decodeURIComponent(schedule[1]), ...body.length > 0 ? JSON.parse(body.toString()) : {} } }
    : undefined;
}

function isQuery({ headers }: IncomingMessage): boolean {
  return String(headers['content-type']).startsWith('application/x-www-form-urlencoded');
}

/** As the query protocol writes structures and lists. */
function xml(name: string, value: unknown): string {
  const inner = Array.isArray(value)
    ? value.map((item) => xml('member', item)).join('')
    : typeof value === 'object' && value !== null ? Object.entries(value).map(([key, item]) => xml(key, item)).join('') : String(value);
  return `<${name}>${inner}</${name}>`;
}

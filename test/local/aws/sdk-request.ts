import { request as httpRequest } from 'node:http';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
}

/** What of a request is to be different. */
export interface Change {
  readonly headers?: { readonly [name: string]: string | undefined };
  readonly body?: string;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly body: string;
}

type Client = SSMClient | SFNClient | SNSClient | CloudWatchLogsClient;
type Middleware = (next: (args: { request: WireRequest }) => Promise<unknown>) => (args: { request: WireRequest }) => Promise<unknown>;

/**
 * What AWS's own client would send for a command, signed by it. It is not sent.
 *
 * @param change is made before the request is signed
 */
export async function sdkRequest(client: Client, command: object, change: Change = {}): Promise<WireRequest> {
  let signed: WireRequest | undefined;
  const { middlewareStack } = command as { middlewareStack: { add(middleware: Middleware, options: object): void } };
  middlewareStack.add((next) => async (args) => next({ ...args, request: Object.assign(args.request, changed(args.request, change)) }), {
    step: 'build', priority: 'high', name: 'change',
  });
  middlewareStack.add(() => async ({ request }) => {
    signed = { ...request, method: request.method, path: request.path, headers: { ...request.headers }, body: textOf(request.body) };
    return { response: {}, output: { $metadata: {} } };
  }, { step: 'deserialize', priority: 'high', name: 'capture' });
  await (client as { send(command: object): Promise<unknown> }).send(command);
  return signed!;
}

/** The SDK has a body as bytes, too. */
function textOf(body: string | Uint8Array): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body);
}

/** The same request, after somebody has changed it on its way. */
export function changed({ method, path, headers, body }: WireRequest, change: Change): WireRequest {
  const wanted = Object.entries({ ...headers, ...change.headers }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { method, path, headers: Object.fromEntries(wanted), body: change.body ?? body };
}

/** Sends a request as it is: unlike `fetch`, with any `Host` and `Origin`. */
export async function sendAsIs(url: string, { method, path, headers, body }: WireRequest): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const withoutLength = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-length');
    const sent = httpRequest(new URL(path, url), { method, headers: Object.fromEntries(withoutLength) }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

import { IncomingHttpHeaders } from 'node:http';
import { ApiRequest, JsonObject, QueryService } from './api-service';
import { AwsError } from './aws-error';
import { Answering, Reply, WireProtocol } from './wire-protocol';

const CONTENT_TYPE = 'text/xml';

/** What requests of this protocol are, and those of others are not. */
export const FORM_CONTENT_TYPE = 'application/x-www-form-urlencoded';

/**
 * AWS Query: the request is a form with `Action`, `Version` and the members, the answer is XML.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export class QueryProtocol implements WireProtocol {
  constructor(private readonly services: readonly QueryService[]) {}

  public decode(_method: string, _headers: IncomingHttpHeaders, body: string): ApiRequest {
    const { Action: operation, Version: version, ...input } = membersOf(new URLSearchParams(body));
    const service = this.services.find((candidate) => candidate.version === version);
    if (!service || typeof operation !== 'string' || !Object.hasOwn(service.operations, operation)) {
      throw new AwsError('InvalidAction', `the local run does not have the action ${operation} of version ${version}`);
    }
    return { service, operation, input };
  }

  public encode(output: unknown, { request, requestId }: Answering): Reply {
    const name = `${request?.operation}Response`;
    const result = element(`${request?.operation}Result`, output);
    return this.reply(request, name, result + element('ResponseMetadata', { RequestId: requestId }));
  }

  public encodeError(error: AwsError, { request, requestId }: Answering): Reply {
    const { code, httpStatus } = AUTHENTICATION_ERRORS[error.code] ?? error;
    const { message } = error;
    const description = { Type: httpStatus < 500 ? 'Sender' : 'Receiver', Code: code, Message: message };
    const reply = this.reply(request, 'ErrorResponse', element('Error', description) + element('RequestId', requestId));
    return { ...reply, httpStatus };
  }

  private reply(request: ApiRequest | undefined, name: string, body: string): Reply {
    const namespace = this.serviceOf(request)?.xmlNamespace ?? '';
    return { contentType: CONTENT_TYPE, body: `<${name} xmlns="${namespace}">${body}</${name}>` };
  }

  private serviceOf(request: ApiRequest | undefined): QueryService | undefined {
    return this.services.find((service) => service === request?.service);
  }
}

/** What the services of this protocol call it when they do not know who calls. The others answer 400 to all of it. */
const AUTHENTICATION_ERRORS: { readonly [code: string]: { readonly code: string; readonly httpStatus: number } } = {
  MissingAuthenticationTokenException: { code: 'MissingAuthenticationToken', httpStatus: 403 },
  UnrecognizedClientException: { code: 'InvalidClientTokenId', httpStatus: 403 },
  InvalidSignatureException: { code: 'SignatureDoesNotMatch', httpStatus: 403 },
  IncompleteSignatureException: { code: 'IncompleteSignature', httpStatus: 400 },
};

/** A member, or the members that names with dots make of it. */
type Member = string | Map<string, Member>;

/** `A.entry.1.Name=x&A.entry.1.Value=y` is `{ A: { x: 'y' } }`, and `A.member.1=x` is `{ A: ['x'] }`. */
function membersOf(form: URLSearchParams): JsonObject {
  const members = new Map<string, Member>();
  for (const [name, value] of form) {
    const path = name.split('.');
    const last = path.pop() ?? name;
    let parent = members;
    for (const part of path) {
      const child = parent.get(part);
      const inner = child instanceof Map ? child : new Map<string, Member>();
      parent.set(part, inner);
      parent = inner;
    }
    parent.set(last, value);
  }
  return structure(members);
}

function valueOf(member: Member): unknown {
  if (typeof member === 'string') {
    return member;
  }
  const [[name, inner] = [], ...others] = member;
  if (others.length > 0 || !(inner instanceof Map)) {
    return structure(member);
  }
  if (name === 'member') {
    return [...inner.values()].map(valueOf);
  }
  if (name !== 'entry') {
    return structure(member);
  }
  const entries = [...inner.values()].filter((entry) => entry instanceof Map);
  return Object.fromEntries(entries.map((entry) => [
    entry.get('Name') ?? entry.get('key'),
    valueOf(entry.get('Value') ?? entry.get('value') ?? ''),
  ]));
}

function structure(members: Map<string, Member>): JsonObject {
  return Object.fromEntries([...members].map(([name, member]) => [name, valueOf(member)]));
}

function element(name: string, value: unknown): string {
  return `<${name}>${content(value)}</${name}>`;
}

function content(value: unknown): string {
  if (value === undefined || value === null) {
    return '';
  }
  if (Array.isArray(value)) {
    return value.map((item) => element('member', item)).join('');
  }
  if (typeof value === 'object') {
    return Object.entries(value).map(([name, member]) => element(name, member)).join('');
  }
  return escape(String(value));
}

const ENTITIES: { readonly [character: string]: string } = {
  '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#xD;',
};

function escape(text: string): string {
  return text.replace(/[&<>"\r]/g, (character) => ENTITIES[character]);
}

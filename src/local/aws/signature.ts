import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { IncomingHttpHeaders } from 'node:http';
import { AwsError } from './aws-error';
import { Keys } from './keys';

/** A request as it came, before anything of it is believed. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query, as in the request's first line. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Who has signed a request, and for which service. */
export interface Signer {
  readonly accessKeyId: string;
  /** As in the scope of the signature, e.g. `ssm`. */
  readonly service: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const TERMINATOR = 'aws4_request';
const MAX_SKEW_MINUTES = 15;

/**
 * Finds out who has signed a request, and refuses one that is not signed by an issued key, or not as it came.
 *
 * @param times Milliseconds since the epoch: what may be the present to the caller. While waits are shortened, the run's time is ahead of
 * the machine's; functions sign with the one, and a person's AWS CLI with the other.
 * @throws AwsError as services with AWS JSON name it
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function verifySignature(request: SignedRequest, keys: Keys, times: readonly number[]): Signer {
  const { accessKeyId, date, region, service, signedHeaders, signature } = authorizationOf(request.headers);
  const timestamp = timestampOf(request.headers);
  for (const name of ['host', ...Object.keys(request.headers).filter((header) => header.startsWith('x-amz-'))]) {
    if (!signedHeaders.includes(name)) {
      throw invalidSignature(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`);
    }
  }
  const credentials = keys.find(accessKeyId);
  if (credentials === undefined || !isEqual(credentials.sessionToken ?? '', text(request.headers['x-amz-security-token']))) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }

  const scope = [date, region, service, TERMINATOR];
  const stringToSign = [ALGORITHM, timestamp, scope.join('/'), sha256(canonicalRequest(request, signedHeaders))].join('\n');
  const key = scope.reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${credentials.secretAccessKey}`);
  if (!isEqual(hmac(key, stringToSign).toString('hex'), signature)) {
    throw invalidSignature('The request signature we calculated does not match the signature you provided. ' +
      'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.');
  }
  requirePresent(timestamp, date, times);
  return { accessKeyId, service };
}

interface Authorization extends Signer {
  readonly date: string;
  readonly region: string;
  /** In lower case. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

function authorizationOf({ authorization }: IncomingHttpHeaders): Authorization {
  if (authorization === undefined) {
    throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const [algorithm, ...rest] = authorization.trim().split(' ');
  if (algorithm !== ALGORITHM) {
    throw incomplete(`Authorization header requires the algorithm ${ALGORITHM}.`);
  }
  const fields = new Map(rest.join('').split(',').map((field) => field.split(/=(.*)/s, 2) as [string, string]));
  for (const name of ['Credential', 'Signature', 'SignedHeaders']) {
    if (!fields.get(name)) {
      throw incomplete(`Authorization header requires '${name}' parameter.`);
    }
  }
  const [accessKeyId, ...scope] = fields.get('Credential')!.split('/');
  const [date, region, service, terminator] = scope;
  if (scope.length !== 4 || terminator !== TERMINATOR) {
    throw incomplete(`Credential must have exactly 5 slash-delimited elements, of which the last is '${TERMINATOR}'.`);
  }
  return { accessKeyId, date, region, service, signedHeaders: fields.get('SignedHeaders')!.split(';'), signature: fields.get('Signature')! };
}

function timestampOf({ 'x-amz-date': date }: IncomingHttpHeaders): string {
  if (!/^\d{8}T\d{6}Z$/.test(text(date))) {
    throw incomplete("Authorization header requires existence of an 'X-Amz-Date' header, e.g. 20260131T235959Z.");
  }
  return text(date);
}

/** The hash is that of the body that came: what the caller says about it counts for nothing. */
function canonicalRequest({ method, url, headers, body }: SignedRequest, signedHeaders: readonly string[]): string {
  const [path, ...query] = url.split('?');
  return [
    method,
    // Services other than S3 encode a path a second time.
    path.split('/').map(encode).join('/'),
    canonicalQuery(query.join('?')),
    ...signedHeaders.map((name) => `${name}:${text(headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    sha256(body),
  ].join('\n');
}

function canonicalQuery(query: string): string {
  const pairs = query.split('&').filter((pair) => pair !== '').map((pair) => {
    const [name, value = ''] = pair.split(/=(.*)/s, 2).map((part) => encode(decode(part)));
    return { name, value };
  });
  const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
  pairs.sort((a, b) => order(a.name, b.name) || order(a.value, b.value));
  return pairs.map(({ name, value }) => `${name}=${value}`).join('&');
}

/** Neither a request of long ago, nor one that is signed in advance. */
function requirePresent(timestamp: string, date: string, times: readonly number[]): void {
  if (!timestamp.startsWith(date)) {
    throw invalidSignature(`Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != ` +
      `'${timestamp.slice(0, 8)}', from '${timestamp}'.`);
  }
  const signed = Date.parse(timestamp.replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:'));
  const skew = MAX_SKEW_MINUTES * 60_000;
  if (times.some((time) => Math.abs(time - signed) <= skew)) {
    return;
  }
  const [now] = times;
  throw invalidSignature(signed < now
    ? `Signature expired: ${timestamp} is now earlier than ${stamp(now - skew)} (${stamp(now)} - ${MAX_SKEW_MINUTES} min.)`
    : `Signature not yet current: ${timestamp} is still later than ${stamp(now + skew)} (${stamp(now)} + ${MAX_SKEW_MINUTES} min.)`);
}

function stamp(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
}

function incomplete(message: string): AwsError {
  return new AwsError('IncompleteSignatureException', message);
}

/** A wrong signature, as services that speak JSON name it. */
export function invalidSignature(message: string): AwsError {
  return new AwsError('InvalidSignatureException', message);
}

/** Takes as long for a signature that is nearly right. */
function isEqual(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function text(header: string | string[] | undefined): string {
  return [header ?? ''].flat().join(',');
}

/** As RFC 3986 has it. */
function encode(part: string): string {
  return encodeURIComponent(part).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

import { InternalServerError, InvalidInstanceId, SSMServiceException } from '@aws-sdk/client-ssm';
import { describeError, sendFailure } from '../../src/runtime/send-error';

function service(name: string, status: number | undefined, message: string = 'x'): Error {
  return new SSMServiceException({
    name,
    message,
    $fault: status && status >= 500 ? 'server' : 'client',
    $metadata: { httpStatusCode: status },
  });
}

function network(code: string, syscall: string = 'read'): Error {
  return Object.assign(new Error(code), { code, syscall });
}

test.each<[string, unknown]>([
  ['ThrottlingException', service('ThrottlingException', 400)],
  ['TooManyRequestsException', service('TooManyRequestsException', 429)],
  ['429 of any name', service('Busy', 429)],
  ['Rate exceeded under another name', service('ClientError', 400, 'Rate exceeded')],
  ['refused connection', network('ECONNREFUSED', 'connect')],
  ['unknown host', network('ENOTFOUND', 'getaddrinfo')],
  ['no route while connecting', network('EHOSTUNREACH', 'connect')],
])('%s: nothing was sent', (_, error) => {
  expect(sendFailure(error)).toBe('not-sent');
});

test.each<[string, unknown]>([
  ...[
    'DuplicateInstanceId', 'InvalidDocument', 'InvalidDocumentVersion', 'InvalidParameters', 'UnsupportedPlatformType',
    'InvalidOutputFolder', 'MaxDocumentSizeExceeded', 'AccessDeniedException', 'ValidationException', 'ExpiredTokenException',
  ].map((name): [string, unknown] => [name, service(name, 400)]),
  ['InvalidInstanceId', new InvalidInstanceId({ message: 'x', $metadata: {} })],
])('%s: refused', (_, error) => {
  expect(sendFailure(error)).toBe('refused');
});

test.each<[string, unknown]>([
  ['InternalServerError', new InternalServerError({ message: 'x', $metadata: {} })],
  ['500', service('Unknown', 500)],
  ['503 with a rate in its text', service('ServiceUnavailable', 503, 'Rate exceeded')],
  ['408', service('RequestTimeout', 408)],
  ['reset', network('ECONNRESET')],
  ['broken pipe', network('EPIPE', 'write')],
  ['time-out', Object.assign(new Error('x'), { name: 'TimeoutError' })],
  ['an answer that is no JSON, with status 400', Object.assign(new SyntaxError('x'), { $metadata: { httpStatusCode: 400 } })],
  ['429 from something that is not the service', Object.assign(new SyntaxError('x'), { $metadata: { httpStatusCode: 429 } })],
  ['no error at all', undefined],
])('%s: ambiguous', (_, error) => {
  expect(sendFailure(error)).toBe('ambiguous');
});

test('an error is told on one bounded line', () => {
  expect(describeError(service('InvalidInstanceId', 400, 'Instances\n[i-1]'))).toBe('InvalidInstanceId: Instances [i-1]');
  expect(describeError(service('A', 400, 'x'.repeat(9999)))).toHaveLength(500);
  expect(describeError('boom')).toBe('Error: boom');
});

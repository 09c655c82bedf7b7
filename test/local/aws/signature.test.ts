import { Keys } from '../../../src/local/aws/keys';
import { SignedRequest, verifySignature } from '../../../src/local/aws/signature';

/** The key of AWS's own examples. */
class ExampleKeys extends Keys {
  public override find(accessKeyId: string) {
    return accessKeyId === 'AKIDEXAMPLE' ? { accessKeyId, secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' } : undefined;
  }
}

const THEN = Date.parse('2015-08-30T12:36:00Z');
const SCOPE = 'AKIDEXAMPLE/20150830/us-east-1/service/aws4_request';

function example(signature: string, { signed = 'host;x-amz-date', headers = {}, ...change }: {
  signed?: string; headers?: SignedRequest['headers']; method?: string; url?: string; body?: Buffer;
} = {}): SignedRequest {
  return {
    method: 'GET',
    url: '/',
    body: Buffer.alloc(0),
    ...change,
    headers: {
      'host': 'example.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      'authorization': `AWS4-HMAC-SHA256 Credential=${SCOPE}, SignedHeaders=${signed}, Signature=${signature}`,
      ...headers,
    },
  };
}

const verify = (request: SignedRequest, times = [THEN]) => verifySignature(request, new ExampleKeys(), times);

/** @see https://docs.aws.amazon.com/general/latest/gr/signature-v4-test-suite.html */
test.each<[string, SignedRequest]>([
  ['get-vanilla', example('5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31')],
  ['post-vanilla', example('5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b', { method: 'POST' })],
  ['get-vanilla-query-order-key-case', example('b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500', {
    url: '/?Param2=value2&Param1=value1',
  })],
  ['get-header-value-trim', example('acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736', {
    signed: 'host;my-header1;my-header2;x-amz-date', headers: { 'my-header1': ' value1', 'my-header2': ' "a   b   c"' },
  })],
  ['post-x-www-form-urlencoded', example('ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a', {
    method: 'POST',
    signed: 'content-type;host;x-amz-date',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from('Param1=value1'),
  })],
])('the example %s of AWS is taken', (_, request) => {
  expect(verify(request)).toEqual({ accessKeyId: 'AKIDEXAMPLE', service: 'service' });
});

const GOOD = example('5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31');
const with_ = (headers: SignedRequest['headers']): SignedRequest => ({ ...GOOD, headers: { ...GOOD.headers, ...headers } });
const authorization = (from: string | RegExp, to: string) => with_({ authorization: GOOD.headers.authorization!.replace(from, to) });

test.each<[string, SignedRequest, string, string]>([
  ['no header', with_({ authorization: undefined }), 'MissingAuthenticationTokenException', 'Missing Authentication Token'],
  ['another algorithm', authorization('AWS4-HMAC-SHA256', 'AWS4-HMAC-MD5'), 'IncompleteSignatureException', 'AWS4-HMAC-SHA256'],
  ['no signature', authorization(/, Signature=.*/, ''), 'IncompleteSignatureException', "requires 'Signature' parameter"],
  ['an empty signature', authorization(/Signature=.*/, 'Signature='), 'IncompleteSignatureException', "requires 'Signature' parameter"],
  ['half a scope', authorization('/us-east-1', ''), 'IncompleteSignatureException', 'exactly 5'],
  ['no date', with_({ 'x-amz-date': undefined }), 'IncompleteSignatureException', 'X-Amz-Date'],
  ['no host among what is signed', authorization('host;', ''), 'InvalidSignatureException', "'host' must be a 'SignedHeader'"],
  ['no date among what is signed', authorization(';x-amz-date', ''), 'InvalidSignatureException', "'x-amz-date' must be a 'SignedHeader'"],
  ['a target that is not signed', with_({ 'x-amz-target': 'A.B' }), 'InvalidSignatureException', "'x-amz-target' must be"],
  ['a key that nobody has issued', authorization('AKIDEXAMPLE', 'AKIDSTRANGER'), 'UnrecognizedClientException', 'security token'],
  ['another signature', authorization('Signature=5f', 'Signature=6f'), 'InvalidSignatureException', 'does not match'],
  ['a signature that is cut', authorization(/31$/, ''), 'InvalidSignatureException', 'does not match'],
  ['another body', { ...GOOD, body: Buffer.from('x') }, 'InvalidSignatureException', 'does not match'],
  ['another path', { ...GOOD, url: '/other' }, 'InvalidSignatureException', 'does not match'],
  ['another query', { ...GOOD, url: '/?a=b' }, 'InvalidSignatureException', 'does not match'],
  ['another method', { ...GOOD, method: 'POST' }, 'InvalidSignatureException', 'does not match'],
  ['another host', with_({ host: 'other.amazonaws.com' }), 'InvalidSignatureException', 'does not match'],
  ['another date', with_({ 'x-amz-date': '20150830T123601Z' }), 'InvalidSignatureException', 'does not match'],
  ['another region', authorization('us-east-1', 'us-east-2'), 'InvalidSignatureException', 'does not match'],
])('%s: refused', (_, request, name, message) => {
  expect(() => verify(request)).toThrow(expect.objectContaining({ name, message: expect.stringContaining(message), httpStatus: 400 }));
});

test('a signature is good for 15 minutes, before and after, by any of the times', () => {
  const minutes = (count: number) => [THEN + count * 60_000];
  expect([15, -15].map((count) => verify(GOOD, minutes(count)).accessKeyId)).toEqual(['AKIDEXAMPLE', 'AKIDEXAMPLE']);
  expect(verify(GOOD, [THEN + 86_400_000, THEN]).accessKeyId).toBe('AKIDEXAMPLE');
  expect(() => verify(GOOD, minutes(16))).toThrow(
    'Signature expired: 20150830T123600Z is now earlier than 20150830T123700Z (20150830T125200Z - 15 min.)');
  expect(() => verify(GOOD, minutes(-16))).toThrow(
    'Signature not yet current: 20150830T123600Z is still later than 20150830T123500Z (20150830T122000Z + 15 min.)');
});

test('a body that is said not to be signed is not believed', () => {
  expect(() => verify(with_({ 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }))).toThrow("'x-amz-content-sha256' must be");
});

test('keys look like those of AWS, and no two are alike', () => {
  const keys = new Keys();
  expect(keys.issue()).toEqual({ accessKeyId: expect.stringMatching(/^AKIA[A-Z2-7]{16}$/), secretAccessKey: expect.stringMatching(/^.{40}$/) });
  const [one, other] = [keys.issueTemporary(), keys.issueTemporary()];
  expect(one.accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
  expect(Object.values(one).filter((value) => Object.values(other).includes(value))).toEqual([]);
  expect(keys.find(one.accessKeyId)).toEqual(one);
});

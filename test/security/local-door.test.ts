import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AccessControl } from '../../src/local/aws/access';
import { JsonService } from '../../src/local/aws/api-service';
import { ScaledClock } from '../../src/local/aws/clock';
import { Dispatch } from '../../src/local/aws/dispatch';
import { Endpoint } from '../../src/local/aws/endpoint';
import { Credentials, Keys } from '../../src/local/aws/keys';
import { LocalRun, openLocalRun } from '../../src/local/run/local-run';
import { RunEvent, RunRecord } from '../../src/local/run/run-record';
import { changed, sdkRequest, sendAsIs, WireAnswer, WireRequest } from '../local/aws/sdk-request';
import { sampleApp } from '../local/run/sample-app';
import { removeFolders, temporaryFolder } from '../local/run/synthesized-app';

// Attacker: another user of this machine, or a web page that is open on it, while a local run answers on loopback.
// Way: SendCommand to its port, which would run a script as whoever has started the run.
// Must hold: only requests that a key of this very run has signed, whole and lately, get further than the door. As in AWS, a request may
// come twice within those minutes: whoever can read what goes over loopback is root.

const SCRIPT = 'touch "$COTS_BATCH_JOB_STATE/owned"';

let local: LocalRun;
let calls: RunEvent[];
let earlier: Credentials;

beforeAll(async () => {
  const before = await open();
  earlier = before.endpoint.credentials;
  await before.close();
  local = await open();
});
beforeEach(() => {
  calls = [];
});
afterAll(async () => {
  await local.close();
  removeFolders();
});

const open = async () => openLocalRun(sampleApp(), {
  authorize: 'off', workDir: temporaryFolder(), onEvent: (event) => { if (event.kind === 'call') { calls.push(event); } },
});

const config = (credentials: Credentials = local.endpoint.credentials, more: object = {}) =>
  ({ endpoint: local.endpoint.url, region: 'us-east-1', credentials, maxAttempts: 1, ...more });
const send = () => new SendCommandCommand({
  DocumentName: 'AWS-RunShellScript', InstanceIds: ['i-0123456789abcdef0'], Parameters: { commands: [SCRIPT] },
});
const signed = async (credentials?: Credentials, more?: object) => sdkRequest(new SSMClient(config(credentials, more)), send());
const knock = async (request: WireRequest) => sendAsIs(local.endpoint.url, request);
const refusal = ({ status, body }: WireAnswer) => `${status} ${(JSON.parse(body) as { __type: string }).__type}`;

function expectNothingDone(): void {
  expect(calls).toEqual([]);
  expect(local.endpoint.commands()).toEqual([]);
  expect(existsSync(join(local.workDir, 'instances/i-0123456789abcdef0'))).toBe(false);
}

describe('another user of the machine', () => {
  test('with curl and no key', async () => {
    const { stdout } = await promisify(execFile)('curl', [
      '--silent', '--noproxy', '*', '--write-out', '\n%{http_code}', local.endpoint.url,
      '-H', 'X-Amz-Target: AmazonSSM.SendCommand', '-H', 'Content-Type: application/x-amz-json-1.1',
      '-d', JSON.stringify({ DocumentName: 'AWS-RunShellScript', InstanceIds: ['i-0123456789abcdef0'], Parameters: { commands: [SCRIPT] } }),
    ]);
    const [body, status] = stdout.split('\n');
    expect({ status, ...JSON.parse(body) }).toMatchObject({ status: '400', __type: 'MissingAuthenticationTokenException' });
    expectNothingDone();
  });

  test('with an SDK that does not sign', async () => {
    const client = new SSMClient({ ...config(), signer: { sign: async (request) => request } });
    await expect(client.send(send())).rejects.toMatchObject({ name: 'MissingAuthenticationTokenException', $metadata: { httpStatusCode: 400 } });
    expectNothingDone();
  });

  test.each<[string, () => Credentials, string]>([
    ['a key made up', () => ({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'made up' }), 'UnrecognizedClientException'],
    ['a key of an earlier run', () => earlier, 'UnrecognizedClientException'],
    ['the right key and a wrong secret', () => ({ ...local.endpoint.credentials, secretAccessKey: 'wrong' }), 'InvalidSignatureException'],
    ['the right key and a token too many', () => ({ ...local.endpoint.credentials, sessionToken: 'token' }), 'UnrecognizedClientException'],
  ])('with %s', async (_, credentials, name) => {
    await expect(new SSMClient(config(credentials())).send(send())).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
    expectNothingDone();
  });

  test('with the words of services that answer XML', async () => {
    const attempt = async (credentials: Credentials) =>
      new SNSClient(config(credentials)).send(new PublishCommand({ TopicArn: 'arn:aws:sns:us-east-1:123456789012:ops', Message: 'm' }));
    const wrong = { ...local.endpoint.credentials, secretAccessKey: 'wrong' };
    await expect(attempt(wrong)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch', $metadata: { httpStatusCode: 403 } });
    await expect(attempt(earlier)).rejects.toMatchObject({ name: 'InvalidClientTokenId', $metadata: { httpStatusCode: 403 } });
    expectNothingDone();
  });

  test.each<[string, (request: WireRequest) => WireRequest]>([
    ['body', (request) => changed(request, { body: request.body.replace('touch', 'rm -rf') })],
    ['operation', (request) => changed(request, { headers: { 'x-amz-target': 'AmazonSSM.CancelCommand' } })],
    ['time', (request) => changed(request, { headers: { 'x-amz-date': request.headers['x-amz-date'].replace(/\dZ$/, (end) => end === '0Z' ? '1Z' : '0Z') } })],
    ['path', (request) => ({ ...request, path: '/other' })],
    ['method', (request) => ({ ...request, method: 'PUT' })],
  ])('with a request of somebody else that has another %s', async (_, change) => {
    expect(refusal(await knock(change(await signed())))).toBe('400 InvalidSignatureException');
    expectNothingDone();
  });

  test('with a request of somebody else that does not say what its body is', async () => {
    const unsigned = await sdkRequest(new SSMClient(config()), send(), { headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } });
    expect(refusal(await knock(unsigned))).toBe('400 InvalidSignatureException');
    expectNothingDone();
  });

  test.each([-16, 16])('with a request of %i minutes from now', async (minutes) => {
    const request = await signed(undefined, { systemClockOffset: minutes * 60_000 });
    const answer = await knock(request);
    expect(refusal(answer)).toBe('400 InvalidSignatureException');
    expect(answer.body).toContain(minutes < 0 ? 'Signature expired: ' : 'Signature not yet current: ');
    expectNothingDone();
  });

  test('with a request for another service', async () => {
    const states = await sdkRequest(new SFNClient(config()), new StartExecutionCommand({ stateMachineArn: 'a' }), {
      headers: { 'x-amz-target': 'AmazonSSM.SendCommand' },
    });
    expect(await knock(states)).toMatchObject({ status: 400, body: expect.stringContaining("should be scoped to correct service: 'ssm'") });
    expectNothingDone();
  });
});

describe('a web page', () => {
  const FORM = 'application/x-www-form-urlencoded';

  test.each<[string, Partial<WireRequest>]>([
    ['a form', { headers: { 'content-type': FORM }, body: 'Action=Publish&Version=2010-03-31' }],
    ['a form of plain text', { headers: { 'content-type': 'text/plain' }, body: '{"DocumentName":"AWS-RunShellScript"}' }],
    ['a script that asks first', { method: 'OPTIONS', headers: { 'access-control-request-method': 'POST' }, body: '' }],
  ])('that sends %s', async (_, request) => {
    for (const origin of ['https://evil.example', 'null', local.endpoint.url]) {
      const answer = await knock({ method: 'POST', path: '/', body: '', ...request, headers: { ...request.headers, origin } });
      expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('AccessDeniedException') });
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
    expectNothingDone();
  });

  test('even with a signature', async () => {
    const answer = await knock(changed(await signed(), { headers: { origin: 'https://evil.example' } }));
    expect(refusal(answer)).toBe('403 AccessDeniedException');
    expectNothingDone();
  });

  test.each([
    ['a name that it lets point to loopback', () => `evil.example:${new URL(local.endpoint.url).port}`],
    ['a name that begins like loopback', () => `127.0.0.1.evil.example:${new URL(local.endpoint.url).port}`],
    ['another port', () => '127.0.0.1:1'],
    ['no port', () => 'localhost'],
  ])('under %s, even with a signature', async (_, host) => {
    const rebound = await sdkRequest(new SSMClient(config()), send(), { headers: { host: host() } });
    expect(refusal(await knock(rebound))).toBe('403 AccessDeniedException');
    expectNothingDone();
  });
});

test('what one role has is of no use for another', async () => {
  const clock = new ScaledClock();
  const keys = new Keys();
  const access = new AccessControl(undefined, clock, () => undefined, keys);
  const credentials = (name: string) =>
    access.credentialsFor({ roleArn: `arn:aws:iam::123456789012:role/${name}`, session: name, execution: 'e', record: new RunRecord() });
  const [sender, reader] = [credentials('Sender'), credentials('Reader')];
  const asked: (string | undefined)[] = [];
  const ssm: JsonService = { targetPrefix: 'AmazonSSM', iamPrefix: 'ssm', operations: { SendCommand: () => ({}) }, resources: () => [] };
  const authorize = ({ accessKeyId }: { accessKeyId: string }) => void asked.push(access.callerOf(accessKeyId)?.session);
  const endpoint = await Endpoint.start(new Dispatch({ clock, services: [ssm], authorize }), { keys, now: () => clock.now() });
  const attempt = async (used: Credentials) => new SSMClient({ ...config(used), endpoint: endpoint.url }).send(send());
  try {
    await attempt(sender);
    await expect(attempt({ ...reader, accessKeyId: sender.accessKeyId })).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
    await expect(attempt({ ...reader, sessionToken: sender.sessionToken })).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
    await expect(attempt({ ...sender, sessionToken: undefined })).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
    await expect(attempt({ ...sender, secretAccessKey: reader.secretAccessKey })).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    // The name of a caller within the run: it is in events, and no secret belongs to it.
    const inside = access.accessKeyFor({ roleArn: 'r', session: 'Inside', execution: 'e', record: new RunRecord() });
    await expect(attempt({ accessKeyId: inside, secretAccessKey: sender.secretAccessKey })).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
    expect(asked).toEqual(['Sender']);
  } finally {
    await endpoint.close();
    clock.close();
  }
});

test('whoever has the key gets in, by either name of loopback', async () => {
  const { port } = new URL(local.endpoint.url);
  const { Command } = await new SSMClient({ ...config(), endpoint: `http://localhost:${port}` }).send(send());
  expect(local.endpoint.commands().map(({ commandId }) => commandId)).toEqual([Command?.CommandId]);
  await new SNSClient(config()).send(new PublishCommand({ TopicArn: 'arn:aws:sns:us-east-1:123456789012:ops', Message: 'm' }));
  expect(calls.map((event) => event.kind === 'call' && event.call.action)).toEqual(['ssm:SendCommand', 'sns:Publish']);
});

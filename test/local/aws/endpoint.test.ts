import { request } from 'node:http';
import { ListDocumentsCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { ApiCall } from '../../../src/local/aws/api-service';
import { AwsError } from '../../../src/local/aws/aws-error';
import { LINUX, Rig } from '../services/ssm/rig';

let rig: Rig;
afterEach(() => rig.close());

const post = (headers: Record<string, string>, body = '{}') => fetch(rig.endpoint.url, { method: 'POST', headers, body });

test('an operation that is not there is named', async () => {
  rig = await Rig.start();
  await expect(rig.ssm.send(new ListDocumentsCommand({}))).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: 'the local run does not have the operation AmazonSSM.ListDocuments',
  });
  const { status } = await post({ 'X-Amz-Target': 'AmazonSSM.constructor' });
  expect(status).toBe(400);
});

test('answers carry what SDKs look for', async () => {
  rig = await Rig.start();
  const answer = await post({ 'X-Amz-Target': 'AmazonSSM.ListCommands', 'Content-Type': 'application/x-amz-json-1.1' });
  expect(answer.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.1');
  expect(await answer.json()).toEqual({ Commands: [] });
});

test('a request that is no JSON object is refused', async () => {
  rig = await Rig.start();
  for (const body of ['{', '[]', '"x"']) {
    const answer = await post({ 'X-Amz-Target': 'AmazonSSM.ListCommands' }, body);
    expect([answer.status, ((await answer.json()) as { __type: string }).__type]).toEqual([400, 'SerializationException']);
  }
});

test('a web page under a name of its own cannot start scripts', async () => {
  rig = await Rig.start();
  const status = await new Promise((resolve) =>
    request(
      rig.endpoint.url,
      {
        method: 'POST',
        headers: { 'Host': 'evil.example', 'X-Amz-Target': 'AmazonSSM.SendCommand' },
      },
      (answer) => resolve(answer.resume().statusCode),
    ).end('{}'),
  );
  expect(status).toBe(403);
});

test('onCall sees who calls what on which resources, before it is done, and can refuse', async () => {
  const calls: ApiCall[] = [];
  rig = await Rig.start({
    instances: [
      { instanceId: LINUX, tags: { Role: 'web' } },
      { instanceId: 'mi-0000000000000000d', tags: { Role: 'web' } },
    ],
    onCall: async (call) => {
      calls.push(call);
      if (calls.length > 1) {
        throw new AwsError('AccessDeniedException', 'User: x is not authorized to perform: ssm:SendCommand');
      }
    },
  });
  await rig.send('true', { Targets: [{ Key: 'tag:Role', Values: ['web'] }] });
  expect(calls[0]).toMatchObject({ action: 'ssm:SendCommand', operation: 'SendCommand', accessKeyId: 'LOCALCALLER', ordinal: 1 });
  expect(calls[0].resources).toEqual([
    { arn: 'arn:aws:ssm:us-east-1::document/AWS-RunShellScript', tags: {} },
    { arn: `arn:aws:ec2:us-east-1:123456789012:instance/${LINUX}`, tags: { Role: 'web' } },
    { arn: 'arn:aws:ssm:us-east-1:123456789012:managed-instance/mi-0000000000000000d', tags: { Role: 'web' } },
  ]);
  await expect(rig.send('true')).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: 'User: x is not authorized to perform: ssm:SendCommand',
  });
  expect(rig.endpoint.commands()).toHaveLength(1);
  await expect(rig.ssm.send(new SendCommandCommand({ DocumentName: 'Mine', InstanceIds: ['i-0000000f'] }))).rejects.toThrow();
  expect(calls[2].resources).toEqual([{ arn: 'arn:aws:ssm:us-east-1:123456789012:document/Mine', tags: {} }]);
});

test('other services can be plugged in by their target prefix', async () => {
  rig = await Rig.start({
    services: [
      {
        targetPrefix: 'AWSStepFunctions',
        iamPrefix: 'states',
        operations: { StopExecution: ({ executionArn }) => ({ stopped: executionArn }) },
        resources: () => [],
      },
    ],
  });
  const headers = { 'X-Amz-Target': 'AWSStepFunctions.StopExecution', 'Content-Type': 'application/x-amz-json-1.0' };
  const answer = await post(headers, '{"executionArn":"a"}');
  expect(await answer.json()).toEqual({ stopped: 'a' });
  expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.0');
});

test('a port that is taken is an error of the start', async () => {
  rig = await Rig.start();
  const port = Number(new URL(rig.endpoint.url).port);
  await expect(Rig.start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

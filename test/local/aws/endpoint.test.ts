import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { ListAssociationsCommand, ListCommandsCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { sdkRequest, sendAsIs, WireAnswer } from './sdk-request';
import { ApiCall } from '../../../src/local/aws/api-service';
import { AwsError } from '../../../src/local/aws/aws-error';
import { LINUX, Rig } from '../services/ssm/rig';

let rig: Rig;
afterEach(() => rig.close());

/** Sends what the SDK would send, but for some of it, signed by the SDK. */
const post = async (headers: Record<string, string>, body = '{}'): Promise<WireAnswer> =>
  sendAsIs(rig.endpoint.url, await sdkRequest(rig.ssm, new ListCommandsCommand({}), { headers, body }));

test('an operation that is not there is named', async () => {
  rig = await Rig.start();
  await expect(rig.ssm.send(new ListAssociationsCommand({}))).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: 'the local run does not have the operation AmazonSSM.ListAssociations',
  });
  const { status } = await post({ 'x-amz-target': 'AmazonSSM.constructor' });
  expect(status).toBe(400);
});

test('answers carry what SDKs look for', async () => {
  rig = await Rig.start();
  const { headers, body } = await post({});
  expect(headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers['content-type']).toBe('application/x-amz-json-1.1');
  expect(JSON.parse(body)).toEqual({ Commands: [] });
});

test('a request that is no JSON object is refused', async () => {
  rig = await Rig.start();
  for (const body of ['{', '[]', '"x"']) {
    const answer = await post({}, body);
    expect([answer.status, JSON.parse(answer.body).__type]).toEqual([400, 'SerializationException']);
  }
});

test('it listens on loopback, and on no other address of this machine', async () => {
  rig = await Rig.start();
  const { hostname, port } = new URL(rig.endpoint.url);
  expect(hostname).toBe('127.0.0.1');
  const others = Object.values(networkInterfaces()).flat().filter((address) => address !== undefined && address.address !== hostname);
  for (const { address, family, scopeid } of others as { address: string; family: string; scopeid?: number }[]) {
    const host = family === 'IPv6' ? `${address}${scopeid ? `%${scopeid}` : ''}` : address;
    expect([address, await isOpen(host, Number(port))]).toEqual([address, false]);
  }
  expect(await isOpen(hostname, Number(port))).toBe(true);
});

async function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

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
  expect(calls[0]).toMatchObject({ action: 'ssm:SendCommand', operation: 'SendCommand', ordinal: 1 });
  expect(calls[0].accessKeyId).toBe(rig.endpoint.credentials.accessKeyId);
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
  const states = new SFNClient({ endpoint: rig.endpoint.url, region: 'us-east-1', credentials: rig.endpoint.credentials });
  const answer = await sendAsIs(rig.endpoint.url, await sdkRequest(states, new StopExecutionCommand({ executionArn: 'a' })));
  expect(JSON.parse(answer.body)).toEqual({ stopped: 'a' });
  expect(answer.headers['content-type']).toBe('application/x-amz-json-1.0');
});

test('a port that is taken is an error of the start', async () => {
  rig = await Rig.start();
  const port = Number(new URL(rig.endpoint.url).port);
  await expect(Rig.start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

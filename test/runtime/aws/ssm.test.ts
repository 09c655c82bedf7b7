import { createServer, IncomingMessage, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { Ssm } from '../../../src/runtime/aws/ssm';
import { sendFailure } from '../../../src/runtime/send-error';
import { COMMAND } from '../samples';

type Answer = { status: number; body: unknown } | 'hang up' | 'no json';

let server: Server;
let answers: Answer[];
let requests: string[];
let connections: number;
const before = { ...process.env };

beforeAll(async () => {
  server = createServer((request: IncomingMessage, response) => {
    requests.push(String(request.headers['x-amz-target']).split('.').pop()!);
    request.resume().on('end', () => {
      const answer = answers.length > 1 ? answers.shift()! : answers[0];
      if (answer === 'hang up') {
        request.socket.destroy();
      } else if (answer === 'no json') {
        response.writeHead(400).end('<html>Bad Request</html>');
      } else {
        response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer.body));
      }
    });
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SSM: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
});

afterAll(async () => {
  process.env = before;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  requests = [];
  connections = 0;
});

test.each<[string, Answer, string]>([
  ['a fault', { status: 500, body: { __type: 'InternalServerError' } }, 'ambiguous'],
  ['503', { status: 503, body: {} }, 'ambiguous'],
  ['a lost connection', 'hang up', 'ambiguous'],
  ['an answer that is no JSON', 'no json', 'ambiguous'],
  ['throttling', { status: 400, body: { __type: 'ThrottlingException', message: 'Rate exceeded' } }, 'not-sent'],
  ['a refusal', { status: 400, body: { __type: 'InvalidInstanceId' } }, 'refused'],
  ['missing rights', { status: 400, body: { __type: 'AccessDeniedException' } }, 'refused'],
])('SendCommand is called once, whatever comes back: %s', async (_, answer, failure) => {
  answers = [answer];
  const error = await new Ssm().sendCommand({ DocumentName: 'Doc' }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(sendFailure(error)).toBe(failure);
  expect(requests).toEqual(['SendCommand']);
});

test('SendCommand never uses a connection that may have died meanwhile', async () => {
  answers = [{ status: 200, body: { Command: { CommandId: COMMAND } } }];
  const ssm = new Ssm();
  expect(await ssm.sendCommand({ DocumentName: 'Doc' })).toBe(COMMAND);
  await ssm.sendCommand({ DocumentName: 'Doc' });
  expect(connections).toBe(2);
});

test('reading is repeated', async () => {
  answers = [{ status: 500, body: { __type: 'InternalServerError' } }, {
    status: 200,
    body: { Commands: [{ CommandId: COMMAND }] },
  }];
  expect(await new Ssm().command(COMMAND)).toMatchObject({ CommandId: COMMAND });
  expect(requests).toEqual(['ListCommands', 'ListCommands']);
});

test('a command that SSM does not list yet is none', async () => {
  answers = [{ status: 200, body: { Commands: [] } }];
  expect(await new Ssm().command(COMMAND)).toBeUndefined();
});

import { SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AccessControl } from '../../../../src/local/aws/access';
import { ApiService, JsonService } from '../../../../src/local/aws/api-service';
import { AwsError } from '../../../../src/local/aws/aws-error';
import { ScaledClock } from '../../../../src/local/aws/clock';
import { Dispatch } from '../../../../src/local/aws/dispatch';
import { Endpoint } from '../../../../src/local/aws/endpoint';
import { Fault, FaultTable } from '../../../../src/local/aws/faults';
import { Keys } from '../../../../src/local/aws/keys';
import { TaskCall } from '../../../../src/local/services/states/engine-branch';
import { Executions } from '../../../../src/local/services/states/executions';
import { Tasks } from '../../../../src/local/services/states/tasks';
import { sdkRequest, sendAsIs } from '../../aws/sdk-request';

const SEND = 'arn:aws:states:::aws-sdk:ssm:sendCommand';

let asked: string[];
let dispatch: Dispatch;
let tasks: Tasks;
let endpoint: Endpoint;
let keys: Keys;
const clock = new ScaledClock();

interface Options {
  readonly faults?: readonly Fault[];
  readonly denied?: boolean;
  readonly operation?: ApiService['operations'][string];
}

async function start({ faults = [], denied = false, operation = () => ({ CommandId: 'c' }) }: Options = {}): Promise<void> {
  const access = new AccessControl(undefined, clock, () => undefined);
  asked = [];
  const ssm: JsonService = {
    targetPrefix: 'AmazonSSM', iamPrefix: 'ssm', operations: { SendCommand: operation }, resources: () => [{ arn: '*' }],
  };
  dispatch = new Dispatch({
    clock,
    services: [ssm],
    faults: new FaultTable(faults),
    authorize: ({ action, accessKeyId }) => {
      asked.push(`${action} ${accessKeyId}`);
      if (denied) {
        throw new AwsError('AccessDeniedException', 'User: r is not authorized');
      }
    },
  });
  tasks = new Tasks(dispatch, access, undefined as unknown as Executions);
  keys = new Keys();
  endpoint = await Endpoint.start(dispatch, { keys, now: () => clock.now() });
}

afterEach(async () => endpoint.close());
afterAll(() => clock.close());

async function byTask(resource = SEND): Promise<unknown> {
  const task: TaskCall = {
    state: 'Send', resource, input: { DocumentName: 'D' }, retryCount: 0, signal: new AbortController().signal, submitted: () => undefined,
  };
  return tasks.run(task, 'TASK').catch(({ name, message }: Error) => ({ name, message }));
}

/** @returns the answer, and whose it is */
async function byHttp(): Promise<{ answer: unknown; by: string }> {
  const credentials = keys.issue();
  const client = new SSMClient({ endpoint: endpoint.url, region: 'us-east-1', credentials });
  const { body } = await sendAsIs(endpoint.url, await sdkRequest(client, new SendCommandCommand({ DocumentName: 'D' })));
  return { answer: JSON.parse(body), by: credentials.accessKeyId };
}

test('both doors lead to the same operation, and each caller is authorized', async () => {
  await start();

  expect(await byTask()).toEqual({ CommandId: 'c' });
  const { answer, by } = await byHttp();
  expect(answer).toEqual({ CommandId: 'c' });
  expect(asked).toEqual(['ssm:SendCommand TASK', `ssm:SendCommand ${by}`]);
});

test('one table of faults counts the calls of both doors, and what it refuses is not authorized', async () => {
  await start({ faults: [{ operation: 'SendCommand', kind: 'throttle', calls: [2] }] });

  expect(await byTask()).toEqual({ CommandId: 'c' });
  expect(await byHttp()).toMatchObject({ answer: { __type: 'ThrottlingException' } });
  expect(await byTask()).toEqual({ CommandId: 'c' });
  expect(asked).toHaveLength(2);
});

test.each<[string, Options, string]>([
  ['a denial', { denied: true }, 'Ssm.SsmException'],
  ['throttling', { faults: [{ operation: '*', kind: 'throttle' }] }, 'Ssm.SsmException'],
  ['an answer that is lost', { faults: [{ operation: 'SendCommand', kind: 'loseResponse' }] }, 'Ssm.SdkClientException'],
  ['an error of the model', { operation: () => { throw new AwsError('InvalidInstanceId', 'none'); } }, 'Ssm.InvalidInstanceIdException'],
  ['an exception of the model', { operation: () => { throw new AwsError('AssociatedException', 'none'); } }, 'Ssm.AssociatedException'],
  ['members of another type', { operation: () => { throw new AwsError('SerializationException', 'no text'); } }, 'States.Runtime'],
])('the SDK integration has its own name for %s', async (_, options, name) => {
  await start(options);

  expect(await byTask()).toMatchObject({ name });
});

test.each(['arn:aws:states:::aws-sdk:ssm:listNodes', 'arn:aws:states:::aws-sdk:sqs:sendMessage', 'arn:aws:states:::sqs:sendMessage'])(
  '%s, which the local run does not know, is an error that nothing catches', async (resource) => {
    await start();

    expect(await byTask(resource)).toEqual({ name: 'LocalRun.Failed', message: expect.stringContaining('the local run does not know the resource') });
  },
);

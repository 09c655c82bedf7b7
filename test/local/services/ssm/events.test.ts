import { existsSync } from 'node:fs';
import { CancelCommandCommand } from '@aws-sdk/client-ssm';
import { eventually, fleet, LINUX, Rig } from './rig';
import { AwsEvent } from '../../../../src/local/services/events/event';
import { SsmEndpointOptions } from '../../../../src/local/services/ssm/endpoint';

let rig: Rig;
let events: AwsEvent[];
let senders: Set<string>;

afterEach(async () => rig.close());

async function start(options: Partial<SsmEndpointOptions> = {}): Promise<void> {
  events = [];
  senders = new Set();
  rig = await Rig.start({
    onEvent: (event, sentBy) => {
      events.push(event);
      senders.add(sentBy);
    },
    ...options,
  });
}

const ofCommand = () => events.filter((event) => event['detail-type'] === 'EC2 Command Status-change Notification');
const ofInvocations = () => events.filter((event) => event['detail-type'] === 'EC2 Command Invocation Status-change Notification');
const statuses = (some: AwsEvent[]) => some.map(({ detail }) => detail.status);

test('a command tells once that it has ended, after the last of its invocations', async () => {
  await start({ instances: fleet(3) });
  await rig.settled(await rig.send('exit 0', { InstanceIds: fleet(3).map(({ instanceId }) => instanceId) }));

  expect(statuses(ofCommand())).toEqual(['InProgress', 'Success']);
  expect(statuses(ofInvocations()).sort()).toEqual([...Array(3).fill('InProgress'), ...Array(3).fill('Success')]);
  expect(events.at(-1)).toBe(ofCommand().at(-1));
  expect(ofCommand()[0].resources).toEqual(
    fleet(3).map(({ instanceId }) => `arn:aws:ec2:us-east-1:123456789012:instance/${instanceId}`));
  expect(senders).toEqual(new Set([rig.endpoint.credentials.accessKeyId]));
});

test('a failure that ends the rest is the end of the command when the rest has ended', async () => {
  await start({ instances: fleet(3) });
  await rig.settled(await rig.send('exit 1', {
    InstanceIds: fleet(3).map(({ instanceId }) => instanceId), MaxConcurrency: '1', MaxErrors: '0',
  }));

  expect(statuses(ofCommand())).toEqual(['InProgress', 'Failed']);
  expect(statuses(ofInvocations())).toEqual(['InProgress', 'Failed', 'Cancelled', 'Cancelled']);
  expect(events.at(-1)).toBe(ofCommand().at(-1));
});

test('a command that is cancelled says so twice: when it is asked to, and when it is', async () => {
  await start({ instances: fleet(2) });
  const commandId = await rig.send('touch started; sleep 600', { InstanceIds: fleet(2).map(({ instanceId }) => instanceId) });
  await eventually(async () => expect(fleet(2).every(({ instanceId }) => existsSync(rig.path('started', instanceId)))).toBe(true));
  await rig.ssm.send(new CancelCommandCommand({ CommandId: commandId }));
  await rig.settled(commandId);

  expect(statuses(ofCommand())).toEqual(['InProgress', 'Cancelling', 'Cancelled']);
  expect(statuses(ofInvocations())).toEqual(['InProgress', 'InProgress', 'Cancelling', 'Cancelling', 'Cancelled', 'Cancelled']);
});

test('a command that is not delivered has timed out', async () => {
  await start({ instances: fleet(1, { fault: { kind: 'neverAnswers' } }) });
  const parameters = { commands: ['exit 0'], executionTimeout: ['5'] };
  await rig.settled(await rig.send('', { TimeoutSeconds: 30, Parameters: parameters }));

  expect(statuses(events)).toEqual(['TimedOut', 'TimedOut']);
});

test('a command without instances is a success, in the eyes of SSM', async () => {
  await start();
  await rig.send('exit 0', { Targets: [{ Key: 'tag:Role', Values: ['none'] }] });
  await eventually(async () => expect(events).toHaveLength(1));

  expect(events).toMatchObject([
    { 'detail-type': 'EC2 Command Status-change Notification', 'resources': [], 'detail': { status: 'Success' } },
  ]);
});

test('a hybrid node has an ARN of its own', async () => {
  const instanceId = 'mi-00000000000000001';
  await start({ instances: [{ instanceId }] });
  await rig.ended(await rig.send('exit 0', { InstanceIds: [instanceId] }), instanceId);

  const [{ resources }] = ofInvocations();
  expect(resources).toEqual([`arn:aws:ssm:us-east-1:123456789012:managed-instance/${instanceId}`]);
});

test('instances keep telling each for itself', async () => {
  await start({ instances: fleet(2, {}), onEvent: undefined });
  await rig.ended(await rig.send('exit 0'));

  expect(rig.events.map(({ instanceId, statusDetails }) => [instanceId, statusDetails])).toEqual([
    [LINUX, 'InProgress'], [LINUX, 'Success'],
  ]);
});

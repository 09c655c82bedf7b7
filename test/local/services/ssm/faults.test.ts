import { existsSync, readFileSync } from 'node:fs';
import { CancelCommandCommand, DescribeInstanceInformationCommand, ListCommandsCommand } from '@aws-sdk/client-ssm';
import { eventually, fleet, isAlive, LINUX, Rig } from './rig';
import { FaultKind } from '../../../../src/local/aws/faults';
import { InstanceFault } from '../../../../src/local/services/ssm/fleet';

let rig: Rig;
afterEach(() => rig.close());

const ranTimes = (file = 'ran') => existsSync(rig.path(file)) ? readFileSync(rig.path(file), 'utf8').length : 0;

describe('between caller and service', () => {
  test.each<[FaultKind, object]>([
    ['throttle', { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } }],
    ['internalError', { name: 'InternalServerError', $metadata: { httpStatusCode: 500 } }],
    ['loseRequest', { message: expect.stringContaining('socket hang up') }],
  ])('%s: nothing is done, and the next call goes through', async (kind, error) => {
    rig = await Rig.start({ faults: [{ operation: 'SendCommand', kind, calls: [1] }] });
    await expect(rig.send('printf x >>ran')).rejects.toMatchObject(error);
    expect(rig.endpoint.commands()).toEqual([]);
    await rig.run('printf x >>ran');
    expect(ranTimes()).toBe(1);
  });

  test('loseResponse: done, but the caller does not learn it', async () => {
    rig = await Rig.start({ faults: [{ operation: 'SendCommand', kind: 'loseResponse', calls: [1] }] });
    await expect(rig.send('printf x >>ran')).rejects.toMatchObject({ message: expect.stringContaining('socket hang up') });
    await eventually(async () => expect(rig.endpoint.commands()).toMatchObject([{ invocations: [{ details: 'Success' }] }]));
    expect(ranTimes()).toBe(1);
  });

  test('delay is measured by the clock', async () => {
    rig = await Rig.start({ faults: [{ operation: 'ListCommands', kind: 'delay', delaySeconds: 6 }] });
    const before = rig.clock.now();
    await rig.ssm.send(new ListCommandsCommand({}));
    expect(rig.clock.now() - before).toBeGreaterThanOrEqual(5_900);
  });

  test('emptyList hits the lists of the chosen calls only', async () => {
    rig = await Rig.start();
    const CommandId = await rig.send('true');
    await rig.settled(CommandId);
    rig.endpoint.faults.add({
      operation: 'ListCommandInvocations',
      kind: 'emptyList',
      calls: ({ InstanceId }) => InstanceId === LINUX,
    });
    expect(await rig.invocations(CommandId, LINUX)).toEqual([]);
    expect(await rig.invocations(CommandId)).toHaveLength(1);
    rig.endpoint.faults.clear();
    expect(await rig.invocations(CommandId, LINUX)).toHaveLength(1);
  });
});

describe('on an instance', () => {
  const limited = (script: string, executionTimeout: string) =>
    ({ TimeoutSeconds: 30, Parameters: { commands: [script], executionTimeout: [executionTimeout] } });
  const start = async (fault: InstanceFault) => {
    rig = await Rig.start({ instances: [{ instanceId: LINUX, fault }, fleet(2)[1]] });
  };

  test.each<[InstanceFault['kind'], string]>([
    ['undeliverable', 'Undeliverable'],
    ['accessDenied', 'AccessDenied'],
    ['invalidPlatform', 'InvalidPlatform'],
  ])('%s: the script does not run there, yet SSM calls the command a success', async (kind, StatusDetails) => {
    await start({ kind });
    const CommandId = await rig.send('printf x >>ran', { InstanceIds: fleet(2).map(({ instanceId }) => instanceId) });
    expect(await rig.settled(CommandId)).toMatchObject({ StatusDetails: 'Success', CompletedCount: 2, ErrorCount: 0 });
    expect(await rig.ended(CommandId)).toMatchObject({ Status: 'Failed', StatusDetails, ResponseCode: -1 });
    expect(ranTimes()).toBe(0);
  });

  test('neverAnswers: Pending until delivery and execution timeout have passed, then DeliveryTimedOut', async () => {
    await start({ kind: 'neverAnswers' });
    const CommandId = await rig.send('', limited('printf x >>ran', '10'));
    const sent = rig.clock.now();
    await eventually(async () => expect(await rig.invocations(CommandId)).toMatchObject([{ Status: 'Pending' }]));
    expect(await rig.ended(CommandId)).toMatchObject({ Status: 'TimedOut', StatusDetails: 'DeliveryTimedOut', ResponseCode: -1 });
    expect(rig.clock.now() - sent).toBeGreaterThanOrEqual(39_000);
    expect(await rig.settled(CommandId)).toMatchObject({ StatusDetails: 'DeliveryTimedOut', DeliveryTimedOutCount: 1 });
    expect(ranTimes()).toBe(0);
  });

  test('dies: the processes are gone, and SSM learns it only when all its limits have passed', async () => {
    await start({ kind: 'dies', afterSeconds: 40 });
    const CommandId = await rig.send('', limited('sleep 300 & echo $! >child; wait', '150'));
    await eventually(async () => expect(isAlive(Number(readFileSync(rig.path('child'), 'utf8')))).toBe(false));
    expect(await rig.invocations(CommandId)).toMatchObject([{ Status: 'InProgress' }]);
    const { InstanceInformationList: [instance] = [] } = await rig.ssm.send(new DescribeInstanceInformationCommand({}));
    expect(instance).toMatchObject({ InstanceId: LINUX, PingStatus: 'ConnectionLost' });
    expect(await rig.ended(CommandId)).toMatchObject({ Status: 'TimedOut', StatusDetails: 'DeliveryTimedOut', ResponseCode: -1 });
  });

  test('a cancelled command stays Cancelling where nobody hears of it', async () => {
    await start({ kind: 'dies' });
    const CommandId = await rig.send('', limited('sleep 300', '30'));
    await eventually(async () => expect(await rig.invocations(CommandId)).toMatchObject([{ Status: 'InProgress' }]));
    await rig.ssm.send(new CancelCommandCommand({ CommandId }));
    expect(await rig.invocations(CommandId)).toMatchObject([{ Status: 'Cancelling' }]);
    expect(await rig.ended(CommandId)).toMatchObject({ StatusDetails: 'DeliveryTimedOut' });
  });

  test('an instance can be mended', async () => {
    await start({ kind: 'undeliverable' });
    rig.endpoint.setInstanceFault(LINUX, undefined);
    expect(await rig.run('true')).toMatchObject({ Status: 'Success' });
  });
});

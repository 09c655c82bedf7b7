import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CancelCommandCommand, CommandFilterKey, DescribeInstanceInformationCommand, GetCommandInvocationCommand,
  ListCommandInvocationsCommand, ListCommandsCommand, SendCommandCommand, SendCommandCommandInput,
} from '@aws-sdk/client-ssm';
import { eventually, fleet, LINUX, Rig } from './rig';
import { InstanceSpec } from '../../../../src/local/services/ssm/fleet';

let rig: Rig;
afterEach(() => rig.close());

const ids = (invocations: { InstanceId?: string }[]) => invocations.map(({ InstanceId }) => InstanceId!);
const targets = (Key: string, ...Values: string[]) => ({ Targets: [{ Key, Values }] });

describe('eventual consistency', () => {
  test('a command is not listed at once', async () => {
    rig = await Rig.start({ speed: 5, delays: { registrationSeconds: 10, deliverySeconds: 0 } });
    const CommandId = await rig.send('echo done');
    expect(await rig.invocations(CommandId)).toEqual([]);
    expect((await rig.ssm.send(new ListCommandsCommand({ CommandId }))).Commands).toEqual([]);
    await expect(rig.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId: LINUX })))
      .rejects.toMatchObject({ name: 'InvocationDoesNotExist', $metadata: { httpStatusCode: 400 } });
    expect(await rig.ended(CommandId)).toMatchObject({ StandardOutputContent: 'done\n' });
  });
});

describe('targets', () => {
  const instances: InstanceSpec[] = [
    { instanceId: 'i-0000000a', tags: { Role: 'crawler', Stage: 'prod' } },
    { instanceId: 'i-0000000b', tags: { Role: 'crawler', Stage: 'test' }, resourceGroups: ['batch'] },
    { instanceId: 'i-0000000c', tags: { Role: 'web' } },
    { instanceId: 'mi-0000000000000000d' },
  ];

  test.each<[string, SendCommandCommandInput['Targets'], string[]]>([
    ['a tag', [{ Key: 'tag:Role', Values: ['crawler'] }], ['i-0000000a', 'i-0000000b']],
    ['two values', [{ Key: 'tag:Role', Values: ['crawler', 'web'] }], ['i-0000000a', 'i-0000000b', 'i-0000000c']],
    ['two keys', [{ Key: 'tag:Role', Values: ['crawler'] }, { Key: 'tag:Stage', Values: ['prod'] }], ['i-0000000a']],
    ['a tag key', [{ Key: 'tag-key', Values: ['Stage'] }], ['i-0000000a', 'i-0000000b']],
    ['a resource group', [{ Key: 'resource-groups:Name', Values: ['batch'] }], ['i-0000000b']],
    ['instance ids', [{ Key: 'InstanceIds', Values: ['mi-0000000000000000d'] }], ['mi-0000000000000000d']],
  ])('%s', async (_, Targets, expected) => {
    rig = await Rig.start({ instances });
    const CommandId = await rig.send('true', { Targets });
    expect(await rig.settled(CommandId)).toMatchObject({ Status: 'Success', TargetCount: expected.length });
    expect(ids(await rig.invocations(CommandId))).toEqual(expected);
  });

  test('that match nothing end as a success', async () => {
    rig = await Rig.start({ instances });
    const CommandId = await rig.send('true', targets('tag:Role', 'nobody'));
    expect(await rig.settled(CommandId)).toMatchObject({ Status: 'Success', StatusDetails: 'NoInstancesInTag', TargetCount: 0 });
    expect(await rig.invocations(CommandId)).toEqual([]);
  });

  test('of another platform get an invocation that says so', async () => {
    const tags = { all: '' };
    rig = await Rig.start({
      instances: [{ instanceId: 'i-0000000a', tags }, { instanceId: 'i-0000000b', platform: 'Windows', tags }],
    });
    const CommandId = await rig.send('true', targets('tag:all', ''));
    await rig.settled(CommandId);
    expect((await rig.invocations(CommandId)).map(({ StatusDetails }) => StatusDetails)).toEqual(['Success', 'InvalidPlatform']);
  });

  test('any well-formed id is an instance where that was asked for', async () => {
    rig = await Rig.start({ instances: [], anyInstance: true });
    expect(await rig.run('true')).toMatchObject({ Status: 'Success' });
    await expect(rig.send('true', { InstanceIds: ['i-short'] })).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('many instances', () => {
  test('120 invocations come in pages, each once', async () => {
    rig = await Rig.start({ instances: fleet(120, { tags: { all: '' } }) });
    const CommandId = await rig.send('true', targets('tag:all', ''));
    expect(await rig.settled(CommandId)).toMatchObject({ Status: 'Success', TargetCount: 120, CompletedCount: 120 });

    const first = await rig.ssm.send(new ListCommandInvocationsCommand({ CommandId }));
    expect(first.CommandInvocations).toHaveLength(50);
    expect(first.CommandInvocations![0].CommandPlugins).toEqual([]);
    expect(ids(await rig.invocations(CommandId))).toEqual(fleet(120).map(({ instanceId }) => instanceId));

    const small = await rig.ssm.send(new ListCommandInvocationsCommand({ CommandId, MaxResults: 7 }));
    expect(small.CommandInvocations).toHaveLength(7);
    await expect(rig.ssm.send(new ListCommandInvocationsCommand({ MaxResults: 7, NextToken: small.NextToken })))
      .rejects.toMatchObject({ name: 'InvalidNextToken' });
    await expect(rig.ssm.send(new ListCommandInvocationsCommand({ CommandId, NextToken: 'x' })))
      .rejects.toMatchObject({ name: 'InvalidNextToken' });

    const page = await rig.ssm.send(new DescribeInstanceInformationCommand({}));
    expect(page.InstanceInformationList).toHaveLength(10);
    expect(page.NextToken).toBeDefined();
  });

  test('MaxConcurrency bounds how many run at the same time', async () => {
    rig = await Rig.start({ instances: fleet(4, { tags: { all: '' } }), delays: { deliverySeconds: 0 } });
    const CommandId = await rig.send('sleep 0.15', { ...targets('tag:all', ''), MaxConcurrency: '50%' });
    expect(await rig.settled(CommandId)).toMatchObject({ StatusDetails: 'Success', CompletedCount: 4 });
    let running = 0;
    const sizes = rig.events.map(({ statusDetails: word }) => running += word === 'InProgress' ? 1 : word === 'Success' ? -1 : 0);
    expect(Math.max(...sizes)).toBe(2);
    expect(running).toBe(0);
  });

  test('more errors than MaxErrors end what was not sent as Terminated; what runs goes on', async () => {
    rig = await Rig.start({ instances: fleet(5, { tags: { all: '' } }) });
    const CommandId = await rig.send('exit 9', { ...targets('tag:all', ''), MaxConcurrency: '1', MaxErrors: '1' });
    expect(await rig.settled(CommandId)).toMatchObject({ StatusDetails: 'Failed', ErrorCount: 2, CompletedCount: 5 });
    expect((await rig.invocations(CommandId)).map(({ StatusDetails }) => StatusDetails))
      .toEqual(['Failed', 'Failed', 'Terminated', 'Terminated', 'Terminated']);
    expect(existsSync(rig.path('', fleet(2)[1].instanceId))).toBe(true);
    expect(existsSync(rig.path('', fleet(3)[2].instanceId))).toBe(false);
  });

  test('CancelCommand can take some instances only', async () => {
    rig = await Rig.start({ instances: fleet(2) });
    const [kept, cancelled] = fleet(2).map(({ instanceId }) => instanceId);
    const CommandId = await rig.send('touch began; until [ -e go ]; do sleep 0.05; done', { InstanceIds: [kept, cancelled] });
    await rig.ssm.send(new CancelCommandCommand({ CommandId, InstanceIds: [cancelled] }));
    await eventually(async () => expect(existsSync(rig.path('began', kept))).toBe(true));
    writeFileSync(rig.path('go', kept), '');
    await rig.settled(CommandId);
    expect((await rig.invocations(CommandId)).map(({ StatusDetails }) => StatusDetails)).toEqual(['Success', 'Cancelled']);
  });
});

describe('lists', () => {
  const list = async (...filters: [string, string][]) => {
    const Filters = filters.map(([key, value]) => ({ key: key as CommandFilterKey, value }));
    const { Commands = [] } = await rig.ssm.send(new ListCommandsCommand(Filters.length > 0 ? { Filters } : {}));
    return Commands.map(({ Comment }) => Comment);
  };

  test('ListCommands filters, newest first', async () => {
    rig = await Rig.start();
    await rig.settled(await rig.send('true', { Comment: 'good' }));
    const between = new Date(rig.clock.now()).toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await rig.settled(await rig.send('false', { Comment: 'bad' }));
    const running = await rig.send('sleep 30', { Comment: 'running' });
    await eventually(async () => expect(await rig.invocations(running)).toMatchObject([{ Status: 'InProgress' }]));

    expect(await list()).toEqual(['running', 'bad', 'good']);
    expect(await list(['Status', 'Failed'])).toEqual(['bad']);
    expect(await list(['ExecutionStage', 'Executing'])).toEqual(['running']);
    expect(await list(['ExecutionStage', 'Complete'])).toEqual(['bad', 'good']);
    expect(await list(['ExecutionStage', 'Complete'], ['Status', 'Success'])).toEqual(['good']);
    expect(await list(['InvokedAfter', between])).toEqual(['running', 'bad']);
    expect(await list(['InvokedBefore', between])).toEqual(['good']);
    expect(await list(['DocumentName', 'AWS-RunShellScript'])).toHaveLength(3);
    expect(await list(['DocumentName', 'Other'])).toEqual([]);
    await expect(list(['Nonsense', 'x'])).rejects.toMatchObject({ name: 'InvalidFilterKey' });
    await expect(rig.ssm.send(new ListCommandInvocationsCommand({ Filters: [{ key: 'ExecutionStage', value: 'Complete' }] })))
      .rejects.toMatchObject({ name: 'InvalidFilterKey' });
    const failed = await rig.ssm.send(new ListCommandInvocationsCommand({ Filters: [{ key: 'Status', value: 'Failed' }] }));
    expect(failed.CommandInvocations!.map(({ Comment }) => Comment)).toEqual(['bad']);
  });

  test('times are times', async () => {
    rig = await Rig.start();
    const before = rig.clock.now() - 1000;
    const { Command } = await rig.ssm.send(new SendCommandCommand({
      DocumentName: 'AWS-RunShellScript',
      InstanceIds: [LINUX],
      Parameters: { commands: ['true'], executionTimeout: ['100'] },
      TimeoutSeconds: 60,
    }));
    expect(Command!.RequestedDateTime!.getTime()).toBeGreaterThan(before);
    expect(Command!.ExpiresAfter!.getTime() - Command!.RequestedDateTime!.getTime()).toBe(160_000);
  });

  test('output in lists is cut, and whole in the instance\'s folder', async () => {
    rig = await Rig.start();
    const CommandId = await rig.send('head -c 30000 /dev/zero | tr "\\0" o; head -c 30000 /dev/zero | tr "\\0" e >&2');
    const single = await rig.ended(CommandId);
    expect(single.StandardOutputContent).toMatch(/^o{23980}--output truncated--$/);
    expect(single.StandardErrorContent).toBe('e'.repeat(8000));
    const [{ CommandPlugins: [plugin] = [] }] = await rig.invocations(CommandId);
    expect(plugin.Output!.length).toBeLessThanOrEqual(2500);
    expect(plugin.Output).toContain('---Output truncated---');
    expect(readFileSync(join(rig.folder, 'commands', CommandId, LINUX, 'aws:runShellScript/stdout'))).toHaveLength(30_000);
  });
});

describe('DescribeInstanceInformation', () => {
  test('tells and filters', async () => {
    rig = await Rig.start({
      instances: [{ instanceId: 'i-0000000a', tags: { Role: 'web' } }, { instanceId: 'i-0000000b', ping: 'ConnectionLost' }],
    });
    const find = async (Key: string, ...Values: string[]) =>
      ids((await rig.ssm.send(new DescribeInstanceInformationCommand({ Filters: [{ Key, Values }] }))).InstanceInformationList!);
    expect(await find('InstanceIds', 'i-0000000a')).toEqual(['i-0000000a']);
    expect(await find('PingStatus', 'ConnectionLost')).toEqual(['i-0000000b']);
    expect(await find('tag:Role', 'web')).toEqual(['i-0000000a']);
    await expect(find('Color', 'red')).rejects.toMatchObject({ name: 'InvalidFilterKey' });
  });
});

import {
  CancelCommandCommand, GetCommandInvocationCommand, ListCommandInvocationsCommand, SendCommandCommand, SendCommandCommandInput,
} from '@aws-sdk/client-ssm';
import { LINUX, Rig } from './rig';

const UNKNOWN = 'i-0123456789abcdef0';
const WINDOWS = 'i-0000000000000000f';
const NO_COMMAND = '00000000-0000-0000-0000-000000000000';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ instances: [{ instanceId: LINUX }, { instanceId: WINDOWS, platform: 'Windows' }] });
});
afterAll(() => rig.close());

const send = (input: Partial<SendCommandCommandInput>) => rig.ssm.send(new SendCommandCommand({
  DocumentName: 'AWS-RunShellScript', InstanceIds: [LINUX], Parameters: { commands: ['true'] }, ...input,
}));

test.each<[string, Partial<SendCommandCommandInput>, string]>([
  ['neither instances nor targets', { InstanceIds: undefined }, 'ValidationException'],
  ['instances and targets', { Targets: [{ Key: 'tag-key', Values: ['x'] }] }, 'ValidationException'],
  ['51 instances', { InstanceIds: Array(51).fill(LINUX) }, 'ValidationException'],
  ['a malformed id', { InstanceIds: ['i-1'] }, 'ValidationException'],
  ['a comment of 101 characters', { Comment: 'x'.repeat(101) }, 'ValidationException'],
  ['a delivery timeout of 29 seconds', { TimeoutSeconds: 29 }, 'ValidationException'],
  ['a delivery timeout over 30 days', { TimeoutSeconds: 2_592_001 }, 'ValidationException'],
  ['no concurrency', { MaxConcurrency: '0' }, 'ValidationException'],
  ['errors over 100%', { MaxErrors: '101%' }, 'ValidationException'],
  ['an unknown target key', { InstanceIds: undefined, Targets: [{ Key: 'color', Values: ['red'] }] }, 'ValidationException'],
  ['an instance twice', { InstanceIds: [LINUX, LINUX] }, 'DuplicateInstanceId'],
  ['an unknown instance', { InstanceIds: [LINUX, UNKNOWN] }, 'InvalidInstanceId'],
  ['an instance of another platform', { InstanceIds: [WINDOWS] }, 'UnsupportedPlatformType'],
  ['an unknown document', { DocumentName: 'Nothing' }, 'InvalidDocument'],
  ['an unknown version', { DocumentVersion: '7' }, 'InvalidDocumentVersion'],
  ['an unknown parameter', { Parameters: { commands: ['true'], other: ['x'] } }, 'InvalidParameters'],
  ['a missing parameter', { Parameters: {} }, 'InvalidParameters'],
  ['an execution timeout of 0', { Parameters: { commands: ['true'], executionTimeout: ['0'] } }, 'InvalidParameters'],
  ['a script over 64 KB', { Parameters: { commands: ['x'.repeat(65_536)] } }, 'MaxDocumentSizeExceeded'],
])('SendCommand refuses %s', async (_, input, name) => {
  await expect(send(input)).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
  expect(rig.endpoint.commands()).toEqual([]);
});

test('messages name the member and the rule', async () => {
  await expect(send({ InstanceIds: ['i-1'] })).rejects.toThrow(
    "Value 'i-1' at 'instanceIds.1.member' failed to satisfy constraint: Member must satisfy regular expression pattern: ");
  await expect(send({ InstanceIds: [UNKNOWN] })).rejects.toThrow(
    `Instances [[${UNKNOWN}]] not in a valid state for account 123456789012`);
});

test('commands that do not exist', async () => {
  await expect(rig.ssm.send(new GetCommandInvocationCommand({ CommandId: NO_COMMAND, InstanceId: LINUX })))
    .rejects.toMatchObject({ name: 'InvocationDoesNotExist' });
  await expect(rig.ssm.send(new CancelCommandCommand({ CommandId: NO_COMMAND })))
    .rejects.toMatchObject({ name: 'InvalidCommandId' });
  expect(await rig.invocations(NO_COMMAND)).toEqual([]);
});

test.each([0, 51])('pages of %d are refused', async (MaxResults) => {
  await expect(rig.ssm.send(new ListCommandInvocationsCommand({ MaxResults })))
    .rejects.toMatchObject({ name: 'ValidationException' });
});

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CancelCommandCommand, GetCommandInvocationCommand } from '@aws-sdk/client-ssm';
import { eventually, isAlive, LINUX, Rig } from './rig';
import { turnToStart } from '../../../../src/local/services/ssm/script';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.start({ environment: (_id, folder) => ({ COTS_STATE: folder }), changeUsers: false });
});
afterEach(() => rig.close());

const pidIn = (file: string) => Number(readFileSync(rig.path(file), 'utf8'));
const agentLog = () => readFileSync(join(rig.folder, 'agents', LINUX, 'agent.log'), 'utf8');

test('a script that exits 0 succeeds, and its output comes back', async () => {
  expect(await rig.run('echo out; echo err >&2')).toMatchObject({
    Status: 'Success',
    StatusDetails: 'Success',
    ResponseCode: 0,
    PluginName: 'aws:runShellScript',
    StandardOutputContent: 'out\n',
    StandardErrorContent: 'err\n',
    ExecutionStartDateTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    ExecutionElapsedTime: expect.stringMatching(/^PT[\d.]+S$/),
  });
});

test('a script that exits with another code fails with that code, and the agent says so on stderr', async () => {
  expect(await rig.run('echo err >&2; exit 7')).toMatchObject({
    Status: 'Failed',
    StatusDetails: 'Failed',
    ResponseCode: 7,
    StandardErrorContent: 'err\nfailed to run commands: exit status 7',
  });
});

test('a script that a signal ended has no exit code of its own', async () => {
  const { Status, ResponseCode, StandardErrorContent } = await rig.run('kill -TERM $$');
  expect(Status).toBe('Failed');
  // Some shells replace themselves by the script, others wait for it and pass on 128 + the signal.
  expect([[-1, 'failed to run commands: signal: terminated'], [143, 'failed to run commands: exit status 143']])
    .toContainEqual([ResponseCode, StandardErrorContent!.split('\n').at(-1)]);
});

test('only the last command counts, as in sh', async () => {
  expect(await rig.run('false\necho done')).toMatchObject({ Status: 'Success' });
});

test('the first line chooses the interpreter', async () => {
  expect(await rig.run('#!/bin/cat\nnot a command')).toMatchObject({ StandardOutputContent: '#!/bin/cat\nnot a command\n' });
});

test('nothing is answered of the output before the end', async () => {
  const CommandId = await rig.send('echo early; touch began; while [ ! -e go ]; do sleep 0.05; done');
  await rig.fileAppears('began');
  expect(await rig.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId: LINUX }))).toMatchObject({
    Status: 'InProgress',
    ResponseCode: -1,
    StandardOutputContent: '',
    ExecutionEndDateTime: '',
  });
  writeFileSync(rig.path('go'), '');
  expect(await rig.ended(CommandId)).toMatchObject({ Status: 'Success', StandardOutputContent: 'early\n' });
});

test('a script finds the environment of the agent and of the caller, and not that of this process', async () => {
  process.env.SSM_TEST_SECRET = 'secret';
  const { StandardOutputContent: out } = await rig.run('pwd; env; cat; readlink /proc/self/fd/0 || true');
  delete process.env.SSM_TEST_SECRET;
  expect(out).toContain(`${rig.path('').replace(/\/$/, '')}\n`);
  expect(out).toContain(`AWS_SSM_INSTANCE_ID=${LINUX}\n`);
  expect(out).toContain('AWS_SSM_REGION_NAME=us-east-1\n');
  expect(out).toMatch(/^SSM_COMMAND_ID=[0-9a-f-]{36}$/m);
  expect(out).toContain(`COTS_STATE=${rig.path('').replace(/\/$/, '')}\n`);
  expect(out).not.toContain('secret');
  expect(out).toContain('/dev/null');
});

test('a working directory that does not exist fails as the agent fails', async () => {
  expect(await rig.run('pwd', { Parameters: { workingDirectory: ['/does/not/exist'] } })).toMatchObject({
    Status: 'Failed',
    ResponseCode: 1,
    StandardErrorContent: expect.stringMatching(/^failed to run commands: fork\/exec .*\/sh: no such file or directory$/),
  });
});

test('a working directory that exists is used', async () => {
  mkdirSync(rig.path('elsewhere'), { recursive: true });
  expect(await rig.run('pwd', { Parameters: { workingDirectory: [rig.path('elsewhere')] } }))
    .toMatchObject({ StandardOutputContent: `${rig.path('elsewhere')}\n` });
});

test('the execution timeout kills the process group, and ends the invocation as ExecutionTimedOut', async () => {
  const script = 'echo before; sh -c "sleep 300 & echo \\$! >grandchild; wait"';
  expect(await rig.run(script, { Parameters: { executionTimeout: ['40'] } })).toMatchObject({
    Status: 'TimedOut', StatusDetails: 'ExecutionTimedOut', ResponseCode: 137, StandardOutputContent: 'before\n',
  });
  await eventually(async () => expect(isAlive(pidIn('grandchild'))).toBe(false));
});

test('an execution timeout below the agent\'s minimum means the default', async () => {
  expect(await rig.run('sleep 0.4', { Parameters: { executionTimeout: ['1'] } })).toMatchObject({ Status: 'Success' });
});

test('exit code 137 of the script looks like a timeout to the agent', async () => {
  expect(await rig.run('exit 137')).toMatchObject({ Status: 'TimedOut', StatusDetails: 'ExecutionTimedOut' });
});

test('a background process that holds the output keeps the invocation in progress', async () => {
  const CommandId = await rig.send('(while [ ! -e go ]; do sleep 0.05; done) & touch began');
  await rig.fileAppears('began');
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await rig.invocations(CommandId)).toMatchObject([{ Status: 'InProgress' }]);
  writeFileSync(rig.path('go'), '');
  expect(await rig.ended(CommandId)).toMatchObject({ Status: 'Success' });
});

test('CancelCommand goes through Cancelling to Cancelled, and kills the process group', async () => {
  const CommandId = await rig.send('echo before; sleep 300 & echo $! >child; wait');
  await rig.fileAppears('child');
  await rig.ssm.send(new CancelCommandCommand({ CommandId }));
  expect(await rig.ended(CommandId)).toMatchObject({ Status: 'Cancelled', StandardOutputContent: 'before\n' });
  expect(await rig.settled(CommandId)).toMatchObject({ Status: 'Cancelled', CompletedCount: 1, ErrorCount: 0 });
  await eventually(async () => expect(isAlive(pidIn('child'))).toBe(false));
  expect(rig.events.map(({ statusDetails }) => statusDetails)).toEqual(['InProgress', 'Cancelling', 'Cancelled']);
});

test('CancelCommand before delivery: the script never runs', async () => {
  await rig.close();
  rig = await Rig.start({ delays: { deliverySeconds: 20 } });
  const CommandId = await rig.send('touch ran');
  await rig.ssm.send(new CancelCommandCommand({ CommandId }));
  expect(await rig.ended(CommandId)).toMatchObject({ Status: 'Cancelled', ResponseCode: -1 });
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect(() => readFileSync(rig.path('ran'))).toThrow('ENOENT');
});

test('close kills everything, daemons too', async () => {
  await rig.send('sleep 300 & echo $! >child; setsid sleep 300 >/dev/null 2>&1 & echo $! >daemon; touch began; wait');
  await rig.fileAppears('began');
  const pids = [pidIn('child'), pidIn('daemon')];
  expect(pids.map(isAlive)).toEqual([true, true]);
  await rig.close();
  await eventually(async () => expect(pids.map(isAlive)).toEqual([false, false]));
});

test('runuser is stood in for, with a note in the agent\'s log and none in the output', async () => {
  expect(await rig.run('runuser -u crawler -- sh -c \'echo "$1"; exit 3\' sh "a  b"')).toMatchObject({
    ResponseCode: 3,
    StandardOutputContent: 'a  b\n',
    StandardErrorContent: 'failed to run commands: exit status 3',
  });
  expect(agentLog()).toContain('runuser: would run as crawler: sh\n');
});

test('a PATH of the environment leaves what stands in for runuser first', async () => {
  await rig.close();
  rig = await Rig.start({ environment: () => ({ PATH: '/opt/none:/usr/bin:/bin' }) });
  expect(await rig.run('echo "$PATH"; runuser -u crawler -- echo done')).toMatchObject({
    Status: 'Success', StandardOutputContent: expect.stringMatching(/shims:\/opt\/none:\/usr\/bin:\/bin\ndone\n$/),
  });
});

test('runuser in another form is refused: nothing must run as somebody else than asked', async () => {
  expect(await rig.run('runuser -l crawler -c id')).toMatchObject({ Status: 'Failed', StandardOutputContent: '' });
});

test('between two scripts that start at the same time, the services have their turn', async () => {
  let turns = 0;
  let count = setImmediate(function next() {
    turns++;
    count = setImmediate(next);
  });
  const starts = await Promise.all(Array.from({ length: 5 }, async () => {
    await turnToStart();
    return turns;
  }));
  clearImmediate(count);
  expect(new Set(starts).size).toBe(5);
});

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { CancelCommandCommand } from '@aws-sdk/client-ssm';
import { eventually, isAlive, LINUX, Rig } from './rig';
import { InstanceFault } from '../../../../src/local/services/ssm/fleet';
import { VARIABLES_PATTERN } from '../../../../src/protocol';

/**
 * What the real agent does, one test for each fact; each was seen on the whole agent (3.3) under systemd. What a script can see here it
 * sees there, and the reverse.
 */
let rig: Rig;
beforeEach(async () => {
  rig = await Rig.start({ workingDirectory: undefined });
});
afterEach(() => rig.close());

const folder = () => `'${rig.path('').replace(/\/$/, '')}'`;
const output = async (script: string) => (await rig.run(script)).StandardOutputContent;
const killed = { Status: 'TimedOut', StatusDetails: 'ExecutionTimedOut', ResponseCode: 137, StandardErrorContent: '' };

describe('how a script is started', () => {
  test('as sh -c FILE; the file is its user\'s alone, its lines end with LF, the last one too', async () => {
    const { StandardOutputContent } = await rig.run('', {
      Parameters: { commands: ['stat -c "%a %u" "$0"', 'id -u', 'tail -c 2 "$0" | od -An -c', 'true #'] },
    });
    const [mode, uid, end] = StandardOutputContent!.trim().split('\n');
    expect(mode).toBe(`700 ${uid}`);
    expect(end.trim().split(/ +/)).toEqual(['#', '\\n']);
  });

  test('in a process group of its own', async () => {
    const [group, script, parent] = (await output('echo $(ps -o pgid= -p $$) $$ $PPID'))!.trim().split(' ');
    // Some shells replace themselves by the script, others wait for it.
    expect([script, parent]).toContain(group);
    expect(group).not.toBe(String(process.pid));
  });

  test('with /dev/null as stdin', async () => {
    expect(await output('readlink /proc/self/fd/0; cat')).toBe('/dev/null\n');
  });

  test('with pipes as stdout and stderr, which can be opened by name', async () => {
    expect(await rig.run('[ -p /dev/stdout ] && [ -p /dev/stderr ] && echo pipes; echo y >>/dev/stdout; echo x >/dev/stderr; echo z | tee /dev/stderr'))
      .toMatchObject({ Status: 'Success', StandardOutputContent: 'pipes\ny\nz\n', StandardErrorContent: 'x\nz\n' });
  });

  test('with pipes that another user cannot open by name', async () => {
    expect(await output('stat -L -c "%a %u" /dev/stdout /dev/stderr; id -u')).toMatch(/^600 (\d+)\n600 \1\n\1\n$/);
  });

  test('in /usr/bin', async () => {
    expect(await output('pwd')).toBe('/usr/bin\n');
  });

  test('with this environment, and nothing of who started the local run', async () => {
    process.env.SSM_TEST_SECRET = 'secret';
    const out = await output('env').finally(() => delete process.env.SSM_TEST_SECRET);
    const found = Object.fromEntries(out!.trim().split('\n').map((line) => line.split(/=(.*)/s)));
    // What a shell exports of its own accord.
    ['PWD', 'OLDPWD', 'SHLVL', '_'].forEach((name) => delete found[name]);
    expect(found).toEqual({
      PATH: expect.stringMatching(/shims:\/usr\/local\/sbin:\/usr\/local\/bin:\/usr\/sbin:\/usr\/bin:\/sbin:\/bin$/),
      SSM_COMMAND_ID: expect.stringMatching(/^[0-9a-f-]{36}$/),
      AWS_SSM_INSTANCE_ID: LINUX,
      AWS_SSM_REGION_NAME: 'us-east-1',
      AWS_SSM_PLATFORM_NAME: 'Linux',
      AWS_SSM_PLATFORM_VERSION: 'local',
    });
  });

  test('with the umask 022 and 1024 open files, whatever this process has', async () => {
    const before = process.umask(0o077);
    try {
      expect(await output('umask; ulimit -n')).toBe('0022\n1024\n');
    } finally {
      process.umask(before);
    }
  });
});

describe('how a script ends', () => {
  test('the agent adds the exit status to stderr, but not for 0, 137 and 194', async () => {
    expect(await rig.run('echo x >&2; exit 7')).toMatchObject({ StandardErrorContent: 'x\nfailed to run commands: exit status 7' });
    expect(await rig.run('echo x >&2')).toMatchObject({ Status: 'Success', StandardErrorContent: 'x\n' });
    expect(await rig.run('echo x >&2; exit 137')).toMatchObject({ StandardErrorContent: 'x\n' });
  });

  test('the started process dies of a signal: -1, and its name', async () => {
    expect(await rig.run('kill -TERM $PPID $$; sleep 1')).toMatchObject({
      Status: 'Failed', ResponseCode: -1, StandardErrorContent: 'failed to run commands: signal: terminated',
    });
  });

  test('137 of the script itself is a time-out', async () => {
    expect(await rig.run('exit 137')).toMatchObject(killed);
  });

  test('a time-out is SIGKILL to the group at once: no trap runs', async () => {
    const script = `trap 'echo trapped' TERM; (trap '' TERM; sleep 300) & echo $! >${folder()}/child; wait`;
    expect(await rig.run(script, { Parameters: { executionTimeout: ['20'] } })).toMatchObject({ ...killed, StandardOutputContent: '' });
    const child = readFileSync(rig.path('child'), 'utf8').trim();
    await eventually(async () => expect(() => process.kill(Number(child), 0)).toThrow('ESRCH'));
  });

  test('a cancelled script is killed at once, and Cancelled with 137', async () => {
    const CommandId = await rig.send(`trap 'echo trapped' TERM; touch ${folder()}/began; while :; do sleep 0.1; done`);
    await rig.fileAppears('began');
    await rig.ssm.send(new CancelCommandCommand({ CommandId }));
    expect(await rig.ended(CommandId)).toMatchObject({
      Status: 'Cancelled', ResponseCode: 137, StandardOutputContent: '', StandardErrorContent: '',
    });
  });

  test('a time-out where the group is empty, and a process that left it holds stdout: Failed, 1, no such process', async () => {
    const script = 'echo out; setsid sleep 300 2>/dev/null & exit 0';
    expect(await rig.run(script, { Parameters: { executionTimeout: ['20'] } })).toMatchObject({
      Status: 'Failed',
      StatusDetails: 'Failed',
      ResponseCode: 1,
      StandardOutputContent: 'out\n',
      StandardErrorContent: 'failed to run commands: no such process',
    });
  });

  test.each(['1', '4', '172801', 'soon'])('an execution timeout of %s is 3600 seconds, silently', async (given) => {
    rig.endpoint.registerDocument({
      name: 'Limited',
      content: {
        schemaVersion: '2.2',
        mainSteps: [{ name: 'run', action: 'aws:runShellScript', inputs: { timeoutSeconds: given, runCommand: ['sleep 0.5; echo done'] } }],
      },
    });
    expect(await rig.run('', { DocumentName: 'Limited' })).toMatchObject({ Status: 'Success', StandardOutputContent: 'done\n' });
  });
});

describe('allowedPattern', () => {
  const register = (allowedPattern: string) => rig.endpoint.registerDocument({
    name: 'Checked',
    content: {
      schemaVersion: '2.2',
      parameters: { word: { type: 'String', allowedPattern } },
      mainSteps: [{ name: 'run', action: 'aws:runShellScript', inputs: { runCommand: ['echo "{{ word }}"'] } }],
    },
  });
  const run = (word: string) => rig.run('', { DocumentName: 'Checked', Parameters: { word: [word] } });

  test('is found anywhere in the value, unless it has anchors', async () => {
    register('[a-z]+');
    expect(await run('7 nights')).toMatchObject({ StandardOutputContent: '7 nights\n' });
    register('^[a-z]+$');
    await expect(run('7 nights')).rejects.toMatchObject({ name: 'InvalidParameters' });
    await expect(run('nights\n')).rejects.toMatchObject({ name: 'InvalidParameters' });
  });

  test('is RE2: what it does not know is no pattern', async () => {
    register('(?i)^[[:alpha:]]+\\z');
    expect(await run('Nights')).toMatchObject({ StandardOutputContent: 'Nights\n' });
    expect(() => register('(?!root)')).toThrow('allowedPattern of word must be a regular expression');
  });

  test('lets through as much of a job\'s variables as a document takes, and nothing else', async () => {
    register(VARIABLES_PATTERN);
    const most = `DIR=${'QUJD'.repeat(15_000)}`;
    expect(await run(`${most},SINCE=`)).toMatchObject({ Status: 'Success' });
    await expect(run(`${most},SIN CE=`)).rejects.toMatchObject({ name: 'InvalidParameters' });
  });
});

describe('documents of an instance', () => {
  const waits = (name: string) => `touch ${folder()}/${name}; while [ ! -e ${folder()}/go ]; do sleep 0.05; done`;
  const began = (name: string) => existsSync(rig.path(name));
  const fill = async () => {
    const ids = [];
    for (const name of ['1', '2', '3', '4', '5']) {
      ids.push(await rig.send(waits(name)));
      await rig.fileAppears(name);
    }
    return ids;
  };
  const settle = () => new Promise((resolve) => setTimeout(resolve, 500));

  test('five run at once; the rest wait, InProgress already, longer than TimeoutSeconds, and run then', async () => {
    await fill();
    const sixth = await rig.send(waits('6'), { TimeoutSeconds: 30 });
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await rig.invocations(sixth)).toMatchObject([{ Status: 'InProgress' }]);
    expect(began('6')).toBe(false);
    writeFileSync(rig.path('go'), '');
    expect(await rig.ended(sixth)).toMatchObject({ Status: 'Success' });
    expect(began('6')).toBe(true);
  });

  test('one that is cancelled while it waits is never reported, and runs at the next start of the agent', async () => {
    const running = await fill();
    const sixth = await rig.send(waits('6'));
    await eventually(async () => expect(await rig.invocations(sixth)).toMatchObject([{ Status: 'InProgress' }]));
    await rig.ssm.send(new CancelCommandCommand({ CommandId: sixth }));
    await settle();
    writeFileSync(rig.path('go'), '');
    await Promise.all(running.map((id) => rig.ended(id)));
    await settle();
    expect(await rig.invocations(sixth)).toMatchObject([{ Status: 'Cancelling' }]);
    expect(began('6')).toBe(false);
    rig.endpoint.restartAgent(LINUX);
    await rig.fileAppears('6');
  });

  test('a script outlives a restart of the agent, is reported truly, and runs once', async () => {
    const CommandId = await rig.send(`printf x >>${folder()}/ran; ${waits('began')}; exit 3`);
    await rig.fileAppears('began');
    rig.endpoint.restartAgent(LINUX);
    writeFileSync(rig.path('go'), '');
    expect(await rig.ended(CommandId)).toMatchObject({ Status: 'Failed', ResponseCode: 3 });
    expect(readFileSync(rig.path('ran'), 'utf8')).toBe('x');
  });

  test('a command that is delivered twice runs once: while it runs, after a restart of the agent, and when it has ended', async () => {
    const CommandId = await rig.send(`printf x >>${folder()}/ran; ${waits('began')}; exit 3`);
    await rig.fileAppears('began');
    const [command] = rig.endpoint.commands();
    await rig.endpoint.deliverAgain(command);
    rig.endpoint.restartAgent(LINUX);
    await rig.endpoint.deliverAgain(command);
    writeFileSync(rig.path('go'), '');
    expect(await rig.ended(CommandId)).toMatchObject({ Status: 'Failed', ResponseCode: 3 });
    await rig.endpoint.deliverAgain(command);
    expect(await rig.invocations(CommandId)).toMatchObject([{ Status: 'Failed' }]);
    expect(readFileSync(rig.path('ran'), 'utf8')).toBe('x');
  });

  test('only exit code 194 runs a document again, after the reboot', async () => {
    const before = rig.clock.now();
    expect(await rig.run(`printf x >>${folder()}/ran; [ -e ${folder()}/once ] || { touch ${folder()}/once; exit 194; }`))
      .toMatchObject({ Status: 'Success', ResponseCode: 0, StandardErrorContent: '' });
    expect(readFileSync(rig.path('ran'), 'utf8')).toBe('xx');
    expect(rig.clock.now() - before).toBeGreaterThan(59_000);
  });

  test('a step after a failed step runs; a skipped step reports Skipped and 0', async () => {
    const run = (name: string, more: object = {}) =>
      ({ name, action: 'aws:runShellScript', inputs: { runCommand: [`echo ${name}; ${name === 'fails' ? 'exit 3' : 'true'}`] }, ...more });
    rig.endpoint.registerDocument({
      name: 'Steps',
      content: {
        schemaVersion: '2.2',
        mainSteps: [run('fails'), run('follows'), run('skipped', { precondition: { StringEquals: ['platformType', 'Windows'] } })],
      },
    });
    const CommandId = await rig.send('', { DocumentName: 'Steps' });
    expect(await rig.settled(CommandId)).toMatchObject({ Status: 'Failed' });
    const [{ CommandPlugins }] = await rig.invocations(CommandId);
    expect(CommandPlugins).toMatchObject([
      { Name: 'fails', Status: 'Failed', ResponseCode: 3 },
      { Name: 'follows', Status: 'Success', ResponseCode: 0 },
      { Name: 'skipped', StatusDetails: 'Skipped', ResponseCode: 0 },
    ]);
  });
});

describe('failures of the agent itself: Failed, 1, not the exit status of the script', () => {
  const lost = { Status: 'Failed', StatusDetails: 'Failed', ResponseCode: 1, StandardErrorContent: '' };
  const outputOf = async (CommandId: string) => (await rig.invocations(CommandId))[0].CommandPlugins![0].Output;
  const pid = () => Number(readFileSync(rig.path('pid'), 'utf8'));
  const lives = (fault: InstanceFault) => {
    rig.endpoint.setInstanceFault(LINUX, fault);
    return rig.send(`printf x >>${folder()}/ran; echo $$ >${folder()}/pid; exec sleep 300`);
  };

  test('a reboot: the script is gone, and is told about a minute after it', async () => {
    const CommandId = await lives({ kind: 'reboots', afterSeconds: 20 });
    await eventually(async () => expect(rig.endpoint.commands()[0].invocations[0].instance.ping).toBe('ConnectionLost'));
    const at = rig.clock.now();
    await eventually(async () => expect(isAlive(pid())).toBe(false));
    expect(await rig.ended(CommandId)).toMatchObject(lost);
    expect(rig.clock.now() - at).toBeGreaterThan(50_000);
    expect(await outputOf(CommandId)).toMatch(/^document process failed unexpectedly:/);
    expect(rig.endpoint.commands()[0].invocations[0].instance.ping).toBe('Online');
    expect(readFileSync(rig.path('ran'), 'utf8')).toBe('x');
  });

  test('a worker that is killed: told at once, and the script lives on', async () => {
    const CommandId = await lives({ kind: 'workerKilled', afterSeconds: 20 });
    expect(await rig.ended(CommandId)).toMatchObject(lost);
    expect(await outputOf(CommandId)).toMatch(/^document process failed unexpectedly:/);
    expect(isAlive(pid())).toBe(true);
  });

  test('a full disk: the script does not begin', async () => {
    const CommandId = await lives({ kind: 'diskFull' });
    expect(await rig.ended(CommandId)).toMatchObject(lost);
    expect(await outputOf(CommandId)).toMatch(/^document process failed unexpectedly:/);
    expect(existsSync(rig.path('ran'))).toBe(false);
  });
});

describe('output', () => {
  const CloudWatchOutputConfig = { CloudWatchOutputEnabled: true };

  test('an end is reported when the log is uploaded, 2 to 3 seconds after it', async () => {
    await rig.close();
    rig = await Rig.start({ speed: 1 });
    const CommandId = await rig.send(`echo out; touch ${folder()}/ran`, { CloudWatchOutputConfig });
    await rig.fileAppears('ran');
    const at = rig.clock.now();
    expect(await rig.invocations(CommandId)).toMatchObject([{ Status: 'InProgress', CommandPlugins: [{ ResponseCode: -1 }] }]);
    expect(await rig.ended(CommandId)).toMatchObject({ Status: 'Success', ResponseCode: 0 });
    expect(rig.clock.now() - at).toBeGreaterThan(2_000);
  });

  test('a command that is cancelled while its log is uploaded is reported as it ended', async () => {
    await rig.close();
    rig = await Rig.start({ speed: 1, delays: { deliverySeconds: 0 } });
    const CommandId = await rig.send(`touch ${folder()}/ran; exit 3`, { CloudWatchOutputConfig });
    await rig.fileAppears('ran');
    await new Promise((resolve) => setTimeout(resolve, 700));
    await rig.ssm.send(new CancelCommandCommand({ CommandId }));
    expect(await rig.ended(CommandId)).toMatchObject({ Status: 'Failed', ResponseCode: 3 });
  });

  test('24,000 characters of stdout and of stderr; together 2,500', async () => {
    const CommandId = await rig.send('head -c 30000 /dev/zero | tr "\\0" o; head -c 30000 /dev/zero | tr "\\0" e >&2');
    expect((await rig.ended(CommandId)).StandardOutputContent).toMatch(/^o{23980}--output truncated--$/);
    expect((await rig.invocations(CommandId))[0].CommandPlugins![0].Output).toMatch(/^o+\n---Output truncated---\n-+ERROR-+\ne+\n---Error truncated-+$/);
  });
});

test('an endpoint can be closed while an instance boots', async () => {
  rig.endpoint.setInstanceFault(LINUX, { kind: 'reboots', afterSeconds: 5 });
  await rig.send('sleep 300');
  await eventually(async () => expect(rig.endpoint.commands()[0].invocations[0].instance.ping).toBe('ConnectionLost'));
});

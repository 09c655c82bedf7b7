import { readFileSync } from 'node:fs';
import { CancelCommandCommand } from '@aws-sdk/client-ssm';
import { eventually, LINUX, Rig } from './rig';

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
    const found = Object.fromEntries(out!.trim().split('\n').map(line => line.split(/=(.*)/s)));
    // What a shell exports of its own accord.
    ['PWD', 'OLDPWD', 'SHLVL', '_'].forEach(name => delete found[name]);
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

  test.each(['1', '4', '172801', 'soon'])('an execution timeout of %s is 3600 seconds, silently', async given => {
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

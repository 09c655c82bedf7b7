import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { environmentOf, IS_ROOT, LaunchOptions, Launchpad, PRINT_ENVIRONMENT, USER, variables } from '../../support/launch';
import { find, SHELL_NAMES } from '../../support/shells';


describe.each(SHELL_NAMES)('%s', (name) => {
  let launchpad: Launchpad;
  beforeAll(() => {
    launchpad = new Launchpad();
  });
  afterAll(() => launchpad.remove());

  const launch = (options: LaunchOptions) => launchpad.launch({ sh: launchpad.shell(name), ...options });

  /** A folder of its own with these programs, for a PATH. */
  const bin = (folder: string, programs: { [program: string]: string }) => {
    mkdirSync(join(launchpad.folder, folder));
    for (const [program, target] of Object.entries(programs)) {
      symlinkSync(target, join(launchpad.folder, folder, program));
    }
    return `${launchpad.shell(name).bin}:${join(launchpad.folder, folder)}`;
  };

  test('runs the script as the user, with all that it gets', async () => {
    const ended = await launch({
      script: `id -un\n${PRINT_ENVIRONMENT}`,
      runAs: USER,
      workingDirectory: '/',
      environment: { FIXED: 'f' },
      variables: variables({ VARIABLE: 'v\n' }),
    });
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    const [who] = ended.stdout.toString().split('\n', 1);
    expect(who).toBe(USER);
    expect(environmentOf({ ...ended, stdout: ended.stdout.subarray(who.length + 1) })).toMatchObject({
      FIXED: 'f', VARIABLE: 'v\n', SHELL: '/bin/sh', ...(IS_ROOT ? { HOME: '/nonexistent', USER: 'nobody', LOGNAME: 'nobody' } : {}),
    });
  });

  test('lets the environment have the last word', async () => {
    const ended = await launch({ script: PRINT_ENVIRONMENT, runAs: USER, environment: { HOME: '/opt', SHELL: '/bin/ksh', USER: 'u' } });
    expect(environmentOf(ended)).toMatchObject({ HOME: '/opt', SHELL: '/bin/ksh', USER: 'u' });
  });

  test('gives the environment to the user only', async () => {
    const trap = join(launchpad.folder, 'trap');
    mkdirSync(trap);
    for (const program of ['runuser', 'su', 'sh', 'cat', 'id']) {
      writeFileSync(join(trap, program), `#!/bin/sh\necho trapped ${program} >>'${trap}/calls'\nexec /usr/bin/true\n`);
      chmodSync(join(trap, program), 0o755);
    }
    const ended = await launch({ script: 'echo "$PATH"', runAs: USER, environment: { PATH: trap }, runId: 'trap' });
    expect(ended).toMatchObject({ exitCode: 0, stdout: Buffer.from(`${trap}\n`), stderr: '' });
    expect(() => readFileSync(join(trap, 'calls'))).toThrow('ENOENT');
  });

  test('does not change a user that it is already', async () => {
    const tools = ['id', 'cat', 'mkdir', 'chmod', 'find', 'rm'];
    const path = bin('same-user', Object.fromEntries(tools.map((tool) => [tool, find(tool)!])));
    const ended = await launch({ script: 'id -un', runAs: userInfo().username, agent: { PATH: path } });
    expect(ended).toMatchObject({ exitCode: 0, stdout: Buffer.from(`${userInfo().username}\n`), stderr: '' });
  });

  test('says so when there is no such user, and does not mark the run', async () => {
    const ended = await launch({ script: 'echo started', runAs: 'no-such-user', runId: 'no-user' });
    expect(ended).toMatchObject({ exitCode: 215, stdout: Buffer.from('') });
    expect(ended.stderr).toMatch(/\ncots-batch-job: not started: cannot run as user no-such-user\n$/);
    expect((await launch({ runId: 'no-user' })).exitCode).toBe(0);
  });

  test('leaves it to a runuser of one\'s own whether a user exists', async () => {
    const shim = join(launchpad.folder, 'runuser-shim');
    writeFileSync(shim, '#!/bin/sh\nshift 3\nexec "$@"\n');
    chmodSync(shim, 0o755);
    const path = `${bin('shim', { runuser: shim })}:${process.env.PATH}`;
    const ended = await launch({ script: 'echo $HOME', runAs: 'no-such-user', agent: { PATH: path, HOME: '/home/developer' } });
    expect(ended).toMatchObject({ exitCode: 0, stdout: Buffer.from('/home/developer\n'), stderr: '' });
  });

  test('takes su where there is no runuser', async () => {
    const tools = ['id', 'su', 'cat', 'mkdir', 'chmod', 'chown', 'find', 'rm'];
    const path = bin('su', Object.fromEntries(tools.map((tool) => [tool, find(tool)!])));
    const ended = await launch({ script: 'id -un; exit 5', runAs: USER, workingDirectory: '/', agent: { PATH: path } });
    expect(ended).toMatchObject({ exitCode: 5, stdout: Buffer.from(`${USER}\n`), stderr: '' });

    expect(await launch({ runAs: 'no-such-user', agent: { PATH: path } })).toMatchObject({ exitCode: 215 });
    await expectKillable({ agent: { PATH: path } });
  });

  test('enters the folder as the user', async () => {
    const folder = join(launchpad.folder, 'it\'s "a" $(folder)');
    mkdirSync(folder, { recursive: true });
    expect((await launch({ script: 'pwd', workingDirectory: folder, runAs: USER })).stdout.toString()).toBe(`${folder}\n`);
    expect((await launch({ script: 'pwd', workingDirectory: folder })).stdout.toString()).toBe(`${folder}\n`);
  });

  test.each([['root, or whoever the agent is', undefined], ['the user', USER]])('says so when there is no such folder: %s', async (_, runAs) => {
    const ended = await launch({ script: 'echo started', workingDirectory: '/no/such/folder', runAs });
    expect(ended).toMatchObject({ exitCode: 215, stdout: Buffer.from('') });
    expect(ended.stderr).toMatch(/\ncots-batch-job: not started: cannot enter folder \/no\/such\/folder\n$/);
  });

  test('says so when the user may not enter the folder', async () => {
    const folder = join(launchpad.folder, 'closed');
    mkdirSync(folder);
    chmodSync(folder, 0);
    const ended = await launch({ script: 'echo started', workingDirectory: folder, runAs: USER });
    expect(ended).toMatchObject({ exitCode: 215, stdout: Buffer.from('') });
    expect(ended.stderr).toContain(`cots-batch-job: not started: cannot enter folder ${folder}\n`);
    chmodSync(folder, 0o700);
  });

  test.each([['root, or whoever the agent is', undefined], ['the user', USER]])('dies as a whole with its process group: %s', async (_, runAs) => {
    await expectKillable({ runAs });
  });

  /** Kills the process group, as the agent does, once a grandchild of the script runs. */
  async function expectKillable(options: LaunchOptions): Promise<void> {
    // More lines than a pipe takes at once, so that a process may still be writing them.
    const script = `sleep 600 & (sleep 600; :) & ${': \n'.repeat(3000)} echo $$ $!\nwait`;
    const child = launchpad.start({ sh: launchpad.shell(name), script, runAs: USER, ...options });
    const line = await new Promise<string>((resolve) => child.stdout.once('data', (data) => resolve(data.toString())));
    const pids = line.trim().split(' ').map(Number);
    process.kill(-child.pid, 'SIGKILL');

    for (let tries = 0; tries < 200 && pids.some(isRunning); tries++) {
      await setTimeout(10);
    }
    const survivors = pids.filter(isRunning);
    survivors.forEach((pid) => process.kill(pid, 'SIGKILL'));
    expect({ pids: pids.length, survivors }).toEqual({ pids: 2, survivors: [] });
  }
});

/** Whether there is such a process, other than a dead one that nobody has collected yet. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

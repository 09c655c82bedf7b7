import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { end, kill, Launched, LaunchOptions, Launchpad, ORPHAN, USER } from '../../support/launch';
import { find, SHELL_NAMES } from '../../support/shells';

const TIME = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ';
const AT_ONCE = { waitSeconds: 0 };

describe.each(SHELL_NAMES)('%s', (name) => {
  let launchpad: Launchpad;
  let folder: string;
  let left: number[];
  beforeEach(() => {
    launchpad = new Launchpad();
    folder = join(launchpad.state, 'Job');
    left = [];
  });
  afterEach(() => {
    left.forEach((pid) => kill(pid));
    launchpad.remove();
  });

  const options = (given: LaunchOptions): LaunchOptions => ({ sh: launchpad.shell(name), lock: AT_ONCE, ...given });
  const launch = (given: LaunchOptions = {}) => launchpad.launch(options(given));
  const marks = () => existsSync(join(folder, 'runs')) ? join(folder, 'runs') : undefined;

  /** Starts a script that prints one line once it runs, and returns what is on it. */
  async function hold(given: LaunchOptions = {}): Promise<{ child: Launched; words: number[] }> {
    const child = launchpad.start(options({ script: 'echo $$\nexec sleep 600', ...given }));
    left.push(-child.pid);
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (data) => resolve(data.toString()));
      void child.exitCode.then((code) => reject(new Error(`the script must print a line, but ended with ${code}`)));
    });
    const words = line.trim().split(' ').map(Number);
    left.push(...words);
    return { child, words };
  }

  /** A folder of its own with these programs, and the shell. */
  const bin = (tools: { [tool: string]: string | undefined }) => {
    const path = join(launchpad.folder, 'bin');
    mkdirSync(path);
    for (const [tool, target] of Object.entries(tools)) {
      symlinkSync(target ?? find(tool)!, join(path, tool));
    }
    return path;
  };
  const TOOLS = Object.fromEntries(['sh', 'id', 'cat', 'base64', 'mkdir', 'chmod', 'rm', 'dd', 'find', 'sleep'].map((tool) => [tool, undefined]));

  test('refuses a run while another one runs, and does not mark it: it may come again', async () => {
    const { child } = await hold({ runId: 'first' });
    const refused = await launch({ runId: 'second' });
    expect(refused).toMatchObject({
      exitCode: 212,
      stdout: Buffer.from(''),
      stderr: `cots-batch-job: not started: another run of the job is still running (it holds ${folder}/program.lock)\n`,
    });

    await end(child);
    expect(await launch({ runId: 'second', script: 'echo started' })).toMatchObject({ exitCode: 0, stdout: Buffer.from('started\n') });
    expect((await launch({ runId: 'second' })).exitCode).toBe(213);
  });

  test('starts exactly one of twenty that come at the same time', async () => {
    const go = join(launchpad.folder, 'go');
    const wait = `i=0; until [ -e '${go}' ] || [ $((i += 1)) -gt 200 ]; do sleep 0.05; done`;
    const script = `echo started >>'${launchpad.folder}/starts'; ${wait}`;
    let refused = 0;
    const codes = await Promise.all(Array.from({ length: 20 }, async (_, i) => {
      const { exitCode } = await launch({ runId: `run-${i}`, script });
      if (++refused === 19) {
        writeFileSync(go, '');
      }
      return exitCode;
    }));
    expect(codes.sort()).toEqual([0, ...Array(19).fill(212)]);
    expect(readFileSync(join(launchpad.folder, 'starts'), 'utf8')).toBe('started\n');
  });

  test('knows nothing of other jobs, and counts runs by hand', async () => {
    const { child } = await hold();
    expect((await launch({ jobKey: 'OtherJob' })).exitCode).toBe(0);
    expect((await launch({ runId: 'r' })).exitCode).toBe(212);
    await end(child);
    await hold({ runId: 'r' });
    expect((await launch()).exitCode).toBe(212);
  });

  test.each([['root, or whoever the agent is', undefined], ['the user', USER]])('is free as soon as the processes are killed: %s', async (_, runAs) => {
    const { child } = await hold({ runAs, script: 'sleep 600 & echo $$ $!\nwait' });
    expect((await launch()).exitCode).toBe(212);
    await end(child);
    expect((await launch()).exitCode).toBe(0);
  });

  test.each([['root, or whoever the agent is', undefined], ['the user', USER]])('is held by what outlives a killed run: %s', async (_, runAs) => {
    const { child, words: [orphan] } = await hold({ runAs, runId: 'killed', script: ORPHAN });
    await end(child);
    const { exitCode, stderr } = await launch();
    expect(exitCode).toBe(215);
    expect(stderr).toMatch(new RegExp(`^cots-batch-job: not started: the job's lock \\(${folder}/program.lock\\) is held by what another run has left behind: `
      + `run killed of ${TIME}: process ${orphan} \\(sleep\\), since ${TIME}\n$`));
    kill(orphan);
    await gone(orphan);
    expect((await launch()).exitCode).toBe(0);
  });

  test.each([
    ['setsid', ORPHAN],
    ['timeout of coreutils', ORPHAN.replace('setsid', `${find('timeout')} 600`)],
    ['set -m', `#!/bin/bash\nset -m\n${ORPHAN.replace('setsid ', '')}`],
  ])('is held by what docs/limits.md says to have a group of its own: %s', async (_, script) => {
    const { child, words: [orphan] } = await hold({ script });
    kill(-child.pid);
    await gone(child.pid);
    expect(isRunning(orphan)).toBe(true);
    expect((await launch()).exitCode).toBe(215);
  });

  test('is held by a daemon of a run that has ended, unless that was started without it', async () => {
    const script = (redirection: string) => `setsid sleep 600 >/dev/null 2>&1 ${redirection} & echo $!`;
    const daemon = async (redirection: string) => {
      const pid = Number((await launch({ script: script(redirection) })).stdout.toString());
      left.push(pid);
      return pid;
    };
    const free = await daemon('7<&-');
    expect((await launch()).exitCode).toBe(0);
    const holding = await daemon('');
    expect((await launch()).exitCode).toBe(215);
    expect([free, holding].filter(isRunning)).toHaveLength(2);
  });

  test('cannot be released, written or removed by the program', async () => {
    const { child, words } = await hold({
      runAs: USER,
      script: [
        'flock -u 7', 'exec 7<&-',
        'for lock in program launcher; do',
        `  rm -f '${folder}/'$lock.lock 2>/dev/null && echo 1 && exit`,
        'done',
        'test -e /proc/self/fd/6 && echo 2 && exit',
        'echo $$; exec sleep 600',
      ].slice(USER === userInfo().username ? 5 : 0).join('\n'),
    });
    expect(words[0]).toBeGreaterThan(2);
    expect((await launch()).exitCode).toBe(212);
    await end(child);

    expect((await launch({ script: 'echo x >&7', runAs: USER })).exitCode).not.toBe(0);
    const locks = ['launcher.lock', 'program.lock'].map((file) => statSync(join(folder, file)));
    expect(locks.map(({ mode, size }) => [mode % 0o1000, size])).toEqual([[0o600, 0], [0o600, 0]]);
    expect(statSync(folder).mode % 0o1000).toBe(0o700);
  });

  test('a run that the agent takes up again is interrupted, not skipped, while what is left of it holds the lock', async () => {
    const agent = { SSM_COMMAND_ID: 'c-1' };
    const { child, words: [orphan] } = await hold({ runId: 'r', agent, script: ORPHAN });
    await end(child);
    expect((await launch({ runId: 'r', agent })).exitCode).toBe(214);
    expect((await launch({ runId: 'r', agent: { SSM_COMMAND_ID: 'c-2' } })).exitCode).toBe(213);
    expect((await launch({ runId: 'other' })).exitCode).toBe(215);
    expect(isRunning(orphan)).toBe(true);
  });

  test('waits for what is left of a killed run, which dies soon', async () => {
    const { child, words: [orphan] } = await hold({ script: ORPHAN.replace('600', '3') });
    await end(child);
    expect(isRunning(orphan)).toBe(true);
    expect(await launch({ script: 'echo started' })).toMatchObject({ exitCode: 0, stdout: Buffer.from('started\n') });
  });

  test('each of those that come at the same time learns what is left behind, and names no other of them', async () => {
    const { child, words: [orphan] } = await hold({ runId: 'killed', script: ORPHAN });
    await end(child);
    const ended = await Promise.all(['a', 'b', 'c'].map((runId) => launch({ runId, lock: { waitSeconds: runId === 'c' ? 8 : 0 } })));
    expect(ended.map(({ exitCode }) => exitCode)).toEqual([215, 215, 215]);
    ended.forEach(({ stderr }) => expect(stderr.match(/process \d+/g)).toEqual([`process ${orphan}`]));
  }, 60_000);

  test('takes a run that has only just begun for no old one: the record is the one before', async () => {
    await hold({ runId: 'r' });
    const record = join(folder, 'program.run');
    const own = readFileSync(record, 'utf8');
    writeFileSync(record, '1000000000 100 last-night\n');
    const next = launch({ runId: 's' });
    await setTimeout(2_000);
    writeFileSync(record, own);
    expect((await next).exitCode).toBe(212);
  });

  test('says that it cannot see who holds the lock', async () => {
    const { child } = await hold({ script: ORPHAN });
    await end(child);
    const agent = { PATH: `${program('ls', 'exit 1')}:${launchpad.shell(name).bin}:${process.env.PATH}` };
    expect((await launch({ agent })).stderr).toMatch(/: run by hand of \S+: a process of another user\n$/);
  }, 60_000);

  test('gives way to no run that should have ended long ago', async () => {
    await hold({ runId: 'r', executionTimeout: '100' });
    expect((await launch()).exitCode).toBe(212);
    const record = join(folder, 'program.run');
    expect(readFileSync(record, 'utf8')).toMatch(/^\d+ 100 r\n$/);
    const age = (seconds: number) => writeFileSync(record, `${Math.floor(Date.now() / 1000) - seconds} 100 r\n`);
    age(390);
    expect((await launch()).exitCode).toBe(212);
    age(410);
    const { exitCode, stderr } = await launch();
    expect(exitCode).toBe(215);
    expect(stderr).toMatch(/ is held by a run that should have ended long ago: run r of \S+: process \d+ \(\S+\), since /);
  });

  test('names no more than three holders, and shows their names in one line', async () => {
    const shell = join(launchpad.folder, 'a\n\u001b[1mb');
    copyFileSync(find('sleep')!, shell);
    const script = `for i in 1 2 3 4 5; do setsid '${shell}' 600 >/dev/null 2>&1 & echo $!; done`;
    left.push(...(await launch({ script })).stdout.toString().trim().split('\n').map(Number));
    const { exitCode, stderr } = await launch();
    expect(exitCode).toBe(215);
    expect(stderr.match(/process \d+ \(a1mb\), since /g)).toHaveLength(3);
    expect(stderr).toMatch(/, and others\n$/);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  test('waits for a run that is being cancelled', async () => {
    const { child } = await hold({ runId: 'first' });
    const waiting = launch({ runId: 'second', lock: { waitSeconds: 60 }, script: 'echo started' });
    await setTimeout(300);
    expect(existsSync(join(folder, 'runs/second'))).toBe(false);
    await end(child);
    expect(await waiting).toMatchObject({ exitCode: 0, stdout: Buffer.from('started\n'), stderr: '' });
  });

  test('does not wait for ever', async () => {
    await hold({ runId: 'first' });
    expect((await launch({ runId: 'second', lock: { waitSeconds: 1 } })).exitCode).toBe(212);
  });

  test('starts nothing where there is no flock, and needs none where runs may overlap', async () => {
    const agent = { PATH: bin(TOOLS) };
    const ended = await launch({ runId: 'r', script: 'echo started', sh: undefined, agent });
    expect(ended).toMatchObject({
      exitCode: 215,
      stdout: Buffer.from(''),
      stderr: 'cots-batch-job: not started: there is no flock, which the job\'s overlapPolicy needs\n',
    });
    expect(marks()).toBeUndefined();
    expect((await launch({ runId: 'r', sh: undefined, agent, lock: undefined })).exitCode).toBe(0);
  });

  test('lets runs overlap without a lock', async () => {
    const { child } = await hold({ lock: undefined, runId: 'first' });
    expect((await launch({ lock: undefined, runId: 'second' })).exitCode).toBe(0);
    await end(child);
  });

  test('needs no more than busybox\'s flock', async () => {
    const flock = program('flock', `case "$*" in "-sn 6" | "-n 7" | 6) ;; *) false ;; esac || { echo "flock: usage" >&2; exit 1; }\nexec ${find('flock')} "$@"`);
    const agent = { PATH: `${flock}:${launchpad.shell(name).bin}:${process.env.PATH}` };
    const { child } = await hold({ agent, lock: { waitSeconds: 60 } });
    expect((await launch({ agent, lock: { waitSeconds: 1 } })).exitCode).toBe(212);
    await end(child);
    expect((await launch({ agent })).exitCode).toBe(0);
  });

  test('takes a lock that fails for no lock of another run', async () => {
    const flock = program('flock', 'echo "flock: 6: No locks available" >&2\nexit 1');
    const agent = { PATH: `${flock}:${launchpad.shell(name).bin}:${process.env.PATH}` };
    expect(await launch({ runId: 'r', agent })).toMatchObject({
      exitCode: 215, stderr: 'cots-batch-job: not started: flock: 6: No locks available\n',
    });
    expect(marks()).toBeUndefined();
  });

  test.each(['.', 'launcher.lock', 'program.lock'])('starts nothing when it cannot make %s', async (path) => {
    const blocked = join(folder, path);
    mkdirSync(join(blocked, '..'), { recursive: true });
    // What stands in the way stops root, too.
    path === '.' ? writeFileSync(blocked, '') : mkdirSync(blocked);
    const ended = await launch({ runId: 'r' });
    expect(ended).toMatchObject({ exitCode: 215, stdout: Buffer.from('') });
    expect(ended.stderr).toMatch(/^cots-batch-job: not started: .*(mkdir|launcher\.lock|program\.lock)/);
  });

  /** A folder with a program of ours. */
  function program(file: string, script: string): string {
    const path = join(launchpad.folder, 'programs');
    mkdirSync(path);
    writeFileSync(join(path, file), `#!/bin/sh\n${script}\n`);
    chmodSync(join(path, file), 0o755);
    return path;
  }
});

async function gone(pid: number): Promise<void> {
  for (let tries = 0; tries < 200 && isRunning(pid); tries++) {
    await setTimeout(10);
  }
}

/** Whether there is such a process, other than a dead one that nobody has collected yet. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

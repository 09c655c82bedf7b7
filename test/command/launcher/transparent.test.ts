import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { IS_ROOT, LaunchOptions, Launchpad, USER, variables } from '../../support/launch';
import { find, findOrInstall, SHELL_NAMES } from '../../support/shells';

const DAY_MS = 24 * 60 * 60 * 1000;

/** No other process of this machine has it in its command line. */
const WORD = `crawl${process.pid}`;

beforeAll(() => {
  ['python3', 'perl', 'yash', 'mksh', 'zsh', 'busybox'].forEach((tool) => findOrInstall(tool));
  findOrInstall('ksh93', 'ksh');
  findOrInstall('pgrep', 'procps');
  findOrInstall('flock', 'util-linux');
});

describe.each(SHELL_NAMES)('%s', (name) => {
  let launchpad: Launchpad;
  let scripts: string;
  beforeEach(() => {
    launchpad = new Launchpad();
    scripts = `${launchpad.state}.cbj`;
  });
  afterEach(() => launchpad.remove());

  const launch = (options: LaunchOptions) => launchpad.launch({ sh: launchpad.shell(name), ...options });

  describe.each([['root, or whoever the agent is', undefined], ['another user', USER]])('as %s', (_, runAs) => {
    const prints = async (script: string, expected: string, options: LaunchOptions = {}) => {
      const { stdout, ...ended } = await launch({ script, runAs, runId: 'r', ...options });
      expect({ ...ended, stdout: stdout.toString() }).toEqual({ exitCode: 0, stderr: '', stdout: expected });
    };

    test('a main guard runs main', () => prints('#!/bin/bash\nmain() { echo "main"; }\n[ "${BASH_SOURCE[0]}" = "$0" ] && main', 'main\n'));

    test('a script is not sourced', () => prints('#!/bin/bash\n(return 0 2>/dev/null) && echo sourced || echo run', 'run\n'));

    test('a script that looks for its own name finds only others', () => prints(
      `if pgrep -f ${WORD}; then echo running; exit 0; fi; echo ${WORD}`, `${WORD}\n`, { jobKey: `Nightly-${WORD}` },
    ));

    test.each(['batch-job', 'cots', 'Job', ...IS_ROOT ? ['nobody'] : []])('neither does one that looks for %s', (word) => prints(
      `ps -eo pid=,ppid=,args= >'all'; awk -v me=$$ '
        { parent[$1] = $2; line[$1] = $0 } END { for (pid = me; pid > 1 && pid in parent; pid = parent[pid]) print line[pid] }' all |
        grep -v node | grep -- '${word}' | grep -v _script.sh || echo none`, 'none\n', { workingDirectory: folder() },
    ));

    test('a script that kills what has its name survives', () => prints(`pkill -f ${WORD} || :; echo ${WORD}`, `${WORD}\n`, { jobKey: WORD }));

    test('a script may start itself anew', () => prints('if [ "${AGAIN-}" ]; then echo "again $1"; exit; fi\nexport AGAIN=1\nexec bash "$0" x', 'again x\n'));
    test('as a program, too', () => prints('#!/bin/sh\nif [ "${AGAIN-}" ]; then echo "again $1"; exit; fi\nexport AGAIN=1\nexec "$0" x', 'again x\n'));
    test('and so may a child when the script has ended', () => prints(
      '#!/bin/sh\nif [ $# -gt 0 ]; then echo "child $1"; exit; fi\n(sleep 0.5; "$0" x) &', 'child x\n'));

    test('a script may lock itself', () => prints('flock -en "$0" true && echo locked\nexec 9<"$0" && flock -n 9 && echo "locked again"', 'locked\nlocked again\n'));
    test('a script may lock itself, and start itself so', () => prints(
      '#!/bin/sh\n[ "${LOCKED-}" = "$0" ] || exec env LOCKED="$0" flock -en "$0" "$0" true\necho "$1"', 'true\n'));

    test('a script runs from a file system that executes nothing, and is told so where it starts itself', async () => {
      const file = `${scripts}-noexec`;
      mkdirSync(file);
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'noexec', 'none', file], { encoding: 'utf8' });
      if (mounted.status !== 0) {
        process.stderr.write(`no file system can be mounted here: ${mounted.error?.message ?? mounted.stderr}\n`);
        return;
      }
      try {
        const agent = { COTS_BATCH_JOB_STATE: `${file}/state` };
        await prints('#!/bin/sh\n[ $# -eq 0 ] || { echo "again $1"; exit; }\necho ran\nsh "$0" x', 'ran\nagain x\n', { agent });
        const itself = await launch({ script: '#!/bin/sh\nexec "$0" x', runAs, agent });
        expect(itself.exitCode).toBe(126);
        expect(itself.stderr).toContain('_script.sh: Permission denied');
      } finally {
        spawnSync('umount', ['-l', file]);
      }
    });

    test('a script reads itself', async () => {
      const script = '#!/bin/sh\ncat "$0"; exit\n\u0001 {{x}} {~{ \'"`$(\r\n\tend';
      await prints(script, script);
    });

    test('a script opens its output anew', async () => {
      const ended = await launch({ script: 'echo x >/dev/stderr; echo y >>/dev/stdout; echo z >/proc/self/fd/1; echo w', runAs });
      expect({ ...ended, stdout: ended.stdout.toString() }).toEqual({ exitCode: 0, stdout: 'y\nz\nw\n', stderr: 'x\n' });
      // Only pipes: to hand over what another user needs would be worse than what is mended here.
      expect(statSync('/dev/null').uid).toBe(0);
    });

    test('a trap has the time that it needs when the process group is terminated', async () => {
      const child = launchpad.start({ sh: launchpad.shell(name), runAs, script: 'trap "sleep 4; echo cleaned; exit 3" TERM\necho ready\nwhile :; do sleep 0.2 || :; done' });
      let stdout = '';
      child.stdout.on('data', (data) => stdout += data.toString());
      while (!stdout.includes('ready')) {
        await setTimeout(20);
      }
      process.kill(-child.pid, 'SIGTERM');
      expect({ exitCode: await child.exitCode, stdout }).toEqual({ exitCode: 3, stdout: 'ready\ncleaned\n' });
    });

    test.each(['TERM', 'HUP', 'INT', 'QUIT', 'USR1', 'USR2', 'ALRM'])('SIG%s to the whole group does not change the exit code', async (signal) => {
      expect(await launch({ script: `trap : ${signal}; kill -${signal} 0; exit 5`, runAs })).toMatchObject({ exitCode: 5, stderr: '' });
    });

    test('signals reach the script as anywhere', async () => {
      expect((await launch({ script: 'kill -TERM 0; sleep 5', runAs })).exitCode).toBe(143);
      await prints('trap', '');
    });

    test.each([126, 127])('keeps exit code %d', async (code) => {
      expect((await launch({ script: `exit ${code}`, runAs })).exitCode).toBe(code);
      expect((await launch({ script: '/no/such/program', runAs })).exitCode).toBe(127);
    });

    test.each([
      ['#!/bin/busybox sh', 'sh'], ['#!/usr/bin/env -S bash -eu', 'bash'], ['#!/usr/bin/env bash', 'bash'], ['#!/usr/bin/env NAME=v bash', 'bash'],
      ['#!/bin/ksh93', 'ksh93'], ['#!/usr/bin/yash', 'yash'], ['#!/bin/mksh', 'mksh'], ['#!/usr/bin/zsh', 'zsh'],
    ])('starts what %s means, which ends at the first command that fails', async (line, shell) => {
      const program = line.includes('busybox') ? find('busybox')! : line.includes('env') ? '/usr/bin/env' : find(shell)!;
      const first = line.replace(/^#!\S+/, `#!${program}`);
      const ended = await launch({ script: `${first}\ncat /proc/$$/comm\necho "\${NAME-}"\n(exit 7)\necho after`, runAs });
      expect({ exitCode: ended.exitCode, stdout: ended.stdout.toString() })
        .toEqual({ exitCode: 7, stdout: `${line.includes('busybox') ? 'busybox' : shell}\n${line.includes('NAME') ? 'v' : ''}\n` });
    });

    test('starts a shell with a version in its name', async () => {
      const shell = join(launchpad.folder, 'bash-5.2');
      symlinkSync(find('bash')!, shell);
      expect(await launch({ script: `#!${shell} -u\n(exit 7)\necho after`, runAs })).toMatchObject({ exitCode: 7, stderr: '' });
    });

    test.each([['python3', 'import sys, os; print(os.path.basename(sys.argv[0]), len(sys.argv))'], ['perl', '$0 =~ m{([^/]*)$}; print "$1 ", 1 + @ARGV, "\\n"']])(
      'starts %s, as the kernel does', async (program, text) => {
        await prints(`#!/usr/bin/env ${program}\n${text}\n`, '_script.sh 1\n');
      });

    test('a profile in which a command fails does not end the script; the script ends at its own', async () => {
      const home = folder();
      writeFileSync(join(home, '.profile'), 'false\nexport PROFILE=read\n');
      const environment = { HOME: home };
      for (const shell of ['/bin/bash', find('dash') ?? '/bin/sh']) {
        await prints(`#!${shell} -l\necho "$PROFILE"`, 'read\n', { environment, runId: '' });
        expect((await launch({ script: `#!${shell} -l\n(exit 7)\necho after`, environment, runAs })).exitCode).toBe(7);
      }
      await prints('#!/bin/bash --login\n(exit 7)\necho "$PROFILE"; [ "${BASH_SOURCE[0]}" = "$0" ]', 'read\n', { environment, failFast: false, runId: '' });
    });

    test('what cannot be executed is not started', async () => {
      const [plain, broken] = ['plain', 'broken'].map((file) => join(folder(), file));
      writeFileSync(plain, '');
      chmodSync(plain, 0o644);
      writeFileSync(broken, '#!/no/such/interpreter\n');
      chmodSync(broken, 0o755);
      for (const shell of ['/opt/no such/ksh', plain, broken, '/etc']) {
        const ended = await launch({ script: 'echo started', shell, runAs });
        expect({ ...ended, stdout: ended.stdout.toString() }).toMatchObject({ exitCode: 215, stdout: '' });
        expect(ended.stderr).toMatch(/(^|\n)cots-batch-job: not started: (there is no|cannot execute) .*\n$/);
      }
      const missing = await launch({ script: '#!/usr/bin/env no-such-interpreter\n', runAs });
      expect(missing).toMatchObject({ exitCode: 215, stderr: 'cots-batch-job: not started: there is no no-such-interpreter\n' });
    });

    test('the file is the user\'s, and nobody else\'s', async () => {
      await prints('stat -c "%a %U" "$0" && [ -r "$0" ]', `500 ${runAs ?? userInfo().username}\n`);
      const [run] = readdirSync(scripts);
      expect(statSync(scripts).mode % 0o1000).toBe(0o711);
      expect(statSync(join(scripts, run)).uid).toBe(userInfo().uid);
      expect(statSync(join(scripts, run)).mode % 0o1000).toBe(0o711);
      if (IS_ROOT) {
        for (const path of [scripts, join(scripts, run), join(scripts, run, '_script.sh')]) {
          expect(spawnSync('cat', [path], { uid: 61_999, gid: 61_999 }).status).toBe(1);
        }
      }
    });

    test('other users see nothing of it', async () => {
      // Other tests have secrets of their own.
      const [inScript, fixed, variable] = Array.from({ length: 3 }, () => randomBytes(12).toString('hex'));
      const child = launchpad.start({
        sh: launchpad.shell(name),
        runAs,
        script: `secret=${inScript}; echo ready; read -r line <&2 || sleep 30`,
        environment: { FIXED: fixed },
        variables: variables({ VARIABLE: variable }),
      });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      const [seen, ...more] = [['-eo', 'args'], ...IS_ROOT ? [['auxeww']] : []].map((words) =>
        spawnSync('ps', words, { encoding: 'utf8', ...IS_ROOT ? { uid: 61_999, gid: 61_999 } : {} }).stdout);
      process.kill(-child.pid, 'SIGKILL');
      await child.exitCode;
      expect(seen).toContain('_script.sh');
      expect([seen, ...more].join()).not.toMatch(new RegExp([inScript, fixed, variable, Buffer.from(variable).toString('base64')].join('|')));
    });
  });

  test('HOME, USER, LOGNAME and SHELL are those of the user, and those of the agent without one', async () => {
    const script = 'echo "${HOME-none} ${USER-none} ${LOGNAME-none} ${SHELL-none}"';
    expect((await launch({ script: `#!${find('dash') ?? '/bin/sh'}\n${script}` })).stdout.toString()).toBe('none none none none\n');
    const [, , , , , home, shell] = spawnSync('getent', ['passwd', USER], { encoding: 'utf8' }).stdout.trim().split(':');
    const expected = `${home} ${USER} ${USER} ${/nologin|false/.test(shell) ? '/bin/sh' : shell}\n`;
    expect((await launch({ script, runAs: USER })).stdout.toString()).toBe(expected);
    expect(await launch({ script, runAs: USER, agent: { PATH: without('getent') } })).toMatchObject({ stdout: Buffer.from(expected), stderr: '' });
  });

  test('a user has its groups, and no others', async () => {
    const expected = spawnSync('id', ['-G', USER], { encoding: 'utf8' }).stdout;
    expect((await launch({ script: 'id -G', runAs: USER })).stdout.toString()).toBe(expected);
  });

  test('what was killed leaves its file behind, which a later run takes away', async () => {
    const child = launchpad.start({ sh: launchpad.shell(name), script: 'echo ready; exec sleep 60' });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    process.kill(-child.pid, 'SIGKILL');
    await child.exitCode;
    const [killed] = readdirSync(scripts);
    const longAgo = new Date(Date.now() - 4 * DAY_MS);
    utimesSync(join(scripts, killed), longAgo, longAgo);
    expect((await launch({ script: 'echo' })).exitCode).toBe(0);
    expect(readdirSync(scripts)).not.toContain(killed);
    expect(readdirSync(scripts)).toHaveLength(1);
  });

  test.each<[string, () => void]>([
    ['is a link', () => { mkdirSync(`${scripts}-other`); symlinkSync(`${scripts}-other`, scripts); }],
    ['can be written to by others', () => { mkdirSync(scripts); chmodSync(scripts, 0o777); }],
    ['is a file', () => writeFileSync(scripts, '')],
    ...IS_ROOT ? [['is somebody else\'s', () => { mkdirSync(scripts); spawnSync('chown', ['nobody', scripts]); }] as [string, () => void]] : [],
  ])('a folder for scripts that %s is not used', async (_, prepare) => {
    prepare();
    const ended = await launch({ script: 'echo started', runId: 'r' });
    expect(ended).toMatchObject({ exitCode: 215, stdout: Buffer.from('') });
    expect(ended.stderr).toMatch(/^cots-batch-job: not started: .*cbj/);
    expect(() => readFileSync(join(launchpad.state, 'Job/runs/r/command'))).toThrow('ENOENT');
  });

  test('ten that start at the same time have a file each', async () => {
    const ended = await Promise.all(Array.from({ length: 10 }, (_, i) => launch({ script: `sleep 0.2; cat "$0" # ${i}` })));
    ended.forEach(({ stdout }, i) => expect(stdout.toString()).toBe(`sleep 0.2; cat "$0" # ${i}`));
  });

  /** A folder that the user can write to. */
  function folder(): string {
    const path = join(launchpad.folder, `folder-${readdirSync(launchpad.folder).length}`);
    mkdirSync(path);
    chmodSync(path, 0o777);
    return path;
  }

  /** A PATH without a program. */
  function without(program: string): string {
    const path = folder();
    const tools = ['id', 'setpriv', 'cat', 'mkdir', 'chmod', 'chown', 'find', 'rm', 'sleep', 'base64'].filter((tool) => tool !== program);
    tools.forEach((tool) => symlinkSync(find(tool)!, join(path, tool)));
    symlinkSync('/bin/true', join(path, 'true'));
    return `${launchpad.shell(name).bin}:${path}`;
  }
});

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Ended, IS_ROOT, Launched, LaunchOptions, Launchpad, USER } from '../../support/launch';
import { find, findOrInstall, SHELL_NAMES } from '../../support/shells';

/** Neither root nor `USER`. */
const ANOTHER_UID = 12_345;
/** Older than what a server keeps. */
const OLD = new Date(Date.now() - 10 * 24 * 60 * 60 * 1000);
/** No other process on this machine has it in its command line. */
const WORD = `vendor${process.pid}`;

const pgrep = findOrInstall('pgrep', 'procps');
const pkill = findOrInstall('pkill', 'procps');
const flock = findOrInstall('flock', 'util-linux');

describe.each(SHELL_NAMES)('%s', (name) => {
  let launchpad: Launchpad;
  beforeAll(() => {
    launchpad = new Launchpad();
  });
  afterAll(() => launchpad.remove());

  describe.each([['the agent\'s user', undefined], ['another user', USER]])('as %s', (_, runAs) => {
    const launch = (options: LaunchOptions) => launchpad.launch({ sh: launchpad.shell(name), runAs, jobKey: `Nightly${WORD}`, ...options });

    /** Starts a script that prints a line once it is ready. */
    async function startReady(options: LaunchOptions): Promise<{ child: Launched; line: string; ended: Promise<Ended> }> {
      const child = launchpad.start({ sh: launchpad.shell(name), runAs, jobKey: `Nightly${WORD}`, ...options });
      let stdout = '';
      let stderr = '';
      child.stderr.on('data', (data) => stderr += data);
      const line = await new Promise<string>((resolve, reject) => {
        child.stdout.on('data', (data) => {
          stdout += data;
          if (stdout.includes('\n')) {
            resolve(stdout.split('\n', 1)[0]);
          }
        });
        child.exitCode.then((code) => reject(new Error(`the script must print a line, but ended with ${code}: ${stderr}`)), reject);
      });
      const ended = child.exitCode.then((exitCode) => ({ exitCode, stdout: Buffer.from(stdout), stderr }));
      return { child, line, ended };
    }

    test.each([
      ['runs what stands behind a main guard', '#!/bin/bash\nmain() { echo worked; }\n[ "${BASH_SOURCE[0]}" = "$0" ] && main', 'worked\n'],
      ['does not find itself', `if ${pgrep} -f ${WORD}; then echo running; exit 0; fi; echo ${WORD}`, `${WORD}\n`],
      ['does not end itself', `${pkill} -f ${WORD} || :; echo ${WORD}`, `${WORD}\n`],
      ['can start itself again', '[ -z "${AGAIN-}" ] || { echo again; exit; }\nAGAIN=1 exec bash "$0"', 'again\n'],
      ['can start itself again as a program', '[ $# -eq 0 ] || { echo "again: $*"; exit; }\nexec "$0" with words', 'again: with words\n'],
      ['can lock itself', `[ -z "\${LOCKED-}" ] || { echo locked; exit; }\nLOCKED=1 exec ${flock} -en "$0" "$0" true`, 'locked\n'],
      ['can read itself', 'cat "$0"', 'cat "$0"'],
      ['has a folder', '[ -f "$(dirname "$0")/$(basename "$0")" ] && cd "$(dirname "$0")" && echo entered', 'entered\n'],
      ['has no arguments, and nothing to read', 'echo "$#"; cat; readlink /proc/$$/fd/0', '0\n/dev/null\n'],
      ['has all that scripts have', 'trap "echo at the end" EXIT\nf() { cat <<END\n$1\nEND\n}\nf here', 'here\nat the end\n'],
      ['can write to /dev/stdout', 'echo x >/dev/stdout; echo y >>/dev/stdout; echo z', 'x\ny\nz\n'],
    ])('a script %s', async (_what, script, stdout) => {
      expect({ ...await launch({ script }), stdout: (await launch({ script })).stdout.toString() }).toEqual({ exitCode: 0, stdout, stderr: '' });
    });

    test('a script can write to /dev/stderr', async () => {
      expect(await launch({ script: 'echo x >/dev/stderr; echo y >>/dev/stderr; echo z >&2' }))
        .toMatchObject({ exitCode: 0, stdout: Buffer.from(''), stderr: 'x\ny\nz\n' });
    });

    test.each(['job', 'batch', 'cots', 'nightly', ...runAs === undefined ? [] : [USER]])('no process of the run has a command line with %s', async (word) => {
      // Processes of other groups are other runs'. The word is in no command line of this script.
      const script = 'group=$(ps -o pgid= -p $$)\n'
        + 'ps -eo pgid=,args= | awk -v group="$group" \'$1 == group + 0 { found += 1 } $1 == group + 0 && index(tolower($0), ENVIRON["WORD"])\n'
        + 'END { exit !found }\'';
      const ended = await launch({ script, environment: { WORD: word, PATH: process.env.PATH! } });
      expect(ended).toMatchObject({ exitCode: 0, stdout: Buffer.from(''), stderr: '' });
    });

    test('nobody else sees the script', async () => {
      const { child, line, ended } = await startReady({ script: `echo "$0" # ${WORD}\nsleep 600` });
      const as = IS_ROOT ? { uid: ANOTHER_UID, gid: ANOTHER_UID } : {};
      const shown = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8', ...as }).stdout;
      const read = spawnSync('cat', [line], { encoding: 'utf8', ...as });
      process.kill(-child.pid, 'SIGKILL');
      await ended;
      expect(shown).toContain(line);
      expect(shown).not.toContain(WORD);
      expect(read.stdout).toBe(IS_ROOT ? '' : `echo "$0" # ${WORD}\nsleep 600`);
    });

    test('a script that is terminated has the time that it takes', async () => {
      const { child, ended } = await startReady({ script: 'trap \'sleep 4; echo cleaned up; exit 7\' TERM\necho ready\nwhile :; do sleep 0.1 || :; done' });
      process.kill(-child.pid, 'SIGTERM');
      expect(await ended).toEqual({ exitCode: 7, stdout: Buffer.from('ready\ncleaned up\n'), stderr: expect.not.stringContaining('cots-batch-job') });
    });

    test.each([
      ['is ended by it', 'kill 0\nsleep 600', 143],
      ['outlives it', 'trap : TERM\nkill 0\nexit 3', 3],
      ['ignores it', 'trap "" TERM\nkill 0\nexit 0', 0],
      ['sends another one', 'trap : INT HUP USR1 PIPE\nkill -HUP 0\nkill -USR1 0\nkill -INT 0\nkill -PIPE 0\nexit 4', 4],
    ])('a script that sends a signal to all of its process group, and %s, keeps its exit code', async (_what, script, exitCode) => {
      const ended = await launch({ script });
      expect(ended.exitCode).toBe(exitCode);
      expect(ended.stderr).not.toContain('cots-batch-job');
    });

    describe('reads files of its user before the script', () => {
      const home = () => {
        const folder = join(launchpad.folder, `home-${name}-${runAs ?? ''}`);
        mkdirSync(folder, { recursive: true });
        ['.profile', '.bash_profile', '.zshenv', '.zprofile', 'bash-env'].forEach((file) =>
          writeFileSync(join(folder, file), 'false\nassist() { echo helped; }\nexport FROM_FILE=yes\n'));
        return folder;
      };
      beforeAll(() => findOrInstall('zsh'));

      test.each([
        '#!/bin/sh -l', '#!/bin/bash -l', '#!/bin/bash --login', '#!/usr/bin/env -S bash -l', '#!/usr/bin/env zsh', '#!/bin/zsh -l', '#!/bin/bash',
      ])('%s: fail-fast is for the script', async (firstLine) => {
        const script = `${firstLine}\necho "$FROM_FILE $#"\nassist\ncat "$0" | wc -l\nfalse\necho after`;
        const HOME = home();
        const environment: { [variable: string]: string } = { HOME, ...firstLine === '#!/bin/bash' ? { BASH_ENV: join(HOME, 'bash-env') } : {} };
        const ended = await launch({ script, environment });
        expect({ ...ended, stdout: ended.stdout.toString() }).toEqual({ exitCode: 1, stdout: 'yes 0\nhelped\n5\n', stderr: '' });
      });
    });

    describe('what cannot be executed is not started, and never 126 or 127', () => {
      const place = (file: string, text: string, mode: number) => {
        const path = join(launchpad.folder, file);
        writeFileSync(path, text);
        chmodSync(path, mode);
        return path;
      };
      const cases: { [what: string]: () => LaunchOptions } = {
        'no such shell': () => ({ shell: '/no/such/shell' }),
        'no such interpreter': () => ({ script: '#!/no/such/interpreter\necho started' }),
        'nothing that env finds': () => ({ script: '#!/usr/bin/env no-such-interpreter\necho started' }),
        'nothing that env -S finds': () => ({ script: '#!/usr/bin/env -S no-such-interpreter -x\necho started' }),
        'nothing that env finds, with a variable': () => ({ script: '#!/usr/bin/env -S NAME=v no-such-interpreter\necho started' }),
        'no right to execute it': () => ({ script: `#!${place('unexecutable', '#!/bin/sh\necho started', 0o644)}\necho started` }),
        'a folder': () => ({ script: '#!/usr\necho started' }),
        'a wrong format': () => ({ script: `#!${place('garbage', '\x7fGARBAGE\0\x01\x02', 0o755)}\necho started` }),
        'a text without a first line': () => ({ script: `#!${place('text', 'echo started\n', 0o755)}\necho started` }),
        'nothing at all': () => ({ shell: place('empty', '', 0o755) }),
        'an interpreter whose own is missing': () => ({ script: `#!${place('orphan', '#!/no/such/interpreter\n', 0o755)}\necho started` }),
        'a first line with a carriage return': () => ({ script: '#!/bin/sh\r\necho started\r\n' }),
      };
      test.each(Object.keys(cases))('%s', async (what) => {
        const ended = await launch({ script: 'echo started', ...cases[what]() });
        expect(ended).toMatchObject({ exitCode: 215, stdout: Buffer.from('') });
        expect(ended.stderr).toMatch(/^cots-batch-job: not started: (there is no|cannot execute) /m);
        expect(ended.stderr.match(/not started/g)).toHaveLength(1);
      });

      test.each(['no-such-command', '/usr', 'exec no-such-command', 'exec /usr', 'exit 126', 'exit 127'])('but a script keeps what its command ends with: %s', async (command) => {
        const ended = await launch({ script: `echo started\n${command}` });
        expect([126, 127]).toContain(ended.exitCode);
        expect(ended.stdout.toString()).toBe('started\n');
        expect(ended.stderr).not.toContain('cots-batch-job');
      });
    });
  });

  test('a script has nothing of the agent\'s user in its environment, and nothing of the launcher', async () => {
    const ended = await launchpad.launch({ sh: launchpad.shell(name), script: '#!/usr/bin/env -S sh\nenv', runId: `env-${name}`, agent: { SSM_COMMAND_ID: 'c' } });
    const names = ended.stdout.toString().trim().split('\n').map((line) => line.split('=', 1)[0]).filter((variable) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(variable));
    expect(names.sort()).toEqual(['COTS_BATCH_JOB_STATE', 'PATH', 'SSM_COMMAND_ID']);
  });

  test('a script has its user\'s HOME, USER, LOGNAME and SHELL', async () => {
    const folder = join(launchpad.folder, 'getent');
    mkdirSync(folder);
    writeFileSync(join(folder, 'getent'), '#!/bin/sh\necho "$2:x:1:1:A: name:/home/it\'s me:/bin/ksh"\n');
    chmodSync(join(folder, 'getent'), 0o755);
    const agent = { PATH: `${folder}:${launchpad.shell(name).bin}:${process.env.PATH}` };
    const ended = await launchpad.launch({ sh: launchpad.shell(name), script: 'echo "$HOME:$USER:$LOGNAME:$SHELL"', runAs: USER, agent });
    expect(ended.stdout.toString()).toBe(`/home/it's me:${USER}:${USER}:/bin/ksh\n`);
  });

  test.each([
    ['in its command line', 'setsid "$0" keep 3>&- &', '[ $# -eq 0 ] || exec tail -f "$0"'],
    ['in its environment', 'FILE="$0" setsid sleep 600 3>&- &', ':'],
    ['open', 'setsid sleep 600 9<"$0" 3>&- &', ':'],
  ])('the file of a script stays as long as a process has it %s, however old it is', async (_what, start, first) => {
    const scripts = `${launchpad.state}.cbj`;
    const { stdout } = await launchpad.launch({ sh: launchpad.shell(name), script: `#!/bin/sh\n${first}\nexec 3>&1 >/dev/null 2>&1\n${start}\necho "$! $0" >&3` });
    const [pid, file] = stdout.toString().trim().split(' ');
    const run = join(file, '..');
    try {
      await setTimeout(500);
      utimesSync(run, OLD, OLD);
      await launchpad.launch({ sh: launchpad.shell(name) });
      expect(existsSync(file)).toBe(true);
    } finally {
      process.kill(Number(pid), 'SIGKILL');
    }
    for (let tries = 0; tries < 50 && existsSync(run); tries++) {
      await launchpad.launch({ sh: launchpad.shell(name) });
    }
    expect(existsSync(run)).toBe(false);
    expect(readdirSync(scripts).length).toBeGreaterThan(0);
  });

  test.each(['#!/bin/sh', '#!/bin/bash'])('output may be a file, or closed: %s', async (firstLine) => {
    expect(find('sh')).toBeDefined();
    for (const redirection of ['>>"$OUT"', '2>&-', '>&- 2>&-']) {
      const under = ['sh', '-c', `OUT=${launchpad.folder}/out-${name}; exec "$@" ${redirection}`, 'sh'];
      const ended = await launchpad.launch({ sh: launchpad.shell(name), script: `${firstLine}\nexit 5`, runAs: USER, under });
      expect({ redirection, exitCode: ended.exitCode, stderr: ended.stderr }).toEqual({ redirection, exitCode: 5, stderr: '' });
    }
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { OutputRules } from '../../../src/command/launcher/output-rules';
import { deployTime, Launched, LaunchOptions, Launchpad, USER } from '../../support/launch';
import { find, findOrInstall, SHELL_NAMES } from '../../support/shells';

const rules = (given: Partial<OutputRules>): OutputRules => ({ failOnOutput: [], requireOutput: [], successExitCodes: [0, 4], ...given });
const ORA = rules({ failOnOutput: ['^ORA-[0-9]{5}', 'FATAL|PANIC'] });
const DONE = rules({ requireOutput: ['^[0-9]+ pages', '^Done\\.$'] });
const BOTH = rules({ failOnOutput: ['^ORA-'], requireOutput: ['^Done'] });

const MATCHED = (line: string, rule: string) => `\ncots-batch-job: line: ${line}\ncots-batch-job: the output has a line that matches failOnOutput '${rule}'\n`;
const MISSED = (rule: string) => `\ncots-batch-job: the output has no line that matches requireOutput '${rule}'\n`;
const BROKEN = '\ncots-batch-job: the output could not be judged\n';
const ITSELF = (code: number) => `cots-batch-job: the program itself ended with exit code ${code}\n`;

/** The programs that judge, in the process group of the script. */
const ps = findOrInstall('ps', 'procps');
const JUDGES = `judges() { ${ps} -eo pgid=,pid=,comm= | awk -v group="$(${ps} -o pgid= -p $$)" '$1 == group + 0 && $3 ~ /^(tee|tr|fold|grep)$/ { print $2 }'; }`;

beforeAll(() => {
  findOrInstall('prlimit', 'util-linux');
});

describe.each(SHELL_NAMES)('%s', (name) => {
  let launchpad: Launchpad;
  beforeAll(() => {
    launchpad = new Launchpad();
  });
  afterAll(() => launchpad.remove());

  const options = (given: LaunchOptions): LaunchOptions => ({ sh: launchpad.shell(name), failFast: false, ...given });
  const launch = async (given: LaunchOptions) => {
    const ended = await launchpad.launch(options(given));
    return { ...ended, stdout: ended.stdout.toString() };
  };

  async function startAndWait(given: LaunchOptions, word: string): Promise<{ child: Launched; read: () => string }> {
    const child = launchpad.start(options(given));
    let stdout = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (data) => {
        stdout += data;
        if (stdout.includes(word)) {
          resolve();
        }
      });
      child.exitCode.then((code) => reject(new Error(`the script must print ${word}, but ended with ${code}`)), reject);
    });
    return { child, read: () => stdout };
  }

  test.each<[string, OutputRules, string, { exitCode: number; stdout?: string; stderr?: string }]>([
    ['a line of stdout matches', ORA, 'echo a; echo ORA-00942: no table; echo b', { exitCode: 211, stderr: MATCHED('ORA-00942: no table', '^ORA-[0-9]{5}') }],
    ['a line of stderr matches another rule', ORA, 'echo "x: PANIC" >&2', { exitCode: 211, stdout: '', stderr: `x: PANIC\n${MATCHED('x: PANIC', 'FATAL|PANIC')}` }],
    ['the first line that matches is told', ORA, 'echo ORA-00001; echo FATAL', { exitCode: 211, stderr: MATCHED('ORA-00001', '^ORA-[0-9]{5}') }],
    ['the last line matches, and has no line feed', ORA, 'printf "a\\nORA-00001"', { exitCode: 211, stdout: 'a\nORA-00001' }],
    [
      'a carriage return ends a line of Windows', rules({ requireOutput: ['loaded[[:space:]]*$'] }), 'printf "12 loaded\\r\\n"',
      { exitCode: 0, stdout: '12 loaded\r\n', stderr: '' },
    ],
    [
      'a carriage return is a part of its line', rules({ requireOutput: ['loaded$'] }), 'printf "12 loaded\\r\\n"',
      { exitCode: 211, stdout: '12 loaded\r\n', stderr: MISSED('loaded$') },
    ],
    ['it does not match, and has no line feed', ORA, 'printf abc', { exitCode: 0, stdout: 'abc', stderr: '' }],
    ['no line matches', ORA, 'echo "x ORA-00942"; echo ORA-1 >&2', { exitCode: 0, stdout: 'x ORA-00942\n', stderr: 'ORA-1\n' }],
    ['there is no output', ORA, ':', { exitCode: 0, stdout: '', stderr: '' }],
    ['only an empty line', ORA, 'echo', { exitCode: 0, stdout: '\n', stderr: '' }],
    ['behind a NUL', rules({ failOnOutput: ['FATAL'] }), 'printf "a\\000FATAL\\n"', { exitCode: 211, stdout: 'a\0FATAL\n', stderr: MATCHED('a?FATAL', 'FATAL') }],
    ['bytes that are no UTF-8', rules({ failOnOutput: ['FATAL.x'] }), 'printf "FATAL\\377x\\n"', { exitCode: 211 }],
    ['all that is required is there, in both streams', DONE, 'echo Done. >&2; echo 7 pages', { exitCode: 0, stdout: '7 pages\n', stderr: 'Done.\n' }],
    ['long after the first of it', DONE, 'echo 7 pages; head -c 1000000 /dev/zero | tr "\\000" x; printf "\\nDone.\\n"', { exitCode: 0, stderr: '' }],
    ['what is required is there only in part', DONE, 'echo 7 pages; echo Done!', { exitCode: 211, stderr: MISSED('^Done\\.$') }],
    ['nothing of it is there', DONE, ':', { exitCode: 211, stdout: '', stderr: MISSED('^[0-9]+ pages') }],
    ['both lists are content', BOTH, 'echo Done', { exitCode: 0, stderr: '' }],
    ['neither is', BOTH, 'echo ORA-1', { exitCode: 211, stderr: MATCHED('ORA-1', '^ORA-') }],
    ['the program ends with another success', ORA, 'echo FATAL; exit 4', { exitCode: 211, stderr: MATCHED('FATAL', 'FATAL|PANIC') }],
    ['the program has failed by itself', ORA, 'echo FATAL; exit 3', { exitCode: 3, stderr: MATCHED('FATAL', 'FATAL|PANIC') }],
    ['and without a line', BOTH, 'exit 3', { exitCode: 3, stdout: '', stderr: '' }],
    ['a signal has ended it', ORA, 'kill -KILL $$', { exitCode: 137, stderr: expect.not.stringContaining('cots') }],
    ['its exit code is that of the rules', ORA, 'exit 211', { exitCode: 211, stderr: ITSELF(211) }],
    ['and a line matches', ORA, 'echo FATAL; exit 211', { exitCode: 211, stderr: MATCHED('FATAL', 'FATAL|PANIC') + ITSELF(211) }],
    ['its exit code is another one of the launcher', ORA, 'echo FATAL; exit 213', { exitCode: 213, stderr: MATCHED('FATAL', 'FATAL|PANIC') + ITSELF(213) }],
    ['it says what the launcher says', ORA, `printf "${MATCHED('x', 'x')}" >&2`, { exitCode: 0, stderr: MATCHED('x', 'x') }],
    ['braces and quotes', rules({ failOnOutput: ['it\'s \\{\\{ (a|b){2}'] }), 'echo "it\'s {{ ab"', { exitCode: 211, stderr: MATCHED('it\'s {{ ab', 'it\'s \\{\\{ (a|b){2}') }],
    ['a backslash', rules({ failOnOutput: ['C:\\\\new'] }), 'printf "%s\\n" "C:\\\\new \\\\0041"', { exitCode: 211, stderr: MATCHED('C:\\new \\0041', 'C:\\\\new') }],
    ['a long line is cut', rules({ failOnOutput: ['^x'] }), 'printf "%01000d\\n" 0 | tr 0 x', { exitCode: 211, stderr: MATCHED(`${'x'.repeat(300)} ...`, '^x') }],
    ['far within a long line', rules({ failOnOutput: ['FATAL'] }), 'printf "%0100000d FATAL\\n" 0', { exitCode: 211 }],
    ['as many rules as there may be', rules({
      failOnOutput: Array.from({ length: 10 }, (_, i) => `FATAL ${i}`), requireOutput: Array.from({ length: 10 }, (_, i) => `Done ${i}`),
    }), 'for i in 0 1 2 3 4 5 6 7 8; do echo Done $i; done', { exitCode: 211, stderr: MISSED('Done 9') }],
  ])('%s', async (_, outputRules, script, expected) => {
    expect(await launch({ outputRules, script })).toMatchObject(expected);
  });

  test('a program that is not started has no other exit code, whatever the launcher has said', async () => {
    const outputRules = rules({ failOnOutput: ['cannot enter'], requireOutput: ['Done'] });
    expect(await launch({ outputRules, workingDirectory: '/no/such/folder' })).toMatchObject({ exitCode: 215, stderr: expect.stringMatching(/cannot enter folder \/no\/such\/folder\n$/) });
  });

  test('every byte is passed on, of both streams', async () => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7 + Math.floor(i / 256)) % 256));
    const file = join(launchpad.folder, 'bytes');
    writeFileSync(file, bytes);
    const script = `cat '${file}'; cat '${file}' >&2`;
    const child = launchpad.start(options({ outputRules: BOTH, script }));
    const read = (stream: Launched['stdout']) => new Promise<Buffer>((resolve) => {
      const parts: Buffer[] = [];
      stream.on('data', (part) => parts.push(part)).on('close', () => resolve(Buffer.concat(parts)));
    });
    const [stdout, stderr, exitCode] = await Promise.all([read(child.stdout), read(child.stderr), child.exitCode]);
    expect(exitCode).toBe(211);
    expect(stdout.equals(bytes)).toBe(true);
    expect(stderr.subarray(0, bytes.length).equals(bytes)).toBe(true);
    expect(stderr.subarray(bytes.length).toString()).toBe(MISSED('^Done'));
  });

  test('what is no whole line yet is passed on at once', async () => {
    const go = join(launchpad.folder, 'go');
    const { child, read } = await startAndWait({ outputRules: ORA, script: `printf 'Password: '; until [ -e '${go}' ]; do sleep 0.1; done; echo ok` }, 'Password: ');
    expect(read()).toBe('Password: ');
    writeFileSync(go, '');
    expect(await child.exitCode).toBe(0);
    expect(read()).toBe('Password: ok\n');
  });

  test('a line of any size takes no memory', async () => {
    const script = 'head -c 100000000 /dev/zero | tr "\\000" x\necho " FATAL"';
    // A grep that holds the line would not get it.
    const child = launchpad.start(options({ outputRules: rules({ failOnOutput: ['FATAL'] }), script, under: ['prlimit', '--as=80000000'] }));
    let size = 0;
    child.stdout.on('data', (data) => size += data.length);
    let stderr = '';
    child.stderr.on('data', (data) => stderr += data);
    expect(await child.exitCode).toBe(211);
    expect(size).toBe(100_000_007);
    expect(stderr).toContain('matches failOnOutput \'FATAL\'');
  }, 60_000);

  test('nothing is left when the process group is killed', async () => {
    const { child } = await startAndWait({ outputRules: BOTH, script: 'echo ready; sleep 600' }, 'ready');
    process.kill(-child.pid, 'SIGKILL');
    // It resolves when nobody holds a stream any more.
    expect(await child.exitCode).toBe(-1);
    // Zombies are nobody any more; the kernel may take an instant to kill the others.
    const alive = () => spawnSync(ps, ['-eo', 'pgid=,stat=,args='], { encoding: 'utf8' }).stdout.split('\n').filter((line) => new RegExp(`^ *${child.pid} +[^Z]`).test(line));
    for (let i = 0; i < 50 && alive().length > 0; i++) {
      await setTimeout(100);
    }
    expect(alive()).toEqual([]);
  });

  test('what the program leaves in the background is judged, too, as long as it has the output open', async () => {
    expect(await launch({ outputRules: ORA, script: '(sleep 1; echo FATAL) &' })).toMatchObject({ exitCode: 211, stdout: 'FATAL\n' });
    const ended = await launch({ outputRules: ORA, script: 'sleep 600 >/dev/null 2>&1 & echo $!' });
    expect(ended.exitCode).toBe(0);
    process.kill(Number(ended.stdout), 'SIGKILL');
  });

  test('who judges has neither the lock of the program nor that of the launcher', async () => {
    const script = `${JUDGES}\nfor pid in $(judges); do echo judge; ls -l /proc/$pid/fd | grep lock || :; done`;
    const { exitCode, stdout } = await launch({ outputRules: BOTH, lock: { waitSeconds: 0 }, jobKey: 'Locked', script });
    expect({ exitCode, lines: new Set(stdout.split('\n')) }).toEqual({ exitCode: 211, lines: new Set(['judge', '']) });
  });

  test.each(['TERM', 'HUP', 'INT', 'USR1'])('SIG%s to the process group ends no one who judges', async (signal) => {
    expect(await launch({ outputRules: BOTH, script: `trap : ${signal}; kill -${signal} 0; sleep 0.2; echo Done; exit 4` }))
      .toMatchObject({ exitCode: 4, stdout: 'Done\n', stderr: '' });
  });

  test.each(['grep', 'fold', 'tr'])('where one who judges is killed (%s), all is passed on, and the run fails', async (judge) => {
    const kill = `for pid in $(judges); do [ "$(cat /proc/$pid/comm)" != ${judge} ] || kill -KILL $pid; done`;
    const ended = await launch({ outputRules: ORA, script: `${JUDGES}\n${kill}\nsleep 0.5; head -c 1000000 /dev/zero | tr '\\000' x; echo; echo Done` });
    expect(ended).toMatchObject({ exitCode: 211, stderr: expect.stringContaining(BROKEN) });
    expect(ended.stdout).toHaveLength(1_000_006);
  });

  test('no process has a rule in its command line', async () => {
    const script = `${ps} -eo pgid=,args= | awk -v group="$(${ps} -o pgid= -p $$)" '$1 == group + 0 && /pages inde[x]ed/'`;
    const outputRules = rules({ failOnOutput: ['never pages indexed'], requireOutput: ['pages indexed'] });
    expect(await launch({ outputRules, script })).toMatchObject({ exitCode: 211, stdout: '', stderr: MISSED('pages indexed') });
  });

  test.each([['the agent\'s user', undefined], ['another user', USER]])('the script sees pipes, which it can open anew, and nothing else: as %s', async (_, runAs) => {
    const script = '[ ! -t 1 ] && [ -p /dev/stdout ] && [ -p /dev/stderr ] && echo x >/dev/stderr && echo y >/proc/self/fd/1 && echo /proc/self/fd/*';
    const plain = await launch({ script, runAs, lock: { waitSeconds: 0 } });
    expect(plain).toMatchObject({ exitCode: 0, stderr: 'x\n', stdout: expect.stringMatching(/^y\n/) });
    expect(await launch({ script, runAs, lock: { waitSeconds: 0 }, outputRules: ORA })).toEqual(plain);
  });

  test.each(['>&-', '2>&-', '>&- 2>&-'])('a stream that is closed is judged all the same: %s', async (closed) => {
    const under = ['timeout', '20', 'sh', '-c', `"$@" ${closed}`, 'sh'];
    expect(await launch({ outputRules: ORA, script: 'echo FATAL', under })).toMatchObject({ exitCode: 211, stdout: closed === '2>&-' ? 'FATAL\n' : '' });
    expect(await launch({ outputRules: ORA, script: 'echo FATAL >&2', under })).toMatchObject({ exitCode: 211, stdout: '' });
    expect(await launch({ outputRules: ORA, script: 'echo fine', under })).toMatchObject({ exitCode: 0 });
  }, 120_000);

  describe('a rule that only the deployment knows', () => {
    test('is a rule like another', async () => {
      const outputRules = rules({ failOnOutput: [deployTime('^ORA-[0-9]{2}'), deployTime('it\'s {{ \\$x')] });
      expect(await launch({ outputRules, script: 'echo \'it\'"\'s {{ \\$x"' })).toMatchObject({ exitCode: 211, stderr: MATCHED('it\'s {{ $x', 'it\'s {{ \\$x') });
      expect(await launch({ outputRules, script: 'echo x' })).toMatchObject({ exitCode: 0 });
    });

    test.each([['is none', '[a'], ['is empty', ''], ['matches an empty line', 'x*'], ['has two lines', 'a\nb']])('%s: nothing is started', async (_, rule) => {
      const got = rule.replace('\n', '?');
      const reason = `must be an extended regular expression that no empty line matches, got ${got}\n`;
      for (const prop of ['failOnOutput', 'requireOutput'] as const) {
        expect(await launch({ outputRules: rules({ [prop]: ['x', deployTime(rule)] }), script: 'echo started', runId: 'refused' }))
          .toEqual({ exitCode: 215, stdout: '', stderr: `cots-batch-job: not started: ${prop} ${reason}` });
      }
      expect(existsSync(join(launchpad.state, 'Job/runs/refused'))).toBe(false);
    });
  });

  test('where a tool is missing, nothing is started or marked', async () => {
    const bin = join(launchpad.folder, 'bin');
    mkdirSync(bin);
    for (const tool of ['sh', 'id', 'cat', 'mkdir', 'rm', 'find', 'mkfifo', 'tr', 'fold', 'grep', 'od', 'sed']) {
      symlinkSync(find(tool)!, join(bin, tool));
    }
    expect(await launch({ outputRules: ORA, sh: undefined, agent: { PATH: bin }, runId: 'poor', script: 'echo started' }))
      .toEqual({ exitCode: 215, stdout: '', stderr: 'cots-batch-job: not started: there is no tee, which rules for the output need\n' });
    expect(existsSync(join(launchpad.state, 'Job/runs/poor'))).toBe(false);
  });

  test('a run that was started before is that, whatever has become of the rules', async () => {
    expect(await launch({ outputRules: ORA, runId: 'again', script: ':' })).toMatchObject({ exitCode: 0 });
    expect(await launch({ outputRules: rules({ failOnOutput: [deployTime('[')] }), runId: 'again', script: ':' })).toMatchObject({ exitCode: 213 });
    expect(readFileSync(join(launchpad.state, 'Job/runs/again/command'), 'utf8')).toBe('\n');
  });
});

/**
 * Attacker: whoever sets a value that a deployment reads, as an SSM parameter or the output of another stack, and has no right on the
 * server. Way: quotes, line breaks, braces, the launcher's own delimiters. What must hold: the value is data, byte for byte; where it may
 * only be a name, another one starts nothing.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { deployTime, environmentOf, IS_ROOT, LaunchOptions, Launchpad, PRINT_ENVIRONMENT, USER } from '../support/launch';
import { SHELL_NAMES } from '../support/shells';


/** Each would leave a file if any part of it were run. */
const attack = (file: string) => [
  `'; touch ${file}; : '`,
  `"; touch ${file}; : "`,
  `'\nEND_OF_PROGRAM\ntouch ${file}\n: <<'END_OF_PROGRAM'\n'`,
  `x\nEND_OF_SCRIPT\ntouch ${file}\n`,
  `$(touch ${file})`,
  `\`touch ${file}\``,
  `\${x:-$(touch ${file})}`,
  `{{ RunId }}'; touch ${file}; '`,
  `' | base64 -d; touch ${file} #`,
];

const VALUES: { [what: string]: string } = {
  'quotes': '\'"\\\'\'\u2018\u2019',
  'line breaks': 'first\nsecond\r\n\tthird',
  'line breaks at the end': 'ends\n\n\n',
  'only a line break': '\n',
  'nothing': '',
  'blanks around it': '  a  ',
  'expansions': '$(id) `id` ${HOME} $HOME $$ !! ~ *',
  'what SSM would replace': '{{ssm:x}} {{ RunId }} {{Variables}} {{{',
  'other scripts': 'Zürich Ä 東京 💶',
  '4 KB': 'x"\'ä\n '.repeat(585),
  'an option': '-n -e',
};

describe.each(SHELL_NAMES)('%s', (name) => {
  let launchpad: Launchpad;
  beforeAll(() => {
    launchpad = new Launchpad();
  });
  afterAll(() => launchpad.remove());

  const launch = (options: LaunchOptions) => launchpad.launch({ sh: launchpad.shell(name), ...options });

  test.each([['the agent\'s user', undefined], ['another user', deployTime(USER)]])('a value of the environment arrives byte for byte, for %s', async (_who, runAs) => {
    const environment = Object.fromEntries(Object.values(VALUES).map((value, index) => [`V${index}`, deployTime(value)]));
    const ended = await launch({ script: PRINT_ENVIRONMENT, runAs, environment: { ...environment, KNOWN: 'known', PART: `[${deployTime('a\n')}]` }, agent: { LC_ALL: 'C.UTF-8' } });
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    const received = environmentOf(ended);
    expect(Object.values(VALUES).map((_value, index) => Buffer.from(received[`V${index}`], 'latin1').toString())).toEqual(Object.values(VALUES));
    expect(received).toMatchObject({ KNOWN: 'known', PART: '[a\n]', LC_ALL: 'C.UTF-8', ...runAs && IS_ROOT ? { USER, HOME: '/nonexistent' } : {} });
    expect(Object.keys(received).filter((variable) => /^(COTS_BATCH_JOB_FOLDER|value|user|folder)$/.test(variable))).toEqual([]);
  });

  test('a script is the script that it was meant to be, whatever is in it', async () => {
    const ended = await launch({ script: `printf '<%s>' "${deployTime('Zürich {{ RunId }} $((1 + 1))')}"\nexit 7\n`, runAs: deployTime(USER) });
    expect([ended.stdout.toString(), ended.exitCode]).toEqual(['<Zürich {{ RunId }} 2>', 7]);
    const many = ['exit 3', 'echo a\n\n', '\n\necho b', 'cat <<END_OF_SCRIPT\n# end of the script\nEND_OF_SCRIPT\n', 'cat "$0" | tail -c 3\n\n'];
    for (const script of many) {
      const [asToken, known] = [await launch({ script: deployTime(script) }), await launch({ script })];
      expect(asToken).toEqual(known);
    }
  });

  test.each(['runAs', 'workingDirectory', 'environment', 'script'])('no value of %s is run by the launcher', async (prop) => {
    for (const [index, value] of attack(join(launchpad.folder, 'attack')).entries()) {
      // A script is run as its user, in a process of its own: nothing of it may run before that.
      const text = prop === 'script' ? `exit 0\n${value}` : value;
      const options: LaunchOptions = prop === 'environment' ? { environment: { V: deployTime(text) } } : { [prop]: deployTime(text) };
      const ended = await launch({ runAs: deployTime(USER), ...options });
      expect({ index, exitCode: ended.exitCode }).toEqual({ index, exitCode: prop === 'environment' || prop === 'script' ? 0 : 215 });
      expect(readdirSync(launchpad.folder).filter((file) => file === 'attack')).toEqual([]);
    }
  });

  test.each([
    ['runAs', 'must be the name of a user', ['', 'a b', '-u', '0', '1000', 'nobody\n', 'ä', '$', 'a$b', '../x', 'x'.repeat(258), 'root;id', '\u001b[31m']],
    ['workingDirectory', 'must be an absolute path', ['', 'tmp', './tmp', '/tmp\n', '/tmp\r', '-', '~', ' /tmp', '\n/tmp']],
  ])('a deployment that makes %s something else starts nothing, and says so', async (prop, rule, values) => {
    for (const value of values) {
      const ended = await launch({ script: `touch ${join(launchpad.folder, 'started')}`, [prop]: deployTime(value) });
      expect([value, ended.exitCode, ended.stdout.toString()]).toEqual([value, 215, '']);
      expect(ended.stderr).toMatch(new RegExp(`^cots-batch-job: not started: ${prop} ${rule}, got [ -~]{0,60}\\n$`));
    }
    expect(existsSync(join(launchpad.folder, 'started'))).toBe(false);
  });

  test('a user or folder that is not there is told by its name', async () => {
    const ends = [await launch({ runAs: deployTime('no.such-user') }), await launch({ workingDirectory: deployTime('/no such $HOME') })];
    expect(ends.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual([
      [215, expect.stringContaining('cots-batch-job: not started: cannot run as user no.such-user\n')],
      [215, expect.stringContaining('cots-batch-job: not started: cannot enter folder /no such $HOME\n')],
    ]);
  });

  test('a run whose identifier would name another folder starts nothing, also where nobody has checked the pattern', async () => {
    for (const runId of ['../x', '..', '.', 'a/b', 'a b', 'a\nb', '$(id)', '*']) {
      const ended = await launch({ script: 'echo started', runId });
      expect([runId, ended.exitCode, ended.stdout.toString(), ended.stderr]).toEqual(
        [runId, 215, '', 'cots-batch-job: not started: RunId must have letters, digits, ., _ and - only\n']);
    }
    expect(await launch({ script: 'echo started', runId: '_a.B-9' })).toMatchObject({ exitCode: 0, stdout: Buffer.from('started\n') });
  });

  test('a folder with everything that a name may have is entered', async () => {
    const ended = await launch({ script: 'pwd', workingDirectory: deployTime(`${launchpad.folder}/./`), runAs: deployTime(USER) });
    expect(ended).toMatchObject({ exitCode: 0, stdout: Buffer.from(`${launchpad.folder}\n`) });
  });

  test('a script that a deployment makes empty, or gives an interpreter, starts nothing', async () => {
    expect(await launch({ script: deployTime(' \n\t\n') })).toMatchObject({ exitCode: 215, stderr: 'cots-batch-job: not started: the script of a command must not be empty\n' });
    expect(await launch({ script: deployTime('#!/usr/bin/python3\n') })).toMatchObject({
      exitCode: 215, stderr: 'cots-batch-job: not started: the first line of a script must be known at synth where it names an interpreter (#!)\n',
    });
    expect(await launch({ script: deployTime('#!/usr/bin/python3\ntrue'), shell: '/bin/sh' })).toMatchObject({ exitCode: 0 });
  });
});

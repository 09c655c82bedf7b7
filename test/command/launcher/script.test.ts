import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { LauncherOptions, shellLauncher } from '../../../src/command/launcher/shell';
import { quote } from '../../../src/command/launcher/shell-word';
import { deployTime, Launchpad } from '../../support/launch';
import { SHELL_NAMES } from '../../support/shells';

/** Each must reach the shell byte for byte. */
const SCRIPTS: { [name: string]: string } = {
  'one line': 'echo a',
  'a line feed at the end': 'echo a\n',
  'line feeds at the end': 'echo a\n\n\n',
  'nothing but line feeds': '\n\n',
  'empty lines': '\n\necho a\n\n\necho b',
  'quotes': 'echo \'a\' "b" `c` $(d) ${e} \\$f "$g" \'"\' "\'"',
  'a backslash at the end': 'echo a\\',
  'a backslash and a line feed at the end': 'echo a \\\n',
  'backslashes': 'echo \\\\ \\n \\\necho b',
  'Windows line ends': 'echo a\r\necho b\r\n',
  'tabs and spaces': '\techo a\n  echo b  \n\t',
  'beginnings of delimiters before other characters': 'Eßlingen\nENDé\nEND_OF_SCRIPT東\nEND_OF_PROGRAM💶\n_é\n',
  'delimiters': 'cat <<END_OF_SCRIPT\na\nEND_OF_SCRIPT\ncat <<\'END_OF_PROGRAM\'\nEND_OF_PROGRAM\nEND_OF_SCRIPT_\nEOF\n',
  'last lines': '# end of the script\n\n## end of the script',
  'an option': '--version\n-x',
  'other alphabets': 'echo Zürich ÁÀÈ 東京 ボ{{x}} 💶 \u0081\u0088\u2028',
  'braces': 'docker ps --format "{{.Names}} {{ json . }}" {{{ }}} {{{{',
  'parameters of the document': 'echo {{ RunId }} {{RunId}} {{Variables}} {{ executionTimeout }} {{ssm:secret}}',
  'tildes': 'cd ~/a; echo {~{ ~{{~ {~~{ {{',
  'tildes only': 'echo {~{ {~~{ ~',
  'single braces': 'f() { echo "${a}"; }\n',
  'sed': 's/{{/}}/g & \\1 \\& /',
  'a long line': `echo ${'{{x}} '.repeat(5000)}`,
  'many lines': 'echo {{a}} >/dev/null\n'.repeat(1500),
};

describe.each(SHELL_NAMES)('%s', (name) => {
  let launchpad: Launchpad;
  let printer: string;
  beforeAll(() => {
    launchpad = new Launchpad();
    printer = join(launchpad.folder, 'print-script');
    writeFileSync(printer, '#!/bin/sh\nprintf "%s " "$1" "$#"\ncat "$2"\n');
    chmodSync(printer, 0o755);
  });
  afterAll(() => launchpad.remove());

  const launch = (options: Partial<LauncherOptions>) =>
    launchpad.launch({ sh: launchpad.shell(name), shell: join(launchpad.shell(name).bin, 'sh'), ...options });

  test.each(Object.keys(SCRIPTS))('a script reaches the shell unchanged: %s', async (script) => {
    const ended = await launch({ script: SCRIPTS[script], shell: printer, jobKey: 'NightlyIndex' });
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ended.stdout.toString()).toBe(`-e 2 ${SCRIPTS[script]}`);
  });

  test('runs the script, with nothing on stdin', async () => {
    const ended = await launch({ script: 'readlink /proc/$$/fd/0\necho "${0##*/}: $#"\nfor i in 1 2; do echo "{{$i}}"; done', jobKey: 'NightlyIndex' });
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ended.stdout.toString()).toBe('/dev/null\n_script.sh: 0\n{{1}}\n{{2}}\n');
  });

  test('leaves no file descriptor open', async () => {
    const ended = await launch({ script: 'ls /proc/$$/fd; :' });
    expect(ended.stdout.toString().split('\n').filter((fd) => Number(fd) > 2 && Number(fd) < 10)).toEqual([]);
  });

  test('ends at the first command that fails', async () => {
    const ended = await launch({ script: 'echo before\n(exit 7)\necho after' });
    expect(ended).toMatchObject({ exitCode: 7, stdout: Buffer.from('before\n') });
  });

  test('goes on after a command that fails, if asked to', async () => {
    const ended = await launch({ script: 'echo before\n(exit 7)\necho after', failFast: false });
    expect(ended).toMatchObject({ exitCode: 0, stdout: Buffer.from('before\nafter\n') });
  });

  test.each([0, 1, 2, 42, 126, 127, 128, 137, 194, 213, 255])('keeps exit code %d', async (exitCode) => {
    expect((await launch({ script: `exit ${exitCode}` })).exitCode).toBe(exitCode);
    expect((await launch({ script: `exit ${exitCode}`, runAs: 'nobody', failFast: false })).exitCode).toBe(exitCode);
  });

  test('reports a signal as shells do', async () => {
    expect((await launch({ script: 'kill -TERM $$' })).exitCode).toBe(128 + 15);
    expect((await launch({ script: 'kill -SEGV $$', runAs: 'nobody' })).exitCode).toBe(128 + 11);
  });

  test('separates stdout and stderr', async () => {
    const ended = await launch({ script: 'echo out; echo err >&2' });
    expect(ended).toMatchObject({ stdout: Buffer.from('out\n'), stderr: 'err\n' });
  });

  test.each(['-', '--', '-u -', '-u\t-- '])('starts a script whose first line ends the options of its shell: %s', async (words) => {
    const ended = await launchpad.launch({ sh: launchpad.shell(name), script: `#!/bin/sh ${words}\necho started` });
    expect(ended).toMatchObject({ exitCode: 0, stdout: Buffer.from('started\n'), stderr: '' });
  });

  test('says so when the shell is missing', async () => {
    const ended = await launch({ shell: '/opt/no such/ksh' });
    expect(ended).toMatchObject({ exitCode: 215, stderr: 'cots-batch-job: not started: there is no /opt/no such/ksh\n' });
  });

  test('runs the way that the agent starts it', async () => {
    const ended = await launchpad.launch({ script: 'echo {{a}}' });
    expect(ended).toMatchObject({ exitCode: 0, stdout: Buffer.from('{{a}}\n'), stderr: '' });
  });
});

describe('the document', () => {
  test.each(Object.keys(SCRIPTS))('has no braces but those of its parameters: %s', (script) => {
    const lines = shellLauncher({
      script: SCRIPTS[script], failFast: true, jobKey: 'Job', parameterNames: [], runAs: '{{user}}', workingDirectory: '/{{{folder}}}', environment: { A: '{{a}}', B: '\'{{\'{{' },
    });
    expect(lines.filter((line) => line.includes('{{'))).toEqual(['run=\'{{ RunId }}\'', 'before=\'{{ StartBefore }}\'', 'check=\'{{ Check }}\'', 'variables=\'{{ Variables }}\'', '  ! [ -n \'{{ Check }}\' ] || { trap - EXIT; exit 0; }']);
  });

  test('shows the script line by line, at its end', () => {
    const lines = shellLauncher({ script: 'one\n  two {{x}}\n\nthree\n', failFast: true, jobKey: 'Job', parameterNames: [] });
    expect(lines.slice(-11, -5)).toEqual(['one', '  two {~{x}}', '', 'three', '# end of the script', 'END_OF_SCRIPT']);
  });

  test('has lines only, none with a line feed', () => {
    const lines = shellLauncher({ script: 'a\nb', failFast: true, jobKey: 'Job', parameterNames: [], environment: { A: 'a\nb' } });
    expect(lines.filter((line) => line.includes('\n'))).toEqual([]);
  });

  test('what only a deployment knows stands nowhere but in base64', () => {
    const token = deployTime('never seen');
    const lines = new Stack().resolve(shellLauncher({
      script: `echo {${token}} {{${token}}}`, failFast: true, jobKey: 'Job', parameterNames: [], runAs: token, workingDirectory: token, environment: { A: `{${token}` },
    }));
    const outside = JSON.stringify(lines).replace(/\{"Fn::Base64":(\{"Ref":"\w+"\}|\{"Fn::Join":\["",\[[^\]]*\]\]\})\}/g, '<encoded>');
    expect(outside.match(/<encoded>/g)).toHaveLength(5);
    expect(outside).not.toContain('Ref');
    expect(lines).toContainEqual({ 'Fn::Base64': { 'Fn::Join': ['', ['echo {', { Ref: expect.anything() }, '} {{', { Ref: expect.anything() }, '}}']] } });
  });

  test('a word that is not known at synth is refused', () => {
    expect(() => quote(deployTime('x'))).toThrow('what a shell reads must be known at synth, or be encoded, got a token');
  });
});

import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentOf, Launchpad, PRINT_ENVIRONMENT, variables } from '../../support/launch';
import { SHELL_NAMES } from '../../support/shells';

const HOSTILE: { [name: string]: string | Buffer } = {
  QUOTES: '\'"\\\'\'',
  EXPANSIONS: '$(touch owned) `touch owned` ${HOME} $HOME $$ !!',
  SEPARATORS: 'a; touch owned & b | c > owned && d, e=f, g',
  LINES: 'first\nsecond\r\n\tthird',
  TRAILING: 'ends\n\n\n',
  ONLY_LINE_FEEDS: '\n\n',
  EMPTY: '',
  DASHES: '-n -e --help',
  EQUALS: '=a=b==',
  STARS: '* ? [a-z] ~ /etc/*',
  SSM: '{{ssm:x}} {{ RunId }} {{Variables}} {{{',
  UMLAUTS: 'Zürich Ä 東京 💶',
  // Lead bytes without their second byte, the latter also at the end: what a multi-byte locale may take the sentinel into.
  INVALID_UTF8: Buffer.from([0xc3, 0x28, 0xff, 0xfe, 0x80, 0x81, 0x88, 0xe3, 0x81]),
  SJIS: Buffer.from([0x83, 0x5c, 0x83, 0x7b, 0x7b, 0x95, 0x5c, 0x81]),
  ALL_BYTES: Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1)),
  LARGE: 'x'.repeat(100_000),
};
/** Names that the launcher might use itself. */
for (const name of ['variable', 'variables', 'value', 'locale', 'run', 'mark', 'marks', 'error', 'script', 'name', 'begun', 'code', 'esac', 'in']) {
  HOSTILE[name] = `its ${name}`;
}

describe.each(SHELL_NAMES)('%s', (name) => {
  let launchpad: Launchpad;
  beforeAll(() => {
    launchpad = new Launchpad();
  });
  afterAll(() => launchpad.remove());

  test.each(Object.keys(HOSTILE))('hands over %s byte for byte', async (variable) => {
    const ended = await launchpad.launch({
      sh: launchpad.shell(name),
      script: PRINT_ENVIRONMENT,
      variables: variables({ [variable]: HOSTILE[variable] }),
      agent: { LC_ALL: 'C.UTF-8' },
    });
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(environmentOf(ended)[variable] === Buffer.from(HOSTILE[variable] as string).toString('latin1')).toBe(true);
  });

  test('hands over many at once, and nothing of its own', async () => {
    const { LARGE: _large, ...values } = HOSTILE;
    const ended = await launchpad.launch({
      sh: launchpad.shell(name),
      script: PRINT_ENVIRONMENT,
      variables: `${variables(values)},`,
      runId: `many-${name}`,
    });
    const expected = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value as string).toString('latin1')]));
    const { PATH, COTS_BATCH_JOB_STATE, PWD, OLDPWD, SHLVL, _, ...environment } = environmentOf(ended);
    expect(environment).toEqual(expected);
  });

  test('sets the fixed environment as it was written', async () => {
    const environment = {
      LANG: 'C',
      QUOTED: 'it\'s "$HOME" `id` \\',
      BRACES: '{{ RunId }}{{{ssm:x}}}\'{{\'',
      LINES: 'first\nEND_OF_PROGRAM\nEND_OF_SCRIPT\n\nlast\n',
    };
    const ended = await launchpad.launch({ sh: launchpad.shell(name), script: PRINT_ENVIRONMENT, environment, runId: `fixed-${name}` });
    expect(environmentOf(ended)).toMatchObject(environment);
  });

  test.each([
    ['none', {}],
    ['an empty one', { LC_ALL: '' }],
    ['one', { LC_ALL: 'C.UTF-8', LANG: 'C.UTF-8' }],
  ])('leaves the locale of the agent as it is: %s', async (_, agent) => {
    const ended = await launchpad.launch({ sh: launchpad.shell(name), script: PRINT_ENVIRONMENT, variables: variables({ A: 'ä' }), agent });
    const { LC_ALL, LANG } = environmentOf(ended);
    expect({ LC_ALL, LANG }).toEqual({ LC_ALL: undefined, LANG: undefined, ...agent });
  });

  test('takes a locale as a variable', async () => {
    const ended = await launchpad.launch({
      sh: launchpad.shell(name),
      script: PRINT_ENVIRONMENT,
      variables: variables({ LC_ALL: 'POSIX', A: 'ä' }),
      agent: { LC_ALL: 'C.UTF-8' },
    });
    expect(environmentOf(ended)).toMatchObject({ LC_ALL: 'POSIX', A: Buffer.from('ä').toString('latin1') });
  });

  test('does not depend on the PATH that the script gets', async () => {
    const ended = await launchpad.launch({
      sh: launchpad.shell(name),
      script: 'echo "$PATH {{ $A"',
      environment: { PATH: '/nowhere' },
      variables: variables({ A: 'a' }),
    });
    expect(ended.stdout.toString()).toBe('/nowhere {{ a\n');
  });

  test('shows no value in the command line of a process', async () => {
    // Other tests have secrets of their own. The script has the value in two parts.
    const [first, second] = [randomBytes(8).toString('hex'), randomBytes(8).toString('hex')];
    const ended = await launchpad.launch({
      sh: launchpad.shell(name),
      script: [
        'sleep 7.7 &',
        'until grep -q sleep "/proc/$!/cmdline"; do :; done',
        'cat /proc/[0-9]*/cmdline 2>/dev/null || :',
        'kill $!',
        `test "$SECRET" = "$(printf %s ${first}; echo ${second})"`,
      ].join('\n'),
      variables: variables({ SECRET: first + second }),
      runAs: 'nobody',
    });
    expect(ended.exitCode).toBe(0);
    expect(ended.stdout.toString()).toContain('sleep\x007.7');
    expect(ended.stdout.toString()).not.toContain(first + second);
  });

  test.each(['BASH_ENV', 'ENV', 'HISTCMD', 'RANDOM', 'LD_PRELOAD', 'KEYWORD', 'KEYWORDS2', 'keywords', 'A-B'])(
    'starts nothing when it gets a variable that is no parameter: %s', async (variable) => {
      const trap = join(launchpad.folder, 'trap');
      writeFileSync(trap, 'echo trapped\n');
      const value = /RANDOM|HISTCMD/.test(variable) ? `a[$(. ${trap} >&2)]` : trap;
      for (const parameterNames of [[], ['KEYWORDS', 'DEPTH']]) {
        const values = variables({ ...parameterNames.length === 0 ? {} : { DEPTH: '1' }, [variable]: value });
        const ended = await launchpad.launch({ sh: launchpad.shell(name), script: '#!/bin/bash\necho started', variables: values, parameterNames });
        expect(ended).toMatchObject({
          exitCode: 215, stdout: Buffer.from(''), stderr: `cots-batch-job: not started: the job has no parameter ${variable}\n`,
        });
      }
    });

  test('starts nothing when a value cannot be decoded', async () => {
    const ended = await launchpad.launch({ sh: launchpad.shell(name), script: 'echo started', variables: 'GOOD=YQ==,BAD=Y' });
    expect(ended).toMatchObject({ exitCode: 215, stdout: Buffer.from('') });
    expect(ended.stderr).toContain('cots-batch-job: not started: base64 failed for BAD\n');
  });
});

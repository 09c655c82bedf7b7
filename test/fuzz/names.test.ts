import { execFileSync } from 'node:child_process';
import { fuzz, report } from './fuzz';
import { Machine } from './machine';
import { altered, PRINT_ENVIRONMENTS } from './program';
import { Way } from './way';
import { BatchCommand, JobParameter } from '../../src';
import { findOrInstall, SHELL_NAMES } from '../support/shells';
import { synth } from '../support/synth';

/** What bash would compute where it takes a value for an expression. */
const HOSTILE = 'a[$(touch owned)]$(touch owned)\n1';

/** Variables that shells make of their own accord when they are used, and that therefore are in no list. */
const SPECIAL = [
  'BASH', 'BASHPID', 'BASH_ALIASES', 'BASH_ARGC', 'BASH_ARGV', 'BASH_ARGV0', 'BASH_CMDS', 'BASH_COMMAND', 'BASH_COMPAT', 'BASH_ENV', 'BASH_LINENO',
  'BASH_MONOSECONDS', 'BASH_REMATCH', 'BASH_SOURCE', 'BASH_SUBSHELL', 'BASH_TRAPSIG', 'BASH_XTRACEFD', 'CHILD_MAX', 'COLUMNS', 'COMP_WORDBREAKS',
  'COPROC', 'DIRSTACK', 'EPOCHREALTIME', 'EPOCHSECONDS', 'EXECIGNORE', 'FCEDIT', 'FIGNORE', 'FUNCNAME', 'FUNCNEST', 'GLOBSORT', 'GROUPS',
  'HISTCMD', 'HISTCONTROL', 'HISTFILE', 'HISTSIZE', 'HOSTFILE', 'HOSTNAME', 'IGNOREEOF', 'INPUTRC', 'LANGUAGE', 'LINENO', 'LINES', 'MAIL',
  'MAILCHECK', 'MAILPATH', 'MAPFILE', 'OPTARG', 'OPTERR', 'OPTIND', 'PIPESTATUS', 'POSIXLY_CORRECT', 'PPID', 'PROMPT_COMMAND', 'PS0', 'PS1',
  'PS2', 'PS3', 'PS4', 'RANDOM', 'READLINE_LINE', 'REPLY', 'SECONDS', 'SHLVL', 'SRANDOM', 'TERM', 'TIMEFORMAT', 'TMOUT', 'TMPDIR', 'TZ', 'UID',
  'auto_resume', 'histchars',
];

/** What the launcher, or JavaScript, might take for its own. */
const COMMON = [
  'variable', 'variables', 'value', 'locale', 'run', 'mark', 'marks', 'error', 'start', 'stop', 'not_started', 'as_user', 'script', 'a', 'A', '__',
  '_1', 'a1', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', 'prototype', 'RunId', 'Variables', 'executionTimeout', 'length', 'then',
];

/** As long as a name may be. */
const LONG = ['x', '_', 'Z9', '_0_'].map((part) => part.repeat(128).slice(0, 128));

let machine: Machine;

beforeAll(() => {
  machine = new Machine();
});

afterAll(() => machine.remove());

function wayOf(names: string[], shell?: string): Way {
  return new Way({
    command: BatchCommand.shell(PRINT_ENVIRONMENTS, { shell }),
    parameters: Object.fromEntries(names.map((name) => [name, JobParameter.string({ default: '' })])),
  });
}

/** The names that the construct takes. */
function allowed(names: string[]): string[] {
  return names.filter((name) => {
    try {
      synth({ parameters: { [name]: JobParameter.string() } });
      return true;
    } catch (error) {
      expect((error as Error).message).toBe(
        `a name in parameters must not be reserved for the shell, the loader or SSM, got "${name}"`);
      return false;
    }
  });
}

/** The variables that a shell has of its own, in an empty environment. */
function ownVariables(shell: string): string[] {
  const [command, ...applet] = shell === 'busybox' ? [findOrInstall(shell), 'sh'] : [findOrInstall(shell)];
  const text = execFileSync(command, [...applet, '-c', shell === 'bash' ? 'compgen -v' : 'set'], {
    env: {},
    encoding: 'utf8',
    // With a pipe of Node's on stdin, which is a socket, bash would read a profile.
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return Array.from(text.matchAll(/^([A-Za-z_][A-Za-z0-9_]*)(?:=|$)/gm), ([, name]) => name);
}

describe.each(SHELL_NAMES)('%s', (shell) => {
  fuzz('a variable that shells use themselves is refused at synth, or gets its value', async () => {
    const names = [...new Set([...SPECIAL, ...SHELL_NAMES.flatMap(ownVariables)])];
    const taken = allowed(names);
    expect(taken.length).toBeGreaterThan(20);
    for (const interpreter of [undefined, ...['dash', 'bash'].map((program) => findOrInstall(program))]) {
      const parameters = Object.fromEntries(taken.map((name) => [name, HOSTILE]));
      expect(await altered(machine, wayOf(taken, interpreter), { shell: machine.shell(shell), parameters })).toEqual([]);
    }
    expect(machine.changes()).toEqual([]);
    report(`of ${names.length} variables of shells ${names.length - taken.length} refused, the others identical in ${shell}`);
  });

  fuzz('a variable may have a name that is somebody else\'s elsewhere, and as long as allowed', async () => {
    const names = [...COMMON, ...LONG];
    const parameters = Object.fromEntries(names.map((name, n) => [name, `${HOSTILE}${n}`]));
    expect(await altered(machine, wayOf(names), { shell: machine.shell(shell), parameters })).toEqual([]);
  });

  fuzz('very many variables', async () => {
    const names = Array.from({ length: 1_000 }, (_, n) => `V${n}`);
    const parameters = Object.fromEntries(names.map((name, n) => [name, String.fromCharCode(32 + n % 95)]));
    expect(await altered(machine, wayOf(names), { shell: machine.shell(shell), parameters })).toEqual([]);
    expect(machine.changes()).toEqual([]);
  });
});

test('a name that is a character too long is refused', () => {
  expect(() => synth({ parameters: { [`${LONG[0]}x`]: JobParameter.string() } })).toThrow('a name in parameters must match');
});

import { isKnown, refuse } from '../validation';

type VariableProp = 'environment' | 'parameters' | 'secrets';

/** @see https://pubs.opengroup.org/onlinepubs/9699919799/basedefs/V1_chap08.html */
const NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** Of the value of a variable on Windows, without the NUL that ends it. */
const MAX_WINDOWS_VALUE_LENGTH = 32_766;

/**
 * Variables that belong to the shell, the loader or SSM. Some shells refuse to set them, and from outside they would change
 * what runs, not what it works on.
 *
 * Those of bash, which is `sh` on Amazon Linux and Red Hat, lose what they are given (GROUPS, SECONDS), or compute it: a value of
 * RANDOM or HISTCMD is an expression, in which commands can be substituted.
 */
const RESERVED_NAMES = [
  'BASH', 'BASHOPTS', 'BASHPID', 'CDPATH', 'COMP_WORDBREAKS', 'DIRSTACK', 'ENV', 'EPOCHREALTIME', 'EPOCHSECONDS', 'EUID', 'FUNCNAME',
  'GLOBIGNORE', 'GROUPS', 'HISTCMD', 'IFS', 'LINENO', 'OLDPWD', 'OPTARG', 'OPTERR', 'OPTIND', 'PIPESTATUS', 'PPID', 'PS1', 'PS2', 'PS4',
  'PWD', 'RANDOM', 'SECONDS', 'SHELLOPTS', 'SHLVL', 'SRANDOM', 'UID', '_',
];
const RESERVED_PREFIXES = ['AWS_SSM_', 'BASH_', 'COTS_BATCH_JOB_'];

/**
 * Fixed at synth they are the user's own choice, from outside they would decide what runs. `__proto__` is none of a shell's, but
 * gets lost on the way there.
 */
const RESERVED_FOR_PARAMETERS = ['COMSPEC', 'HOME', 'LOGNAME', 'PATH', 'PATHEXT', 'PSMODULEPATH', 'SHELL', 'USER', '__proto__'];
const RESERVED_PREFIXES_FOR_PARAMETERS = ['DYLD_', 'LD_'];

/**
 * Checks the name of an environment variable that a prop sets.
 *
 * @throws if the name is malformed or reserved.
 */
export function checkVariableName(prop: VariableProp, name: string): void {
  if (!NAME_PATTERN.test(name)) {
    refuse(`a name in ${prop}`, `must match ${NAME_PATTERN.source}`, name);
  }
  if (isReserved(prop, name)) {
    refuseReserved(prop, name);
  }
}

/**
 * Checks names for Windows, which takes `Path` and `PATH` for the same variable.
 *
 * @throws if a name is reserved in another case, or two names are the same variable.
 */
export function checkWindowsNames(environment: string[], parameters: string[], secrets: string[]): void {
  for (const [prop, names] of Object.entries({ parameters, secrets }) as ['parameters' | 'secrets', string[]][]) {
    const reserved = names.find((name) => isReserved(prop, name.toUpperCase()));
    if (reserved !== undefined) {
      refuseReserved(prop, reserved);
    }
  }
  const names = [...environment, ...parameters, ...secrets];
  const variables = names.map((name) => name.toUpperCase());
  const twice = names.find((_name, index) => variables.indexOf(variables[index]) !== index);
  if (twice !== undefined) {
    refuse(`the variable ${twice}`, 'must not differ from another one in case only, which Windows ignores', names);
  }
}

/**
 * Checks the values of variables for Windows.
 *
 * @throws if a value is longer than Windows can hold: no run would start.
 * @see https://learn.microsoft.com/en-us/windows/win32/api/processenv/nf-processenv-setenvironmentvariablew
 */
export function checkWindowsValues(environment: { [name: string]: string }): void {
  for (const [name, value] of Object.entries(environment)) {
    if (isKnown(value) && value.length > MAX_WINDOWS_VALUE_LENGTH) {
      refuse(`environment ${name}`, `must not be longer than ${MAX_WINDOWS_VALUE_LENGTH} characters on Windows (it has ${value.length})`, value);
    }
  }
}

function isReserved(prop: VariableProp, name: string): boolean {
  const [names, prefixes] = prop === 'environment' ? [RESERVED_NAMES, RESERVED_PREFIXES] : [
    [...RESERVED_NAMES, ...RESERVED_FOR_PARAMETERS], [...RESERVED_PREFIXES, ...RESERVED_PREFIXES_FOR_PARAMETERS],
  ];
  return names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix));
}

function refuseReserved(prop: VariableProp, name: string): never {
  return refuse(`a name in ${prop}`, 'must not be reserved for the shell, the loader or SSM', name);
}

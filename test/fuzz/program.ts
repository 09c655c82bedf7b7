import { Locale } from './locales';
import { Machine } from './machine';
import { Way } from './way';
import { environmentOf } from '../support/launch';
import { Shell } from '../support/shells';

/** A script that prints the environment that it starts with, and the one that it hands on to programs. */
export const PRINT_ENVIRONMENTS = 'cat /proc/$$/environ\nprintf "=\\0"\nenv -0';

/** What the environment has that is nobody's parameter. */
const OTHERS = ['PATH', 'HOME', 'COTS_BATCH_JOB_STATE', 'LC_ALL', 'LC_CTYPE', 'LANG', 'LOCPATH', 'PWD', 'OLDPWD', 'SHLVL', '_'];

/** A run of a job that prints its environments. */
export interface Run {
  readonly shell: Shell;
  readonly parameters: { readonly [name: string]: string };
  /** @default - that of the test */
  readonly agent?: Locale;
  /** @default - the run is not marked on the machine */
  readonly executionName?: string;
}

/**
 * Runs a job, and says what its program did not get as it was given: each of the job's parameters, empty where the run has no value
 * for it, and nothing else.
 */
export async function altered(machine: Machine, way: Way, { shell, parameters, agent, executionName = '' }: Run): Promise<string[]> {
  const { parameters: sent, cause } = await way.start({ input: { parameters }, executionName });
  if (sent === undefined) {
    return [`refused: ${cause}`];
  }
  const ended = await machine.run({ lines: way.lines(sent), shell, agent });
  const expected = new Map(Object.keys(way.settings.parameters)
    .map((name) => [name, Buffer.from(Object.hasOwn(parameters, name) ? parameters[name] : '').toString('latin1')]));
  const [first, second = ''] = ended.stdout.toString('latin1').split('\0=\0');
  return [
    ...ended.exitCode === 0 && ended.stderr === '' ? [] : [`exit code ${ended.exitCode}: ${ended.stderr}`],
    ...differences('its environment', expected, first),
    ...differences('that of its programs', expected, second),
  ];
}

function differences(where: string, expected: Map<string, string>, printed: string): string[] {
  const seen = new Map(Object.entries(environmentOf({ exitCode: 0, stderr: '', stdout: Buffer.from(printed, 'latin1') })));
  const wrong = [...expected].filter(([name, value]) => seen.get(name) !== value);
  const strange = [...seen].filter(([name]) => !expected.has(name) && !OTHERS.includes(name));
  return [
    ...wrong.map(([name, value]) => `${where}: ${name} is ${JSON.stringify(seen.get(name))}, not ${JSON.stringify(value)}`),
    ...strange.map(([name, value]) => `${where}: ${name} is ${JSON.stringify(value)}, and nobody's`),
  ];
}

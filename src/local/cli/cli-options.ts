import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, UsageError } from '../app/errors';
import { requirePageFile } from '../html/page-file';
import { requireWorkDir } from '../run/work-dir';

/** What the command line asks for. */
export type CliCommand = { readonly command: 'help' } | { readonly command: 'version' } | RunCommand | SchedulesCommand | SsmCommand;

export interface RunCommand {
  readonly command: 'run';
  readonly cdkOut: string;
  readonly job?: string;
  readonly input: { readonly [field: string]: unknown };
  readonly speed: number;
  readonly authorize: boolean;
  readonly colour: boolean;
  readonly json: boolean;
  /** Where a page of the run goes. */
  readonly html?: string;
  /** Whether the programs' output is not shown. */
  readonly quiet: boolean;
  /** Values of secrets, by name. */
  readonly secrets: { readonly [name: string]: string };
  /** Folders of programs, before those of the agent's PATH. */
  readonly path: readonly string[];
  readonly workDir?: string;
  /** Whether a folder that was made for the run stays in any case. */
  readonly keep: boolean;
  readonly targets: number;
  /** Change calendars that are not in the app: iCalendar texts, by name or ARN. */
  readonly calendars: { readonly [name: string]: string };
}

/** `run --until`. */
export interface SchedulesCommand extends Omit<RunCommand, 'command' | 'input' | 'html' | 'quiet'> {
  readonly command: 'schedules';
  /** @default - now */
  readonly from?: Date;
  readonly until: Date;
  readonly maxRuns: number;
}

export interface SsmCommand {
  readonly command: 'ssm';
  readonly port: number;
  readonly workDir?: string;
  readonly keep: boolean;
}

const HELP_OPTIONS = ['-h', '--help'];

const RUN_OPTIONS = {
  'job': { type: 'string' },
  'param': { type: 'string', multiple: true },
  'secret': { type: 'string', multiple: true },
  'input': { type: 'string' },
  'poll-interval': { type: 'string' },
  'check': { type: 'boolean' },
  'speed': { type: 'string' },
  'authorize': { type: 'boolean' },
  'no-color': { type: 'boolean' },
  'json': { type: 'boolean' },
  'html': { type: 'string' },
  'quiet': { type: 'boolean' },
  'calendar': { type: 'string', multiple: true },
  'path': { type: 'string', multiple: true },
  'work-dir': { type: 'string' },
  'keep': { type: 'boolean' },
  'targets': { type: 'string' },
  'until': { type: 'string' },
  'from': { type: 'string' },
  'max-runs': { type: 'string' },
} as const;

const SSM_OPTIONS = { 'port': { type: 'string' }, 'work-dir': { type: 'string' }, 'keep': { type: 'boolean' } } as const;

const HIGHEST_PORT = 65_535;
const MOST_TARGETS = 1000;

/**
 * Reads the command line.
 *
 * @param args Without the program's name
 * @throws UsageError naming the option, the rule and the value received
 */
export function parseCommandLine(args: string[]): CliCommand {
  const [command, ...rest] = args;
  if (command === undefined || command === 'help' || args.some((arg) => HELP_OPTIONS.includes(arg))) {
    return { command: 'help' };
  }
  if (command === '--version') {
    return { command: 'version' };
  }
  if (command === 'run') {
    return parseRun(rest);
  }
  if (command === 'ssm') {
    return parseSsm(rest);
  }
  throw new UsageError(`the command must be 'run' or 'ssm', got '${command}'`);
}

function parseRun(args: string[]): RunCommand | SchedulesCommand {
  const { values, positionals } = usage(() => parseArgs({ args, options: RUN_OPTIONS, allowPositionals: true }));
  if (positionals.length !== 1) {
    throw new UsageError(
      `'run' needs one folder, the output of 'cdk synth', got ${positionals.map((value) => `'${value}'`).join(' ') || 'none'}`,
    );
  }
  const common = {
    cdkOut: positionals[0],
    job: values.job,
    speed: number('speed', values.speed, 1, { least: 1 }),
    authorize: values.authorize ?? false,
    colour: !values['no-color'],
    json: values.json ?? false,
    secrets: Object.fromEntries((values.secret ?? []).map(secret)),
    calendars: Object.fromEntries((values.calendar ?? []).map(calendar)),
    path: (values.path ?? []).map(programs),
    workDir: workDir(values['work-dir']),
    keep: values.keep ?? false,
    targets: number('targets', values.targets, 2, { least: 0, most: MOST_TARGETS, whole: true }),
  };
  const { until } = values;
  if (until === undefined) {
    refuseOptions(values, ['from', 'max-runs'], 'needs --until');
    return {
      ...common,
      command: 'run',
      input: inputOf(values.input, values.param ?? [], values['poll-interval'], values.check),
      html: pageFile(values.html),
      quiet: values.quiet ?? false,
    };
  }
  refuseOptions(values, ['input', 'param', 'poll-interval', 'check', 'html', 'quiet'], 'does not go with --until');
  const period = { from: values.from === undefined ? undefined : time('from', values.from), until: time('until', until) };
  if (period.until.getTime() <= (period.from?.getTime() ?? Date.now())) {
    throw new UsageError(`--until must be later than ${values.from === undefined ? 'now' : '--from'}, got '${until}'`);
  }
  return { ...common, ...period, command: 'schedules', maxRuns: number('max-runs', values['max-runs'], 400, { least: 1, whole: true }) };
}

function refuseOptions(values: { readonly [option: string]: unknown }, options: readonly string[], rule: string): void {
  const given = options.find((option) => values[option] !== undefined);
  if (given !== undefined) {
    throw new UsageError(`--${given} ${rule}`);
  }
}

/** A day begins at midnight UTC. */
function time(option: string, text: string): Date {
  const [, day, clock = 'T00:00', zone = 'Z'] = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d)?)?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  const parsed = new Date(`${day}${clock}${zone}`);
  // The 30th of February would be a day in March.
  if (Number.isNaN(parsed.getTime()) || !new Date(`${day}${clock}Z`).toISOString().startsWith(day)) {
    throw new UsageError(`--${option} must be a time such as 2027-01-01 or 2027-01-01T06:00Z, got '${text}'`);
  }
  return parsed;
}

/** Values of secrets: the environment has them, too. */
export function secretValues(given: { readonly [name: string]: string }): (name: string) => string | undefined {
  return (name) => given[name] ?? process.env[name];
}

function parseSsm(args: string[]): SsmCommand {
  const { values, positionals } = usage(() => parseArgs({ args, options: SSM_OPTIONS, allowPositionals: true }));
  if (positionals.length > 0) {
    throw new UsageError(`'ssm' takes options only, got '${positionals[0]}'`);
  }
  return {
    command: 'ssm',
    port: number('port', values.port, 0, { least: 0, most: HIGHEST_PORT, whole: true }),
    workDir: workDir(values['work-dir']),
    keep: values.keep ?? false,
  };
}

/** Node names the option and what it expects; the rest of its message is about how to escape. */
function usage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const [message] = messageOf(error).split(/\.\s/);
    throw new UsageError(message.charAt(0).toLowerCase() + message.slice(1));
  }
}

function inputOf(text: string | undefined, params: string[], pollInterval: string | undefined, check: boolean = false): { [field: string]: unknown } {
  const input = text === undefined ? {} : readInput(text);
  const given = input.parameters;
  if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given))) {
    throw new UsageError(`--input must have an object in 'parameters', got ${Array.isArray(given) ? 'a list' : typeof given}`);
  }
  const parameters = { ...given, ...Object.fromEntries(params.map(parameter)) };
  return {
    ...input,
    ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
    ...(check ? { check } : {}),
    ...(pollInterval === undefined
      ? {}
      : { pollIntervalSeconds: number('poll-interval', pollInterval, 0, { least: 1, whole: true }) }),
  };
}

function readInput(value: string): { [field: string]: unknown } {
  const inline = value.trimStart().startsWith('{');
  if (!inline && !fs.existsSync(value)) {
    throw new UsageError(`--input must be a file or a JSON object, got ${fileName(value)}`);
  }
  try {
    const input: unknown = JSON.parse(inline ? value : fs.readFileSync(value, 'utf8'));
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) {
      return { ...input };
    }
  } catch (error) {
    // Node.js quotes what it cannot read.
    throw new UsageError(`--input must be JSON: ${messageOf(error).replace(/, (?:\.\.\.)?".*$/s, '')}`);
  }
  throw new UsageError(`--input must be a JSON object, got ${fileName(value)}`);
}

/** What is no name of a file may have the value of a sensitive parameter in it. */
function fileName(value: string): string {
  return /^[\w.,~/\\: -]+$/.test(value) ? `'${value}'` : 'a text';
}

/** A folder of programs. Its name is a part of a PATH. */
function programs(folder: string): string {
  if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory() || folder.includes(path.delimiter)) {
    throw new UsageError(`--path must be a folder that is there, without '${path.delimiter}' in its name, got '${folder}'`);
  }
  return path.resolve(folder);
}

function calendar(text: string): [name: string, content: string] {
  const [, name, file] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined) {
    throw new UsageError(`--calendar must be NAME=FILE, got '${text}'`);
  }
  try {
    return [name, fs.readFileSync(file, 'utf8')];
  } catch {
    throw new UsageError(`--calendar must name a file that can be read, got '${file}'`);
  }
}

function workDir(folder: string | undefined): string | undefined {
  if (folder !== undefined) {
    requireWorkDir(folder);
  }
  return folder;
}

function pageFile(file: string | undefined): string | undefined {
  if (file !== undefined) {
    requirePageFile(file);
  }
  return file;
}

function parameter(text: string): [name: string, value: string] {
  const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) {
    throw new UsageError(`--param must be NAME=VALUE, got ${text.includes('=') ? `'${text.slice(0, text.indexOf('='))}=…'` : 'a text without ='}`);
  }
  return [name, value];
}

/** What is wrong is said without the value. */
function secret(text: string): [name: string, value: string] {
  const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) {
    throw new UsageError('--secret must be NAME=VALUE');
  }
  return [name, value];
}

function number(
  option: string,
  text: string | undefined,
  otherwise: number,
  rule: { least: number; most?: number; whole?: boolean },
): number {
  if (text === undefined) {
    return otherwise;
  }
  const value = Number(text);
  const { least, most = Infinity, whole = false } = rule;
  const isNumber = text.trim() !== '' && Number.isFinite(value) && (!whole || Number.isInteger(value));
  if (isNumber && value >= least && value <= most) {
    return value;
  }
  const range = most === Infinity ? `at least ${least}` : `between ${least} and ${most}`;
  throw new UsageError(`--${option} must be a ${whole ? 'whole ' : ''}number, ${range}, got '${text}'`);
}

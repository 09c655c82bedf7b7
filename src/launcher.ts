import { BETWEEN_BRACES, separate } from './double-braces';
import { delimiter, lastLine } from './here-document';
import { LAUNCHER_INTRODUCTION } from './launcher-introduction';
import { holdLock, KEEP_LAUNCHER_LOCK, LauncherLock } from './launcher-lock';
import {
  ALREADY_RUNNING_EXIT_CODE, ALREADY_STARTED_EXIT_CODE, DocumentParameter, INTERRUPTED_EXIT_CODE, NOT_STARTED_EXIT_CODE, PROGRAM_EXIT_CODE_WORDS,
} from './runtime/protocol';

/**
 * What to start on a server, and how. Strings may contain tokens, but for `jobKey`.
 */
export interface LauncherOptions {
  /** Reaches the shell unchanged. */
  readonly script: string;

  /**
   * The user that the script runs as.
   *
   * @default - the user that the agent runs as
   */
  readonly runAs?: string;

  /**
   * The folder that the script starts in. It is entered as `runAs`.
   *
   * @default - the folder that the agent starts commands in
   */
  readonly workingDirectory?: string;

  /**
   * Environment variables. They reach the script only, never a process of another user.
   *
   * @default - none but those of the agent and of the run
   */
  readonly environment?: { [name: string]: string };

  /** The job's parameters: no other variable is taken from outside. */
  readonly parameterNames: string[];

  /** Whether the script ends at the first command that fails. */
  readonly failFast: boolean;

  /**
   * The shell that reads the script.
   *
   * @default - the shell that the script's first line names (`#!/bin/bash`), otherwise /bin/sh
   */
  readonly shell?: string;

  /** Names the folder of the job's marks and locks on the server, and the script in messages of the shell. */
  readonly jobKey: string;

  /**
   * The job's lock, which keeps its runs from overlapping on a server.
   *
   * @default - runs may overlap
   */
  readonly lock?: LauncherLock;
}

/** For how long a server remembers a run, in days. A command lives two days at most. */
export const MARK_DAYS = 30;

/**
 * The lines of `aws:runShellScript` that start a script, once per run.
 *
 * The agent (amazon-ssm-agent 3.3, executers and runscript) joins the lines with line feeds to a file that only root can read,
 * and runs `sh -c FILE` with nothing on stdin, as the leader of a process group. Whether a command is cancelled or takes too long,
 * it kills that group with SIGKILL: nothing may leave the group, and nothing can be cleaned up at the end.
 *
 * The state folder is /var/lib/cots-batch-job, or what the agent's environment has in `COTS_BATCH_JOB_STATE`.
 *
 * @throws if the script's first line names something that is no shell.
 */
export function shellLauncher(options: LauncherOptions): string[] {
  const program = startProgram(options);
  const end = delimiter('END_OF_PROGRAM', program);
  return [
    ...INTRODUCTION,
    ...(options.runAs === undefined ? [] : changeUser(options.runAs)),
    ...nameRun(options.jobKey),
    ...(options.lock === undefined ? [] : holdLock(options.lock)),
    ...markRun(),
    '',
    `# Everything below runs as the user of the script, up to ${end}.`,
    `{ begun=yes; ${options.runAs === undefined ? 'sh -s' : 'as_user'}${options.lock === undefined ? '' : ` ${KEEP_LAUNCHER_LOCK}`}; } <<'${end}'`,
    ...program,
    end,
    ...END,
  ].flatMap((lines) => lines.split('\n'));
}

/**
 * A shell that cannot fork ends, with exit code 2 or 254, and bash before 5.1 goes on where it has no room for a here-document, with 1.
 * None of these is the script's. Where bash is terminated while the script runs, it runs the trap, too, and has nothing to tell.
 */
const INTRODUCTION = [
  '#!/bin/sh',
  ...LAUNCHER_INTRODUCTION,
  '',
  'stop() {',
  '  trap - EXIT',
  '  echo "cots-batch-job: $2" >&2',
  '  exit "$1"',
  '}',
  '',
  '# Wherever this shell ends by itself, as where it cannot fork, the script was not started.',
  'begun=',
  `trap '[ $? -eq 0 ] && [ -n "$begun" ] || stop ${NOT_STARTED_EXIT_CODE} "not started: the launcher has failed"' EXIT`,
];

/** An exit code of the launcher's with which the program itself ends is told apart by what is said here, after its last word. */
const END = [
  'code=$?',
  '[ -z "$begun" ] || trap - EXIT',
  `case $code in ${[ALREADY_RUNNING_EXIT_CODE, ALREADY_STARTED_EXIT_CODE, INTERRUPTED_EXIT_CODE].join('|')}) echo "${PROGRAM_EXIT_CODE_WORDS} $code" >&2 ;; esac`,
  'exit $code',
];

/**
 * `runuser` and a plain `su` keep session and process group (tried with util-linux 2.38). `su -c` does not: what it starts
 * would outlive the command.
 */
function changeUser(user: string): string[] {
  return [
    '',
    '# Runs the shell commands on stdin as the user, in this process group: it is what the agent kills.',
    'as_user() {',
    `  if [ "$(id -un)" = ${quote(user)} ]; then`,
    '    sh -s',
    '  elif command -v runuser >/dev/null; then',
    `    runuser -u ${quote(user)} -- sh -s`,
    '  else',
    `    su -s /bin/sh ${quote(user)}`,
    '  fi',
    '}',
    `as_user </dev/null || stop ${NOT_STARTED_EXIT_CODE} ${quote(`not started: cannot run as user ${user}`)}`,
  ];
}

/** The shell variables of a run: `run`, empty where an operator sends the document by hand; `job`, the job's folder; `mark`. */
function nameRun(jobKey: string): string[] {
  return [
    '',
    `run='{{ ${DocumentParameter.RUN_ID} }}'`,
    `job=\${COTS_BATCH_JOB_STATE:-/var/lib/cots-batch-job}/${quote(jobKey)}`,
    'mark=$job/runs/$run',
    'refuse_again() {',
    '  # Without its command the mark is still being made, or whoever made it was interrupted.',
    '  [ -s "$mark/command" ] || sleep 5',
    '  if [ ! -s "$mark/command" ] || { [ -n "${SSM_COMMAND_ID-}" ] && [ "$(cat "$mark/command")" = "$SSM_COMMAND_ID" ]; }; then',
    `    stop ${INTERRUPTED_EXIT_CODE} "run $run was interrupted by a restart, and is not started again ($mark)"`,
    '  fi',
    `  stop ${ALREADY_STARTED_EXIT_CODE} "run $run was started before, and is not started again ($mark)"`,
    '}',
  ];
}

/**
 * A folder can be made only once, however many try at the same time.
 *
 * It is on the disk before the script starts, so that a server that loses its power has not forgotten it: ext4, XFS and btrfs write
 * the folders of a new file with it. A run that could not be marked may come again.
 */
function markRun(): string[] {
  return [
    '',
    'write_command() {',
    '  echo "${SSM_COMMAND_ID-}" | dd of="$mark/command" conv=fsync 2>/dev/null && return',
    '  # A dd that knows no fsync, as that of some busyboxes, has not made the file.',
    '  [ ! -e "$mark/command" ] && echo "${SSM_COMMAND_ID-}" >"$mark/command" && sync',
    '}',
    '',
    '# Whoever makes the mark of the run starts it: a command may arrive twice, and the agent takes it up again after a reboot.',
    'if [ -n "$run" ]; then',
    `  error=$(umask 077 && mkdir -p "$job/runs" 2>&1) || stop ${NOT_STARTED_EXIT_CODE} "not started: $error"`,
    '  if error=$(mkdir "$mark" 2>&1); then',
    '    write_command || {',
    '      rm -rf "$mark"',
    `      stop ${NOT_STARTED_EXIT_CODE} "not started: cannot write $mark/command"`,
    '    }',
    '  elif [ ! -d "$mark" ]; then',
    `    stop ${NOT_STARTED_EXIT_CODE} "not started: $error"`,
    '  else',
    '    refuse_again',
    '  fi',
    `  find "$job/runs" -mindepth 1 -maxdepth 1 -mtime +${MARK_DAYS} -exec rm -rf {} +`,
    'fi',
  ];
}

/**
 * The part that runs as the user.
 *
 * Whoever has taken over the job's role can send what the document's pattern lets through, but no variable that would make a shell
 * run code of theirs (BASH_ENV): names are compared before anything else is done with them.
 */
function startProgram(options: LauncherOptions): string[] {
  const { text, tildes } = separate(options.script, BETWEEN_BRACES);
  const lines = text.replace(/\n$/, '').split('\n');
  const last = lastLine(lines);
  const end = delimiter('END_OF_SCRIPT', lines);
  return [
    'not_started() {',
    '  trap - EXIT',
    '  echo "cots-batch-job: not started: $1" >&2',
    `  exit ${NOT_STARTED_EXIT_CODE}`,
    '}',
    'trap \'not_started "the launcher has failed"\' EXIT',
    '',
    '# The variables of this run, byte for byte: in other locales than C two bytes may be one character.',
    `variables='{{ ${DocumentParameter.VARIABLES} }}'`,
    'locale=${LC_ALL-}',
    'LC_ALL=C',
    'IFS=,',
    'set --',
    'for variable in $variables; do',
    '  name=${variable%%=*}',
    `  case ,${options.parameterNames.join(',')}, in *,"$name",*) ;; *) not_started "the job has no parameter $name" ;; esac`,
    '  value=$(printf %s "${variable#*=}" | base64 -d && echo .) || not_started "base64 failed for $name"',
    '  set -- "$@" "$name=${value%.}"',
    'done',
    '',
    'start() {',
    ...readScript(text, tildes, last),
    ...setEnvironment(options),
    ...enterFolder(options.workingDirectory),
    ...replaceByScript(options),
    '}',
    '',
    `start "$@" <<'${end}'`,
    ...lines,
    last,
    end,
  ];
}

/**
 * The last line tells that the script is whole: whatever reads and writes it may be killed halfway, or not start at all. It also
 * keeps the line feeds before it, which `$(…)` would take away. A here-document has one, whether the script ends with one or not.
 */
function readScript(text: string, tildes: string, last: string): string[] {
  const read = tildes === '' ? 'cat' : `LC_ALL=C sed -e ':a' -e 's/\\({\\)${tildes}\\({\\)/\\1\\2/g' -e 'ta'`;
  return [
    `  COTS_BATCH_JOB_SCRIPT=$(${read})`,
    `  case $COTS_BATCH_JOB_SCRIPT in *${quote(last)}) ;; *) not_started 'the script cannot be read' ;; esac`,
    `  COTS_BATCH_JOB_SCRIPT=\${COTS_BATCH_JOB_SCRIPT%${text.endsWith('\n') ? '' : '?'}${quote(last)}}`,
  ];
}

/**
 * The environment is set by the user, and not before: a PATH or LD_LIBRARY_PATH with folders of the user would let the user's
 * files run as root. From here on nothing is called by name.
 */
function setEnvironment({ runAs, environment = {} }: LauncherOptions): string[] {
  return [
    '  LC_ALL=$locale',
    ...(runAs === undefined ? [] : ['  export SHELL=/bin/sh  # as cron has it: that of a service user is often nologin']),
    ...Object.entries(environment).map(([name, value]) => `  export ${name}=${quote(value)}`),
    '  [ $# -eq 0 ] || export "$@"',
  ];
}

function enterFolder(folder: string | undefined): string[] {
  return folder === undefined ? [] : [`  cd -- ${quote(folder)} || not_started ${quote(`cannot enter folder ${folder}`)}`];
}

function replaceByScript(options: LauncherOptions): string[] {
  const [shell, ...words] = interpreter(options);
  const failFast = options.failFast ? ['-e'] : [];
  const command = [quote(shell), ...words.map(quote), ...failFast, '-c', '--', '"$COTS_BATCH_JOB_SCRIPT"', quote(options.jobKey)];
  return [
    `  command -v ${quote(shell)} >/dev/null || not_started ${quote(`there is no ${shell}`)}`,
    `  exec ${command.join(' ')} </dev/null`,
  ];
}

/** The words that start the shell. */
function interpreter({ shell, script }: LauncherOptions): string[] {
  const firstLine = /^#!.*/.exec(script)?.[0];
  if (shell !== undefined || firstLine === undefined) {
    return [shell ?? '/bin/sh'];
  }
  // A last `-` or `--` ends the options, which go on here.
  const words = firstLine.slice(2).trim().replace(/\s--?$/, '').split(/\s+/);
  const name = words[0].endsWith('/env') ? words[1] : words[0];
  if (!/^(.*\/)?(a|ba|da|k|mk|pdk|z)?sh$/.test(name)) {
    throw new Error(`script must be for a shell, and its first line names another interpreter, got ${JSON.stringify(firstLine)}`);
  }
  return words;
}

/** A word of the shell that stands for exactly this text, and has no `{{`. */
function quote(text: string): string {
  return `'${text.replace(/'/g, '\'\\\'\'').replace(/\{(?=\{)/g, '{\'\'')}'`;
}

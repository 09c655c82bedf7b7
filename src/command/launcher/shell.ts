import { Token } from 'aws-cdk-lib';
import { defineCheck, IS_CHECK } from './check';
import { delimiter } from './here-document';
import { interpreterOf } from './interpreter';
import { LAUNCHER_INTRODUCTION } from './introduction';
import { holdLock, KEEP_LAUNCHER_LOCK, LauncherLock } from './lock';
import { defineMarkRun, nameRun, refuseLateStart } from './mark';
import { defineOutputRules, judgeOutput, makeOutputPipes, OUTPUT_PIPES, OutputRules, startWatching, WATCHED_PROGRAM } from './output-rules';
import { defineWriteScript } from './script-file';
import { decodeSecrets, LauncherSecret, makeSecretsPipe, readSecrets } from './secrets';
import { assign, quote } from './shell-word';
import { nameLimit } from './time-limit';
import { defineAsUser, handOver, setUserEnvironment } from './user';
import {
  ALREADY_RUNNING_EXIT_CODE, ALREADY_STARTED_EXIT_CODE, DocumentParameter, INTERRUPTED_EXIT_CODE, NOT_STARTED_EXIT_CODE, OUTPUT_RULE_EXIT_CODE,
  PROGRAM_EXIT_CODE_WORDS,
} from '../../protocol';

/**
 * What to start on an instance, and how. The script, user, folder and values of the environment may be unknown at synth.
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

  /**
   * What the launcher reads for the script.
   *
   * @default - nothing
   */
  readonly secrets?: readonly LauncherSecret[];

  /** Whether the script ends at the first command that fails. What is no shell does not know that. */
  readonly failFast: boolean;

  /**
   * The shell that reads the script.
   *
   * @default - what the script's first line names (`#!/bin/bash`), otherwise /bin/sh
   */
  readonly shell?: string;

  /** Names the folder of the job's marks and locks: letters, digits, `-` and `_`, also in the name of a stack. It needs no encoding. */
  readonly jobKey: string;

  /**
   * The job's lock, which keeps its runs from overlapping on an instance.
   *
   * @default - runs may overlap
   */
  readonly lock?: LauncherLock;

  /**
   * By what the output is judged.
   *
   * @default - it is not looked at
   */
  readonly outputRules?: OutputRules;
}

/**
 * The lines of `aws:runShellScript` that start a script, once per run.
 *
 * The agent (amazon-ssm-agent 3.3, executers and runscript) joins the lines with line feeds to a file that only root can read,
 * and runs `sh -c FILE` with nothing on stdin, as the leader of a process group. Whether a command is cancelled or takes too long,
 * it kills that group with SIGKILL: nothing may leave the group, and nothing can be cleaned up at the end.
 *
 * But for what the job promises, a script cannot tell the launcher from plain Run Command.
 *
 * The state folder is /var/lib/cots-batch-job, or what the agent's environment has in `COTS_BATCH_JOB_STATE`. The files of scripts are
 * in /var/lib/cbj, or next to that folder.
 *
 * @throws if the script's first line names a program that the kernel would not find.
 */
export function shellLauncher(options: LauncherOptions): string[] {
  const { definition, hereDocument } = defineWriteScript(options.script, options.shell);
  const endOfScript = delimiter('END_OF_SCRIPT', hereDocument);
  const program = startProgram(options);
  const endOfProgram = delimiter('END_OF_PROGRAM', program);
  const { secrets = [], outputRules } = options;
  const watched = outputRules === undefined ? { before: '', closed: '', redirections: '' } : WATCHED_PROGRAM;
  const start = `begun=yes; as_user "$file"${options.lock === undefined ? '' : ` ${KEEP_LAUNCHER_LOCK}`}${watched.closed}; } ${watched.redirections}`;
  return [
    ...INTRODUCTION,
    ...defineAsUser(options.runAs),
    ...nameRun(options.jobKey),
    ...refuseLateStart(),
    ...defineCheck(outputRules !== undefined),
    ...(outputRules === undefined ? [] : defineOutputRules(outputRules)),
    ...(options.lock === undefined ? [] : holdLock(options.lock)),
    ...readSecrets(secrets),
    ...definition,
    ...defineMarkRun(),
    '',
    'run_script() {',
    `  file=$(write_script) || stop ${NOT_STARTED_EXIT_CODE} "not started: $file"`,
    '  [ -z "$check" ] || written=${file%/*}',
    ...(outputRules === undefined ? [] : makeOutputPipes()),
    ...(options.runAs === undefined ? [] : handOver(outputRules && OUTPUT_PIPES)),
    ...(secrets.length === 0 ? [] : makeSecretsPipe()),
    '  [ -n "$check" ] || mark_run',
    ...(outputRules === undefined ? [] : startWatching()),
    `  # Everything up to ${endOfProgram} runs as the user of the script.`,
    ...(secrets.length === 0 ? [
      `  { ${watched.before}${start}<<'${endOfProgram}'`,
      ...program,
      endOfProgram,
    ] : [
      `  { echo "secrets='$secrets'" && cat; } >"$pipe" <<'${endOfProgram}' &`,
      ...program,
      endOfProgram,
      `  { rm -f "$pipe"; ${watched.before}${start}<"$pipe"`,
    ]),
    '}',
    '',
    `run_script <<'${endOfScript}'`,
    ...hereDocument,
    endOfScript,
    ...end(options),
  ].flatMap((lines) => lines.split('\n'));
}

/**
 * A shell that cannot fork ends, with exit code 2 or 254, and bash before 5.1 goes on where it has no room for a here-document, with 1.
 * None of these is the script's.
 *
 * A script may send signals to its whole process group (`kill 0`). The launcher outlives them, so that the script's exit code is the
 * command's; the script itself gets them as anywhere, because a trap, unlike a signal that is ignored, is not inherited.
 */
const INTRODUCTION = [
  '#!/bin/sh',
  ...LAUNCHER_INTRODUCTION,
  '',
  '# What a check has written, and takes away again.',
  'written=',
  'stop() {',
  '  trap - EXIT',
  '  [ -z "$written" ] || rm -rf "$written"',
  '  echo "cots-batch-job: $2" >&2',
  '  exit "$1"',
  '}',
  '',
  '# Wherever this shell ends by itself, as where it cannot fork, the script was not started.',
  'begun=',
  `trap '[ $? -eq 0 ] && [ -n "$begun" ] || stop ${NOT_STARTED_EXIT_CODE} "not started: the launcher has failed"' EXIT`,
  '# Signals to the process group are for the script.',
  'trap : HUP INT QUIT USR1 USR2 PIPE ALRM TERM XCPU XFSZ VTALRM PROF',
];

/** An exit code of the launcher's with which the program itself ends is told apart by what is said here, after its last word. */
function end({ outputRules, lock }: LauncherOptions): string[] {
  const codes = [...outputRules ? [OUTPUT_RULE_EXIT_CODE] : [], ALREADY_RUNNING_EXIT_CODE, ALREADY_STARTED_EXIT_CODE, INTERRUPTED_EXIT_CODE];
  return [
    'code=$?',
    '[ -z "$check" ] || end_check $code',
    ...outputRules ? judgeOutput(outputRules) : [],
    '[ -z "$begun" ] || trap - EXIT',
    ...lock?.programSeconds === undefined ? [] : nameLimit(lock.programSeconds),
    `case $code in ${codes.join('|')}) echo "${PROGRAM_EXIT_CODE_WORDS} $code" >&2 ;; esac`,
    'exit $code',
  ];
}

/**
 * The part that runs as the user, with the name of the script's file.
 *
 * Whoever has taken over the job's role can send what the document's pattern lets through, but no variable that would make a shell
 * run code of theirs (BASH_ENV): names are compared before anything else is done with them.
 */
function startProgram(options: LauncherOptions): string[] {
  return [
    'not_started() {',
    '  trap - EXIT',
    '  echo "cots-batch-job: not started: $1" >&2',
    `  exit ${NOT_STARTED_EXIT_CODE}`,
    '}',
    'trap \'not_started "the launcher has failed"\' EXIT',
    `variables='{{ ${DocumentParameter.VARIABLES} }}'`,
    '',
    '# As a function: what reaches this shell only in part does not start anything.',
    'start() {',
    '  COTS_BATCH_JOB_SCRIPT=$1',
    ...(options.runAs === undefined ? [] : setUserEnvironment(options.runAs)),
    '  # The variables of this run, byte for byte: in other locales than C two bytes may be one character.',
    '  locale=${LC_ALL-}',
    '  LC_ALL=C',
    '  IFS=,',
    '  set --',
    '  for variable in $variables; do',
    '    name=${variable%%=*}',
    `    case ,${options.parameterNames.join(',')}, in *,"$name",*) ;; *) not_started "the job has no parameter $name" ;; esac`,
    '    value=$(printf %s "${variable#*=}" | base64 -d && echo .) || not_started "base64 failed for $name"',
    '    set -- "$@" "$name=${value%.}"',
    '  done',
    // The document may be newer than the definition of a run, which knows nothing of a new parameter.
    ...options.parameterNames.length === 0 ? [] : [
      `  how=; [ -n '{{ ${DocumentParameter.RUN_ID} }}' ] || how=', Variables takes NAME=base64 of the value, separated by commas'`,
      `  for name in ${options.parameterNames.join(' ')}; do`,
      '    case ,$variables in *,"$name"=*) ;; *) not_started "the run has no value for parameter $name$how" ;; esac',
      '  done',
    ],
    ...(options.secrets?.length ? decodeSecrets() : []),
    ...decodeEnvironment(options),
    ...decodeFolder(options.workingDirectory),
    ...checkProgram(options),
    '  LC_ALL=$locale',
    ...setEnvironment(options),
    ...enterFolder(options.workingDirectory),
    ...replaceByScript(options),
    '}',
    'start "$1"',
  ];
}

/**
 * The environment is set by the user, and not before: a PATH or LD_LIBRARY_PATH with folders of the user would let the user's
 * files run as root. From here on nothing is called by name.
 */
function setEnvironment({ environment = {} }: LauncherOptions): string[] {
  return [
    ...Object.entries(environment).filter(([, value]) => !Token.isUnresolved(value)).map(([name, value]) => `  export ${name}=${quote(value)}`),
    '  [ $# -eq 0 ] || export "$@"',
  ];
}

/** What only a deployment knows is set with the values of the run. */
function decodeEnvironment({ environment = {} }: LauncherOptions): string[] {
  return Object.entries(environment).filter(([, value]) => Token.isUnresolved(value)).flatMap(([name, value]) => [
    ...assign('value', value, `not_started "environment ${name} cannot be decoded"`),
    `set -- "$@" "${name}=$value"`,
  ].map((line) => `  ${line}`));
}

/** The name of the variable is one that no environment has. What is known at synth has been checked there, by the same rule. */
function decodeFolder(folder: string | undefined): string[] {
  return folder === undefined ? [] : [
    ...assign(FOLDER, folder, 'not_started "workingDirectory cannot be decoded"'),
    ...!Token.isUnresolved(folder) ? [] : [
      `[ "/$(printf %s "\${${FOLDER}#/}" | tr -d '\\n\\r' && echo .)" = "$${FOLDER}." ] ||`,
      `  not_started "workingDirectory must be an absolute path, got $(printf %.60s "$${FOLDER}" | tr -c ' -~' '?')"`,
    ],
  ].map((line) => `  ${line}`);
}

const FOLDER = 'COTS_BATCH_JOB_FOLDER';

function enterFolder(folder: string | undefined): string[] {
  return folder === undefined ? [] : [`  cd -- "$${FOLDER}" || not_started "cannot enter folder $${FOLDER}"`];
}

/**
 * A shell reads a program that the kernel cannot start as a script of its own: it would end well, and have done nothing. Read byte by byte,
 * by the shell: no program is called by name. In the C locale, where every byte is a character.
 */
function checkProgram({ script, shell }: LauncherOptions): string[] {
  const [program] = interpreterOf(script, shell).words;
  return [
    `  if [ -f ${quote(program)} ] && [ -r ${quote(program)} ]; then`,
    `    IFS= read -r magic <${quote(program)}`,
    `    case $magic in '#!'* | ?ELF*) ;; *) not_started ${quote(`cannot execute ${program}`)} ;; esac`,
    '  fi',
  ];
}

/** Where `exec` fails, dash and busybox end with the trap; bash goes on, if it is told to. */
function replaceByScript({ script, shell, failFast }: LauncherOptions): string[] {
  const { program, words, failFastWords = words } = interpreterOf(script, shell);
  const failed = `not_started ${quote(`cannot execute ${program}`)}`;
  return [
    `  command -v ${quote(program)} >/dev/null || not_started ${quote(`there is no ${program}`)}`,
    '  [ -r "$COTS_BATCH_JOB_SCRIPT" ] || not_started "cannot read $COTS_BATCH_JOB_SCRIPT"',
    `  ! ${IS_CHECK} || { trap - EXIT; exit 0; }`,
    '  ! command -v shopt >/dev/null || shopt -s execfail',
    `  trap ${quote(failed)} EXIT`,
    `  exec ${(failFast ? failFastWords : words).map(quote).join(' ')} "$COTS_BATCH_JOB_SCRIPT" </dev/null`,
    `  ${failed}`,
  ];
}

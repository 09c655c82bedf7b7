import { Token } from 'aws-cdk-lib';
import { assign, quote } from './shell-word';
import { NOT_STARTED_EXIT_CODE } from '../../protocol';

/** What a shell runs to run the commands on its stdin, all of them or none; it fails unless they end it. */
const RUN_STDIN = `trap 'echo "cots-batch-job: not started: the launcher has failed" >&2; exit ${NOT_STARTED_EXIT_CODE}' EXIT; eval "$(cat)"`;

/**
 * Lines of the shell launcher that define `as_user`, which runs the shell commands on stdin, with one argument.
 *
 * All stays in the process group of the agent, which it kills. `setpriv` (util-linux 2.24 and newer) leaves no process behind. Where there
 * is none that can do it, `runuser` or `su` stand between: their command line names the user, for `pgrep -f` to find, and once they are
 * terminated they kill the program after two seconds. (`su -c USER` would take the program out of the process group: it would outlive
 * the command. Here the shell gets the option.)
 *
 * @param user none for the user that the agent runs as
 */
export function defineAsUser(user: string | undefined): string[] {
  const run = ['', '# Runs the shell commands on stdin, all of them or none.', `run_stdin=${quote(RUN_STDIN)}`];
  return user === undefined ? [...run, 'as_user() { sh -c "$run_stdin" sh "$1"; }'] : [
    ...run,
    '# They run as the user, in this process group: it is what the agent kills.',
    ...nameUser(user),
    'uid=$(id -u "$user" 2>/dev/null)',
    'gid=$(id -g "$user" 2>/dev/null)',
    'change() { "$1" --reuid="$uid" --regid="$gid" --init-groups sh -c "$2" sh "$3"; }',
    '# The first setpriv that can do it: that of busybox cannot.',
    'setpriv=',
    'for candidate in setpriv /usr/bin/setpriv; do',
    '  [ -z "$gid" ] || [ -n "$setpriv" ] || ! change "$candidate" : 2>/dev/null || setpriv=$candidate',
    'done',
    'as_user() {',
    '  if [ "$(id -un)" = "$user" ]; then',
    '    sh -c "$run_stdin" sh "$1"',
    '  elif [ -n "$setpriv" ]; then',
    '    change "$setpriv" "$run_stdin" "$1"',
    '  elif command -v runuser >/dev/null; then',
    '    runuser -u "$user" -- sh -c "$run_stdin" sh "$1"',
    '  else',
    '    su -s /bin/sh -- "$user" -c "$run_stdin" sh "$1"',
    '  fi',
    '}',
    `echo 'trap - EXIT' | as_user || stop ${NOT_STARTED_EXIT_CODE} "not started: cannot run as user $user"`,
  ];
}

/** What is known at synth has been checked there, by the same rule. */
function nameUser(user: string): string[] {
  return [...assign('user', user, `stop ${NOT_STARTED_EXIT_CODE} "not started: runAs cannot be decoded"`), ...!Token.isUnresolved(user) ? [] : [
    'is_name() (',
    '  LC_ALL=C',
    '  case ${1%"$"} in "" | [!A-Za-z_]* | *[!A-Za-z0-9._@\\\\-]*) exit 1 ;; esac',
    '  [ ${#1} -le 257 ]',
    ')',
    'is_name "$user" ||',
    `  stop ${NOT_STARTED_EXIT_CODE} "not started: runAs must be the name of a user, got $(printf %.60s "$user" | LC_ALL=C tr -c ' -~' '?')"`,
  ]];
}

/**
 * Lines that hand over to the user what is the agent's: the file of the script, and the pipes of its output, which only their owner can
 * open anew, as `echo >/dev/stderr` does. What cannot be handed over, or need not be, stays as it is.
 *
 * A pipe is checked and handed over as stdin, which each of the processes has from the one before: a name outside of them, as
 * `/proc/$$/fd/1`, may mean another file by then, and every shell keeps stdin open for what it calls. Nothing but a pipe changes hands: a
 * device, a file or a socket is not of this command alone.
 *
 * @param pipes words of the shell: what the script has instead of the agent's
 */
export function handOver(pipes?: string): string[] {
  const changeOwner = '[ ! -p /proc/self/fd/0 ] || chown "$uid" /proc/self/fd/0';
  return [
    '  error=$(chown "$uid" "$file" 2>&1) && chmod 711 "${file%/*}"',
    ...pipes === undefined ? [
      `  (${changeOwner}) 2>/dev/null <&1`,
      `  (${changeOwner}) <&2 2>/dev/null`,
    ] : [`  chown "$uid" ${pipes} 2>/dev/null`],
  ];
}

/** Lines, run as the user, that set what a login of the user would have in its environment. */
export function setUserEnvironment(user: string): string[] {
  return [
    '  # What a login of the user would have.',
    ...assign('user', user, 'not_started "runAs cannot be decoded"').map((line) => `  ${line}`),
    '  entry=$(getent passwd "$user" 2>/dev/null) || while IFS= read -r line; do',
    '    case $line in "$user":*) entry=$line ;; esac',
    '  done </etc/passwd',
    '  if [ -n "$entry" ]; then',
    '    SHELL=${entry##*:}',
    '    entry=${entry%:*}',
    '    # That of a service user often refuses whoever starts it.',
    '    case $SHELL in "" | */nologin | */false) SHELL=/bin/sh ;; esac',
    '    export USER="$user" LOGNAME="$user" HOME="${entry##*:}" SHELL',
    '  fi',
  ];
}

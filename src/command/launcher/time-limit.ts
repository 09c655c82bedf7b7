/**
 * The limit of the program alone, for a launcher that waits before it starts it.
 *
 * The agent has one limit, which counts from when the launcher was started. It stays the net below this one: by then, the agent kills whatever
 * is left, and reports the same.
 */

/** Lines that define a clock that nobody can set: seconds since the instance was booted. */
export function defineUpSeconds(): string[] {
  return [
    '',
    'up_seconds() { read -r up _ </proc/uptime; echo "${up%.*}"; }',
  ];
}

/**
 * Lines that start the watch over the limit. It begins with the lock, as the time that others reckon with.
 *
 * It kills what the agent would kill, the process group, but for this shell and for the one that may have started it. This shell then ends with
 * the exit code of a program that was killed, 137, which the agent reports as a time-out. Were the group killed as a whole, the agent would see
 * a signal that it has not sent, and report a failure.
 *
 * The watch has none of the launcher's files open, so that it keeps neither lock nor output; and whatever becomes of the launcher, it ends
 * within a second, without being told. Signals to the process group are for the script. What a shell does by itself costs no process: an instance
 * has thousands of them in /proc.
 */
export function limitProgram(seconds: number): string[] {
  return [
    '',
    `deadline=$(($(up_seconds) + ${seconds} + 1))`,
    'is_over() { read -r up _ </proc/uptime && [ "${up%.*}" -ge $deadline ]; }',
    '# Sets the state and the group of a process. Its name may have line feeds, blanks and parentheses.',
    'read_stat() {',
    '  stat=',
    '  while IFS= read -r line; do stat=$stat$line; done <"/proc/$1/stat"',
    '  set -- ${stat##*) }',
    '  state=${1-} group=${3-}',
    '}',
    '# Waits for the limit, and kills the process group but for the launcher; or ends with the launcher.',
    'watch_limit() {',
    '  trap "" HUP INT QUIT USR1 USR2 PIPE ALRM TERM XCPU XFSZ VTALRM PROF',
    '  trap - EXIT',
    '  until is_over; do',
    '    sleep 1',
    '    kill -0 $$ || return 0',
    '  done',
    '  read -r own _ </proc/self/stat',
    '  read_stat "$own"',
    '  doomed=$group',
    '  while :; do',
    '    others=',
    '    for pid in /proc/[0-9]*; do',
    '      pid=${pid#/proc/}',
    '      case " $own $$ $PPID " in *" $pid "*) continue ;; esac',
    '      read_stat "$pid"',
    '      [ "$group" != "$doomed" ] || [ "$state" = Z ] || others="$others $pid"',
    '    done',
    '    [ -n "$others" ] || return 0',
    '    kill -KILL $others',
    '    sleep 1',
    '  done',
    '}',
    'case $check in "") watch_limit </dev/null >/dev/null 2>&1 6<&- 7<&- & ;; esac',
  ];
}

/** Lines that say why a program was killed, with `code`, its exit code. */
export function nameLimit(seconds: number): string[] {
  return [`[ $code -ne 137 ] || ! is_over || echo "cots-batch-job: stopped: the program ran for ${seconds} seconds, its executionTimeout" >&2`];
}

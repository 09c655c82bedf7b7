import { ALREADY_RUNNING_EXIT_CODE, DocumentParameter, NOT_STARTED_EXIT_CODE } from './runtime/protocol';

/**
 * The lock that keeps the runs of a job from overlapping on a server.
 */
export interface LauncherLock {
  /** How long a run waits for the lock, in seconds. With 0 it takes it at once or not at all. */
  readonly waitSeconds: number;
}

/**
 * The program and all its descendants have the lock open under this number. A daemon that is to outlive its run without holding the
 * job up is started with this descriptor closed: `daemon 7<&-`.
 */
const PROGRAM_LOCK = 7;
const LAUNCHER_LOCK = 6;

/** Redirection of the program: the launcher's own lock is not handed on. */
export const KEEP_LAUNCHER_LOCK = `${LAUNCHER_LOCK}<&-`;

/** How long a run waits for what is left of a run that was killed, in seconds: its processes die at once, but not in the same instant. */
export const DYING_SECONDS = 5;

/** How long after its execution timeout a run may still be about to end, in seconds. */
export const OVERDUE_SECONDS = 300;

/**
 * Lines of the shell launcher that take the job's lock, before the run is marked: a run that was refused for another one has not
 * been started, and may come again.
 *
 * The lock is the kernel's (`flock`): it belongs to open files, so that it is free as soon as the last process that has them is
 * gone, however it ended. There are two, because whoever inherits an open file can unlock it, too: the program's, which holds as
 * long as one of its processes lives, and the launcher's, which the program has no access to. They are open for reading only, and
 * stand in a folder of the agent's user.
 *
 * A run gives way to another one that is running. It does not give way to what another one has left behind: that may hold the lock for
 * ever, and night after night nothing would run. It is left behind where its launcher is gone, or where the run should have ended long ago.
 *
 * `flock -w` is not known to busybox, hence the loop. Where the lock is taken, `flock -n` says nothing; any other failure it tells.
 */
export function holdLock({ waitSeconds }: LauncherLock): string[] {
  return [
    '',
    '# A run that was started before is no other run, even if what is left of it still holds the lock.',
    'if [ -n "$run" ] && [ -d "$mark" ]; then',
    '  refuse_again',
    'fi',
    '',
    '# Sets `holders` to who holds the lock: no more than three, and only those that this user can see.',
    'name_holders() {',
    '  holders=',
    '  count=0',
    '  for fd in /proc/[0-9]*/fd/*; do',
    '    pid=${fd#/proc/}',
    '    pid=${pid%%/*}',
    '    [ "$fd" -ef "$job/program.lock" ] && [ "$pid" != "$$" ] || continue',
    '    case $holders in *" $pid "*) continue ;; esac',
    '    count=$((count + 1))',
    '    [ $count -le 3 ] || { holders="$holders, and others"; break; }',
    '    holders="${holders:+$holders, }process $pid ($(tr -cd "[:alnum:] ._:/+@-" <"/proc/$pid/comm")), since $(started_at "$pid")"',
    '  done 2>/dev/null',
    '}',
    '# The time of a process in its stat counts from when the server was booted, in hundredths of a second.',
    'started_at() {',
    '  stat=$(cat "/proc/$1/stat")',
    '  read -r up _ </proc/uptime',
    '  set -- ${stat##*) }',
    '  shift 19',
    '  time_of $(($(date +%s) - ${up%.*} + $1 / 100))',
    '}',
    '',
    '# One run at a time. The program and all its descendants keep the second lock open: it is free when the last of them is gone.',
    `command -v flock >/dev/null || stop ${NOT_STARTED_EXIT_CODE} "not started: there is no flock, which the job's overlapPolicy needs"`,
    'error=$({ umask 077 && mkdir -p "$job" && : >>"$job/launcher.lock" && : >>"$job/program.lock"; } 2>&1) ||',
    `  stop ${NOT_STARTED_EXIT_CODE} "not started: $error"`,
    `exec ${LAUNCHER_LOCK}<"$job/launcher.lock" ${PROGRAM_LOCK}<"$job/program.lock"`,
    'waited=0',
    `until error=$(flock -n ${LAUNCHER_LOCK} 2>&1 && flock -n ${PROGRAM_LOCK} 2>&1); do`,
    `  [ -z "$error" ] || stop ${NOT_STARTED_EXIT_CODE} "not started: $error"`,
    '  since= limit= other=',
    '  [ ! -r "$job/program.run" ] || read -r since limit other <"$job/program.run" || :',
    `  if flock -n ${LAUNCHER_LOCK}; then`,
    '    left="what another run has left behind"',
    `    patience=${Math.max(waitSeconds, DYING_SECONDS)}`,
    `  elif [ -n "$limit" ] && [ "$(date +%s)" -gt $((since + limit + ${OVERDUE_SECONDS})) ]; then`,
    '    left="a run that should have ended long ago"',
    `    patience=${waitSeconds}`,
    '  else',
    '    left=',
    `    patience=${waitSeconds}`,
    '  fi',
    '  if [ $waited -ge $patience ]; then',
    `    [ -n "$left" ] || stop ${ALREADY_RUNNING_EXIT_CODE} "not started: another run of the job is still running (it holds $job/program.lock)"`,
    '    [ -z "$limit" ] || left="$left: run $other of $(time_of "$since")"',
    '    name_holders',
    `    stop ${NOT_STARTED_EXIT_CODE} "not started: the job's lock ($job/program.lock) is held by $left: \${holders:-a process of another user}"`,
    '  fi',
    '  sleep 1',
    '  waited=$((waited + 1))',
    'done',
    `error=$({ umask 077 && echo "$(date +%s) {{ ${DocumentParameter.EXECUTION_TIMEOUT} }} \${run:-by hand}" >"$job/program.run"; } 2>&1) ||`,
    `  stop ${NOT_STARTED_EXIT_CODE} "not started: cannot write $job/program.run"`,
  ];
}

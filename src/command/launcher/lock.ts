import { defineUpSeconds, limitProgram } from './time-limit';
import { ALREADY_RUNNING_EXIT_CODE, DocumentParameter, NOT_STARTED_EXIT_CODE } from '../../protocol';

/**
 * The lock that keeps the runs of a job from overlapping on an instance.
 */
export interface LauncherLock {
  /** How long a run waits for the lock, in seconds. With 0 it takes it at once or not at all. Not asked where there is `programSeconds`. */
  readonly waitSeconds: number;

  /**
   * How long the program may run, in seconds, where a run waits for the others: as long as the agent's limit leaves it that.
   *
   * @default - the agent's limit is the program's, and waiting counts towards it
   */
  readonly programSeconds?: number;
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
 * Many may come at the same time, also while something is left behind: each of them must learn what there is, and not of the others.
 *
 * `flock -w` is not known to busybox, hence the loop. Where the lock is taken, `flock -n` says nothing; any other failure it tells.
 */
export function holdLock({ waitSeconds, programSeconds }: LauncherLock): string[] {
  return [
    ...programSeconds === undefined ? [] : defineUpSeconds(),
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
    '  lock=$(cd "$job" && pwd -P)/program.lock',
    '  # Links are read and not followed: the file system behind one may not answer, which may be what the process waits for.',
    '  # Who has the first lock open, too, only asks for the second one, where no run is left that has both.',
    '  for pid in $(ls -l /proc/[0-9]*/fd 2>/dev/null | {',
    '    pid= open= asks=',
    '    name_holder() { [ -z "$open" ] || [ -n "$asks" ] || echo "$pid"; }',
    '    while IFS= read -r line; do',
    '      case $line in',
    '        /proc/*/fd:) name_holder; pid=${line#/proc/} pid=${pid%/fd:} open= asks= ;;',
    '        *" -> $lock") open=1 ;;',
    '        *" -> ${lock%program.lock}launcher.lock") [ $held = launcher ] || asks=1 ;;',
    '      esac',
    '    done',
    '    name_holder',
    '  }); do',
    '    case $holders in *" $pid "*) continue ;; esac',
    '    [ -r "/proc/$pid/comm" ] || continue',
    '    count=$((count + 1))',
    '    [ $count -le 3 ] || { holders="$holders, and others"; break; }',
    '    holders="${holders:+$holders, }process $pid ($(tr -cd "[:alnum:] ._:/+@-" <"/proc/$pid/comm")), since $(started_at "$pid")"',
    '  done 2>/dev/null',
    '}',
    '# The time of a process in its stat counts from when the instance was booted, in hundredths of a second.',
    'started_at() {',
    '  stat=$(cat "/proc/$1/stat")',
    '  read -r up _ </proc/uptime',
    '  set -- ${stat##*) }',
    '  shift 19',
    '  time_of $(($(date +%s) - ${up%.*} + $1 / 100))',
    '}',
    '',
    '# One run at a time. The program and all its descendants keep the second lock open: it is free when the last of them is gone.',
    '# A check only asks.',
    `command -v flock >/dev/null || stop ${NOT_STARTED_EXIT_CODE} "not started: there is no flock, which the job's overlapPolicy needs"`,
    '[ -n "$check" ] || error=$({ umask 077 && mkdir -p "$job" && : >>"$job/launcher.lock" && : >>"$job/program.lock"; } 2>&1) ||',
    `  stop ${NOT_STARTED_EXIT_CODE} "not started: $error"`,
    '# Whoever only asks has the first lock shared, and closes both: nobody takes it for a run, or for a holder.',
    'take_lock() {',
    `  exec ${LAUNCHER_LOCK}<"$job/launcher.lock" ${PROGRAM_LOCK}<"$job/program.lock"`,
    '  held=launcher',
    `  error=$(flock -sn ${LAUNCHER_LOCK} 2>&1) || return`,
    '  held=program',
    `  error=$(flock -n ${PROGRAM_LOCK} 2>&1) || return`,
    '  # Others have it shared for an instant.',
    `  [ -n "$check" ] || error=$(flock ${LAUNCHER_LOCK} 2>&1)`,
    '}',
    ...programSeconds === undefined ? ['waited=0'] : [
      '# What the limit of the command has beyond that of the program.',
      `patient=$(({{ ${DocumentParameter.EXECUTION_TIMEOUT} }} - ${programSeconds}))`,
      'came=$(up_seconds) found=',
    ],
    'until { [ -n "$check" ] && [ ! -r "$job/program.lock" ]; } || take_lock; do',
    `  exec ${LAUNCHER_LOCK}<&- ${PROGRAM_LOCK}<&-`,
    `  [ -z "$error" ] || stop ${NOT_STARTED_EXIT_CODE} "not started: $error"`,
    // The same run may have been sent twice, and have waited twice.
    ...programSeconds === undefined ? [] : ['  [ -z "$run" ] || [ ! -d "$mark" ] || refuse_again'],
    '  since= limit= other=',
    '  [ ! -r "$job/program.run" ] || read -r since limit other <"$job/program.run" || :',
    `  patience=${Math.max(waitSeconds, DYING_SECONDS)}`,
    '  if [ $held = program ]; then',
    '    left="what another run has left behind"',
    `  elif [ -n "$limit" ] && [ "$(date +%s)" -gt $((since + limit + ${OVERDUE_SECONDS})) ]; then`,
    '    # Or one that has only just begun: the record is the one before, until it has written its own.',
    '    left="a run that should have ended long ago"',
    '  else',
    '    left=',
    `    patience=${programSeconds === undefined ? waitSeconds : '$patient'}`,
    '  fi',
    '  # A run that is running may have ended by the time that is checked for.',
    '  [ -z "$check" ] || [ -n "$left" ] || break',
    ...programSeconds === undefined ? [] : [
      '  # What is left behind has its few seconds from when it was found, however long the run has waited before.',
      '  waited=$(($(up_seconds) - came))',
      '  [ -n "$left" ] || found=',
      '  [ -z "$left" ] || waited=$((waited - ${found:=$waited}))',
    ],
    '  if [ $waited -ge $patience ]; then',
    `    [ -n "$left" ] || stop ${ALREADY_RUNNING_EXIT_CODE} "not started: another run of the job is still running${programSeconds === undefined ? '' : ' after $waited seconds'} (it holds $job/program.lock)"`,
    '    [ -z "$limit" ] || left="$left: run $other of $(time_of "$since")"',
    '    name_holders',
    `    stop ${NOT_STARTED_EXIT_CODE} "not started: the job's lock ($job/program.lock) is held by $left: \${holders:-a process of another user}"`,
    '  fi',
    '  sleep 1',
    ...programSeconds === undefined ? ['  waited=$((waited + 1))'] : [],
    'done',
    `[ -z "$check" ] || exec ${LAUNCHER_LOCK}<&- ${PROGRAM_LOCK}<&-`,
    `[ -n "$check" ] || error=$({ umask 077 && echo "$(date +%s) ${programSeconds ?? `{{ ${DocumentParameter.EXECUTION_TIMEOUT} }}`} \${run:-by hand}" >"$job/program.run"; } 2>&1) ||`,
    `  stop ${NOT_STARTED_EXIT_CODE} "not started: cannot write $job/program.run"`,
    ...programSeconds === undefined ? [] : limitProgram(programSeconds),
  ];
}

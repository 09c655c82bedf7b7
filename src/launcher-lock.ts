import { ALREADY_RUNNING_EXIT_CODE, NOT_STARTED_EXIT_CODE } from './runtime/protocol';

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

/**
 * Lines of the shell launcher that take the job's lock, before the run is marked: a run that was refused for another one has not
 * been started, and may come again.
 *
 * The lock is the kernel's (`flock`): it belongs to open files, so that it is free as soon as the last process that has them is
 * gone, however it ended. There are two, because whoever inherits an open file can unlock it, too: the program's, which holds as
 * long as one of its processes lives, and the launcher's, which the program has no access to. They are open for reading only, and
 * stand in a folder of the agent's user.
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
    '# One run at a time. The program and all its descendants keep the second lock open: it is free when the last of them is gone.',
    `command -v flock >/dev/null || stop ${NOT_STARTED_EXIT_CODE} "not started: there is no flock, which the job's overlapPolicy needs"`,
    'error=$({ umask 077 && mkdir -p "$job" && : >>"$job/launcher.lock" && : >>"$job/program.lock"; } 2>&1) ||',
    `  stop ${NOT_STARTED_EXIT_CODE} "not started: $error"`,
    `exec ${LAUNCHER_LOCK}<"$job/launcher.lock" ${PROGRAM_LOCK}<"$job/program.lock"`,
    ...waitSeconds === 0 ? [] : ['waited=0'],
    `until error=$(flock -n ${LAUNCHER_LOCK} 2>&1 && flock -n ${PROGRAM_LOCK} 2>&1); do`,
    `  [ -z "$error" ] || stop ${NOT_STARTED_EXIT_CODE} "not started: $error"`,
    ...waitSeconds === 0
      ? [`  ${REFUSE}`]
      : [`  [ $waited -lt ${waitSeconds} ] || ${REFUSE}`, '  sleep 1', '  waited=$((waited + 1))'],
    'done',
  ];
}

const REFUSE = `stop ${ALREADY_RUNNING_EXIT_CODE} "not started: another run of the job is still running (it holds $job/program.lock)"`;

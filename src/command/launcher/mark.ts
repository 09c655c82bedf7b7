import { ALREADY_STARTED_EXIT_CODE, DocumentParameter, INTERRUPTED_EXIT_CODE, NOT_STARTED_EXIT_CODE } from '../../protocol';

/** For how long an instance remembers a run, in days. A command lives two days at most. */
export const MARK_DAYS = 30;

/** The shell variables of a run: `run`, empty where an operator sends the document by hand; `job`, the job's folder; `mark`. */
export function nameRun(jobKey: string): string[] {
  return [
    '',
    `run='{{ ${DocumentParameter.RUN_ID} }}'`,
    `job=\${COTS_BATCH_JOB_STATE:-/var/lib/cots-batch-job}/'${jobKey}'`,
    'mark=$job/runs/$run',
    `case $run in .* | *[!A-Za-z0-9._-]*) stop ${NOT_STARTED_EXIT_CODE} "not started: RunId must have letters, digits, ., _ and - only" ;; esac`,
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
 * Nothing is marked or locked by then. A run that has a mark was started in time: it is refused as what it is.
 *
 * An agent runs five documents at once; others wait on the instance without limit, also one that was cancelled meanwhile: it would start
 * hours after its run was reported as over.
 */
export function refuseLateStart(): string[] {
  return [
    '',
    'time_of() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }',
    `before='{{ ${DocumentParameter.START_BEFORE} }}'`,
    'case $before in',
    '  "" | *[!0-9]*) ;;',
    '  *)',
    '    [ -z "$run" ] || [ ! -d "$mark" ] || refuse_again',
    `    [ "$(date +%s)" -lt "$before" ] || stop ${NOT_STARTED_EXIT_CODE} "not started: too late: it had to begin before $(time_of "$before"), and on this instance it is $(time_of "$(date +%s)")" ;;`,
    'esac',
  ];
}

/**
 * A folder can be made only once, however many try at the same time.
 *
 * It is on the disk before the script starts, so that an instance that loses its power has not forgotten it: ext4, XFS and btrfs write
 * the folders of a new file with it. A run that could not be marked may come again.
 */
export function defineMarkRun(): string[] {
  return [
    '',
    'write_command() {',
    '  echo "${SSM_COMMAND_ID-}" | dd of="$mark/command" conv=fsync 2>/dev/null && return',
    '  # A dd that knows no fsync, as that of some busyboxes, has not made the file.',
    '  [ ! -e "$mark/command" ] && echo "${SSM_COMMAND_ID-}" >"$mark/command" && sync',
    '}',
    '',
    '# Whoever makes the mark of the run starts it: a command may arrive twice, and the agent takes it up again after a reboot.',
    'mark_run() {',
    '  [ -n "$run" ] || return 0',
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
    '}',
  ];
}

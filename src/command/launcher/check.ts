import { DocumentParameter, NOT_STARTED_EXIT_CODE } from '../../protocol';

/** What must fit into each folder that a run writes to: its mark, its script, and the first lines of its output. */
export const CHECKED_KIBIBYTES = 1024;

/** What a check says on stdout where a run would start. */
export const CHECKED_WORDS = 'cots-batch-job: checked: a run would start here. The program was not started';

/** A condition of the shell, also where another user runs it: whether this is a check. */
export const IS_CHECK = `[ -n '{{ ${DocumentParameter.CHECK} }}' ]`;

/**
 * Lines of the shell launcher that set `check`, see whether there is room where a run writes, and define how a check ends. The agent keeps the
 * output where it keeps the launcher. A file is written for real: the numbers of `df` know of no quota.
 *
 * A check goes the way of a run, so that it cannot pass where a run would fail, but for three things: it makes no mark, it holds no lock, and
 * it ends where the program would begin. What it writes it takes away again.
 *
 * @param isWatched whether the output goes through pipes of the launcher, which are read to their end first
 */
export function defineCheck(isWatched: boolean): string[] {
  return [
    '',
    `check='{{ ${DocumentParameter.CHECK} }}'`,
    '# In the folder, or the first one above it that there is. A name with a dot is no mark of a run.',
    'check_room() {',
    '  place=$1',
    '  until [ -e "${place:-/}" ] || [ -h "$place" ] || [ "$place" = "${place%/*}" ]; do place=${place%/*}; done',
    '  written=$place/.check.$$',
    `  error=$(umask 077 && mkdir "$written" 2>&1) || { written=; stop ${NOT_STARTED_EXIT_CODE} "not started: $error"; }`,
    `  dd if=/dev/zero of="$written/file" bs=1024 count=${CHECKED_KIBIBYTES} 2>/dev/null ||`,
    `    stop ${NOT_STARTED_EXIT_CODE} "not started: there is no room for $2 in \${place:-/}: a file of ${CHECKED_KIBIBYTES} KiB cannot be written"`,
    '  rm -rf "$written"',
    '  written=',
    '}',
    'if [ -n "$check" ]; then',
    '  check_room "$job/runs" "the mark of the run"',
    '  case $0 in */*) check_room "${0%/*}" "the output" ;; esac',
    'fi',
    '# The exit code is that of the part that runs as the user.',
    'end_check() {',
    ...isWatched ? ['  [ -z "$begun" ] || cat <&9 >/dev/null'] : [],
    `  [ $1 -eq 0 ] || [ $1 -eq ${NOT_STARTED_EXIT_CODE} ] || stop ${NOT_STARTED_EXIT_CODE} "not started: the launcher has failed"`,
    '  trap - EXIT',
    '  rm -rf "$written"',
    `  [ $1 -ne 0 ] || echo "${CHECKED_WORDS}"`,
    '  exit $1',
    '}',
  ];
}

import { assign } from './shell-word';
import { CUT_LINE_MARK, NOT_STARTED_EXIT_CODE, OUTPUT_RULE_EXIT_CODE, OUTPUT_RULE_WORDS, QUOTED_LINE_WORDS } from '../../protocol';

/** What the output of a program says about its success. Rules may be unknown at synth. */
export interface OutputRules {
  /** A run fails where a line matches one of them. */
  readonly failOnOutput: readonly string[];
  /** A run fails where no line matches one of them. */
  readonly requireOutput: readonly string[];
  /** What they apply to: a program that has failed has its own exit code. */
  readonly successExitCodes: readonly number[];
}

/** A longer line is judged in parts of this size, in bytes: no line is ever held in memory whole. The fold of busybox takes 10,000 at most. */
export const MAX_LINE_BYTES = 8_192;

/** How much of a line is quoted, in bytes. */
const QUOTED_BYTES = 300;

/** What judges an output, but for the shell. */
const TOOLS = ['mkfifo', 'tee', 'tr', 'fold', 'grep', 'od', 'sed'];

/**
 * Lines of the shell launcher that check the rules, before anything is locked or marked, and define what judges an output.
 *
 * No process has a rule in its command line, where a script might find its own words (`pgrep -f`).
 */
export function defineOutputRules({ failOnOutput, requireOutput }: OutputRules): string[] {
  return [
    '',
    `# Rules for the output: extended regular expressions, one a line. The exit code ${OUTPUT_RULE_EXIT_CODE} says that one of them has decided.`,
    'unset end_mark',
    '# Without a stream to pass on to, nobody would watch, and the program would wait for ever.',
    '[ -e /proc/self/fd/1 ] || exec >/dev/null',
    '[ -e /proc/self/fd/2 ] || exec 2>/dev/null',
    ...TOOLS.map((tool) => `command -v ${tool} >/dev/null || stop ${NOT_STARTED_EXIT_CODE} "not started: there is no ${tool}, which rules for the output need"`),
    'line_feed="',
    '"',
    'matches() {',
    '  LC_ALL=C grep -aqE -f /proc/self/fd/8 2>/dev/null 8<<END_OF_RULES',
    '$1',
    'END_OF_RULES',
    '}',
    '# An empty line is given to each: some greps do not read a rule before. The mark of the end has one before it.',
    'check_rule() {',
    '  case $2 in',
    '    *"$line_feed"*) ;;',
    '    *)',
    '      echo | matches "$2"',
    '      [ $? -ne 1 ] || return 0 ;;',
    '  esac',
    '  [ -z "$run" ] || [ ! -d "$mark" ] || refuse_again',
    `  stop ${NOT_STARTED_EXIT_CODE} "not started: $1 must be an extended regular expression that no empty line matches, got $(printf %.60s "$2" | LC_ALL=C tr -c ' -~' '?')"`,
    '}',
    'fail_on=',
    ...failOnOutput.flatMap((rule) => [...readRule('failOnOutput', rule), 'fail_on="${fail_on:+$fail_on$line_feed}$rule"']),
    ...requireOutput.flatMap((rule, index) => [...readRule('requireOutput', rule), `require_${index + 1}=$rule`]),
    ...defineWatch(failOnOutput.length > 0, requireOutput.length),
  ];
}

function readRule(prop: string, rule: string): string[] {
  return [...assign('rule', rule, `stop ${NOT_STARTED_EXIT_CODE} "not started: ${prop} cannot be decoded"`), `check_rule ${prop} "$rule"`];
}

/**
 * Every byte is passed on as it comes, by `tee`; what is judged is a copy, so that neither the size of a line, nor a NUL, nor the buffers of
 * `grep` can be seen in the output.
 *
 * A secret mark stands at the end of the copy. Whoever judges has seen all of it where it has found the mark, or a line before it: where a
 * process on the way has died or failed, there is neither, and the run fails. Nobody who judges ends before the output does: `tee` would end,
 * and the program with it. `tee` itself ends where nobody reads the output any more, so that the program learns of it as it would without.
 */
function defineWatch(hasFailOn: boolean, required: number): string[] {
  const judges = [...hasFailOn ? ['"$fail_on"'] : [], ...Array.from({ length: required }, (_, index) => `"$require_${index + 1}"`)];
  return [
    'end_mark=$(od -An -N16 -tx1 /dev/urandom | tr -d \' \\n\')',
    `[ \${#end_mark} -eq 32 ] || stop ${NOT_STARTED_EXIT_CODE} "not started: /dev/urandom cannot be read"`,
    '',
    '# Passes a stream on as it comes, and writes to descriptor 9 what each of the rules has found in it.',
    'watch() {',
    '  trap "" HUP INT QUIT USR1 USR2 ALRM TERM XCPU XFSZ VTALRM PROF',
    '  export LC_ALL=C',
    '  { tee /proc/self/fd/3 3>&1 >&4 && printf "\\n%s\\n" "$end_mark"; } |',
    '    { tr "\\000" "?"; drain; } |',
    `    { fold -b -w ${MAX_LINE_BYTES}; drain; } |`,
    `    judge 1 ${judges.join(' ')}`,
    '}',
    'drain() { cat >/dev/null; }',
    'judge() {',
    '  number=$1 rules=$2',
    '  shift 2',
    '  if [ $# -eq 0 ]; then',
    '    find_line',
    '  else',
    '    { { tee /proc/self/fd/3 3>&1 >&5; drain; } | find_line 5>&-; } 5>&1 | judge $((number + 1)) "$@"',
    '  fi',
    '}',
    '# Finds the first line that matches: the number of its rule, and the line; or no more than that the output has ended.',
    'find_line() {',
    '  line=$(grep -aE -m 1 -f /proc/self/fd/8 8<<END_OF_RULES',
    '$rules',
    '^$end_mark\\$',
    'END_OF_RULES',
    '  )',
    '  case $line in',
    '    "") ;;',
    '    "$end_mark") echo "$number:0:" >&9 ;;',
    '    *)',
    '      which=0',
    '      while IFS= read -r rule; do',
    '        which=$((which + 1))',
    '        ! printf "%s\\n" "$line" | matches "$rule" || break',
    '      done <<END_OF_RULES',
    '$rules',
    'END_OF_RULES',
    `      cut=$(printf %.${QUOTED_BYTES}s "$line")`,
    `      [ "$cut" = "$line" ] || cut="$cut${CUT_LINE_MARK}"`,
    '      printf "%s\\n" "$number:$which:$cut" >&9 ;;',
    '  esac',
    '  drain',
    '}',
  ];
}

/** What the program has for stdout and stderr. */
export const OUTPUT_PIPES = '"$streams/stdout" "$streams/stderr"';

/** Lines of the shell launcher that make the pipes between program and agent. */
export function makeOutputPipes(): string[] {
  return [
    '  streams=${file%/*}',
    `  error=$(mkfifo -m 600 ${OUTPUT_PIPES} "$streams/found" 2>&1) || stop ${NOT_STARTED_EXIT_CODE} "not started: $error"`,
  ];
}

/**
 * Lines of the shell launcher that begin to watch both streams, in the process group of the program, which the agent kills; they have none
 * of the locks. Whoever watches ends with the output. Where none comes, because the program cannot be started, nobody may wait for it.
 */
export function startWatching(): string[] {
  return [
    '  watchers=',
    `  trap '[ $? -eq 0 ] && [ -n "$begun" ] || { kill -KILL $watchers 2>/dev/null; stop ${NOT_STARTED_EXIT_CODE} "not started: the launcher has failed"; }' EXIT`,
    '  watch 4>&1 2>/dev/null 9>"$streams/found" <"$streams/stdout" 6<&- 7<&- &',
    '  watchers=$!',
    '  watch 4>&2 2>/dev/null 9>"$streams/found" <"$streams/stderr" 6<&- 7<&- &',
    '  watchers="$watchers $!"',
    '  exec 9<"$streams/found"',
  ];
}

/** Redirections of the program, which has none of the launcher's descriptors, and what goes before it. */
export const WATCHED_PROGRAM = {
  before: `rm -f ${OUTPUT_PIPES} "$streams/found"; `,
  closed: ' 9<&-',
  redirections: '>"$streams/stdout" 2>"$streams/stderr" ',
} as const;

/**
 * Lines of the shell launcher that judge what was found, once the program has ended and both of its streams are closed: with `code`, its
 * exit code. The launcher's words are the last of all, so that no program can say them in its place.
 */
export function judgeOutput({ failOnOutput, requireOutput, successExitCodes }: OutputRules): string[] {
  const judges = (failOnOutput.length > 0 ? 1 : 0) + requireOutput.length;
  const firstRequired = failOnOutput.length > 0 ? 2 : 1;
  return [
    `[ -z "$begun" ] || trap 'trap - EXIT; echo "${OUTPUT_RULE_WORDS}could not be judged" >&2; exit ${OUTPUT_RULE_EXIT_CODE}' EXIT`,
    'say_reason() {',
    '  echo',
    `  [ -z "$line" ] || printf "%s\\n" "${QUOTED_LINE_WORDS} $line"`,
    `  printf "%s\\n" "${OUTPUT_RULE_WORDS}$reason"`,
    '} >&2',
    'judge_output() {',
    '  seen=0 failed= found=, line= reason=',
    '  while IFS= read -r finding; do',
    '    [ -z "$finding" ] || seen=$((seen + 1))',
    '    case $finding in',
    '      "" | [0-9]:0: | [0-9][0-9]:0:) ;;',
    ...failOnOutput.length === 0 ? [] : ['      1:*) [ -n "$failed" ] || failed=${finding#1:} ;;'],
    '      *) found=$found${finding%%:*}, ;;',
    '    esac',
    '  done <<END_OF_FINDINGS',
    '$(cat <&9)',
    'END_OF_FINDINGS',
    '  if [ -n "$failed" ]; then',
    '    line=${failed#*:}',
    '    reason="has a line that matches failOnOutput \'$(printf "%s\\n" "$fail_on" | sed -n "${failed%%:*}p")\'"',
    `  elif [ $seen -ne ${2 * judges} ]; then`,
    '    reason="could not be judged"',
    '  else',
    ...requireOutput.map((_, index) => [
      `    case $found in *,${firstRequired + index},*) ;; *) [ -n "$reason" ] || reason="has no line that matches requireOutput '$require_${index + 1}'" ;; esac`,
    ]).flat(),
    '    :',
    '  fi',
    '  [ -n "$reason" ] || return 0',
    '  case $code in',
    `    ${successExitCodes.join(' | ')})`,
    '      trap - EXIT',
    '      say_reason',
    `      exit ${OUTPUT_RULE_EXIT_CODE} ;;`,
    `    ${NOT_STARTED_EXIT_CODE}) ;;`,
    '    *) [ -z "$failed" ] || say_reason ;;',
    '  esac',
    '}',
    '[ -z "$begun" ] || judge_output',
  ];
}

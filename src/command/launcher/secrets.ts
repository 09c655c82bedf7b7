import { assign, quote } from './shell-word';
import { NOT_STARTED_EXIT_CODE } from '../../protocol';

/** A value that the launcher reads on the instance. Strings but the name may be tokens. */
export interface LauncherSecret {
  /** Of the environment variable. */
  readonly name: string;
  /** Of a secret of Secrets Manager, or of a parameter of Parameter Store: it has the region, too. */
  readonly arn: string;
  /** @default - all of the value */
  readonly field?: string;
}

/** How long one secret may take, in seconds: tools that start slowly, and the retries of their own. */
export const READ_SECONDS = 60;

/** Why a value is refused: in the launcher of both systems. */
export const NOT_JSON = 'the answer is not JSON';
export const NO_TEXT = 'it is binary, and an environment variable is text';

/**
 * Reads the answer of the AWS CLI, and prints "ok:" and the value, or "no:" and why there is none: with three bytes before it, base64 of
 * the value is a part of base64 of both.
 *
 * The answer is JSON, not the CLI's text: there, no value looks like the value None, and what ends with a line feed, or has a tab, is what
 * it is. JSONPath queries of the CLI cannot look into a text that is JSON itself; hence a parser, in a language that every instance has.
 * Every byte is a character of its own here.
 *
 * Lines of the answer begin with `=`, the last one with `=?` and the exit code; the others are what the CLI said on stderr.
 */
const READ_ANSWER = `
/^=[?]/ { code = substr($0, 3); exit }
/^=/ { json = json substr($0, 2); next }
{ said = said " " $0 }
END {
  ORS = ""
  if (code == 137 || code == 124 || code == 143) refuse("no answer within ${READ_SECONDS} seconds")
  gsub(/[ \\t\\r]+/, " ", said)
  sub(/ $/, "", said)
  if (code != "0") refuse(said ~ /[^ ]/ ? substr(said, length(said) > 600 ? length(said) - 599 : 2) : "aws ended with exit code " code)
  at = 1
  if (json == "null") refuse("${NO_TEXT}")
  if (substr(json, 1, 1) != "\\"") refuse("${NOT_JSON}")
  value = text()
  if (ENVIRON["COTS_BATCH_JOB_FIELD"] != "") {
    json = value
    at = 1
    value = field(ENVIRON["COTS_BATCH_JOB_FIELD"])
  }
  print "ok:" value
}
function refuse(reason) {
  print "no:" reason
  exit
}
# The text that begins at the quote, and goes on behind it.
function text(  out, c, code, low) {
  at++
  while (match(substr(json, at), /["\\\\]/)) {
    out = out substr(json, at, RSTART - 1)
    at += RSTART
    if (substr(json, at - 1, 1) == "\\"") return out
    c = substr(json, at++, 1)
    if (c == "u") {
      code = unit()
      if (code >= 55296 && code <= 57343) {
        if (code > 56319 || substr(json, at, 2) != "\\\\u") refuse("it is not well-formed Unicode")
        at += 2
        low = unit()
        if (low < 56320 || low > 57343) refuse("it is not well-formed Unicode")
        code = 65536 + (code - 55296) * 1024 + low - 56320
      }
      out = out utf8(code)
    } else out = out (index("bfnrt", c) ? substr("\\b\\f\\n\\r\\t", index("bfnrt", c), 1) : c)
  }
  refuse("${NOT_JSON}")
}
function unit(  i, n, digit) {
  for (i = 0; i < 4; i++) {
    digit = substr(json, at + i, 1) == "" ? 0 : index("0123456789abcdef", tolower(substr(json, at + i, 1)))
    if (digit == 0) refuse("${NOT_JSON}")
    n = n * 16 + digit - 1
  }
  at += 4
  return n
}
function utf8(n) {
  if (n == 0) refuse("it has a NUL character, which an environment variable cannot hold")
  if (n < 128) return sprintf("%c", n)
  if (n < 2048) return sprintf("%c%c", 192 + int(n / 64), 128 + n % 64)
  if (n < 65536) return sprintf("%c%c%c", 224 + int(n / 4096), 128 + int(n / 64) % 64, 128 + n % 64)
  return sprintf("%c%c%c%c", 240 + int(n / 262144), 128 + int(n / 4096) % 64, 128 + int(n / 64) % 64, 128 + n % 64)
}
# What stands next, behind blanks.
function next_is(c) {
  while (substr(json, at, 1) ~ /[ \\t\\n\\r]/) at++
  return substr(json, at, 1) == c
}
function field(name,  more, key, kind, found, out, value) {
  if (!next_is("{")) refuse("it is no JSON object, so that it has no field " name)
  at++
  for (more = !next_is("}"); more; at++) {
    if (!next_is("\\"")) refuse("${NOT_JSON}")
    key = text()
    if (!next_is(":")) refuse("${NOT_JSON}")
    at++
    if (next_is("\\"")) {
      kind = "value"
      value = text()
    } else if (next_is("{") || next_is("[")) {
      kind = "no text, number or boolean"
      skip()
    } else if (match(substr(json, at), /^(true|false|null|-?[0-9][-+.0-9eE]*)/)) {
      value = substr(json, at, RLENGTH)
      kind = value == "null" ? "null" : "value"
      at += RLENGTH
    } else refuse("${NOT_JSON}")
    if (key == name) {
      found = kind
      out = value
    }
    more = next_is(",")
    if (!more && !next_is("}")) refuse("${NOT_JSON}")
    if (!more) break
  }
  at++
  if (!next_is("")) refuse("${NOT_JSON}")
  if (found == "") refuse("it has no field " name)
  if (found != "value") refuse("its field " name " is " found)
  return out
}
function skip(  depth, c) {
  do {
    c = substr(json, at, 1)
    if (c == "") refuse("${NOT_JSON}")
    if (c == "\\"") text()
    else {
      at++
      if (index("[{", c)) depth++
      if (index("]}", c)) depth--
    }
  } while (depth > 0)
}
`.trim();

/**
 * Lines of the shell launcher that set `secrets` to `NAME=base64 of the value`, separated by commas, before the run is marked: a run that
 * could not read them has not been started, and may come again.
 *
 * A value is in pipes and in the memory of this shell only. What is called has it neither in its command line nor in its environment; the
 * CLI, which may keep a history of all that it was answered, is given a place where no file can be made. `timeout` ends all that the CLI
 * has started, and where it cannot, as that of busybox, nobody waits for the rest.
 */
export function readSecrets(secrets: readonly LauncherSecret[]): string[] {
  return secrets.length === 0 ? [] : [
    '',
    `read_answer=${quote(READ_ANSWER)}`,
    '# Adds a secret to those that the program gets: its field, if that is not empty.',
    'read_secret() {',
    '  case $arn in',
    '    arn:*:secretsmanager:*:*:secret:?*) call="secretsmanager get-secret-value --query SecretString --secret-id" ;;',
    '    arn:*:ssm:*:*:parameter/?*) call="ssm get-parameter --with-decryption --query Parameter.Value --name" ;;',
    '    *) not_read "$1" "this is no ARN of a secret or a parameter" ;;',
    '  esac',
    '  region=${arn#arn:*:*:}',
    '  secret=$({',
    '    {',
    '      LC_ALL=C PYTHONIOENCODING=UTF-8 AWS_CLI_HISTORY_FILE=/proc/none AWS_PAGER= AWS_MAX_ATTEMPTS=3 \\',
    `        timeout -s KILL ${READ_SECONDS} aws $call "$arn" --region "\${region%%:*}" --output json --cli-connect-timeout 5 --cli-read-timeout 10 </dev/null`,
    '      printf "\\n?%s\\n" $?',
    '    } | LC_ALL=C awk "{ print \\"=\\" \\$0 } /^[?]/ { exit }"',
    '  } 2>&1 | LC_ALL=C COTS_BATCH_JOB_FIELD=$field awk "$read_answer" | base64 | tr -d "\\n")',
    '  case $secret in',
    '    b2s6*) secrets="${secrets:+$secrets,}$1=${secret#b2s6}" ;;',
    '    bm86*) not_read "$1" "$(echo "${secret#bm86}" | base64 -d)" ;;',
    '    *) not_read "$1" "there is no awk or base64 that can read it" ;;',
    '  esac',
    '}',
    'not_read() {',
    '  [ -z "$run" ] || [ ! -d "$mark" ] || refuse_again',
    `  stop ${NOT_STARTED_EXIT_CODE} "not started: secret $1 ($arn) cannot be read: $2"`,
    '}',
    '',
    '# A run that was started before needs no secrets.',
    '[ -z "$run" ] || [ ! -d "$mark" ] || refuse_again',
    ...['aws', 'timeout', 'awk', 'base64', 'mkfifo'].map((program) =>
      `command -v ${program} >/dev/null || stop ${NOT_STARTED_EXIT_CODE} "not started: there is no ${program}, which the job's secrets need"`),
    '# Not what the agent may have in its environment: what is called would have it, too.',
    'unset secret secrets',
    ...secrets.flatMap(({ name, arn, field = '' }) => [
      ...assign('arn', arn, `not_read ${name} "its ARN cannot be decoded"`),
      ...assign('field', field, `not_read ${name} "the name of its field cannot be decoded"`),
      `read_secret ${name}`,
    ]),
  ];
}

/** Lines of the shell launcher that make the pipe through which the secrets go to the user's shell. It never has them in a file. */
export function makeSecretsPipe(): string[] {
  return [
    '  pipe=${file%/*}/secrets',
    `  error=$(mkfifo -m 600 "$pipe" 2>&1) || stop ${NOT_STARTED_EXIT_CODE} "not started: $error"`,
  ];
}

/** Lines, run as the user, that add the secrets to the variables of the program. `echo` is a part of every shell, `printf` is not. */
export function decodeSecrets(): string[] {
  return [
    '  # The secrets of the job.',
    '  unset value',
    '  for secret in $secrets; do',
    '    value=$(echo "${secret#*=}" | base64 -d && echo .) || not_started "base64 failed for ${secret%%=*}"',
    '    set -- "$@" "${secret%%=*}=${value%.}"',
    '  done',
  ];
}

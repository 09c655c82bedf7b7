import { Token } from 'aws-cdk-lib';
import { BETWEEN_BRACES, separate } from './double-braces';
import { lastLine } from './here-document';
import { quote } from './shell-word';
import { encode } from '../../encoded-text';

/** How long an instance keeps the files of scripts at least, in days. A command lives two days at most. */
const KEEP_DAYS = 2;

/**
 * Lines of the shell launcher that define `write_script`: it makes a file of the script on its stdin, and prints the name. If it fails,
 * it prints why instead.
 *
 * Plain Run Command runs a file, too, and a script can tell: by `$0`, by `exec "$0"`, by what `pgrep -f` finds. So neither the name of
 * the file nor a word of the launcher's command line has anything of the job, its user or its script. The folder is the agent's user's own,
 * so that nobody can put anything in the way; of a file of its own, the script's user can read no other.
 *
 * A script may have started something that reads the file later: it stays, and a later run takes it away, unless a process has it open
 * or in its command line or environment.
 */
export function defineWriteScript(script: string, shell: string | undefined): { readonly definition: string[]; readonly hereDocument: string[] } {
  const isEncoded = Token.isUnresolved(script);
  const { text, tildes } = isEncoded ? { text: encode(script), tildes: '' } : separate(script, BETWEEN_BRACES);
  const lines = text.replace(/\n$/, '').split('\n');
  const last = lastLine(lines);
  return {
    definition: [
      '',
      '# Takes away what earlier runs have left, but for what a process may still read.',
      'remove_old() {',
      `  find "$scripts" -mindepth 1 -maxdepth 1 -mtime +${KEEP_DAYS} | while IFS= read -r old; do`,
      '    case $(ls -l /proc/[0-9]*/fd 2>/dev/null) in *"$old/"*) continue ;; esac',
      '    echo "$old/" | grep -qsFf - /proc/[0-9]*/cmdline /proc/[0-9]*/environ || rm -rf "$old"',
      '  done',
      '}',
      '',
      '# Makes a file of the script on stdin, and prints its name; or why it cannot.',
      'write_script() {',
      '  umask 066',
      '  LC_ALL=C',
      ...readScript(text, tildes, last),
      ...isEncoded ? decodeScript(script, shell) : [],
      '  scripts=${COTS_BATCH_JOB_STATE:+$COTS_BATCH_JOB_STATE.}',
      '  scripts=${scripts:-/var/lib/}cbj',
      '  mkdir -p "$scripts" 2>&1 || return',
      '  [ -n "$(find "$scripts" -prune -type d -user "$(id -u)" ! -perm -020 ! -perm -002)" ] || {',
      '    echo "$scripts must be a folder that only $(id -un) can write to"',
      '    return 1',
      '  }',
      '  remove_old',
      '  number=$$',
      '  until error=$(mkdir "$scripts/$number" 2>&1); do',
      '    [ -d "$scripts/$number" ] || { echo "$error"; return 1; }',
      '    number=$((number + 1))',
      '  done',
      '  file=$scripts/$number/_script.sh',
      '  { printf %s "$script" >"$file" && [ "$(cat "$file" && echo .)" = "$script." ] && chmod 500 "$file"; } 2>/dev/null || {',
      '    rm -rf "$scripts/$number"',
      '    echo "cannot write $file"',
      '    return 1',
      '  }',
      '  echo "$file"',
      '}',
    ],
    hereDocument: [...lines, last],
  };
}

/**
 * The last line tells that the script is whole: whatever reads and writes it may be killed halfway, or not start at all. It also
 * keeps the line feeds before it, which `$(…)` would take away. A here-document has one, whether the script ends with one or not.
 */
function readScript(text: string, tildes: string, last: string): string[] {
  const read = tildes === '' ? 'cat' : `LC_ALL=C sed -e ':a' -e 's/\\({\\)${tildes}\\({\\)/\\1\\2/g' -e 'ta'`;
  return [
    `  script=$(${read})`,
    `  case $script in *${quote(last)}) ;; *) echo 'the script cannot be read'; return 1 ;; esac`,
    `  script=\${script%${text.endsWith('\n') ? '' : '?'}${quote(last)}}`,
  ];
}

/**
 * A script with values that only a deployment knows comes in base64 as a whole: such a value is a part of the script, and of nothing else.
 *
 * The interpreter is chosen at synth, by what the script begins with.
 */
function decodeScript(script: string, shell: string | undefined): string[] {
  return [
    '  script=$(printf %s "$script" | base64 -d && echo .) || { echo \'the script cannot be decoded\'; return 1; }',
    '  script=${script%.}',
    '  case $script in *[![:space:]]*) ;; *) echo \'the script of a command must not be empty\'; return 1 ;; esac',
    ...shell !== undefined || script.startsWith('#!') ? [] : [
      '  case $script in "#!"*) echo \'the first line of a script must be known at synth where it names an interpreter (#!)\'; return 1 ;; esac',
    ],
  ];
}

import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Puts programs on an instance that stand in for those which only root can use.
 *
 * `runuser -u USER -- COMMAND`, and `setpriv` as the launcher calls it, run the command as the present user: a developer's machine has
 * neither the user of the batch program nor, mostly, root. The note about it goes to the agent's log, because the program's output must
 * stay the program's.
 */
export function writeShims(folder: string, agentLog: string): void {
  mkdirSync(folder, { recursive: true });
  const setpriv = join(folder, 'setpriv');
  writeFileSync(setpriv, `#!/bin/sh
case "$1 $2 $3" in
  --reuid=*' '--regid=*' '--init-groups) ;;
  *)
    echo 'setpriv: the local run knows only: setpriv --reuid=UID --regid=GID --init-groups COMMAND' >&2
    exit 1 ;;
esac
echo "setpriv: would run as user \${1#--reuid=}: $4" >>${quote(agentLog)}
shift 3
exec "$@"
`);
  chmodSync(setpriv, 0o755);
  const runuser = join(folder, 'runuser');
  writeFileSync(runuser, `#!/bin/sh
user=
case $1 in
  -u | --user) user=$2; shift 2 ;;
  --user=*) user=\${1#--user=}; shift ;;
esac
[ "$1" = -- ] && shift
if [ -z "$user" ] || [ $# -eq 0 ]; then
  echo 'runuser: the local run knows only: runuser -u USER -- COMMAND' >&2
  exit 1
fi
echo "runuser: would run as $user: $1" >>${quote(agentLog)}
exec "$@"
`);
  chmodSync(runuser, 0o755);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Kills the processes that were started by commands and left their process group, as daemons do. On an instance they outlive
 * the command; here they must not outlive the local run. They are known by `SSM_COMMAND_ID` in their environment, which can be
 * read on Linux only.
 */
export function killLeftovers(commandIds: ReadonlySet<string>): void {
  for (const pid of processIds()) {
    const commandId = /(?:^|\0)SSM_COMMAND_ID=([^\0]*)/.exec(environmentOf(pid))?.[1];
    if (commandId !== undefined && commandIds.has(commandId)) {
      kill(pid);
    }
  }
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter((pid) => pid > 1 && pid !== process.pid);
  } catch {
    return [];
  }
}

/** Empty for a process that has ended meanwhile, or that belongs to another user. */
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

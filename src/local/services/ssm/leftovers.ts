import { readdirSync, readFileSync } from 'node:fs';

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

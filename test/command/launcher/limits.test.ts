import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shellLauncher } from '../../../src/command/launcher/shell';
import { Ended, IS_ROOT, LaunchOptions, Launchpad, NO_ROOM, USER, variables } from '../../support/launch';
import { find, SHELL_NAMES } from '../../support/shells';

/** More than a pipe takes at once, so that dash and busybox need a process more to hand it over. */
const SCRIPT = `${': \n'.repeat(3000)}echo started`;
const PROCESSES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const JOBS: { [what: string]: LaunchOptions } = {
  'alone': {},
  'with braces': { script: `${SCRIPT} # {{x}}` },
  'with all that needs processes': { runId: 'run', lock: { waitSeconds: 0 }, variables: variables({ A: 'a', B: 'b' }), workingDirectory: '/' },
};
/** Users that no other process runs as: the kernel counts the processes of a user, and root's without limit. */
const FIRST_UID = 61_000;


/** Whether a shell of such a user can start another process. */
function canFork(processes: number): boolean {
  const { status } = spawnSync('prlimit', [`--nproc=${processes}`, 'sh', '-c', '(:) && :'], { uid: FIRST_UID, gid: FIRST_UID });
  return status === 0;
}

const hasLimits = IS_ROOT && canFork(9) && !canFork(1);
if (!hasLimits) {
  console.info('limits of processes are not tested: that takes root, who can become a user without any, and a kernel that keeps to them');
}

/** Either the script has run, or the launcher says that it has not. Bash may tell that it has tried several times. */
function verdict({ exitCode, stdout, stderr }: Ended): string {
  const told = stderr.match(/^cots-batch-job: not started: /gm) ?? [];
  return exitCode === 0 && stdout.toString() === 'started\n' && told.length === 0 ? 'started'
    : exitCode === 215 && stdout.length === 0 && told.length === 1 ? 'not started'
      : `exit code ${exitCode}, stdout ${stdout.toString()}, stderr ${stderr}`;
}

describe.each(SHELL_NAMES)('%s', (name) => {
  let launchpad: Launchpad;
  beforeAll(() => {
    launchpad = new Launchpad();
  });
  afterAll(() => launchpad.remove());

  const launch = (options: LaunchOptions) => launchpad.launch({ sh: launchpad.shell(name), script: SCRIPT, ...options });

  /** A PATH that begins with this program. */
  const path = (program: string, script: string) => {
    const folder = join(launchpad.folder, `bin-${readdirSync(launchpad.folder).length}`);
    mkdirSync(folder);
    writeFileSync(join(folder, program), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, program), 0o755);
    return `${folder}:${launchpad.shell(name).bin}:${process.env.PATH}`;
  };

  (hasLimits ? test : test.skip)('a script that cannot get its processes is not started', async () => {
    const limited = async (what: string, processes: number) => {
      const uid = FIRST_UID + Object.keys(JOBS).indexOf(what) * PROCESSES.length + processes;
      const agent = { COTS_BATCH_JOB_STATE: join(launchpad.folder, `state-${uid}`) };
      return verdict(await launch({ ...JOBS[what], agent, under: ['prlimit', `--nproc=${processes}`], uid }));
    };
    // At the same time: bash tries for a quarter of a minute.
    await Promise.all(Object.keys(JOBS).map(async (what) => {
      const verdicts = await Promise.all(PROCESSES.map((processes) => limited(what, processes)));
      expect(verdicts).toEqual([...verdicts].sort());
      expect({ what, verdicts: new Set(verdicts) }).toEqual({ what, verdicts: new Set(['not started', 'started']) });
    }));
  });

  test.each([
    ['cat', SCRIPT],
    ['sed', `${SCRIPT} # {{x}}`],
  ])('a script that %s reads in part is not started', async (program, script) => {
    for (const end of ['kill -KILL $$', 'exit 1', 'exit 0']) {
      const PATH = path(program, `printf 'echo started\\n'; ${end}`);
      expect(verdict(await launch({ script, agent: { PATH } }))).toBe('not started');
    }
  });

  test('a program that is handed over in part is not started', async () => {
    const lines = shellLauncher({ script: SCRIPT, failFast: true, jobKey: 'Job', parameterNames: [] });
    const program = lines.slice(lines.findIndex((line) => line.endsWith('<<\'END_OF_PROGRAM\'')) + 1, lines.indexOf('END_OF_PROGRAM'));
    // The document's parameters are empty here.
    const whole = `${program.join('\n')}\n`.replace(/\{\{ \w+ \}\}/g, '').length;
    // Without its line feed, the last line is whole.
    const cuts = Array.from({ length: whole - 1 }, (_, bytes) => bytes).filter((bytes) => bytes % 50 === 0 || bytes > whole - 20);
    for (const bytes of cuts) {
      const PATH = path('sh', `${find('head')} -c ${bytes} | exec ${join(launchpad.shell(name).bin, 'sh')} "$@"`);
      expect(verdict(await launch({ agent: { PATH } }))).toBe('not started');
    }
  });

  test('a launcher that is terminated while the script runs does not say that it was not started', async () => {
    const child = launchpad.start({ sh: launchpad.shell(name), script: 'echo started; exec sleep 1' });
    let stderr = '';
    child.stderr.on('data', (data) => stderr += data);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    process.kill(child.pid, 'SIGTERM');
    expect(await child.exitCode).toBe(0);
    expect(stderr).not.toContain('cots-batch-job');
  });

  test.each([['the agent\'s user', undefined], ['the script\'s', USER]])(
    'starts nothing where there is no room for a file, nor for the here-documents of a bash before 5.1: %s', async (_, runAs) => {
      const agent = { BASH_COMPAT: '5.0', PATH: `${launchpad.shell(name).bin}:${process.env.PATH}` };
      expect(verdict(await launch({ agent, runAs, under: NO_ROOM }))).toBe('not started');
    });
});

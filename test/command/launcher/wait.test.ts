import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { end, Ended, kill, Launched, LaunchOptions, Launchpad, ORPHAN, USER } from '../../support/launch';
import { find, SHELL_NAMES } from '../../support/shells';


/** A program that may run for so long, in seconds, and wait for the rest of the agent's limit. */
const limits = (programSeconds: number, waitSeconds: number): LaunchOptions => (
  { lock: { waitSeconds: 0, programSeconds }, executionTimeout: `${programSeconds + waitSeconds}` }
);

/** One of the shells, with a folder of its own. */
class Bench {
  public readonly folder: string;
  private readonly launchpad = new Launchpad();
  private readonly left: number[] = [];

  constructor(private readonly name: string) {
    this.folder = join(this.launchpad.state, 'Job');
  }

  /** A file of its own. */
  public file(name: string): string {
    return join(this.launchpad.folder, name);
  }

  public async launch(given: LaunchOptions = {}): Promise<Ended> {
    return this.launchpad.launch(this.options(given));
  }

  public start(given: LaunchOptions): Launched {
    const child = this.launchpad.start(this.options(given));
    this.left.push(-child.pid);
    return child;
  }

  /** Starts a script that prints one line once it runs, and returns what is on it. */
  public async hold(given: LaunchOptions = {}): Promise<{ child: Launched; words: number[] }> {
    const child = this.start({ script: 'echo $$\nexec sleep 600', ...given });
    const line = await new Promise<string>((resolve) => child.stdout.once('data', (data) => resolve(data.toString())));
    const words = line.trim().split(' ').map(Number);
    this.left.push(...words);
    return { child, words };
  }

  public marks(): string[] {
    return readdirSync(join(this.folder, 'runs')).sort();
  }

  public remove(): void {
    this.left.forEach((pid) => kill(pid));
    this.launchpad.remove();
  }

  private options(given: LaunchOptions): LaunchOptions {
    return { sh: this.launchpad.shell(this.name), ...limits(100, 60), ...given };
  }
}

/** All shells at the same time: what takes long here is to wait. */
function inEachShell(body: (bench: Bench) => Promise<void>): () => Promise<void> {
  return async () => {
    await Promise.all(SHELL_NAMES.map(async (name) => {
      const bench = new Bench(name);
      try {
        await body(bench);
      } catch (error) {
        throw new Error(`with ${name}`, { cause: error });
      } finally {
        bench.remove();
      }
    }));
  };
}

test('a run waits until the one before has ended, and is not marked before', inEachShell(async (bench) => {
  const { child } = await bench.hold({ runId: 'first' });
  const second = bench.launch({ runId: 'second', script: 'echo started' });
  await setTimeout(2_500);
  expect(bench.marks()).toEqual(['first']);
  await end(child);
  expect(await second).toMatchObject({ exitCode: 0, stdout: Buffer.from('started\n'), stderr: '' });
  expect(bench.marks()).toEqual(['first', 'second']);
}));

test('a run that has waited for too long is refused, and may come again', inEachShell(async (bench) => {
  const { child } = await bench.hold({ runId: 'first' });
  const { exitCode, stdout, stderr } = await bench.launch({ runId: 'second', ...limits(100, 3) });
  expect([exitCode, stdout.toString()]).toEqual([212, '']);
  expect(stderr).toMatch(new RegExp(
    `^cots-batch-job: not started: another run of the job is still running after [3-9] seconds \\(it holds ${bench.folder}/program.lock\\)\n$`,
  ));
  await end(child);
  expect((await bench.launch({ runId: 'second' })).exitCode).toBe(0);
}));

test('a command whose limit leaves no time to wait does not wait: its definition is older than the document', inEachShell(async (bench) => {
  await bench.hold({ runId: 'first' });
  expect((await bench.launch({ executionTimeout: '100' })).stderr).toMatch(/still running after \d seconds/);
  expect((await bench.launch({ executionTimeout: '50' })).exitCode).toBe(212);
}));

test('of many that wait, each has its turn, and one at a time', inEachShell(async (bench) => {
  const log = bench.file('log');
  const script = `echo begin >>'${log}'; sleep 0.3; echo end >>'${log}'`;
  const runs = await Promise.all(Array.from({ length: 6 }, (_, i) => bench.launch({ runId: `run-${i}`, script })));
  expect(runs.map(({ exitCode }) => exitCode)).toEqual(Array(6).fill(0));
  expect(readFileSync(log, 'utf8')).toBe('begin\nend\n'.repeat(6));
}), 60_000);

test('a run that is cancelled while it waits has started nothing, and leaves nothing', inEachShell(async (bench) => {
  const { child } = await bench.hold({ runId: 'first' });
  const waiting = bench.start({ runId: 'second', script: 'echo started' });
  await setTimeout(1_500);
  await end(waiting);
  expect(await group(waiting.pid, 0)).toEqual([]);
  expect(bench.marks()).toEqual(['first']);
  expect((await bench.launch(limits(100, 1))).exitCode).toBe(212);
  await end(child);
  expect((await bench.launch({ runId: 'second' })).exitCode).toBe(0);
}));

test('the same run, sent twice, does not wait for itself', inEachShell(async (bench) => {
  const { child } = await bench.hold({ runId: 'other' });
  const go = bench.file('go');
  const both = [1, 2].map(async () => bench.launch({ runId: 'r', script: `until [ -e '${go}' ]; do sleep 0.05; done` }));
  await setTimeout(500);
  await end(child);
  // One of them runs, and the other one does not wait for its end.
  expect((await Promise.race(both)).exitCode).toBe(213);
  writeFileSync(go, '');
  expect((await Promise.all(both)).map(({ exitCode }) => exitCode).sort()).toEqual([0, 213]);
}));

test.each([['root, or whoever the agent is', undefined], ['the user', USER]])('the limit counts from when the program starts: %s', async (_, runAs) => inEachShell(async (bench) => {
  const { child } = await bench.hold({ runId: 'first' });
  const second = bench.launch({ runId: 'second', runAs, ...limits(5, 60), script: 'sleep 601 & sleep 602 & echo started; sleep 603' });
  await setTimeout(4_000);
  await end(child);
  const began = Date.now();
  const { exitCode, stdout, stderr } = await second;
  expect([exitCode, stdout.toString()]).toEqual([137, 'started\n']);
  expect(Date.now() - began).toBeGreaterThan(4_900);
  expect(stderr).toMatch(/cots-batch-job: stopped: the program ran for 5 seconds, its executionTimeout\n$/);
  // The lock is free: nothing is left of it.
  expect((await bench.launch({ runId: 'third' })).exitCode).toBe(0);
})(), 30_000);

test('a program that goes on in the background, takes no signal, and has an odd name, is killed at the limit', inEachShell(async (bench) => {
  const odd = bench.file('a) S 1 1\n) b');
  copyFileSync(find('sleep')!, odd);
  const child = bench.start({ ...limits(5, 60), environment: { ODD: odd }, script: 'trap "" TERM HUP INT\n"$ODD" 600 &\n(while :; do sleep 0.2; done) &\nwhile :; do sleep 0.2; done' });
  expect(await child.exitCode).toBe(137);
  expect(await group(child.pid, 3_000)).toEqual([]);
}), 30_000);

test('what has left the process group lives on, as where the agent kills, and fails the next run', inEachShell(async (bench) => {
  const { child, words: [orphan] } = await bench.hold({ ...limits(5, 60), runId: 'first', script: ORPHAN });
  expect(await child.exitCode).toBe(137);
  const { exitCode, stderr } = await bench.launch();
  expect(exitCode).toBe(215);
  expect(stderr).toContain('is held by what another run has left behind: run first of ');
  expect(stderr).toContain(`process ${orphan} (sleep), since `);
}), 30_000);

test('a run that has waited gives what dies its few seconds, too', inEachShell(async (bench) => {
  const { child } = await bench.hold({ script: ORPHAN.replace('600', '8') });
  const second = bench.launch({ script: 'echo started' });
  await setTimeout(6_000);
  await end(child);
  expect(await second).toMatchObject({ exitCode: 0, stdout: Buffer.from('started\n') });
}), 30_000);

test.each([
  ['a program that has ended', ':', 0],
  ['one that fails', 'exit 3', 3],
  ['one that says itself that it was killed', 'exit 137', 137],
  ['one that sends signals to its process group', 'trap : TERM; kill 0; sleep 0.1; exit 4', 4],
])('nothing is left of the watch over %s', async (_, script, exitCode) => inEachShell(async (bench) => {
  const child = bench.start({ script });
  const stderr: Buffer[] = [];
  child.stderr.on('data', (data) => stderr.push(data));
  expect(await child.exitCode).toBe(exitCode);
  expect(Buffer.concat(stderr).toString()).toBe('');
  expect(await group(child.pid, 3_000)).toEqual([]);
})());

test('nothing is left of the watch over a run that cannot start', inEachShell(async (bench) => {
  const child = bench.start({ script: ':', workingDirectory: '/no/such/folder' });
  expect(await child.exitCode).toBe(215);
  expect(await group(child.pid, 3_000)).toEqual([]);
}));

test('signals to the process group do not stop the watch', inEachShell(async (bench) => {
  const script = 'trap : HUP INT QUIT USR1 USR2 ALRM TERM\nfor signal in HUP INT QUIT USR1 USR2 ALRM TERM; do kill -$signal 0; done\nsleep 600\nsleep 600';
  expect((await bench.launch({ ...limits(5, 60), script })).exitCode).toBe(137);
}), 30_000);

test('a check waits for no run, and leaves nothing', inEachShell(async (bench) => {
  await bench.hold({ runId: 'first' });
  const check = bench.start({ runId: 'second', check: 'yes' });
  expect(await check.exitCode).toBe(0);
  expect(await group(check.pid, 3_000)).toEqual([]);
  expect(bench.marks()).toEqual(['first']);
  expect(readFileSync(join(bench.folder, 'program.run'), 'utf8')).toMatch(/ first\n$/);
}));

test('the record of a run has the limit of its program', inEachShell(async (bench) => {
  await bench.hold({ runId: 'r' });
  expect(readFileSync(join(bench.folder, 'program.run'), 'utf8')).toMatch(/^\d+ 100 r\n$/);
}));

test('rules for the output do not hide that the limit was over', inEachShell(async (bench) => {
  const outputRules = { failOnOutput: ['^ORA-'], requireOutput: ['done'], successExitCodes: [0] };
  const { exitCode, stdout, stderr } = await bench.launch({ ...limits(5, 60), outputRules, script: 'echo started; sleep 600' });
  expect([exitCode, stdout.toString()]).toEqual([137, 'started\n']);
  expect(stderr).toMatch(/stopped: the program ran for 5 seconds/);
}), 30_000);

/** What there is of a process group, once there is nothing, or after so long. */
async function group(pid: number, milliseconds: number): Promise<string[]> {
  for (let waited = 0; ; waited += 100) {
    const found = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && isOf(entry, pid));
    if (found.length === 0 || waited >= milliseconds) {
      return found;
    }
    await setTimeout(100);
  }
}

function isOf(process: string, processGroup: number): boolean {
  try {
    const [state, , found] = readFileSync(`/proc/${process}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return state !== 'Z' && Number(found) === processGroup;
  } catch {
    return false;
  }
}

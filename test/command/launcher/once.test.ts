import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { MARK_DAYS } from '../../../src/command/launcher/mark';
import { Launchpad, NO_ROOM } from '../../support/launch';
import { find, SHELL_NAMES } from '../../support/shells';

const DAY_MS = 24 * 60 * 60 * 1000;

describe.each(SHELL_NAMES)('%s', (name) => {
  let launchpad: Launchpad;
  let marks: string;
  beforeEach(() => {
    launchpad = new Launchpad();
    marks = join(launchpad.state, 'Job', 'runs');
  });
  afterEach(() => launchpad.remove());

  const launch = (options: Parameters<Launchpad['launch']>[0]) =>
    launchpad.launch({ sh: launchpad.shell(name), script: `echo started >>'${launchpad.folder}/starts'`, ...options });
  const starts = () => existsSync(join(launchpad.folder, 'starts')) ? readFileSync(join(launchpad.folder, 'starts'), 'utf8').match(/started/g)!.length : 0;

  /** A PATH that begins with these programs. */
  const pathWith = (programs: { [program: string]: string }) => {
    const folder = join(launchpad.folder, 'programs');
    mkdirSync(folder);
    for (const [program, script] of Object.entries(programs)) {
      writeFileSync(join(folder, program), `#!/bin/sh\n${script}\n`);
      chmodSync(join(folder, program), 0o755);
    }
    return `${folder}:${launchpad.shell(name).bin}:${process.env.PATH}`;
  };

  test('starts a run once', async () => {
    expect(await launch({ runId: 'a.run_1-x' })).toMatchObject({ exitCode: 0, stderr: '' });

    const second = await launch({ runId: 'a.run_1-x' });
    expect(second.exitCode).toBe(213);
    expect(second.stderr).toBe(`cots-batch-job: run a.run_1-x was started before, and is not started again (${marks}/a.run_1-x)\n`);
    expect(starts()).toBe(1);
  });

  test('starts exactly one of twenty that come at the same time', async () => {
    // A slow mkdir, so that all of them look before one of them leaps.
    const agent = { PATH: pathWith({ mkdir: `sleep 0.5\nexec ${find('mkdir')} "$@"` }) };

    const ended = await Promise.all(Array.from({ length: 20 }, () => launch({ runId: 'same', agent })));
    expect(ended.map(({ exitCode }) => exitCode).sort()).toEqual([0, ...Array(19).fill(213)]);
    expect(starts()).toBe(1);
  });

  test('starts different runs, the same run of different jobs, and every one by hand', async () => {
    const ended = [
      await launch({ runId: 'one' }),
      await launch({ runId: 'two' }),
      await launch({ runId: 'one', jobKey: 'OtherJob' }),
      await launch({ runId: '' }),
      await launch({ runId: '' }),
    ];
    expect(ended.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0]);
    expect(starts()).toBe(5);
  });

  test('does not start a run again that failed', async () => {
    expect((await launch({ runId: 'failed', script: 'exit 7' })).exitCode).toBe(7);
    expect((await launch({ runId: 'failed' })).exitCode).toBe(213);
    expect(starts()).toBe(0);
  });

  test('tells a command that the agent takes up again from a second command', async () => {
    expect((await launch({ runId: 'r', agent: { SSM_COMMAND_ID: 'c-1' } })).exitCode).toBe(0);

    const again = await launch({ runId: 'r', agent: { SSM_COMMAND_ID: 'c-1' } });
    expect(again.exitCode).toBe(214);
    expect(again.stderr).toContain('cots-batch-job: run r was interrupted by a restart, and is not started again');
    expect((await launch({ runId: 'r', agent: { SSM_COMMAND_ID: 'c-2' } })).exitCode).toBe(213);
    expect((await launch({ runId: 'r' })).exitCode).toBe(213);
    expect(starts()).toBe(1);
  });

  test('takes no run for interrupted when the agent is too old to tell commands', async () => {
    expect((await launch({ runId: 'r' })).exitCode).toBe(0);
    expect((await launch({ runId: 'r' })).exitCode).toBe(213);
  });

  test('has the command on the disk before it starts anything', async () => {
    const PATH = pathWith({ dd: `[ ! -e '${launchpad.folder}/starts' ] && echo "$*" >'${launchpad.folder}/dd' && exec ${find('dd')} "$@"` });
    expect(await launch({ runId: 'r', agent: { PATH, SSM_COMMAND_ID: 'c-1' } })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(readFileSync(join(launchpad.folder, 'dd'), 'utf8')).toBe(`of=${marks}/r/command conv=fsync\n`);
    expect(readFileSync(join(marks, 'r/command'), 'utf8')).toBe('c-1\n');
  });

  test('does with a dd that knows no fsync', async () => {
    const PATH = pathWith({ dd: 'echo "dd: usage" >&2; exit 1', sync: `cp '${marks}/r/command' '${launchpad.folder}/synced'` });
    const agent = { PATH, SSM_COMMAND_ID: 'c-1' };
    expect(await launch({ runId: 'r', agent })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(readFileSync(join(launchpad.folder, 'synced'), 'utf8')).toBe('c-1\n');
    expect((await launch({ runId: 'r', agent })).exitCode).toBe(214);
  });

  test.each([
    ['of the command, where the disk does not take it', {}, { dd: `${find('dd')} "$@"; exit 1` }, 'state/Job/runs/r/command'],
    ['of the script, where there is no room for it', { under: NO_ROOM }, {}, 'state\\.cbj/\\d+/_script.sh'],
  ])('starts nothing without the file %s, and may come again', async (_what, options, programs, file) => {
    const ended = await launch({ ...options, runId: 'r', agent: { PATH: pathWith(programs), SSM_COMMAND_ID: 'c-1' } });
    expect(ended).toMatchObject({ exitCode: 215, stdout: Buffer.from('') });
    expect(ended.stderr).toMatch(new RegExp(`^cots-batch-job: not started: cannot write ${launchpad.folder}/${file}\n$`));
    expect(starts()).toBe(0);
    expect(existsSync(marks) ? readdirSync(marks) : []).toEqual([]);
    expect((await launch({ runId: 'r' })).exitCode).toBe(0);
  });

  test('takes a run for interrupted whose mark has no command', async () => {
    ['none', 'empty'].forEach((run) => mkdirSync(join(marks, run), { recursive: true }));
    writeFileSync(join(marks, 'empty/command'), '');
    const ended = await Promise.all(['none', 'empty'].flatMap((runId) =>
      [{ SSM_COMMAND_ID: 'c-1' }, undefined].map((agent) => launch({ runId, agent }))));
    expect(ended.map(({ exitCode }) => exitCode)).toEqual([214, 214, 214, 214]);
    expect(starts()).toBe(0);
  });

  test('waits for a command that is about to be written', async () => {
    mkdirSync(join(marks, 'r'), { recursive: true });
    const second = launch({ runId: 'r', agent: { SSM_COMMAND_ID: 'c-2' } });
    await setTimeout(500);
    writeFileSync(join(marks, 'r/command'), 'c-1\n');
    expect((await second).exitCode).toBe(213);
  });

  test('forgets runs after a month, and only those', async () => {
    mkdirSync(marks, { recursive: true });
    for (const [run, days] of Object.entries({ old: MARK_DAYS + 2, recent: MARK_DAYS - 1, again: MARK_DAYS + 2 })) {
      mkdirSync(join(marks, run));
      writeFileSync(join(marks, run, 'command'), '\n');
      const then = new Date(Date.now() - days * DAY_MS);
      utimesSync(join(marks, run), then, then);
    }
    expect((await launch({ runId: 'again' })).exitCode).toBe(213);
    expect((await launch({ runId: 'now' })).exitCode).toBe(0);
    expect(readdirSync(marks).sort()).toEqual(['now', 'recent']);
  });

  test('keeps its marks to itself', async () => {
    await launch({ runId: 'r' });
    for (const folder of ['.', 'Job', 'Job/runs']) {
      expect((statSync(join(launchpad.state, folder)).mode % 0o1000).toString(8)).toBe('700');
    }
  });

  test.each([
    ['the folder of marks', '.'],
    ['the folder of the job\'s marks', 'Job/runs'],
    ['the mark', 'Job/runs/r'],
  ])('starts nothing when it cannot make %s', async (_, path) => {
    // A file in the way stops root, too, as a full or read-only disk does.
    const blocked = join(launchpad.state, path);
    mkdirSync(join(blocked, '..'), { recursive: true });
    writeFileSync(blocked, '');

    const ended = await launch({ runId: 'r' });
    expect(ended.exitCode).toBe(215);
    expect(ended.stderr).toMatch(/^cots-batch-job: not started: mkdir: /);
    expect(starts()).toBe(0);
  });
});

import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireWorkDir, WorkDir } from '../../src/local/run/work-dir';
import { endless, Ended, start } from '../local/cli/command-line';
import { sampleApp } from '../local/run/sample-app';
import { removeFolders, temporaryFolder } from '../local/run/synthesized-app';
import { eventually, isAlive } from '../local/services/ssm/rig';

// Attacker: another user of this machine.
// Way: a folder that is prepared for a run to write to, for its scripts are run from there; or one that a run has left, for what is in it.
// Must hold: a run writes only where nobody else can, others cannot read it, and nothing is left but the folder that is named.

afterAll(removeFolders);

describe('a folder in which others may write is refused', () => {
  /** A folder that belongs to root, as long as the tests do not: there is one on every machine. */
  const foreign = (): string => {
    if (process.getuid?.() !== 0) {
      return '/usr';
    }
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'foreign'));
    // In a folder of this test.
    chownSync(join(folder, 'foreign'), 65_534, 65_534);
    return join(folder, 'foreign');
  };
  const withMode = (mode: number, below = ''): string => {
    const folder = temporaryFolder();
    chmodSync(folder, mode);
    return join(folder, below);
  };
  const link = (): string => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'real'));
    symlinkSync('real', join(folder, 'link'));
    return join(folder, 'link');
  };

  test.each<[string, () => string, string]>([
    ['of another user', foreign, '--work-dir must belong to you, got '],
    ['that is a link', link, '--work-dir must not be a symbolic link, got '],
    ['that is a link, with a slash at its end', () => `${link()}/`, '--work-dir must not be a symbolic link, got '],
    ['that everybody can write to', () => withMode(0o777), '--work-dir must not be writable by others, got '],
    ['that everybody can write to, if sticky', () => withMode(0o1777), '--work-dir must not be writable by others, got '],
    ['that a group can write to', () => withMode(0o770), '--work-dir must not be writable by others, got '],
    ['that everybody can replace', () => withMode(0o777, 'work'), '--work-dir must not be where everybody can replace it, got '],
    ['that everybody can replace further up', () => withMode(0o777, 'not/there/yet'), '--work-dir must not be where everybody can replace it, got '],
  ])('%s', (_, folder, message) => {
    const given = folder();
    expect(() => requireWorkDir(given)).toThrow(`${message}'${given}'`);
    expect(() => WorkDir.open(given)).toThrow(`${message}'${given}'`);
  });

  test('by the command line, before it writes anything', async () => {
    const folder = withMode(0o777);
    for (const command of [['run', sampleApp()], ['ssm']]) {
      expect(await start([...command, '--work-dir', folder]).ended).toEqual({
        code: 2, stdout: '', stderr: `cots-batch-job: --work-dir must not be writable by others, got '${folder}', which has the mode 0777: chmod go-w\n`,
      });
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  test('and one of its own is taken, or made for nobody else', () => {
    const folder = temporaryFolder();
    expect(WorkDir.open(folder).folder).toBe(folder);
    expect(statSync(WorkDir.open(join(folder, 'a/b')).folder).mode % 0o1000).toBe(0o700);
    expect(statSync(join(folder, 'a')).mode % 0o1000).toBe(0o700);
  });
});

test('others cannot read what a run writes to a folder that they can open; scripts have the umask of the agent', async () => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  const { code } = await start(['run', writingApp(), '--speed', '50', '--work-dir', folder]).ended;

  expect(code).toBe(0);
  expect(readdirSync(folder).sort()).toEqual(['agents', 'commands', 'functions', 'instances']);
  for (const name of readdirSync(folder)) {
    expect([name, lstatSync(join(folder, name)).mode % 0o100]).toEqual([name, 0]);
  }
  expect(readFileSync(join(folder, 'instances', 'umask'), 'utf8')).toBe('0022\n');
}, 60_000);

/** An app whose script writes beside the folder of its server. */
function writingApp(): string {
  const inputs = { runCommand: ['umask >"$(dirname "$(dirname "$COTS_BATCH_JOB_STATE")")/umask"'] };
  const content = { schemaVersion: '2.2', parameters: { exit: { type: 'String' } }, mainSteps: [{ action: 'aws:runShellScript', name: 'run', inputs }] };
  return sampleApp({ resources: { Document: { Type: 'AWS::SSM::Document', Properties: { DocumentType: 'Command', Content: content } } } });
}

describe('what is left in the temporary folder', () => {
  let temporary: string;
  beforeEach(() => {
    temporary = realpathSync(temporaryFolder());
  });

  const run = (args: string[], preload: string[] = []) => start(args, preload, { TMPDIR: temporary });
  const left = (): string[] => readdirSync(temporary).map((name) => join(temporary, name));
  const theOne = (): string => {
    expect(left()).toHaveLength(1);
    return left()[0];
  };

  test('nothing, after a success, and the summary says so', async () => {
    const { code, stdout } = await run(['run', sampleApp(), '--speed', '50', '--input', '{"exit":0}']).ended;
    expect({ code, left: left() }).toEqual({ code: 0, left: [] });
    expect(stdout).toContain('Logs        removed, because the run succeeded; --keep keeps them\n');
  });

  test('nothing, after a success for a program', async () => {
    const { stdout } = await run(['run', sampleApp(), '--speed', '50', '--json', '--input', '{"exit":0}']).ended;
    expect(left()).toEqual([]);
    expect(JSON.parse(stdout)).toHaveProperty('workDir', null);
  });

  test.each([
    ['a success that is to be kept', ['--keep', '--input', '{"exit":0}'], 0],
    ['a failure', ['--input', '{"exit":3}'], 1],
  ])('one folder that the summary names, for the present user only, after %s', async (_, args, expected) => {
    const { code, stdout, stderr } = await run(['run', sampleApp(), '--speed', '50', ...args]).ended;
    expect({ code, stderr }).toEqual({ code: expected, stderr: '' });
    expect(stdout).toContain(`Logs        ${theOne()}\n`);
    expect(statSync(theOne()).mode % 0o1000).toBe(0o700);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('one folder that is named, after %s', async (signal) => {
    const { cdkOut, pid } = endless(sampleApp);
    const { child, ended } = run(['run', cdkOut]);
    await pid();
    child.kill(signal);
    expect((await ended).stdout).toContain(`Logs        ${theOne()}\n`);
  });

  test('one folder that is named, and no program, after a crash', async () => {
    const crash = join(temporaryFolder(), 'crash.js');
    const go = join(temporaryFolder(), 'go');
    writeFileSync(crash, `const { existsSync } = require('fs');
      if (process.argv[1].includes('assets/local/cli')) {
        setInterval(() => { if (existsSync(${JSON.stringify(go)})) { throw new Error('a \\u001b[2Jmistake'); } }, 50).unref();
      }`);
    const { cdkOut, pid } = endless(sampleApp);
    const { ended } = run(['run', cdkOut], [crash]);
    const program = await pid();
    writeFileSync(go, '');
    const { code, stderr } = await ended;
    expect(code).toBe(1);
    expect(stderr).toContain('cots-batch-job: Error: a mistake\n');
    expect(stderr).toContain(`The logs are kept in ${theOne()}\n`);
    await eventually(async () => expect(isAlive(program)).toBe(false));
  });

  const untilItAnswers = async ({ child, ended }: ReturnType<typeof run>): Promise<Ended> => {
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    child.kill('SIGTERM');
    return ended;
  };

  test('nothing, after ssm, unless it is to be kept', async () => {
    expect((await untilItAnswers(run(['ssm']))).code).toBe(0);
    expect(left()).toEqual([]);
    const { stderr } = await untilItAnswers(run(['ssm', '--keep']));
    expect(stderr).toContain(`Scripts and their output are in ${theOne()}.`);
  });

  test('nothing, where nothing could be run', async () => {
    const taken = run(['ssm']);
    const text = await new Promise<string>((resolve) => taken.child.stdout?.once('data', (chunk) => resolve(String(chunk))));
    const port = /127\.0\.0\.1:(\d+)/.exec(text)![1];
    expect(await run(['ssm', '--port', port]).ended).toMatchObject({ code: 2, stderr: `cots-batch-job: --port must be free, got '${port}'\n` });
    taken.child.kill('SIGTERM');
    await taken.ended;
    expect(await run(['run', sampleApp(), '--job', 'None']).ended).toMatchObject({ code: 2 });
    expect(left()).toEqual([]);
  });
});

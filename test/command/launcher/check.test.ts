import { chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKED_WORDS } from '../../../src/command/launcher/check';
import { OutputRules } from '../../../src/command/launcher/output-rules';
import { kill, LaunchOptions, Launchpad, NO_ROOM, ORPHAN, USER, variables } from '../../support/launch';
import { find, SHELL_NAMES } from '../../support/shells';

const SECRET = { name: 'PASSWORD', arn: 'arn:aws:secretsmanager:eu-south-1:123456789012:secret:db-AbCdEf' };
const RULES: OutputRules = { failOnOutput: ['^ORA-'], requireOutput: ['^Done'], successExitCodes: [0] };
const AT_ONCE = { waitSeconds: 0 };

describe.each(SHELL_NAMES)('%s', (name) => {
  let launchpad: Launchpad;
  let tools: string;
  let left: number[];
  beforeEach(() => {
    launchpad = new Launchpad();
    tools = join(launchpad.folder, 'tools');
    mkdirSync(tools);
    // The empty folder of scripts stays.
    mkdirSync(`${launchpad.state}.cbj`);
    left = [];
  });
  afterEach(() => {
    left.forEach((pid) => kill(pid));
    launchpad.remove();
  });

  const path = () => `${launchpad.shell(name).bin}:${tools}:${process.env.PATH}`;
  const aws = (does: string) => {
    writeFileSync(join(tools, 'aws'), `#!/bin/sh\n${does}\n`);
    chmodSync(join(tools, 'aws'), 0o755);
  };
  const launch = async ({ agent, ...options }: LaunchOptions = {}) => {
    const { stdout, ...ended } = await launchpad.launch({
      sh: launchpad.shell(name), runId: 'tonight', script: `touch '${launchpad.folder}/started'`, agent: { PATH: path(), ...agent }, ...options,
    });
    return { ...ended, stdout: stdout.toString() };
  };
  const check = async (options: LaunchOptions = {}) => launch({ check: 'yes', ...options });
  /** All that is on the disk of the instance, but for the folders of the agent. */
  const disk = () => (readdirSync(launchpad.folder, { recursive: true }) as string[]).sort()
    .filter((file) => !/^command-[^/]*(\/_script\.sh)?$/.test(file)).map((file) => `${file} ${statSync(join(launchpad.folder, file)).mode.toString(8)}`);
  const hold = async (script: string) => {
    const child = launchpad.start({ sh: launchpad.shell(name), lock: AT_ONCE, script, runId: 'other' });
    left.push(-child.pid);
    const line = await new Promise<string>((resolve) => child.stdout.once('data', (data) => resolve(data.toString())));
    left.push(Number(line));
    return child;
  };

  test.each<[string, () => LaunchOptions]>([
    ['a script', () => ({})],
    ['another user', () => ({ runAs: USER })],
    ['a folder', () => ({ workingDirectory: '/usr/bin', runAs: USER })],
    ['a lock', () => ({ lock: AT_ONCE })],
    ['a lock that runs wait for', () => ({ lock: { waitSeconds: 0, programSeconds: 3600 }, executionTimeout: '900' })],
    ['rules for the output, of which one asks for a line', () => ({ outputRules: RULES, lock: AT_ONCE })],
    ['a value', () => ({ variables: variables({ DAY: '2027-01-01' }) })],
    ['a secret', () => ({ secrets: [SECRET] })],
    ['all of them', () => ({
      runAs: USER, workingDirectory: '/usr/bin', lock: { waitSeconds: 60 }, outputRules: RULES, variables: variables({ DAY: 'x' }), secrets: [SECRET],
    })],
  ])('passes where a run would start, and leaves nothing behind: %s', async (_, options) => {
    aws('echo \'"hunter2"\'');
    const before = disk();
    expect(await check(options())).toEqual({ exitCode: 0, stdout: `${CHECKED_WORDS}\n`, stderr: '' });
    expect(disk()).toEqual(before);
    // Neither a mark nor a lock of it is in the way of the run, which starts for real.
    const run = await launch(options());
    expect(run.exitCode).toBe(options().outputRules ? 211 : 0);
    expect(disk().some((line) => line.startsWith('started '))).toBe(true);
  });

  test.each<[string, string, () => LaunchOptions]>([
    ['no such user', 'cannot run as user nobody-here', () => ({ runAs: 'nobody-here' })],
    ['no such folder', 'cannot enter folder /opt/no such', () => ({ workingDirectory: '/opt/no such' })],
    ['no such shell', 'there is no /opt/ksh', () => ({ shell: '/opt/ksh' })],
    ['an interpreter that is none', 'cannot execute ', () => {
      writeFileSync(join(tools, 'broken'), 'text', { mode: 0o755 });
      return { shell: join(tools, 'broken') };
    }],
    ['a value that is missing', 'the run has no value for parameter DAY', () => ({ parameterNames: ['DAY'] })],
    ['a value of no parameter', 'the job has no parameter PATH', () => ({ parameterNames: ['DAY'], variables: 'PATH=eA==' })],
    ['no room', 'there is no room for the mark of the run in ', () => ({ under: NO_ROOM })],
    ['a file in place of the state folder', 'not started: mkdir: ', () => {
      writeFileSync(launchpad.state, '');
      return {};
    }],
    ['a folder of scripts that others can write to', 'must be a folder that only ', () => {
      chmodSync(`${launchpad.state}.cbj`, 0o777);
      return {};
    }],
    ['a secret that cannot be read', 'secret PASSWORD (arn:aws:secretsmanager:eu-south-1:123456789012:secret:db-AbCdEf) cannot be read: AccessDenied', () => {
      aws('echo AccessDenied >&2; exit 254');
      return { secrets: [SECRET] };
    }],
    ['a rule that is none', 'failOnOutput must be an extended regular expression', () => ({ outputRules: { ...RULES, failOnOutput: ['a('] } })],
    ['too late', 'too late: it had to begin before 2001-', () => ({ startBefore: '1000000000' })],
  ])('fails where a run would, with its reason, and leaves nothing behind: %s', async (_, reason, options) => {
    const given = options();
    const before = disk();
    for (const more of [{}, { lock: AT_ONCE }, ...given.outputRules ? [] : [{ outputRules: RULES }], ...given.runAs ? [] : [{ runAs: USER }]]) {
      const { exitCode, stdout, stderr } = await check({ ...given, ...more });
      expect({ exitCode, stdout }).toEqual({ exitCode: 215, stdout: '' });
      expect(stderr).toMatch(/(^|\n)cots-batch-job: not started: [^\n]*\n$/);
      expect(stderr).toContain(reason);
      expect(disk()).toEqual(before);
    }
  });

  test('fails where there is no flock', async () => {
    const bin = join(launchpad.folder, 'bin');
    mkdirSync(bin);
    for (const tool of ['sh', 'id', 'cat', 'base64', 'mkdir', 'chmod', 'rm', 'dd', 'find', 'sleep']) {
      symlinkSync(find(tool)!, join(bin, tool));
    }
    const { exitCode, stderr } = await check({ sh: { name, bin }, agent: { PATH: bin }, lock: AT_ONCE, shell: '/bin/sh' });
    expect([exitCode, stderr]).toEqual([215, 'cots-batch-job: not started: there is no flock, which the job\'s overlapPolicy needs\n']);
  });

  test('a program that runs is no failure, and is not waited for', async () => {
    await hold('echo $$\nexec sleep 600');
    const before = disk();
    expect(await check({ lock: { waitSeconds: 500 } })).toMatchObject({ exitCode: 0, stdout: `${CHECKED_WORDS}\n` });
    expect(await check({ lock: { waitSeconds: 0, programSeconds: 600 }, executionTimeout: '900' })).toMatchObject({ exitCode: 0 });
    expect(disk()).toEqual(before);
    expect((await launch({ lock: AT_ONCE })).exitCode).toBe(212);
  });

  test('what another run has left behind is a failure', async () => {
    const child = await hold(ORPHAN);
    kill(-child.pid);
    await child.exitCode;
    const before = disk();
    const { exitCode, stderr } = await check({ lock: AT_ONCE });
    expect(exitCode).toBe(215);
    expect(stderr).toContain('is held by what another run has left behind: run other of ');
    expect(disk()).toEqual(before);
  }, 30_000);

  test('is in the way of no run that starts at the same time', async () => {
    await launch({ lock: AT_ONCE, runId: 'before' });
    const ended = await Promise.all([
      ...Array.from({ length: 8 }, async () => check({ lock: AT_ONCE })),
      launch({ lock: AT_ONCE }),
    ]);
    expect(ended.map(({ exitCode }) => exitCode)).toEqual(Array.from({ length: 9 }, () => 0));
  }, 60_000);
});

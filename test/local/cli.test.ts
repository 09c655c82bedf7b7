import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parentOf, sampleApp } from './sample-app';
import { removeFolders, role, temporaryFolder } from './synthesized-app';

const ROOT = path.join(__dirname, '../..');
const CLI = path.join(ROOT, 'src/local/cli.ts');

afterAll(removeFolders);

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: string[], preload: string[] = []): { child: ReturnType<typeof spawn>; ended: Promise<Ended> } {
  const modules = ['ts-node/register/transpile-only', ...preload].flatMap((name) => ['-r', name]);
  const child = spawn(process.execPath, [...modules, CLI, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return { child, ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr }))) };
}

const cli = async (...args: string[]): Promise<Ended> => start(args).ended;
const run = async (app: string, ...args: string[]): Promise<Ended> =>
  cli('run', app, '--speed', '50', '--work-dir', temporaryFolder(), ...args);

/** A module that makes Node not find the simulator. */
function withoutSimulator(): string {
  const file = path.join(temporaryFolder(), 'hide.js');
  fs.writeFileSync(
    file,
    `
    const Module = require('node:module');
    const resolve = Module._resolveFilename;
    Module._resolveFilename = (request, ...rest) => {
      if (request.startsWith('@cloud-copilot/')) throw Object.assign(new Error('hidden'), { code: 'MODULE_NOT_FOUND' });
      return resolve.call(Module, request, ...rest);
    };`,
  );
  return file;
}

describe('run', () => {
  test('exits with 0 after success, with a line for each state in 80 columns and no colours', async () => {
    const { code, stdout, stderr } = await run(sampleApp(), '--input', '{"exit":0}');

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^\+00:00 {2}Send command {6}running$/m);
    expect(stdout).toMatch(/^\+00:\d\d {2}Wait {14}10 s$/m);
    expect(stdout).toMatch(/^\+00:\d\d {4}i-[0-9a-f]{17} {2}Success$/m);
    expect(stdout).toMatch(/^\+00:\d\d {2}Get status {8}succeeded: 1 of 1 instances$/m);
    expect(stdout).toMatch(/^SUCCEEDED after \d+ s$/m);
    expect(stdout).not.toContain('\u001b');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('exits with 1 after failure, and shows why and the mail', async () => {
    const { code, stdout } = await run(sampleApp(), '--input', '{"exit":3}');

    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAILED after \d+ s: CotsBatchJob\.Failed\nthe batch program failed$/m);
    expect(stdout).toMatch(/^Exit code {3}3$/m);
    expect(stdout).toMatch(/^│ To {7}ops@example\.com\n│ Subject {2}Nightly index: failed$/m);
    expect(stdout).toMatch(/^│ Nightly index failed\.\n│\n│ What to try first: read the log\.$/m);
  });

  test('shows what is denied', async () => {
    const { code, stdout } = await run(sampleApp({ resources: { FunctionRole: role('lambda.amazonaws.com') } }));

    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^\+00:00 {4}denied {10}ssm:SendCommand\n {26}document\/App-Document-\w+\n {26}role\/App-FunctionRole-\w+$/m,
    );
    expect(stdout).toMatch(/^FAILED after .*AccessDeniedException\nUser:/m);
  });

  test('--json writes one document and nothing else', async () => {
    const { code, stdout, stderr } = await run(
      sampleApp(),
      '--json',
      '--param',
      'NAME=a=b',
      '--poll-interval',
      '30',
      '--input',
      '{"exit":3,"parameters":{"OTHER":"c"}}',
    );

    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      job: 'App/NightlyIndex',
      status: 'FAILED',
      error: 'CotsBatchJob.Failed',
      notifications: [{ subject: 'Nightly index: failed' }],
    });
    expect(result.history[0].input).toEqual({ exit: 3, parameters: { OTHER: 'c', NAME: 'a=b' }, pollIntervalSeconds: 30 });
  });

  test('ends what it has started when it is interrupted', async () => {
    const { child, ended } = start(['run', sampleApp({ wait: 86_400 }), '--work-dir', temporaryFolder()]);
    child.stdout?.on('data', (chunk) => {
      if (String(chunk).includes('Wait')) child.kill('SIGINT');
    });

    const { code, stdout } = await ended;

    expect(code).toBe(1);
    expect(stdout).toMatch(/^ABORTED after .*LocalRun\.Stopped\nstopped at the terminal$/m);
  });
});

describe('policies without the simulator', () => {
  test('are not checked, and one line says so', async () => {
    const { code, stdout } = await start(
      ['run', sampleApp(), '--speed', '50', '--work-dir', temporaryFolder()],
      [withoutSimulator()],
    ).ended;

    expect(code).toBe(0);
    expect(stdout.replace(/\n/g, ' ')).toContain(
      'Note: policies are not checked; to check them: npm install --save-dev @cloud-copilot/iam-simulate',
    );
    expect(stdout).toMatch(/^Policies {4}not checked$/m);
  });

  test('are an error when they must be checked', async () => {
    expect(await start(['run', sampleApp(), '--authorize'], [withoutSimulator()]).ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('--authorize needs the package @cloud-copilot/iam-simulate, which is not installed'),
    });
  });
});

describe('exits with 2 and says why', () => {
  test.each<[string, string[], string]>([
    ['an unknown option', ['run', 'cdk.out', '--fast'], "cots-batch-job: unknown option '--fast'"],
    ['a folder that does not exist', ['run', '/nowhere/cdk.out'], 'cots-batch-job: /nowhere/cdk.out has no manifest.json'],
    ['an ambiguous job', ['run', sampleApp({ resources: parentOf('startExecution') })], '\n  App/NightlyIndex\n  App/Nightly\n'],
  ])('for %s', async (_, args, message) => {
    const { code, stdout, stderr } = await cli(...args);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('and how to use it, without a command', async () => {
    expect(await cli()).toMatchObject({ code: 2, stdout: expect.stringContaining('Usage') });
  });
});

test('--help and --version explain themselves', async () => {
  const [help, version] = await Promise.all([cli('run', '--help'), cli('--version')]);

  expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('Examples') });
  expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});

test('ssm says its address first, answers, and ends when it is told to', async () => {
  const { child, ended } = start(['ssm', '--work-dir', temporaryFolder()]);
  const url = await new Promise<string>((resolve) =>
    child.stdout?.once('data', (chunk) => resolve(String(chunk).split('\n')[0])),
  );

  const response = await fetch(url, { method: 'POST', headers: { 'X-Amz-Target': 'AmazonSSM.ListCommands' }, body: '{}' });
  child.kill('SIGTERM');

  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await response.json()).toEqual({ Commands: [] });
  expect((await ended).code).toBe(0);
});

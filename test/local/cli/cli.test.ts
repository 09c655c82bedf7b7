import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ListCommandsCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { CLI, endless, Ended, endlessProgram, start } from './command-line';
import { closingApp } from '../run/closing-app';
import { parentOf, sampleApp } from '../run/sample-app';
import { removeFolders, role, stateMachine, synthesize, temporaryFolder, TestResource } from '../run/synthesized-app';
import { eventually, isAlive } from '../services/ssm/rig';

afterAll(removeFolders);

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
    expect(stdout).toMatch(/^\+00:\d\d {2}Send command {6}running$/m);
    expect(stdout).toMatch(/^\+00:\d\d {2}Wait {14}10 s$/m);
    expect(stdout).toMatch(/^\+00:\d\d {4}i-[0-9a-f]{17} {2}Success$/m);
    expect(stdout).toMatch(/^\+00:\d\d {2}Get status {8}succeeded: 1 of 1 instances$/m);
    expect(stdout).toMatch(/^SUCCEEDED after \d+ s \(\d+ s of real time\)$/m);
    expect(stdout).not.toContain('\u001b');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('exits with 1 after failure, and shows why and the mail', async () => {
    const { code, stdout } = await run(sampleApp(), '--input', '{"exit":3}');

    expect(code).toBe(1);
    expect(stdout).toMatch(/^FAILED after \d+ s \(\d+ s of real time\): CotsBatchJob\.Failed\nthe batch program failed$/m);
    expect(stdout).toMatch(/^Exit code {3}3$/m);
    expect(stdout).toMatch(/^│ To {7}ops@example\.com\n│ Subject {2}Nightly index: failed$/m);
    expect(stdout).toMatch(/^│ Nightly index failed\.\n│\n│ What to try first: read the log\.$/m);
  });

  test('shows what is denied', async () => {
    const { code, stdout } = await run(sampleApp({ resources: { FunctionRole: role('lambda.amazonaws.com') } }));

    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^\+00:\d\d {4}denied {10}ssm:SendCommand\n {26}document\/App-Document-\w+\n {26}role\/App-FunctionRole-\w+$/m,
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

  test('--json has the same fields for success and failure, and what the job reports', async () => {
    const [succeeded, failed] = await Promise.all([0, 3].map(async (exit) =>
      JSON.parse((await run(sampleApp(), '--json', '--keep', '--input', JSON.stringify({ exit }))).stdout)));

    expect(Object.keys(succeeded)).toEqual(Object.keys(failed));
    expect(Object.keys(succeeded.calls[0])).toEqual(Object.keys(failed.calls[0]));
    const [success, failure] = [{ outcome: 'Succeeded', exitCode: 0 }, { outcome: 'Failed', exitCode: 3 }];
    expect(succeeded).toMatchObject({ status: 'SUCCEEDED', error: null, cause: null, result: success, output: success, speed: 50 });
    expect(failed).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed', cause: 'the batch program failed', result: failure, output: null });
    for (const { workDir, commands: [{ folder, steps, instances }], realSeconds, durationSeconds } of [succeeded, failed]) {
      const [instanceId] = Object.keys(instances);
      expect(fs.readFileSync(path.join(workDir, folder, instanceId, steps[0], 'stdout'), 'utf8')).toBe('ran\n');
      expect(realSeconds).toBeLessThan(durationSeconds);
    }
  });

  test('shows what the program prints between the lines of its time, before the end of the script, unless it is to be quiet', async () => {
    const [shown, quiet] = await Promise.all([run(sampleApp()), run(sampleApp(), '--quiet')]);

    expect(shown.stdout).toMatch(/InProgress\n(\+.*\n)* {8}│ ran\n(\+.*\n)*\+00:\d\d {4}i-\w+ {2}Success\n/);
    expect(quiet.stdout).toMatch(/Success\n/);
    expect(quiet.stdout).not.toContain('│ ran');
  });

  test('says at the start and at the end what its times are, and has no line that changes where nobody looks', async () => {
    const { stdout } = await run(sampleApp());

    expect(stdout).toMatch(/^Times are the run's own: while it only waits, 50 s pass in 1 s \(--speed 50\)\.\n\+00:/);
    expect(stdout).not.toMatch(/\r|passed/);
  });

  test('names the files of the output of a script that failed', async () => {
    const { stdout } = await run(sampleApp(), '--input', '{"exit":3}');

    const [, workDir] = /^Logs {8}(.*)$/m.exec(stdout)!;
    const [, file] = /^ {12}(commands\/.*\/stderr)$/m.exec(stdout)!;
    expect(fs.readFileSync(path.join(workDir, file), 'utf8')).toBe('failed to run commands: exit status 3');
  });
});

/** A function that never ends, and says so when it has begun. */
const HANGS = (begun: string): string => `exports.handler = async () => {
  require('fs').writeFileSync(${JSON.stringify(begun)}, '');
  return new Promise((resolve) => setTimeout(resolve, 2 ** 31 - 1));
};`;

describe('what the command line has started ends', () => {
  test('in good order when it is interrupted, and it says so at once', async () => {
    const { cdkOut, pid } = endless(sampleApp);
    const { child, ended } = start(['run', cdkOut, '--work-dir', temporaryFolder()]);
    const program = await pid();
    child.kill('SIGINT');

    const { code, stdout, stderr } = await ended;

    expect({ code, stderr }).toEqual({ code: 1, stderr: 'Stopping the programs; Ctrl-C again ends without waiting.\n' });
    expect(stdout).toMatch(/^ABORTED after .*LocalRun\.Stopped\nstopped at the terminal$/m);
    await eventually(async () => expect(isAlive(program)).toBe(false));
  });

  test('without waiting when it is interrupted again', async () => {
    const begun = path.join(temporaryFolder(), 'begun');
    const { cdkOut, pid } = endless((options) => closingApp({ ...options, handler: HANGS(begun) }));
    const { child, ended } = start(['run', cdkOut, '--work-dir', temporaryFolder()]);
    const program = await pid();
    child.kill('SIGINT');
    await eventually(async () => expect(fs.existsSync(begun)).toBe(true));
    // Until it counts as another one.
    const again = setInterval(() => child.kill('SIGINT'), 100);

    const { code, stdout } = await ended;
    clearInterval(again);

    expect(code).toBe(1);
    expect(stdout).not.toMatch(/^ABORTED/m);
    await eventually(async () => expect(isAlive(program)).toBe(false));
  });

  test('quietly when nobody reads its output any more', async () => {
    const { cdkOut, pid } = endless(sampleApp);
    const { child, ended } = start(['run', cdkOut, '--work-dir', temporaryFolder()]);
    const program = await pid();
    child.stdout?.destroy();

    expect(await ended).toMatchObject({ code: 1, stderr: '' });
    await eventually(async () => expect(isAlive(program)).toBe(false));
  });

  describe('when who has started it was ended', () => {
    /** As npx does: its shell waits, and a signal to npx ends the shell alone. */
    async function orphan(environment: NodeJS.ProcessEnv): Promise<number> {
      const { cdkOut, pid } = endless(sampleApp);
      const shell = spawn('sh', ['-c', '"$@"; exit $?', 'sh', process.execPath, CLI, 'run', cdkOut, '--work-dir', temporaryFolder()], {
        env: { ...process.env, npm_command: undefined, JSII_AGENT: undefined, ...environment }, stdio: 'ignore',
      });
      const program = await pid();
      shell.kill('SIGTERM');
      return program;
    }

    test.each([['npx', { npm_command: 'exec' }], ['another language', { JSII_AGENT: 'Python/3.12' }]])('for a person: %s', async (_, environment) => {
      const program = await orphan(environment);
      await eventually(async () => expect(isAlive(program)).toBe(false));
    });

    test('but not when a shell has left it in the background', async () => {
      const program = await orphan({});
      await new Promise((resolve) => setTimeout(resolve, 2000));
      expect(isAlive(program)).toBe(true);
      process.kill(program, 'SIGKILL');
    });
  });

  test('of ssm, too', async () => {
    const { child, ended } = start(['ssm', '--work-dir', temporaryFolder()]);
    const { commands, pid } = endlessProgram();
    await clientOf(await exported(child)).send(new SendCommandCommand({
      DocumentName: 'AWS-RunShellScript', InstanceIds: ['i-0123456789abcdef0'], Parameters: { commands },
    }));
    const program = await pid();
    child.kill('SIGHUP');

    expect((await ended).code).toBe(0);
    await eventually(async () => expect(isAlive(program)).toBe(false));
  });
});

/** An app with a job whose script needs flock. */
function lockingApp(): string {
  const mainSteps = [{ action: 'aws:runShellScript', name: 'run', inputs: { runCommand: ['command -v flock || exit 215'] } }];
  const Properties = { DocumentType: 'Command', Content: { schemaVersion: '2.2', mainSteps } };
  return synthesize({
    App: {
      Resources: {
        Document: { Type: 'AWS::SSM::Document', Properties },
        Job: settingsOnly({ Ref: 'Document' }),
      },
    },
  });
}

/** A state machine that has a job's document in its settings, and does nothing. */
function settingsOnly(name: unknown): TestResource {
  const settings = { Type: 'Pass', Parameters: { job: { document: { name } } }, End: true };
  return stateMachine({ StartAt: 'Job settings', States: { 'Job settings': settings } }, { path: 'App/Nightly/StateMachine/Resource' });
}

test('a note says at the start which document the local run does not have', async () => {
  const { stdout } = await run(sampleApp({ resources: { Job: settingsOnly('AWS-RunAnsiblePlaybook') } }));

  expect(stdout).toMatch(/^Note: the document AWS-RunAnsiblePlaybook is not in the template\./m);
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
    [
      'a job that needs what this machine has not',
      ['run', lockingApp()],
      'cots-batch-job: App/Nightly needs the program flock, for its overlapPolicy',
    ],
    ['an ambiguous job', ['run', sampleApp({ resources: parentOf('startExecution') })], '\n  App/NightlyIndex\n  App/Nightly\n'],
  ])('for %s', async (_, args, message) => {
    const temporary = temporaryFolder();
    const { code, stdout, stderr } = await start(args, [], { TMPDIR: temporary, PATH: temporary }).ended;

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    // Tools have caches of their own there.
    expect(fs.readdirSync(temporary).filter((name) => name.startsWith('cots-batch-job'))).toEqual([]);
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

/** What `ssm` prints for a shell, as a shell reads it. */
async function exported(child: ReturnType<typeof spawn>): Promise<NodeJS.ProcessEnv> {
  const lines = await new Promise<string>((resolve) => child.stdout?.once('data', (chunk) => resolve(String(chunk))));
  const env = { PATH: process.env.PATH, AWS_SESSION_TOKEN: 'of another key', AWS_PROFILE: 'of another key' };
  const { stdout } = spawnSync('sh', ['-c', `${lines}\nexec "$0" -p 'JSON.stringify(process.env)'`, process.execPath], { env, encoding: 'utf8' });
  return JSON.parse(stdout) as NodeJS.ProcessEnv;
}

function clientOf(env: NodeJS.ProcessEnv): SSMClient {
  return new SSMClient({
    endpoint: env.AWS_ENDPOINT_URL,
    region: env.AWS_REGION,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID!, secretAccessKey: env.AWS_SECRET_ACCESS_KEY!, sessionToken: env.AWS_SESSION_TOKEN },
  });
}

test('ssm prints what a shell exports, answers, and ends when it is told to', async () => {
  const { child, ended } = start(['ssm', '--work-dir', temporaryFolder()]);
  const env = await exported(child);

  const { Commands } = await clientOf(env).send(new ListCommandsCommand({}));
  child.kill('SIGTERM');

  expect(env).toMatchObject({
    AWS_ENDPOINT_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1',
  });
  expect(env).not.toHaveProperty('AWS_PROFILE');
  expect(Commands).toEqual([]);
  expect((await ended).code).toBe(0);
});

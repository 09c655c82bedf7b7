import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { BatchCommand, CotsBatchJob, JobSecret } from '../../../src';
import { Masking } from '../../../src/local/services/secrets/masking';

const ROOT = join(__dirname, '../../..');

describe('cots-batch-job run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(() => {
    const app = new App({ outdir: join(folder, 'cdk.out') });
    const stack = new Stack(app, 'Stack');
    new CotsBatchJob(stack, 'Job', {
      instanceIds: ['i-0123456789abcdef0'],
      command: BatchCommand.shell('echo "got $DB_PASSWORD, ${#DB_PASSWORD} characters" >&2; exit 3'),
      secrets: { DB_PASSWORD: JobSecret.fromSecretsManager(Secret.fromSecretNameV2(stack, 'Database', 'db')) },
    });
    app.synth();
  });

  /** As it is released: `npx projen bundle` makes it. */
  const run = (args: string[], environment: NodeJS.ProcessEnv = {}) => spawnSync(process.execPath, [
    join(ROOT, 'assets/local/cli/index.js'), 'run', join(folder, 'cdk.out'), '--speed', '100', '--work-dir', join(folder, 'work'), ...args,
  ], { cwd: ROOT, encoding: 'utf8', env: { ...process.env, ...environment } });

  test.each<[string, string[], NodeJS.ProcessEnv]>([
    ['an option', ['--secret', 'DB_PASSWORD=hunter2=x'], { DB_PASSWORD: 'other' }],
    ['the environment', [], { DB_PASSWORD: 'hunter2=x' }],
    ['the environment, as JSON', ['--json'], { DB_PASSWORD: 'hunter2=x' }],
  ])('takes a secret from %s, and does not show it', (_, args, environment) => {
    const { status, stdout, stderr } = run(args, environment);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toContain('got ***, 9 characters');
    expect(stdout).not.toContain('hunter2');
  });

  test('does not show it in a page either', () => {
    run(['--html', join(folder, 'run.html'), '--secret', 'DB_PASSWORD=hunter2=x']);
    const page = readFileSync(join(folder, 'run.html'), 'utf8');
    expect(page).toContain('<pre>got ***, 9 characters');
    expect(page).not.toContain('hunter2');
  });

  test.each([
    ['a secret that has no value', [], 'Stack/Job needs a value for the secret DB_PASSWORD, which no instance reads here: set the environment variable DB_PASSWORD, or give --secret DB_PASSWORD=VALUE'],
    ['a name that is no secret', ['--secret', 'PASSWORD=hunter2'], '--secret must name a secret of the app (DB_PASSWORD), got \'PASSWORD\''],
    ['what is no name and value', ['--secret', 'hunter2'], '--secret must be NAME=VALUE'],
  ])('refuses %s, without the value', (_, args, message) => {
    expect(run(args)).toMatchObject({ status: 2, stdout: '', stderr: `cots-batch-job: ${message}\n` });
  });
});

describe('masking', () => {
  const masking = new Masking(['hunter2', 'hunt', 'a"b\nc', 'x']);

  test('hides values as they are and as JSON has them, the longest first; not what is too short to hide', () => {
    expect(masking.text('hunter2 hunt a"b\nc a\\"b\\nc x')).toBe('*** *** *** *** x');
  });

  test('hides what comes in parts, and holds back no more than it must', () => {
    const stream = new Masking(['hünter2', 'hü-x']).stream();
    const bytes = Buffer.from('ab hünter2 hünter3 hü');
    const parts = [...bytes].map((byte) => stream.write(Buffer.from([byte])));
    expect(parts[0].toString()).toBe('a');
    expect(Buffer.concat([...parts, stream.end(), stream.end()]).toString()).toBe('ab *** hünter3 hü');
  });
});

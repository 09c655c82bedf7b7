import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import { CfnInstanceProfile, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { BatchCommand, JobSecret, OverlapPolicy } from '../../src';
import { LocalRunResult, RunEvent } from '../../src/local/run/run-record';
import { LocalJob } from '../runs/local-job';
import { INSTANCE_ID, JobProps } from '../support/synth';

/**
 * Attacker: whoever can read a template, a document, a history, a trail, an event, a log, a mail, the list of processes of a server, or its
 * files, and is not root.
 * Way: reads them all, during a run and after it.
 * What must hold: the value of a secret is in the environment of the program and of what it starts, and nowhere else.
 */

const IS_ROOT = userInfo().uid === 0;
/** Others may run the same on this machine. */
const VALUES: { readonly [name: string]: string } = { DB_PASSWORD: `Zq7-${process.pid}$(id) "hunter" \n`, API_KEY: `k3y-${process.pid}\\n-äöü-{{ x }}` };

/** As it is, and as JSON, base64 or a URL has it. */
const FORMS = Object.values(VALUES).flatMap((value) => [
  value, value.trim(), JSON.stringify(value).slice(1, -1), Buffer.from(value).toString('base64').replace(/=+$/, ''), encodeURIComponent(value),
]);
const hasSecret = (text: string) => FORMS.some((form) => text.includes(form) || text.includes(Buffer.from(form).toString('latin1')));
const digest = (text: string) => createHash('sha256').update(text).digest('hex');

const PROGRAM = `
echo "program $$"
printf %s "$DB_PASSWORD" | sha256sum
printf %s "$API_KEY" | sha256sum
sleep 1 & wait
exit 3`;

const jobSecrets = (stack: Stack) => ({
  DB_PASSWORD: JobSecret.fromSecretsManager(new Secret(stack, 'Database'), { field: 'password' }),
  API_KEY: JobSecret.fromParameterStore(StringParameter.fromSecureStringParameterAttributes(stack, 'ApiKey', { parameterName: '/app/key' })),
});

/** Looks at all processes of this machine, as often as it can. */
class Sampler {
  public readonly commandLines = new Set<string>();
  /** Processes with a secret in their environment, each with its ancestors. */
  public readonly environments = new Map<number, number[]>();
  private readonly timer = setInterval(() => this.sample(), 5);

  public stop(): void {
    clearInterval(this.timer);
  }

  private sample(): void {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number)) {
      this.commandLines.add(read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '));
      if (hasSecret(read(`/proc/${pid}/environ`))) {
        this.environments.set(pid, ancestors(pid));
      }
    }
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function ancestors(pid: number): number[] {
  const parent = Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
  return [pid, ...parent > 1 ? ancestors(parent) : []];
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

let job: LocalJob | undefined;
const states: string[] = [];
afterEach(async () => {
  await job?.close();
  job = undefined;
  states.splice(0).forEach((state) => rmSync(state, { recursive: true }));
});

async function runJob(props: (stack: Stack) => JobProps, changeUsers = false, values = VALUES, path: string[] = []) {
  const events: RunEvent[] = [];
  // Another user can enter it, as /var/lib.
  const state = mkdtempSync(join(tmpdir(), 'state-'));
  chmodSync(state, 0o711);
  states.push(state);
  const other = changeUsers ? { environment: () => ({ COTS_BATCH_JOB_STATE: join(state, 'cbj') }), workingDirectory: () => '/' } : {};
  const ssm = { changeUsers, path, ...other };
  job = await LocalJob.open(props, { secretOf: (name) => values[name], onEvent: (event) => events.push(event), ssm });
  const result = await job.toEnd();
  return { result, events, folders: [join(result.workDir, '..'), state] };
}

const stderrOf = (result: LocalRunResult) => filesOf(join(result.workDir, 'commands')).filter((file) => file.endsWith('/stderr')).map(read).join('');

describe.each<[string, string | undefined]>([['the user of the agent', undefined], ...IS_ROOT ? [['another user', 'nobody'] as [string, string]] : []])(
  'a run as %s', (_, runAs) => {
    test.each([OverlapPolicy.ALLOW, OverlapPolicy.SKIP])('leaves no value of a secret anywhere but in the environment of the program (%s)', async (overlapPolicy) => {
      const sampler = new Sampler();
      const before = readdirSync(tmpdir());
      const { result, events, folders } = await runJob((stack) => ({
        command: BatchCommand.shell(PROGRAM, { runAs }), secrets: jobSecrets(stack), overlapPolicy,
      }), runAs !== undefined);
      sampler.stop();

      expect(result).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
      const mail = result.notifications[0].messages.email;
      // It did have them, whole, and the mail has what it printed.
      Object.values(VALUES).forEach((value) => expect(mail).toContain(digest(value)));
      const program = Number(/program (\d+)/.exec(mail)?.[1]);

      // The sampler has seen what there was to see.
      expect([...sampler.environments.keys()]).toContain(program);
      expect([...sampler.commandLines].some((line) => line.includes('secretsmanager get-secret-value'))).toBe(true);
      expect([...sampler.commandLines].filter(hasSecret)).toEqual([]);
      expect([...sampler.environments.values()].filter((pids) => !pids.includes(program))).toEqual([]);

      const files = folders.flatMap(filesOf);
      expect(files.some((file) => file.endsWith('.template.json'))).toBe(true);
      expect(files.filter((file) => hasSecret(read(file)))).toEqual([]);
      expect(hasSecret(JSON.stringify([result, events]))).toBe(false);
      // Nothing was masked: neither the launcher nor anything else had printed it.
      expect(JSON.stringify(result)).not.toContain('***');
      await job!.close();
      expect(readdirSync(tmpdir()).filter((name) => name.startsWith('cots-batch-job-aws-') && !before.includes(name))).toEqual([]);
    });
  });

test('what the program prints of it is masked in mails, results and files of the local run', async () => {
  const { result, folders } = await runJob((stack) => ({
    command: BatchCommand.shell('printf "key %s" "$API_KEY"; echo; printf "%s" "$DB_PASSWORD" >&2; exit 3'), secrets: jobSecrets(stack),
  }));
  expect(result.notifications[0].messages.email).toContain('key ***');
  expect(hasSecret(JSON.stringify(result))).toBe(false);
  expect(folders.flatMap(filesOf).filter((file) => hasSecret(read(file)))).toEqual([]);
});

test('a value that begins like the words of the agent takes nothing from them', async () => {
  const { result } = await runJob((stack) => ({ command: BatchCommand.shell('exit 3'), secrets: jobSecrets(stack) }), false, {
    DB_PASSWORD: '3-abcdef', API_KEY: 'status 3 or 4',
  });
  expect(stderrOf(result)).toMatch(/failed to run commands: exit status 3$/);
  expect(result.notifications[0].messages.email).toContain('failed to run commands: exit status 3\n');
});

test('all other calls of the AWS CLI are those of the instance', async () => {
  const bin = mkdtempSync(join(tmpdir(), 'bin-'));
  states.push(bin);
  writeFileSync(join(bin, 'aws'), '#!/bin/sh\necho "aws of the instance: $*"\n', { mode: 0o755 });
  const { result } = await runJob((stack) => ({ command: BatchCommand.shell('aws s3 ls >&2; exit 3'), secrets: jobSecrets(stack) }), false, VALUES, [bin]);
  expect(stderrOf(result)).toContain('aws of the instance: s3 ls');
});

describe('the role of the instance', () => {
  /** An instance of the app, with its role. */
  const withRole = (grants: boolean, secretsOf: (stack: Stack) => { [name: string]: JobSecret } = jobSecrets) => runJob((stack) => {
    const role = new Role(stack, 'Server', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    const profile = new CfnInstanceProfile(stack, 'Profile', { roles: [role.roleName] });
    const instance = new CfnInstance(stack, 'Instance', { iamInstanceProfile: profile.ref });
    const secrets = secretsOf(stack);
    if (grants) {
      Object.values(secrets).forEach((secret) => secret._grantRead(role));
    }
    return { instanceIds: [instance.ref], secrets, command: BatchCommand.shell('echo started') };
  });

  test('without the right, nothing is started, and the run says why', async () => {
    const { result } = await withRole(false);
    expect(result).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
    expect(stderrOf(result)).toMatch(/^cots-batch-job: not started: secret DB_PASSWORD \(arn:aws:secretsmanager:[^)]*\) cannot be read: An error occurred \(AccessDeniedException\) when calling the GetSecretValue operation: User: .* is not authorized to perform: secretsmanager:GetSecretValue/);
    expect(result.notifications[0].messages.email).toContain('secret DB_PASSWORD');
    expect(result.calls).toContainEqual(expect.objectContaining({ action: 'secretsmanager:GetSecretValue', allowed: false }));
  });

  test('a secret is found by its name, also where it ends like an ARN', async () => {
    const { result } = await withRole(true, (stack) => ({
      DB_PASSWORD: JobSecret.fromSecretsManager(Secret.fromSecretNameV2(stack, 'Database', 'prod/db-secret')),
    }));
    expect(result).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('that is not in the app is said to be unknown, once', async () => {
    const { events } = await runJob((stack) => ({ command: BatchCommand.shell('echo started'), secrets: jobSecrets(stack) }));
    const warnings = events.filter((event) => event.kind === 'warning').map(({ message }) => message).filter((message) => message.includes('secrets'));
    expect(warnings).toEqual([`whether ${INSTANCE_ID} may read the job's secrets is not known: its role is not in the app. Grant it with grantInstance`]);
  });

  test('with what grantInstance gives, it reads them', async () => {
    const { result } = await withRole(true);
    expect(result).toMatchObject({ status: 'SUCCEEDED' });
    const reads = result.calls.filter(({ action }) => /GetSecretValue|GetParameter/.test(action)).map(({ action, allowed }) => [action, allowed]);
    expect(reads).toEqual([['secretsmanager:GetSecretValue', true], ['ssm:GetParameter', true]]);
  });
});

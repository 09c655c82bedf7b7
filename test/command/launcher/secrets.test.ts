import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LauncherSecret } from '../../../src/command/launcher/secrets';
import { Ended, environmentOf, LaunchOptions, Launchpad, PRINT_ENVIRONMENT, USER, variables } from '../../support/launch';
import { SHELL_NAMES } from '../../support/shells';

const SECRET = 'arn:aws:secretsmanager:eu-south-1:123456789012:secret:db-AbCdEf';
const PARAMETER = 'arn:aws:ssm:eu-south-1:123456789012:parameter/app/key';

/** Bytes as the launcher hands them over, for `environmentOf`. */
const latin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

describe.each(SHELL_NAMES)('%s', (name) => {
  let launchpad: Launchpad;
  let tools: string;
  beforeAll(() => {
    launchpad = new Launchpad();
    tools = join(launchpad.folder, 'tools');
    mkdirSync(tools);
  });
  afterAll(() => launchpad.remove());

  /** An `aws` that notes how it was called, and then does this. */
  const aws = (does: string) => {
    writeFileSync(join(tools, 'aws'), `#!/bin/sh\nprintf '%s\\n' "$@" >'${tools}/call'\n${does}\n`);
    chmodSync(join(tools, 'aws'), 0o755);
  };
  const answers = (json: string) => aws(`cat <<'END'\n${json}\nEND`);
  const launch = (options: LaunchOptions) => launchpad.launch({
    sh: launchpad.shell(name),
    secrets: [{ name: 'PASSWORD', arn: SECRET }],
    agent: { PATH: `${launchpad.shell(name).bin}:${tools}:${process.env.PATH}` },
    ...options,
  });
  const handsOver = async (options: LaunchOptions = {}) => {
    const ended = await launch({ script: PRINT_ENVIRONMENT, ...options });
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    return environmentOf(ended).PASSWORD;
  };
  const notStarted = (ended: Ended, reason: string, secret: Partial<LauncherSecret> = {}) => {
    expect(ended).toEqual({
      exitCode: 215, stdout: Buffer.from(''), stderr: `cots-batch-job: not started: secret PASSWORD (${secret.arn ?? SECRET}) cannot be read: ${reason}\n`,
    });
  };

  test.each([
    ['a word', 'hunter2'],
    ['what a shell would expand', '$(id) `id` $HOME \'"\\n %s -n {{ x }} *'],
    ['line feeds and tabs at both ends', '\n\ta\n\n'],
    ['None, as the CLI writes what is missing', 'None'],
    ['null, as text', 'null'],
    ['nothing', ''],
    ['JSON', '{"a": "b"}'],
    ['control characters', '\u0001\b\f\r\u001f\u007f'],
    ['Unicode', 'päß \u20ac 𝒳 \u2028'],
    ['64 KB', 'ab\\"'.repeat(16_384)],
  ])('hands over %s', async (_, value) => {
    // As json.dumps(ensure_ascii=False) of the CLI, and as it may be.
    answers(JSON.stringify(value));
    expect(await handsOver()).toBe(latin1(value));
    answers(JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).replaceAll('/', '\\/'));
    expect(await handsOver({ runAs: USER })).toBe(latin1(value));
  });

  test.each<[string, string, string]>([
    ['text', '{"user": "u", "password": "p\\u00e4 \\n\\"", "port": 5432}', 'pä \n"'],
    ['a number, as it is written', '{"password":1.50e3}', '1.50e3'],
    ['a boolean', ' { "password" : true } ', 'true'],
    ['behind what is nested', '{"a": {"password": "no", "b": ["]", {"c": "}\\""}]}, "password": "yes"}', 'yes'],
    ['the last of two', '{"password": "1", "password": "2"}', '2'],
    ['an empty text', '{"password": ""}', ''],
  ])('hands over a field: %s', async (_, json, value) => {
    answers(JSON.stringify(json));
    expect(await handsOver({ secrets: [{ name: 'PASSWORD', arn: SECRET, field: 'password' }] })).toBe(latin1(value));
  });

  test('finds a field of any name', async () => {
    const field = 'a "b" \\ $(id) {{ c }} ä';
    answers(JSON.stringify(JSON.stringify({ [field]: 'v' })));
    expect(await handsOver({ secrets: [{ name: 'PASSWORD', arn: SECRET, field }] })).toBe('v');
  });

  test.each<[string, string, string]>([
    ['no such field', '{"secret": "hunter2"}', 'it has no field password'],
    ['no object', 'hunter2', 'it is no JSON object, so that it has no field password'],
    ['an empty object', '{}', 'it has no field password'],
    ['what is nested', '{"password": {"a": "hunter2"}}', 'its field password is no text, number or boolean'],
    ['null', '{"password": null}', 'its field password is null'],
    ['half an object', '{"password": "hunter2"', 'the answer is not JSON'],
    ['an object and more', '{"password": "hunter2"} x', 'the answer is not JSON'],
    ['half a text', '{"password": "hunter2', 'the answer is not JSON'],
    ['a word that is none', '{"password": hunter2}', 'the answer is not JSON'],
    ['a NUL character', '{"password": "hunter2\\u0000"}', 'it has a NUL character, which an environment variable cannot hold'],
    ['half a character', '{"password": "hunter2\\ud800"}', 'it is not well-formed Unicode'],
  ])('refuses a field, with a reason and no value: %s', async (_, json, reason) => {
    answers(JSON.stringify(json));
    notStarted(await launch({ script: 'echo started', secrets: [{ name: 'PASSWORD', arn: SECRET, field: 'password' }] }), reason);
  });

  test.each<[string, string, string]>([
    ['it is binary', 'echo null', 'it is binary, and an environment variable is text'],
    ['what comes is not JSON', 'echo hunter2', 'the answer is not JSON'],
    ['what comes is half of it', 'printf \'"hunter2\'', 'the answer is not JSON'],
    ['nothing comes', ':', 'the answer is not JSON'],
    ['there is no right', 'printf "\\nAn error occurred (AccessDeniedException) when calling the GetSecretValue operation: not authorized\\n\\n" >&2; exit 254',
      'An error occurred (AccessDeniedException) when calling the GetSecretValue operation: not authorized'],
    ['it fails without a word', 'exit 3', 'aws ended with exit code 3'],
    ['it fails after it has answered', 'echo \'"hunter2"\'; exit 1', 'aws ended with exit code 1'],
  ])('says why the program is not started, and has not marked the run: %s', async (reason, does, message) => {
    aws(does);
    const runId = reason.replace(/\W/g, '-');
    notStarted(await launch({ script: 'echo started', runId }), message);
    answers('"hunter2"');
    expect(await launch({ script: 'echo started', runId })).toMatchObject({ exitCode: 0, stdout: Buffer.from('started\n'), stderr: '' });
    // Once it was started, it needs no secret to be refused.
    aws('exit 1');
    expect((await launch({ script: 'echo started', runId, agent: { ...AGENT(), SSM_COMMAND_ID: 'other' } })).exitCode).toBe(213);
  });
  const AGENT = () => ({ PATH: `${launchpad.shell(name).bin}:${tools}:${process.env.PATH}`, COTS_BATCH_JOB_STATE: launchpad.state });

  test('keeps what the CLI warns of to itself, if it answers', async () => {
    aws('echo "PythonDeprecationWarning: upgrade" >&2; echo \'"hunter2"\'');
    expect(await handsOver()).toBe('hunter2');
  });

  test('waits for no CLI that hangs, nor for what it has started', async () => {
    aws('sleep 600');
    // A minute is long for a test: the same with a shorter limit.
    const shorter = join(launchpad.folder, 'shorter');
    mkdirSync(shorter, { recursive: true });
    writeFileSync(join(shorter, 'timeout'), '#!/bin/sh\n[ "$1 $2 $3" = "-s KILL 60" ] || exit 1\nshift 3\nPATH=${PATH#*:}\nexec timeout -s KILL 1 "$@"\n');
    chmodSync(join(shorter, 'timeout'), 0o755);
    const began = Date.now();
    const ended = await launch({ script: 'echo started', agent: { ...AGENT(), PATH: `${shorter}:${AGENT().PATH}` } });
    notStarted(ended, 'no answer within 60 seconds');
    expect(Date.now() - began).toBeLessThan(30_000);
  });

  test('asks the region of the ARN, for what the ARN is of', async () => {
    answers('"x"');
    await handsOver();
    const call = () => readFileSync(join(tools, 'call'), 'utf8').split('\n');
    expect(call().slice(0, 8)).toEqual(['secretsmanager', 'get-secret-value', '--query', 'SecretString', '--secret-id', SECRET, '--region', 'eu-south-1']);
    await handsOver({ secrets: [{ name: 'PASSWORD', arn: PARAMETER }] });
    expect(call().slice(0, 9)).toEqual(['ssm', 'get-parameter', '--with-decryption', '--query', 'Parameter.Value', '--name', PARAMETER, '--region', 'eu-south-1']);
  });

  test('takes no other text for an ARN, nor for anything else', async () => {
    answers('"x"');
    const arn = 'file:///etc/shadow; $(touch /tmp/secrets-was-here)\'';
    notStarted(await launch({ script: 'echo started', secrets: [{ name: 'PASSWORD', arn }] }), 'this is no ARN of a secret or a parameter', { arn });
    expect(existsSync('/tmp/secrets-was-here')).toBe(false);
  });

  test('has secrets beside parameters and environment', async () => {
    answers('"a,b=c"');
    const ended = await launch({
      script: PRINT_ENVIRONMENT,
      secrets: [{ name: 'PASSWORD', arn: SECRET }, { name: 'value', arn: PARAMETER }],
      variables: variables({ KEYWORDS: 'x,y' }),
      environment: { FIXED: 'f' },
      lock: { waitSeconds: 0 },
      runId: 'beside',
    });
    expect(environmentOf(ended)).toMatchObject({ PASSWORD: 'a,b=c', value: 'a,b=c', KEYWORDS: 'x,y', FIXED: 'f' });
  });

  test('takes no secret from whoever sends the command', async () => {
    answers('"x"');
    const ended = await launch({ script: 'echo started', variables: variables({ PASSWORD: 'mine' }), parameterNames: [] });
    expect(ended).toMatchObject({ exitCode: 215, stderr: 'cots-batch-job: not started: the job has no parameter PASSWORD\n' });
  });

  test('is the program\'s launcher otherwise: stdin, exit code, signals to the group, no file left', async () => {
    answers('"x"');
    const ended = await launch({ script: '#!/bin/bash\ncat; trap "" TERM; kill 0; echo "$PASSWORD" "$0"; exit 7' });
    expect(ended).toMatchObject({ exitCode: 7, stderr: '' });
    const [password, file] = ended.stdout.toString().trim().split(' ');
    expect(password).toBe('x');
    expect(readdirSync(join(file, '..'))).toEqual(['_script.sh']);
  });

  test.each(['aws', 'timeout', 'mkfifo'])('says so where there is no %s', async (missing) => {
    const bin = join(launchpad.folder, `without-${missing}`);
    mkdirSync(bin);
    for (const folder of [...AGENT().PATH.split(':')].reverse().filter((path) => existsSync(path))) {
      for (const tool of ['sh', 'cat', 'id', 'date', 'mkdir', 'rm', 'find', 'sed', 'awk', 'base64', 'tr', 'aws', 'timeout', 'mkfifo', 'chmod']) {
        if (tool !== missing && existsSync(join(folder, tool))) {
          writeFileSync(join(bin, tool), `#!/bin/sh\nexec '${join(folder, tool)}' "$@"\n`);
          chmodSync(join(bin, tool), 0o755);
        }
      }
    }
    const ended = await launch({ script: 'echo started', agent: { ...AGENT(), PATH: bin } });
    expect(ended).toMatchObject({ exitCode: 215, stderr: `cots-batch-job: not started: there is no ${missing}, which the job's secrets need\n` });
  });
});

import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LINUX, Rig } from './rig';
import { Credentials } from '../../../../src/local/aws/keys';

const run = promisify(execFile);
const missing = spawnSync('aws', ['--version']).error;

if (missing) {
  // Said aloud, because a suite that skips without a word looks like one that passed.
  process.stderr.write(`not tested with the AWS CLI: ${missing.message}\n`);
}

(missing ? describe.skip : describe)('the AWS CLI', () => {
  let rig: Rig;
  beforeAll(async () => { rig = await Rig.start({ instances: [], anyInstance: true }); });
  afterAll(() => rig.close());

  const aws = async (...args: string[]): Promise<string> => asWhoeverHas(rig.endpoint.credentials, ...args);
  const asWhoeverHas = async ({ accessKeyId, secretAccessKey }: Credentials, ...args: string[]): Promise<string> => {
    const options = ['--endpoint-url', rig.endpoint.url, '--region', 'us-east-1', '--output', 'text'];
    const env = { PATH: process.env.PATH, HOME: rig.folder, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const { stdout } = await run('aws', [...args, ...options], { env });
    return stdout.trim();
  };

  test('sends a command, waits for it and reads what it wrote', async () => {
    const id = await aws('ssm', 'send-command', '--document-name', 'AWS-RunShellScript', '--instance-ids', LINUX,
      '--parameters', 'commands=["echo hello"]', '--cloud-watch-output-config', 'CloudWatchOutputEnabled=true',
      '--query', 'Command.CommandId');
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    await aws('ssm', 'wait', 'command-executed', '--command-id', id, '--instance-id', LINUX);
    expect(await aws('ssm', 'get-command-invocation', '--command-id', id, '--instance-id', LINUX,
      '--query', '[StatusDetails,StandardOutputContent]')).toBe('Success\thello');
    expect(await aws('ssm', 'list-commands', '--query', 'Commands[].[RequestedDateTime,Status]'))
      .toMatch(/^[\d.]{10,}\tSuccess$/);
    expect(await aws('logs', 'get-log-events', '--log-group-name', '/aws/ssm/AWS-RunShellScript',
      '--log-stream-name', `${id}/${LINUX}/aws-runShellScript/stdout`, '--query', 'events[].message')).toBe('hello');
  });

  test('deploys a document, follows its versions and deletes it', async () => {
    const content = (text: string) => {
      const file = join(rig.folder, 'document.json');
      const step = { action: 'aws:runShellScript', name: 'main', inputs: { runCommand: [`echo ${text}`] } };
      writeFileSync(file, JSON.stringify({ schemaVersion: '2.2', mainSteps: [step] }));
      return `file://${file}`;
    };
    await aws('ssm', 'create-document', '--name', 'Nightly', '--document-type', 'Command', '--content', content('one'));
    expect(await aws('ssm', 'update-document', '--name', 'Nightly', '--document-version', '$LATEST', '--content', content('two'),
      '--query', 'DocumentDescription.[DocumentVersion,DefaultVersion]')).toBe('2\t1');
    expect(await aws('ssm', 'update-document-default-version', '--name', 'Nightly', '--document-version', '2',
      '--query', 'Description.DefaultVersion')).toBe('2');
    expect(await aws('ssm', 'list-document-versions', '--name', 'Nightly',
      '--query', 'DocumentVersions[].[DocumentVersion,IsDefaultVersion]')).toBe('2\tTrue\n1\tFalse');
    await expect(aws('ssm', 'update-document', '--name', 'Nightly', '--document-version', '$LATEST', '--content', content('two')))
      .rejects.toThrow('(DuplicateDocumentContent)');
    expect(await aws('ssm', 'list-documents', '--page-size', '1', '--query', 'DocumentIdentifiers[].Name'))
      .toBe('AWS-RunPowerShellScript\nAWS-RunShellScript\nNightly');
    expect(await aws('ssm', 'list-documents', '--filters', 'Key=Owner,Values=Self', '--query', 'DocumentIdentifiers[].Name')).toBe('Nightly');
    await aws('ssm', 'delete-document', '--name', 'Nightly');
    await expect(aws('ssm', 'describe-document', '--name', 'Nightly')).rejects.toThrow('(InvalidDocument)');
  });

  test('is told of a wrong key as AWS tells it', async () => {
    const { accessKeyId } = rig.endpoint.credentials;
    await expect(asWhoeverHas({ accessKeyId, secretAccessKey: 'wrong' }, 'ssm', 'list-commands')).rejects.toThrow(
      'An error occurred (InvalidSignatureException) when calling the ListCommands operation: The request signature we calculated does not match');
    await expect(asWhoeverHas({ accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' }, 'logs', 'describe-log-groups')).rejects.toThrow(
      'An error occurred (UnrecognizedClientException) when calling the DescribeLogGroups operation: The security token included in the request');
    await expect(aws('ssm', 'list-commands', '--no-sign-request')).rejects.toThrow('(MissingAuthenticationTokenException)');
  });

  test('runs what docs/guide/local-run.md says', async () => {
    const page = readFileSync(join(__dirname, '../../../../docs/guide/local-run.md'), 'utf8');
    const [, example] = /```sh\n(cat > nightly\.json [^`]*)```/.exec(page)!;
    const { url, credentials: { accessKeyId, secretAccessKey } } = rig.endpoint;
    const { stdout } = await run('sh', ['-euc', example], {
      cwd: rig.folder,
      env: {
        PATH: process.env.PATH,
        HOME: rig.folder,
        AWS_ENDPOINT_URL: url,
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
      },
    });
    expect(stdout).toMatch(/"DefaultVersion": "2"[^]*"goodbye\\n"\n$/);
  });

  test('shows errors as AWS\'s', async () => {
    await expect(aws('ssm', 'send-command', '--document-name', 'Nothing', '--instance-ids', LINUX)).rejects.toThrow(
      'An error occurred (InvalidDocument) when calling the SendCommand operation: Document with name Nothing does not exist.');
  });
});

import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { BatchCommand, CotsBatchJob, CotsBatchJobProps, JobParameter, JobSecret } from '../src';

const ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf';

function synth(props: (stack: Stack) => Partial<CotsBatchJobProps>): { job: CotsBatchJob; stack: Stack } {
  const stack = new Stack(new App(), 'Stack');
  return { stack, job: new CotsBatchJob(stack, 'Job', { instanceIds: ['i-0123456789abcdef0'], command: BatchCommand.shell('true'), ...props(stack) }) };
}

const imported = (stack: Stack) => JobSecret.fromSecretsManager(Secret.fromSecretCompleteArn(stack, 'Database', ARN));
const secrets = (given: { [name: string]: JobSecret }) => () => ({ secrets: given });
const untyped = (value: unknown) => value as never;

describe('grantInstance', () => {
  /** What it grants beyond what it grants without secrets. */
  const granted = (secret: (stack: Stack) => JobSecret) => {
    const statements = (props: (stack: Stack) => Partial<CotsBatchJobProps>) => {
      const { stack, job } = synth(props);
      const role = new Role(stack, 'Server', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
      job.grantInstance(role).assertSuccess();
      const policies = Template.fromStack(stack).findResources('AWS::IAM::Policy', { Properties: { Roles: [{ Ref: Match.stringLikeRegexp('^Server') }] } });
      return Object.values(policies).flatMap(({ Properties }) => Properties.PolicyDocument.Statement as object[]);
    };
    const before = statements(() => ({})).map((statement) => JSON.stringify(statement));
    return statements((stack) => ({ secrets: { PASSWORD: secret(stack) } })).filter((statement) => !before.includes(JSON.stringify(statement)));
  };
  const key = (stack: Stack) => Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/abc');

  test('reads a secret, and nothing more', () => {
    expect(granted(imported)).toEqual([{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: ARN }]);
  });

  test('reads a secret that is known by name, whatever its last six characters', () => {
    const [statement] = granted((stack) => JobSecret.fromSecretsManager(Secret.fromSecretNameV2(stack, 'Database', 'db'))) as { Resource: unknown }[];
    expect(JSON.stringify(statement.Resource)).toContain(':secret:db-??????"');
  });

  test('decrypts with the key of a secret, by Secrets Manager only', () => {
    expect(granted((stack) => JobSecret.fromSecretsManager(new Secret(stack, 'Database', { encryptionKey: key(stack) })))).toEqual([
      { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: { Ref: expect.stringMatching(/^Database/) } },
      {
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: 'arn:aws:kms:eu-west-1:111122223333:key/abc',
        Condition: { StringEquals: { 'kms:ViaService': { 'Fn::Join': ['', ['secretsmanager.', { Ref: 'AWS::Region' }, '.amazonaws.com']] } } },
      },
    ]);
  });

  test('reads a parameter with its key, and nothing more', () => {
    expect(granted((stack) => JobSecret.fromParameterStore(StringParameter.fromSecureStringParameterAttributes(stack, 'ApiKey', {
      parameterName: '/app/key', encryptionKey: key(stack),
    })))).toEqual([
      { Effect: 'Allow', Action: 'ssm:GetParameter', Resource: { 'Fn::Join': ['', expect.arrayContaining([':parameter/app/key'])] } },
      {
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: 'arn:aws:kms:eu-west-1:111122223333:key/abc',
        Condition: { StringEquals: { 'kms:ViaService': { 'Fn::Join': ['', ['ssm.', { Ref: 'AWS::Region' }, '.amazonaws.com']] } } },
      },
    ]);
  });
});

test('what only a deployment knows of a secret stands in the document as base64', () => {
  const { stack } = synth((scope) => {
    const name = new CfnParameter(scope, 'Name', { default: 'x' }).valueAsString;
    return { secrets: { PASSWORD: JobSecret.fromSecretsManager(Secret.fromSecretNameV2(scope, 'Database', name), { field: name }) } };
  });
  const [{ Properties }] = Object.values(Template.fromStack(stack).findResources('AWS::SSM::Document'));
  const content = JSON.stringify(Properties.Content);
  expect(content).toContain('read_secret PASSWORD');
  const encoded = /\{"Fn::Base64":(\{"Fn::Join":\["",\[.*?\]\]\}|\{"Ref":"Name"\})\}/g;
  expect(content.match(encoded)).toHaveLength(2);
  expect(content.replace(encoded, '')).not.toContain('"Ref":"Name"');
});

test('a job without secrets has no line about them', () => {
  const { stack } = synth(() => ({}));
  expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toMatch(/secret/i);
});

const stackless = new Stack(new App(), 'Elsewhere');
const any = imported(stackless);

test.each<[string, (stack: Stack) => Partial<CotsBatchJobProps>, string]>([
  ['a text', () => ({ secrets: { PASSWORD: untyped('hunter2') } }), 'secrets PASSWORD must be a JobSecret, got "a sensitive value"'],
  ['no name of a variable', secrets({ 'DB-PASSWORD': any }), 'a name in secrets must match ^[A-Za-z_][A-Za-z0-9_]{0,127}$, got "DB-PASSWORD"'],
  ['a name that is reserved', secrets({ PATH: any }), 'a name in secrets must not be reserved for the shell, the loader or SSM, got "PATH"'],
  ['a name that is a parameter\'s', () => ({ secrets: { SITE: any }, parameters: { SITE: JobParameter.string() } }),
    'the variable SITE must be either in secrets or in parameters, got ["SITE"]'],
  ['a name that is in the environment', () => ({ secrets: { SITE: any }, command: BatchCommand.shell('true', { environment: { SITE: 'x' } }) }),
    'the variable SITE must be either in environment or in secrets, got ["SITE"]'],
  ['on Windows, a name that differs in case', () => ({ secrets: { Site: any }, parameters: { SITE: JobParameter.string() }, command: BatchCommand.powerShell('true') }),
    'the variable Site must not differ from another one in case only, which Windows ignores, got ["SITE","Site"]'],
  ['on Windows, a name that is reserved', () => ({ secrets: { Path: any }, command: BatchCommand.powerShell('true') }),
    'a name in secrets must not be reserved for the shell, the loader or SSM, got "Path"'],
  ['too many', secrets(Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`SECRET_${n}`, any]))),
    'secrets must not be more than 20, which the environment of a program holds at their largest, got 21'],
  ['a document of others', () => ({ secrets: { PASSWORD: any }, command: BatchCommand.document('AWS-RunShellScript') }),
    'secrets has no effect without BatchCommand.shell or BatchCommand.powerShell, got {"PASSWORD":"JobSecret"}'],
  ['an empty field', (stack) => ({ secrets: { PASSWORD: JobSecret.fromSecretsManager(Secret.fromSecretNameV2(stack, 'S', 's'), { field: '' }) } }),
    'field must be the name of a field, on one line, got ""'],
])('refuses %s', (_, props, message) => {
  expect(() => synth(props)).toThrow(new Error(message));
});

test('a job may have 20', () => {
  expect(() => synth(secrets(Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`SECRET_${n}`, any]))))).not.toThrow();
});

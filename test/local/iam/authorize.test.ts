import { CloudAssembly } from '../../../src/local/app/cloud-assembly';
import { Authorizer } from '../../../src/local/iam/authorize';
import { removeFolders, role, allow, synthesize, TestResource, temporaryFolder } from '../run/synthesized-app';

afterAll(removeFolders);

const ROLE = 'arn:aws:iam::123456789012:role/sender';
const INSTANCE = 'arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0';
const DOCUMENT = 'arn:aws:ssm:us-east-1:123456789012:document/D';

function named(resource: TestResource, properties: object = {}): TestResource {
  return { ...resource, Properties: { ...resource.Properties, RoleName: 'sender', ...properties } };
}

function authorizer(resources: { [id: string]: TestResource }): Authorizer {
  return Authorizer.require(CloudAssembly.read(synthesize({ App: { Resources: resources } })));
}

async function allowed(
  resources: { [id: string]: TestResource },
  action: string,
  resource: string,
  tags?: { [key: string]: string },
): Promise<boolean> {
  return (await authorizer(resources).decide({ roleArn: ROLE, session: 'F', action, resource, tags })).allowed;
}

test('an inline policy allows what it says and nothing else', async () => {
  const app = { Role: named(role('lambda.amazonaws.com', allow('ssm:SendCommand', [DOCUMENT]))) };

  expect(await allowed(app, 'ssm:SendCommand', DOCUMENT)).toBe(true);
  expect(await allowed(app, 'ssm:SendCommand', `${DOCUMENT}2`)).toBe(false);
  expect(await allowed(app, 'ssm:SendCommand', INSTANCE)).toBe(false);
});

test('a denial is told in the words of AWS', async () => {
  const app = authorizer({ Role: named(role('lambda.amazonaws.com')) });

  expect((await app.decide({ roleArn: ROLE, session: 'F', action: 'ssm:ListCommands', resource: '*' })).message).toBe(
    'User: arn:aws:sts::123456789012:assumed-role/sender/F is not authorized to perform: ssm:ListCommands on resource: * ' +
      'because no identity-based policy allows the ssm:ListCommands action',
  );
});

test.each(['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'])('%s that names the role counts', async (Type) => {
  const statement = { Version: '2012-10-17', Statement: [allow('ssm:ListCommands', '*')] };
  const policy = (roles: string[]): TestResource => ({ Type, Properties: { PolicyDocument: statement, Roles: roles } });

  expect(await allowed({ Role: named(role('lambda.amazonaws.com')), Policy: policy(['sender']) }, 'ssm:ListCommands', '*')).toBe(
    true,
  );
  expect(await allowed({ Role: named(role('lambda.amazonaws.com')), Policy: policy(['other']) }, 'ssm:ListCommands', '*')).toBe(
    false,
  );
});

test('policies that the role names count: those of the app and those of AWS', async () => {
  const app = {
    Role: named(role('lambda.amazonaws.com'), {
      ManagedPolicyArns: [
        { Ref: 'Own' },
        { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::aws:policy/service-role/AWSLambdaBasicExecutionRole']] },
      ],
    }),
    Own: {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: { PolicyDocument: { Version: '2012-10-17', Statement: [allow('ssm:ListCommands', '*')] } },
    },
  };

  expect(await allowed(app, 'ssm:ListCommands', '*')).toBe(true);
  expect(await allowed(app, 'logs:PutLogEvents', 'arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:s')).toBe(true);
});

test('tags of the resource decide where the policy asks for them', async () => {
  const statement = {
    ...allow('ssm:SendCommand', 'arn:aws:ec2:us-east-1:123456789012:instance/*'),
    Condition: { StringEquals: { 'ssm:resourceTag/Role': 'crawler' } },
  };
  const app = { Role: named(role('lambda.amazonaws.com', statement)) };

  expect(await allowed(app, 'ssm:SendCommand', INSTANCE, { Role: 'crawler' })).toBe(true);
  expect(await allowed(app, 'ssm:SendCommand', INSTANCE, { Role: 'database' })).toBe(false);
  expect(await allowed(app, 'ssm:SendCommand', INSTANCE)).toBe(false);
});

test('an explicit deny and a boundary limit what is allowed', async () => {
  const open = allow('ssm:*', '*');
  const boundary: TestResource = {
    Type: 'AWS::IAM::ManagedPolicy',
    Properties: { PolicyDocument: { Version: '2012-10-17', Statement: [allow('ssm:GetDocument', '*')] } },
  };

  expect(
    await allowed({ Role: named(role('lambda.amazonaws.com', open, { ...open, Effect: 'Deny' })) }, 'ssm:ListCommands', '*'),
  ).toBe(false);
  expect(
    await allowed(
      { Role: named(role('lambda.amazonaws.com', open), { PermissionsBoundary: { Ref: 'Boundary' } }), Boundary: boundary },
      'ssm:ListCommands',
      '*',
    ),
  ).toBe(false);
});

test('a policy whose text is not known is named in the denial', async () => {
  const app = authorizer({
    Role: named(role('lambda.amazonaws.com'), { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonEC2RoleforSSM'] }),
  });

  const { message } = await app.decide({ roleArn: ROLE, session: 'F', action: 'ssm:ListCommands', resource: '*' });

  expect(message).toContain('(not known here, so not counted: arn:aws:iam::aws:policy/AmazonEC2RoleforSSM)');
});

test('without the simulator, policies can not be checked, and whoever insists is told what to install', () => {
  const assembly = CloudAssembly.read(synthesize({ App: { Resources: {} } }));

  expect(Authorizer.load(assembly, [temporaryFolder()])).toBeUndefined();
  expect(() => Authorizer.require(assembly, [temporaryFolder()])).toThrow(
    '--authorize needs the package @cloud-copilot/iam-simulate, which is not installed: ' +
      'npm install --save-dev @cloud-copilot/iam-simulate',
  );
});

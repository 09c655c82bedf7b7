import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** A template's resource. */
export interface TestResource {
  readonly Type: string;
  readonly Properties?: object;
  readonly Condition?: string;
  readonly Metadata?: object;
}

export interface TestTemplate {
  readonly Resources: { [logicalId: string]: TestResource };
  readonly Parameters?: object;
  readonly Conditions?: object;
  readonly Mappings?: object;
  readonly Outputs?: object;
  readonly Transform?: unknown;
}

const folders: string[] = [];

/** A folder that `removeFolders` removes. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cots-batch-job-test-'));
  folders.push(folder);
  return folder;
}

/** To be called after each test file. */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes a cloud assembly as `cdk synth` would, and returns its folder. */
export function synthesize(
  stacks: { [name: string]: TestTemplate },
  options: {
    environment?: string;
    handlers?: { [asset: string]: string };
    /** Construct paths and logical ids, as an app has them that is synthesized without the CDK's command line. */
    paths?: { [constructPath: string]: string };
    /** Where newer versions of the CDK write them. */
    metadataFile?: string;
  } = {},
): string {
  const folder = temporaryFolder();
  const artifacts: { [name: string]: object } = {};
  const files: { [id: string]: object } = {};
  for (const [asset, source] of Object.entries(options.handlers ?? {})) {
    fs.mkdirSync(path.join(folder, `asset.${asset}`));
    fs.writeFileSync(path.join(folder, `asset.${asset}`, 'index.js'), source);
    files[asset] = {
      source: { path: `asset.${asset}`, packaging: 'zip' },
      destinations: { current: { bucketName: 'assets', objectKey: `${asset}.zip` } },
    };
  }
  const metadata = Object.fromEntries(
    Object.entries(options.paths ?? {}).map(([constructPath, data]) => [
      `/${constructPath}`,
      [{ type: 'aws:cdk:asset', data: {} }, { type: 'aws:cdk:logicalId', data }],
    ]),
  );
  if (options.metadataFile) {
    fs.writeFileSync(path.join(folder, options.metadataFile), JSON.stringify(metadata));
  }
  for (const [name, template] of Object.entries(stacks)) {
    artifacts[name] = {
      type: 'aws:cloudformation:stack',
      environment: options.environment ?? 'aws://unknown-account/unknown-region',
      properties: { templateFile: `${name}.template.json` },
      displayName: name,
      ...(options.metadataFile ? { additionalMetadataFile: options.metadataFile } : { metadata }),
    };
    fs.writeFileSync(path.join(folder, `${name}.template.json`), JSON.stringify(template));
  }
  artifacts.assets = { type: 'cdk:asset-manifest', properties: { file: 'App.assets.json' } };
  fs.writeFileSync(path.join(folder, 'App.assets.json'), JSON.stringify({ version: '36.0.0', files }));
  fs.writeFileSync(path.join(folder, 'manifest.json'), JSON.stringify({ version: '36.0.0', artifacts }));
  return folder;
}

/** A role with one inline policy. */
export function role(service: string, ...statements: object[]): TestResource {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }],
      },
      Policies:
        statements.length === 0
          ? []
          : [{ PolicyName: 'Inline', PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
    },
  };
}

/** A statement that allows. */
export function allow(Action: string | string[], Resource: unknown): object {
  return { Effect: 'Allow', Action, Resource };
}

/** A function whose code is one of `handlers`. */
export function lambdaFunction(asset: string, properties: object = {}): TestResource {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Handler: 'index.handler',
      Runtime: 'nodejs22.x',
      // More than a busy machine needs to start a process.
      Timeout: 30,
      Code: { S3Bucket: { 'Fn::Sub': 'assets-${AWS::AccountId}' }, S3Key: `${asset}.zip` },
      Role: { 'Fn::GetAtt': ['FunctionRole', 'Arn'] },
      ...properties,
    },
  };
}

/** Code by which a handler calls a service, signed as the SDK does: `call(target, input)`. */
export const CALL = `
const { createHash, createHmac } = require('crypto');
const sign = (headers, service, body) => {
  const { AWS_REGION: region, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = process.env;
  const sha = (text) => createHash('sha256').update(text).digest('hex');
  const names = Object.keys(headers).sort();
  const canonical = ['POST', '/', '', ...names.map((name) => name + ':' + headers[name]), '', names.join(';'), sha(body)].join('\\n');
  const scope = [headers['x-amz-date'].slice(0, 8), region, service, 'aws4_request'];
  const key = scope.reduce((key, part) => createHmac('sha256', key).update(part).digest(), 'AWS4' + secret);
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope.join('/'), sha(canonical)].join('\\n');
  return 'AWS4-HMAC-SHA256 Credential=' + [id, ...scope].join('/') + ', SignedHeaders=' + names.join(';') +
    ', Signature=' + createHmac('sha256', key).update(text).digest('hex');
};
const call = async (target, input) => {
  const url = process.env.AWS_ENDPOINT_URL;
  const body = JSON.stringify(input);
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'host': new URL(url).host,
    'x-amz-date': new Date().toISOString().replace(/[-:]|[.]\\d+/g, ''),
    'x-amz-security-token': process.env.AWS_SESSION_TOKEN,
    'x-amz-target': target,
  };
  const service = { AmazonSSM: 'ssm', AWSStepFunctions: 'states', Logs_20140328: 'logs' }[target.split('.')[0]];
  const response = await fetch(url, { method: 'POST', headers: { ...headers, authorization: sign(headers, service, body) }, body });
  const output = await response.json();
  if (!response.ok) throw Object.assign(new Error(output.message), { name: output.__type });
  return output;
};`;

/** A state machine as CDK writes it: its definition is joined from text and references. */
export function stateMachine(definition: object, options: { path?: string; role?: string } = {}): TestResource {
  const parts: unknown[] = [];
  // References are written as `{"Ref": …}` in the definition, and taken out of its text.
  const text = JSON.stringify(definition);
  let rest = text;
  for (let match = REFERENCE.exec(rest); match !== null; match = REFERENCE.exec(rest)) {
    parts.push(`${rest.slice(0, match.index)}"`, JSON.parse(match[0]), '"');
    rest = rest.slice(match.index + match[0].length);
  }
  parts.push(rest);
  return {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      DefinitionString: { 'Fn::Join': ['', parts] },
      RoleArn: { 'Fn::GetAtt': [options.role ?? 'StateMachineRole', 'Arn'] },
    },
    ...(options.path === undefined ? {} : { Metadata: { 'aws:cdk:path': options.path } }),
  };
}

const REFERENCE = /\{"(Ref":"\w+"|Fn::GetAtt":\["\w+","\w+"\])\}/;

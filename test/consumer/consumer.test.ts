import { spawnSync } from 'child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join, resolve } from 'path';

/**
 * The package as a consumer gets it: packed, installed into an empty folder whose path has a space in it, next to a newer
 * aws-cdk-lib than the one it was built with.
 */
const NEWEST_CDK = '2.276.0';

const PACKED = resolve(__dirname, '../../dist/js');

/** The README's ten lines, with a program that is there. */
const APP = `
const { App, Duration, Stack, TimeZone, CfnResource } = require('aws-cdk-lib');
const scheduler = require('aws-cdk-lib/aws-scheduler');
const subscriptions = require('aws-cdk-lib/aws-sns-subscriptions');
const { BatchCommand, CotsBatchJob, JobParameter } = require('cdk-cots-batch-job');

const app = new App();
const stack = new Stack(app, 'Nightly');
new CotsBatchJob(stack, 'NightlyIndex', {
  instanceIds: ['i-0123456789abcdef0'],
  command: BatchCommand.shell('echo "indexed $KEYWORDS"', { runAs: 'crawler' }),
  parameters: { KEYWORDS: JobParameter.string({ default: 'cloud', pattern: '[a-z ,]{1,200}' }) },
  executionTimeout: Duration.hours(6),
  schedule: scheduler.ScheduleExpression.cron({ hour: '2', minute: '0', timeZone: TimeZone.EUROPE_ROME }),
  notificationTargets: [new subscriptions.EmailSubscription('ops@example.com')],
});
if (app.node.tryGetContext('faulty')) {
  new CfnResource(stack, 'Faulty', { type: 'AWS::SQS::Queue', properties: { VisibilityTimeout: 'soon' } });
}
app.synth();
`;

let folder: string;

function run(command: string, args: string[], environment: NodeJS.ProcessEnv = {}) {
  // Neither the tools of this repository nor its test settings are the consumer's.
  const { CDK_VALIDATION, ...rest } = process.env;
  const path = (rest.PATH ?? '').split(':').filter((entry) => !entry.includes('node_modules')).join(':');
  const result = spawnSync(command, args, { cwd: folder, encoding: 'utf8', env: { ...rest, PATH: path, ...environment } });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr, all: `${result.stdout}${result.stderr}` };
}

function synth(context: object = {}) {
  return run(process.execPath, ['app.js'], {
    CDK_OUTDIR: 'cdk.out',
    CDK_CONTEXT_JSON: JSON.stringify({ '@aws-cdk/core:validateAgainstDefaultRules': true, ...context }),
  });
}

beforeAll(() => {
  const tarballs = readdirSync(PACKED).filter((file) => file.endsWith('.tgz'));
  if (tarballs.length !== 1) {
    throw new Error(`there must be one package to install, made by "npx projen package:js", got ${tarballs.join(', ') || 'none'}`);
  }
  folder = join(mkdtempSync(join(tmpdir(), 'cots-batch-job-')), 'a consumer');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
  writeFileSync(join(folder, 'app.js'), APP);
  const install = run('npm', ['install', '--no-audit', '--no-fund', join(PACKED, tarballs[0]), `aws-cdk-lib@${NEWEST_CDK}`, 'constructs@^10']);
  expect({ status: install.status, output: install.status === 0 ? '' : install.all }).toEqual({ status: 0, output: '' });
}, 600_000);

afterAll(() => {
  rmSync(resolve(folder, '..'), { recursive: true, force: true });
});

test('it brings nothing else into the consumer\'s installation', () => {
  const installed = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
  // @aws-cdk has what aws-cdk-lib depends on.
  expect(installed.sort()).toEqual(['@aws-cdk', 'aws-cdk-lib', 'cdk-cots-batch-job', 'constructs']);
  const manifest = JSON.parse(readFileSync(join(folder, 'node_modules/cdk-cots-batch-job/package.json'), 'utf8'));
  expect(manifest.dependencies ?? {}).toEqual({});
  expect(Object.keys(manifest.peerDependencies).sort()).toEqual(['aws-cdk-lib', 'constructs']);
});

test('it holds what consumers need and no more', () => {
  const files = readdirSync(join(folder, 'node_modules/cdk-cots-batch-job'), { recursive: true, encoding: 'utf8' });
  const unwanted = files.filter((file) => /(^|\/)(test|src|coverage|test-reports|rosetta|\.ci|\.projen|\.github)(\/|$)|\.lambda\.(js|d\.ts)$|\.map$|tsconfig/
    .test(file));
  expect(unwanted).toEqual([]);
  expect(files).toEqual(expect.arrayContaining([
    '.jsii', 'API.md', 'LICENSE', 'README.md', 'lib/index.js', 'lib/index.d.ts', 'lib/local/cli.js',
    'assets/runtime/send-command.lambda/index.js', 'assets/runtime/get-status.lambda/index.js', 'assets/local/engine/index.js',
  ]));
});

test('it synthesizes without esbuild, and aws-cdk-lib\'s validation has no finding', () => {
  const result = synth();
  expect({ status: result.status, output: result.status === 0 ? '' : result.all }).toEqual({ status: 0, output: '' });
  const report = JSON.parse(readFileSync(join(folder, 'cdk.out/validation-report.json'), 'utf8'));
  expect(report.pluginReports).toEqual([]);
}, 300_000);

test('that validation is really on: it finds a faulty property', () => {
  expect(synth({ faulty: true }).status).not.toBe(0);
}, 300_000);

test('the synthesized job runs locally, and says that its policies are not checked', () => {
  expect(synth().status).toBe(0);
  const result = run('npx', ['cots-batch-job', 'run', 'cdk.out', '--speed', '60', '--param', 'KEYWORDS=cloud, batch']);
  expect({ status: result.status, output: result.status === 0 ? '' : result.all }).toEqual({ status: 0, output: '' });
  expect(result.all).toContain('@cloud-copilot/iam-simulate');
  expect(result.stdout).toContain('Succeeded');
}, 300_000);

test('a program gets one JSON document', () => {
  const result = run('npx', ['cots-batch-job', 'run', 'cdk.out', '--speed', '60', '--json']);
  expect(JSON.parse(result.stdout)).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Succeeded', exitCode: 0 } });
}, 300_000);

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

/** The README's ten lines, with a program that is there. */
export const NIGHTLY = `
const { App, Duration, Stack, TimeZone, CfnResource } = require('aws-cdk-lib');
const scheduler = require('aws-cdk-lib/aws-scheduler');
const subscriptions = require('aws-cdk-lib/aws-sns-subscriptions');
const { BatchCommand, CotsBatchJob, JobParameter } = require('cdk-cots-batch-job');

const app = new App();
const stack = new Stack(app, 'Nightly');
new CotsBatchJob(stack, 'NightlyIndex', {
  instanceIds: ['i-0123456789abcdef0'],
  command: BatchCommand.shell(process.env.PROGRAM ?? 'echo "indexed $KEYWORDS"', { runAs: 'crawler' }),
  parameters: { KEYWORDS: JobParameter.string({ default: 'cloud', pattern: '[a-z ,]{1,200}' }) },
  executionTimeout: Duration.hours(6),
  schedule: scheduler.ScheduleExpression.cron({ hour: '3', minute: '30', timeZone: TimeZone.EUROPE_ROME }),
  notificationTargets: [new subscriptions.EmailSubscription('ops@example.com')],
});
if (app.node.tryGetContext('faulty')) {
  new CfnResource(stack, 'Faulty', { type: 'AWS::SQS::Queue', properties: { VisibilityTimeout: 'soon' } });
}
app.synth();
`;

/** Jobs with every prop. */
export const VARIANTS = `
const { App, Stack } = require('aws-cdk-lib');
const { BatchCommand, BatchJobHandlers, CotsBatchJob } = require('cdk-cots-batch-job');
const { everyPropOfHandlers, ...variants } = require('./every-prop');

const app = new App();
for (const [name, props] of Object.entries(variants)) {
  const stack = new Stack(app, name);
  new CotsBatchJob(stack, 'Job', props(stack));
}
const stack = new Stack(app, everyPropOfHandlers.name);
const handlers = new BatchJobHandlers(stack, 'JobHandlers', everyPropOfHandlers(stack));
new CotsBatchJob(stack, 'Job', { handlers, command: BatchCommand.shell('true'), instanceIds: ['i-0123456789abcdef0'] });
app.synth();
`;

/** The props of those jobs, which the tests of this repository use, too, for somebody who has the package. */
export function everyProp(): string {
  const source = readFileSync(resolve(__dirname, '../fixtures/every-prop.ts'), 'utf8').replace("'../../src'", "'cdk-cots-batch-job'");
  return transpileModule(source, { compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022 } }).outputText;
}

/**
 * Keeps a synth to itself: it reports and refuses every connection and every other program (esbuild, Docker, npm).
 * For NODE_OPTIONS, with the file of its report in ATTEMPTS.
 */
export const ALONE = `
const { appendFileSync } = require('fs');
const refuse = (what) => (...args) => {
  appendFileSync(process.env.ATTEMPTS, what + ' ' + JSON.stringify(args[0]) + '\\n');
  throw new Error(what + ' is refused');
};
require('net').Socket.prototype.connect = refuse('connection');
const children = require('child_process');
for (const name of ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork']) {
  children[name] = refuse(name);
}
`;

import { writeFileSync } from 'node:fs';
import { everyProp } from './apps';
import { ConsumerFolder } from '../packed/consumer-folder';
import { packed } from '../packed/packed';

/** Version 3 of cdk-nag needs a newer aws-cdk-lib than that of this repository, with which test/cdk-nag.test.ts runs version 2. */
const CHECK = `
const { App, Stack } = require('aws-cdk-lib');
const { CURRENTLY_RECOMMENDED_FLAGS } = require('aws-cdk-lib/cx-api');
const { AwsSolutionsChecks } = require('cdk-nag');
const { BatchCommand, BatchJobHandlers, CotsBatchJob } = require('cdk-cots-batch-job');
const { everyPropOfHandlers, ...variants } = require('./every-prop');

const found = [{}, CURRENTLY_RECOMMENDED_FLAGS].map((context) => {
  const app = new App({ context });
  for (const [name, props] of Object.entries(variants)) {
    const stack = new Stack(app, name);
    new CotsBatchJob(stack, 'Job', props(stack));
  }
  const stack = new Stack(app, 'smallest');
  const smallest = { command: BatchCommand.shell('true'), instanceIds: ['i-0123456789abcdef0'] };
  const handlers = new BatchJobHandlers(stack, 'JobHandlers');
  new CotsBatchJob(stack, 'Job', smallest);
  new CotsBatchJob(stack, 'JobWithHandlers', { ...smallest, handlers });
  return new AwsSolutionsChecks().validateScope(app).violations
    .flatMap(({ ruleName, violatingResources }) => violatingResources.map(({ constructPath }) => constructPath + ' ' + ruleName));
});
console.log(JSON.stringify(found));
`;

describe('cdk-nag 3, with no feature flag and with every recommended one', () => {
  let folder: ConsumerFolder;
  let found: string[][];

  beforeAll(async () => {
    folder = new ConsumerFolder();
    writeFileSync(folder.file('package.json'), JSON.stringify({ name: 'consumer', private: true }));
    writeFileSync(folder.file('every-prop.js'), everyProp());
    writeFileSync(folder.file('check.js'), CHECK);
    await folder.succeed('npm', ['install', '--no-audit', '--no-fund', packed('js', '.tgz'), 'aws-cdk-lib@2.276.0', 'constructs@^10', 'cdk-nag@3.0.2']);
    found = JSON.parse(await folder.succeed('node', ['check.js']));
  }, 600_000);

  afterAll(() => folder.remove());

  test('finds what there is to find in resources of the user', () => {
    expect(found).toHaveLength(2);
    for (const findings of found) {
      expect(findings).toEqual(expect.arrayContaining([
        'everyPropWithInstances/Missed/Resource AwsSolutions-SQS3',
        'everyPropWithInstances/Output/Resource AwsSolutions-S1',
      ]));
    }
  });

  test('finds nothing in a job, but the runtime that its user has chosen', () => {
    const ofJobs = found.flat().filter((finding) => /^\w+\/Job/.test(finding));
    expect(ofJobs.filter((finding) => !finding.endsWith(' AwsSolutions-L1'))).toEqual([]);
    expect(ofJobs.filter((finding) => !finding.startsWith('everyPropWithDocument/'))).toEqual([]);
  });
});

import { writeFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { python } from './python';
import { here, testOfAbsent } from './toolchains';
import { CotsBatchJob, CotsBatchJobProps } from '../../src';
import * as everyProp from '../fixtures/every-prop';
import { NightlyCrawlerStack } from '../fixtures/nightly-crawler/nightly-crawler-stack';
import { ConsumerFolder } from '../packed/consumer-folder';

const CFN_LINT = 'cfn-lint==1.58.0';

/** What CDK's own constructs are found for: a DependsOn for a role that a reference already makes the function wait for. */
const CDK_WRITES = ['W3005'];

const hasPython = here.includes(python);
const testWithPython = hasPython ? test : testOfAbsent;

let folder: ConsumerFolder;

beforeAll(async () => {
  folder = new ConsumerFolder(python.bins);
  if (hasPython) {
    await folder.succeed('python3', ['-m', 'venv', '.venv']);
    await folder.succeed('python3', ['-m', 'pip', 'install', '--quiet', CFN_LINT]);
  }
}, 600_000);

afterAll(() => folder.remove());

function variant(props: (stack: Stack) => CotsBatchJobProps): Stack {
  const stack = new Stack(new App(), 'Stack');
  new CotsBatchJob(stack, 'Job', props(stack));
  return stack;
}

const STACKS: { [name: string]: () => Stack } = {
  'the example': () => new NightlyCrawlerStack(new App(), 'NightlyCrawler'),
  'every prop, with instanceIds': () => variant(everyProp.everyPropWithInstances),
  'every prop, with targets': () => variant(everyProp.everyPropWithTargets),
  'every prop, with a document': () => variant(everyProp.everyPropWithDocument),
};

async function lint(template: object) {
  writeFileSync(folder.file('template.json'), JSON.stringify(template));
  return folder.run('cfn-lint', ['--format', 'parseable', '--ignore-checks', ...CDK_WRITES, '--', 'template.json']);
}

testWithPython.each(Object.entries(STACKS))('cfn-lint, which needs Python, finds nothing in %s', async (_name, stack) => {
  expect(await lint(Template.fromStack(stack()).toJSON())).toMatchObject({ status: 0, stdout: '' });
}, 120_000);

testWithPython('cfn-lint finds what is wrong', async () => {
  const { Resources } = Template.fromStack(STACKS['the example']()).toJSON();
  const [id] = Object.keys(Resources).filter((one) => Resources[one].Type === 'AWS::Lambda::Function');
  Resources[id].Properties.MemorySize = 1;
  expect((await lint({ Resources })).stdout).toContain('1 is less than the minimum of 128');
}, 120_000);

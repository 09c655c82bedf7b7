import { readFileSync } from 'node:fs';
import { App, Aws, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { BatchCommand, BatchJobHandlers, CompletionMode, CotsBatchJob, CotsBatchJobProps } from '../src';
import { INSTANCE_ID } from './support/synth';
import { Template } from '../src/local/app/template';
import { TemplateDocument } from '../src/local/app/template-document';

const ACCOUNT = '123456789012';
const REGION = 'eu-south-1';
const everyDay = ScheduleExpression.cron({ hour: '3', minute: '30' });

/** What CloudFormation makes of a template in a stack of some name. */
function deploy(document: TemplateDocument, stackName: string): Template {
  return new Template({
    document,
    stackName,
    account: ACCOUNT,
    region: REGION,
    folder: '.',
    assets: new Map(),
    otherStacks: { exportedValue: () => undefined, stackOutput: () => undefined },
  });
}

function synthesized(stack: Stack): TemplateDocument {
  const assembly = (Stage.of(stack) as App).synth();
  return JSON.parse(readFileSync(`${assembly.directory}/${stack.templateFile}`, 'utf8'));
}

function templateOf(make: (stack: Stack) => void): TemplateDocument {
  const stack = new Stack(new App(), 'Nightly');
  make(stack);
  return synthesized(stack);
}

function job(scope: Construct, id: string, props: Partial<CotsBatchJobProps> = {}): CotsBatchJob {
  return new CotsBatchJob(scope, id, { instanceIds: [INSTANCE_ID], command: BatchCommand.shell('crawl'), ...props });
}

/**
 * The names by which CloudFormation would create what is in a template, but for those of policies and metrics, which are a role's and a
 * dimension's, and those that people read.
 */
function names(template: Template, document: TemplateDocument): string[] {
  return Object.entries(document.Resources ?? {}).flatMap(([id, { Type, Properties = {} }]) => Object.keys(Properties)
    .filter((property) => /Name$/.test(property) && !['PolicyName', 'MetricName', 'DisplayName'].includes(property))
    .map((property) => `${Type} ${property}: ${template.resolve(Properties[property], id)}`));
}

const scripts = (template: Template) => template.resources('AWS::SSM::Document')
  .map((document) => (document.property('Content') as any).mainSteps[0].inputs.runCommand as string[]);

/** The folder of a job's lock and marks. */
const folders = (template: Template) => scripts(template).map((lines) => lines.flatMap((line) =>
  /^job=\$\{COTS_BATCH_JOB_STATE:-\/var\/lib\/cots-batch-job\}\/'([\w-]+)'$|^\$job = \[IO\.Path\]::Combine\(\$state, '([\w-]+)'\)$/.exec(line)?.slice(1) ?? [])
  .filter((name) => name).join());

const prefixes = (template: Template) => template.resources('AWS::StepFunctions::StateMachine')
  .flatMap((machine) => /"outputKeyPrefix":"([^"]*)"/.exec(machine.text('DefinitionString')!)?.[1] ?? []);

/** The state machine is the dimension of every metric, and the subject of every rule, alarm and schedule. */
const machines = (template: Template) => template.resources('AWS::StepFunctions::StateMachine').map((machine) => machine.ref);

const SHAPES: [string, (stack: Stack) => void][] = [
  ['a job with parts of its own', (stack) => {
    job(stack, 'Index', {
      schedule: everyDay, completion: CompletionMode.EVENTS, alarmOnFailure: true, encryptionKey: new Key(stack, 'Key'), outputBucket: new Bucket(stack, 'Bucket'),
    });
  }],
  ['jobs that share handlers', (stack) => {
    const handlers = new BatchJobHandlers(stack, 'Handlers');
    const common = { handlers, schedule: everyDay, completion: CompletionMode.EVENTS, outputBucket: new Bucket(stack, 'Bucket') };
    job(stack, 'Index', common);
    job(stack, 'Billing', { ...common, command: BatchCommand.powerShell('bill') });
  }],
  ['a key with the name of the stack', (stack) => {
    job(stack, 'Index', { jobKey: `${Aws.STACK_NAME}-index`, outputBucket: new Bucket(stack, 'Bucket') });
  }],
];

describe.each(SHAPES)('a template deployed twice in one account: %s', (_what, make) => {
  const document = templateOf(make);
  const [first, second] = ['Nightly', 'Nightly-Test'].map((stackName) => deploy(document, stackName));

  test.each<[string, (template: Template) => string[]]>([
    ['no name of a resource', (template) => names(template, document)],
    ['no folder of lock and marks', folders],
    ['no prefix of output', prefixes],
    ['no dimension of a metric', machines],
  ])('shares %s', (_kind, of) => {
    expect(of(first).length).toBeGreaterThan(0);
    expect(of(first)).not.toContain('');
    expect(of(first).filter((value) => of(second).includes(value))).toEqual([]);
    expect(of(deploy(document, 'Nightly'))).toEqual(of(first));
  });
});

test('a fixed jobKey is the same everywhere: two stacks on purpose, or one that takes the place of another', () => {
  const document = templateOf((stack) => job(stack, 'Index', { jobKey: 'Nightly_Index' }));
  expect([folders(deploy(document, 'Nightly')), folders(deploy(document, 'Other'))]).toEqual([['Nightly_Index'], ['Nightly_Index']]);
});

test('a stack that is deleted and made anew under its name finds the lock of the one before', () => {
  const document = templateOf((stack) => job(stack, 'Index'));
  expect(folders(deploy(document, 'Nightly'))).toEqual(['Nightly_Index']);
});

describe('the default key', () => {
  const keyOf = (stackName: string, ...ids: string[]) => {
    const stack = new Stack(new App(), 'Stack', { stackName });
    const scope = ids.slice(0, -1).reduce((outer: Construct, id) => new Construct(outer, id), stack);
    return String((stack.resolve(job(scope, ids.at(-1)!, { jobName: 'Job' }).jobKey)['Fn::Join'][1] as unknown[]).map((part) => (typeof part === 'string' ? part : stackName)).join(''));
  };

  test('is the name of the stack and the path of the construct', () => {
    expect(keyOf('Billing', 'Nightly')).toBe('Billing_Nightly');
    expect(keyOf('Billing', 'Batch', 'Nightly')).toMatch(/^Billing_Batch-Nightly-[0-9a-f]{8}$/);
    expect(keyOf('Billing', 'Nightly index (Ä)')).toMatch(/^Billing_Nightly-index-[0-9a-f]{8}$/);
    expect(keyOf('Billing', 'x'.repeat(60))).toMatch(/^Billing_x{31}-[0-9a-f]{8}$/);
  });

  test('is another one for other jobs', () => {
    const keys = [
      keyOf('Billing', 'Prod-Nightly'), keyOf('Billing-Prod', 'Nightly'), keyOf('Billing', 'Prod', 'Nightly'), keyOf('Billing', 'Prod Nightly'),
      keyOf('Billing', 'Prod_Nightly'), keyOf('Billing-Prod', '_Nightly'), keyOf('Billing', 'ä'), keyOf('Billing', 'ö'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('in a nested stack, whose name changes whenever it is made anew: has the name of the stack around it', () => {
    const stack = new Stack(new App(), 'Nightly');
    const nested = new NestedStack(stack, 'Jobs');
    job(nested, 'Index');
    const outer = synthesized(stack);
    const inner: TemplateDocument = JSON.parse(readFileSync(`${(Stage.of(stack) as App).synth().directory}/${nested.templateFile}`, 'utf8'));
    const [parameter] = Object.keys(inner.Parameters ?? {}).filter((name) => /StackName/.test(name));
    const values = Object.values(outer.Resources ?? {}).find(({ Type }) => Type === 'AWS::CloudFormation::Stack')!.Properties!.Parameters;
    expect(values).toEqual(expect.objectContaining({ [parameter]: { Ref: 'AWS::StackName' } }));
    const deployed = { ...inner, Parameters: { ...inner.Parameters, [parameter]: { Type: 'String', Default: 'Nightly' } } };
    expect(folders(deploy(deployed, 'Nightly-Jobs-1ABC'))).toEqual([expect.stringMatching(/^Nightly_Jobs-Index-[0-9a-f]{8}$/)]);
  });
});

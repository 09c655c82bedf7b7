import { App, CfnCondition, CfnOutput, CfnStack, Fn, NestedStack, Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { BatchCommand, CotsBatchJob } from '../../../src';
import { CloudAssembly } from '../../../src/local/app/cloud-assembly';
import { definitionOf, jobsOf, selectJob } from '../../../src/local/app/jobs';
import { INSTANCE_ID } from '../../support/synth';
import { removeFolders, temporaryFolder } from '../run/synthesized-app';

afterAll(removeFolders);

/** As `cdk synth` has it, and as an app that is synthesized without it. */
const CONTEXTS = [
  ['paths in the templates', { 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true }],
  ['paths in the manifest', { 'aws:cdk:disable-path-metadata': true, 'aws:cdk:disable-asset-metadata': true }],
] as const;

function assemblyOf(build: (app: App) => void, context: object = {}): CloudAssembly {
  const app = new App({ outdir: temporaryFolder(), context: { ...context } });
  build(app);
  return CloudAssembly.read(app.synth().directory);
}

const nightly = (stack: Stack, notificationTopic?: Topic) => new CotsBatchJob(stack, 'Nightly', {
  instanceIds: [INSTANCE_ID], command: BatchCommand.shell('true'), notificationTopic,
});

test.each(CONTEXTS)('jobs of nested stacks are found, with %s: also in a stack below, and two with one logical id', (_, context) => {
  const jobs = jobsOf(assemblyOf((app) => {
    const stack = new Stack(app, 'App');
    nightly(stack);
    nightly(new NestedStack(stack, 'Billing'));
    nightly(new NestedStack(new NestedStack(stack, 'Crm'), 'Crawler'));
  }, context));

  expect(jobs.map(({ path }) => path)).toEqual(['App/Nightly', 'App/Billing/Nightly', 'App/Crm/Crawler/Nightly']);
  expect(new Set(jobs.map(({ stateMachine }) => stateMachine.logicalId)).size).toBe(1);
  expect(new Set(jobs.map(({ arn }) => arn)).size).toBe(3);
  expect(selectJob(jobs, 'Crm/Crawler/Nightly')).toBe(jobs[2]);
  expect(() => selectJob(jobs, 'Nightly')).toThrow("'Nightly' matches 3:\n  App/Nightly\n  App/Billing/Nightly\n  App/Crm/Crawler/Nightly");
});

test('values go down as parameters and up as outputs', () => {
  const assembly = assemblyOf((app) => {
    const stack = new Stack(app, 'App');
    const inner = new NestedStack(new NestedStack(stack, 'Outer'), 'Inner');
    const job = nightly(inner, new Topic(stack, 'Topic', { topicName: 'ops' }));
    new CfnOutput(stack, 'Job', { value: job.stateMachine.stateMachineArn });
    new CfnOutput(new Stack(app, 'Other'), 'Job', { value: job.stateMachine.stateMachineArn });
  });
  const [job] = jobsOf(assembly);
  const [app, outer, inner, other] = assembly.stacks;

  expect(JSON.stringify(definitionOf(job))).toContain('arn:aws:sns:us-east-1:123456789012:ops');
  expect(job.arn).toMatch(/^arn:aws:states:us-east-1:123456789012:stateMachine:App-OuterNested/);
  expect(app.output('Job')).toBe(job.arn);
  expect(other.output('Job')).toBe(job.arn);
  expect([outer, inner].map(({ stackName }) => stackName)).toEqual(Array(2).fill(expect.stringMatching(/^App-Outer\w+/)));
  expect(app.resolve({ Ref: app.nestedStacks[0].logicalId }, 'test')).toBe(outer.resolve({ Ref: 'AWS::StackId' }, 'test'));
  expect(() => app.resolve({ 'Fn::GetAtt': [app.nestedStacks[0].logicalId, 'Outputs.Nothing'] }, 'test'))
    .toThrow("the nested stack has no output 'Nothing'");
});

test.each([['true', 1], ['false', 0]])('a nested stack whose condition is %s has %d jobs', (value, count) => {
  const assembly = assemblyOf((app) => {
    const stack = new Stack(app, 'App');
    const nested = new NestedStack(stack, 'Nested');
    const expression = Fn.conditionEquals(value, 'true');
    (nested.nestedStackResource as CfnStack).cfnOptions.condition = new CfnCondition(stack, 'Condition', { expression });
    nightly(new NestedStack(nested, 'Below'));
  });

  expect(jobsOf(assembly)).toHaveLength(count);
});

test('a nested stack whose template is elsewhere is said to be missing, where its job and its outputs are', () => {
  const assembly = assemblyOf((app) => {
    const stack = new Stack(app, 'App');
    nightly(stack);
    const nested = new CfnStack(stack, 'Bought', { templateUrl: 'https://s3.amazonaws.com/vendor/product.template' });
    new CfnOutput(stack, 'Server', { value: nested.getAtt('Outputs.Server').toString() });
  });
  const note = "App.Bought: the template of this nested stack is not in the app's output, so nothing of it is";

  expect(assembly.unread).toEqual([note]);
  expect(() => selectJob(jobsOf(assembly), 'Product', assembly.unread)).toThrow(`there are:\n  App/Nightly\nnot read: ${note}`);
  expect(() => assembly.stacks[0].output('Server')).toThrow(
    "stack App, Outputs.Server: App.Bought (AWS::CloudFormation::Stack): its template is not in the app's output, so neither is its output 'Server'");
});

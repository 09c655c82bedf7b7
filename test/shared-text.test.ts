import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { BatchCommand, BatchJobHandlers, CompletionMode, CotsBatchJob, JobParameter, OverlapPolicy } from '../src';
import { SharedText } from '../src/shared-text';
import { everyPropWithInstances, everyPropWithTargets } from './fixtures/every-prop';
import { JobProps, synth, SynthesizedJob } from './support/synth';

/** What is deployed of a job, but for the names of other resources. */
function deployed(job: SynthesizedJob) {
  const [document] = job.all('AWS::SSM::Document');
  const nameless = (value: unknown) => JSON.parse(JSON.stringify(value).replace(/<[A-Za-z][\w/.:-]*>/g, '<>'));
  return { document: nameless(document), definition: nameless(job.definition) };
}

/** What a job has of its own, or its handlers have for all of theirs. None of it is in document and definition. */
const OF_HANDLERS = ['handlerOptions', 'workflowRole', 'scheduleRole', 'workflowLogGroup', 'workflowLogRetention', 'workflowLogRemovalPolicy'];

const shared = (props: (stack: Stack) => JobProps) => synth((stack) => ({
  ...Object.fromEntries(Object.entries(props(stack)).filter(([name]) => !OF_HANDLERS.includes(name))),
  handlers: new BatchJobHandlers(stack, 'Handlers'),
}));

test.each<[string, (stack: Stack) => JobProps]>([
  ['the smallest job', () => ({})],
  ['a job that waits for events', () => ({ completion: CompletionMode.EVENTS })],
  ['a job that nobody is told of', () => ({ notifyOn: [] })],
  ['every prop, in a shell', everyPropWithInstances],
  ['every prop, in PowerShell', everyPropWithTargets],
  ['a script with lines of the launcher', () => ({ command: BatchCommand.shell('#!/bin/bash\nexit $code\n\nfi\n') })],
  ['a script and a folder that are not known at synth', (stack) => ({
    command: BatchCommand.shell(`echo ${stack.region}`, { workingDirectory: `/opt/${stack.stackId}` }),
    overlapPolicy: OverlapPolicy.ALLOW,
  })],
])('shared handlers do not change what is deployed of %s', (_, props) => {
  const job = shared(props);
  expect(deployed(job)).toEqual(deployed(synth(props)));
  expect(JSON.stringify(job.template.toJSON().Resources)).toContain('Fn::FindInMap');
});

test('a job with handlers of its own has all of its text in its resources', () => {
  expect(Object.keys(synth().template.toJSON())).not.toContain('Mappings');
});

test('shared handlers without jobs make no mapping, which CloudFormation would refuse', () => {
  const stack = new Stack(new App(), 'Stack');
  new BatchJobHandlers(stack, 'Handlers');
  expect(Object.keys(Template.fromStack(stack).toJSON())).not.toContain('Mappings');
});

/** Jobs with shared handlers, as a template. */
function templateOf(count: number, props: (job: number, stack: Stack) => JobProps) {
  const stack = new Stack(new App(), 'Stack');
  const common = { handlers: new BatchJobHandlers(stack, 'Handlers'), notificationTopic: new Topic(stack, 'Topic') };
  for (let job = 0; job < count; job++) {
    new CotsBatchJob(stack, `Job${job}`, {
      ...common, instanceIds: ['i-0123456789abcdef0'], command: BatchCommand.shell('bin/index.sh'), ...props(job, stack),
    });
  }
  return Template.fromStack(stack).toJSON() as { Mappings: object };
}

const values = (template: { Mappings: object }) =>
  Object.values(template.Mappings).flatMap((mapping: object) => Object.values(mapping).flatMap((byKey: object) => Object.values(byKey)));

test('what differs from job to job does not add to the text that they share', () => {
  const one = templateOf(1, () => ({}));
  const two = templateOf(2, (job) => ({
    command: BatchCommand.shell(`bin/${job}.sh`, { workingDirectory: `/opt/${job}`, environment: { JOB: `${job}` } }),
    parameters: { [`P${job}`]: JobParameter.string({ default: 'x' }) },
  }));
  expect(values(two).length - values(one).length).toBeLessThanOrEqual(1);
});

test('what a mapping has no room for stands where it is needed', () => {
  const stack = new Stack(new App(), 'Stack');
  const text = new SharedText(stack, 'Text');
  const texts = Array.from({ length: 202 }, (_, i) => `${i}`.padEnd(300, 'x'));
  const found = [...texts, texts[0]].map((one) => stack.resolve(text.string(one)));
  expect(found.filter((one) => typeof one === 'string')).toEqual(texts.slice(200));
  expect(found.at(-1)).toEqual(found[0]);
  expect(values(Template.fromStack(stack).toJSON() as { Mappings: object }).sort()).toEqual(texts.slice(0, 200).sort());
});

test('a text that is shorter than a reference stands where it is needed', () => {
  const stack = new Stack(new App(), 'Stack');
  const text = new SharedText(stack, 'Text');
  expect(stack.resolve(text.string('short'))).toBe('short');
  expect(stack.resolve(text.lines(['a', 'b'], new Set(['a', 'b'])))).toEqual({ 'Fn::Split': ['\n', { 'Fn::Join': ['\n', ['a', 'b']] }] });
});

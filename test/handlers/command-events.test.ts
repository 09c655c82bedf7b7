import { Match, Template } from 'aws-cdk-lib/assertions';
import { BatchCommand, CompletionMode } from '../../src';
import { reachable, State } from '../support/state-machine';
import { synth, SynthesizedJob } from '../support/synth';

const synthesized = synth({ completion: CompletionMode.EVENTS });
const { definition, stack, settings } = synthesized;
const { States } = definition;
const template = Template.fromStack(stack);

test('the default only polls: no rule for commands', () => {
  const polling = synth();
  Template.fromStack(polling.stack).resourceCountIs('AWS::Events::Rule', 1);
  expect(polling.settings).toMatchObject({ completion: 'Polling', pollIntervalSeconds: 300 });
  expect(polling.definition.States.Wait.Type).toBe('Wait');
});

test('events take a rule and its permission, and nothing else', () => {
  const count = (type: string) => Object.keys(template.findResources(type)).length;
  const all = ({ stack: of }: SynthesizedJob) => Object.keys(Template.fromStack(of).toJSON().Resources).length;
  expect(all(synthesized)).toBe(all(synth()) + 2);
  expect([count('AWS::Events::Rule'), count('AWS::Lambda::Permission')]).toEqual([2, 2]);
});

test('with events, the poll interval may be longer', () => {
  expect(settings).toMatchObject({ completion: 'Events', pollIntervalSeconds: 1800 });
});

describe('the wait', () => {
  test('is a callback, with the time to the next poll as its limit', () => {
    expect(States.Wait).toMatchObject({
      Type: 'Task',
      Resource: 'arn:<AWS::Partition>:states:::lambda:invoke.waitForTaskToken',
      Parameters: { FunctionName: States['Get status'].Resource, Payload: { 'taskToken.$': '$$.Task.Token' } },
      TimeoutSecondsPath: '$.status.waitSeconds',
      ResultSelector: { isResumed: true },
      ResultPath: '$.wait',
      Next: 'Get status',
    });
    expect(States.Wait).not.toHaveProperty('Retry');
  });

  test('that is over leads to a poll', () => {
    expect(States.Wait.Catch![0]).toEqual({ ErrorEquals: ['States.Timeout'], ResultPath: '$.wait', Next: 'Get status' });
  });

  test('that cannot begin is a plain one of the same length: no run polls without a pause', () => {
    expect(States.Wait.Catch![1]).toEqual({ ErrorEquals: ['States.ALL'], ResultPath: '$.wait', Next: 'Wait without events' });
    expect(States['Wait without events']).toMatchObject({ Type: 'Wait', SecondsPath: '$.status.waitSeconds', Next: 'Get status' });
  });

  test('is told to the handler', () => {
    expect(States['Get status'].Parameters).toMatchObject({ 'wait.$': '$.wait' });
    expect(synth().definition.States['Get status'].Parameters).not.toHaveProperty('wait.$');
  });

  test('no state is unreachable', () => {
    expect([...reachable(definition)].sort()).toEqual(Object.keys(States).sort());
    expect(Object.values(States).every((state: State) => state.Type === 'Succeed' || state.Type === 'Fail' || state.Comment)).toBe(true);
  });
});

describe('the rule', () => {
  const rule = (documentName: unknown[]) => ({
    EventPattern: {
      'source': ['aws.ssm'],
      'detail-type': ['EC2 Command Status-change Notification'],
      'detail': { 'document-name': documentName, 'status': [{ 'anything-but': ['Pending', 'InProgress', 'Delayed', 'Cancelling'] }] },
    },
  });

  test('sees commands of the job\'s own document', () => {
    const [document] = Object.keys(template.findResources('AWS::SSM::Document'));
    template.hasResourceProperties('AWS::Events::Rule', rule([{ Ref: document }]));
  });

  test('hands over which command it was, and whose', () => {
    const [stateMachine] = Object.keys(template.findResources('AWS::StepFunctions::StateMachine'));
    template.hasResourceProperties('AWS::Events::Rule', {
      Targets: [Match.objectLike({
        InputTransformer: {
          InputPathsMap: { 'detail-command-id': '$.detail.command-id', 'detail-status': '$.detail.status', 'time': '$.time' },
          InputTemplate: { 'Fn::Join': ['', ['{"stateMachineArn":"', { Ref: stateMachine }, Match.stringLikeRegexp('"commandId":<detail-command-id>')]] },
        },
      })],
    });
  });

  test('knows a shared document by its name, too', () => {
    const arn = 'arn:aws:ssm:us-east-1:210987654321:document/Nightly';
    const shared = synth({ completion: CompletionMode.EVENTS, command: BatchCommand.document(arn) });
    Template.fromStack(shared.stack).hasResourceProperties('AWS::Events::Rule', rule([arn, 'Nightly']));
  });
});

test('an unknown mode is refused', () => {
  expect(() => synth({ completion: 'Magic' as never })).toThrow('completion must be one of Polling, Events, got "Magic"');
});

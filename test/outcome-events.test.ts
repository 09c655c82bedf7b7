import { App, Stack } from 'aws-cdk-lib';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { IRole } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Outcome } from '../src';
import { JobProps, synth } from './support/synth';

function withRule(outcomes = [Outcome.FAILED, Outcome.TIMED_OUT], props: JobProps = {}) {
  const synthesized = synth(props);
  const queue = new Queue(synthesized.stack, 'Queue');
  const rule = synthesized.job.onOutcome('Failed', outcomes, { target: new SqsQueue(queue), description: 'What failed' });
  return { synthesized, rule, events: synthesized.job.node.findChild('OutcomeEvents') };
}

test('a rule on the default bus, for the outcomes of this job', () => {
  const { synthesized, rule } = withRule();
  expect(synthesized.properties(rule)).toMatchObject({
    Description: 'What failed',
    EventPattern: {
      'source': ['cots-batch-job'],
      'detail-type': ['Batch Job Run Ended'],
      'detail': { stateMachineArn: ['<Job/Workflow>'], outcome: ['Failed', 'TimedOut'] },
    },
    Targets: [{ Arn: '<Queue.Arn>' }],
  });
  expect(synthesized.properties(rule)).not.toHaveProperty('EventBusName');
});

test('a pattern of the user\'s confines it further, and the rule may be in the stack of its target', () => {
  const synthesized = synth();
  const other = new Stack(synthesized.stack.node.root as App, 'Other');
  const rule = synthesized.job.onOutcome('Failed', [Outcome.FAILED], { crossStackScope: other, eventPattern: { account: ['123456789012'] } });
  expect(Stack.of(rule)).toBe(other);
  expect(other.resolve((rule as any)._renderEventPattern())).toMatchObject({ account: ['123456789012'], detail: { outcome: ['Failed'] } });
});

test('the first rule brings a state machine beside the job, and nothing in the job', () => {
  const { synthesized } = withRule();
  synthesized.job.onOutcome('Other', [Outcome.SUCCEEDED]);
  const { Resources: after } = synthesized.template.toJSON();
  const without = synth();
  new Queue(without.stack, 'Queue');
  const { Resources: before } = without.template.toJSON();
  expect(Object.fromEntries(Object.entries(after).filter(([id]) => id in before))).toEqual(before);
  expect(Object.keys(after).filter((id) => !(id in before)).map((id) => after[id].Type).sort()).toEqual([
    'AWS::Events::Rule', 'AWS::Events::Rule', 'AWS::Events::Rule', 'AWS::IAM::Policy', 'AWS::IAM::Policy', 'AWS::IAM::Role', 'AWS::IAM::Role',
    'AWS::SQS::QueuePolicy', 'AWS::StepFunctions::StateMachine',
  ]);
});

test('it may read the executions of this job, and put events onto the default bus', () => {
  const { synthesized, events } = withRule();
  expect(synthesized.statements(events.node.findChild('Resource').node.findChild('Role') as never as IRole)).toEqual([
    { actions: ['states:DescribeExecution'], resources: [expect.stringMatching(/^arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:.*:\*$/)] },
    { actions: ['events:PutEvents'], resources: ['arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:event-bus/default'] },
  ]);
  expect(synthesized.statements(events.node.findChild('RuleRole') as never as IRole)).toEqual([
    { actions: ['states:StartExecution'], resources: ['<Job/OutcomeEvents>'] },
  ]);
});

test('with the key of the job, it is encrypted, too, and reads what is', () => {
  const app = new Stack(new App(), 'Stack');
  const synthesized = synth((stack) => ({ encryptionKey: new Key(stack, 'Key') }), app);
  synthesized.job.onOutcome('Failed', [Outcome.FAILED]);
  const events = synthesized.job.node.findChild('OutcomeEvents').node.findChild('Resource');
  expect(synthesized.properties(events).EncryptionConfiguration).toEqual({ Type: 'CUSTOMER_MANAGED_KMS_KEY', KmsKeyId: '<Key.Arn>' });
  expect(synthesized.statements(events.node.findChild('Role') as never as IRole))
    .toContainEqual({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: ['<Key.Arn>'] });
});

test.each<[string, any, string]>([
  ['no outcome', [], 'outcomes must be one or more of Succeeded, Failed'],
  ['a word that is none', ['Running'], 'got "Running"'],
  ['what no run has', ['NotStarted'], 'got "NotStarted"'],
])('refused: %s', (_what, outcomes, problem) => {
  expect(() => withRule(outcomes)).toThrow(problem);
});

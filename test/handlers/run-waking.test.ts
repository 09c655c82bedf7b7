import { Match, Template } from 'aws-cdk-lib/assertions';
import { BatchCommand, CompletionMode } from '../../src';
import { reachable, State } from '../support/state-machine';
import { synth } from '../support/synth';

const { definition, stack, settings, job } = synth({ completion: CompletionMode.EVENTS });
const { States } = definition;
const template = Template.fromStack(stack);

test('the default only looks: no table, no rule for commands, no handler for them', () => {
  const polling = synth();
  Template.fromStack(polling.stack).resourceCountIs('AWS::DynamoDB::Table', 0);
  expect(polling.settings).toMatchObject({ completion: 'Polling', pollIntervalSeconds: 300 });
  expect(polling.definition.States.Wait.Type).toBe('Wait');
  expect(polling.job.wakeUpFunction).toBeUndefined();
  expect(job.wakeUpFunction).toBeDefined();
});

test('with events, the poll interval may be longer', () => {
  expect(settings).toMatchObject({ completion: 'Events', pollIntervalSeconds: 1800 });
});

describe('the wait', () => {
  test('is a callback whose token is kept, with the time to the next look as its limit', () => {
    expect(States.Wait).toMatchObject({
      Type: 'Task',
      Resource: 'arn:<AWS::Partition>:states:::aws-sdk:dynamodb:updateItem.waitForTaskToken',
      TimeoutSecondsPath: '$.status.waitSeconds',
      ResultSelector: { isWoken: true },
      ResultPath: '$.wait',
      Next: 'Get status',
    });
    expect(States.Wait.Parameters).toMatchObject({
      Key: { Run: { 'S.$': '$.status.wake.run' } },
      ConditionExpression: 'attribute_not_exists(#woken) OR #woken < :since',
      ExpressionAttributeValues: {
        ':token': { 'S.$': '$$.Task.Token' },
        ':since': { 'S.$': '$.status.wake.since' },
        ':expires': { 'N.$': '$.status.wake.expires' },
      },
    });
  });

  test('that is over, or was ended before it began, leads to a look', () => {
    expect(States.Wait.Catch![0]).toEqual({
      ErrorEquals: ['States.Timeout', 'DynamoDb.ConditionalCheckFailedException', 'DynamoDB.ConditionalCheckFailedException'],
      ResultPath: '$.wait',
      Next: 'Get status',
    });
  });

  test('that the table does not take is a plain one of the same length: no run looks without a pause', () => {
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

test('the table costs nothing while nothing waits, and forgets', () => {
  template.hasResource('AWS::DynamoDB::Table', {
    Properties: {
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'Run', KeyType: 'HASH' }],
      TimeToLiveSpecification: { AttributeName: 'Expires', Enabled: true },
    },
    DeletionPolicy: 'Delete',
  });
});

describe('the rule', () => {
  const rule = (documentName: unknown[]) => ({
    EventPattern: {
      'source': ['aws.ssm'],
      'detail-type': ['EC2 Command Status-change Notification'],
      'detail': { 'document-name': documentName, 'status': [{ 'anything-but': ['Pending', 'InProgress', 'Delayed', 'Cancelling'] }] },
    },
    Targets: [Match.objectLike({ InputPath: '$.detail' })],
  });

  test('sees commands of the job\'s own document', () => {
    const [document] = Object.keys(template.findResources('AWS::SSM::Document'));
    template.hasResourceProperties('AWS::Events::Rule', rule([{ Ref: document }]));
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

import { aboutEverything, hasUndocumentedResource } from '../../../src/local/iam/simulator-gaps';

const JOB = 'arn:aws:states:us-east-1:123456789012:stateMachine:App-Job';
const allow = (about: object) => ({ Effect: 'Allow', Action: 'states:SendTask*', ...about });

test.each([
  ['the state machine', { Resource: JOB }, true],
  ['everything', { Resource: '*' }, true],
  ['one of several', { Resource: ['arn:aws:states:*:*:stateMachine:Other', 'arn:aws:states:*:*:stateMachine:App-?ob'] }, true],
  ['another one', { Resource: 'arn:aws:states:us-east-1:123456789012:stateMachine:App' }, false],
  ['a longer name', { Resource: `${JOB}s` }, false],
  ['all but the state machine', { NotResource: JOB }, false],
  ['all but another one', { NotResource: ['arn:aws:states:*:*:stateMachine:Other'] }, true],
])('a statement about %s', (_, about, applies) => {
  const policy = { Version: '2012-10-17', Statement: [allow(about), { Effect: 'Deny', Action: '*', Resource: 'arn:aws:s3:::b' }] };
  const statements = applies ? [{ ...allow({}), Resource: '*' }] : [];

  expect(aboutEverything(policy, JOB)).toEqual({ Version: '2012-10-17', Statement: statements });
});

test('a policy may have one statement that is no list', () => {
  expect(aboutEverything({ Statement: allow({ Resource: JOB }) }, JOB)).toEqual({ Statement: [allow({ Resource: '*' })] });
});

test.each([
  ['states:SendTaskSuccess', true], ['states:SendTaskFailure', true], ['states:StartExecution', false], ['ssm:ListCommands', false],
])('%s: %s', (action, expected) => {
  expect(hasUndocumentedResource(action)).toBe(expected);
});

import { AwsEvent, TargetInput, targetInput } from '../../../../src/local/services/events/event';

const EVENT: AwsEvent = {
  'version': '0',
  'id': 'id-1',
  'detail-type': 'Change',
  'source': 'aws.states',
  'account': '123456789012',
  'time': '2026-01-01T02:00:00Z',
  'region': 'us-east-1',
  'resources': ['arn:a'],
  'detail': { status: 'FAILED', name: 'say "hi"\n', stopDate: 5, details: { included: true } },
};
const RULE = { arn: 'arn:aws:events:us-east-1:123456789012:rule/R', name: 'R' };

const transformed = (paths: object, template: string): TargetInput => ({
  InputTransformer: { InputPathsMap: paths as { [name: string]: string }, InputTemplate: template },
});

test.each<[string, TargetInput, unknown]>([
  ['the event', {}, EVENT],
  ['a constant', { Input: '{"a":[1]}' }, { a: [1] }],
  ['a part', { InputPath: '$.detail' }, EVENT.detail],
  ['a part of a list', { InputPath: '$.resources[0]' }, 'arn:a'],
  ['a part in brackets', { InputPath: "$['detail-type']" }, 'Change'],
  ['a part with a hyphen', { InputPath: '$.detail-type' }, 'Change'],
  ['the whole by its path', { InputPath: '$' }, EVENT],
  ['values of a template', transformed({ s: '$.detail.status', n: '$.detail.stopDate' }, '[<s>,<n>]'), ['FAILED', 5]],
  ['an object of a template', transformed({ 'a-b': '$.detail.details' }, '{"a":<a-b>}'), { a: { included: true } }],
  ['values in a text', transformed({ name: '$.detail.name' }, '"he: <name>!"'), 'he: say "hi"\n!'],
  ['what is not there', transformed({ x: '$.detail.reason' }, '{"a":"<x>","b":<x>}'), { a: '', b: '' }],
  ['the whole event', transformed({}, '{"e":<aws.events.event>,"r":"<aws.events.rule-name>"}'), { e: EVENT, r: 'R' }],
  ['what is no variable', transformed({}, '"<b>bold</b>"'), '<b>bold</b>'],
])('a target gets %s', (_, target, expected) => {
  expect(targetInput(target, EVENT, RULE)).toEqual(expected);
});

test('what is no JSON is an error', () => {
  expect(() => targetInput(transformed({ s: '$.detail.status' }, 'it is <s>'), EVENT, RULE)).toThrow(SyntaxError);
});

import { attributesOf, messagesOf, PublishParameters } from '../../../../src/local/services/sns/message';
import { passesFilter } from '../../../../src/local/services/sns/topics';

const refused = (parameters: PublishParameters): string => {
  try {
    messagesOf(parameters);
  } catch (error) {
    expect((error as Error).name).toBe('InvalidParameter');
    return (error as Error).message;
  }
  return 'taken';
};

test.each([
  ['a plain text', { Message: 'text', Subject: 'Nightly index: failed' }, { default: 'text' }],
  ['an object, which is sent as JSON', { Message: { a: 1 } }, { default: '{"a":1}' }],
  ['a text for each protocol', { MessageStructure: 'json', Message: { default: 'd', email: 'e' } }, { default: 'd', email: 'e' }],
  [
    'protocols whose text is no text, without them',
    { MessageStructure: 'json', Message: '{"default":"d","email":5}' },
    { default: 'd' },
  ],
  ['a subject of 99 characters', { Message: 'm', Subject: 'x'.repeat(99) }, { default: 'm' }],
  ['a message of 262,144 bytes', { Message: 'é'.repeat(131_072) }, { default: 'é'.repeat(131_072) }],
])('SNS takes %s', (_, parameters, messages) => {
  expect(messagesOf(parameters)).toEqual(messages);
});

test.each<[string, PublishParameters, string]>([
  ['a subject of 100 characters', { Message: 'm', Subject: 'x'.repeat(100) }, 'Invalid parameter: Subject'],
  ['an empty subject', { Message: 'm', Subject: '' }, 'Invalid parameter: Subject'],
  ['a subject with a line break', { Message: 'm', Subject: 'a\nb' }, 'Invalid parameter: Subject'],
  ['a subject that is not ASCII', { Message: 'm', Subject: 'für' }, 'Invalid parameter: Subject'],
  ['an empty message', { Message: '' }, 'Invalid parameter: Empty message'],
  ['a message of more than 262,144 bytes', { Message: 'é'.repeat(131_073) }, 'Message too long: 262146 bytes'],
  [
    'a message that is too long with its attributes',
    { Message: 'x'.repeat(262_140), MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } } },
    'Message too long',
  ],
  ['a structure without default', { MessageStructure: 'json', Message: { email: 'e' } }, 'No default entry in JSON message body'],
  ['a structure that is no JSON', { MessageStructure: 'json', Message: 'text' }, 'JSON message body failed to parse'],
])('SNS refuses %s', (_, parameters, message) => {
  expect(refused(parameters)).toContain(message);
});

test('attributes are text, and an empty one is refused', () => {
  expect(attributesOf({ MessageAttributes: { outcome: { DataType: 'String', StringValue: 'Failed' } } })).toEqual({
    outcome: 'Failed',
  });
  expect(() => attributesOf({ MessageAttributes: { outcome: { DataType: 'String', StringValue: '' } } })).toThrow("'outcome'");
});

test.each([
  [undefined, true],
  [{ outcome: ['Failed', 'TimedOut'] }, true],
  [{ outcome: ['TimedOut'] }, false],
  [{ outcome: ['Failed'], job: ['Other'] }, false],
  [{ outcome: [{ prefix: 'Fa' }] }, true],
  [{ outcome: [{ suffix: 'ded' }] }, false],
  [{ outcome: [{ 'anything-but': ['Succeeded'] }] }, true],
  [{ outcome: [{ 'anything-but': 'Failed' }] }, false],
  [{ other: [{ exists: false }] }, true],
  [{ outcome: [{ exists: false }] }, false],
  [{ other: [{ exists: true }] }, false],
  [{ count: [{ numeric: ['>=', 3, '<', 5] }] }, true],
  [{ count: [{ numeric: ['>', 4] }] }, false],
])('the filter policy %j lets a failure of 4 instances through: %p', (policy, through) => {
  expect(passesFilter(policy, { outcome: 'Failed', job: 'Index', count: '4' })).toBe(through);
});

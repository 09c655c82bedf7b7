import { matchPattern } from '../../../../src/local/services/events/event-pattern';

const EVENT = {
  'source': 'aws.states',
  'detail-type': 'Step Functions Execution Status Change',
  'resources': ['arn:a', 'arn:b'],
  'detail': {
    status: 'FAILED',
    stopDate: 5,
    output: null,
    inputDetails: { included: true },
    list: [{ a: 1 }, { a: 2 }],
    none: [],
  },
};

test.each<[string, object, boolean]>([
  ['exact values, one of several', { source: ['aws.ssm', 'aws.states'], detail: { status: ['FAILED', 'ABORTED'] } }, true],
  ['another value', { detail: { status: ['SUCCEEDED'] } }, false],
  ['all fields have to match', { 'source': ['aws.states'], 'detail-type': ['Other'] }, false],
  ['a field that is not there', { detail: { reason: ['x'] } }, false],
  ['a nested object that is not there', { detail: { more: { x: ['y'] } } }, false],
  ['numbers, booleans and null', { detail: { stopDate: [5], output: [null], inputDetails: { included: [true] } } }, true],
  ['a text for a number', { detail: { stopDate: ['5'] } }, false],
  ['one item of a list is enough', { resources: ['arn:b'] }, true],
  ['no item of a list', { resources: ['arn:c'] }, false],
  ['a list of objects', { detail: { list: { a: [2] } } }, true],
  ['prefix', { source: [{ prefix: 'aws.' }] }, true],
  ['prefix of an item', { resources: [{ prefix: 'arn:b' }] }, true],
  ['prefix of a number', { detail: { stopDate: [{ prefix: '5' }] } }, false],
  ['suffix', { source: [{ suffix: '.ssm' }] }, false],
  ['equals-ignore-case', { detail: { status: [{ 'equals-ignore-case': 'failed' }] } }, true],
  ['anything-but a value', { detail: { status: [{ 'anything-but': 'SUCCEEDED' }] } }, true],
  ['anything-but several values', { detail: { status: [{ 'anything-but': ['SUCCEEDED', 'FAILED'] }] } }, false],
  ['anything-but a prefix', { detail: { status: [{ 'anything-but': { prefix: 'FAIL' } }] } }, false],
  ['anything-but does not take what is not there', { detail: { reason: [{ 'anything-but': 'x' }] } }, false],
  ['exists', { detail: { status: [{ exists: true }], output: [{ exists: true }], reason: [{ exists: false }] } }, true],
  ['exists: false of what is there', { detail: { status: [{ exists: false }] } }, false],
  ['exists: false of an empty list', { detail: { none: [{ exists: false }] } }, true],
  ['numeric', { detail: { stopDate: [{ numeric: ['>', 4, '<=', 5] }] } }, true],
  ['$or', { $or: [{ source: ['aws.ssm'] }, { detail: { status: ['FAILED'] } }] }, true],
  ['$or of nothing that matches', { $or: [{ source: ['aws.ssm'] }, { detail: { status: ['ABORTED'] } }] }, false],
])('%s', (_, pattern, matches) => {
  expect(matchPattern(pattern, EVENT)).toEqual({ matches, unknown: [] });
});

describe('an operator that is not known', () => {
  test('does not match, and is named', () => {
    const unknown = (condition: object) => matchPattern({ source: [condition] }, EVENT);

    expect(unknown({ wildcard: 'a*' })).toEqual({ matches: false, unknown: ['wildcard'] });
    expect(unknown({ 'anything-but': { wildcard: '*' } })).toEqual({ matches: false, unknown: ['wildcard'] });
    expect(unknown({ prefix: { 'equals-ignore-case': 'AWS' } })).toEqual({ matches: false, unknown: ['prefix'] });
  });

  test.each([
    ['another condition is fulfilled', { detail: { status: [{ wildcard: 'F*' }, 'FAILED'] } }, true],
    ['another field decides', { detail: { status: [{ wildcard: 'F*' }] }, source: ['aws.ssm'] }, false],
  ])('does not matter where %s', (_, pattern, matches) => {
    expect(matchPattern(pattern, EVENT)).toEqual({ matches, unknown: [] });
  });
});

import { executionEvent } from '../../../../src/local/services/states/executions';

const execution = (input: string, output?: unknown) => executionEvent({
  arn: 'arn:aws:states:eu-west-1:123456789012:execution:M:e',
  name: 'e',
  stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:M',
  startDate: '2026-01-01T02:00:00.123Z',
  input,
  result: {
    arn: '',
    name: '',
    status: 'SUCCEEDED',
    output,
    startDate: '',
    stopDate: '2026-01-01T03:00:00.456Z',
    history: [],
    historyEventCount: 0,
    largestStateBytes: 0,
  },
}).detail;

const text = (kilobytes: number): string => 'x'.repeat(kilobytes * 1024);

test('input and output are told', () => {
  expect(execution('{"a":1}', { b: 2 })).toMatchObject({
    input: '{"a":1}', inputDetails: { included: true }, output: '{"b":2}', outputDetails: { included: true },
  });
});

test.each<[string, string, string, object]>([
  ['both are too large together: the input', text(200), text(100), { input: null, outputDetails: { included: true } }],
  ['the output is too large: it', text(10), text(250), { output: null, inputDetails: { included: true } }],
  ['what is escaped is too large: it', '"'.repeat(130 * 1024), 'x', { input: null, inputDetails: { included: false } }],
])('where %s is left out', (_, input, output, expected) => {
  expect(execution(input, output)).toMatchObject(expected);
});

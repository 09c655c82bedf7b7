import { showMail } from '../../../src/local/cli/summary';
import { styleFor, Terminal } from '../../../src/local/cli/terminal';
import { Timeline } from '../../../src/local/cli/timeline';
import { describeInstances, jobResult } from '../../../src/local/run/job-result';
import { EventDelivery } from '../../../src/local/run/run-record';
import { HistoryEvent } from '../../../src/local/services/states/history';
import { clockTime, duration, wrap } from '../../../src/local/text';

function page(): { lines: string[]; terminal: Terminal } {
  const lines: string[] = [];
  return { lines, terminal: new Terminal((text) => void lines.push(text.replace(/\n$/, ''))) };
}

const START = Date.parse('2026-01-01T02:00:00Z');

function shown(events: [seconds: number, event: Partial<HistoryEvent>, execution?: string][]): string[] {
  const { lines, terminal } = page();
  const timeline = new Timeline(terminal);
  for (const [seconds, event, execution = 'root'] of [
    [0, { type: 'ExecutionStarted' }] as [number, Partial<HistoryEvent>],
    ...events,
  ]) {
    timeline.show({
      kind: 'history',
      at: START + seconds * 1000,
      execution,
      event: { id: 1, previousEventId: 0, type: '', timestamp: '', state: '', ...event },
    });
  }
  return lines;
}

test('a retry is shown with the error before it', () => {
  expect(
    shown([
      [
        5,
        {
          type: 'LambdaFunctionFailed',
          state: 'Send command',
          error: 'Lambda.TooManyRequestsException',
          cause: 'Rate Exceeded.',
        },
      ],
      [10, { type: 'LambdaFunctionScheduled', state: 'Send command', retryCount: 1 }],
    ]),
  ).toEqual(['+00:05  Send command      Lambda.TooManyRequestsException: Rate Exceeded.', '+00:10  Send command      retry 1']);
});

test('an event is shown with what it invokes, and what becomes of that', () => {
  const { lines, terminal } = page();
  const timeline = new Timeline(terminal);
  const target = 'Stack/NightlyIndex/Handlers/CloseRun/Resource/Resource';
  timeline.show({
    kind: 'history',
    at: START,
    execution: 'root',
    event: { id: 1, previousEventId: 0, type: 'ExecutionStarted', timestamp: '', state: '' },
  });
  const show = (seconds: number, delivery: Omit<EventDelivery, 'status'>) =>
    timeline.show({ kind: 'event', at: START + seconds * 1000, execution: 'root', delivery: { status: 'ABORTED', ...delivery } });
  show(24, { target, phase: 'invoked', attempt: 1 });
  show(25, { target, phase: 'failed', attempt: 1, error: 'TypeError: no' });
  show(85, { target, phase: 'invoked', attempt: 2 });
  show(86, { target, phase: 'dropped', attempt: 2, error: 'TypeError: no' });
  show(90, { target: 'Stack/Rule/Resource', phase: 'lost', attempt: 0 });

  expect(lines).toEqual([
    '+00:24  Event             ABORTED → Close run',
    '+00:25    Close run       TypeError: no',
    '+01:25    Close run       retry 1',
    '+01:26    Close run       given up: TypeError: no',
    '+01:30  Event             ABORTED is lost',
  ]);
});

test('a wait for a callback is shown with its time, and how it ended', () => {
  const resource = 'arn:aws:states:::lambda:invoke.waitForTaskToken';
  const event = (type: string, more: object = {}) => ({ type, state: 'Wait', resource, ...more });
  const error = 'DynamoDb.ConditionalCheckFailedException';

  expect(shown([
    [1, event('TaskScheduled', { timeoutSeconds: 1800 })],
    [1, event('TaskStarted')],
    [2, event('TaskSubmitted')],
    [90, event('TaskSucceeded')],
    [91, event('TaskScheduled')],
    [91, event('TaskScheduled', { retryCount: 1 })],
    [92, event('TaskTimedOut', { error: 'States.Timeout' })],
    [93, event('TaskFailed', { error, cause: 'The conditional request failed' })],
  ])).toEqual([
    '+00:01  Wait              up to 30 min, or until called back',
    '+01:30  Wait              called back',
    '+01:31  Wait              until called back',
    '+01:31  Wait              retry 1',
    '+01:32  Wait              not called back',
    '+01:33  Wait              DynamoDb.ConditionalCheckFailedException: The',
    '                          conditional request failed',
  ]);
});

test('what a started state machine does is indented', () => {
  expect(shown([[3700, { type: 'WaitStateEntered', state: 'Wait', seconds: 5400 }, 'child']])).toEqual([
    '+1:01:40    Wait            1 h 30 min',
  ]);
});

test('a large fleet does not flood the terminal, but shows what fails', () => {
  const { lines, terminal } = page();
  const timeline = new Timeline(terminal);
  for (let number = 1; number <= 100; number += 1) {
    timeline.show({
      kind: 'instance',
      at: START,
      commandId: 'c',
      instanceId: `i-${number}`,
      status: number === 90 ? 'Failed' : 'Success',
    });
  }

  expect(lines).toHaveLength(11);
  expect(lines.at(-1)).toContain('i-90  Failed');
});

test('a large fleet that has ended is shown in one line', () => {
  const { lines, terminal } = page();
  const timeline = new Timeline(terminal);
  const instanceIds = Array.from({ length: 60 }, (_, i) => `i-${i}`);
  timeline.show({ kind: 'command', at: START, commandId: 'c', documentName: 'd', instanceIds });
  instanceIds.forEach((instanceId, i) =>
    timeline.show({ kind: 'instance', at: START, commandId: 'c', instanceId, status: i % 2 === 0 ? 'Failed' : 'Success' }));

  // The first ten, and twenty of those that failed.
  expect(lines).toHaveLength(5 + 20 + 1);
  expect(lines.at(-1)).toBe('+00:00    60 instances    30 Failed, 30 Success');
});

test('a call that was not checked is not denied', () => {
  const { lines, terminal } = page();
  const timeline = new Timeline(terminal);
  const call = { at: '', service: 'ssm', action: 'ssm:SendCommand', principal: 'a:b:c:d:e:role/r', resources: [] };
  timeline.show({ kind: 'call', at: START, execution: 'e', call: { ...call, allowed: null } });
  expect(lines).toEqual([]);
  timeline.show({ kind: 'call', at: START, execution: 'e', call: { ...call, allowed: false } });
  expect(lines[0]).toContain('denied');
});

test.each([
  [{ outcome: 'Running', result: { instances: { total: 3, running: 2, succeeded: 1 } } }, 'running: 2 of 3 instances'],
  [{ outcome: 'Succeeded', result: { instances: { total: 2, succeeded: 2, failed: 0 } } }, 'succeeded: 2 of 2 instances'],
  [{ outcome: 'TimedOut', instances: { total: 2, timedOut: 2 } }, 'timed out: 2 of 2 instances'],
  [{ outcome: 'Failed', instances: { total: 1, failed: 0, undelivered: 1 } }, 'failed: 1 undelivered'],
  [{ outcome: 'TimedOut', instances: { total: 3, succeeded: 1, timedOut: 2 } }, 'timed out: 1 succeeded, 2 timedOut'],
  [{ outcome: 'Running', result: { instances: { total: 0, running: 0 } } }, 'running'],
  [{ Payload: { outcome: 'Failed' } }, 'failed'],
])('a status is said in words: %j', (status, words) => {
  expect(describeInstances(jobResult(status)!)).toBe(words);
});

test.each([null, 'text', {}, { outcome: 5 }, { status: 'ok' }])('%j is no status', (value) => {
  expect(jobResult(value)).toBeUndefined();
});

test('a mail that nobody gets says so', () => {
  const { lines, terminal } = page();
  showMail(
    {
      at: '',
      topicArn: 'arn:aws:sns:us-east-1:123456789012:ops',
      sender: 'Nightly\u001b[31m index',
      subject: '',
      messages: { default: 'text' },
      attributes: {},
      subscriptions: [{ protocol: 'sqs', endpoint: 'arn:aws:sqs:us-east-1:123456789012:q', matches: true }],
    },
    terminal,
  );

  expect(lines.slice(1, -1)).toEqual([
    '│ From     Nightly index <no-reply@sns.amazonaws.com>',
    '│ To       nobody: no email subscription of ops takes this message',
    '│ Also to  sqs arn:aws:sqs:us-east-1:123456789012:q',
    '│ Subject  AWS Notification Message',
    `├${'─'.repeat(79)}`,
    '│ text',
  ]);
});

test('a mail keeps its lines and its columns', () => {
  const { lines, terminal } = page();
  const table = `  | ID      AMOUNT\n  | 17   ${'9'.repeat(80)} EUR`;
  const messages = { email: `${table}\n\nStarted    2026\n`, default: '{}' };
  showMail({ at: '', topicArn: '', sender: 'Job', subject: 's', messages, attributes: {}, subscriptions: [] }, terminal);

  expect(lines.slice(lines.indexOf(`├${'─'.repeat(79)}`) + 1, -1)).toEqual([
    '│   | ID      AMOUNT',
    `│   | 17   ${'9'.repeat(80)} EUR`,
    '│',
    '│ Started    2026',
  ]);
});

test('a link that is too long is cut in a mail, and it says so; its label and its end stay', () => {
  const { lines, terminal } = page();
  const link = `https://console.aws.amazon.com/${'x'.repeat(100)}/the-end`;
  const email = `Execution  ${link}\nShort  https://example.com/\nSee ${link} for more`;
  showMail({ at: '', topicArn: '', sender: 'Job', subject: 's', messages: { email, default: '' }, attributes: {}, subscriptions: [] }, terminal);

  const [first, second, third, bottom] = lines.slice(-4);
  expect(first).toMatch(/^│ Execution {2}https:\/\/console\.aws\.amazon\.com\/x*…x*\/the-end$/);
  expect(first).toHaveLength(80);
  expect(second).toBe('│ Short  https://example.com/');
  expect(third).toBe(`│ See ${link} for more`);
  expect(bottom).toMatch(/^└─ long links are cut here, not in the mail ─+$/);
  expect(bottom).toHaveLength(80);
});

test('colours are used only where they are wanted', () => {
  expect(styleFor(true).bad('x')).toBe('\u001b[31mx\u001b[0m');
  expect(styleFor(false).bad('x')).toBe('x');
});

test('lines are wrapped at blanks and keep their indentation', () => {
  expect(wrap('  aaa bbb ccc\n\nhttps://a-long-address', 10)).toEqual(['  aaa bbb', '  ccc', '', 'https://a-long-address']);
});

test.each([
  [65, '01:05', '1 min 5 s'],
  [7265, '2:01:05', '2 h 1 min 5 s'],
  [0, '00:00', '0 s'],
])('%i seconds', (seconds, time, words) => {
  expect([clockTime(seconds), duration(seconds)]).toEqual([time, words]);
});

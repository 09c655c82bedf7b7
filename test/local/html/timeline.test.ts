import { command, history, resultOf, START, status } from './sample-run';
import { RunLogger } from '../../../src/local/html/run-log';
import { Timeline, TimelineRow, timelineOf } from '../../../src/local/html/timeline';
import { timelineSvg } from '../../../src/local/html/timeline-svg';
import { RunEvent } from '../../../src/local/run/run-record';

function timelineFrom(...events: RunEvent[]): Timeline {
  const logger = new RunLogger();
  events.forEach((event) => logger.add(event));
  return timelineOf(resultOf(), logger.log);
}

const rowsOf = (timeline: Timeline, group = 'Instances'): readonly TimelineRow[] => timeline.groups.find(({ name }) => name === group)?.rows ?? [];
const bars = ({ bars: all }: TimelineRow) => all.map(({ kind, tone, from, to }) => [kind, tone, from / 1000, to / 1000]);

describe('instances', () => {
  test('are sent a command, run it and end, each in its own time', () => {
    const rows = rowsOf(timelineFrom(
      history(0, 'ExecutionStarted'), command(2, ['i-1', 'i-2']),
      status(3, 'i-1', 'InProgress'), status(5, 'i-2', 'InProgress'), status(40, 'i-2', 'Failed'), status(60, 'i-1', 'Success'),
    ));

    expect(rows.map(({ name, note, tone }) => [name, note, tone])).toEqual([['i-1', 'Success, 58 s', 'good'], ['i-2', 'Failed, 38 s', 'bad']]);
    expect(rows.map(bars)).toEqual([
      [['sent', 'plain', 2, 3], ['running', 'good', 3, 60]],
      [['sent', 'plain', 2, 5], ['running', 'bad', 5, 40]],
    ]);
  });

  test('that never started, or never ended, have bars that say so', () => {
    const rows = rowsOf(timelineFrom(
      history(0, 'ExecutionStarted'), command(2, ['i-1', 'i-2', 'i-3']),
      status(3, 'i-2', 'InProgress'), status(50, 'i-1', 'DeliveryTimedOut'),
    ));

    expect(rows.map(({ note, tone }) => [note, tone])).toEqual([['DeliveryTimedOut, 48 s', 'bad'], ['InProgress', 'plain'], ['Pending', 'plain']]);
    expect(rows.map(bars)).toEqual([[['sent', 'bad', 2, 50]], [['sent', 'plain', 2, 3], ['running', 'plain', 3, 100]], [['sent', 'plain', 2, 100]]]);
  });

  test('that got several commands have one row, with the last status', () => {
    const [row, ...others] = rowsOf(timelineFrom(
      history(0, 'ExecutionStarted'), command(1, ['i-1'], 'c-1'), status(2, 'i-1', 'InProgress', 'c-1'), status(10, 'i-1', 'Failed', 'c-1'),
      command(20, ['i-1'], 'c-2'), status(21, 'i-1', 'InProgress', 'c-2'), status(30, 'i-1', 'Success', 'c-2'),
    ));

    expect(others).toEqual([]);
    expect([row.note, row.tone]).toEqual(['Success, 10 s', 'good']);
    expect(bars(row)).toEqual([['sent', 'plain', 1, 2], ['running', 'bad', 2, 10], ['sent', 'plain', 20, 21], ['running', 'good', 21, 30]]);
  });

  test('of a large fleet are shown if they failed, and the others as one', () => {
    const ids = Array.from({ length: 500 }, (_, index) => `i-${index}`);
    const rows = rowsOf(timelineFrom(
      history(0, 'ExecutionStarted'), command(0, ids), ...ids.map((id) => status(1, id, 'InProgress')),
      ...ids.map((id) => status(10, id, id === 'i-499' ? 'Failed' : 'Success')),
    ));

    expect(rows.map(({ name }) => name)).toEqual(['i-499', ...ids.slice(0, 39), '460 other instances']);
    expect([rows[40].note, rows[40].tone]).toEqual(['Success', 'good']);
    const failed = rowsOf(timelineFrom(history(0, 'ExecutionStarted'), command(0, ids), ...ids.map((id) => status(10, id, 'Undeliverable'))));
    expect([failed[40].note, failed[40].tone]).toEqual(['460 unsuccessful', 'bad']);
  });
});

describe('states', () => {
  const states = (...events: RunEvent[]) => rowsOf(timelineFrom(history(0, 'ExecutionStarted'), ...events), 'State machine');

  test('have a row each, with a bar for each time; choices take no time', () => {
    const rows = states(
      history(1, 'TaskStateEntered', 'Poll'), history(1, 'LambdaFunctionScheduled', 'Poll', { resource: 'arn:lambda' }),
      history(3, 'TaskStateExited', 'Poll'),
      history(3, 'ChoiceStateEntered', 'Done?'), history(3, 'ChoiceStateExited', 'Done?'),
      history(3, 'WaitStateEntered', 'Wait'), history(30, 'WaitStateExited', 'Wait'),
      history(30, 'TaskStateEntered', 'Poll'), history(32, 'TaskStateExited', 'Poll'),
      history(40, 'TaskStateEntered', 'Called back?'),
      history(40, 'TaskScheduled', 'Called back?', { resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken' }),
      history(50, 'TaskStateExited', 'Called back?'),
      history(50, 'TaskStateEntered', 'Notify'), history(50, 'TaskScheduled', 'Notify', { resource: 'arn:aws:states:::sns:publish' }),
      history(51, 'TaskStateExited', 'Notify'),
      history(51, 'FailStateEntered', 'Failed'),
    );

    expect(rows.map((row) => [row.name, row.note, bars(row)])).toEqual([
      ['Poll', '2 times, 4.0 s', [['task', 'plain', 1, 3], ['task', 'plain', 30, 32]]],
      ['Wait', '27 s', [['wait', 'plain', 3, 30]]],
      ['Called back?', '10 s', [['wait', 'plain', 40, 50]]],
      ['Notify', '1.0 s', [['notify', 'plain', 50, 51]]],
      ['Failed', '', [['mark', 'bad', 51, 51]]],
    ]);
  });

  test('that several branches are in are busy once, until the last one leaves', () => {
    const [row] = states(
      history(1, 'TaskStateEntered', 'Poll'), history(2, 'TaskStateEntered', 'Poll'),
      history(5, 'TaskStateExited', 'Poll'), history(8, 'TaskStateExited', 'Poll'),
    );
    expect(bars(row)).toEqual([['task', 'plain', 1, 8]]);
  });

  test('that were not left last until the end, and a failure is marked', () => {
    const [row] = states(history(1, 'TaskStateEntered', 'Poll'), history(9, 'LambdaFunctionFailed', 'Poll'));
    expect(bars(row)).toEqual([['task', 'plain', 1, 100], ['mark', 'bad', 9, 9]]);
  });

  test('with thousands of polls are drawn with as many bars as can be seen', () => {
    const polls = Array.from({ length: 4000 }, (_, poll) => poll * 0.02);
    const [row] = states(...polls.flatMap((at) => [history(at, 'TaskStateEntered', 'Poll'), history(at + 0.001, 'TaskStateExited', 'Poll')]));

    expect(row.note).toMatch(/^4000 times, /);
    expect(row.bars.length).toBeLessThanOrEqual(400);
  });
});

describe('executions', () => {
  const child = (index: number) => `arn:aws:states:us-east-1:123456789012:execution:Child${index}:run`;
  const names = (...events: RunEvent[]) => timelineFrom(history(0, 'ExecutionStarted'), ...events).groups.map(({ name, rows }) => [name, rows.length]);

  test('that the run has started come after it, by the names of their state machines', () => {
    expect(names(
      history(1, 'TaskStateEntered', 'Index'), history(2, 'TaskStateEntered', 'Send command', {}, child(1)), history(3, 'TaskStateExited', 'Index'),
    )).toEqual([['State machine', 1], ['State machine Child1', 1]]);
  });

  test('that are too many, or have too many states, are cut, and it is said', () => {
    const states = Array.from({ length: 45 }, (_, index) => history(1, 'TaskStateEntered', `State ${index}`));
    const children = Array.from({ length: 30 }, (_, index) => history(2, 'TaskStateEntered', 'Send command', {}, child(index)));
    const found = names(...states, ...children);

    expect(found[0]).toEqual(['State machine: 30 of 45 states', 30]);
    expect(found.slice(-2)).toEqual([['State machine Child8', 1], ['21 more executions are not shown', 0]]);
  });
});

describe('the drawing', () => {
  const timeline = timelineFrom(
    history(0, 'ExecutionStarted'), command(25, ['i-<b>1']), status(50, 'i-<b>1', 'InProgress'), status(75, 'i-<b>1', 'Success'),
  );

  test('has bars in proportion, in either form; names are text', () => {
    const wide = timelineSvg(timeline, { width: 930 }).markup;
    const narrow = timelineSvg(timeline, { width: 400 }).markup;

    // Between names and notes: 600 of 930.
    expect(wide).toContain('<rect class="bar running good" x="490" y="70" width="150"');
    expect(narrow).toContain('<rect class="bar running good" x="200" y="86" width="100"');
    expect(wide).toContain('i-&lt;b&gt;1: Success, +00:50 to +01:15');
    expect(wide).not.toContain('<b>');
  });

  test('of nothing is a scale', () => {
    expect(timelineSvg(timelineOf(resultOf(), new RunLogger().log), { width: 900 }).markup).toContain('>01:30<');
    expect(timelineOf(resultOf(), new RunLogger().log).start).toBe(START);
  });
});

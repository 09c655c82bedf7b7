import { Progress } from '../../../src/local/cli/progress';
import { StatusLine, Terminal } from '../../../src/local/cli/terminal';
import { RunEvent } from '../../../src/local/run/run-record';
import { HistoryEvent } from '../../../src/local/services/states/history';

const START = Date.parse('2026-01-01T02:00:00Z');
const at = (seconds: number): number => START + seconds * 1000;

function history(seconds: number, event: Partial<HistoryEvent>, execution = 'root'): RunEvent {
  return { kind: 'history', at: at(seconds), execution, event: { id: 1, previousEventId: 0, type: '', timestamp: '', state: '', ...event } };
}

const command = (instanceIds: string[], commandId = 'c'): RunEvent => ({ kind: 'command', at: START, commandId, documentName: 'd', instanceIds });
const instance = (instanceId: string, status: string): RunEvent => ({ kind: 'instance', at: START, commandId: 'c', instanceId, status });

function progress(...events: RunEvent[]): Progress {
  const progressed = new Progress();
  [history(0, { type: 'ExecutionStarted' }), ...events].forEach((event) => progressed.see(event));
  return progressed;
}

test('says how long the run has lasted, and how many instances have ended', () => {
  expect(progress().text(at(65))).toBe('01:05 passed');
  expect(progress(command(['i-1'])).text(at(5))).toBe('00:05 passed · 0 of 1 instance ended');
  const fleet = progress(command(['i-1', 'i-2', 'i-3']), instance('i-1', 'InProgress'), instance('i-2', 'Success'), instance('i-3', 'Failed'));
  expect(fleet.text(at(3600))).toBe('1:00:00 passed · 2 of 3 instances ended');
});

test('says how long it waits, until something else happens in the execution that waits', () => {
  const waiting = progress(history(10, { type: 'WaitStateEntered', state: 'Wait', seconds: 60 }));
  expect(waiting.text(at(25))).toBe('00:25 passed · next poll in 45 s');
  expect(waiting.text(at(75))).toBe('01:15 passed');
  waiting.see(history(25, { type: 'WaitStateEntered', state: 'Pause', seconds: 10 }, 'child'));
  expect(waiting.text(at(25))).toBe('00:25 passed · Pause: 10 s');
  waiting.see(history(26, { type: 'WaitStateExited', state: 'Pause' }, 'child'));
  expect(waiting.text(at(26))).toBe('00:26 passed · next poll in 44 s');
});

test('a wait for a callback is one, too', () => {
  const resource = 'arn:aws:states:::lambda:invoke.waitForTaskToken';
  const event = (type: string) => history(0, { type, state: 'Wait', resource, timeoutSeconds: 30 });
  const waiting = progress(event('TaskScheduled'), event('TaskStarted'), event('TaskSubmitted'));
  expect(waiting.text(at(10))).toBe('00:10 passed · next poll in 20 s');
  waiting.see(event('TaskSucceeded'));
  expect(waiting.text(at(10))).toBe('00:10 passed');
});

test('its line gives way to whatever else is written, and never wraps', () => {
  let text = '';
  const write = (more: string): void => {
    text += more;
  };
  const screen = new StatusLine(write, () => 20);
  const [output, errors] = [new Terminal(write, false, screen), new Terminal(write, false, screen)];
  output.line('one');
  screen.show('status');
  output.line('two');
  errors.lines('three\nfour');
  screen.show('a status that is far too long');
  screen.show('\u001b[2Jlast');
  screen.clear();
  screen.clear();

  const ERASE = '\r\u001b[K';
  expect(text).toBe(`one\n${ERASE}status${ERASE}two\nthree\nfour\n${ERASE}a status that is f…${ERASE}last${ERASE}`);
});

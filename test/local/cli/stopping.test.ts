import { Stopping } from '../../../src/local/cli/stopping';
import { Terminal } from '../../../src/local/cli/terminal';

let calls: string[];
let now: number;
let stopping: Stopping;

beforeEach(() => {
  calls = [];
  now = 0;
  const errors = new Terminal((text) => void calls.push(text));
  stopping = new Stopping({ stop: () => calls.push('stop'), kill: () => calls.push('kill') }, errors, () => now);
});

const TOLD = 'Stopping the programs; Ctrl-C again ends without waiting.\n';

test('one signal stops, another one kills', () => {
  stopping.onSignal();
  expect(calls).toEqual([TOLD, 'stop']);
  now = 501;
  stopping.onSignal();
  expect(calls).toEqual([TOLD, 'stop', 'kill']);
});

test('the same signal, handed on by npx, is not another one', () => {
  stopping.onSignal();
  now = 500;
  stopping.onSignal();
  expect(calls).toEqual([TOLD, 'stop']);
});

test('a pipe that is closed stops quietly, once, and a signal then kills', () => {
  const closed = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  stopping.onError(closed);
  stopping.onError(closed);
  expect(calls).toEqual(['stop']);
  now = 501;
  stopping.onSignal();
  expect(calls).toEqual(['stop', 'kill']);
});

test('another error of the output stops nothing', () => {
  stopping.onError(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
  expect(calls).toEqual([]);
});

import { EXECUTION } from './samples';
import { RUN_ID_PATTERN } from '../../src/protocol';
import { comment } from '../../src/runtime/command-input';
import { attemptId, runId } from '../../src/runtime/run-id';
import { assert, property, string } from '../support/seeded';

test('an execution is its own run', () => {
  expect(runId('nightly-2026_03.01')).toBe('nightly-2026_03.01');
});

test('every delivery of one scheduled time is the same run, of another one is not', () => {
  const time = '2026-03-01T02:00:00Z';
  expect(runId('a', { scheduledTime: time })).toBe(runId('b', { scheduledTime: time }));
  expect(runId('a', { scheduledTime: time })).toMatch(/^2026-03-01T02-00-00Z-[0-9a-f]{12}$/);
  expect(runId('a', { scheduledTime: '2026-03-02T02:00:00Z' })).not.toBe(runId('a', { scheduledTime: time }));
});

test('no execution that has the name of a scheduled time stands for it', () => {
  expect(runId('2026-03-01')).not.toBe(runId('x', { scheduledTime: '2026-03-01' }));
  expect(runId('2026-03-01T02:00:00Z')).not.toBe(runId('x', { scheduledTime: '2026-03-01T02:00:00Z' }));
});

test('every delivery of one event is the same run, of another one is not, and no name and no time stands for it', () => {
  const triggerEventId = '7bf73129-1428-4cd3-a780-95db273d1602';
  expect(runId('a', { triggerEventId })).toBe(runId('b', { triggerEventId }));
  expect(runId('a', { triggerEventId })).toMatch(/^7bf73129-1428-4cd3-a780-95db273d1602-[0-9a-f]{12}$/);
  expect(runId('a', { triggerEventId: `${triggerEventId}2` })).not.toBe(runId('a', { triggerEventId }));
  expect(runId(triggerEventId)).not.toBe(runId('a', { triggerEventId }));
  expect(runId('a', { scheduledTime: triggerEventId })).not.toBe(runId('a', { triggerEventId }));
});

test('the run of an event, in all of its attempts, fits into the comment of a command, by which a second start finds it', () => {
  const attempt = attemptId(runId('a', { triggerEventId: 'x'.repeat(128) }), 10);
  expect(comment({ id: attempt }, EXECUTION, 9, 10)).toMatch(new RegExp(`^${attempt} 10/10 `));
});

test('names that differ in what must be replaced stay different', () => {
  expect(new Set(['日次', '月次', 'a b', 'a\tb', 'a+b'].map((name) => runId(name))).size).toBe(5);
});

// The launcher makes a folder of that name, and takes one that exists for the mark of a run that was started before.
test.each(['.', '..', '...', '.x'])('an execution that is named %j does not stand for a folder that exists', (name) => {
  expect(runId(name)).toMatch(/^-[x-]*[0-9a-f]{12}$/);
  expect(new RegExp(RUN_ID_PATTERN).test(name)).toBe(false);
});

test('every run identifier fits the document', () => {
  assert(property(string({ unit: 'binary', maxLength: 200 }), string({ maxLength: 300 }), (name, time) => {
    expect(runId(name)).toMatch(new RegExp(RUN_ID_PATTERN));
    expect(runId(name, { scheduledTime: time })).toMatch(new RegExp(RUN_ID_PATTERN));
  }));
});

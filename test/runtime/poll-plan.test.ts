import { assert, integer, property } from 'fast-check';
import { job } from './samples';
import { MAX_LOOKS, totalSeconds, waitSeconds } from '../../src/runtime/poll-plan';

/** The waits of a run that never ends by itself. */
function waits(pollInterval: number, total: number): number[] {
  const all: number[] = [];
  for (let elapsed = 0; elapsed < total; elapsed += all[all.length - 1]) {
    all.push(waitSeconds(elapsed, pollInterval, total));
  }
  return all;
}

test('soon after the start, then half of the time gone by, up to the interval', () => {
  expect(waits(60, 3600).slice(0, 8)).toEqual([5, 5, 5, 8, 12, 18, 27, 40]);
  expect(waits(60, 3600)[9]).toBe(60);
});

test('a short interval holds from the first look on', () => {
  expect(waits(2, 1000).slice(0, 3)).toEqual([2, 2, 2]);
});

test('48 hours at one second are stretched until the looks last, but not the first ones', () => {
  expect(waits(1, 172800 + 900).slice(0, 5)).toEqual([5, 5, 5, 8, 12]);
  expect(waits(1, 172800 + 900).slice(10, 12)).toEqual([87, 87]);
});

test('the last look is at the deadline', () => {
  expect(waitSeconds(3590, 300, 3600)).toBe(10);
  expect(waitSeconds(3599.2, 300, 3600)).toBe(1);
  expect(waitSeconds(4000, 300, 3600)).toBe(1);
});

test('no run needs more looks than the history has room for, and none is idle longer than asked', () => {
  assert(property(integer({ min: 1, max: 86400 }), integer({ min: 330, max: 172800 + 2592000 + 300 }), (pollInterval, total) => {
    const all = waits(pollInterval, total);
    expect(all.length).toBeLessThanOrEqual(MAX_LOOKS + 20);
    expect(Math.max(...all)).toBeLessThanOrEqual(Math.max(pollInterval, Math.ceil(total / MAX_LOOKS)));
    expect(all.every((wait) => Number.isInteger(wait) && wait >= 1)).toBe(true);
    expect(all.reduce((sum, wait) => sum + wait, 0)).toBe(total);
  }));
});

test('a run is given up after delivery, execution and grace', () => {
  expect(totalSeconds(job({ deliveryTimeoutSeconds: 600, executionTimeoutSeconds: 3600 }))).toBe(4500);
});

test('a moment that is due is not missed, at the price of one look', () => {
  const times = [integer({ min: 1, max: 86400 }), integer({ min: 330, max: 172800 + 900 }), integer({ min: 1, max: 329 })] as const;
  assert(property(...times, (interval, total, due) => {
    const looks: number[] = [0];
    while (looks.at(-1)! < total) {
      looks.push(looks.at(-1)! + waitSeconds(looks.at(-1)!, interval, total, due));
    }
    expect(looks).toContain(due);
    expect(looks.at(-1)).toBe(total);
    expect(looks.length - 1).toBeLessThanOrEqual(MAX_LOOKS + 21);
  }));
});

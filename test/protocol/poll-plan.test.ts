import { CompletionMode, GRACE_SECONDS, JobSettings, RetrySettings, Run } from '../../src/protocol';
import { SPACING, totalSeconds, waitBefore, waitSeconds } from '../../src/protocol/poll-plan';
import { after, job, run } from '../runtime/samples';
import { assert, double, integer, property } from '../support/seeded';

const MAX_LOOKS = SPACING[CompletionMode.POLLING].maxPolls;

/** A job whose attempts are given up after that many seconds. */
function limited(total: number, overrides: Partial<JobSettings> = {}): JobSettings {
  return job({ deliveryTimeoutSeconds: 30, executionTimeoutSeconds: total - 30 - GRACE_SECONDS, ...overrides });
}

/** The wait of an attempt that was sent that long ago. */
function wait(settings: JobSettings, pollIntervalSeconds: number, elapsed: number, overrides: Partial<Run> = {}): number {
  return waitSeconds(settings, run({ pollIntervalSeconds, ...overrides }), after(elapsed));
}

/** The waits of an attempt that never ends by itself. */
function waits(pollInterval: number, settings: JobSettings): number[] {
  const all: number[] = [];
  for (let elapsed = 0; elapsed < totalSeconds(settings); elapsed += all[all.length - 1]) {
    all.push(wait(settings, pollInterval, elapsed));
  }
  return all;
}

test('soon after the start, then half of the time gone by, up to the interval', () => {
  expect(waits(60, limited(3600)).slice(0, 8)).toEqual([5, 5, 5, 8, 12, 18, 27, 40]);
  expect(waits(60, limited(3600))[9]).toBe(60);
});

test('a short interval holds from the first look on', () => {
  expect(waits(2, limited(1000)).slice(0, 3)).toEqual([2, 2, 2]);
});

test('48 hours at one second are stretched until the looks last, but not the first ones', () => {
  expect(waits(1, limited(172800 + 900)).slice(0, 5)).toEqual([5, 5, 5, 8, 12]);
  expect(waits(1, limited(172800 + 900)).slice(10, 12)).toEqual([87, 87]);
});

test('the last look is at the deadline', () => {
  expect(wait(limited(3600), 300, 3590)).toBe(10);
  expect(wait(limited(3600), 300, 3599.2)).toBe(1);
  expect(wait(limited(3600), 300, 4000)).toBe(1);
});

test('no run needs more looks than the history has room for, and none is idle longer than asked', () => {
  assert(property(integer({ min: 1, max: 86400 }), integer({ min: 335, max: 172800 + 2592000 + 300 }), (pollInterval, total) => {
    const all = waits(pollInterval, limited(total));
    expect(all.length).toBeLessThanOrEqual(MAX_LOOKS + 20);
    expect(Math.max(...all)).toBeLessThanOrEqual(Math.max(pollInterval, Math.ceil(total / MAX_LOOKS)));
    expect(all.every((seconds) => Number.isInteger(seconds) && seconds >= 1)).toBe(true);
    expect(all.reduce((sum, seconds) => sum + seconds, 0)).toBe(total);
  }));
});

test('a run is given up after delivery, execution and grace', () => {
  expect(totalSeconds(job({ deliveryTimeoutSeconds: 600, executionTimeoutSeconds: 3600 }))).toBe(4500);
});

test('a run that may wait for another one is given up after that wait, too, and its history has room for both', () => {
  const waiting = { deliveryTimeoutSeconds: 600, executionTimeoutSeconds: 3600, overlapWaitSeconds: 1800 };
  expect(totalSeconds(job(waiting))).toBe(600 + 1800 + 3600 + GRACE_SECONDS);
  const longest = job({ deliveryTimeoutSeconds: 600, executionTimeoutSeconds: 86_400, overlapWaitSeconds: 86_400 });
  expect(waits(1, longest).length).toBeLessThanOrEqual(MAX_LOOKS + 20);
});

test('what a run has waited is added to the time at which it is late', () => {
  const settings = limited(3600, { longRunningAfterSeconds: 1000 });
  expect(wait(settings, 300, 990)).toBe(10);
  expect(wait(settings, 300, 990, { waiting: { seconds: 500, isOver: true } })).toBe(300);
  expect(wait(settings, 300, 1490, { waiting: { seconds: 500, isOver: true } })).toBe(10);
});

test('a moment that is due is not missed, at the price of one look', () => {
  const times = [integer({ min: 1, max: 86400 }), integer({ min: 335, max: 172800 + 900 }), integer({ min: 1, max: 329 })] as const;
  assert(property(...times, (interval, total, due) => {
    const looks: number[] = [0];
    while (looks.at(-1)! < total) {
      looks.push(looks.at(-1)! + wait(limited(total, { longRunningAfterSeconds: due }), interval, looks.at(-1)!));
    }
    expect(looks).toContain(due);
    expect(looks.at(-1)).toBe(total);
    expect(looks.length - 1).toBeLessThanOrEqual(MAX_LOOKS + 21);
  }));
});

const retry: RetrySettings = { maxAttempts: 3, intervalSeconds: 300, backoffRate: 2, maxDelaySeconds: 3600, outcomes: [], exitCodes: [] };

test('all attempts together need no more looks than the history has room for', () => {
  const totals = integer({ min: 335, max: 172800 + 2592000 + 300 });
  assert(property(integer({ min: 1, max: 86400 }), totals, integer({ min: 2, max: 10 }), (pollInterval, total, maxAttempts) => {
    const attempt = waits(pollInterval, limited(total, { retry: { ...retry, maxAttempts } }));
    expect(attempt.length * maxAttempts).toBeLessThanOrEqual(MAX_LOOKS + 20 * maxAttempts);
  }));
});

test('a further attempt begins with early looks, and knows when the run is late', () => {
  const again = { attempt: 2, startedAt: after(0), sentAt: after(1000) };
  const settings = limited(3600, { longRunningAfterSeconds: 1003 });
  expect(wait(settings, 300, 1000, again)).toBe(3);
  expect(wait(settings, 300, 1003, again)).toBe(5);
  expect(wait(settings, 300, 1000 + 3590, again)).toBe(10);
});

test('each wait before an attempt is longer than the one before, up to the longest', () => {
  expect([2, 3, 4, 5, 6, 7].map((attempt) => waitBefore(retry, attempt))).toEqual([300, 600, 1200, 2400, 3600, 3600]);
});

test('a wait before an attempt is whole seconds, and never longer than the longest', () => {
  const rates = double({ min: 1, max: 10, noNaN: true });
  assert(property(integer({ min: 1, max: 86400 }), rates, integer({ min: 2, max: 10 }), (intervalSeconds, backoffRate, attempt) => {
    const seconds = waitBefore({ ...retry, intervalSeconds, backoffRate, maxDelaySeconds: 86400 }, attempt);
    expect(Number.isInteger(seconds)).toBe(true);
    expect(seconds).toBeGreaterThanOrEqual(intervalSeconds);
    expect(seconds).toBeLessThanOrEqual(86400);
  }));
});

describe('with events', () => {
  const events = (total: number, overrides: Partial<JobSettings> = {}) => limited(total, { completion: CompletionMode.EVENTS, ...overrides });

  test('looks are few: it is an event that ends a wait', () => {
    expect(waits(1800, events(12 * 3600)).slice(0, 6)).toEqual([30, 120, 600, 1800, 1800, 1800]);
  });

  test('an event that has not shown the end makes the next looks come soon again', () => {
    const woken = { resumedAt: after(10_000) };
    expect(wait(events(12 * 3600), 1800, 10_000, woken)).toBe(5);
    expect(wait(events(12 * 3600), 1800, 10_005, woken)).toBe(5);
    expect(wait(events(12 * 3600), 1800, 10_100, woken)).toBe(50);
    expect(wait(events(12 * 3600), 1800, 20_000, woken)).toBe(1800);
  });

  test('no run needs more looks than the history has room for, at 13 events each', () => {
    const totals = integer({ min: 335, max: 172800 + 2592000 + 300 });
    assert(property(integer({ min: 1, max: 86400 }), totals, integer({ min: 2, max: 10 }), (pollInterval, total, maxAttempts) => {
      const looks = maxAttempts * waits(pollInterval, events(total, { retry: { ...retry, maxAttempts } })).length;
      expect(13 * looks).toBeLessThanOrEqual(13 * (1250 + 20 * maxAttempts));
      expect(13 * looks).toBeLessThan(20_000);
    }));
  });

  /** The looks of an attempt that never ends, of so many commands, the events of which come one after the other. */
  function looksWithEvents(settings: JobSettings, pollInterval: number, commandCount: number): number {
    const commands = Array(commandCount).fill({ commandId: 'command', error: '' });
    const total = totalSeconds(settings);
    const ends = commands.map((_, i) => Math.round(((i + 1) * total) / (commandCount + 1)));
    let resumedAt: string | undefined;
    let looks = 0;
    for (let elapsed = 0; elapsed < total; looks++) {
      const next = elapsed + wait(settings, pollInterval, elapsed, { commands, resumedAt });
      const event = ends.find((time) => time > elapsed && time <= next);
      elapsed = event ?? next;
      resumedAt = event === undefined ? resumedAt : after(event);
    }
    return looks;
  }

  test('nor do ten commands, each of which has an event that does not show the end, in each of ten attempts', () => {
    const totals = integer({ min: 335, max: 172800 + 2592000 + 300 });
    const counts = [integer({ min: 1, max: 10 }), integer({ min: 1, max: 10 })] as const;
    const check = (pollInterval: number, total: number, maxAttempts: number, commandCount: number) => {
      const settings = events(total, { retry: { ...retry, maxAttempts } });
      expect(13 * maxAttempts * looksWithEvents(settings, pollInterval, commandCount)).toBeLessThan(24_000);
    };
    assert(property(integer({ min: 1, max: 86400 }), totals, ...counts, check));
    check(1, 172800 + 900, 10, 10);
    check(1800, 172800 + 900, 10, 10);
  });

  test('of several commands, looks after an event are as much rarer', () => {
    const woken = { resumedAt: after(10_000), commands: Array(10).fill({ commandId: 'command', error: '' }) };
    expect(wait(events(12 * 3600), 1800, 10_005, woken)).toBe(25);
    expect(wait(events(12 * 3600), 1800, 10_100, woken)).toBe(500);
  });
});

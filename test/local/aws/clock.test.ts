import { ScaledClock } from '../../../src/local/aws/clock';

/** Real milliseconds that something takes. */
async function realTime(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const sleep = async (clock: ScaledClock, ms: number): Promise<void> => new Promise((resolve) => clock.setTimeout(resolve, ms));

test('time is real while nothing runs', async () => {
  const clock = new ScaledClock(1000);

  expect(await realTime(async () => sleep(clock, 100))).toBeGreaterThanOrEqual(99);
});

test('while all workflows wait, time passes faster', async () => {
  const clock = new ScaledClock(10_000);
  const before = clock.now();

  // In real time this would be over when Jest has given it up long since.
  await clock.workflow(sleep(clock, 3_600_000));

  expect(clock.now() - before).toBeGreaterThanOrEqual(3_600_000);
});

test('real work gets real time, and what remains of a timer is shortened again after it', async () => {
  const clock = new ScaledClock(10_000);
  let during = 0;
  const work = async (): Promise<void> => {
    const before = clock.now();
    await new Promise((resolve) => setTimeout(resolve, 100));
    during = clock.now() - before;
  };

  // The timer is armed at the slow rate, and would take an hour at it.
  await clock.workflow(Promise.all([clock.busy(work()), sleep(clock, 3_600_000)]));

  // What 100 ms would be at the fast rate.
  expect(during).toBeLessThan(100 * 10_000);
});

test('timers fire in the order of their times, however close they are in real time', async () => {
  const clock = new ScaledClock(100_000);
  const fired: number[] = [];
  const times = [50, 20, 40, 10, 30];

  await clock.workflow(Promise.all(times.map(async (ms) => sleep(clock, ms).then(() => fired.push(ms)))));

  expect(fired).toEqual([10, 20, 30, 40, 50]);
});

test('a process that was held up does not skip what its timers lead to', async () => {
  const clock = new ScaledClock(10_000);
  const start = clock.now();
  const seen: number[] = [];
  const holdUp = (): void => {
    for (const until = performance.now() + 200; performance.now() < until;) {
      ;
    }
  };
  const first = sleep(clock, 100_000).then(async () => {
    seen.push(clock.now() - start);
    await clock.busy(new Promise((resolve) => setTimeout(resolve, 20)));
    seen.push(clock.now() - start);
  });
  const second = sleep(clock, 1_000_000).then(() => seen.push(clock.now() - start));

  const all = clock.workflow(Promise.all([first, second]));
  holdUp();
  expect(clock.now() - start).toBeLessThan(1_000_000);
  await all;

  // The real work was done before the second timer was due, although both of them were overdue when the process went on.
  expect(seen[0]).toBeGreaterThanOrEqual(100_000);
  expect(seen[1]).toBeLessThan(1_000_000);
  expect(seen[2]).toBeGreaterThanOrEqual(1_000_000);
});

test('a timer that is cleared, or left when the clock is closed, does not fire', async () => {
  const clock = new ScaledClock(10_000);
  const fired: string[] = [];
  clock.clearTimeout(clock.setTimeout(() => fired.push('cleared'), 10));
  const closed = new ScaledClock();
  closed.setTimeout(() => fired.push('closed'), 10);
  closed.close();

  await clock.workflow(sleep(clock, 600_000));

  expect(fired).toEqual([]);
});

test('a timer beyond what Node can count waits, instead of firing at once and again and again', async () => {
  const clock = new ScaledClock();
  const armed = jest.spyOn(global, 'setTimeout');
  let fired = false;
  clock.setTimeout(() => {
    fired = true;
  }, 99_999_999_000);

  await sleep(clock, 50);
  clock.close();

  expect(fired).toBe(false);
  expect(armed.mock.calls.length).toBeLessThan(10);
  armed.mockRestore();
});

test.each([0, 0.5, NaN, Infinity])('a speed of %p is refused', (speed) => {
  expect(() => new ScaledClock(speed)).toThrow(`speed must be a number of at least 1, got ${speed}`);
});

test('while a script runs, waits pass as fast as it is told, and not as fast as without one', async () => {
  const clock = new ScaledClock(1, { idleSpeed: 10_000 });
  const seen: number[] = [];
  const script = (async () => {
    const before = clock.now();
    await new Promise((resolve) => setTimeout(resolve, 100));
    seen.push(clock.now() - before);
  })();

  await clock.workflow(Promise.all([clock.program(script), sleep(clock, 3_600_000)]));

  // What 100 ms would be without it.
  expect(seen[0]).toBeLessThan(100 * 10_000);
});

describe('a clock that goes on at once', () => {
  test('it begins when it is told, and fires timers on the way in their order', async () => {
    const clock = new ScaledClock(1, { start: Date.parse('2027-01-01T00:00Z') });
    const fired: [string, number][] = [];
    const [hour, start] = [3_600_000, clock.now()];
    const note = (name: string) => () => fired.push([name, Math.round((clock.now() - start) / hour)]);
    clock.setTimeout(note('second'), 2 * hour);
    clock.setTimeout(note('first'), hour);
    clock.setTimeout(note('late'), 48 * hour);

    await clock.skipTo(Date.parse('2027-01-02T00:00Z'));

    expect(new Date(clock.now()).toISOString()).toMatch(/^2027-01-02T00:00:0/);
    expect(fired).toEqual([['first', 1], ['second', 2]]);
    clock.close();
  });

  test('it stops where a timer begins work, which has real time, and goes on after it', async () => {
    const clock = new ScaledClock(1, { start: 0 });
    let during = NaN;
    clock.setTimeout(() => void clock.busy((async () => {
      const before = clock.now();
      await new Promise((resolve) => setTimeout(resolve, 50));
      during = clock.now() - before;
    })()), 1_000_000);

    await clock.skipTo(3_000_000);
    expect(clock.now()).toBeLessThan(2_000_000);
    await clock.skipTo(3_000_000);
    expect(clock.now()).toBeLessThan(2_000_000);

    await clock.idle();
    await clock.skipTo(3_000_000);
    expect(clock.now()).toBeGreaterThanOrEqual(3_000_000);
    expect(during).toBeLessThan(1_000_000);
  });

  test('it never goes back', async () => {
    const clock = new ScaledClock(1, { start: 1_000_000 });
    await clock.skipTo(5);
    expect(clock.now()).toBeGreaterThanOrEqual(1_000_000);
  });
});

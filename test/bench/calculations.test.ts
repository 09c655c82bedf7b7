import { inLanes } from './lanes';
import { costOf, Usage } from './prices';
import { bytes, duration, seconds } from './units';
import { delayOf, median, phases } from './waiting/phases';

const NOTHING: Usage = { transitions: 0, invocations: 0, lambdaGbSeconds: 0, logBytes: 0 };

test.each<[keyof Usage, number, number]>([
  ['transitions', 1_000, 0.025],
  ['invocations', 1_000_000, 0.20],
  ['lambdaGbSeconds', 60_000, 1],
  ['logBytes', 1e9, 0.50],
])('%s have their price', (what, count, usd) => {
  expect(costOf({ ...NOTHING, [what]: count })).toBeCloseTo(usd, 4);
});

test('a run costs all that it uses', () => {
  expect(costOf({ transitions: 1_000, invocations: 1_000_000, lambdaGbSeconds: 0, logBytes: 0 })).toBeCloseTo(0.225);
});

test.each([60, 120, 300, 1800].flatMap((interval) => [1, 6, 47].map((hours) => [hours, interval])))(
  'programs of up to %d hours end at any moment between two looks %d seconds apart', (hours, interval) => {
    const all = phases(hours * 3600, 101);
    expect(all[0]).toBe(hours * 3600);
    expect(Math.max(...all)).toBe(hours * 3600);
    expect(Math.min(...all)).toBeGreaterThan(hours * 1800);
    const tenths = new Set(all.map((length) => Math.floor(10 * (length % interval) / interval)));
    expect(tenths.size).toBe(10);
  },
);

test('the first look after the end of a program sees it', () => {
  expect(delayOf(50, [20, 50, 80], 2)).toBe(2);
  expect(delayOf(51, [20, 50, 80], 2)).toBe(31);
  expect(delayOf(81, [20, 50, 80], 2)).toBeUndefined();
});

test('half of the values are not above the median', () => {
  expect(median([10, 9, 1])).toBe(9);
  expect(median([4, 3, 2, 1])).toBe(3);
});

test.each([[10, '10 s'], [300, '5 min'], [3600, '1 h'], [47 * 3600, '47 h'], [90, '90 s']])('%d seconds are %s', (total, text) => {
  expect(duration(total)).toBe(text);
});

test.each([[0.54, '0.5 s'], [59.7, '60 s'], [1800, '30.0 min'], [166_543, '46.3 h']])('%d measured seconds are shown as %s', (total, text) => {
  expect(seconds(total)).toBe(text);
});

test.each([[7062, '7,062 B'], [408_684, '409 KB'], [57_143_296, '57.1 MB']])('%d bytes are shown as %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});

test('lanes take the next task when they are done, and results are in the order of the tasks', async () => {
  const began: number[] = [];
  const task = (id: number, turns: number) => async () => {
    began.push(id);
    for (let i = 0; i < turns; i++) {
      await Promise.resolve();
    }
    return id;
  };
  expect(await inLanes(2, [task(1, 50), task(2, 1), task(3, 1), task(4, 1)])).toEqual([1, 2, 3, 4]);
  expect(began).toEqual([1, 2, 3, 4]);
});

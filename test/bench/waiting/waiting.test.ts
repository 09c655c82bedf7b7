import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Design, DESIGNS } from './designs';
import { LeapingClock } from './leaping-clock';
import { run } from './run';
import { bundleHandlers } from '../article/code';

const HOUR = 3_600_000;

describe('a clock that leaps', () => {
  let clock: LeapingClock;
  beforeEach(() => {
    clock = new LeapingClock();
  });
  afterEach(() => clock.close());

  test('is at each timer exactly when it is due, in the order of time', async () => {
    const start = clock.now();
    const fired: [string, number][] = [];
    const note = (name: string) => fired.push([name, Math.round((clock.now() - start) / HOUR)]);
    await clock.workflow(new Promise<void>((resolve) => {
      clock.setTimeout(() => {
        note('last');
        resolve();
      }, 1000 * HOUR);
      clock.setTimeout(() => {
        note('first');
        clock.setTimeout(() => note('second'), HOUR);
      }, HOUR);
      clock.clearTimeout(clock.setTimeout(() => note('never'), 3 * HOUR));
    }));
    expect(fired).toEqual([['first', 1], ['second', 2], ['last', 1000]]);
  });

  test('does not leap while there is work, nor where no workflow is under way', async () => {
    const fired = jest.fn();
    clock.setTimeout(fired, HOUR);
    const turns = new Promise((resolve) => setTimeout(resolve, 20));
    await turns;
    await clock.workflow(clock.busy(new Promise((resolve) => setTimeout(resolve, 20))));
    expect(fired).not.toHaveBeenCalled();
  });
});

describe('a run that is measured', () => {
  let folder: string;
  let code: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bench-test-'));
    code = bundleHandlers(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('of the article ends with the look after the program\'s end', async () => {
    const seen = await run(design('the article: 60 s'), 90, code);
    expect(seen).toMatchObject({ status: 'SUCCEEDED', transitions: 8, invocations: 3, calls: 3, historyEvents: 27 });
    expect(Math.round(seen.looks[1] - seen.looks[0])).toBeGreaterThanOrEqual(60);
    expect(seen.endedAfter).toBeGreaterThan(110);
  });

  test('of a state machine that calls SSM itself needs no function', async () => {
    const seen = await run(design('no Lambda: 60 s'), 90, code);
    expect(seen).toMatchObject({ status: 'SUCCEEDED', transitions: 8, invocations: 0, lambdaGbSeconds: 0, logBytes: 0, calls: 3 });
    expect(seen.looks).toHaveLength(2);
    expect(seen.endedAfter).toBeGreaterThan(110);
  });

  test('of Airflow\'s defaults gives up while the program goes on', async () => {
    const seen = await run({ ...design('Airflow\'s defaults') }, 4 * 3600, code);
    expect(seen).toMatchObject({ status: 'FAILED', invocations: 76 });
    expect(seen.endedAfter).toBeLessThan(4 * 3600);
  });

  test('of ours with events ends long before its next look would come', async () => {
    const seen = await run(design('`EVENTS`'), 5 * 60, code);
    expect(seen).toMatchObject({ status: 'SUCCEEDED', looks: [expect.any(Number), expect.any(Number), expect.any(Number)] });
    expect(seen.endedAfter).toBeGreaterThan(300);
    expect(seen.endedAfter).toBeLessThan(600);
  });
});

function design(wanted: string): Design {
  return DESIGNS.find(({ label }) => label === wanted)!;
}

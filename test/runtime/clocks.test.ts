import { after, COMMAND, EXECUTION, FIRST, invocation, job, run, START } from './samples';
import { world } from './world';
import { CompletionMode, GetStatusRequest, RUNNING, Status } from '../../src/protocol';
import { comment } from '../../src/runtime/command-input';
import { runningStatus } from '../../src/runtime/report/status';
import { uniformCounts } from '../../src/runtime/verdict';
import { wakeUp } from '../../src/runtime/wake-up';
import { watch } from '../../src/runtime/poll';
import { array, assert, asyncProperty, integer } from '../support/seeded';

const settings = job({ completion: CompletionMode.EVENTS, pollIntervalSeconds: 1800 });
const NEVER = new Date(0).toISOString();

/** How long a poll takes, and the states around it, in seconds. */
const POLL_SECONDS = 0.5;

interface Story {
  /** When the program ends, in seconds of the workflow's clock. */
  readonly endsAt: number;
  /** When events come. */
  readonly events: readonly number[];
  /** By how many seconds the clock of the function that takes events is ahead. */
  readonly ahead: number;
}

/** The times of all polls of a run, with what the table of waits does as the state machine asks it to. */
async function polls({ endsAt, events, ahead }: Story): Promise<number[]> {
  const item: { woken?: string; token?: string } = {};
  const queue = [...events].sort((a, b) => a - b);
  let seconds = 0;
  let waitsFor: string | undefined;
  const wake = async (at: number) => {
    let isEnded = false;
    await wakeUp({ 'command-id': COMMAND, 'status': 'Success' }, {
      log: () => undefined,
      now: () => new Date(Date.parse(START) + 1000 * (at + ahead)),
      command: async () => ({ CommandId: COMMAND, Comment: comment(run(), EXECUTION, 0, 1) }),
      note: async (_run, woken) => (item.woken = woken, item.token),
      forget: async (_run, woken) => {
        item.woken = item.woken === woken ? undefined : item.woken;
      },
      end: async (token) => {
        isEnded = token === waitsFor;
        waitsFor = isEnded ? undefined : waitsFor;
        return isEnded;
      },
    });
    return isEnded;
  };
  const context = { job: settings, executionId: EXECUTION, run: run(), now: START };
  let status: Status = runningStatus(context, uniformCounts(1, RUNNING), 1);
  status = { ...status, wake: { ...status.wake, since: NEVER } };
  const times: number[] = [];
  while (status.outcome === RUNNING) {
    expect(times.length).toBeLessThan(1000);
    let wait: GetStatusRequest['wait'] = { Error: 'States.Timeout' };
    if (item.woken !== undefined && item.woken >= status.wake.since) {
      wait = { Error: 'DynamoDb.ConditionalCheckFailedException' };
    } else {
      item.woken = undefined;
      item.token = waitsFor = `${times.length}`;
      const end = seconds + status.waitSeconds;
      while (waitsFor && queue.length > 0 && queue[0] < end) {
        seconds = Math.max(seconds, queue.shift()!);
        wait = await wake(seconds) ? { isWoken: true } : wait;
      }
      seconds = waitsFor ? end : seconds;
      waitsFor = undefined;
    }
    times.push(seconds);
    const hasEnded = seconds >= endsAt;
    status = await watch({ job: settings, run: status.run, executionId: EXECUTION, now: after(seconds), wait, removesNotes: true }, world({
      ssm: { invocations: async () => [hasEnded ? invocation(FIRST, 'Success', 0) : invocation(FIRST, 'InProgress')] },
    }));
    seconds += POLL_SECONDS;
    // Events that come while the run polls.
    for (; queue.length > 0 && queue[0] < seconds;) {
      await wake(queue.shift()!);
    }
  }
  return times;
}

test.each([300, -300, 3600, -3600, 86_400])('a clock that is %i seconds wrong changes nothing: three minutes, an event too early, another at the end', async (ahead) => {
  const story = { endsAt: 180, events: [20, 180.2] };
  const times = await polls({ ...story, ahead });
  expect(times).toEqual(await polls({ ...story, ahead: 0 }));
  expect(times.length).toBeLessThan(15);
  expect(times.at(-1)! - 180).toBeLessThan(2);
});

test('whatever the clock, and however events come (early, late, twice, while the run polls, or not at all), a run polls as often', async () => {
  const times = array(integer({ min: 0, max: 14_000 }), { minLength: 0, maxLength: 6 });
  await assert(asyncProperty(integer({ min: 1, max: 3600 }), times, integer({ min: -3600, max: 3600 }), async (endsAt, quarters, ahead) => {
    const events = quarters.flatMap((quarter, i) => i % 2 === 0 ? [quarter / 4] : [quarter / 4, quarter / 4 + 0.25]);
    const polled = await polls({ endsAt, events, ahead });
    expect(polled).toEqual(await polls({ endsAt, events, ahead: 0 }));
    // The plan begins anew after each event.
    expect(polled.length).toBeLessThanOrEqual(20 * (events.length + 1));
    const gaps = polled.slice(1).map((time, i) => time - polled[i]);
    expect(gaps.filter((gap) => gap < 5).length).toBeLessThanOrEqual(2 * events.length + 1);
  }), { numRuns: 200 });
});

test('an event that comes while the run polls is worth one more poll at once', async () => {
  const times = await polls({ endsAt: 30.1, events: [30.2], ahead: 0 });
  expect(times).toEqual([30, 30.5]);
});

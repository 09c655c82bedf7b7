import { after, COMMAND, EXECUTION, FIRST, ids, invocation, job, NAME, run, SECOND, taggedJob, THIRD } from './samples';
import { JobSettings, Outcome, Reason, RetrySettings, Run, RUN_ID_PATTERN, RUNNING } from '../../src/protocol';
import { observe } from '../../src/runtime/instances';
import { retryStatus } from '../../src/runtime/report/status';
import { decide } from '../../src/runtime/retry';
import { judgeRun } from '../../src/runtime/verdict';
import { Arbitrary, array, assert, constant, constantFrom, oneof, property } from '../support/seeded';

const retry: RetrySettings = {
  maxAttempts: 3,
  intervalSeconds: 300,
  backoffRate: 2,
  maxDelaySeconds: 3600,
  outcomes: [Outcome.FAILED, Outcome.UNDELIVERED],
  exitCodes: [],
};

type Words = [details: string, code?: number];

const three = job({ instanceIds: [FIRST, SECOND, THIRD], successExitCodes: [0, 4], retry });

/** What is decided where the instances of an attempt ended like that. */
function decided(settings: JobSettings, words: Words[], attempt: Run = run()) {
  const names = attempt.instanceIds ?? ids(words.length);
  const invocations = words.map(([details, code], i) => invocation(names[i], details, code));
  const command = { CommandId: COMMAND, Status: 'Failed' as const, TargetCount: words.length };
  const verdict = judgeRun(settings, attempt, observe(settings, attempt, { invocations: [invocations], command }, after(60)), after(60));
  return { verdict, next: undefined, ...decide(settings, attempt, verdict) };
}

/** As the workflow hands it to the next attempt, and that one has sent it. */
const sent = (next: Run): Run => ({ ...next, sentAt: after(0), commands: [{ commandId: COMMAND }] });

describe('where a run is tried again', () => {
  test('on the instances that failed; what the others did is settled', () => {
    const { next, waitSeconds } = decided(three, [['Success', 4], ['Failed', 3], ['DeliveryTimedOut']]);
    expect(next).toMatchObject({ attempt: 2, instanceIds: [SECOND, THIRD], commands: [] });
    expect(next!.settled).toMatchObject({
      counts: { total: 1, succeeded: 1, failed: 0, undelivered: 0 }, failures: [], fineExitCode: 4, attempts: 1,
    });
    expect(waitSeconds).toBe(300);
  });

  test('what starts the run again, and what it does not show, stays with the run', () => {
    const first = run({ sentAt: after(0), again: '{"parameters":{"LICENCE":null}}', withheld: ['LICENCE'] });
    const { next } = decided(three, [['Success', 0], ['Failed', 3], ['Success', 0]], first);
    expect(next).toMatchObject({ again: first.again, withheld: ['LICENCE'] });
  });

  test('a failure that is not worth it stays one, whatever becomes of the next attempt', () => {
    const settings = { ...three, retry: { ...retry, exitCodes: [75] } };
    const { next } = decided(settings, [['Failed', 75], ['Failed', 3], ['Success', 0]]);
    expect(next).toMatchObject({ instanceIds: [FIRST], settled: { failures: [{ instanceId: SECOND, exitCode: 3 }] } });
    const { verdict, next: none } = decided(settings, [['Success', 0]], sent(next!));
    expect(none).toBeUndefined();
    expect(verdict).toMatchObject({ outcome: Outcome.FAILED, exitCode: 3, attempts: 2, counts: { total: 3, succeeded: 2, failed: 1 } });
  });

  test('a job with targets is tried again by the names that SSM has found', () => {
    const { next } = decided(taggedJob({ retry }), [['Success', 0], ['Failed', 3]]);
    expect(next).toMatchObject({ instanceIds: [SECOND] });
  });

  test('instances that SSM never named are not: there is nobody to send to', () => {
    const words: Words[] = [['DeliveryTimedOut']];
    const attempt = run({ sentAt: after(0) });
    const verdict = judgeRun(taggedJob({ retry }), attempt, observe(taggedJob({ retry }), attempt, {
      invocations: [words.map(() => ({ ...invocation('', 'DeliveryTimedOut'), InstanceId: undefined }))],
      command: { CommandId: COMMAND, Status: 'Failed', TargetCount: 1 },
    }, after(60)), after(60));
    expect(decide(taggedJob({ retry }), attempt, verdict).next).toBeUndefined();
  });
});

describe('when a run ends', () => {
  const reason = (words: Words[], settings: Partial<JobSettings> = {}, attempt?: Run) =>
    decided({ ...three, ...settings }, words, attempt);

  test('without retry, or after success: nobody asks why', () => {
    expect(reason([['Failed', 3]], { retry: undefined })).toMatchObject({ next: undefined, reason: '' });
    expect(reason([['Success', 0], ['Success', 0], ['Success', 0]])).toMatchObject({ next: undefined, reason: '' });
  });

  test('after the last attempt', () => {
    const last = run({ attempt: 3, instanceIds: [FIRST] });
    expect(reason([['Failed', 3]], {}, last)).toMatchObject({ next: undefined, reason: 'It was tried 3 times.' });
  });

  test.each<[string, Words]>([
    ['was cancelled', ['Cancelled']],
    ['was left out by maxErrors', ['Terminated']],
  ])('where one instance %s: that is for a person', (_, words) => {
    expect(reason([['Failed', 3], words, ['Success', 0]])).toMatchObject({
      next: undefined, reason: 'It is not tried again: what was cancelled, or does not answer, is for a person to look at.',
    });
  });

  test('where an instance does not answer: its program may still run', () => {
    const verdict = judgeRun(three, run(), observe(three, run(), { invocations: [[invocation(FIRST, 'Failed', 3)]] }, after(4500)), after(4500));
    expect(verdict.counts.unresponsive + verdict.counts.undelivered).toBe(2);
    const lost = { ...verdict, counts: { ...verdict.counts, unresponsive: 1 } };
    expect(decide(three, run(), lost).next).toBeUndefined();
  });

  test('where the outcome, or the exit code, is not one of those', () => {
    expect(reason([['ExecutionTimedOut'], ['Success', 0], ['Success', 0]]))
      .toMatchObject({ next: undefined, reason: 'It is not tried again: the job\'s retry is not for this.' });
    expect(reason([['Failed', 3], ['Success', 0], ['Success', 0]], { retry: { ...retry, exitCodes: [75] } }).next).toBeUndefined();
    expect(reason([['ExecutionTimedOut'], ['Success', 0], ['Success', 0]], { retry: { ...retry, outcomes: [Outcome.TIMED_OUT] } }).next)
      .toMatchObject({ instanceIds: [FIRST] });
  });

  test('where so many failed that something else is wrong', () => {
    const failed = (count: number) => Array.from({ length: count }, (): Words => ['Failed', 3]);
    expect(reason(failed(500), { ...taggedJob({ retry }) }).next!.instanceIds).toHaveLength(500);
    expect(reason(failed(501), { ...taggedJob({ retry }) }))
      .toMatchObject({ next: undefined, reason: 'It is not tried again: 501 instances would have to be, and 500 can be.' });
  });

  test('where it would take more commands than may run side by side', () => {
    const failed = (count: number) => Array.from({ length: count }, (): Words => ['Failed', 3]);
    const rolling = taggedJob({ retry, maxConcurrency: '1' });
    expect(reason(failed(50), { ...rolling }).next).toBeDefined();
    expect(reason(failed(51), { ...rolling }).next).toBeUndefined();
    expect(reason(failed(51), { ...rolling, maxConcurrency: '10%' }).next).toBeDefined();
  });
});

describe('a further attempt', () => {
  test('is a run of its own to the servers, and its ID fits', () => {
    const long = 'x'.repeat(80);
    for (const id of [NAME, long, `${long}-123456789012`]) {
      const first = decided(three, [['Failed', 3], ['Success', 0], ['Success', 0]], run({ id })).next!;
      const second = decided(three, [['Failed', 3]], sent(first)).next!;
      expect(new Set([id, first.id, second.id]).size).toBe(3);
      expect(first.id).toMatch(new RegExp(RUN_ID_PATTERN));
      expect(second.id).toMatch(new RegExp(RUN_ID_PATTERN));
    }
    expect(decided(three, [['Failed', 3], ['Success', 0], ['Success', 0]]).next!.id).toMatch(new RegExp(`^${NAME}-attempt-2-[0-9a-f]{12}$`));
  });

  test('that finds a process of the one before still running has failed: a skip would be a success', () => {
    const attempt = run({ attempt: 2, instanceIds: [FIRST] });
    const settings = { ...three, instanceIds: [FIRST], retry: { ...retry, exitCodes: [3] } };
    expect(decided(settings, [['Failed', 212]], run()).verdict.outcome).toBe(Outcome.SKIPPED);
    expect(decided(settings, [['Failed', 212]], attempt).verdict).toMatchObject({
      outcome: Outcome.FAILED, failures: [{ reason: Reason.ALREADY_RUNNING, exitCode: 212 }], overlaps: 0,
    });
    expect(decided(settings, [['Failed', 213]], attempt).verdict.failures).toMatchObject([{ reason: Reason.ALREADY_STARTED }]);
  });

  test('has its own time: to be listed, to take the command, to end', () => {
    const settings = { ...three, instanceIds: [FIRST] };
    const again = run({ attempt: 2, startedAt: after(-10_000), sentAt: after(0), instanceIds: [FIRST] });
    const judged = (seconds: number) => judgeRun(settings, again, observe(settings, again, { invocations: [] }, after(seconds)), after(seconds));
    expect(judged(899).outcome).toBe(RUNNING);
    expect(judged(900).outcome).not.toBe(RUNNING);
    const inProgress = { invocations: [[invocation(FIRST, 'InProgress')]] };
    expect(judgeRun(settings, again, observe(settings, again, inProgress, after(4499)), after(4499)).outcome).toBe(RUNNING);
    expect(judgeRun(settings, again, observe(settings, again, inProgress, after(4500)), after(4500)).outcome).toBe(Outcome.UNRESPONSIVE);
  });

  test('goes on with what the run is: its start, its poll interval, whether it was late; but not with a silence', () => {
    const before = run({ startedAt: after(-500), pollIntervalSeconds: 7, wasLate: true, silentSince: after(10) });
    const { next } = decided(three, [['Failed', 3], ['Success', 0], ['Success', 0]], before);
    expect(next).toMatchObject({ startedAt: after(-500), pollIntervalSeconds: 7, wasLate: true });
    expect(next!.silentSince).toBeUndefined();
  });
});

test('whatever happens in the attempts: every instance counts once, by its last attempt, and success is everybody\'s', () => {
  // Half of them succeed: else hardly any run would.
  const words = oneof<Arbitrary<Words>[]>(
    constant(['Success', 0]), constantFrom(['Failed', 3], ['Failed', 75], ['DeliveryTimedOut'], ['ExecutionTimedOut'], ['Failed', 213]));
  const settings = { ...three, instanceIds: ids(5), retry: { ...retry, maxAttempts: 4, exitCodes: [75] } };
  let succeeded = 0;
  let furthest = 1;
  assert(property(array(array(words, { minLength: 5, maxLength: 5 }), { minLength: 4, maxLength: 4 }), (fates) => {
    const last = new Map<string, string>();
    let attempt = run();
    for (; ;) {
      const names = attempt.instanceIds ?? ids(5);
      const fate = fates[attempt.attempt - 1].slice(0, names.length);
      names.forEach((name, i) => last.set(name, fate[i].join()));
      const { verdict, next } = decided(settings, fate, attempt);
      const { total, ...parts } = verdict.counts;
      expect(total).toBe(5);
      expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(5);
      expect(parts.succeeded).toBe([...last.values()].filter((fateOf) => fateOf === 'Success,0').length);
      const { result } = retryStatus({ job: settings, executionId: EXECUTION, run: attempt, now: after(60) }, verdict, 1);
      expect(Object.values(result)).not.toContain(undefined);
      furthest = Math.max(furthest, attempt.attempt);
      if (!next) {
        expect(verdict.outcome === Outcome.SUCCEEDED).toBe(parts.succeeded === 5);
        succeeded += verdict.outcome === Outcome.SUCCEEDED ? 1 : 0;
        return;
      }
      expect(next.instanceIds!.every((name) => ['Failed,75', 'DeliveryTimedOut'].includes(last.get(name)!))).toBe(true);
      attempt = sent(next);
    }
  }), { numRuns: 3000 });
  expect(succeeded).toBeGreaterThan(50);
  expect(furthest).toBe(4);
});

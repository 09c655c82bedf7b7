import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsOf, Shapes } from './shapes';
import { ExecutionEnded, NOT_FOUND_YET_ERROR, Outcome, RETRYING, RUNNING, Status } from '../../src/protocol';
import { close } from '../../src/runtime/close';
import { comment } from '../../src/runtime/command-input';
import { poll } from '../../src/runtime/poll';
import { digest } from '../../src/runtime/run-id';
import { start } from '../../src/runtime/start';
import { after, COMMAND, EXECUTION, invocation, NAME, START } from '../runtime/samples';
import { world } from '../runtime/world';
import { array, nat, sample, SEED, tuple } from '../support/seeded';

/** What each release has written: executions that it has started may still be in flight. */
const RELEASES = readdirSync(__dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
const GOLDEN: [string, Shapes][] = RELEASES.flatMap((release) => readdirSync(join(__dirname, release)).map((file): [string, Shapes] =>
  [`${release}/${file}`, JSON.parse(readFileSync(join(__dirname, release, file), 'utf8'))]));

const OUTCOMES: string[] = [...Object.values(Outcome), RUNNING, RETRYING];

type Json = any;

/** A request to send, or to find; what was sent, and what came of it. */
async function started(action: string, job: Json, status: Json = {}, listed: Json[] = []) {
  const sent: Json[] = [];
  const request = { action, job, executionId: EXECUTION, executionName: NAME, input: {}, now: START, retryCount: 6, status };
  const result = await start(request as Json, world({
    ssm: { sendCommand: async (input) => (sent.push(input), COMMAND), commands: async () => listed },
  }));
  return { sent, status: result };
}

/** A poll that finds that every instance has reported this. */
async function polled(job: Json, run: Json, details: string, code: number): Promise<Status> {
  const ids = run?.instanceIds ?? (job?.instanceIds?.length > 0 ? job.instanceIds : ['i-00000000000000001', 'i-00000000000000002']);
  return poll({ job, run, executionId: EXECUTION, now: after(600) }, world({
    ssm: {
      command: async () => ({ CommandId: COMMAND, Status: 'Failed', TargetCount: ids.length }),
      invocations: async () => [ids].flat().map((id: string) => invocation(`${id}`, details, code)),
      stepOutput: async () => ({ stdout: 'a line\n', stderr: '' }),
    },
  }));
}

/** What Close run reports of an execution that has ended with this history. */
async function closed(history: Json[]): Promise<Status | undefined> {
  const reports: Status[] = [];
  let slept = 0;
  const ended: ExecutionEnded = { executionArn: EXECUTION, status: 'ABORTED', startDate: Date.parse(START), stopDate: Date.parse(after(600)) };
  await close(ended, { logGroupName: '' }, world({
    states: { history: async (_arn, max, newestFirst) => (newestFirst ? [...history].reverse() : history).slice(0, max) },
    ssm: {
      command: async () => ({ CommandId: COMMAND, Status: 'Cancelled', TargetCount: 2 }),
      invocations: async () => [invocation('i-0123456789abcdef0', 'Cancelled'), invocation('mi-0123456789abcdef0', 'Cancelled')],
    },
    sns: { notify: async (_job, status) => void reports.push(status) },
    clock: {
      sleep: async (milliseconds) => void (slept += milliseconds),
      elapsed: () => slept,
      remaining: () => 900_000 - slept,
    },
  }));
  expect(reports.length).toBeLessThanOrEqual(1);
  return reports[0];
}

/** Whatever a workflow of any release reads of a status. */
function expectSane(status: Status): void {
  expect(OUTCOMES).toContain(status.outcome);
  expect(status.waitSeconds).toBeGreaterThanOrEqual(1);
  expect(Number.isFinite(status.waitSeconds)).toBe(true);
  expect(status).toMatchObject({
    isLate: expect.any(Boolean),
    run: { id: expect.any(String), commands: expect.any(Array) },
    error: expect.any(String),
    cause: expect.any(String),
    result: { outcome: expect.any(String), job: expect.any(String), instances: { total: expect.any(Number) } },
    notification: { subject: expect.any(String), text: expect.any(String) },
  });
  const texts = JSON.stringify(status);
  expect(texts).not.toMatch(/undefined|NaN|Invalid Date|\[object/);
  expect(JSON.parse(texts, (_key, value) => value === null ? 'null' : value)).toEqual(JSON.parse(texts));
}

describe.each(GOLDEN)('%s', (_file, golden) => {
  const job: Json = settingsOf(golden);
  const { statuses, histories } = golden;

  test('a run is sent, to the same servers with the same script', async () => {
    const { sent, status } = await started('send', job);
    expectSane(status);
    expect(status.outcome).toBe(RUNNING);
    expect(sent).toMatchObject([{ DocumentName: job.document.name, DocumentVersion: job.document.own ? '$LATEST' : job.document.version }]);
    expect(sent[0].InstanceIds ?? []).toEqual(job.instanceIds);
  });

  test('a run that an older release has sent is found, by the comment of that release', async () => {
    for (const key of [undefined, digest(`${EXECUTION} ${NAME}`, 12)]) {
      const Comment = comment({ id: NAME }, EXECUTION, 0, 1, key);
      const { sent, status } = await started('find', job, {}, [{ CommandId: 'found', DocumentName: job.document.name, Comment }]);
      expectSane(status);
      expect([sent, status.outcome, status.run.commands]).toEqual([[], RUNNING, [{ commandId: 'found' }]]);
    }
  });

  test.each(Object.keys(statuses))('polled after the status: %s', async (name) => {
    const { run } = statuses[name];
    if (run.commands.length === 0) {
      const { sent, status } = await started('send', job, statuses[name]);
      expectSane(status);
      expect(sent).toMatchObject([{ InstanceIds: run.instanceIds }]);
      return;
    }
    for (const [details, code, outcome] of [['InProgress', -1, RUNNING], ['Success', 0, Outcome.SUCCEEDED], ['Cancelled', -1, Outcome.CANCELLED]] as const) {
      const status = await polled(job, run, details, code);
      expectSane(status);
      expect(status.outcome).toBe(details === 'InProgress' && name === 'unresponsive' ? status.outcome : outcome);
    }
  });

  test.each(Object.keys(histories))('closed while it is: %s', async (name) => {
    const status = await closed(histories[name]);
    expectSane(status!);
    expect(status!.outcome).toBe(name === 'failed' || (name === 'failedOnce' && !job.retry) ? Outcome.FAILED : Outcome.CANCELLED);
  });

  describe('with fields missing, or of a wrong type', () => {
    const wrong = [undefined, null, 0, -1, 1e300, '', '\ud800', 'x', true, [], [1], {}, { x: 1 }];

    /** Either nothing is sent, and it says why, or what was sent goes on. */
    async function expectSentOrTold(settings: Json): Promise<void> {
      const { sent, status } = await started('send', settings);
      expectSane(status);
      if (sent.length > 0) {
        expect(status.outcome).toBe(RUNNING);
        expect(sent[0]).toMatchObject({ DocumentName: settings.document.name });
        expect(sent[0].InstanceIds ?? []).toEqual(settings.instanceIds ?? []);
        expectSane(await polled(settings, status.run, 'Success', 0));
      } else {
        // A value that is no default any more is one that the input must have.
        expect(status).toMatchObject({ outcome: Outcome.FAILED, error: 'CotsBatchJob.Failed' });
        expect(status.cause).toMatch(/^The (settings of the job cannot be read, so that nothing was started|input was refused): /);
      }
    }

    test.each(paths(job))('settings: %s', async (_name, path) => {
      for (const value of wrong) {
        await expectSentOrTold(changed(job, path, value));
        expectSane(await polled(changed(job, path, value), statuses.running.run, 'Success', 0));
        await started('find', changed(job, path, value)).then(({ status }) => expectSane(status), (error) => expect(error.name).toBe(NOT_FOUND_YET_ERROR));
      }
    });

    test.each(paths(statuses.running.run))('run: %s', async (_name, path) => {
      for (const value of wrong) {
        expectSane(await polled(job, changed(statuses.running.run, path, value), 'Success', 0));
      }
    });

    test('an attempt that is to follow', async () => {
      const { failedOnce } = statuses;
      for (const [, path] of failedOnce.outcome === RETRYING ? paths(failedOnce) : []) {
        for (const value of wrong) {
          const asked = changed(failedOnce, path, value);
          const { sent, status } = await started('send', job, asked);
          expectSane(status);
          // Never on servers that the attempt does not name.
          expect(sent.map(({ InstanceIds: ids }) => ids)).toEqual(sent.map(() => asked.run.instanceIds));
        }
      }
    });

    test('a history', async () => {
      for (const [, path] of paths(statuses.running)) {
        const broken = JSON.stringify(changed(statuses.running, path, undefined));
        const history = histories.running.map((event) => JSON.parse(JSON.stringify(event)
          .replaceAll(JSON.stringify(JSON.stringify(statuses.running)).slice(1, -1), () => JSON.stringify(broken).slice(1, -1))));
        expectSane((await closed(history))!);
      }
    });

    test('any of them together', async () => {
      const all = paths(job);
      const changes = array(tuple(nat(all.length - 1), nat(wrong.length - 1)), { minLength: 1, maxLength: 6 });
      for (const some of sample(changes, { numRuns: 200, seed: SEED })) {
        await expectSentOrTold(some.reduce((json, [field, value]) => changed(json, all[field][1], wrong[value]), job));
      }
    });
  });

  test('what a newer release adds is ignored', async () => {
    const { sent, status } = await started('send', { ...job, later: { x: 1 }, document: { ...job.document, later: true }, completion: 'Later' });
    expect([sent.length, status.outcome]).toEqual([1, RUNNING]);
    expectSane(await polled({ ...job, later: 1 }, { ...statuses.running.run, later: [] }, 'Success', 0));
  });

  test('what a newer release asks for, and is not known here, starts nothing', async () => {
    const { sent, status } = await started('check', job);
    expect([sent, status.outcome]).toEqual([[], Outcome.FAILED]);
    expect(status.cause).toContain('action must be send or find, got "check"');
  });
});

/** All fields of a value, by the way to them. */
function paths(value: Json, before: string[] = []): [string, string[]][] {
  return typeof value !== 'object' || value === null ? [] : Object.entries(value).flatMap(([name, item]) => {
    const path = [...before, name];
    return [[path.join('.'), path] as [string, string[]], ...paths(item, path)];
  });
}

/** The value with another one for a field; without the field where that is undefined. */
function changed(value: Json, [name, ...rest]: string[], to: Json): Json {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const copy: Json = Array.isArray(value) ? [...value] : { ...value };
  if (rest.length > 0) {
    copy[name] = changed(copy[name], rest, to);
  } else if (to === undefined && !Array.isArray(copy)) {
    delete copy[name];
  } else {
    copy[name] = to;
  }
  return copy;
}


import { Command, ListCommandsCommand } from '@aws-sdk/client-ssm';
import { forget, look, ssm } from './poll-once';
import { after, COMMAND, DOCUMENT, FIRST, invocation, job, run, SECOND, SENT } from './samples';
import { JobSettings, Outcome, OverlapPolicy, Run, RUNNING, Status } from '../../src/protocol';
import { observe } from '../../src/runtime/instances';
import { restoreRun } from '../../src/runtime/restore-run';
import { decide } from '../../src/runtime/retry';
import { judgeRun } from '../../src/runtime/verdict';

beforeEach(forget);
afterEach(() => jest.restoreAllMocks());

const WAITING: Partial<JobSettings> = { overlapPolicy: OverlapPolicy.WAIT, overlapWaitSeconds: 7200, longRunningAfterSeconds: 1000 };

/** A command of the job that was sent so long before the run, in seconds. */
function sent(secondsBefore: number, overrides: Partial<Command> = {}): Command {
  return {
    ...SENT, CommandId: `command-${secondsBefore}`, Status: 'InProgress', StatusDetails: 'InProgress', RequestedDateTime: new Date(after(-secondsBefore)), ...overrides,
  };
}

/** One poll, while SSM lists these commands of the document as executing, or fails. */
async function pollAt(seconds: number, executing: Command[] | Error, aRun: Run = run(), settings: Partial<JobSettings> = {}): Promise<Status> {
  ssm.reset();
  if (executing instanceof Error) {
    ssm.on(ListCommandsCommand).rejects(executing);
  } else {
    ssm.on(ListCommandsCommand).resolves({ Commands: executing });
  }
  return look([invocation(FIRST, 'InProgress')], { ...WAITING, ...settings }, { now: after(seconds), run: aRun });
}

const questions = () => ssm.commandCalls(ListCommandsCommand).map(({ args: [{ input }] }) => input);

test('the time does not count in which a run goes on that was sent before', async () => {
  const waits = await pollAt(600, [sent(60), sent(0, { CommandId: COMMAND })]);
  expect(waits).toMatchObject({ outcome: RUNNING, isLate: false, run: { waiting: { seconds: 600, until: after(600) } } });
  expect(questions()).toEqual([{
    Filters: [
      { key: 'InvokedAfter', value: expect.any(String) }, { key: 'DocumentName', value: DOCUMENT }, { key: 'ExecutionStage', value: 'Executing' },
    ],
    MaxResults: 50,
  }]);
  const stillWaits = await pollAt(1500, [sent(60)], waits.run);
  expect(stillWaits).toMatchObject({ isLate: false, run: { waiting: { seconds: 1500, until: after(1500) } } });
  const runs = await pollAt(1800, [], stillWaits.run);
  expect(runs).toMatchObject({ isLate: false, run: { waiting: { seconds: 1800, isOver: true } } });

  // From now on it runs, and SSM is not asked any more.
  expect((await pollAt(2799, [sent(60)], runs.run)).isLate).toBe(false);
  expect(questions()).toEqual([]);
  expect((await pollAt(2800, [sent(60)], runs.run)).isLate).toBe(true);
});

test.each<[string, Command[]]>([
  ['nothing else', [sent(0, { CommandId: COMMAND })]],
  ['what was sent after it, and waits for it', [sent(-60)]],
  ['a check', [sent(60, { Parameters: { Check: ['yes'] } })]],
  ['its own command, by a clock that differs', [sent(5, { CommandId: COMMAND })]],
  ['what is being cancelled', [sent(60, { Status: 'Cancelling', StatusDetails: 'Cancelling' })]],
  ['what has ended meanwhile', [sent(60, { Status: 'Success', StatusDetails: 'Success' })]],
  ['a command of another job', [sent(60, { DocumentName: 'Other', Comment: 'somebody else' })]],
  ['a command of which SSM does not say when it was sent', [sent(60, { RequestedDateTime: undefined })]],
])('a run does not wait for %s', async (_what, commands) => {
  const status = await pollAt(1000, commands);
  expect(status).toMatchObject({ isLate: true, run: { waiting: { seconds: 0, isOver: true }, wasLate: true } });
});

test('a run that can wait no more counts as running, whatever SSM lists', async () => {
  const waits = await pollAt(7799, [sent(60)]);
  expect(waits).toMatchObject({ isLate: false, run: { waiting: { seconds: 7799 } } });
  expect(await pollAt(7800, [sent(60)], waits.run)).toMatchObject({ run: { waiting: { seconds: 7800, isOver: true } } });
  expect(questions()).toEqual([]);
});

test('where SSM does not say, the run waits, and its poll goes on', async () => {
  const status = await pollAt(1200, Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' }));
  expect(status).toMatchObject({ outcome: RUNNING, isLate: false, run: { waiting: { seconds: 1200, until: after(1200) } } });
});

test.each<[string, Partial<JobSettings>, Partial<Run>]>([
  ['no run is to be late', { longRunningAfterSeconds: undefined }, {}],
  ['the run has been late', {}, { wasLate: true }],
  ['runs do not wait', { overlapPolicy: OverlapPolicy.SKIP, overlapWaitSeconds: undefined }, {}],
])('nobody asks where %s', async (_what, settings, aRun) => {
  const status = await pollAt(600, [sent(60)], run(aRun), settings);
  expect(questions()).toEqual([]);
  expect(status.run).not.toHaveProperty('waiting');
});

test('a further attempt waits on its own account, on top of the ones before', async () => {
  const retry = { maxAttempts: 2, intervalSeconds: 60, backoffRate: 2, maxDelaySeconds: 60, outcomes: [Outcome.FAILED], exitCodes: [] };
  const settings = job({ ...WAITING, retry });
  const aRun = run({ waiting: { seconds: 300, isOver: true } });
  const failed = observe(settings, aRun, { invocations: [[invocation(FIRST, 'Failed', 3)]] }, after(1900));
  const ended = decide(settings, aRun, judgeRun(settings, aRun, failed, after(1900))).next!;
  expect(ended.waiting).toEqual({ seconds: 300 });
  const status = await pollAt(2500, [sent(60)], { ...ended, sentAt: after(2000), commands: run().commands });
  expect(status.run.waiting).toEqual({ seconds: 800, until: after(2500) });
});

test('a run is restored with what it has waited, and without where an earlier release has written none', () => {
  const restored = (aRun: object) => restoreRun({ ...run(), ...aRun }, job(WAITING), '', after(0));
  const waiting = { seconds: 300, until: after(300) };
  expect(restored({ waiting })).toMatchObject({ run: { waiting }, problems: [] });
  expect(restored({}).run.waiting).toBeUndefined();
  expect(restored({ waiting: { seconds: 'many' } }).problems).toEqual(['run.waiting.seconds must be a number from 0 to 315360000, got "many"']);
});

test('a run that was skipped says how long it has waited, and what to do', async () => {
  const refused = 'cots-batch-job: not started: another run of the job is still running after 7200 seconds (it holds x)\nfailed to run commands: exit status 212';
  const skipped = (settings: Partial<JobSettings>) => look([
    invocation(FIRST, 'Failed', 212, { CommandPlugins: [{ ...invocation(FIRST, 'Failed', 212).CommandPlugins![0], Output: refused }] }),
    invocation(SECOND, 'Success', 0),
  ], { ...settings, instanceIds: [FIRST, SECOND] }, { now: after(9000) });
  const { outcome, cause, notification: { text } } = await skipped(WAITING);
  expect(outcome).toBe(Outcome.SKIPPED);
  expect(cause).toBe('Another run of the job was still running on 1 of 2 instances after a wait of 2 h: nothing was started there.');
  expect(text.replace(/\s+/g, ' ')).toContain('See how the run before ends, and start the job again');
  expect((await skipped({ overlapPolicy: OverlapPolicy.SKIP })).cause).toBe('Another run of the job was still running on 1 of 2 instances: nothing was started there.');
});

import { CancelCommandCommand, Command, GetCommandInvocationCommand, ListCommandsCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { forget, listed, ssm } from './poll-once';
import { after, COMMAND, DOCUMENT, EXECUTION, FIRST, invocation, job, NAME, run, SECOND, sendRequest, statusRequest } from './samples';
import { JobSettings, Outcome, OverlapPolicy, RUNNING } from '../../src/protocol';
import { comment } from '../../src/runtime/command-input';
import { handler as getStatus } from '../../src/runtime/get-status.lambda';
import { readInput } from '../../src/runtime/input';
import { handler as sendCommand } from '../../src/runtime/send-command.lambda';

let metrics: string[];

beforeEach(() => {
  forget();
  metrics = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => Boolean(metrics.push(String(line))));
  ssm.on(SendCommandCommand).resolves({ Command: { CommandId: COMMAND } });
  ssm.on(ListCommandsCommand).resolves({ Commands: [] });
});
afterEach(() => jest.restoreAllMocks());

const checked = (settings: Partial<JobSettings> = {}) => job({ document: { ...job().document, check: true, outputRules: true }, ...settings });
const send = async (settings: Partial<JobSettings> = {}, input: object = { check: true }) =>
  sendCommand(sendRequest({ job: checked(settings), input }));
const sent = () => ssm.commandCalls(SendCommandCommand).map(({ args }) => args[0].input);
const poll = async (words: [string, number?], settings: Partial<JobSettings> = {}, seconds = 60) => {
  listed([invocation(FIRST, ...words)]);
  return getStatus(statusRequest({ job: checked(settings), run: run({ check: true, again: '{"check":true}' }), now: after(seconds) }));
};

describe('the input', () => {
  test.each([
    ['yes', 'check must be true or false, got "yes"'],
    [null, 'check must be true or false, got null'],
    [1, 'check must be true or false, got 1'],
  ])('check is a boolean, not %j', (check, problem) => {
    expect(readInput(checked(), { check })).toMatchObject({ problems: [problem], check: undefined });
  });

  test('false is a run like any other', async () => {
    expect(readInput(job(), { check: false })).toMatchObject({ problems: [], check: undefined });
    expect((await send({}, { check: false })).result.check).toBe(false);
    expect(sent()[0].Parameters).not.toHaveProperty('Check');
  });

  test.each<[string, Partial<JobSettings>, object, string]>([
    ['with a scheduled time, which it would spend', {}, { scheduledTime: '2026-03-01T02:00:00Z' },
      'scheduledTime must not be there with check, which spends no time, got "2026-03-01T02:00:00Z"'],
    ['of a document of somebody else', { document: { name: DOCUMENT, own: false, parameters: {} } }, {},
      'check must not be true for a job of BatchCommand.document, whose document has no launcher that could check, got true'],
    ['of a launcher that would start the program', { document: job().document }, {},
      'check must not be true until the job is deployed again, because its launcher is of an earlier release, got true'],
  ])('is refused %s', async (_, settings, input, problem) => {
    const status = await send(settings, { check: true, ...input });
    expect(status.cause).toBe(`This was a check, which starts no program. The input was refused: ${problem}`);
    expect(status).toMatchObject({ outcome: Outcome.FAILED, result: { check: true } });
    expect(ssm.calls()).toEqual([]);
  });
});

describe('the command', () => {
  test('tells the launcher, and is no run of any time', async () => {
    const status = await send({}, { check: true, parameters: {} });
    expect(sent()).toHaveLength(1);
    expect(sent()[0].Parameters).toMatchObject({ Check: ['yes'], RunId: [NAME] });
    expect(status).toMatchObject({ outcome: RUNNING, run: { check: true, again: '{"parameters":{},"check":true}' }, result: { check: true, attempts: 0 } });
  });

  test('goes to all instances, whatever fails on the first, and takes no longer than a check may', async () => {
    await send({ maxErrors: '0', executionTimeoutSeconds: 172_800 });
    expect(sent()[0]).toMatchObject({ MaxErrors: '100%', Parameters: { executionTimeout: ['900'] } });
  });

  test('cancels nothing that runs, and is not cancelled by a run', async () => {
    await send({ overlapPolicy: OverlapPolicy.CANCEL_RUNNING });
    expect(ssm.commandCalls(CancelCommandCommand)).toHaveLength(0);

    const other = (CommandId: string, more: object): Command => ({
      CommandId, DocumentName: DOCUMENT, Parameters: { RunId: [CommandId], ...more }, Comment: comment({ id: CommandId }, `${EXECUTION}-other`, 0, 1),
    });
    ssm.on(ListCommandsCommand, { Filters: [{ key: 'DocumentName', value: DOCUMENT }, { key: 'ExecutionStage', value: 'Executing' }] })
      .resolves({ Commands: [other('check', { Check: ['yes'] }), other('run', { Check: [''] }), other('old', {})] });
    await send({ overlapPolicy: OverlapPolicy.CANCEL_RUNNING }, {});
    expect(ssm.commandCalls(CancelCommandCommand).map(({ args }) => args[0].input.CommandId)).toEqual(['run', 'old']);
  });
});

describe('how it ends', () => {
  test('a success is the launcher\'s, whatever the job takes for one, and is said to be a check', async () => {
    const status = await poll(['Success', 0], { successExitCodes: [4] });
    expect(status).toMatchObject({ outcome: Outcome.SUCCEEDED, cause: '', result: { check: true, attempts: 0, exitCode: 0 } });
    expect(status.notification.subject).toBe('Batch job NightlyIndex: check succeeded on 1 instance');
  });

  test('a failure is a run that could not start; the mail says so first, and how to check again', async () => {
    ssm.on(GetCommandInvocationCommand).resolves({ StandardErrorContent: 'cots-batch-job: not started: cannot enter folder /app\n' });
    const { outcome, cause, notification, result } = await poll(['Failed', 215]);
    expect([outcome, result.attempts]).toEqual([Outcome.FAILED, 0]);
    expect(cause).toBe(`This was a check, which starts no program. A run could not start on 1 instance: ${FIRST}, exit code 215 (not started: cannot enter folder /app).`);
    expect(notification.subject).toBe('Batch job NightlyIndex: check failed on 1 instance');
    expect(notification.text).toMatch(/^NightlyIndex check failed on 1 instance\.\n\nThis was a check/);
    expect(notification.text.replace(/\s+/g, ' ')).toContain('The next run would not start on that instance either');
    expect(notification.text).toMatch(/\nTo check again\n {2}aws stepfunctions start-execution .* --input '\{"check":true\}' --region eu-west-1\n/);
    expect(notification.text).not.toContain('still run');
  });

  test.each<[[string, number?], Outcome, string]>([
    [['Undeliverable'], Outcome.UNDELIVERED, 'check was not delivered to 1 instance'],
    [['DeliveryTimedOut'], Outcome.UNDELIVERED, 'check was not delivered to 1 instance'],
    [['Cancelled'], Outcome.CANCELLED, 'check was cancelled on 1 instance'],
    [['ExecutionTimedOut'], Outcome.TIMED_OUT, 'check timed out on 1 instance'],
  ])('%j is %s', async (words, outcome, headline) => {
    const status = await poll(words);
    expect(status.outcome).toBe(outcome);
    expect(status.notification.subject).toBe(`Batch job NightlyIndex: ${headline}`);
    expect(status.notification.text).not.toMatch(/program still runs|raise executionTimeout|may still be running/);
  });

  test('it is not tried again', async () => {
    const outcomes = [Outcome.FAILED, Outcome.UNDELIVERED];
    const retry = { maxAttempts: 3, intervalSeconds: 1, backoffRate: 1, maxDelaySeconds: 1, outcomes, exitCodes: [] };
    expect((await poll(['Failed', 215], { retry })).outcome).toBe(Outcome.FAILED);
    expect((await poll(['Undeliverable'], { retry })).outcome).toBe(Outcome.UNDELIVERED);
  });

  test('it is never late', async () => {
    expect(await poll(['InProgress'], { longRunningAfterSeconds: 1, mustEndBy: { time: '02:01', timeZone: 'UTC' } })).toMatchObject({ outcome: RUNNING, isLate: false });
  });

  test('it is unresponsive where nobody answers, and no program is said to run', async () => {
    const { outcome, cause, notification } = await poll(['InProgress'], {}, 600 + 900 + 300);
    expect(outcome).toBe(Outcome.UNRESPONSIVE);
    expect(cause).not.toContain('may still');
    expect(notification.text).not.toContain('program still runs');
  });

  test('all instances are judged', async () => {
    listed([invocation(FIRST, 'Success', 0), invocation(SECOND, 'Failed', 215)]);
    const status = await getStatus(statusRequest({ job: checked({ instanceIds: [FIRST, SECOND] }), run: run({ check: true }) }));
    expect(status.notification.subject).toBe('Batch job NightlyIndex: check failed on 1 of 2 instances');
  });
});

test('it leaves its line in the log, and no metric: nobody\'s alarm is to take it for a run', async () => {
  await poll(['Success', 0]);
  await poll(['Failed', 215]);
  await send({}, { check: true, scheduledTime: 'x' });
  expect(metrics.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ outcome: 'Succeeded', trigger: 'Check', attempts: 0 }),
    expect.objectContaining({ outcome: 'Failed', trigger: 'Check', attempts: 0 }),
    expect.objectContaining({ outcome: 'Failed', trigger: 'Check', attempts: 0 }),
  ]);
  expect(metrics.join('')).not.toMatch(/"(_aws|Succeeded|Failed|ScheduledSucceeded)":/);
});

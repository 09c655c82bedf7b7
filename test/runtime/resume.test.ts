import {
  GetExecutionHistoryCommand, HistoryEvent, InvalidToken, ListExecutionsCommand, SendTaskSuccessCommand, SFNClient, TaskDoesNotExist, TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { ListCommandsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { after, COMMAND, EXECUTION, NAME } from './samples';
import { world } from './world';
import { CommandEnded, SERVED_JOBS_VARIABLE, stateMachineOf } from '../../src/protocol';
import { handler } from '../../src/runtime/close-run.lambda';
import { comment, isOfExecution } from '../../src/runtime/command-input';
import { resume } from '../../src/runtime/resume';
import { attemptId, runId } from '../../src/runtime/run-id';
import type { World } from '../../src/runtime/world';

const STATE_MACHINE = stateMachineOf(EXECUTION);
const event: CommandEnded = { stateMachineArn: STATE_MACHINE, commandId: COMMAND, commandStatus: 'Success', endedAt: after(100) };
const own = { CommandId: COMMAND, Comment: comment({ id: NAME }, EXECUTION, 0, 1), RequestedDateTime: new Date(after(80)) };

/** The end of a history, the newest event first; each a second before the one that follows. */
function history(...newestFirst: [type: string, state?: string][]): HistoryEvent[] {
  return newestFirst.map(([type, name], i) => ({
    id: 100 - i,
    type: type as HistoryEvent['type'],
    timestamp: new Date(Date.parse(after(90)) - 1000 * i),
    ...name === undefined ? {} : { stateEnteredEventDetails: { name } },
    ...type === 'TaskScheduled' ? {
      taskScheduledEventDetails: {
        resourceType: 'lambda',
        resource: 'invoke.waitForTaskToken',
        region: 'eu-west-1',
        parameters: JSON.stringify({ FunctionName: 'GetStatus', Payload: { taskToken: 'the token' } }),
      },
    } : {},
  }));
}

const POLL: [string, string?][] = [['TaskStateExited'], ['LambdaFunctionSucceeded'], ['LambdaFunctionScheduled'], ['TaskStateEntered', 'Get status']];
const WAITING = history(['TaskSubmitted'], ['TaskStarted'], ['TaskScheduled'], ['TaskStateEntered', 'Wait'], ...POLL);
const POLLING = history(['LambdaFunctionScheduled'], ['TaskStateEntered', 'Get status'], ['TaskStateExited'], ['TaskTimedOut'], ['TaskScheduled'], ['TaskStateEntered', 'Wait']);

interface Seen {
  readonly tokens: string[];
  /** In seconds. */
  readonly slept: number[];
}

interface Answers {
  readonly command?: World['ssm']['command'];
  readonly running?: World['states']['running'];
  readonly succeedTask?: World['states']['succeedTask'];
}

/** What becomes of an event, where the history looks like this from one time to the next; the last one stays. */
async function resumed(histories: HistoryEvent[][], answers: Answers = {}): Promise<Seen> {
  const seen: Seen = { tokens: [], slept: [] };
  const left = [...histories];
  const { command = async () => own, running = async () => [EXECUTION], succeedTask = async (token) => seen.tokens.push(token) > 0 } = answers;
  await resume(event, world({
    ssm: { command },
    states: { running, succeedTask, history: async () => left.length > 1 ? left.shift()! : left[0] },
    clock: {
      sleep: async (milliseconds) => void seen.slept.push(milliseconds / 1000),
      elapsed: () => 1000 * seen.slept.reduce((sum, seconds) => sum + seconds, 0),
    },
  }));
  return seen;
}

test('the wait of the execution that has sent the command is ended, by the token in its history', async () => {
  expect(await resumed([WAITING])).toEqual({ tokens: ['the token'], slept: [] });
});

test.each([
  ['polls', POLLING],
  ['is about to wait', history(['TaskStateEntered', 'Wait'], ...POLL)],
  ['has not been given its token', history(['TaskScheduled'], ['TaskStateEntered', 'Wait'], ...POLL)],
  ['is being given its token', history(['TaskStarted'], ['TaskScheduled'], ['TaskStateEntered', 'Wait'], ...POLL)],
  ['waits for the answer to another call', history(['TaskSubmitted'], ['TaskStarted'], ['TaskScheduled'], ['TaskStateEntered', 'Other'])],
  ['sends its commands', history(['LambdaFunctionScheduled'], ['TaskStateEntered', 'Send command'])],
  ['looks for its commands', history(['LambdaFunctionScheduled'], ['TaskStateEntered', 'Find command'])],
])('where the run %s, the event is kept for the wait that follows', async (_, events) => {
  expect(await resumed([events, events, events, WAITING])).toEqual({ tokens: ['the token'], slept: [1, 2, 4] });
});

test.each<[string, [string, string?][]]>([
  ['has ended', [['ExecutionSucceeded'], ['SucceedStateEntered', 'Succeeded']]],
  ['was stopped while it waited', [['ExecutionAborted'], ['TaskSubmitted'], ['TaskScheduled'], ['TaskStateEntered', 'Wait']]],
  ['waits without events', [['WaitStateEntered', 'Wait without events']]],
  ['waits for its next attempt', [['WaitStateEntered', 'Wait to try again']]],
  ['polls again soon, because a service did not answer', [['WaitStateEntered', 'Wait to poll again']]],
])('where the run %s, nothing is to be done', async (_, events) => {
  expect(await resumed([history(...events)])).toEqual({ tokens: [], slept: [] });
});

test('a run that has polled well after the event does not need it', async () => {
  const polledAt = (seconds: number) => WAITING.map((one) => ({ ...one, timestamp: new Date(after(seconds)) }));
  expect((await resumed([polledAt(111)])).tokens).toEqual([]);
  // SSM's listings may not have shown yet what the event says.
  expect((await resumed([polledAt(109)])).tokens).toEqual(['the token']);
});

test('a wait that ends by itself at that moment: the event is kept for the next one', async () => {
  let isRefused = false;
  const { slept } = await resumed([WAITING, POLLING, WAITING], {
    succeedTask: async () => isRefused || !(isRefused = true),
  });
  expect(slept).toEqual([1, 2]);
});

test('an execution that does not run any more is not looked for any longer', async () => {
  const { tokens, slept } = await resumed([WAITING], { running: async () => [] });
  expect({ tokens, slept }).toEqual({ tokens: [], slept: [1, 2, 4, 8] });
  const older = { ...own, RequestedDateTime: new Date(after(10)) };
  expect(await resumed([WAITING], { running: async () => [], command: async () => older })).toEqual({ tokens: [], slept: [] });
});

test('a command and an execution that are listed late', async () => {
  const commands = [undefined, own, own];
  const running = [[`${EXECUTION}-another`], [EXECUTION]];
  expect(await resumed([WAITING], { command: async () => commands.shift(), running: async () => running.shift()! }))
    .toEqual({ tokens: ['the token'], slept: [1, 2] });
});

test('a run that does not wait in time is an error: Lambda tries again', async () => {
  await expect(resumed([POLLING])).rejects.toThrow(`the run of command ${COMMAND} must wait for its event within 120 seconds`);
});

test.each([
  ['a command of somebody else', { CommandId: COMMAND, Comment: 'Patch Tuesday' }],
  ['a command without a comment', { CommandId: COMMAND }],
  ['a command of another job', { CommandId: COMMAND, Comment: comment({ id: NAME }, EXECUTION.replace('NightlyIndex', 'Other'), 0, 1) }],
])('%s resumes nobody', async (_, command) => {
  const { RequestedDateTime } = own;
  expect(await resumed([WAITING], { command: async () => ({ ...command, RequestedDateTime }) })).toEqual({ tokens: [], slept: [] });
});

test('an event that names no command is no error', async () => {
  const log = jest.fn();
  await resume({ ...event, commandId: '' }, world({ log }));
  expect(log).toHaveBeenCalledWith('not an event of a command', expect.anything());
});

test('a command is known by its comment, however long the run\'s ID; those of other executions are not', () => {
  const execution = (name: string) => EXECUTION.replace(NAME, name);
  const long = 'x'.repeat(79);
  for (const [name, id] of [
    [NAME, NAME],
    [NAME, runId(NAME, { scheduledTime: '2026-03-01T02:00:00Z' })],
    [NAME, attemptId(runId(NAME, { scheduledTime: '2026-03-01T02:00:00Z' }), 2)],
    [`${long}1`, `${long}1`],
    [long, attemptId(long, 3)],
    ['ä b'.repeat(20), runId('ä b'.repeat(20))],
  ]) {
    expect(isOfExecution(execution(name), comment({ id }, execution(name), 9, 10))).toBe(true);
    expect(isOfExecution(execution('another'), comment({ id }, execution(name), 9, 10))).toBe(false);
    expect(isOfExecution(execution(name).replace('NightlyIndex', 'Other'), comment({ id }, execution(name), 9, 10))).toBe(false);
  }
  // Some are cut in the middle of what tells the attempt.
  for (const length of Array.from({ length: 51 }, (_, i) => 30 + i)) {
    const name = 'x'.repeat(length);
    for (const [attempt, count] of [1, 2, 12].flatMap((each): [number, number][] => [[each, 1], [each, 12], [each, 200]])) {
      const told = comment({ id: attemptId(name, attempt) }, execution(name), 0, count);
      expect([length, attempt, isOfExecution(execution(name), told)]).toEqual([length, attempt, true]);
      expect(isOfExecution(execution('another'), told)).toBe(false);
    }
  }
  for (const text of ['', 'nightly', '1/1 0123456789ab', `${NAME} 1/1 0123456789ab`, `${own.Comment} `]) {
    expect(isOfExecution(EXECUTION, text)).toBe(false);
  }
});

describe('the handler', () => {
  const ssm = mockClient(SSMClient);
  const states = mockClient(SFNClient);

  beforeEach(() => {
    [ssm, states].forEach((mock) => mock.reset());
    process.env[SERVED_JOBS_VARIABLE] = JSON.stringify({ document: 'Document', stateMachineArn: STATE_MACHINE });
    jest.spyOn(console, 'log').mockImplementation(() => undefined);
    ssm.on(ListCommandsCommand).resolves({ Commands: [own] });
    states.on(ListExecutionsCommand).resolves({ executions: [{ executionArn: EXECUTION, stateMachineArn: STATE_MACHINE, name: NAME, status: 'RUNNING', startDate: new Date() }] });
    states.on(GetExecutionHistoryCommand).resolves({ events: WAITING });
    states.on(SendTaskSuccessCommand).resolves({});
  });
  afterEach(() => jest.restoreAllMocks());

  test('asks for the executions that run, and for the newest events', async () => {
    await handler(event);
    expect(states.commandCalls(ListExecutionsCommand).map(({ args }) => args[0].input)).toEqual([{ stateMachineArn: STATE_MACHINE, statusFilter: 'RUNNING' }]);
    expect(states.commandCalls(GetExecutionHistoryCommand)[0].args[0].input).toMatchObject({ executionArn: EXECUTION, reverseOrder: true });
    expect(states.commandCalls(SendTaskSuccessCommand).map(({ args }) => args[0].input)).toEqual([{ taskToken: 'the token', output: '{}' }]);
  });

  test.each([
    ['timed out', new TaskTimedOut({ message: '', $metadata: {} })],
    ['gone with its execution', new TaskDoesNotExist({ message: '', $metadata: {} })],
    ['of an earlier wait', new InvalidToken({ message: '', $metadata: {} })],
  ])('takes a token that is %s for no error', async (_, error) => {
    states.on(SendTaskSuccessCommand).rejects(error);
    states.on(GetExecutionHistoryCommand).resolvesOnce({ events: WAITING }).resolves({ events: history(['ExecutionSucceeded']) });
    await handler(event);
    expect(states.commandCalls(SendTaskSuccessCommand)).toHaveLength(1);
  });

  test('fails where Step Functions does not answer: Lambda tries again', async () => {
    states.on(ListExecutionsCommand).rejects(new Error('no answer'));
    await expect(handler(event)).rejects.toThrow('no answer');
  });
});

import {
  CancelCommandCommand, Command, InternalServerError, ListCommandsCommand, SendCommandCommand, SSMClient,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { after, COMMAND, EXECUTION, ids, job, NAME, sendRequest } from './samples';
import { JobSettings, NOT_SENT_ERROR, Outcome, OverlapPolicy, RUNNING, SEND_ATTEMPTS } from '../../src/protocol';
import { comment } from '../../src/runtime/command-input';
import { handler } from '../../src/runtime/send-command.lambda';

const ssm = mockClient(SSMClient);
const DOCUMENT = job().document.name;

beforeEach(() => {
  ssm.reset();
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
  ssm.on(SendCommandCommand).resolves({ Command: { CommandId: COMMAND } });
  ssm.on(ListCommandsCommand).resolves({ Commands: [] });
  ssm.on(CancelCommandCommand).resolves({});
});

afterEach(() => jest.restoreAllMocks());

const send = (settings: Partial<JobSettings> = {}, retryCount = 0) => handler(sendRequest({
  job: job({ overlapPolicy: OverlapPolicy.CANCEL_RUNNING, ...settings }), retryCount,
}));

/** A command of another execution, which may be of the same run. */
function running(CommandId: string, runId: string | undefined): Command {
  return {
    CommandId,
    DocumentName: DOCUMENT,
    Parameters: runId === undefined ? {} : { RunId: [runId] },
    Comment: comment({ id: runId ?? '' }, `${EXECUTION}-other`, 0, 1),
  };
}

const EXECUTING = [{ key: 'DocumentName', value: DOCUMENT }, { key: 'ExecutionStage', value: 'Executing' }] as const;

/** SSM lists these as running, and these as sent within a day. */
function listing(executing: Command[], recent: Command[] = []): void {
  ssm.on(ListCommandsCommand).resolves({ Commands: recent });
  ssm.on(ListCommandsCommand, { Filters: [...EXECUTING] }).resolves({ Commands: executing });
}

const cancelled = () => ssm.commandCalls(CancelCommandCommand).map(({ args }) => args[0].input.CommandId);
const order = () => ssm.calls().map(({ args }) => args[0].constructor.name);

test('cancels all that runs of the job\'s own document, on every page, before it sends', async () => {
  ssm.on(ListCommandsCommand, { Filters: [...EXECUTING] })
    .resolvesOnce({ Commands: [running('c-1', 'other')], NextToken: 'more' })
    .resolvesOnce({ Commands: [running('c-2', 'another'), running('by-hand', undefined)] });
  expect((await send()).outcome).toBe(RUNNING);
  expect(cancelled()).toEqual(['c-1', 'c-2', 'by-hand']);
  expect(order().at(-1)).toBe('SendCommandCommand');
});

test('does not cancel its own run, whichever execution has sent it, where SSM lists it late', async () => {
  listing([running('own', NAME), running('longer', `${NAME}-1`)]);
  await send();
  expect(cancelled()).toEqual(['longer']);
});

test('a run that was sent before cancels nothing: a newer one may be running', async () => {
  listing([running('newer', 'other')], [running('own', NAME), running('newer', 'other')]);
  await send();
  expect(cancelled()).toEqual([]);
  expect(order().at(-1)).toBe('SendCommandCommand');
});

test('a time may be delivered for a day: so far back it looks for its own run', async () => {
  await send();
  expect(ssm.commandCalls(ListCommandsCommand)[0].args[0].input.Filters).toEqual([
    { key: 'InvokedAfter', value: after(-86_400).replace('.000', '') }, { key: 'DocumentName', value: DOCUMENT },
  ]);
});

test.each([OverlapPolicy.SKIP, OverlapPolicy.ALLOW])('with %s it looks for nothing, and cancels nothing', async (overlapPolicy) => {
  await send({ overlapPolicy });
  expect(order()).toEqual(['SendCommandCommand']);
});

test('cancels once for all commands of a run', async () => {
  listing([running('c-1', 'other')]);
  await send({ instanceIds: ids(120) });
  expect(order()).toEqual(['ListCommandsCommand', 'ListCommandsCommand', 'CancelCommandCommand', ...Array(3).fill('SendCommandCommand')]);
});

test('cancels nothing for an input that is refused, and nothing while it looks for what it has sent', async () => {
  ssm.on(ListCommandsCommand).resolves({ Commands: [running('c-1', 'other')] });
  const settings = job({ overlapPolicy: OverlapPolicy.CANCEL_RUNNING });
  await handler(sendRequest({ job: settings, input: { parameters: { UNKNOWN: '1' } } }));
  await expect(handler(sendRequest({ job: settings, action: 'find' }))).rejects.toThrow('not listed yet');
  expect(cancelled()).toEqual([]);
});

describe.each([
  ['listed', () => ssm.on(ListCommandsCommand)],
  ['cancelled', () => ssm.on(CancelCommandCommand)],
])('where what runs cannot be %s', (_, call) => {
  beforeEach(() => {
    ssm.on(ListCommandsCommand).resolves({ Commands: [running('c-1', 'other')] });
    call().rejects(new InternalServerError({ message: 'oops', $metadata: { httpStatusCode: 500 } }));
  });

  test('nothing is sent, so that the state machine may try again', async () => {
    await expect(send()).rejects.toMatchObject({
      name: NOT_SENT_ERROR, message: 'the commands that run could not be cancelled: InternalServerError: oops',
    });
    expect(order()).not.toContain('SendCommandCommand');
  });

  test('the run fails in the end, and says that nothing was started', async () => {
    const status = await send({}, SEND_ATTEMPTS);
    expect(status.outcome).toBe(Outcome.FAILED);
    expect(status.cause).toMatch(/could not be cancelled.*The batch program was not started\.$/);
  });
});

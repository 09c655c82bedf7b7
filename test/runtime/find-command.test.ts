import { Command, ListCommandsCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { after, deploy, DOCUMENT, EXECUTION, ids, job, NAME, sendRequest } from './samples';
import { FIND_ATTEMPTS, NOT_FOUND_YET_ERROR, Outcome, RUNNING, SendCommandRequest } from '../../src/protocol';
import { comment } from '../../src/runtime/command-input';
import { handler } from '../../src/runtime/send-command.lambda';

const ssm = mockClient(SSMClient);

beforeEach(() => {
  deploy(DOCUMENT);
  ssm.reset();
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
});

afterEach(() => jest.restoreAllMocks());

/** 120 instances are 3 commands. */
const fleet = job({ instanceIds: ids(120) });

function command(i: number, overrides: Partial<Command> = {}): Command {
  return {
    CommandId: `command-${i}`,
    DocumentName: fleet.document.name,
    Comment: comment({ id: NAME }, EXECUTION, i, 3),
    ...overrides,
  };
}

const find = (overrides: Partial<SendCommandRequest> = {}) => handler(sendRequest({
  action: 'find',
  job: fleet,
  now: after(7.25),
  ...overrides,
}));

test('finds all commands, on every page, in the order of the instances, and sends nothing', async () => {
  ssm.on(ListCommandsCommand).resolvesOnce({ Commands: [command(2), command(1)], NextToken: 'more' })
    .resolvesOnce({ Commands: [command(0)] });
  const status = await find();
  expect(status).toMatchObject({ outcome: RUNNING, run: { startedAt: after(7.25) } });
  expect(status.run.commands.map(({ commandId }) => commandId)).toEqual(['command-0', 'command-1', 'command-2']);
  const inputs = ssm.commandCalls(ListCommandsCommand).map(({ args }) => args[0].input);
  expect(inputs).toEqual([undefined, 'more'].map((NextToken) => ({
    Filters: [{ key: 'InvokedAfter', value: '2026-03-01T01:00:07Z' }, { key: 'DocumentName', value: fleet.document.name }],
    MaxResults: 50,
    NextToken,
  })));
  expect(ssm.commandCalls(SendCommandCommand)).toHaveLength(0);
});

test('what was started is found whatever this release says of its input: it was checked before it was sent', async () => {
  ssm.on(ListCommandsCommand).resolves({ Commands: [command(0), command(1), command(2)] });
  const older = { ...fleet, parameters: { SITES: { type: 'String', pattern: '(?=a)a+' } as const } };
  expect(await find({ job: older, input: { parameters: { SITES: 'a', GONE: 'x' } } })).toMatchObject({ outcome: RUNNING });
});

test.each<[string, Partial<Command>]>([
  ['another run', { Comment: `other 1/3 ${command(0).Comment!.slice(-12)}` }],
  ['another execution of the same run', { Comment: comment({ id: NAME }, 'arn:other', 0, 3) }],
  ['another document', { DocumentName: 'Other-Document' }],
  ['no comment', { Comment: undefined }],
])('does not take a command of %s', async (_, overrides) => {
  ssm.on(ListCommandsCommand).resolves({ Commands: [command(0, overrides)] });
  const status = await find({ retryCount: FIND_ATTEMPTS });
  expect(status.outcome).toBe(Outcome.FAILED);
});

test('finds what was sent before a deployment has given the job another document', async () => {
  deploy('Stack-NightlyIndex-Other');
  ssm.on(ListCommandsCommand).resolves({ Commands: [command(0), command(1), command(2)] });
  expect((await find()).outcome).toBe(RUNNING);
});

test('recognises the document of another account by its name, and does not filter by its ARN', async () => {
  const document = { name: 'arn:aws:ssm:eu-west-1:999999999999:document/Shared', own: false, parameters: {} };
  deploy(document.name);
  ssm.on(ListCommandsCommand).resolves({ Commands: [0, 1, 2].map((i) => command(i, { DocumentName: 'Shared' })) });
  expect((await find({ job: { ...fleet, document } })).outcome).toBe(RUNNING);
  expect(ssm.commandCalls(ListCommandsCommand)[0].args[0].input.Filters).toHaveLength(1);
});

test('looks again while a command may still turn up', async () => {
  ssm.on(ListCommandsCommand).resolves({ Commands: [command(0), command(1)] });
  for (let retryCount = 0; retryCount < FIND_ATTEMPTS; retryCount++) {
    await expect(find({ retryCount })).rejects.toMatchObject({ name: NOT_FOUND_YET_ERROR });
  }
});

test('at the last look, watches what was found', async () => {
  ssm.on(ListCommandsCommand).resolves({ Commands: [command(1)] });
  const status = await find({ retryCount: FIND_ATTEMPTS });
  const missing = {};
  expect(status).toMatchObject({
    outcome: RUNNING,
    run: { commands: [missing, { commandId: 'command-1' }, missing] },
  });
});

test('at the last look, says that nothing is known', async () => {
  ssm.on(ListCommandsCommand).resolves({});
  const status = await find({ retryCount: FIND_ATTEMPTS });
  expect(status).toMatchObject({ outcome: Outcome.FAILED, result: { instances: { total: 120, unresponsive: 120 } } });
  expect(status.cause).toMatch(
    /whether the batch program was started is unknown\. Check the instances before you start the job again\.$/,
  );
  expect(status.notification.subject).toBe('Batch job NightlyIndex: may not have been started');
});

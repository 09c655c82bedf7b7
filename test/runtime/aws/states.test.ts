import { GetExecutionHistoryCommand, HistoryEvent, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { States } from '../../../src/runtime/aws/states';
import { EXECUTION } from '../samples';

const stepFunctions = mockClient(SFNClient);
const states = new States();

const events = (...eventIds: number[]) => eventIds.map((id) => ({ id }) as HistoryEvent);
const asked = () => stepFunctions.commandCalls(GetExecutionHistoryCommand).map(({ args }) => args[0].input);

beforeEach(() => stepFunctions.reset());

test('a page with fewer events than were asked for is not the end of a history', async () => {
  stepFunctions.on(GetExecutionHistoryCommand)
    .resolvesOnce({ events: events(1), nextToken: 'second' })
    .resolvesOnce({ events: [], nextToken: 'third' })
    .resolvesOnce({ events: events(2, 3, 4), nextToken: 'more' });
  expect(await states.history(EXECUTION, 4, false)).toEqual(events(1, 2, 3, 4));
  expect(asked()).toEqual([
    { executionArn: EXECUTION, maxResults: 4, reverseOrder: false, nextToken: undefined },
    { executionArn: EXECUTION, maxResults: 3, reverseOrder: false, nextToken: 'second' },
    { executionArn: EXECUTION, maxResults: 3, reverseOrder: false, nextToken: 'third' },
  ]);
});

test('a history that is shorter ends with its last page', async () => {
  stepFunctions.on(GetExecutionHistoryCommand).resolvesOnce({ events: events(9, 8), nextToken: 'last' }).resolvesOnce({ events: events(7) });
  expect(await states.history(EXECUTION, 200, true)).toEqual(events(9, 8, 7));
  expect(asked().map(({ reverseOrder }) => reverseOrder)).toEqual([true, true]);
});

test('the newest executions are those that were asked for, and no more', async () => {
  const listed = (...names: string[]) => names.map((name) => ({ executionArn: name, stateMachineArn: 'machine', name, status: 'FAILED' as const, startDate: new Date(0) }));
  stepFunctions.on(ListExecutionsCommand)
    .resolvesOnce({ executions: listed('3', '2'), nextToken: 'second' })
    .resolvesOnce({ executions: listed('1', '0'), nextToken: 'third' });
  expect((await states.list('machine', 3)).map(({ name }) => name)).toEqual(['3', '2', '1']);
  expect(stepFunctions.commandCalls(ListExecutionsCommand).map(({ args }) => args[0].input.maxResults)).toEqual([3, 1]);
});

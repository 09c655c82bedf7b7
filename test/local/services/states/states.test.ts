import {
  DescribeExecutionCommand, GetExecutionHistoryCommand, GetExecutionHistoryCommandInput, HistoryEvent, ListExecutionsCommand, SFNClient,
  StartExecutionCommand, StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { LocalRun, openLocalRun } from '../../../../src/local/run/local-run';
import { LocalRunResult } from '../../../../src/local/run/run-record';
import { parentOf, sampleApp } from '../../run/sample-app';
import { removeFolders, temporaryFolder } from '../../run/synthesized-app';

let run: LocalRun;
let states: SFNClient;
let failed: LocalRunResult;

const MISSING = 'arn:aws:states:us-east-1:123456789012:execution:App-Job:none';

beforeAll(async () => {
  run = await openLocalRun(sampleApp({ resources: parentOf('startExecution.sync:2') }), {
    speed: 100, authorize: 'off', workDir: temporaryFolder(),
  });
  states = new SFNClient({
    endpoint: run.endpoint.url,
    region: 'us-east-1',
    credentials: run.endpoint.credentials,
    maxAttempts: 1,
  });
  failed = await run.start({ job: 'NightlyIndex', input: { exit: 3 } }).result;
});
afterAll(async () => {
  states.destroy();
  await run.close();
  removeFolders();
});

async function history(executionArn: string, more: Partial<GetExecutionHistoryCommandInput> = {}): Promise<HistoryEvent[]> {
  const { events } = await states.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000, ...more }));
  return events ?? [];
}

const JOB = () => failed.executionArn.replace(':execution:', ':stateMachine:').replace(/:[^:]+$/, '');
const refused = async (command: GetExecutionHistoryCommandInput) =>
  states.send(new GetExecutionHistoryCommand(command)).then(() => 'taken', (error: Error) => `${error.name}: ${error.message}`);

describe('GetExecutionHistory', () => {
  test('lists what is counted', async () => {
    const events = await history(failed.executionArn);

    expect(events).toHaveLength(failed.historyEventCount);
    expect(events.map(({ id, type, timestamp }) => ({ id, type, timestamp: timestamp?.toISOString() }))).toEqual(
      failed.history.map(({ id, type, timestamp }) => ({ id, type, timestamp })),
    );
  });

  test('has the details of each type', async () => {
    const events = await history(failed.executionArn);
    const first = (type: string) => {
      const { id, previousEventId, timestamp, type: _, ...details } = events.find((event) => event.type === type)!;
      return details;
    };
    const untruncated = { truncated: false };

    expect(first('ExecutionStarted')).toEqual({
      executionStartedEventDetails: {
        input: '{"exit":3}',
        inputDetails: untruncated,
        roleArn: expect.stringMatching(/^arn:aws:iam::123456789012:role\/App-StateMachineRole-/),
      },
    });
    expect(first('TaskStateEntered')).toEqual({
      stateEnteredEventDetails: { name: 'Send command', input: '{"exit":3}', inputDetails: untruncated },
    });
    expect(first('LambdaFunctionScheduled')).toEqual({
      lambdaFunctionScheduledEventDetails: {
        resource: expect.stringMatching(/:function:App-Send-/), input: '{"input":{"exit":3}}', inputDetails: untruncated,
      },
    });
    expect(first('LambdaFunctionStarted')).toEqual({});
    expect(JSON.parse(first('LambdaFunctionSucceeded').lambdaFunctionSucceededEventDetails?.output ?? '')).toMatchObject({
      commandId: failed.commands[0].commandId, outcome: 'Running',
    });
    expect(JSON.parse(first('TaskStateExited').stateExitedEventDetails?.output ?? '')).toMatchObject({
      exit: 3, status: { commandId: failed.commands[0].commandId },
    });
    expect(first('WaitStateEntered').stateEnteredEventDetails).toMatchObject({ name: 'Wait' });
    expect(first('ChoiceStateExited').stateExitedEventDetails).toMatchObject({ name: 'What next?' });

    const sns = { resourceType: 'sns', resource: 'publish' };
    expect(first('TaskScheduled')).toEqual({
      taskScheduledEventDetails: {
        ...sns, region: 'us-east-1', parameters: expect.stringContaining('"Subject":"Nightly index: failed"'),
      },
    });
    expect(first('TaskStarted')).toEqual({ taskStartedEventDetails: sns });
    expect(first('TaskSucceeded')).toEqual({
      taskSucceededEventDetails: { ...sns, output: expect.stringMatching(/^{"MessageId":"[^"]+"}$/), outputDetails: untruncated },
    });
    expect(first('FailStateEntered').stateEnteredEventDetails).toMatchObject({ name: 'Failed' });
    expect(first('ExecutionFailed')).toEqual({
      executionFailedEventDetails: { error: 'CotsBatchJob.Failed', cause: 'the batch program failed' },
    });
  });

  test('chains its events; the first state has none before it', async () => {
    const events = await history(failed.executionArn);

    expect(events.map(({ previousEventId }) => previousEventId)).toEqual(events.map((_, index) => (index < 2 ? 0 : index)));
  });

  test('comes in pages, from either end', async () => {
    const all = (await history(failed.executionArn)).map(({ id }) => id);
    for (const reverseOrder of [false, true]) {
      const ids: (number | undefined)[] = [];
      let nextToken: string | undefined;
      do {
        const page = await states.send(
          new GetExecutionHistoryCommand({ executionArn: failed.executionArn, maxResults: 4, reverseOrder, nextToken }));
        expect(page.events?.length).toBeLessThanOrEqual(4);
        ids.push(...(page.events ?? []).map(({ id }) => id));
        nextToken = page.nextToken;
      } while (nextToken);
      expect(ids).toEqual(reverseOrder ? [...all].reverse() : all);
    }
  });

  test('leaves out the data where it is not wanted', async () => {
    const events = await history(failed.executionArn, { includeExecutionData: false });

    expect(JSON.stringify(events)).not.toMatch(/"(input|output|parameters)":/);
    expect(events.at(-1)?.executionFailedEventDetails).toMatchObject({ error: 'CotsBatchJob.Failed' });
  });

  test('refuses what is not valid', async () => {
    const { executionArn } = failed;
    const { nextToken } = await states.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1 }));

    expect(await refused({ executionArn: MISSING })).toBe(`ExecutionDoesNotExist: Execution Does Not Exist: '${MISSING}'`);
    expect(await refused({ executionArn: 'none' })).toBe("InvalidArn: Invalid Arn: 'Invalid ARN prefix: none'");
    expect(await refused({ executionArn, nextToken: 'x' })).toBe("InvalidToken: Invalid Token: 'x'");
    expect(await refused({ executionArn, nextToken, reverseOrder: true })).toMatch(/^InvalidToken/);
    expect(await refused({ executionArn, maxResults: 1001 })).toMatch(/^ValidationException: .*'maxResults'/);
  });

  test('of a parent has the execution that it waits for', async () => {
    const { executionArn } = await run.start({ job: 'Nightly', input: { exit: 0 } }).result;
    const submitted = (await history(executionArn)).find(({ type }) => type === 'TaskSubmitted')?.taskSubmittedEventDetails;

    expect(submitted).toMatchObject({ resourceType: 'states', resource: 'startExecution.sync:2' });
    expect(JSON.parse(submitted?.output ?? '')).toMatchObject({ ExecutionArn: expect.stringContaining(':execution:App-Job-') });
  });
});

describe('an execution', () => {
  test('that has ended is described', async () => {
    expect(await states.send(new DescribeExecutionCommand({ executionArn: failed.executionArn }))).toMatchObject({
      executionArn: failed.executionArn,
      stateMachineArn: JOB(),
      name: failed.executionName,
      status: 'FAILED',
      startDate: new Date(failed.startDate),
      stopDate: new Date(failed.stopDate),
      input: '{"exit":3}',
      error: 'CotsBatchJob.Failed',
      cause: 'the batch program failed',
    });
  });

  test('can be started, looked at and stopped; its history grows meanwhile', async () => {
    const { executionArn = '', startDate } = await states.send(
      new StartExecutionCommand({ stateMachineArn: JOB(), name: 'mine', input: '{"exit":0}' }));
    expect(startDate).toBeInstanceOf(Date);
    expect(await states.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({ status: 'RUNNING', name: 'mine' });
    const [newest] = await history(executionArn, { reverseOrder: true, maxResults: 1 });
    expect(newest.type).not.toMatch(/^Execution(Aborted|Succeeded)$/);

    const { stopDate } = await states.send(new StopExecutionCommand({ executionArn, error: 'Operator', cause: 'wrong day' }));

    const description = await states.send(new DescribeExecutionCommand({ executionArn }));
    expect(description).toMatchObject({ status: 'ABORTED', stopDate, error: 'Operator', cause: 'wrong day' });
    expect(description.output).toBeUndefined();
    expect(await history(executionArn, { reverseOrder: true, maxResults: 1 })).toMatchObject([
      { type: 'ExecutionAborted', previousEventId: 0, executionAbortedEventDetails: { error: 'Operator', cause: 'wrong day' } },
    ]);
    expect((await states.send(new StopExecutionCommand({ executionArn }))).stopDate).toEqual(stopDate);
  });

  test.each([
    [{ name: 'a b' }, 'InvalidName'],
    [{ input: '{' }, 'InvalidExecutionInput'],
    [{ stateMachineArn: 'arn:aws:states:us-east-1:123456789012:stateMachine:none' }, 'StateMachineDoesNotExist'],
  ])('is not started with %j', async (wrong, name) => {
    await expect(states.send(new StartExecutionCommand({ stateMachineArn: JOB(), ...wrong }))).rejects.toMatchObject({ name });
  });
});

describe('ListExecutions', () => {
  const list = async (more: { statusFilter?: 'RUNNING' | 'FAILED'; nextToken?: string } = {}) =>
    states.send(new ListExecutionsCommand({ stateMachineArn: JOB(), maxResults: 1, ...more }));
  const pages = async (statusFilter?: 'RUNNING' | 'FAILED') => {
    const names: (string | undefined)[][] = [];
    let nextToken: string | undefined;
    do {
      const page = await list({ statusFilter, nextToken });
      names.push((page.executions ?? []).map(({ name }) => name));
      nextToken = page.nextToken;
    } while (nextToken);
    return names;
  };

  test('has the latest first, in pages, of one status where only that is wanted', async () => {
    const started = await Promise.all(['one', 'two'].map(async (name) =>
      states.send(new StartExecutionCommand({ stateMachineArn: JOB(), name, input: '{"exit":0}' }))));
    expect((await pages('RUNNING')).flat().sort()).toEqual(['one', 'two']);
    expect(await pages('RUNNING')).toHaveLength(2);
    const all = await pages();
    expect(all.every((page) => page.length === 1)).toBe(true);
    expect(all.slice(0, 2).flat().sort()).toEqual(['one', 'two']);
    expect(all.at(-1)).toEqual([failed.executionName]);
    await Promise.all(started.map(async ({ executionArn }) => states.send(new StopExecutionCommand({ executionArn }))));
    expect(await pages('RUNNING')).toEqual([[]]);
    expect((await pages('FAILED')).flat()).toContain(failed.executionName);
  });

  test('refuses a token of another list, and what is no state machine', async () => {
    const { nextToken } = await list();
    await expect(list({ nextToken, statusFilter: 'FAILED' })).rejects.toMatchObject({ name: 'InvalidToken' });
    await expect(states.send(new ListExecutionsCommand({ stateMachineArn: MISSING }))).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
  });
});

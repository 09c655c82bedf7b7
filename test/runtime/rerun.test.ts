import type { DescribeExecutionOutput, HistoryEvent } from '@aws-sdk/client-sfn';
import type { Command, SendCommandCommandInput } from '@aws-sdk/client-ssm';
import { aborted, answered, entered, executionFailed, exited, invoked } from './ended-execution';
import { after, EXECUTION, ids, invocation, job, NAME, run, sendRequest, START, taggedJob } from './samples';
import { world } from './world';
import { ALREADY_STARTED_EXIT_CODE, JobSettings, NOT_SENT_ERROR, Outcome, Run, RUNNING, SEND_ATTEMPTS, SEND_STATE, Status } from '../../src/protocol';
import { comment } from '../../src/runtime/command-input';
import { endStatus, runningStatus } from '../../src/runtime/report/status';
import { start } from '../../src/runtime/start';
import { addCounts, uniformCounts } from '../../src/runtime/verdict';

const OTHER = 'b2a1c3d4-0000-4000-8000-000000000002';
const [ONE, TWO, THREE] = ids(3);
const AGAIN = EXECUTION.replace(NAME, OTHER);
const named = (name: string, message = 'sorry') => Object.assign(new Error(message), { name });
const PARAMETERS = { KEYWORDS: { type: 'String' as const, sensitive: true }, DEPTH: { type: 'Number' as const, default: '1' } };

/** The run that is to be repeated: `statuses` is what SSM says of each instance, in the order of their IDs. */
interface Earlier {
  readonly settings?: JobSettings;
  readonly statuses?: string[];
  /** How the program ended on each. Default: 0, and 7 where it did not succeed. */
  readonly exitCodes?: number[];
  /** What SSM lists of them. Default: all. */
  readonly listed?: string[];
  /** How the workflow saw it end. Default: by the statuses. */
  readonly status?: Status;
  readonly events?: HistoryEvent[];
  readonly described?: Partial<DescribeExecutionOutput>;
  readonly describe?: (arn: string) => Promise<DescribeExecutionOutput>;
  readonly commands?: Command[];
}

const success = (status: string) => status === 'Success';

function commandsOf(instanceIds: string[], attempt: Pick<Run, 'id'> = { id: NAME }): Command[] {
  const parts = Array.from({ length: Math.ceil(instanceIds.length / 50) }, (_, i) => instanceIds.slice(50 * i, 50 * i + 50));
  return parts.map((InstanceIds, i) => ({
    CommandId: `command-${i}`,
    Comment: comment(attempt, EXECUTION, i, parts.length),
    DocumentName: job().document.name,
    InstanceIds,
    Status: 'Failed',
    TargetCount: InstanceIds.length,
    RequestedDateTime: new Date(START),
  }));
}

function ended(settings: JobSettings, statuses: string[], commands: Command[]): Status {
  const succeeded = statuses.filter(success).length;
  const counts = addCounts(uniformCounts(succeeded, Outcome.SUCCEEDED), uniformCounts(statuses.length - succeeded, Outcome.FAILED));
  return endStatus(
    { job: settings, executionId: EXECUTION, now: after(60), run: run({ commands: commands.map(({ CommandId: commandId }) => ({ commandId })) }) },
    { outcome: succeeded === statuses.length ? Outcome.SUCCEEDED : Outcome.FAILED, counts, attempts: 1, exitCode: 7, failures: [], cause: '', headline: '', advice: [] },
  );
}

/** Starts a rerun, at its last retry unless a test says otherwise. */
async function rerun(earlier: Earlier = {}, input: object = {}, retryCount = SEND_ATTEMPTS) {
  const statuses = earlier.statuses ?? ['Success', 'Failed', 'Success'];
  const { exitCodes = statuses.map((status) => success(status) ? 0 : 7) } = earlier;
  const all = ids(statuses.length);
  const settings = earlier.settings ?? job({ instanceIds: all, allowRerun: true, parameters: PARAMETERS });
  const commands = earlier.commands ?? commandsOf(all);
  const events = earlier.events ?? [executionFailed, answered(earlier.status ?? ended(settings, statuses, commands)), invoked, entered(SEND_STATE)];
  const beginning = [
    { type: 'ExecutionStarted', executionStartedEventDetails: { input: '{}' } },
    exited('Job settings', { job: settings }),
    ...events.includes(invoked) ? [invoked] : [],
  ] as HistoryEvent[];
  const sent: SendCommandCommandInput[] = [];
  const listed = earlier.listed ?? all;
  const status = await start({
    ...sendRequest({ job: settings, input: { rerunOf: NAME, ...input } }), executionId: AGAIN, executionName: OTHER, now: after(3600), retryCount,
  }, world({
    states: {
      describe: earlier.describe ?? (async () => ({
        executionArn: EXECUTION,
        stateMachineArn: '',
        status: 'FAILED',
        startDate: new Date(START),
        stopDate: new Date(after(60)),
        input: JSON.stringify({ parameters: { KEYWORDS: 'secret words', DEPTH: 3 }, scheduledTime: START, pollIntervalSeconds: 17 }),
        ...earlier.described,
      })),
      history: async (_arn, _count, isNewestFirst) => isNewestFirst ? events : beginning,
    },
    ssm: {
      commands: async () => commands,
      invocations: async (id) => {
        const { InstanceIds: meant = [] } = commands.find(({ CommandId }) => CommandId === id)!;
        return (meant.length > 0 ? meant : listed).filter((each) => listed.includes(each))
          .map((each) => ({ ...invocation(each, statuses[all.indexOf(each)], exitCodes[all.indexOf(each)]), CommandId: id }));
      },
      sendCommand: async (command) => {
        sent.push(command);
        return `sent-${sent.length}`;
      },
    },
  })).catch((error: Error) => error);
  const { cause = '' } = status as Status;
  const error = status instanceof Error ? status : undefined;
  return { status: status as Status, cause, error, sent, on: sent.map(({ InstanceIds }) => InstanceIds) };
}

test('runs where that run failed, with all that it was given, and carries what it repeats', async () => {
  const { status, on, sent } = await rerun();
  expect(status).toMatchObject({
    outcome: RUNNING, run: { id: OTHER, rerunOf: EXECUTION, instanceIds: [TWO], pollIntervalSeconds: 17 }, result: { rerunOf: EXECUTION },
  });
  expect(status.run.scheduledTime).toBeUndefined();
  expect(on).toEqual([[TWO]]);
  expect(Buffer.from(/KEYWORDS=([^,]+)/.exec(sent[0].Parameters!.Variables[0])![1], 'base64').toString()).toBe('secret words');
  expect(JSON.parse(status.run.again!)).toEqual({ parameters: { KEYWORDS: null, DEPTH: 3 }, pollIntervalSeconds: 17 });
});

test('all of it goes wherever the job runs, and needs no listing of SSM', async () => {
  expect((await rerun({ commands: [] }, { only: 'all' })).on).toEqual([[ONE, TWO, THREE]]);
});

test('what is given again counts, in whichever form', async () => {
  const { status } = await rerun({}, { parameters: { DEPTH: 5 }, encodedParameters: { KEYWORDS: Buffer.from('x').toString('base64') }, pollIntervalSeconds: 9 });
  expect(status.run).toMatchObject({ pollIntervalSeconds: 9 });
  expect(JSON.parse(status.run.again!).parameters).toEqual({ KEYWORDS: null, DEPTH: 5 });
});

describe('a service that does not answer', () => {
  const cases: [string, Earlier, RegExp][] = [
    ['DescribeExecution is throttled', { describe: async () => { throw named('ThrottlingException'); } }, /cannot be read: ThrottlingException/],
    ['DescribeExecution is denied', { describe: async () => { throw named('AccessDeniedException'); } }, /cannot be read: AccessDeniedException/],
    ['Step Functions lists no event', { events: [] }, /Step Functions lists no event of it/],
    ['SSM lists no command', { commands: [] }, /SSM lists no command of it/],
    ['SSM lists no invocation', { listed: [] }, /SSM does not list 3 instances of it/],
    ['SSM lists the failed one only', { listed: [TWO] }, /SSM does not list 2 instances of it/],
    ['SSM lists less than the run had', { commands: commandsOf([TWO]) }, /SSM lists 3 instances of it, of which 0 succeeded; the run had 3 and 2/],
  ];

  test.each(cases)('%s: it is asked again, and then the run is refused; nothing is ever sent', async (_, earlier, problem) => {
    const first = await rerun(earlier, {}, 0);
    expect(first.error?.name).toBe(NOT_SENT_ERROR);
    const last = await rerun(earlier);
    expect(last.cause).toMatch(problem);
    expect(last.status).toMatchObject({ outcome: 'Failed', run: { commands: [] }, result: { attempts: 0 } });
    expect([first.sent, last.sent]).toEqual([[], []]);
  });

  test('an execution that is not there is not asked for again', async () => {
    const { cause, sent } = await rerun({ describe: async () => { throw named('ExecutionDoesNotExist'); } }, {}, 0);
    expect(cause).toContain(`rerunOf "${NAME}" is refused: Step Functions knows no such execution (${EXECUTION}); it keeps one for 90 days`);
    expect(sent).toEqual([]);
  });
});

describe('what may not be run again', () => {
  test.each<[string, Earlier, object, RegExp]>([
    ['a run that still runs', { described: { status: 'RUNNING' } }, {}, /it still runs/],
    ['a check', { described: { input: '{"check":true}' } }, { parameters: { KEYWORDS: 'x' } }, /it was a check/],
    ['one that succeeded everywhere', { statuses: ['Success', 'Success'] }, {}, /it succeeded on all its 2 instances/],
    ['one of which an instance runs, as SSM says', { statuses: ['InProgress', 'Failed'] }, {}, new RegExp(`may still run on 1 instance of it \\(${ONE}\\)`)],
    ['itself', {}, { rerunOf: AGAIN }, /must be another execution than this one/],
    ['one of a scheduled time', {}, { scheduledTime: START }, /scheduledTime must not be with rerunOf/],
    ['one of no name', {}, { rerunOf: 7 }, /rerunOf must be the name or the ARN/],
  ])('%s', async (_, earlier, input, problem) => {
    const { cause, sent } = await rerun(earlier, input);
    expect(cause).toMatch(problem);
    expect(sent).toEqual([]);
  });

  test('where the workflow had no answer from an instance, whatever SSM says by now, and also all of it', async () => {
    const settings = job({ instanceIds: ids(3), allowRerun: true, parameters: PARAMETERS });
    const judged = ended(settings, ['Success', 'Failed', 'Success'], commandsOf(ids(3)));
    const instances = addCounts(uniformCounts(2, Outcome.SUCCEEDED), uniformCounts(1, Outcome.UNRESPONSIVE));
    const status = { ...judged, result: { ...judged.result, instances } };
    for (const only of ['failed', 'all']) {
      expect(await rerun({ settings, status }, { only })).toMatchObject({ cause: expect.stringContaining('may still run on 1 instance of it'), sent: [] });
    }
  });

  test('one that started nothing, because another execution had started the same run', async () => {
    const settings = job({ instanceIds: ids(3), allowRerun: true, parameters: PARAMETERS });
    const judged = ended(settings, ['Failed', 'Failed', 'Failed'], commandsOf(ids(3)));
    const status = { ...judged, run: { ...judged.run, wasStartedBefore: true } };
    for (const only of ['failed', 'all']) {
      expect(await rerun({ settings, status, statuses: ['Failed', 'Failed', 'Failed'] }, { only })).toMatchObject({
        cause: expect.stringContaining('it has started nothing, because another execution had started the same run: rerun that one'), sent: [],
      });
    }
  });

  test('one that met another execution of the same run on an instance', async () => {
    const { cause, sent } = await rerun({ exitCodes: [0, ALREADY_STARTED_EXIT_CODE, 0] });
    expect(cause).toContain('on an instance of it, another execution had started the same run: rerun that one');
    expect(sent).toEqual([]);
  });

  test('a rerun of reruns of which the first is too long ago; the last that is not takes what the first was given', async () => {
    /** The runs before the rerun: number 1 is the first of all. */
    const generations = (count: number): Earlier => ({
      describe: async (arn) => {
        const number = arn === EXECUTION ? count : Number(arn.slice(arn.lastIndexOf('-') + 1));
        const input = number === 1 ? { parameters: { KEYWORDS: 'first' } } : { rerunOf: `run-${number - 1}` };
        return {
          executionArn: arn, stateMachineArn: '', status: 'FAILED', startDate: new Date(START), stopDate: new Date(after(60)), input: JSON.stringify(input),
        };
      },
    });
    const most = await rerun(generations(10));
    expect(Buffer.from(/KEYWORDS=([^,]+)/.exec(most.sent[0].Parameters!.Variables[0])![1], 'base64').toString()).toBe('first');
    const { cause, sent } = await rerun(generations(11), {}, 0);
    expect(cause).toContain('it is a rerun of a rerun, more than 10 times: start the job itself, with its parameters');
    expect(sent).toEqual([]);
  });

  test('an instance that the job has lost since', async () => {
    const then = commandsOf(ids(3));
    const settings = job({ instanceIds: [ONE, THREE], allowRerun: true, parameters: PARAMETERS });
    const status = ended(settings, ['Success', 'Failed', 'Success'], then);
    expect((await rerun({ settings, status })).cause).toContain(`the job has not any more 1 instance on which it did not succeed (${TWO})`);
  });

  test('more instances than travel with a run', async () => {
    const { cause, sent } = await rerun({ settings: taggedJob({ allowRerun: true, parameters: PARAMETERS }), statuses: Array(1501).fill('Failed') });
    expect(cause).toContain('it did not succeed on 1501 instances, and 1500 can be run again by name');
    expect(sent).toEqual([]);
  });
});

test('more than 500 instances are sent by name, also where SSM has found them by tag', async () => {
  const statuses = [...Array(10).fill('Success'), ...Array(600).fill('Failed')];
  const { on } = await rerun({ settings: taggedJob({ allowRerun: true, parameters: PARAMETERS }), statuses });
  expect(on).toHaveLength(12);
  expect(on.flat()).toEqual(ids(610).slice(10));
});

describe('a run that was stopped', () => {
  const settings = job({ instanceIds: ids(3), allowRerun: true, parameters: PARAMETERS });
  const events = (commands: Command[]) => [
    aborted,
    answered(runningStatus({
      job: settings, executionId: EXECUTION, now: START, run: run({ commands: commands.map(({ CommandId: commandId }) => ({ commandId })) }),
    }, uniformCounts(3, RUNNING), 1)),
    invoked, entered(SEND_STATE),
  ];

  test('is run again where it was cancelled', async () => {
    const statuses = ['Success', 'Cancelled', 'Terminated'];
    expect((await rerun({ settings, statuses, events: events(commandsOf(ids(3))) })).on).toEqual([[TWO, THREE]]);
  });

  test('but not while it is being cancelled, and not where SSM does not list all of it', async () => {
    const statuses = ['Success', 'Cancelling', 'Cancelled'];
    expect((await rerun({ settings, statuses, events: events(commandsOf(ids(3))) })).cause).toContain(`may still run on 1 instance of it (${TWO})`);
    expect((await rerun({ settings, events: events(commandsOf(ids(3))), commands: commandsOf(ids(2)) })).cause).toContain('SSM does not list every command of it');
  });

  test('before anything was sent is run again on all its instances; where that is not certain, not', async () => {
    expect((await rerun({ settings, commands: [], events: [aborted] })).on).toEqual([[ONE, TWO, THREE]]);
    expect((await rerun({ settings, commands: [], events: [aborted, invoked, entered(SEND_STATE)] })).cause).toContain('SSM lists no command of it');
  });
});

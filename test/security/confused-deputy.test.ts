/**
 * Attackers who have no right on SSM or SNS, and try to have the handlers act for them: by a state machine whose name begins like theirs, by
 * an event, by what an execution is started with, by what a handler is invoked with. The handlers are the real ones, with the environment
 * that was synthesized for them. Each row says who comes, and by which way; what holds is that SSM and SNS get no call of theirs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudWatchLogsClient, CreateLogStreamCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeStateMachineCommand, GetExecutionHistoryCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  CancelCommandCommand, GetCommandInvocationCommand, ListCommandInvocationsCommand, ListCommandsCommand, SendCommandCommand, SSMClient,
} from '@aws-sdk/client-ssm';
import { App, Stack } from 'aws-cdk-lib';
import { mockClient } from 'aws-sdk-client-mock';
import { BatchCommand, BatchJobHandlers, CotsBatchJob } from '../../src';
import { JobSettings, MARKS_VARIABLE, Outcome, OverlapPolicy, REPORT_VARIABLE, RUNNING, SERVED_JOBS_VARIABLE } from '../../src/protocol';
import { handler as closeRun } from '../../src/runtime/close-run.lambda';
import { comment } from '../../src/runtime/command-input';
import { handler as getStatus } from '../../src/runtime/get-status.lambda';
import { endStatus, runningStatus } from '../../src/runtime/report/status';
import { handler as sendCommand } from '../../src/runtime/send-command.lambda';
import { uniformCounts } from '../../src/runtime/verdict';
import { answered, context, entered } from '../runtime/ended-execution';
import { after, COMMAND, FIRST, invocation, job as settingsOf, NAME, run, START } from '../runtime/samples';
import { INSTANCE_ID, SynthesizedJob } from '../support/synth';

/** Time passes when somebody sleeps, and only then. */
jest.mock('../../src/runtime/world', () => ({
  systemClock: () => {
    let slept = 0;
    return {
      sleep: async (milliseconds: number) => void (slept += milliseconds),
      random: () => 0.5,
      elapsed: () => slept,
      remaining: () => 0,
      within: async (_milliseconds: number, call: () => Promise<unknown>) => call(),
    };
  },
}));

const ssm = mockClient(SSMClient);
const states = mockClient(SFNClient);
const sns = mockClient(SNSClient);
const logs = mockClient(CloudWatchLogsClient);

/** What another team has sent, and what its program has printed. */
const VICTIM = '99999999-2222-4333-8444-555555555555';
const OUTPUT = 'salary of the director';
const victims = { CommandId: VICTIM, Comment: 'payroll', DocumentName: 'AWS-RunShellScript' };

const stack = new Stack(new App(), 'Stack');
const handlers = new BatchJobHandlers(stack, 'Shared');
const job = (id: string, shared?: BatchJobHandlers, props = {}) =>
  new CotsBatchJob(stack, id, { handlers: shared, instanceIds: [INSTANCE_ID], command: BatchCommand.shell('x'), ...props });
const own = new SynthesizedJob(stack, job('Own', undefined, { overlapPolicy: OverlapPolicy.CANCEL_RUNNING, allowRerun: true }));
const shared = new SynthesizedJob(stack, job('Billing', handlers, { overlapPolicy: OverlapPolicy.CANCEL_RUNNING }));
job('Reindex', handlers);

const deployed = (text: string) => text.replace(/<Fn::Select .*?StackId.*?\]>"\]\]>/g, '0123abcd')
  .replaceAll('<AWS::Partition>', 'aws').replaceAll('<AWS::Region>', 'eu-west-1').replaceAll('<AWS::AccountId>', '123456789012')
  .replaceAll('<Own/Workflow>', machine('Own'));
const machine = (name: string) => `arn:aws:states:eu-west-1:123456789012:stateMachine:${name}`;
const execution = (name: string) => `${machine(name).replace(':stateMachine:', ':execution:')}:${NAME}`;
const name = deployed(shared.properties(shared.job.stateMachine).StateMachineName);
const OWN = execution('Own');
const SHARED = execution(name);
/** A state machine that anybody may make who has a right on Step Functions. */
const FORGED = execution(`${name}Evil`);
const WORKFLOW_ROLE = '<Shared/WorkflowRole.Arn>';

type Function = 'startFunction' | 'pollFunction' | 'closeFunction';

/** The environment that the deployment gives a handler. */
function deploy(synthesized: SynthesizedJob, which: Function): void {
  for (const variable of [SERVED_JOBS_VARIABLE, REPORT_VARIABLE, MARKS_VARIABLE]) {
    delete process.env[variable];
  }
  const { Environment } = synthesized.properties(synthesized.job[which]);
  for (const [variable, value] of Object.entries<string>(Environment.Variables)) {
    process.env[variable] = deployed(value);
  }
}

const DOCUMENT = { own: '<Own/Document>', shared: '<Billing/Document>' };
const ownSettings = (overrides: Partial<JobSettings> = {}) =>
  settingsOf({ document: { name: DOCUMENT.own, own: true, parameters: {} }, ...overrides });
const sharedSettings = () => settingsOf({ document: { name: DOCUMENT.shared, own: true, parameters: {} } });
const genuine = (executionId: string, document: string) =>
  ({ CommandId: COMMAND, Comment: comment({ id: NAME }, executionId, 0, 1), DocumentName: document });

/** SSM has these commands, the victim's among them. */
function ssmHas(...commands: { CommandId: string; Comment: string; DocumentName: string }[]): void {
  for (const command of [...commands, victims]) {
    ssm.on(ListCommandsCommand, { CommandId: command.CommandId }).resolves({ Commands: [command] });
    ssm.on(ListCommandInvocationsCommand, { CommandId: command.CommandId })
      .resolves({ CommandInvocations: [{ ...invocation(FIRST, 'Cancelled'), ...command }] });
  }
  ssm.on(GetCommandInvocationCommand).resolves({ StandardOutputContent: OUTPUT, StandardErrorContent: OUTPUT });
}

/** What the history of an execution says. */
function history(settings: JobSettings, commandId: string, input: unknown = {}, ...more: object[]) {
  const status = runningStatus({ ...context(settings), run: run({ commands: [{ commandId }] }) }, uniformCounts(1, 'Running'), 1);
  const events = [
    { type: 'ExecutionStarted', executionStartedEventDetails: { input: JSON.stringify(input) } },
    { type: 'PassStateEntered', stateEnteredEventDetails: { name: 'Job settings', input: JSON.stringify(input) } },
    { type: 'PassStateExited', stateExitedEventDetails: { name: 'Job settings', output: JSON.stringify({ job: settings }) } },
    ...commandId ? [entered('Send command'), answered(status)] : [],
    ...more,
    { type: 'ExecutionAborted', executionAbortedEventDetails: {} },
  ] as any[];
  states.on(GetExecutionHistoryCommand, { reverseOrder: false }).resolves({ events });
  states.on(GetExecutionHistoryCommand, { reverseOrder: true }).resolves({ events: [...events].reverse() });
}

const definition = (settings: JobSettings) => JSON.stringify({ StartAt: 'Job settings', States: { 'Job settings': { Parameters: { job: settings } } } });
const describes = (settings: JobSettings, roleArn: string) =>
  states.on(DescribeStateMachineCommand).resolves({ definition: definition(settings), roleArn });

const ended = (executionArn: string, more = {}) =>
  ({ executionArn, status: 'ABORTED' as const, startDate: Date.parse(START), stopDate: Date.parse(after(120)), ...more });
const poll = (executionId: string, settings: JobSettings, commandId: string, more = {}) =>
  ({ job: settings, run: run({ commands: [{ commandId }], ...more }), executionId, now: after(60) });

const cancelled = () => ssm.commandCalls(CancelCommandCommand).map(({ args }) => args[0].input.CommandId);
const read = () => ssm.commandCalls(GetCommandInvocationCommand).map(({ args }) => args[0].input.CommandId);
const published = () => sns.commandCalls(PublishCommand).map(({ args }) => args[0].input);
let logged: string[];

beforeEach(() => {
  [ssm, states, sns, logs].forEach((mock) => mock.reset());
  logged = [];
  jest.spyOn(console, 'log').mockImplementation((line) => void logged.push(line));
  jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  sns.on(PublishCommand).resolves({});
  logs.on(CreateLogStreamCommand).resolves({});
  ssm.on(CancelCommandCommand).resolves({});
  ssm.on(ListCommandsCommand).resolves({ Commands: [] });
  states.on(DescribeStateMachineCommand).rejects(new Error('no answer'));
});
afterEach(() => jest.restoreAllMocks());

describe('a state machine whose name begins like those of shared handlers', () => {
  beforeEach(() => {
    deploy(shared, 'closeFunction');
    ssmHas(genuine(SHARED, DOCUMENT.shared));
  });

  test.each([['says so', () => describes(sharedSettings(), 'arn:aws:iam::123456789012:role/Evil')], ['does not answer', () => undefined]])(
    'with another team\'s command in its history, where Step Functions %s: nothing is cancelled, read or reported', async (_, describe) => {
      describe();
      history({ ...sharedSettings(), notificationTopicArn: 'arn:aws:sns:eu-west-1:123456789012:OtherTeam' }, VICTIM);
      await expect(closeRun(ended(FORGED))).rejects.toThrow(`refused: ${FORGED} is no execution of a job that this function serves`);
      expect([cancelled(), read(), published(), ssm.calls(), logs.calls()]).toEqual([[], [], [], [], []]);
      expect(logged.join()).toContain('refused: an execution of somebody else');
    });

  test('one that a deployment has removed is known by its role: it is stopped and reported', async () => {
    const removed = execution(`${name}Removed`);
    describes(sharedSettings(), WORKFLOW_ROLE);
    ssmHas(genuine(removed, '<Removed/Document>'));
    history(sharedSettings(), COMMAND);
    await closeRun(ended(removed));
    expect([cancelled(), published().length]).toEqual([[COMMAND], 1]);
  });

  test('one of theirs is closed, also while Step Functions does not describe it', async () => {
    history(sharedSettings(), COMMAND);
    await closeRun(ended(SHARED));
    expect([cancelled(), published().length]).toEqual([[COMMAND], 1]);
  });

  test('of another region or account is none of theirs', async () => {
    for (const other of [SHARED.replace('eu-west-1', 'eu-west-2'), SHARED.replace('123456789012', '210987654321')]) {
      await expect(closeRun(ended(other))).rejects.toThrow('refused');
    }
    expect(ssm.calls()).toEqual([]);
  });

  test('an event of a command that names it is refused', async () => {
    await expect(closeRun({ stateMachineArn: machine(`${name}Evil`), commandId: VICTIM, commandStatus: 'Success', endedAt: after(9) })).rejects.toThrow('refused');
    expect([ssm.calls(), states.commandCalls(ListExecutionsCommand)]).toEqual([[], []]);
  });
});

describe('whoever invokes Close run', () => {
  beforeEach(() => {
    deploy(own, 'closeFunction');
    ssmHas(genuine(OWN, DOCUMENT.own));
  });

  test('with an execution of another state machine is refused', async () => {
    history(ownSettings(), COMMAND);
    await expect(closeRun(ended(execution('Other')))).rejects.toThrow('refused');
    expect([ssm.calls(), sns.calls(), states.calls()]).toEqual([[], [], []]);
  });

  test('cannot put words into the report, nor a topic', async () => {
    history(ownSettings({ notificationTopicArn: 'arn:aws:sns:eu-west-1:123456789012:OtherTeam' }), COMMAND);
    await closeRun(ended(OWN, { error: 'Urgent', cause: 'call this number', notificationTopicArn: 'arn:aws:sns:eu-west-1:123456789012:OtherTeam' }));
    expect(published().map(({ TopicArn }) => TopicArn)).toEqual(['<Own/Notifications/Topic>']);
    expect(JSON.stringify(published())).not.toContain('call this number');
  });

  test('a command that the execution has not sent is left alone, whatever its history says', async () => {
    history(ownSettings(), VICTIM);
    await expect(closeRun(ended(OWN))).rejects.toThrow('it is not known what became of');
    expect([cancelled(), read()]).toEqual([[], []]);
    expect(JSON.stringify(published())).not.toContain(OUTPUT);
    expect(logged.join()).toContain('refused: a command that this execution has not sent');
  });

  test('where SSM shows nothing of a command, it is not cancelled, and that is reported', async () => {
    ssm.on(ListCommandsCommand).rejects(new Error('no answer'));
    ssm.on(ListCommandInvocationsCommand).rejects(new Error('no answer'));
    ssm.on(ListCommandsCommand, { CommandId: COMMAND }).rejects(new Error('no answer'));
    ssm.on(ListCommandInvocationsCommand, { CommandId: COMMAND }).rejects(new Error('no answer'));
    history(ownSettings(), COMMAND);
    await expect(closeRun(ended(OWN))).rejects.toThrow('no answer');
    expect([cancelled(), published().length]).toEqual([[], 1]);
  });

  test('what its own execution has sent is cancelled, with one of both listings', async () => {
    ssm.on(ListCommandsCommand, { CommandId: COMMAND }).rejects(new Error('no answer'));
    history(ownSettings(), COMMAND);
    await closeRun(ended(OWN));
    expect([cancelled(), published().length]).toEqual([[COMMAND], 1]);
  });
});

test('whoever may start a run cannot say by its input how it went', async () => {
  deploy(own, 'closeFunction');
  ssmHas();
  const forged = { ...context(ownSettings()), run: run({ commands: [{ commandId: VICTIM }] }) };
  const status = endStatus(forged, {
    outcome: Outcome.FAILED,
    headline: 'call this number',
    cause: 'call this number',
    attempts: 1,
    exitCode: 1,
    failures: [],
    advice: [],
    counts: uniformCounts(1, Outcome.FAILED),
  });
  history(ownSettings(), '', { status, job: ownSettings() });
  await closeRun(ended(OWN));
  expect([cancelled(), read()]).toEqual([[], []]);
  expect(published()).toHaveLength(1);
  expect(JSON.stringify(published())).not.toContain('call this number');
});

describe.each<[string, SynthesizedJob, string, JobSettings]>([
  ['of a job', own, OWN, ownSettings()],
  ['of shared handlers', shared, SHARED, sharedSettings()],
])('whoever invokes Get status %s', (_, synthesized, executionId, settings) => {
  beforeEach(() => deploy(synthesized, 'pollFunction'));

  test('reads what its own run has done', async () => {
    ssmHas(genuine(executionId, settings.document.name));
    expect(await getStatus(poll(executionId, settings, COMMAND))).toMatchObject({ outcome: Outcome.CANCELLED });
    expect(read()).toEqual([COMMAND]);
  });

  test('with a command of which SSM does not say who sent it is asked again, and reads no output', async () => {
    ssmHas();
    ssm.on(ListCommandInvocationsCommand).resolves({ CommandInvocations: [{ ...invocation(FIRST, 'Failed', 1), Comment: undefined }] });
    await expect(getStatus(poll(executionId, settings, VICTIM))).resolves.toMatchObject({ outcome: RUNNING });
    expect(read()).toEqual([]);
  });

  test('with another team\'s command is refused, and reads no output', async () => {
    ssmHas();
    await expect(getStatus(poll(executionId, settings, VICTIM))).rejects.toThrow('was not sent by');
    expect(read()).toEqual([]);
    expect(logged.join()).toContain('refused: a command that this execution has not sent');
    expect(logged.join()).not.toContain(OUTPUT);
  });

  test('with another team\'s command among the failures of earlier attempts reads no output', async () => {
    ssmHas(genuine(executionId, settings.document.name));
    const failure = {
      instanceId: FIRST, commandId: VICTIM, outcome: Outcome.FAILED, reason: 'Failed' as any, exitCode: 1, step: 'x', severalSteps: false,
    };
    const settled = { counts: uniformCounts(1, Outcome.FAILED), failures: [failure], fineExitCode: -1, attempts: 1, overlaps: 0 };
    await getStatus(poll(executionId, settings, COMMAND, { attempt: 2, instanceIds: [FIRST], settled, previous: [failure] }));
    expect(read()).not.toContain(VICTIM);
  });
});

describe('whoever invokes Get status', () => {
  test('of a job, whose comment somebody has copied onto another document, reads no output', async () => {
    deploy(own, 'pollFunction');
    ssmHas({ ...genuine(OWN, DOCUMENT.own), DocumentName: 'AWS-RunShellScript' });
    const settings = ownSettings({ document: { name: 'AWS-RunShellScript', own: false, parameters: {} } });
    // As where a deployment has given the job another document since: the run is judged.
    expect(await getStatus(poll(OWN, settings, COMMAND))).toMatchObject({ outcome: Outcome.CANCELLED });
    expect(read()).toEqual([]);
  });

  test('of shared handlers, with an execution of a state machine that is none of theirs, asks SSM nothing', async () => {
    deploy(shared, 'pollFunction');
    ssmHas(genuine(FORGED, DOCUMENT.shared));
    await expect(getStatus(poll(FORGED, sharedSettings(), COMMAND))).rejects.toThrow('refused');
    expect(ssm.calls()).toEqual([]);
  });
});

describe('whoever invokes Send command', () => {
  const request = (executionId: string, document: string) => ({
    action: 'send' as const,
    job: settingsOf({ document: { name: document, own: true, parameters: {} }, overlapPolicy: OverlapPolicy.CANCEL_RUNNING }),
    executionId,
    executionName: NAME,
    input: {},
    now: START,
    retryCount: 0,
    status: {},
  });

  beforeEach(() => void ssm.on(SendCommandCommand).rejects(Object.assign(new Error('no right'), { name: 'AccessDeniedException', $fault: 'client', $metadata: { httpStatusCode: 400 } })));

  test.each<[string, SynthesizedJob, string]>([['of a job', own, OWN], ['of shared handlers', shared, SHARED]])(
    '%s with another document cancels nothing that runs of it', async (_, synthesized, executionId) => {
      deploy(synthesized, 'startFunction');
      ssm.on(ListCommandsCommand).resolves({ Commands: [victims] });
      await sendCommand(request(executionId, 'AWS-RunShellScript'));
      expect(cancelled()).toEqual([]);
      expect(logged.join()).toContain('commands left alone that are not of this job');
    });

  test('of a job cancels what runs of its document, whoever has sent it', async () => {
    deploy(own, 'startFunction');
    ssm.on(ListCommandsCommand).resolves({ Commands: [{ ...victims, DocumentName: DOCUMENT.own, Comment: '' }] });
    await sendCommand(request(OWN, DOCUMENT.own));
    expect(cancelled()).toEqual([VICTIM]);
  });

  test('of shared handlers, with an execution of a state machine that is none of theirs, asks SSM nothing', async () => {
    deploy(shared, 'startFunction');
    await expect(sendCommand(request(FORGED, DOCUMENT.shared))).rejects.toThrow('refused');
    expect(ssm.calls()).toEqual([]);
  });
});

test('a handler without its environment believes nobody', async () => {
  delete process.env[SERVED_JOBS_VARIABLE];
  await expect(getStatus(poll(OWN, ownSettings(), COMMAND))).rejects.toThrow('the environment variable SERVED_JOBS must say which jobs this function serves');
  expect(ssm.calls()).toEqual([]);
});

describe('what is synthesized', () => {
  test('each role that is made is for this account, and those of state machines for state machines', () => {
    const trusted = shared.all('AWS::IAM::Role').flatMap(({ AssumeRolePolicyDocument }) => AssumeRolePolicyDocument.Statement);
    expect(trusted).toHaveLength(8);
    for (const { Principal, Condition } of trusted) {
      expect(Condition.StringEquals['aws:SourceAccount']).toBe('<AWS::AccountId>');
      expect(Condition.ArnLike?.['aws:SourceArn']).toBe(Principal.Service === 'states.amazonaws.com'
        ? 'arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:stateMachine:*' : undefined);
    }
  });

  test('only Close run may write where its marks are', () => {
    for (const synthesized of [own, shared]) {
      const marks = synthesized.properties(synthesized.job.closeFunction).Environment.Variables[MARKS_VARIABLE];
      const writers = [...synthesized.all('AWS::IAM::Policy'), ...synthesized.all('AWS::IAM::ManagedPolicy')]
        .filter(({ PolicyDocument }) => PolicyDocument.Statement.some(({ Resource }: any) => [Resource].flat().includes(`${marks.slice(0, -1)}.Arn>`)));
      expect(writers.map(({ Roles }) => Roles)).toEqual([[`<${synthesized === own ? 'Own/Handlers' : 'Shared'}/CloseRun/Role>`]]);
    }
  });

  test('handlers publish to the topics of their jobs and send the documents of their jobs, each by its ARN', () => {
    const granted = (synthesized: SynthesizedJob, which: Function, action: string) => synthesized.statements(synthesized.job[which].role)
      .filter(({ actions }) => actions.includes(action)).flatMap(({ resources }) => resources);
    expect(granted(shared, 'closeFunction', 'sns:Publish').sort()).toEqual(['<Billing/Notifications/Topic>', '<Reindex/Notifications/Topic>']);
    expect(granted(own, 'closeFunction', 'sns:Publish')).toEqual(['<Own/Notifications/Topic>']);
    expect(granted(own, 'startFunction', 'ssm:SendCommand').filter((arn) => arn.includes('document'))).toEqual([
      'arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:document/<Own/Document>',
    ]);
  });

  test('docs/security.md says what IAM cannot narrow', () => {
    const page = readFileSync(join(__dirname, '../../docs/security.md'), 'utf8');
    const everywhere = (which: Function) => own.statements(own.job[which].role)
      .filter(({ resources }) => resources.includes('*')).flatMap(({ actions }) => actions).sort();
    const said = (who: string) => [...new RegExp(`^\\| that ${who} \\|.*$`, 'm').exec(page)![0].matchAll(/ssm:\w+/g)].map(([action]) => action).sort();
    expect(said('starts')).toEqual(everywhere('startFunction'));
    expect(said('polls')).toEqual(everywhere('pollFunction'));
    expect(said('closes')).toEqual(everywhere('closeFunction'));
  });
});

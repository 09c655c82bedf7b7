import {
  AccessDeniedException, InternalServerError, InvalidInstanceId, ListCommandsCommand, SendCommandCommand, SSMClient,
  SSMServiceException, ThrottlingException,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { after, COMMAND, EXECUTION, ids, job, NAME, sendRequest, taggedJob } from './samples';
import { world } from './world';
import { NOT_SENT_ERROR, Outcome, OverlapPolicy, RETRYING, RUNNING, SEND_ATTEMPTS, SendCommandRequest } from '../../src/protocol';
import { Ssm } from '../../src/runtime/aws/ssm';
import { comment } from '../../src/runtime/command-input';
import { handler } from '../../src/runtime/send-command.lambda';
import { start } from '../../src/runtime/start';

const ssm = mockClient(SSMClient);
let lines: string[];

beforeEach(() => {
  ssm.reset();
  lines = [];
  jest.spyOn(console, 'log').mockImplementation((line) => void lines.push(line));
  ssm.on(SendCommandCommand).resolves({ Command: { CommandId: COMMAND } });
});

afterEach(() => jest.restoreAllMocks());

const throttled = new ThrottlingException({
  message: 'Rate exceeded',
  Message: 'Rate exceeded',
  $metadata: { httpStatusCode: 400 },
});
const invalid = new InvalidInstanceId({ message: 'Instances [[i-1]] not in a valid state', $metadata: { httpStatusCode: 400 } });
const denied = new AccessDeniedException({
  message: 'not authorized',
  Message: 'not authorized',
  $metadata: { httpStatusCode: 400 },
});
const unparsed = Object.assign(new SyntaxError('Unexpected token'), { $metadata: { httpStatusCode: 200 } });
const lost = [
  ['a time-out', Object.assign(new Error('Request timed out'), { name: 'TimeoutError' })],
  ['a reset', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
  ['a fault of the service', new InternalServerError({ message: 'oops', $metadata: { httpStatusCode: 500 } })],
  ['an answer that is none', unparsed],
] as [string, Error][];

function sent(): number {
  return ssm.commandCalls(SendCommandCommand).length;
}

/** 120 instances are 3 commands. */
const fleet = job({ instanceIds: ids(120) });

/** The handler with a clock of its own: returns what it slept, in milliseconds. */
async function startFast(request: SendCommandRequest) {
  const api = new Ssm();
  const pauses: number[] = [];
  const status = await start(request, world({
    ssm: {
      sendCommand: (input) => api.sendCommand(input),
      commands: (...asked) => api.commands(...asked),
      cancel: (commandId) => api.cancel(commandId),
    },
    clock: { sleep: async (milliseconds) => void pauses.push(milliseconds), random: () => 1 },
  }));
  return { status, pauses };
}

describe('send', () => {
  test('one command, and the first look soon after', async () => {
    const status = await handler(sendRequest());
    expect(status).toMatchObject({
      outcome: RUNNING,
      waitSeconds: 5,
      error: '',
      cause: '',
      run: { id: NAME, startedAt: after(0), pollIntervalSeconds: 300, commands: [{ commandId: COMMAND }] },
      notification: { subject: '', text: '' },
    });
    expect(status.result).toMatchObject({
      runId: NAME,
      commandIds: [COMMAND],
      instances: { total: 1, running: 1 },
      endedAt: '',
      exitCode: -1,
    });
    expect(sent()).toBe(1);
  });

  test('a command for each 50 instances', async () => {
    ssm.on(SendCommandCommand).callsFake(({ Comment }) => ({ Command: { CommandId: Comment } }));
    const status = await handler(sendRequest({ job: fleet }));
    expect(status.run.commands.map(({ commandId }) => commandId))
      .toEqual([0, 1, 2].map((i) => comment({ id: NAME }, EXECUTION, i, 3)));
  });

  test('the input decides on poll interval, run and values', async () => {
    const request = sendRequest({
      job: job({ parameters: { KEYWORDS: { type: 'String', default: 'cloud' } } }),
      input: { pollIntervalSeconds: 2, scheduledTime: '2026-03-01T02:00:00Z', parameters: { KEYWORDS: 'a' } },
    });
    const status = await handler(request);
    expect(status).toMatchObject({
      waitSeconds: 3,
      run: { pollIntervalSeconds: 2, id: expect.stringMatching(/^2026-03-01T02-00-00Z-/) },
    });
    expect(ssm.commandCalls(SendCommandCommand)[0].args[0].input.Parameters)
      .toMatchObject({ RunId: [status.run.id], Variables: ['KEYWORDS=YQ=='] });
  });

  test('an input that breaks a rule is refused before anything is sent', async () => {
    const settings = { ...fleet, parameters: { KEYWORDS: { type: 'String' as const, pattern: '[a-z]+' } } };
    const status = await handler(sendRequest({ job: settings, input: { parameters: { KEYWORDS: 'hunter2; rm -rf /' } } }));
    expect(status).toMatchObject({
      outcome: Outcome.FAILED,
      error: 'CotsBatchJob.Failed',
      cause: 'The input was refused: parameter KEYWORDS must match "[a-z]+" as a whole, got "hunter2; rm -rf /"',
      run: { commands: [] },
      notification: { subject: 'Batch job NightlyIndex: could not be started' },
    });
    expect(status.result).toMatchObject({
      attempts: 0,
      exitCode: -1,
      instances: { total: 120, undelivered: 120 },
      cause: status.cause,
    });
    expect(status.notification.text).toContain('must match "[a-z]+"');
    expect(sent()).toBe(0);
    expect(lines.join()).not.toContain('hunter2');
  });

  test('of very many problems the first are told', async () => {
    const parameters = Object.fromEntries(Array.from(
      { length: 5000 },
      (_, i) => [`${'X'.repeat(90)}${i}`, '\u0001'.repeat(500)],
    ));
    const { cause, notification } = await handler(sendRequest({ input: { parameters } }));
    expect(cause.length).toBeLessThanOrEqual(1500);
    expect(notification.text.length).toBeLessThan(4000);
  });

  test('a value never reaches the log', async () => {
    await handler(sendRequest({ job: job({ parameters: { P: { type: 'String' } } }), input: { parameters: { P: 'hunter2' } } }));
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toMatch(/hunter2|aHVudGVyMg/);
    expect(JSON.parse(lines[0])).toMatchObject({
      handler: 'SendCommand send',
      executionName: NAME,
      executionId: EXECUTION,
      commandId: COMMAND,
    });
  });
});

describe('what SSM says no to', () => {
  test('throttled before anything was sent: all of it may be sent again', async () => {
    ssm.on(SendCommandCommand).rejects(throttled);
    await expect(handler(sendRequest({ job: fleet }))).rejects.toMatchObject({ name: NOT_SENT_ERROR });
    expect(sent()).toBe(1);
  });

  test('a connection that was never made: likewise', async () => {
    ssm.on(SendCommandCommand).rejects(Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' }));
    await expect(handler(sendRequest())).rejects.toMatchObject({ name: NOT_SENT_ERROR });
  });

  test('at the last attempt it is reported', async () => {
    ssm.on(SendCommandCommand).rejects(throttled);
    const status = await handler(sendRequest({ retryCount: SEND_ATTEMPTS }));
    expect(status).toMatchObject({
      outcome: Outcome.FAILED,
      cause: 'SSM did not take the command, however often it was sent: ThrottlingException: Rate exceeded. '
        + 'The batch program was not started.',
      result: { attempts: 0 },
    });
  });

  test('throttled later: the rest is sent after a while, and what was sent is not sent again', async () => {
    ssm.on(SendCommandCommand).resolvesOnce({ Command: { CommandId: 'a' } }).rejectsOnce(throttled).rejectsOnce(throttled)
      .resolvesOnce({ Command: { CommandId: 'b' } }).resolvesOnce({ Command: { CommandId: 'c' } });
    const { status, pauses } = await startFast(sendRequest({ job: fleet }));
    expect(status.run.commands.map(({ commandId }) => commandId)).toEqual(['a', 'b', 'c']);
    expect(pauses).toEqual([500, 1000]);
  });

  test('throttled for good: half a minute in all, then the rest counts as refused', async () => {
    ssm.on(SendCommandCommand).resolvesOnce({ Command: { CommandId: 'a' } }).rejects(throttled);
    const { status, pauses } = await startFast(sendRequest({ job: fleet }));
    expect(status.outcome).toBe(RUNNING);
    expect(status.run.commands).toEqual([
      { commandId: 'a' },
      { refusal: { code: 'ThrottlingException', message: 'Rate exceeded' } },
      { refusal: { code: 'ThrottlingException', message: 'Rate exceeded' } },
    ]);
    expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBeLessThanOrEqual(30_000);
  });

  test('a refused command does not keep the others from being sent', async () => {
    ssm.on(SendCommandCommand).rejectsOnce(invalid).resolvesOnce({ Command: { CommandId: 'b' } }).resolvesOnce(
      { Command: { CommandId: 'c' } },
    );
    const status = await handler(sendRequest({ job: fleet }));
    expect(status.outcome).toBe(RUNNING);
    expect(status.run.commands[0]).toEqual({ refusal: { code: 'InvalidInstanceId', message: 'Instances [[i-1]] not in a valid state' } });
    expect(status.result.commandIds).toEqual(['b', 'c']);
  });

  describe('where the job has a retry', () => {
    const retry = { maxAttempts: 2, intervalSeconds: 60, backoffRate: 2, maxDelaySeconds: 60, outcomes: [Outcome.UNDELIVERED], exitCodes: [] };
    const retried = job({ retry });

    test('servers that are not there are tried again', async () => {
      ssm.on(SendCommandCommand).rejects(invalid);
      const status = await handler(sendRequest({ job: retried }));
      expect(status).toMatchObject({
        outcome: RETRYING, waitSeconds: 60, run: { attempt: 2, instanceIds: retried.instanceIds, commands: [] },
      });
    });

    test('the next attempt sends under its own name, to its own servers', async () => {
      ssm.on(SendCommandCommand).rejects(invalid);
      const { run: next } = await handler(sendRequest({ job: retried }));
      ssm.on(SendCommandCommand).resolves({ Command: { CommandId: COMMAND } });
      const status = await handler(sendRequest({ job: retried, status: { run: next }, now: after(60) }));
      expect(status).toMatchObject({ outcome: RUNNING, run: { id: next.id, startedAt: after(0), sentAt: after(60) } });
      expect(ssm.commandCalls(SendCommandCommand).at(-1)!.args[0].input).toMatchObject({
        InstanceIds: retried.instanceIds, Parameters: { RunId: [next.id] },
      });
    });

    test('the last attempt ends the run, which says how often it was tried', async () => {
      ssm.on(SendCommandCommand).rejects(invalid);
      const { run: next } = await handler(sendRequest({ job: retried }));
      const status = await handler(sendRequest({ job: retried, status: { run: next } }));
      expect(status).toMatchObject({ outcome: Outcome.UNDELIVERED, result: { attempts: 0, instances: { total: 1, undelivered: 1 } } });
      expect(status.cause).toMatch(/The batch program was not started again\. It was tried 2 times\.$/);
    });

    test('a job that is wrong is not', async () => {
      ssm.on(SendCommandCommand).rejects(denied);
      expect((await handler(sendRequest({ job: retried }))).outcome).toBe(Outcome.FAILED);
    });

    test('a further attempt cancels no other run: it is the older one', async () => {
      const settings = job({ retry, overlapPolicy: OverlapPolicy.CANCEL_RUNNING });
      const next = { ...(await handler(sendRequest())).run, id: 'next', attempt: 2, commands: [] };
      await handler(sendRequest({ job: settings, status: { run: next } }));
      expect(ssm.commandCalls(ListCommandsCommand)).toHaveLength(0);
    });
  });

  test.each([
    [invalid, Outcome.UNDELIVERED, 'SSM agent'],
    [service('UnsupportedPlatformType'), Outcome.UNDELIVERED, 'operating system'],
    [denied, Outcome.FAILED, 'role of the SendCommand function'],
    [service('InvalidDocument'), Outcome.FAILED, 'Deploy the stack'],
    [service('InvalidDocumentVersion'), Outcome.FAILED, 'version'],
    [service('InvalidParameters'), Outcome.FAILED, 'parameters of the job'],
    [service('InvalidOutputFolder'), Outcome.FAILED, 'output bucket'],
    [service('DuplicateInstanceId'), Outcome.FAILED, 'Read what SSM said'],
    [service('MaxDocumentSizeExceeded'), Outcome.FAILED, 'Read what SSM said'],
  ])('%s of every command ends the run, %s', async (error, outcome, advice) => {
    ssm.on(SendCommandCommand).rejects(error);
    const status = await handler(sendRequest({ job: fleet }));
    expect(status).toMatchObject({ outcome, error: `CotsBatchJob.${outcome}` });
    expect(status.cause).toBe(`SSM refused the command: ${error.name}: ${error.message}. The batch program was not started.`);
    expect(status.result).toMatchObject({ attempts: 0, commandIds: [], instances: { total: 120, undelivered: 120 } });
    expect(status.result.failures).toHaveLength(5);
    expect(status.notification.text.replace(/\s+/g, ' ')).toContain(advice);
    expect(sent()).toBe(3);
  });

  test('what SSM says with a full stop is told with one', async () => {
    ssm.on(SendCommandCommand).rejects(service('InvalidDocument', 'Document X does not exist.'));
    expect((await handler(sendRequest())).cause)
      .toBe('SSM refused the command: InvalidDocument: Document X does not exist. The batch program was not started.');
    ssm.on(SendCommandCommand).rejects(service('ThrottlingException', 'Rate exceeded.'));
    expect((await handler(sendRequest({ retryCount: SEND_ATTEMPTS }))).cause).toContain(': Rate exceeded. The batch program');
  });

  test('with targets no number of instances is invented', async () => {
    ssm.on(SendCommandCommand).rejects(denied);
    const status = await handler(sendRequest({ job: taggedJob() }));
    expect(status).toMatchObject({ outcome: Outcome.FAILED, result: { instances: { total: 0, undelivered: 0 }, failures: [] } });
  });

  function service(name: string, message: string = 'said so'): Error {
    return new SSMServiceException({ name, message, $fault: 'client', $metadata: { httpStatusCode: 400 } });
  }
});

describe('what may have been sent', () => {
  test.each(lost)('%s is thrown, once, under no name that would send again', async (_, error) => {
    ssm.on(SendCommandCommand).rejects(error);
    await expect(handler(sendRequest({ job: fleet }))).rejects.toBe(error);
    expect(error.name).not.toBe(NOT_SENT_ERROR);
    expect(sent()).toBe(1);
  });

  test('so is an answer without a command', async () => {
    ssm.on(SendCommandCommand).resolves({});
    await expect(handler(sendRequest({ job: fleet }))).rejects.toThrow('has no command ID');
    expect(sent()).toBe(1);
  });

  test('throttling before it does not hide it', async () => {
    ssm.on(SendCommandCommand).resolvesOnce({ Command: { CommandId: 'a' } }).rejectsOnce(throttled).rejects(lost[0][1]);
    await expect(startFast(sendRequest({ job: fleet }))).rejects.toBe(lost[0][1]);
    expect(sent()).toBe(3);
  });
});

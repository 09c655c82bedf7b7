import type { SendCommandCommandInput } from '@aws-sdk/client-ssm';
import { CANARY, command, expectNoValue, failed, input, parameters, polled, settings, told } from './told';
import { BatchCommand, CotsBatchJobProps, JobParameter } from '../../src';
import { JobSettings, Outcome, Run, SEND_ATTEMPTS, SEND_STATE } from '../../src/protocol';
import { Redaction } from '../../src/runtime/redaction';
import { neverSent } from '../../src/runtime/report/refusal';
import { endStatus } from '../../src/runtime/report/status';
import { start } from '../../src/runtime/start';
import { aborted, answered, closed, context, entered, executionFailed, invoked, running, stoppedWhileRunning } from '../runtime/ended-execution';
import { FIRST, invocation, job, run, sendRequest } from '../runtime/samples';
import { world } from '../runtime/world';
import { synth } from '../support/synth';

/**
 * The attacker reads what is told about runs: mails, results, causes, logs. The value of a sensitive parameter must be in none of it, whatever
 * goes wrong. What has the value by right, the input of the execution and the command, is not told.
 */

describe('a start that is refused', () => {
  test.each<[string, Partial<JobSettings>, unknown, string]>([
    [
      'by a pattern', { parameters: { ...parameters, LICENCE: { type: 'String', sensitive: true, pattern: '[A-Z]+' } } }, input,
      'parameter LICENCE must match "[A-Z]+" as a whole, got a sensitive value',
    ],
    [
      'by allowed values', { parameters: { ...parameters, LICENCE: { type: 'String', sensitive: true, allowedValues: ['cAn4ry2'] } } }, input,
      'parameter LICENCE must be one of its allowed values, got a sensitive value',
    ],
    ['by its kind', {}, { parameters: { LICENCE: [CANARY] } }, 'parameter LICENCE must be a string, got a sensitive value'],
    ['as no number', {}, { parameters: { LICENCE: 'x', PIN: CANARY } }, 'parameter PIN must be a decimal number, got a sensitive value'],
    [
      'for its length', {}, { parameters: { LICENCE: CANARY.repeat(2000) } },
      'parameter LICENCE is too large: all parameters together may take 32000 characters in base64, they take 66701, got a sensitive value',
    ],
    ['as no object', {}, `LICENCE=${CANARY}`, 'the input must be a JSON object, got what may have a sensitive value in it'],
    [
      'as a list of parameters', {}, { parameters: [{ LICENCE: CANARY }] },
      'parameters must be an object of names and values, got what may have a sensitive value in it',
    ],
    ['under another name', {}, { parameters: { LICENSE: CANARY } }, 'parameter "LICENSE" is unknown, the job has LICENCE, PIN, SITES'],
    ['in the wrong place', {}, { LICENCE: CANARY }, 'the input has the job\'s parameter "LICENCE", which must be in parameters'],
    [
      'by a document that would run it', { document: { ...settings.document, own: false } }, { parameters: { LICENCE: `${CANARY}{{` } },
      'parameter LICENCE must not contain "{{", which SSM would replace, got a sensitive value',
    ],
    [
      'because its settings are not understood',
      { parameters: { ...parameters, LICENCE: { type: 'String', sensitive: true, default: { CANARY } as unknown as string } } }, input,
      'job.parameters.LICENCE.default must be a text, got a sensitive value',
    ],
    [
      'because no setting is understood', { parameters: [] as unknown as JobSettings['parameters'] }, input,
      'job.parameters must be an object',
    ],
  ])('%s', async (_what, overrides, given, message) => {
    const { text, status } = await told(async (log) => start(sendRequest({ job: job({ ...settings, ...overrides }), input: given }), world({ log })));
    expect(status?.cause).toContain(message);
    expectNoValue(text);
  });
});

test('whoever starts it again is told to give the value again, and a copy of the line is refused', async () => {
  const { status } = await told(async (log) => start(sendRequest({
    job: settings, input: { parameters: { LICENCE: CANARY, SITES: 'a' }, pollIntervalSeconds: 60, scheduledTime: '2020-01-01T00:00:00Z' },
  }), world({ log })));
  const line = '--input \'{"parameters":{"LICENCE":null,"SITES":"a"},"pollIntervalSeconds":60}\' --region eu-west-1\n'
    + '  (give the value of LICENCE again, in place of null: it is sensitive, and not shown)';
  expect(status?.notification.text).toContain(line);

  const again = await told(async (log) => start(sendRequest({ job: settings, input: { parameters: { LICENCE: null, SITES: 'a' } } }), world({ log })));
  expect(again.status).toMatchObject({ outcome: Outcome.FAILED, cause: expect.stringContaining('parameter LICENCE must be a string, got a sensitive value') });
});

test('a name that is to be given again is one line, whatever it is', () => {
  const aRun = run({ again: '{}', withheld: ['A\nRun: this'] });
  const { notification } = endStatus({ ...context(settings), run: aRun }, neverSent(settings, aRun, 'no'));
  expect(notification.text).toContain('(give the value of A Run: this again,');
});

test('of parameters that are not sensitive, the line is complete', async () => {
  const { status } = await told(async (log) => start(sendRequest({
    job: job({ parameters: { SITES: parameters.SITES } }), input: { parameters: { SITES: 'a' }, scheduledTime: '2020-01-01T00:00:00Z' },
  }), world({ log })));
  expect(status?.notification.text).toMatch(/--input '\{"parameters":\{"SITES":"a"\}\}' --region eu-west-1\n$/);
});

describe('an error of SendCommand that quotes what it was sent', () => {
  const quotes: [string, (sent: SendCommandCommandInput) => string][] = [
    ['as it was sent', (sent) => JSON.stringify(sent.Parameters)],
    ['as it was given', () => `Parameter "LICENCE" with value "${CANARY}" and "PIN" with value 7351`],
  ];
  const kinds: [string, object, number][] = [
    ['refused', { name: 'InvalidParameters', $fault: 'client', $metadata: { httpStatusCode: 400 } }, 0],
    ['ambiguous', { name: 'TimeoutError' }, 0],
    ['not sent', { name: 'ThrottlingException', $fault: 'client', $metadata: { httpStatusCode: 400 } }, 0],
    ['not sent, for the last time', { name: 'ThrottlingException', $fault: 'client', $metadata: { httpStatusCode: 400 } }, SEND_ATTEMPTS],
  ];
  test.each(quotes.flatMap(([what, words]) => kinds.map(([kind, fields, retryCount]) => ({ what, words, kind, fields, retryCount }))))(
    '$what, $kind', async ({ words, fields, retryCount }) => {
      const sendCommand = async (sent: SendCommandCommandInput) => {
        throw Object.assign(new Error(`no: ${words(sent)}`), fields, { Message: words(sent) });
      };
      const { text } = await told(async (log) => start(sendRequest({ job: settings, input, retryCount }), world({ ssm: { sendCommand }, log })));
      expect(text).toContain('***');
      expect(text).not.toContain('7351');
      expectNoValue(text);
    });

  test('a value too short to be searched for in outputs is taken out of errors, where it is a word', async () => {
    const sendCommand = async () => {
      throw Object.assign(new Error('value 42 of "PIN" (NDI=) is not 420'), { name: 'InvalidParameters', $fault: 'client', $metadata: {} });
    };
    const { text } = await told(async (log) => start(
      sendRequest({ job: settings, input: { parameters: { LICENCE: CANARY, PIN: 42 } } }), world({ ssm: { sendCommand }, log })));
    expect(text).toContain('value *** of \\"PIN\\" (***=) is not 420');
  });
});

describe('a program that prints the value', () => {
  const printed = [
    `licence ${CANARY}, pin 7351`, `+ check ${CANARY.replace(/'/g, '\'\\\'\'')}`, `GET /?l=${encodeURIComponent(CANARY)}`, JSON.stringify({ CANARY }),
    `Basic ${Buffer.from(CANARY).toString('base64')}`, 'sites: cloud',
  ].join('\n');

  test('has *** in its place, and the rest of its output stays', async () => {
    const { text, status } = await polled({ stepOutput: async () => ({ stdout: printed, stderr: `bad licence ${CANARY}\n` }) });
    expectNoValue(text);
    expect(status?.result.failures[0].stderr).toBe('bad licence ***');
    expect(status?.result.failures[0].stdout.split('\n').slice(0, 1)).toEqual(['licence ***, pin ***']);
    expect(status?.notification.text).toContain('  | sites: cloud');
  });

  test('of a document that exists, which is sent the value as it is', async () => {
    const sent = { ...command, Parameters: { LICENCE: [CANARY], PIN: ['7351'] } };
    const { text } = await polled({ command: async () => sent, stepOutput: async () => ({ stdout: printed, stderr: CANARY }) },
      { document: { name: 'Vendor', own: false, parameters: {} } });
    expectNoValue(text);
  });

  test('line by line, with line ends of Windows, and half a character', () => {
    const redaction = new Redaction(['first-li\nsecond-li', 'abcd\ud83d']);
    expect(redaction.text('a first-li\r\nsecond-li abcd\ud83d b')).toBe('a ***\r\n*** *** b');
  });

  test.each([1, 5, 10, 18])('where SSM has cut the output %i characters before the end of the value', async (missing) => {
    const head = `${'x\n'.repeat(12_000)}${CANARY.slice(0, -missing)}`.slice(-24_000);
    const { text } = await polled({ stepOutput: async () => ({ stdout: head, stderr: `${CANARY.slice(0, -missing)}\n---Error truncated----` }) },
      { logGroupName: undefined });
    expectNoValue(text);
    expect(text).toContain('***');
  });

  test.each([1, 5, 10, 18])('where a log stream begins %i characters after the beginning of the value', async (missing) => {
    const end = async () => `${CANARY.slice(missing)} is wrong\n`;
    const { text, status } = await polled({ stepOutput: async () => ({ stdout: '', stderr: 'e'.repeat(8000) }) }, {}, { end });
    expectNoValue(text);
    expect(status?.result.failures[0].stderr).toBe('*** is wrong');
  });

  test('nothing is shown where the value is not known', async () => {
    for (const lost of [async () => undefined, async () => { throw new Error('Rate exceeded'); }]) {
      const { text, status } = await polled({ command: lost, stepOutput: async () => ({ stdout: printed, stderr: CANARY }) });
      expectNoValue(text);
      expect(status?.result.failures[0].stderr).toMatch(/^\[this output could not be read: Error: /);
    }
  });

  test('where nothing is sensitive, SSM is not asked', async () => {
    const asked = jest.fn();
    const { status } = await polled({ command: asked, stepOutput: async () => ({ stdout: printed, stderr: '' }) }, { parameters: {} });
    expect(asked).not.toHaveBeenCalled();
    expect(status?.result.failures[0].stdout).toContain(CANARY);
  });

  test('when the run was stopped', async () => {
    const { all } = await closed('ABORTED', {
      settings,
      input,
      events: stoppedWhileRunning,
      invocations: [[invocation(FIRST, 'Cancelled', 137)]],
      command: [command],
      tools: { ssm: { stepOutput: async () => ({ stdout: printed, stderr: CANARY }) } },
    });
    expect(all[0].notification.text).toContain('licence ***');
    expectNoValue(JSON.stringify(all));
  });
});

describe('Close run', () => {
  const runOf = (again: Partial<Run>) => ({ ...running(settings), run: run(again) });

  test.each([
    ['whoever stopped it says it', { ...aborted, executionAbortedEventDetails: { error: 'Operator', cause: `wrong licence ${CANARY}` } }, 'wrong licence ***'],
    [
      'Step Functions quotes the data of a state',
      {
        ...executionFailed,
        executionFailedEventDetails: {
          error: 'States.Runtime',
          cause: `The JSONPath '$.x' could not be found in the input '${JSON.stringify({ input })}'`,
        },
      },
      '\'$.x\' could not be found in the input {…}',
    ],
  ])('%s', async (_what, end, words) => {
    const { all } = await closed(end.type === 'ExecutionAborted' ? 'ABORTED' : 'FAILED', {
      settings, input, events: [entered(SEND_STATE), answered(runOf({})), entered('Wait'), end], invocations: [failed],
    });
    expect(all[0].cause).toContain(words);
    expectNoValue(JSON.stringify(all));
  });

  test('does not know the history: what the event quotes is not told', async () => {
    const { all } = await closed('FAILED', {
      cause: `The JSONPath '$.x' could not be found in the input '${JSON.stringify({ input })}'`,
      events: [],
      own: { reportSettings: settings },
      shown: () => [],
    });
    expect(all[0].cause).toContain('could not be found in the input {…}');
    expect(all).toHaveLength(1);
    expectNoValue(JSON.stringify(all));
  });

  test('was started while the command was being sent', async () => {
    const { all } = await closed('ABORTED', { settings, input, events: [entered(SEND_STATE), invoked, aborted] });
    expect(all[0].notification.text).toContain('"LICENCE":null');
    expectNoValue(JSON.stringify(all));
  });
});

describe('synth does not quote a sensitive value', () => {
  const secret = (options: object = {}) => JobParameter.string({ sensitive: true, ...options });
  const message = (props: Partial<CotsBatchJobProps>): string => {
    try {
      synth(props);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('must be refused');
  };

  test.each<[string, Partial<CotsBatchJobProps>, string]>([
    [
      'a default', { parameters: { A: secret({ default: CANARY, pattern: '[a-z]' }) } },
      'the default of parameter A must match "[a-z]" as a whole, got a sensitive value',
    ],
    [
      'a default that is not allowed', { parameters: { A: secret({ default: CANARY, allowedValues: ['cAn4ry2'] }) } },
      'the default of parameter A must be one of its allowed values, got a sensitive value',
    ],
    [
      'an allowed value', { parameters: { A: secret({ allowedValues: [CANARY], pattern: '[a-z]' }) } },
      'an allowed value of parameter A must match "[a-z]" as a whole, got a sensitive value',
    ],
    [
      'an allowed value that is too long', { parameters: { A: secret({ allowedValues: [CANARY.repeat(2000)] }) } },
      'an allowed value of parameter A is too large: all parameters together may take 32000 characters in base64, they take 66671, '
        + 'got a sensitive value',
    ],
    [
      'a number', { parameters: { A: JobParameter.number({ sensitive: true, default: 7351, allowedValues: [1] }) } },
      'the default of parameter A must be one of its allowed values, got a sensitive value',
    ],
    [
      'a parameter that a document may run', { command: BatchCommand.document('Vendor'), parameters: { A: secret({ default: CANARY }) } },
      'parameter A must have a pattern or allowedValues, because a document may run its parameters as code, got {"type":"String","sensitive":true}',
    ],
    [
      'options without a schedule', { scheduleOptions: { parameters: { A: CANARY } }, parameters: { A: secret() } },
      'scheduleOptions has no effect without schedule, got {"parameters":{"A":"a sensitive value"}}',
    ],
  ])('%s', (_what, props, expected) => {
    expect(message(props)).toBe(expected);
  });

  test.each([
    ['another one is missing', { A: CANARY }, 'parameters must have a value for B, which has no default, got {"A":"a sensitive value"}'],
    ['it breaks a rule', { A: `${CANARY}\0`, B: '' }, 'parameters A must have no NUL character, which an environment variable cannot hold, got a sensitive value'],
  ])('of a task, where %s', (_what, values, expected) => {
    const { stack, job: made } = synth({ parameters: { A: secret(), B: JobParameter.string() } });
    expect(() => made.asTask(stack, 'Task', { parameters: values })).toThrow(new Error(expected));
  });

  test('and does not log the data of executions', () => {
    expect(message({ includeExecutionData: true, parameters: { A: secret() } })).toBe(
      'includeExecutionData must not be true, because the log would have the values of the sensitive parameter A, got true');
  });

  test('a job without one is what it was', () => {
    expect(synth({ parameters: { A: JobParameter.string({ sensitive: false }) } }).settings.parameters).toEqual({ A: { type: 'String' } });
    expect(synth({ parameters: { A: secret() } }).settings.parameters).toEqual({ A: { type: 'String', sensitive: true } });
  });
});

import { FIRST, invocation, job, plugin } from './samples';
import { pluginOutput } from '../../src/local/services/ssm/output';
import { ALREADY_RUNNING_EXIT_CODE, ALREADY_STARTED_EXIT_CODE, JobSettings, Outcome, OverlapPolicy, Reason, RUNNING } from '../../src/protocol';
import { judgeInvocation } from '../../src/runtime/invocation';
import { statusText } from '../../src/runtime/report/explain';
import { array, assert, constantFrom, property } from '../support/seeded';

function outcome(details: string, code?: number, settings: Partial<JobSettings> = {}): string {
  return judgeInvocation(job(settings), invocation(FIRST, details, code)).outcome;
}

describe('status words', () => {
  test.each([
    ['Pending', RUNNING], ['InProgress', RUNNING], ['Delayed', RUNNING], ['Cancelling', RUNNING],
    ['Success', Outcome.SUCCEEDED],
    ['Failed', Outcome.FAILED],
    ['ExecutionTimedOut', Outcome.TIMED_OUT],
    ['DeliveryTimedOut', Outcome.UNDELIVERED], ['Undeliverable', Outcome.UNDELIVERED], ['InvalidPlatform', Outcome.UNDELIVERED],
    ['AccessDenied', Outcome.UNDELIVERED],
    ['Cancelled', Outcome.CANCELLED], ['Terminated', Outcome.CANCELLED],
  ])('%s means %s in every spelling', (details, expected) => {
    const spaced = details.replace(/(?!^)([A-Z])/g, ' $1');
    const others = [spaced.toUpperCase(), spaced.replace(/ /g, '_'), spaced.toLowerCase().replace(/ /g, '-')];
    for (const word of [details, spaced, ...others]) {
      const judged = judgeInvocation(job(), {
        ...invocation(FIRST, details, details === 'Success' ? 0 : -1),
        StatusDetails: word,
      });
      expect([word, judged.outcome]).toEqual([word, expected]);
      expect(statusText(judged)).toBe(word);
    }
  });

  test.each<[string, 'Success' | 'Failed' | 'TimedOut' | 'Cancelled' | 'InProgress' | 'Pending']>([
    [Outcome.SUCCEEDED, 'Success'], [Outcome.FAILED, 'Failed'], [Outcome.TIMED_OUT, 'TimedOut'], [Outcome.CANCELLED, 'Cancelled'],
    [RUNNING, 'InProgress'], [RUNNING, 'Pending'],
  ])('without details it is %s that %s means', (expected, status) => {
    for (const StatusDetails of [undefined, '', ' ']) {
      expect(judgeInvocation(job(), { InstanceId: FIRST, Status: status, StatusDetails }).outcome).toBe(expected);
    }
  });

  test.each([
    'Success', 'Failed', 'TimedOut', 'Cancelled',
  ] as const)('unknown details with a terminal %s are a failure', (Status) => {
    expect(judgeInvocation(job(), { ...invocation(FIRST, 'Success', 0), Status, StatusDetails: 'Evaporated' }))
      .toMatchObject({ outcome: Outcome.FAILED, reason: Reason.UNKNOWN, said: 'Evaporated' });
  });

  test('nor does an accepted exit code make a success of it, or of a contradiction', () => {
    const settings = job({ successExitCodes: [0, 4] });
    for (const StatusDetails of ['Evaporated', 'Success']) {
      expect(judgeInvocation(settings, { ...invocation(FIRST, 'Failed', 4), StatusDetails }).outcome).toBe(Outcome.FAILED);
    }
  });

  test('unknown details of what has not ended, and unknown words altogether, keep the watch going', () => {
    expect(judgeInvocation(job(), { Status: 'InProgress', StatusDetails: 'Evaporating' }).outcome).toBe(RUNNING);
    expect(judgeInvocation(job(), { Status: 'Odd' as 'Success', StatusDetails: 'Odd' }).outcome).toBe(RUNNING);
    expect(judgeInvocation(job(), {}).outcome).toBe(RUNNING);
  });

  test('a success that the plain status denies is none', () => {
    expect(judgeInvocation(job(), { Status: 'Failed', StatusDetails: 'Success' }).outcome).toBe(Outcome.FAILED);
    expect(judgeInvocation(job(), { Status: 'InProgress', StatusDetails: 'Success' }).outcome).toBe(RUNNING);
    expect(judgeInvocation(job(), { Status: 'Success', StatusDetails: 'Failed' }).outcome).toBe(Outcome.FAILED);
  });
});

describe('exit codes', () => {
  test('4 is a success where the product has it so', () => {
    expect(outcome('Failed', 4)).toBe(Outcome.FAILED);
    expect(outcome('Failed', 4, { successExitCodes: [0, 4] })).toBe(Outcome.SUCCEEDED);
    expect(outcome('Failed', 5, { successExitCodes: [0, 4] })).toBe(Outcome.FAILED);
  });

  test('SSM\'s success is none where 0 is not', () => {
    expect(outcome('Success', 0, { successExitCodes: [1] })).toBe(Outcome.FAILED);
    expect(outcome('Success', undefined, { successExitCodes: [1] })).toBe(Outcome.FAILED);
    expect(outcome('Success', 168)).toBe(Outcome.FAILED);
  });

  test('a success without an exit code is one with 0', () => {
    expect(outcome('Success', undefined)).toBe(Outcome.SUCCEEDED);
    expect(outcome('Success', -1)).toBe(Outcome.SUCCEEDED);
    expect(judgeInvocation(job(), { ...invocation(FIRST, 'Success'), CommandPlugins: undefined }))
      .toMatchObject({ outcome: Outcome.SUCCEEDED, exitCode: -1, step: '' });
  });

  test.each([undefined, -1])('a failure with exit code %p is one, even where -1 is a success', (code) => {
    expect(outcome('Failed', code, { successExitCodes: [0, -1] })).toBe(Outcome.FAILED);
  });

  test('a step that the agent could not run fails with 0, which is no exit code of the program', () => {
    expect(judgeInvocation(job(), invocation(FIRST, 'Failed', 0))).toMatchObject({ outcome: Outcome.FAILED, exitCode: -1 });
  });

  test.each([
    'ExecutionTimedOut', 'Cancelled', 'Terminated', 'Undeliverable',
  ])('%s is no success whatever the exit code', (details) => {
    expect(outcome(details, 4, { successExitCodes: [0, 4] })).not.toBe(Outcome.SUCCEEDED);
  });

  test('a step that the agent skipped is no success of the job\'s own document, which has no other', () => {
    const document = { name: 'Vendor-Doc', own: false, parameters: {} };
    for (const step of [{ ...plugin('Success', 0), StatusDetails: 'Skipped' }, plugin('Skipped', 0)]) {
      const success = invocation(FIRST, 'Success', undefined, { CommandPlugins: [step] });
      expect(judgeInvocation(job(), success)).toMatchObject({ outcome: Outcome.UNDELIVERED, reason: Reason.INVALID_PLATFORM });
      expect(judgeInvocation(job({ document }), success).outcome).toBe(Outcome.SUCCEEDED);
    }
    expect(judgeInvocation(job(), invocation(FIRST, 'Skipped', 0))).toMatchObject({ outcome: Outcome.UNDELIVERED });
  });

  test.each([
    'Step execution skipped, dry run',
    'Step execution skipped due to unsupported plugin: aws:runShellScript. Step name: run',
    'Plugin with name aws:runShellScript and id run skipped due to prior step with an exit condition',
    'document process failed unexpectedly: exit status 2',
    'failed to run commands: no such process',
    '--output truncated--',
  ])('a program that prints %p and exits with 0 has succeeded', (words) => {
    const success = invocation(FIRST, 'Success', undefined, { CommandPlugins: [{ ...plugin('Success', 0), Output: words }] });
    expect(judgeInvocation(job(), success)).toMatchObject({ outcome: Outcome.SUCCEEDED, exitCode: 0 });
  });

  test('a run that had been started before is skipped, by the job\'s own document only', () => {
    const document = { name: 'Vendor-Doc', own: false, parameters: {} };
    expect(outcome('Failed', ALREADY_STARTED_EXIT_CODE)).toBe(Outcome.SKIPPED);
    expect(outcome('Failed', ALREADY_STARTED_EXIT_CODE, { document })).toBe(Outcome.FAILED);
    expect(outcome('ExecutionTimedOut', ALREADY_STARTED_EXIT_CODE)).toBe(Outcome.TIMED_OUT);
  });
});

test('a run that found another one running is skipped, but not where runs may overlap: there the exit code is the program\'s', () => {
  const document = { name: 'Vendor-Doc', own: false, parameters: {} };
  const code = ALREADY_RUNNING_EXIT_CODE;
  expect(outcome('Failed', code)).toBe(Outcome.SKIPPED);
  expect(outcome('Failed', code, { overlapPolicy: OverlapPolicy.CANCEL_RUNNING })).toBe(Outcome.SKIPPED);
  expect(outcome('Failed', code, { overlapPolicy: OverlapPolicy.ALLOW })).toBe(Outcome.FAILED);
  expect(outcome('Failed', code, { document })).toBe(Outcome.FAILED);
  expect(outcome('ExecutionTimedOut', code)).toBe(Outcome.TIMED_OUT);
});

describe('the launcher\'s exit codes are the launcher\'s', () => {
  const REFUSED = 'cots-batch-job: run x was started before, and is not started again (/var/lib/cots-batch-job/Job/runs/x)\n';
  const ended = (code: number) => `failed to run commands: exit status ${code}`;

  function judge(code: number, output: string) {
    return judgeInvocation(job(), invocation(FIRST, 'Failed', undefined, { CommandPlugins: [{ ...plugin('Failed', code), Output: output }] }));
  }

  test.each([212, 213])('%d where it says so last of all', (code) => {
    const before = 'sh: warning: setlocale: LC_ALL: cannot change locale (en_US)\n';
    for (const output of [REFUSED, before + REFUSED, REFUSED.replace('\n', '\r\n')]) {
      expect(judge(code, `\n----------ERROR-------\n${output}${ended(code)}`).outcome).toBe(Outcome.SKIPPED);
    }
  });

  test.each([212, 213])('%d of a program is a failure, whatever it prints', (code) => {
    const own = `cots-batch-job: the program itself ended with exit code ${code}\n`;
    for (const output of [
      `page 1\n----------ERROR-------\n${ended(code)}`,
      `${REFUSED}\n----------ERROR-------\nbusy\n${ended(code)}`,
      `\n----------ERROR-------\n${REFUSED}${own}${ended(code)}`,
      `\n----------ERROR-------\n${own}${REFUSED}${ended(code)}`,
      `\n----------ERROR-------\n${REFUSED}${'x'.repeat(2400)}\n---Error truncated----`,
    ]) {
      expect(judge(code, output)).toMatchObject({ outcome: Outcome.FAILED, exitCode: code });
    }
  });
});

describe('several steps', () => {
  function judge(...plugins: ReturnType<typeof plugin>[]) {
    return judgeInvocation(job({ successExitCodes: [0, 4] }), invocation(
      FIRST,
      'Failed',
      undefined,
      { CommandPlugins: plugins },
    ));
  }

  test('the first that failed counts', () => {
    expect(judge(plugin('Success', 0, 'a'), plugin('Failed', 7, 'b'), plugin('Failed', 8, 'c')))
      .toMatchObject({ outcome: Outcome.FAILED, exitCode: 7, step: 'b', severalSteps: true });
  });

  test('all that failed must have failed with a success', () => {
    expect(judge(plugin('Failed', 4), plugin('Success', 0)).outcome).toBe(Outcome.SUCCEEDED);
    expect(judge(plugin('Failed', 4), plugin('Failed', 5)).outcome).toBe(Outcome.FAILED);
    expect(judge(plugin('Failed', 4), plugin('ExecutionTimedOut', 4)).outcome).toBe(Outcome.FAILED);
    expect(judge(plugin('Failed', 4), plugin('Pending', -1)).outcome).toBe(Outcome.FAILED);
    expect(judge(plugin('Failed', 4), plugin('Evaporated', 4)).outcome).toBe(Outcome.FAILED);
    expect(judge(plugin('Failed', 4), plugin('Failed', undefined)).outcome).toBe(Outcome.FAILED);
    expect(judge(plugin('Success', 0)).outcome).toBe(Outcome.FAILED);
  });

  test('a step that SSM calls a success counts with its exit code as well', () => {
    const judged = judgeInvocation(job(), invocation(FIRST, 'Success', undefined, {
      CommandPlugins: [plugin('Success', 0), plugin('Success', 3)],
    }));
    expect(judged.outcome).toBe(Outcome.FAILED);
  });
});

test('an agent that died while the program ran does not mean that the program did not run', () => {
  const begun = { ...plugin('DeliveryTimedOut', -1), ResponseStartDateTime: new Date('2026-03-01T02:00:05Z') };
  expect(
    judgeInvocation(job(), invocation(FIRST, 'Delivery Timed Out', -1, { Status: 'TimedOut', CommandPlugins: [begun] })).outcome,
  )
    .toBe(Outcome.UNRESPONSIVE);
  expect(judgeInvocation(job(), invocation(FIRST, 'DeliveryTimedOut', -1, { CommandPlugins: [plugin('InProgress', -1)] })).outcome)
    .toBe(Outcome.UNRESPONSIVE);
  expect(judgeInvocation(job(), invocation(FIRST, 'DeliveryTimedOut', -1, { CommandPlugins: [plugin('Pending', -1)] })).outcome)
    .toBe(Outcome.UNDELIVERED);
  const untouched = { ...plugin('DeliveryTimedOut', -1), ResponseStartDateTime: new Date(0) };
  expect(judgeInvocation(job(), invocation(FIRST, 'DeliveryTimedOut', -1, { CommandPlugins: [untouched] })).outcome)
    .toBe(Outcome.UNDELIVERED);
});

describe('a failure of the agent has the exit code 1, too', () => {
  const ENDED = 'failed to run commands: exit status 1';
  const LOST = 'document process failed unexpectedly: exit status 2 , check [ssm-document-worker]/[ssm-session-worker] log for crash reason';
  const ERROR = '\n----------ERROR-------\n';
  const CUT = '\n---Error truncated----';
  const vendor = { name: 'Vendor-Doc', own: false, parameters: {} };

  function judge(output: string | undefined, settings: Partial<JobSettings> = {}) {
    return judgeInvocation(job({ successExitCodes: [0, 1], ...settings }), invocation(FIRST, 'Failed', undefined, {
      CommandPlugins: [{ ...plugin('Failed', 1), Output: output }],
    }));
  }

  test.each([
    ['reboot, or killed worker', LOST],
    ['time-out of what had ended, but for a background process', `page 1${ERROR}failed to run commands: no such process`],
    ['text of the agent that nobody knows', 'the disk is full'],
    ['program that had printed the agent\'s last line before', `${ENDED}\n${LOST}`],
    ['program that had printed it on stderr before', `page 1${ERROR}${ENDED}\nfailed to run commands: no such process`],
    ['program that had printed how the agent cuts', `page 1${CUT}`],
  ])('%s: no exit code, and it may still run', (_, output) => {
    expect(judge(output)).toMatchObject({ outcome: Outcome.UNRESPONSIVE, reason: Reason.FAILED, exitCode: -1, step: 'run' });
  });

  test.each([
    ['on stdout', `${LOST}\nfailed to run commands: no such process\n${ERROR}${ENDED}`],
    ['on stderr', `page 1${ERROR}${LOST}\nfailed to run commands: no such process${ENDED}`],
    ['nowhere', `${ERROR}${ENDED}`],
  ])('of a program that prints the agent\'s words %s, 1 is the exit code', (_, output) => {
    expect(judge(output)).toMatchObject({ outcome: Outcome.SUCCEEDED, exitCode: 1 });
    expect(judge(output, { successExitCodes: [0] })).toMatchObject({ outcome: Outcome.FAILED, exitCode: 1 });
    expect(judge(output, { document: vendor })).toMatchObject({ outcome: Outcome.SUCCEEDED, exitCode: 1 });
  });

  test('nor does it matter how much of it there is', () => {
    const words = constantFrom(LOST, ENDED, ERROR, CUT, 'failed to run commands: no such process', '\n', '界', 'x'.repeat(700));
    const printed = array(words, { maxLength: 12 }).map((parts) => Buffer.from(parts.join('')));
    assert(property(printed, printed, (stdout, stderr) => {
      const output = pluginOutput(stdout, Buffer.concat([stderr, Buffer.from(ENDED)]));
      expect(judge(output)).toMatchObject({ outcome: Outcome.SUCCEEDED, exitCode: 1 });
    }), { numRuns: 500 });
  });

  test('a step that ends the document says so behind it', () => {
    const output = `${ERROR}${ENDED}\nStep was found to have onFailure property. Further document steps will be skipped.`;
    expect(judge(output, { document: vendor })).toMatchObject({ outcome: Outcome.SUCCEEDED, exitCode: 1 });
  });

  test.each([undefined, '', '\n'])('without any output (%p) it is no success, whatever the codes', (output) => {
    expect(judge(output)).toMatchObject({ outcome: Outcome.FAILED, exitCode: 1 });
  });

  test('a script that could not be started does not run', () => {
    const output = `${ERROR}failed to run commands: fork/exec /usr/bin/sh: cannot allocate memory`;
    expect(judge(output)).toMatchObject({ outcome: Outcome.FAILED, exitCode: -1 });
  });

  test('other exit codes are the program\'s, whatever it prints', () => {
    for (const code of [4, 75, 255]) {
      const failed = invocation(FIRST, 'Failed', undefined, { CommandPlugins: [{ ...plugin('Failed', code), Output: LOST }] });
      expect(judgeInvocation(job(), failed)).toMatchObject({ outcome: Outcome.FAILED, exitCode: code });
    }
  });

  test('a step that is cancelled before its script begins, or as the agent shuts down, has no exit code', () => {
    expect(judgeInvocation(job(), invocation(FIRST, 'Cancelled', 1))).toMatchObject({ outcome: Outcome.CANCELLED, exitCode: -1 });
    expect(judgeInvocation(job(), invocation(FIRST, 'Cancelled', 137))).toMatchObject({ outcome: Outcome.CANCELLED, exitCode: 137 });
  });

  test('what an older agent cuts, too', () => {
    const output = `${'x'.repeat(1176)}\n---Output truncated---${ERROR}${'e'.repeat(1152)}${CUT}`;
    expect(output.length).toBeLessThan(2400);
    expect(judge(output)).toMatchObject({ outcome: Outcome.SUCCEEDED, exitCode: 1 });
  });

  test('a step of another document that runs no script fails in its own words, and is no success either', () => {
    expect(judge('Failed to download the playbook', { document: vendor })).toMatchObject({ outcome: Outcome.FAILED, exitCode: -1 });
    expect(judge(LOST, { document: vendor })).toMatchObject({ outcome: Outcome.UNRESPONSIVE, exitCode: -1 });
  });

  test('of several steps the one that was lost counts', () => {
    const steps = [
      { ...plugin('Failed', 1, 'fetch'), Output: ENDED },
      { ...plugin('Failed', 1, 'index'), Output: LOST },
    ];
    const judged = judgeInvocation(job({ document: vendor, successExitCodes: [0, 1] }), invocation(FIRST, 'Failed', undefined, { CommandPlugins: steps }));
    expect(judged).toMatchObject({ outcome: Outcome.UNRESPONSIVE, exitCode: -1, step: 'index' });
  });
});

test.each([
  ['blanks behind the agent\'s words', 'failed to run commands: exit status 1 Step was found to have onFailure property.', ' ', '\nx'],
  ['its words without an end', '', 'failed to run commands: exit status 1 ', 'x'],
  ['the launcher\'s words without an end', '', 'cots-batch-job: not started\n', 'x'],
  ['marks of what was cut', '', '\n---Error truncated----', 'x'],
])('it takes twice the time to judge twice the output: %s', (_what, begin, unit, end) => {
  const seconds = (count: number) => Math.min(...Array.from({ length: 3 }, () => {
    const start = process.cpuUsage();
    const Output = begin + unit.repeat(count) + end;
    judgeInvocation(job(), { ...invocation(FIRST, 'Failed', 1), CommandPlugins: [{ ...plugin('Failed', 1), Output }] });
    const { user, system } = process.cpuUsage(start);
    return user + system;
  }));
  seconds(100);
  expect(seconds(40_000) / (seconds(20_000) + 2_000)).toBeLessThan(3);
});

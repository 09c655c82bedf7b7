import { FIRST, invocation, job, plugin } from './samples';
import { judgeInvocation } from '../../src/runtime/invocation';
import { ALREADY_RUNNING_EXIT_CODE, ALREADY_STARTED_EXIT_CODE, JobSettings, Outcome, OverlapPolicy, RUNNING } from '../../src/runtime/protocol';

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
      expect(judged.status).toBe(word);
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
      .toMatchObject({ outcome: Outcome.FAILED, status: 'unknown status Evaporated' });
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
    const skipped = { ...plugin('Success', 0), Output: 'Step execution skipped due to unsupported plugin: aws:runShellScript.' };
    const named = { ...plugin('Success', 0), StatusDetails: 'Skipped' };
    const document = { name: 'Vendor-Doc', own: false, parameters: {} };
    for (const step of [skipped, named]) {
      const success = invocation(FIRST, 'Success', undefined, { CommandPlugins: [step] });
      expect(judgeInvocation(job(), success)).toMatchObject({ outcome: Outcome.UNDELIVERED, status: 'InvalidPlatform' });
      expect(judgeInvocation(job({ document }), success).outcome).toBe(Outcome.SUCCEEDED);
    }
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

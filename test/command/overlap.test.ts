import { Duration } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { BatchCommand, Outcome, OverlapPolicy } from '../../src';
import { JobProps, synth, SynthesizedJob } from '../support/synth';

const { SKIP, ALLOW, CANCEL_RUNNING, WAIT } = OverlapPolicy;
const schedule = ScheduleExpression.rate(Duration.days(1));
const document = BatchCommand.document('AWS-RunAnsiblePlaybook');

function launcher(synthesized: SynthesizedJob): string {
  return synthesized.properties(synthesized.job.node.findChild('Document')).Content.mainSteps[0].inputs.runCommand.join('\n');
}

test.each<[string, JobProps, OverlapPolicy]>([
  ['a job that somebody starts, who may hand over what no other run has', {}, ALLOW],
  ['a job with a schedule', { schedule }, SKIP],
  ['a document, which has no launcher', { command: document, schedule }, ALLOW],
  ['a policy of the user\'s', { overlapPolicy: SKIP }, SKIP],
  ['a policy of the user\'s, with a schedule', { schedule, overlapPolicy: ALLOW }, ALLOW],
  ['a document that may overlap', { command: document, overlapPolicy: ALLOW }, ALLOW],
])('%s', (_what, props, expected) => {
  expect(synth(props).settings.overlapPolicy).toBe(expected);
});

/** How the launcher says for how long it waits. */
const patience = (seconds: number) => new RegExp(`patience( = if \\(\\$left\\).*else \\{ |=)${seconds}\\b`);

describe.each([
  ['shell', BatchCommand.shell('bin/index.sh'), /flock -n/],
  ['powerShell', BatchCommand.powerShell('index.exe'), /launcher\.lock/],
])('the launcher of %s', (_what, command, lock) => {
  test('takes a lock, unless runs may overlap', () => {
    expect(launcher(synth({ command, overlapPolicy: SKIP }))).toMatch(lock);
    expect(launcher(synth({ command, overlapPolicy: CANCEL_RUNNING }))).toMatch(lock);
    expect(launcher(synth({ command, overlapPolicy: ALLOW }))).not.toMatch(lock);
  });

  test.each<[string, JobProps, number]>([
    ['a minute', {}, 60],
    ['half of the execution timeout at most, which the agent counts it towards', { executionTimeout: Duration.seconds(31) }, 15],
  ])('waits for a run that is cancelled: %s', (_long, props, seconds) => {
    expect(launcher(synth({ ...props, command, overlapPolicy: CANCEL_RUNNING }))).toMatch(patience(seconds));
    expect(launcher(synth({ ...props, command, overlapPolicy: SKIP }))).not.toMatch(patience(seconds));
  });
});

test.each([SKIP, CANCEL_RUNNING, WAIT])('a document cannot have the policy %s', (overlapPolicy) => {
  expect(() => synth({ command: document, overlapPolicy })).toThrow(new Error(
    `overlapPolicy must be Allow for BatchCommand.document, which has no launcher to hold a lock, got "${overlapPolicy}"`,
  ));
});

test('a policy that does not exist', () => {
  expect(() => synth({ overlapPolicy: 'SKIP' as never }))
    .toThrow(new Error('overlapPolicy must be one of Skip, Allow, CancelRunning, Wait, got "SKIP"'));
});

test('only a job that cancels what runs may do so when it starts', () => {
  const actions = (overlapPolicy: OverlapPolicy) => {
    const synthesized = synth({ overlapPolicy });
    return synthesized.statements(synthesized.job.startFunction.role).filter(({ resources }) => resources.includes('*'))
      .flatMap((statement) => statement.actions);
  };
  expect(actions(SKIP)).toEqual(['ssm:ListCommands']);
  expect(actions(ALLOW)).toEqual(['ssm:ListCommands']);
  expect(actions(WAIT)).toEqual(['ssm:ListCommands']);
  expect(actions(CANCEL_RUNNING)).toEqual(['ssm:CancelCommand', 'ssm:ListCommands']);
});

describe('runs that wait', () => {
  const content = (synthesized: SynthesizedJob) => synthesized.properties(synthesized.job.node.findChild('Document')).Content;

  test.each<[string, JobProps, number]>([
    ['as long as another one may take, and be stopped', {}, 43_260],
    ['as long as is left of 48 hours', { executionTimeout: Duration.hours(30) }, 18 * 3600],
    ['as long as the user says', { overlapWait: Duration.minutes(5) }, 300],
    ['as long as SSM lets them', { executionTimeout: Duration.hours(12), overlapWait: Duration.hours(36) }, 36 * 3600],
  ])('wait %s', (_long, props, seconds) => {
    const synthesized = synth({ ...props, overlapPolicy: WAIT });
    const { overlapPolicy, overlapWaitSeconds, executionTimeoutSeconds } = synthesized.settings;
    expect([overlapPolicy, overlapWaitSeconds]).toEqual([WAIT, seconds]);
    // The agent counts both.
    expect(content(synthesized).parameters.executionTimeout.default).toBe(`${executionTimeoutSeconds + seconds}`);
    expect(content(synthesized).mainSteps[0].inputs.timeoutSeconds).toBe('{{ executionTimeout }}');
    expect(launcher(synthesized)).toContain(`patient=$(({{ executionTimeout }} - ${executionTimeoutSeconds}))`);
    expect(launcher(synthesized)).toContain(`deadline=$(($(up_seconds) + ${executionTimeoutSeconds} + 1))`);
  });

  test.each<[string, JobProps, string]>([
    ['another policy', { overlapPolicy: SKIP, overlapWait: Duration.hours(1) }, 'overlapWait has no effect without OverlapPolicy.WAIT, got 1 hour'],
    ['no policy', { schedule, overlapWait: Duration.hours(1) }, 'overlapWait has no effect without OverlapPolicy.WAIT, got 1 hour'],
    [
      'more than SSM allows', { overlapPolicy: WAIT, overlapWait: Duration.hours(37) },
      'overlapWait must be whole seconds between 1 second and 1 day 12 hours (limit of SSM, less executionTimeout), got "1 day 13 hours"',
    ],
    [
      'a program that leaves no time', { overlapPolicy: WAIT, executionTimeout: Duration.hours(48) },
      'executionTimeout must be shorter than 48 hours with OverlapPolicy.WAIT, because SSM counts the wait with it, got "2 days"',
    ],
    ['no time', { overlapPolicy: WAIT, overlapWait: Duration.seconds(0) }, 'got "0 seconds"'],
    ['no duration', { overlapPolicy: WAIT, overlapWait: 60 as never }, 'overlapWait must be a Duration, got 60'],
    [
      'PowerShell', { overlapPolicy: WAIT, command: BatchCommand.powerShell('index.exe') },
      'overlapPolicy must not be Wait for BatchCommand.powerShell, whose launcher cannot stop the program at executionTimeout, got "Wait"',
    ],
  ])('are refused: %s', (_what, props, message) => {
    expect(() => synth(props)).toThrow(message);
  });

  test('report that they were skipped, unless the user says otherwise', () => {
    expect(synth({ overlapPolicy: WAIT }).settings.notifyOn).toContain(Outcome.SKIPPED);
    expect(synth({ overlapPolicy: WAIT, notifyOn: [Outcome.FAILED] }).settings.notifyOn).toEqual([Outcome.FAILED]);
    expect(synth({ overlapPolicy: CANCEL_RUNNING }).settings.notifyOn).not.toContain(Outcome.SKIPPED);
  });

  test('have time for both until the execution itself times out', () => {
    const timeout = (props: JobProps) => synth({ executionTimeout: Duration.hours(6), ...props }).definition.TimeoutSeconds ?? 0;
    expect(timeout({ overlapPolicy: WAIT, overlapWait: Duration.hours(2) })).toBe(timeout({}) + 7200);
  });

  test.each([SKIP, ALLOW, CANCEL_RUNNING])('and nothing of it for other policies: %s', (overlapPolicy) => {
    const synthesized = synth({ overlapPolicy });
    expect(launcher(synthesized)).not.toMatch(/up_seconds|deadline|watch_limit/);
    expect(synthesized.settings).not.toHaveProperty('overlapWaitSeconds');
    expect(content(synthesized).parameters.executionTimeout).toMatchObject({
      default: `${synthesized.settings.executionTimeoutSeconds}`, description: 'The program is stopped after so many seconds',
    });
  });
});

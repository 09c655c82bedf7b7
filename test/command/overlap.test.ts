import { Duration } from 'aws-cdk-lib';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { BatchCommand, OverlapPolicy } from '../../src';
import { JobProps, synth, SynthesizedJob } from '../support/synth';

const { SKIP, ALLOW, CANCEL_RUNNING } = OverlapPolicy;
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

test.each([SKIP, CANCEL_RUNNING])('a document cannot have the policy %s', (overlapPolicy) => {
  expect(() => synth({ command: document, overlapPolicy })).toThrow(new Error(
    `overlapPolicy must be Allow for BatchCommand.document, which has no launcher to hold a lock, got "${overlapPolicy}"`,
  ));
});

test('a policy that does not exist', () => {
  expect(() => synth({ overlapPolicy: 'SKIP' as never }))
    .toThrow(new Error('overlapPolicy must be one of Skip, Allow, CancelRunning, got "SKIP"'));
});

test('only a job that cancels what runs may do so when it starts', () => {
  const actions = (overlapPolicy: OverlapPolicy) => {
    const synthesized = synth({ overlapPolicy });
    return synthesized.statements(synthesized.job.startFunction.role).filter(({ resources }) => resources.includes('*'))
      .flatMap((statement) => statement.actions);
  };
  expect(actions(SKIP)).toEqual(['ssm:ListCommands']);
  expect(actions(ALLOW)).toEqual(['ssm:ListCommands']);
  expect(actions(CANCEL_RUNNING)).toEqual(['ssm:CancelCommand', 'ssm:ListCommands']);
});

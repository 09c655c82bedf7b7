import { Duration, Lazy } from 'aws-cdk-lib';
import { BatchCommand, ExitCodes } from '../src';
import { synth } from './support/synth';

const RULE = 'must be a whole number between 0 and 255';

test.each([
  ['up to 4', ExitCodes.upTo(4), [0, 1, 2, 3, 4]],
  ['up to 0', ExitCodes.upTo(0), [0]],
  ['a range', ExitCodes.range(10, 12), [10, 11, 12]],
  ['a range of one', ExitCodes.range(255, 255), [255]],
])('%s', (_, codes, expected) => {
  expect(codes).toEqual(expected);
});

test.each([
  ['a negative one', () => ExitCodes.upTo(-1), `ExitCodes.upTo ${RULE}, got -1`],
  ['one that no process has', () => ExitCodes.upTo(256), `ExitCodes.upTo ${RULE}, got 256`],
  ['a fraction', () => ExitCodes.upTo(0.5), `ExitCodes.upTo ${RULE}, got 0.5`],
  ['a first one that is none', () => ExitCodes.range(-1, 4), `the first of ExitCodes.range ${RULE}, got -1`],
  ['a last one that is none', () => ExitCodes.range(1, 1000), `the last of ExitCodes.range ${RULE}, got 1000`],
  ['a range backwards', () => ExitCodes.range(4, 3), 'the last of ExitCodes.range must not be smaller than the first (4), got 3'],
  ['a token', () => ExitCodes.upTo(Lazy.number({ produce: () => 3 })), 'ExitCodes.upTo must be known at synth, got a token'],
])('%s is refused', (_, make, message) => {
  expect(make).toThrow(new Error(message));
});

test('they reach the job wherever exit codes are taken', () => {
  const { settings } = synth({
    command: BatchCommand.shell('x', { successExitCodes: [...ExitCodes.upTo(2), 9] }),
    retry: { exitCodes: ExitCodes.range(75, 77), interval: Duration.seconds(1) },
  });
  expect(settings.successExitCodes).toEqual([0, 1, 2, 9]);
  expect(settings.retry?.exitCodes).toEqual([75, 76, 77]);
});

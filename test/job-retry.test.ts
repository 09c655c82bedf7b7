import { Duration, Lazy } from 'aws-cdk-lib';
import { BatchCommand, JobRetryOptions, Outcome } from '../src';
import { synth } from './support/synth';

const settings = (retry: JobRetryOptions) => synth({ retry }).settings.retry;

test('without it, a run has one attempt', () => {
  expect(synth().settings.retry).toBeUndefined();
});

test('the defaults', () => {
  expect(settings({})).toEqual({
    maxAttempts: 3,
    intervalSeconds: 300,
    backoffRate: 2,
    maxDelaySeconds: 3600,
    outcomes: ['Failed', 'Undelivered'],
    exitCodes: [],
  });
});

test('all options', () => {
  const retry: Required<JobRetryOptions> = {
    maxAttempts: 10,
    interval: Duration.seconds(1),
    backoffRate: 1.5,
    maxDelay: Duration.seconds(90),
    outcomes: [Outcome.TIMED_OUT, Outcome.FAILED],
    exitCodes: [75, 1],
  };
  expect(settings(retry)).toEqual({
    maxAttempts: 10, intervalSeconds: 1, backoffRate: 1.5, maxDelaySeconds: 90, outcomes: ['TimedOut', 'Failed'], exitCodes: [75, 1],
  });
});

test('an interval of more than an hour is the longest wait, too', () => {
  expect(settings({ interval: Duration.hours(2) })).toMatchObject({ intervalSeconds: 7200, maxDelaySeconds: 7200 });
});

const INTERVAL = 'retry.interval must be whole seconds between 1 second and 1 day (one day at most)';
const OUTCOMES = 'retry.outcomes must be different ones of Failed, TimedOut, Undelivered, at least one';
const CODES = 'retry.exitCodes must be different whole numbers of 0 or more, at least one';

test.each<[string, JobRetryOptions, string]>([
  ['one attempt', { maxAttempts: 1 }, 'retry.maxAttempts must be a whole number between 2 and 10, got 1'],
  ['eleven attempts', { maxAttempts: 11 }, 'retry.maxAttempts must be a whole number between 2 and 10, got 11'],
  ['half an attempt', { maxAttempts: 2.5 }, 'retry.maxAttempts must be a whole number between 2 and 10, got 2.5'],
  ['no number of attempts', { maxAttempts: NaN }, 'retry.maxAttempts must be a whole number between 2 and 10, got null'],
  ['a token', { maxAttempts: Lazy.number({ produce: () => 3 }) }, 'retry.maxAttempts must be known at synth, got a token'],
  ['waits that become shorter', { backoffRate: 0.5 }, 'retry.backoffRate must be a number between 1 and 10, got 0.5'],
  ['waits without end', { backoffRate: Infinity }, 'retry.backoffRate must be a number between 1 and 10, got null'],
  ['no wait', { interval: Duration.seconds(0) }, `${INTERVAL}, got "0 seconds"`],
  ['a wait of more than a day', { interval: Duration.hours(25) }, `${INTERVAL}, got "1 day 1 hour"`],
  [
    'a longest wait that is shorter than the first', { interval: Duration.minutes(10), maxDelay: Duration.minutes(9) },
    'retry.maxDelay must be whole seconds between 10 minutes and 1 day (retry.interval at least), got "9 minutes"',
  ],
  ['no outcome', { outcomes: [] }, `${OUTCOMES}, got []`],
  ['an outcome that may still run', { outcomes: [Outcome.UNRESPONSIVE] }, `${OUTCOMES}, got ["Unresponsive"]`],
  ['what somebody cancelled', { outcomes: [Outcome.FAILED, Outcome.CANCELLED] }, `${OUTCOMES}, got ["Failed","Cancelled"]`],
  ['an outcome twice', { outcomes: [Outcome.FAILED, Outcome.FAILED] }, `${OUTCOMES}, got ["Failed","Failed"]`],
  ['no exit code', { exitCodes: [] }, `${CODES}, got []`],
  ['a negative exit code', { exitCodes: [-1] }, `${CODES}, got [-1]`],
  ['an exit code twice', { exitCodes: [3, 3] }, `${CODES}, got [3,3]`],
  ['an exit code of success', { exitCodes: [0, 3] }, 'retry.exitCodes must not have one of successExitCodes (0), got 0'],
  [
    'exit codes of no failure', { exitCodes: [3], outcomes: [Outcome.UNDELIVERED] },
    'retry.exitCodes has no effect unless retry.outcomes has Failed, got [3]',
  ],
])('refused: %s', (_, retry, message) => {
  expect(() => synth({ retry })).toThrow(new Error(message));
});

test('success exit codes are the command\'s own', () => {
  const command = BatchCommand.shell('x', { successExitCodes: [0, 4] });
  expect(() => synth({ command, retry: { exitCodes: [4] } }))
    .toThrow('retry.exitCodes must not have one of successExitCodes (0, 4), got 4');
});

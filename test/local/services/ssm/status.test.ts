import { commandStatus, StatusDetails } from '../../../../src/local/services/ssm/command';

const status = (invocations: StatusDetails[], maxErrors = 0) => {
  const { status: is, statusDetails } = commandStatus(invocations, maxErrors, false);
  return [is, statusDetails];
};

test.each<[string, StatusDetails[], number, [string, string]]>([
  ['nothing was sent yet', ['Pending', 'Pending'], 0, ['Pending', 'Pending']],
  ['one has ended, one waits', ['Success', 'Pending'], 0, ['InProgress', 'InProgress']],
  ['one runs', ['InProgress', 'Pending'], 0, ['InProgress', 'InProgress']],
  ['one is being cancelled', ['InProgress', 'Cancelling'], 0, ['Cancelling', 'Cancelling']],
  ['all succeeded', ['Success', 'Success'], 0, ['Success', 'Success']],
  ['one failed', ['Success', 'Failed'], 0, ['Failed', 'Failed']],
  ['as many failed as are tolerated', ['Success', 'Failed'], 1, ['Failed', 'Incomplete']],
  ['one ran too long', ['Success', 'ExecutionTimedOut'], 0, ['TimedOut', 'ExecutionTimedOut']],
  ['one never answered', ['Success', 'DeliveryTimedOut'], 0, ['TimedOut', 'DeliveryTimedOut']],
  ['one was cancelled', ['Success', 'Cancelled'], 0, ['Cancelled', 'Cancelled']],
  ['errors ended the rest', ['Failed', 'Terminated'], 0, ['Failed', 'Failed']],
  ['all could not be delivered', ['Undeliverable', 'Undeliverable'], 0, ['Failed', 'Failed']],
  ['the trap: one success hides four that did not run',
    ['Undeliverable', 'Undeliverable', 'Undeliverable', 'Undeliverable', 'Success'], 0, ['Success', 'Success']],
  ['the same with access denied', ['AccessDenied', 'Success'], 0, ['Success', 'Success']],
  ['access denied everywhere', ['AccessDenied', 'AccessDenied'], 0, ['Failed', 'AccessDenied']],
])('a command when %s', (_, invocations, maxErrors, expected) => {
  expect(status(invocations, maxErrors)).toEqual(expected);
});

test('counts', () => {
  expect(commandStatus(['Success', 'Failed', 'ExecutionTimedOut', 'DeliveryTimedOut', 'Undeliverable', 'InProgress'], 0, false))
    .toMatchObject({ targetCount: 6, completedCount: 5, errorCount: 2, deliveryTimedOutCount: 1 });
});

test('no targets are a success, in the eyes of SSM', () => {
  expect(commandStatus([], 0, true)).toMatchObject({ status: 'Success', statusDetails: 'NoInstancesInTag', targetCount: 0 });
});

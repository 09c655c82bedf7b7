/** `StatusDetails` of an invocation or a step, in the spelling that the API answers with. */
export type StatusDetails =
  | 'Pending' | 'InProgress' | 'Delayed' | 'Cancelling'
  | 'Success' | 'Skipped' | 'Failed' | 'Cancelled' | 'ExecutionTimedOut'
  | 'DeliveryTimedOut' | 'Undeliverable' | 'Terminated' | 'InvalidPlatform' | 'AccessDenied';

/** `Status` of an invocation or a step. */
export type Status = 'Pending' | 'InProgress' | 'Delayed' | 'Cancelling' | 'Success' | 'Skipped' | 'Failed' | 'Cancelled' | 'TimedOut';

/**
 * The `Status` that goes with a `StatusDetails`. Undeliverable is `Failed` as users report it; AWS does not document the pairs
 * of Terminated, InvalidPlatform and AccessDenied, so nobody should rely on them.
 */
export const STATUS_OF: { readonly [details in StatusDetails]: Status } = {
  Pending: 'Pending',
  InProgress: 'InProgress',
  Delayed: 'Delayed',
  Cancelling: 'Cancelling',
  Success: 'Success',
  // Of a step only: a command or an invocation never is.
  Skipped: 'Skipped',
  Failed: 'Failed',
  Cancelled: 'Cancelled',
  ExecutionTimedOut: 'TimedOut',
  DeliveryTimedOut: 'TimedOut',
  Undeliverable: 'Failed',
  Terminated: 'Cancelled',
  InvalidPlatform: 'Failed',
  AccessDenied: 'Failed',
};

const ACTIVE: readonly StatusDetails[] = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];

/** Whether nothing will change any more. */
export function isTerminal(details: StatusDetails): boolean {
  return !ACTIVE.includes(details);
}

/** Whether it counts against the command's MaxErrors. */
export function isError(details: StatusDetails): boolean {
  return details === 'Failed' || details === 'ExecutionTimedOut';
}

/** These never make a command fail while one other invocation succeeds: the trap of the parent's `Success`. */
const IGNORED: readonly StatusDetails[] = ['Undeliverable', 'InvalidPlatform', 'AccessDenied'];

/** What SSM says of a command as a whole. */
export interface CommandStatus {
  readonly status: Exclude<Status, 'Delayed' | 'Skipped'>;
  readonly statusDetails: string;
  readonly targetCount: number;
  readonly completedCount: number;
  readonly errorCount: number;
  readonly deliveryTimedOutCount: number;
}

/**
 * Sums up the invocations of a command as SSM does. It is no substitute for looking at each of them.
 *
 * @param maxErrors how many errors the command tolerates
 * @param noTargets the targets matched no instance, and SSM has found that out
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
 */
export function commandStatus(invocations: readonly StatusDetails[], maxErrors: number, noTargets: boolean): CommandStatus {
  const [status, statusDetails] = noTargets ? ['Success' as const, 'NoInstancesInTag'] : sum(invocations, maxErrors);
  const count = (test: (details: StatusDetails) => boolean) => invocations.filter(test).length;
  return {
    status,
    statusDetails,
    targetCount: invocations.length,
    completedCount: count(isTerminal),
    errorCount: count(isError),
    deliveryTimedOutCount: count((details) => details === 'DeliveryTimedOut'),
  };
}

function sum(invocations: readonly StatusDetails[], maxErrors: number): [CommandStatus['status'], string] {
  const has = (details: StatusDetails) => invocations.includes(details);
  const tooMany = (test: (details: StatusDetails) => boolean) => invocations.filter(test).length > maxErrors;

  if (has('Cancelling')) {
    return ['Cancelling', 'Cancelling'];
  }
  if (!invocations.every(isTerminal)) {
    return invocations.every((details) => details === 'Pending') ? ['Pending', 'Pending'] : ['InProgress', 'InProgress'];
  }
  if (invocations.length === 0) {
    return ['Pending', 'Pending'];
  }
  if (has('Cancelled')) {
    return ['Cancelled', 'Cancelled'];
  }
  if (tooMany(isError)) {
    return has('Failed') ? ['Failed', 'Failed'] : ['TimedOut', 'ExecutionTimedOut'];
  }
  if (tooMany((details) => details === 'DeliveryTimedOut')) {
    return ['TimedOut', 'DeliveryTimedOut'];
  }

  const judged = invocations.filter((details) => !IGNORED.includes(details));
  if (judged.length === 0) {
    return ['Failed', invocations.every((details) => details === 'AccessDenied') ? 'AccessDenied' : 'Failed'];
  }
  return judged.every((details) => details === 'Success') ? ['Success', 'Success'] : ['Failed', 'Incomplete'];
}

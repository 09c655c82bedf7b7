import { Document, DocumentStep } from './document';
import { Instance, Target } from './fleet';
import { GivenParameters, ParameterValues } from './parameters';

/** What SendCommand was asked, beyond whom and what to send. */
export interface SendCommandInput {
  readonly InstanceIds?: readonly string[];
  readonly Targets?: readonly Target[];
  readonly DocumentName: string;
  readonly DocumentVersion?: string;
  readonly DocumentHash?: string;
  readonly DocumentHashType?: 'Sha256' | 'Sha1';
  readonly TimeoutSeconds?: number;
  readonly Comment?: string;
  readonly Parameters?: GivenParameters;
  readonly OutputS3BucketName?: string;
  readonly OutputS3KeyPrefix?: string;
  readonly MaxConcurrency?: string;
  readonly MaxErrors?: string;
  readonly ServiceRoleArn?: string;
  readonly NotificationConfig?: unknown;
  readonly CloudWatchOutputConfig?: { readonly CloudWatchLogGroupName?: string; readonly CloudWatchOutputEnabled?: boolean };
}

/** What one step of the document came to on one instance: a *plugin* in the API. */
export interface StepResult {
  readonly name: string;
  readonly action: string;
  details: StatusDetails;
  /** -1 until the step has ended. */
  exitCode: number;
  startedAt?: number;
  endedAt?: number;
  /** Cut as the agent cuts it; empty until the step has ended. */
  stdout: string;
  stderr: string;
  /** Both together, for ListCommandInvocations. */
  output: string;
}

/** A command on one instance. */
export interface Invocation {
  readonly instance: Instance;
  readonly steps: StepResult[];
  details: StatusDetails;
}

/** A command that was sent. Times are milliseconds since the epoch, on the endpoint's clock. */
export interface Command {
  readonly commandId: string;
  /** Access key id of who has sent it; empty if that is not known. */
  readonly sentBy: string;
  readonly input: SendCommandInput;
  readonly document: Document;
  readonly values: ParameterValues;
  readonly requestedAt: number;
  /** SSM gives up then: delivery timeout and execution timeout after the request. */
  readonly expiresAt: number;
  /** When listings begin to show it: they are eventually consistent. */
  readonly visibleAt: number;
  /** How many errors are tolerated, in instances. */
  readonly maxErrors: number;
  /** How many instances run at the same time. */
  readonly maxConcurrency: number;
  readonly invocations: readonly Invocation[];
  /** SSM has found out that the targets match no instance. */
  noTargets: boolean;
}

export function newStep({ name, action }: DocumentStep): StepResult {
  return { name, action, details: 'Pending', exitCode: -1, stdout: '', stderr: '', output: '' };
}

/** The log group that a command's output goes to, if it was asked for. */
export function logGroupOf({ input, document }: Command): string | undefined {
  const config = input.CloudWatchOutputConfig;
  return config?.CloudWatchOutputEnabled ? config.CloudWatchLogGroupName ?? `/aws/ssm/${document.name}` : undefined;
}

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

const ACTIVE: readonly string[] = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];

/** Whether nothing will change any more. */
export function isTerminal(details: string): boolean {
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

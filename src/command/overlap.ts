import { Duration } from 'aws-cdk-lib';
import { OverlapPolicy } from '../protocol';
import { refuse, refuseWithout, secondsBetween } from '../validation';
import { LauncherLock } from './launcher/lock';

/** How long a run waits for the processes of one that is being stopped, in seconds. They are killed within seconds. */
const LONGEST_WAIT_SECONDS = 60;

/** What decides about runs that overlap. */
export interface OverlapContext {
  /** As the user has set it. */
  readonly overlapPolicy?: OverlapPolicy;
  readonly isScheduled: boolean;
  readonly executionTimeoutSeconds: number;
}

/**
 * The policy of a job with a launcher.
 *
 * A schedule starts the same work again and again: a start too many is no loss. Who starts a job otherwise may hand over parameters
 * that no other run has, and must not get a success while nothing has run.
 */
export function overlapPolicy({ overlapPolicy: given, isScheduled }: OverlapContext): OverlapPolicy {
  if (given !== undefined && !Object.values(OverlapPolicy).includes(given)) {
    refuse('overlapPolicy', `must be one of ${Object.values(OverlapPolicy).join(', ')}`, given);
  }
  return given ?? (isScheduled ? OverlapPolicy.SKIP : OverlapPolicy.ALLOW);
}

/** The lock that a policy takes on an instance. */
export function launcherLock(context: OverlapContext): LauncherLock | undefined {
  switch (overlapPolicy(context)) {
    case OverlapPolicy.ALLOW:
      return undefined;
    case OverlapPolicy.SKIP:
      return { waitSeconds: 0 };
    case OverlapPolicy.CANCEL_RUNNING:
      // The agent counts the wait towards the execution timeout, and the program needs the greater part of that.
      return { waitSeconds: Math.min(LONGEST_WAIT_SECONDS, Math.floor(context.executionTimeoutSeconds / 2)) };
    case OverlapPolicy.WAIT:
      return { waitSeconds: 0, programSeconds: context.executionTimeoutSeconds };
  }
}

/** What a command may take at most. @see https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html */
export const LONGEST_COMMAND = Duration.hours(48);

/**
 * How long a run waits at most for another one to end, in seconds; undefined where it does not wait. By default as long as that one may take,
 * and be stopped, so that whoever waits for a single run gets its turn.
 *
 * SSM counts the wait and the program together.
 *
 * @throws if the policy is another one, or the two take longer together than SSM lets a command take.
 */
export function overlapWaitSeconds(
  { overlapPolicy: policy, overlapWait }: { overlapPolicy?: OverlapPolicy; overlapWait?: Duration }, executionTimeoutSeconds: number,
): number | undefined {
  if (policy !== OverlapPolicy.WAIT) {
    refuseWithout('OverlapPolicy.WAIT', false, { overlapWait });
    return undefined;
  }
  const left = LONGEST_COMMAND.minus(Duration.seconds(executionTimeoutSeconds));
  if (left.toSeconds() === 0) {
    refuse('executionTimeout', 'must be shorter than 48 hours with OverlapPolicy.WAIT, because SSM counts the wait with it',
      Duration.seconds(executionTimeoutSeconds).toHumanString());
  }
  const standard = Duration.seconds(Math.min(executionTimeoutSeconds + LONGEST_WAIT_SECONDS, left.toSeconds()));
  return secondsBetween('overlapWait', overlapWait ?? standard, Duration.seconds(1), left, 'limit of SSM, less executionTimeout');
}

/**
 * Refuses to wait for a script of PowerShell.
 *
 * The agent counts the wait with the program, so that the launcher must stop the program in time. On Windows nothing of it could stop what a
 * script has started: the agent itself stops powershell.exe only.
 */
export function refuseToWait({ overlapPolicy: given }: OverlapContext): void {
  if (given === OverlapPolicy.WAIT) {
    refuse('overlapPolicy', 'must not be Wait for BatchCommand.powerShell, whose launcher cannot stop the program at executionTimeout', given);
  }
}

/**
 * Refuses a policy for a document that is not the job's own.
 *
 * There is no launcher that could hold a lock. SSM's list of commands is no substitute: it is eventually consistent, knows nothing
 * of processes that outlived their command, and has the commands of everybody else who uses the document.
 */
export function refuseOverlapPolicy({ overlapPolicy: given }: OverlapContext): void {
  if (given !== undefined && given !== OverlapPolicy.ALLOW) {
    refuse('overlapPolicy', 'must be Allow for BatchCommand.document, which has no launcher to hold a lock', given);
  }
}

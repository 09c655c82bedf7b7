import { OverlapPolicy } from '../protocol';
import { refuse } from '../validation';
import { LauncherLock } from './launcher/lock';

/** How long a run waits for the processes of the one that it has cancelled, in seconds. Agents kill a program within seconds. */
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

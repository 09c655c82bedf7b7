import { createHash } from 'node:crypto';
import { RUN_ID_PATTERN } from '../protocol';
import type { Delivered } from '../protocol/delivery';

/** So much of an event's ID is in that of its run, so that the comment of a command has room for it: EventBridge's own IDs have as much. */
const EVENT_ID_LENGTH = 36;

const SAFE = new RegExp(RUN_ID_PATTERN);

/** The first characters of a SHA-256: tells apart what a shortened name no longer does. */
export function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/**
 * Identifies a run on its instances: the same for every delivery of one scheduled time or one event, otherwise the execution's own.
 *
 * A name that does not fit `RUN_ID_PATTERN` is made to fit, with a hash of the original, so that different names stay
 * different. A scheduled time always gets a hash, and one of its own kind, and so does an event: no execution's name stands for it by accident.
 */
export function runId(executionName: string, { scheduledTime, triggerEventId }: Delivered = {}): string {
  if (scheduledTime !== undefined) {
    return hashed(scheduledTime, `scheduledTime ${scheduledTime}`);
  }
  if (triggerEventId !== undefined) {
    return hashed(triggerEventId.slice(0, EVENT_ID_LENGTH), `event ${triggerEventId}`);
  }
  return SAFE.test(executionName) ? executionName : hashed(executionName, executionName);
}

/**
 * Identifies a further attempt of a run on its instances, where each attempt is a run of its own.
 *
 * @param previous of the attempt before
 */
export function attemptId(previous: string, attempt: number): string {
  return hashed(`${firstAttemptId(previous)}-attempt-${attempt}`, `attempt ${attempt} after ${previous}`);
}

/** The ID of the first attempt of the run that an attempt belongs to. */
export function firstAttemptId(id: string): string {
  return id.replace(/-attempt-\d+-[0-9a-f]{12}$/, '');
}

/** Whether an ID, of which the end may be cut off, is that of a further attempt of a run. @param first the ID of the run's first attempt */
export function isFurtherAttempt(first: string, id: string): boolean {
  return id.startsWith(`${first}-attempt-`);
}

/** Which attempt of a run has this ID; undefined if it is one of another run. @param first the ID of the run's first attempt */
export function attemptNumber(first: string, id: string): number | undefined {
  const rest = id.startsWith(first) ? id.slice(first.length) : undefined;
  const [, number] = /^-attempt-(\d+)-[0-9a-f]{12}$/.exec(rest ?? '') ?? [];
  return rest === '' ? 1 : number === undefined ? undefined : Number(number);
}

function hashed(label: string, identity: string): string {
  return `${label.replace(/^\.+|[^A-Za-z0-9._-]+/g, '-').slice(0, 80)}-${digest(identity, 12)}`;
}

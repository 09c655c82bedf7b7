import { ageSeconds, mayBeDelivery, START_TOLERANCE_SECONDS, tooEarly, untimely } from './scheduled-time';
import { JobSettings } from './settings';
import { quote } from './text';

/**
 * EventBridge tries for a day to deliver an event.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
 */
const EVENT_SECONDS = 86_400;

/** What a run was started for, as its input says: one of both, or neither. */
export interface Delivered {
  /** The time that a schedule has started it for. */
  readonly scheduledTime?: string;
  /** The event that has started it. */
  readonly triggerEventId?: string;
  /** When EventBridge received that event. */
  readonly triggerEventTime?: string;
}

/** What whoever starts runs may deliver twice: a time of a schedule, or an event. Each is one run, however often it is delivered. */
export interface Delivery {
  /** Since when it can have been delivered. */
  readonly time: string;
  /** What it is, as the input has it. */
  readonly got: string;
  /** What an input must not have, to be another run. */
  readonly fields: string;
  /** Whether it is an event. */
  readonly isEvent: boolean;
}

/** @returns undefined for a run that somebody has started once */
export function deliveryOf({ scheduledTime, triggerEventId, triggerEventTime }: Delivered): Delivery | undefined {
  if (scheduledTime !== undefined) {
    return { time: scheduledTime, got: scheduledTime, fields: 'scheduledTime', isEvent: false };
  }
  return triggerEventId === undefined || triggerEventTime === undefined ? undefined
    : { time: triggerEventTime, got: triggerEventId, fields: 'triggerEventId and triggerEventTime', isEvent: true };
}

/** Why a run may not be started for what was delivered, by the workflow's clock; undefined if it may. */
export function untimelyDelivery(job: JobSettings, { time, fields, isEvent }: Delivery, now: string): string | undefined {
  if (!isEvent) {
    return untimely(job, time, now);
  }
  if (!isEventTooOld(time, now)) {
    return tooEarly('triggerEventTime', time, now);
  }
  return `triggerEventTime must not be further back than EventBridge delivers an event (${EVENT_SECONDS} seconds), got ${quote(time)}; `
    + `it is ${now}. To run the job, start it without ${fields}`;
}

/** Whether a run may have been started by a second delivery, and not by a person. */
export function mayBeSecondDelivery(job: JobSettings, { time, isEvent }: Delivery, now: string): boolean {
  return isEvent ? !isEventTooOld(time, now) : mayBeDelivery(job, time, now);
}

function isEventTooOld(time: string, now: string): boolean {
  return ageSeconds(time, now) > EVENT_SECONDS + START_TOLERANCE_SECONDS;
}

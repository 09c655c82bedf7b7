import { JobSettings } from './settings';
import { quote } from './text';

/** EventBridge Scheduler's default here: how long it goes on trying to start a run. */
export const MAX_EVENT_AGE_SECONDS = 3600;

/**
 * The longest that EventBridge Scheduler can be set to: a flexible window of one day, and one day of trying. It holds for a job without a
 * schedule, of which somebody else's scheduler may start the runs.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/APIReference/API_FlexibleTimeWindow.html
 * @see https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
 */
const LONGEST_DELIVERY_SECONDS = 2 * 86_400;

/** By how much the clock of whoever starts a run may be ahead of the workflow's. */
const CLOCK_TOLERANCE_SECONDS = 60;

/** How long an execution that was started in time may take to get to its first handler. */
export const START_TOLERANCE_SECONDS = 300;

const ISO_8601 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/**
 * One spelling for each time, as EventBridge Scheduler has it: `2026-01-31T02:00:00Z`. A run is one scheduled time, however it is written.
 *
 * @returns undefined for what is no time of ISO 8601 with its zone, also for a day that no calendar has
 */
export function canonicalTime(text: unknown): string | undefined {
  const [, minutes, , , zone] = (typeof text === 'string' && ISO_8601.exec(text)) || [];
  if (minutes === undefined || Number.isNaN(Date.parse(text as string))) {
    return undefined;
  }
  // Date.parse takes the 30th of February for a day in March.
  const local = new Date(Date.parse(`${minutes}Z`));
  if (!local.toISOString().startsWith(minutes) || Number.isNaN(Date.parse(`2000-01-01T00:00${zone}`))) {
    return undefined;
  }
  return new Date(text as string).toISOString().replace('.000Z', 'Z');
}

/**
 * Why a run may not be started for a scheduled time, by the workflow's clock; undefined if it may. A time that is still to come would be
 * used up: its schedule could not start it any more.
 */
export function untimely({ scheduleWindowSeconds = LONGEST_DELIVERY_SECONDS }: JobSettings, scheduledTime: string, now: string): string | undefined {
  if (ageSeconds(scheduledTime, now) > scheduleWindowSeconds + START_TOLERANCE_SECONDS) {
    return `scheduledTime must not be further back than a schedule delivers it (${scheduleWindowSeconds} seconds), got ${quote(scheduledTime)}; `
      + `it is ${now}. To run the job, start it without scheduledTime`;
  }
  return tooEarly('scheduledTime', scheduledTime, now);
}

/** Why a time is too early for its run; undefined if it is not. */
export function tooEarly(field: string, time: string, now: string): string | undefined {
  return ageSeconds(time, now) < -CLOCK_TOLERANCE_SECONDS ? `${field} must not be in the future, got ${quote(time)}; it is ${now}` : undefined;
}

/** Whether a run may have been started by a second delivery of its time, and not by a person. */
export function mayBeDelivery({ scheduleWindowSeconds = MAX_EVENT_AGE_SECONDS }: JobSettings, scheduledTime: string, now: string): boolean {
  return ageSeconds(scheduledTime, now) <= scheduleWindowSeconds + START_TOLERANCE_SECONDS;
}

export function ageSeconds(time: string, now: string): number {
  return (Date.parse(now) - Date.parse(time)) / 1000;
}

import { JobSettings } from '../../protocol';
import { DEFAULT_ZONE, nextTime } from '../../protocol/schedule/schedule-times';
import { ZoneClock } from '../../protocol/schedule/zone-clock';
import { utc } from '../../protocol/text';

/** Names of the zone in which a time is given anyway. */
const UTC = [DEFAULT_ZONE, 'Etc/UTC'];

/**
 * The next time of the job's schedule, in ISO 8601; empty where that is not known. The times of a rate count from when EventBridge Scheduler has
 * begun, which nobody knows here.
 */
export function nextScheduledTime({ schedule }: Pick<JobSettings, 'schedule'>, now: string): string {
  if (!schedule || schedule.expression.startsWith('rate(')) {
    return '';
  }
  return nextTime(schedule.expression, schedule.timeZone, new Date(now))?.toISOString() ?? '';
}

/** The same for a person, by the clock of the schedule's zone, too; empty where it is not known. */
export function nextRun({ schedule }: Pick<JobSettings, 'schedule'>, time: string): string {
  if (!schedule || time === '') {
    return '';
  }
  const { timeZone } = schedule;
  const local = UTC.includes(timeZone) ? undefined : ZoneClock.of(timeZone)?.at(Date.parse(time));
  const there = local === undefined ? '' : ` (${new Date(local).toISOString().slice(0, 16).replace('T', ' ')} in ${timeZone})`;
  return `${utc(time)}${there}, as the schedule was at deployment`;
}

import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { CalendarSettings, UnreadableCalendar } from './protocol';
import { refuseRegion } from './references';
import type { JobScheduleOptions } from './schedule-options';
import { isKnown, refuse, refuseListToken } from './validation';

/** A run asks for each of them, all at the same time. It is ours: AWS documents no limit. */
const MAX_CALENDARS = 10;

/** @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html */
const NAME = /^[A-Za-z0-9_.-]{3,128}$/;

const ARN = /^arn:aws[a-z-]*:ssm:([a-z0-9-]+):\d{12}:document\/[A-Za-z0-9_.-]{3,128}$/;

/**
 * The calendars that a run at a time of the schedule asks. None where the job has none: an empty list is as good as no list.
 */
export function calendarSettings(
  scope: Construct, { calendars, unreadableCalendar }: Pick<JobScheduleOptions, 'calendars' | 'unreadableCalendar'>,
): CalendarSettings | undefined {
  const prop = 'scheduleOptions.calendars';
  refuseListToken(prop, calendars);
  if (calendars !== undefined && !Array.isArray(calendars)) {
    refuse(prop, 'must be a list', calendars);
  }
  if (!calendars?.length) {
    if (unreadableCalendar !== undefined) {
      refuse('scheduleOptions.unreadableCalendar', `has no effect without ${prop}`, unreadableCalendar);
    }
    return undefined;
  }
  if (calendars.length > MAX_CALENDARS) {
    refuse(prop, `must not have more than ${MAX_CALENDARS} calendars`, calendars.length);
  }
  if (new Set(calendars).size !== calendars.length) {
    refuse(prop, 'must not have the same calendar twice', calendars);
  }
  calendars.forEach((calendar) => checkCalendar(scope, prop, calendar));
  if (unreadableCalendar !== undefined && !Object.values(UnreadableCalendar).includes(unreadableCalendar)) {
    refuse('scheduleOptions.unreadableCalendar', `must be one of ${Object.values(UnreadableCalendar).join(', ')}`, unreadableCalendar);
  }
  return { names: calendars, unreadable: unreadableCalendar ?? UnreadableCalendar.RUN };
}

/** The ARNs of the calendars. Of a text that only the deployment knows, what it begins with says what it is. */
export function calendarArns(scope: Construct, { names }: CalendarSettings): string[] {
  return names.map((name) => name.startsWith('arn:') ? name : Stack.of(scope).formatArn({
    service: 'ssm', resource: 'document', resourceName: name, arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  }));
}

function checkCalendar(scope: Construct, prop: string, calendar: string): void {
  if (typeof calendar !== 'string') {
    refuse(prop, 'must be a list of texts', calendar);
  }
  if (!isKnown(calendar)) {
    return;
  }
  const [, region] = ARN.exec(calendar) ?? [];
  if (region === undefined && !NAME.test(calendar)) {
    refuse(prop, 'must have names of SSM documents (3 to 128 letters, digits, "_", "-" and "."), or their ARNs', calendar);
  }
  refuseRegion(scope, prop, region);
}

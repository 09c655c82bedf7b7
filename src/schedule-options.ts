import { Duration } from 'aws-cdk-lib';
import { ScheduleExpression, TimeWindow } from 'aws-cdk-lib/aws-scheduler';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { EndBySettings, JobSettings, UnreadableCalendar } from './protocol';
import { TIME_OF_DAY } from './protocol/late';
import { DEFAULT_ZONE } from './protocol/schedule/schedule-times';
import { ZoneClock } from './protocol/schedule/zone-clock';
import { MAX_EVENT_AGE_SECONDS } from './protocol/scheduled-time';
import { isKnown, refuse, secondsBetween } from './validation';

/** EventBridge Scheduler starts within a minute, and what Step Functions lists is eventually consistent. */
const LEAST_START_SECONDS = 300;
const MOST_START_SECONDS = 86_400;

/** How long EventBridge Scheduler goes on trying. */
export const DEFAULT_MAX_EVENT_AGE = Duration.seconds(MAX_EVENT_AGE_SECONDS);

/**
 * How a job's schedule behaves.
 */
export interface JobScheduleOptions {
  /**
   * Whether the schedule starts runs.
   *
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * Lets EventBridge Scheduler start the run at some time within a window, so that many jobs do not start at once.
   *
   * @default TimeWindow.off()
   */
  readonly timeWindow?: TimeWindow;

  /**
   * Takes the starts that EventBridge Scheduler could not deliver.
   *
   * @default - none
   */
  readonly deadLetterQueue?: IQueue;

  /**
   * How long EventBridge Scheduler goes on trying to start a run, between one minute and one day. A nightly job that starts at
   * noon may be worse than one that does not start.
   *
   * @default Duration.hours(1)
   */
  readonly maxEventAge?: Duration;

  /**
   * How long after a scheduled time its run must have been started. If there is none by then, the topic is notified once, with what can be seen of
   * why, and with the command that starts it now; the outcome of that notification is `Outcome.NOT_STARTED`, whatever `notifyOn` says.
   *
   * A run of the time is an execution that carries it: also one that fails, or that a calendar skips; not one that somebody has started by hand,
   * nor a check run. Whole seconds, at least 5 minutes longer than `timeWindow`, and at most a day longer.
   *
   * Not with a rate, whose times count from when a schedule was made. It is watched by a state machine of its own, with a schedule, roles and an alarm of its own (`startWatch`, `startWatchAlarm`), which share
   * nothing with what they watch. A schedule that is not `enabled` is not watched.
   *
   * @default - a time that is not started is not noticed
   */
  readonly mustStartWithin?: Duration;

  /**
   * A time of day by which a run must have ended, in the time zone of the schedule, such as `06:00`. A run that still goes on at the first such
   * time after its scheduled time is reported, once, like one that takes longer than `longRunningAfter`: nothing is stopped, and the outcome of
   * the notification is `Running`. Of a run that somebody has started without a scheduled time, it is the first such time after its start.
   *
   * On a day whose clock goes forward past it, it is the first minute that there is; in an hour that comes twice, the first of both.
   *
   * @default - no such time
   */
  readonly mustEndBy?: string;

  /**
   * Values of the job's parameters in scheduled runs.
   *
   * @default - the defaults of the parameters
   */
  readonly parameters?: { [name: string]: string };

  /**
   * SSM Change Calendars that decide whether a scheduled run is due: their names, or the ARNs of calendars that other accounts share. At most
   * 10, in the region of the job. A text that is known at deployment only is taken for a name unless it begins with `arn:`.
   *
   * A run whose scheduled time is one at which a calendar is closed starts nothing, and ends as `Outcome.NOT_DUE`, which is a success to
   * Step Functions, and notifies nobody unless `notifyOn` has it. Of several calendars, one that is closed decides. A run that somebody starts
   * does not ask them, unless its input has `"onlyIfDue": true`: then they are asked about the present time.
   *
   * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-change-calendar.html
   * @default - every time of the schedule is due
   */
  readonly calendars?: string[];

  /**
   * What becomes of a scheduled run where a calendar cannot be read, and no other one is closed: it does not exist, is not shared any more,
   * or SSM does not answer, also not a few times later.
   *
   * @default UnreadableCalendar.RUN
   */
  readonly unreadableCalendar?: UnreadableCalendar;

  /**
   * When to check that the next run would start, e.g. in the afternoon before the night: a second schedule, of which each run is a check, with
   * the parameters of a scheduled run.
   *
   * A check does everything but the program. Its command is delivered, and the launcher verifies on each instance what a run needs: user and
   * folder, shell and lock, secrets, room for its mark and its output, the values of the parameters. Nothing is marked, no lock is held, and no
   * scheduled time is spent. A check that fails ends like a run that could not start, and is reported like it (`notifyOn`), as a check. It
   * also warns of subscriptions of the topic that nobody has confirmed, and of SSM agents older than 3.0.284.0; a check that succeeds with
   * warnings is reported, unless `notifyOn` is empty.
   *
   * It is disabled together with the schedule. Not for `BatchCommand.document`, whose document has no launcher.
   *
   * @default - nothing is checked, but for executions with the input `{"check": true}`
   */
  readonly checkSchedule?: ScheduleExpression;
}

/**
 * How long after its time a schedule may start a run, in seconds. Runs do not take a time that is further back.
 */
export function scheduleWindowSeconds({ maxEventAge = DEFAULT_MAX_EVENT_AGE, timeWindow }: JobScheduleOptions): number {
  return maxEventAge.toSeconds() + (timeWindow?.maxWindow?.toSeconds() ?? 0);
}

/** What runs know of the schedule. One that is not enabled starts none. */
export function scheduleSettings(schedule: ScheduleExpression, { enabled }: JobScheduleOptions): Pick<JobSettings, 'schedule'> {
  return enabled === false ? {} : { schedule: timesOf(schedule) };
}

/** When a schedule fires, as handlers read it. */
export function timesOf({ expressionString, timeZone }: ScheduleExpression): NonNullable<JobSettings['schedule']> {
  return { expression: expressionString, timeZone: timeZone?.timezoneName ?? DEFAULT_ZONE };
}

/**
 * How long after its time a run must have been started, in seconds; undefined where nobody asks.
 */
export function mustStartWithinSeconds(
  { mustStartWithin, timeWindow }: JobScheduleOptions, { expressionString }: ScheduleExpression,
): number | undefined {
  if (mustStartWithin === undefined) {
    return undefined;
  }
  if (isKnown(expressionString) && expressionString.startsWith('rate(')) {
    refuse('scheduleOptions.mustStartWithin',
      'must come with a schedule of cron(…) or at(…), because the times of a rate count from when a schedule was made, and the watch has one of its own',
      expressionString);
  }
  const window = timeWindow?.maxWindow?.toSeconds() ?? 0;
  return secondsBetween('scheduleOptions.mustStartWithin', mustStartWithin, Duration.seconds(window + LEAST_START_SECONDS),
    Duration.seconds(window + MOST_START_SECONDS), `${window > 0 ? 'timeWindow, and ' : ''}5 minutes to a day`);
}

/**
 * The time of day by which a run must have ended.
 */
export function endBySettings({ mustEndBy }: JobScheduleOptions, schedule: ScheduleExpression): EndBySettings | undefined {
  if (mustEndBy === undefined) {
    return undefined;
  }
  const { timeZone } = timesOf(schedule);
  if (!isKnown(mustEndBy) || !TIME_OF_DAY.test(mustEndBy)) {
    refuse('scheduleOptions.mustEndBy', 'must be a time of day from 00:00 to 23:59, such as 06:00', mustEndBy);
  }
  if (isKnown(timeZone) && ZoneClock.of(timeZone) === undefined) {
    refuse('scheduleOptions.mustEndBy', 'must come with a schedule in a time zone that this Node.js knows', timeZone);
  }
  return { time: mustEndBy, timeZone };
}

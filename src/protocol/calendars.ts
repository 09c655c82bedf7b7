/** What happens where a calendar cannot be read, and what handlers know of a job's calendars. It depends on nothing. */

/**
 * What becomes of a run at a time of its schedule, where one of the job's calendars cannot be read and no other one is closed.
 */
export enum UnreadableCalendar {
  /** It runs. The topic is notified when it starts, and its result and mail say so, too. */
  RUN = 'Run',

  /** It is not started, and ends as `Outcome.FAILED`. */
  FAIL = 'Fail',
}

/** The calendars of a job. */
export interface CalendarSettings {
  /** Names, or ARNs where another account shares them. */
  readonly names: string[];
  readonly unreadable: UnreadableCalendar;
}

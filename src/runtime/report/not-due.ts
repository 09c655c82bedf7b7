import type { ClosedCalendar, UnreadCalendar } from '../calendars';
import { Ending, MAX_CAUSE_LENGTH } from './ending';
import { NO_EXIT_CODE } from '../invocation';
import { mail } from './mail';
import { JobSettings, Notification, Outcome, Run, RunResult } from '../../protocol';
import { endSentence, plural, sentences, shorten, utc } from '../../protocol/text';
import { uniformCounts } from '../verdict';

const NOTHING_STARTED = { failures: [], exitCode: NO_EXIT_CODE, attempts: 0 };

const RUN_ANYWAY = 'To run it in spite of the calendar, start it without scheduledTime, with the command below.';
const MAKE_READABLE = 'See that the calendar is there ("aws ssm get-calendar-state --calendar-names NAME"), that it is shared with this account if it '
  + 'is another one\'s, and that the role of the handler that starts runs may read it.';

/** The ending of a run at a time at which a calendar was closed. Its words have all that is known of the calendars. */
export function notDue(job: JobSettings, dueAt: string, closed: ClosedCalendar[]): Ending {
  const which = closed.map(({ name, opensAt }) => `calendar ${name} is closed${opensAt === undefined ? '' : ` until ${utc(opensAt)}`}`).join('; ');
  return {
    ...NOTHING_STARTED,
    outcome: Outcome.NOT_DUE,
    headline: closed.length === 1 ? 'was not due: a calendar was closed' : `was not due: ${plural(closed.length, 'calendar')} were closed`,
    counts: uniformCounts(job.instanceIds.length, Outcome.SKIPPED),
    cause: shorten(sentences(`Not due at ${utc(dueAt)}: ${endSentence(which)}`, 'Nothing was started.'), MAX_CAUSE_LENGTH),
    advice: [RUN_ANYWAY],
  };
}

/**
 * What is said of calendars that cannot be read.
 *
 * @returns the cause where the run starts, and how it ends where it does not
 */
export function calendarsUnreadable(job: JobSettings, unread: UnreadCalendar[]): { cause: string; ending: Ending } {
  const which = shorten(unread.map(({ name, problem }) => `calendar ${name} could not be read: ${problem}`).join('; '), MAX_CAUSE_LENGTH - 200);
  return {
    cause: `Whether the run was due is not known; it was to run all the same (unreadableCalendar): ${endSentence(which)}`,
    ending: {
      ...NOTHING_STARTED,
      outcome: Outcome.FAILED,
      headline: 'could not be started',
      counts: uniformCounts(job.instanceIds.length, Outcome.UNDELIVERED),
      cause: `The batch program was not started, because nobody knows whether it was due (unreadableCalendar): ${endSentence(which)}`,
      advice: [RUN_ANYWAY, MAKE_READABLE],
    },
  };
}

/** The mail about a run that goes on, although nobody knows whether it was due. */
export function unreadNotification(job: JobSettings, { calendarsUnread = '' }: Run, result: RunResult): Notification {
  return mail(job, result, {
    headline: 'has started, but a calendar could not be read',
    cause: calendarsUnread,
    failures: [],
    advice: ['If it must not run now, stop the execution: that stops the program on its instances, too.', MAKE_READABLE],
  });
}

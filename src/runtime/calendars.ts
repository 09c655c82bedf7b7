import { JobSettings, NOT_SENT_ERROR, UnreadableCalendar } from '../protocol';
import type { CalendarState } from './aws/ssm';
import { Ending } from './report/ending';
import { calendarsUnreadable, notDue } from './report/not-due';
import { NamedError } from './send';
import { describeError, sendFailure } from './send-error';
import type { World } from './world';
import { canonicalTime } from '../protocol/scheduled-time';

/** How often the state machine may ask again where a calendar cannot be read at first: the sending needs attempts, too. */
const CALENDAR_RETRIES = 3;

/** A calendar that is closed. */
export interface ClosedCalendar {
  readonly name: string;
  /** When it opens, in ISO 8601; none where SSM does not say. */
  readonly opensAt?: string;
}

/** A calendar that could not be read, and why. */
export interface UnreadCalendar {
  readonly name: string;
  readonly problem: string;
}

/** What the calendars say of a run. */
export interface CalendarVerdict {
  /** How the run ends, where it must not start. */
  readonly ending?: Ending;
  /** Why it starts without having asked, where it does. */
  readonly unread?: string;
}

/**
 * Asks the job's calendars whether a run is due. One that is closed decides, whatever becomes of the others.
 *
 * @param dueAt the time that the run is for
 * @param retryCount how often this was tried before
 * @throws an error named `NOT_SENT_ERROR` where asking again may help
 */
export async function askCalendars(
  job: JobSettings, dueAt: string, retryCount: number, { ssm, log }: Pick<World, 'ssm' | 'log'>,
): Promise<CalendarVerdict> {
  const { names = [], unreadable = UnreadableCalendar.RUN } = job.calendars ?? {};
  const answers = await Promise.allSettled(names.map(async (name) => readState(await ssm.calendar(name, dueAt))));
  const closed = names.flatMap((name, i): ClosedCalendar[] => {
    const answer = answers[i];
    return answer.status === 'fulfilled' && answer.value.isClosed ? [{ name, opensAt: answer.value.opensAt }] : [];
  });
  if (closed.length > 0) {
    log('not due', { dueAt, closed });
    return { ending: notDue(job, dueAt, closed) };
  }
  const failures = answers.flatMap((answer, i) => answer.status === 'rejected' ? [{ name: names[i], error: answer.reason as unknown }] : []);
  if (failures.length === 0) {
    return {};
  }
  const unread = failures.map(({ name, error }): UnreadCalendar => ({ name, problem: describeError(error, 200) }));
  log('calendars not read', { dueAt, unread, unreadable });
  if (retryCount < CALENDAR_RETRIES && failures.some(({ error }) => sendFailure(error) !== 'refused')) {
    throw new NamedError(NOT_SENT_ERROR, `a calendar could not be read: ${unread.map(({ name, problem }) => `${name}: ${problem}`).join('; ')}`);
  }
  const { cause, ending } = calendarsUnreadable(job, unread);
  return unreadable === UnreadableCalendar.FAIL ? { ending } : { unread: cause };
}

/** @throws where SSM says neither of both: that is no leave to run, and none to stay away */
function readState({ state, changesAt }: CalendarState): { readonly isClosed: boolean; readonly opensAt?: string } {
  if (state !== 'OPEN' && state !== 'CLOSED') {
    throw new Error(`SSM says neither OPEN nor CLOSED, but ${state ?? 'nothing'}`);
  }
  return { isClosed: state === 'CLOSED', opensAt: canonicalTime(changesAt) };
}

import { ONCE } from './fault';
import { NOT_STARTED, Row, RUNS, RUNS_UNREAD, UNKNOWN, UNKNOWN_RAN } from './matrix';
import { Claim, Trial } from './trial';
import { Outcome } from '../../src/protocol';

const one: Trial = { fleet: 'one' };

/** Another run is under way, and this one cancels it before it starts. */
const busy: Trial = { ...one, job: 'cancelling', isBusy: true };
const CANCELLED = { outcome: Outcome.CANCELLED, claim: Claim.WATCHED, notifications: 1 };

/** The start has not been confirmed, so that it is looked for. */
const unconfirmed: Trial = { ...one, faults: [{ call: 'sendCommand', kind: 'answerLost', hits: ONCE }] };

/** From the start of an execution to a command that is known. */
export const START_PATH: readonly Row[] = [
  {
    call: 'sendHandler',
    label: 'Send command: its handler',
    given: one,
    endings: {
      requestLost: [UNKNOWN, UNKNOWN],
      answerLost: [RUNS, RUNS],
      error500: [UNKNOWN, UNKNOWN],
      throttled: [RUNS, UNKNOWN],
      timedOut: [RUNS, RUNS],
      killedBefore: [UNKNOWN, UNKNOWN],
      killedAfter: [RUNS, RUNS],
    },
  },
  {
    call: 'listEarlier',
    label: '`ListCommands` of an earlier start of a scheduled time',
    given: { ...one, job: 'nightly', scheduledAgo: 0 },
    endings: {
      requestLost: [RUNS],
      answerLost: [RUNS],
      error500: [RUNS, RUNS],
      throttled: [RUNS, RUNS],
      timedOut: [RUNS, RUNS],
      emptyList: [RUNS, RUNS],
    },
  },
  {
    call: 'getCalendar',
    label: '`GetCalendarState`, by default',
    given: { ...one, job: 'due', scheduledAgo: 0 },
    endings: {
      requestLost: [RUNS, RUNS_UNREAD],
      answerLost: [RUNS, RUNS_UNREAD],
      error500: [RUNS, RUNS_UNREAD],
      throttled: [RUNS, RUNS_UNREAD],
      timedOut: [RUNS, RUNS_UNREAD],
      accessDenied: [RUNS_UNREAD, RUNS_UNREAD],
    },
  },
  {
    call: 'getCalendar',
    label: '`GetCalendarState`, with `UnreadableCalendar.FAIL`',
    given: { ...one, job: 'surelyDue', scheduledAgo: 0 },
    endings: {
      requestLost: [RUNS, NOT_STARTED],
      error500: [RUNS, NOT_STARTED],
      throttled: [RUNS, NOT_STARTED],
      timedOut: [RUNS, NOT_STARTED],
      accessDenied: [NOT_STARTED, NOT_STARTED],
    },
  },
  {
    call: 'listRunning',
    label: '`ListCommands` of other runs, to cancel them',
    given: busy,
    others: [CANCELLED],
    endings: {
      requestLost: [RUNS],
      answerLost: [RUNS],
      error500: [RUNS],
      throttled: [RUNS],
    },
  },
  {
    call: 'cancelRunning',
    label: '`CancelCommand` of another run',
    given: busy,
    others: [CANCELLED],
    endings: {
      requestLost: [RUNS],
      answerLost: [RUNS],
      error500: [RUNS],
      throttled: [RUNS],
    },
  },
  {
    call: 'sendCommand',
    label: '`SendCommand`',
    given: one,
    endings: {
      requestLost: [UNKNOWN, UNKNOWN],
      answerLost: [RUNS, RUNS],
      error500: [UNKNOWN, UNKNOWN],
      throttled: [RUNS, NOT_STARTED],
      timedOut: [RUNS, UNKNOWN],
      killedDuring: [RUNS],
    },
  },
  {
    call: 'findHandler',
    label: 'Find command: its handler',
    given: unconfirmed,
    endings: {
      requestLost: [RUNS, UNKNOWN_RAN],
      answerLost: [RUNS],
      error500: [RUNS],
      throttled: [RUNS, UNKNOWN_RAN],
      timedOut: [RUNS],
      killedBefore: [RUNS, UNKNOWN_RAN],
      killedAfter: [RUNS],
    },
  },
  {
    call: 'findCommand',
    label: '`ListCommands`, to find the run\'s own',
    given: unconfirmed,
    endings: {
      requestLost: [RUNS],
      answerLost: [RUNS],
      error500: [RUNS, UNKNOWN_RAN],
      throttled: [RUNS],
      timedOut: [RUNS],
      killedDuring: [RUNS],
      accessDenied: [RUNS],
      samePage: [RUNS],
      emptyList: [RUNS, UNKNOWN_RAN],
      late: [RUNS],
    },
  },
];

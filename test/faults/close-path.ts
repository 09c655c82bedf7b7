import { Ending, Row } from './matrix';
import { Claim, STOPPED, Trial } from './trial';
import { Outcome } from '../../src/protocol';

const GONE: Ending = { label: 'stopped', claim: Claim.STOPPED, ran: true, outcome: Outcome.CANCELLED };
const REPORTED_TWICE: Ending = { ...GONE, label: 'stopped, reported twice', notifications: 2 };
const NOT_REPORTED: Ending = { ...GONE, label: 'stopped, not reported', notifications: 0 };
const RUNS_ON: Ending = { ...NOT_REPORTED, label: 'not stopped, not reported', lives: true };

/** It is told that the program may still run. */
const MAY_RUN: Ending = { ...GONE, label: 'unknown', claim: Claim.UNKNOWN };

/** The same, and it does. */
const LIVES: Ending = { ...MAY_RUN, lives: true };

/** Its program lives on by itself until long after everything has been tried. */
const lasting: Trial = { ...STOPPED, job: 'lasting' };

/** The command is being sent: whether its program starts before it is cancelled is chance. */
const sending: Trial = { ...STOPPED, stopped: 'sending' };
const GONE_EARLY: Ending = { ...GONE, ran: undefined };

/** What follows when somebody stops an execution: the workflow itself can do nothing any more. */
export const CLOSE_PATH: readonly Row[] = [
  {
    call: 'endEvent',
    label: 'EventBridge: the event',
    given: STOPPED,
    endings: {
      requestLost: [RUNS_ON],
      answerLost: [GONE],
      late: [GONE],
    },
  },
  {
    call: 'closeHandler',
    label: 'Close run: its handler',
    given: STOPPED,
    endings: {
      requestLost: [GONE],
      answerLost: [GONE],
      error500: [GONE],
      throttled: [GONE],
      timedOut: [GONE],
      killedBefore: [GONE, RUNS_ON],
      killedAfter: [GONE],
    },
  },
  {
    call: 'getHistory',
    label: '`GetExecutionHistory`',
    given: lasting,
    endings: {
      requestLost: [GONE],
      answerLost: [GONE],
      error500: [GONE, LIVES],
      throttled: [GONE],
      timedOut: [GONE],
      killedDuring: [GONE],
      accessDenied: [GONE, LIVES],
      samePage: [GONE, LIVES],
    },
  },
  {
    call: 'closeFind',
    label: '`ListCommands`, of a command that was being sent',
    given: sending,
    endings: {
      requestLost: [GONE_EARLY],
      answerLost: [GONE_EARLY],
      error500: [GONE_EARLY],
      throttled: [GONE_EARLY],
      accessDenied: [GONE_EARLY],
      samePage: [GONE_EARLY],
      emptyList: [GONE_EARLY],
      late: [GONE_EARLY],
    },
  },
  {
    call: 'closeCancel',
    label: '`CancelCommand`',
    given: lasting,
    endings: {
      requestLost: [GONE],
      answerLost: [GONE],
      error500: [GONE, LIVES],
      throttled: [GONE],
      timedOut: [GONE],
      killedDuring: [GONE],
      accessDenied: [GONE],
    },
  },
  {
    call: 'closeLook',
    label: '`ListCommandInvocations`',
    given: STOPPED,
    endings: {
      requestLost: [GONE],
      answerLost: [GONE],
      error500: [GONE, MAY_RUN],
      throttled: [GONE],
      timedOut: [GONE],
      killedDuring: [GONE],
      accessDenied: [GONE],
      samePage: [GONE, MAY_RUN],
      emptyList: [GONE, MAY_RUN],
    },
  },
  {
    call: 'closeMark',
    label: '`CreateLogStream`, its mark that it tells',
    given: STOPPED,
    endings: {
      requestLost: [GONE],
      answerLost: [GONE],
      error500: [GONE, GONE],
      throttled: [GONE],
    },
  },
  {
    call: 'closePublish',
    label: '`Publish`',
    given: STOPPED,
    endings: {
      requestLost: [GONE],
      answerLost: [REPORTED_TWICE],
      error500: [GONE, NOT_REPORTED],
      throttled: [GONE],
    },
  },
];

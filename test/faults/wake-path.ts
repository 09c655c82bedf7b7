import { Row, RUNS } from './matrix';
import { Trial } from './trial';

/** A run that waits for the event of its command. */
const waiting: Trial = { fleet: 'one', isWaking: true, heldUntil: 'waiting' };
const failing: Trial = { ...waiting, exitCode: 7 };

/**
 * What only a run has whose waits are ended by events. Whatever happens to an event and to all that it leads to, the run ends as its
 * program does, as if there were no events, and is told once.
 */
export const WAKE_PATH: readonly Row[] = [
  {
    call: 'wait',
    label: 'Wait: its `UpdateItem`',
    given: failing,
    endings: {
      requestLost: [RUNS, RUNS],
      answerLost: [RUNS, RUNS],
      error500: [RUNS, RUNS],
      throttled: [RUNS, RUNS],
      timedOut: [RUNS, RUNS],
    },
  },
  {
    call: 'commandEvent',
    label: 'EventBridge: the event of SSM',
    given: failing,
    endings: {
      requestLost: [RUNS],
      answerLost: [RUNS],
      late: [RUNS],
    },
  },
  {
    call: 'wakeHandler',
    label: 'Wake up: its handler',
    given: failing,
    endings: {
      requestLost: [RUNS, RUNS],
      answerLost: [RUNS, RUNS],
      error500: [RUNS, RUNS],
      throttled: [RUNS],
      timedOut: [RUNS, RUNS],
      killedBefore: [RUNS, RUNS],
      killedAfter: [RUNS, RUNS],
    },
  },
  {
    call: 'wakeFind',
    label: '`ListCommands`, of the command that has ended',
    given: waiting,
    endings: {
      requestLost: [RUNS, RUNS],
      answerLost: [RUNS],
      error500: [RUNS, RUNS],
      throttled: [RUNS],
      timedOut: [RUNS],
      killedDuring: [RUNS],
      emptyList: [RUNS, RUNS],
      late: [RUNS],
    },
  },
  {
    call: 'wakeNote',
    label: '`UpdateItem`, its note',
    given: waiting,
    endings: {
      requestLost: [RUNS, RUNS],
      answerLost: [RUNS],
      error500: [RUNS, RUNS],
      throttled: [RUNS],
      timedOut: [RUNS],
      killedDuring: [RUNS],
    },
  },
  {
    call: 'wakeEnd',
    label: '`SendTaskSuccess`',
    given: waiting,
    endings: {
      requestLost: [RUNS, RUNS],
      answerLost: [RUNS],
      error500: [RUNS, RUNS],
      throttled: [RUNS, RUNS],
      timedOut: [RUNS],
      killedDuring: [RUNS],
    },
  },
];

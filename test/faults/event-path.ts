import { Row, RUNS } from './matrix';
import { Trial } from './trial';

/** A run that waits for the event of its command. */
const waiting: Trial = { fleet: 'one', hasEvents: true, heldUntil: 'waiting' };
const failing: Trial = { ...waiting, exitCode: 7 };

/**
 * What only a run has whose waits are ended by events. Whatever happens to an event and to all that it leads to, the run ends as its
 * program does, as if there were no events, and is told once.
 */
export const EVENT_PATH: readonly Row[] = [
  {
    call: 'wait',
    label: 'Wait: the call that carries its token',
    given: failing,
    endings: {
      requestLost: [RUNS, RUNS],
      answerLost: [RUNS, RUNS],
      error500: [RUNS, RUNS],
      throttled: [RUNS, RUNS],
      timedOut: [RUNS, RUNS],
      killedBefore: [RUNS, RUNS],
      killedAfter: [RUNS, RUNS],
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
    call: 'resumeHandler',
    label: 'The handler of the event',
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
    call: 'resumeCommand',
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
    call: 'resumeExecution',
    label: '`ListExecutions`, of those that run',
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
    call: 'resumeHistory',
    label: '`GetExecutionHistory`, which has the token',
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
    call: 'resumeTask',
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

import { Ending, Row, RUNS, UNKNOWN_RAN, UNRESPONSIVE } from './matrix';
import { DIES, Trial } from './trial';

const one: Trial = { fleet: 'one' };
const failing: Trial = { ...one, exitCode: 7 };

const REPORTED_TWICE: Ending = { ...RUNS, label: 'runs, reported twice', notifications: 2 };
const NOT_REPORTED: Ending = { ...RUNS, label: 'runs, not reported', notifications: 0 };

/** From a command that is known to the report of how it ended. */
export const WATCH_PATH: readonly Row[] = [
  {
    call: 'statusHandler',
    label: 'Get status: its handler',
    given: one,
    endings: {
      requestLost: [RUNS, UNKNOWN_RAN],
      answerLost: [RUNS, UNKNOWN_RAN],
      error500: [RUNS],
      throttled: [RUNS, UNKNOWN_RAN],
      timedOut: [RUNS],
      killedBefore: [RUNS, UNKNOWN_RAN],
      killedAfter: [RUNS],
    },
  },
  {
    call: 'listCommand',
    label: '`ListCommands`, with `targets`',
    given: { fleet: 'tagged' },
    endings: {
      requestLost: [RUNS],
      answerLost: [RUNS],
      error500: [RUNS, UNKNOWN_RAN],
      throttled: [RUNS],
      timedOut: [RUNS],
      killedDuring: [RUNS],
      accessDenied: [RUNS, UNKNOWN_RAN],
      samePage: [RUNS, UNKNOWN_RAN],
      emptyList: [RUNS, UNRESPONSIVE],
      late: [RUNS],
    },
  },
  {
    call: 'listInvocations',
    label: '`ListCommandInvocations`',
    given: failing,
    endings: {
      requestLost: [RUNS],
      answerLost: [RUNS],
      error500: [RUNS, UNKNOWN_RAN],
      throttled: [RUNS],
      timedOut: [RUNS],
      killedDuring: [RUNS],
      accessDenied: [RUNS, UNKNOWN_RAN],
      samePage: [RUNS, UNKNOWN_RAN],
      emptyList: [RUNS, UNRESPONSIVE],
      late: [RUNS],
    },
  },
  {
    call: 'describeAgents',
    label: '`DescribeInstanceInformation`, of an instance that died',
    given: { ...one, ...DIES },
    endings: {
      requestLost: [UNRESPONSIVE],
      answerLost: [UNRESPONSIVE],
      error500: [UNRESPONSIVE, UNRESPONSIVE],
      throttled: [UNRESPONSIVE],
      accessDenied: [UNRESPONSIVE, UNRESPONSIVE],
      samePage: [UNRESPONSIVE, UNRESPONSIVE],
      emptyList: [UNRESPONSIVE, UNRESPONSIVE],
    },
  },
  {
    call: 'getInvocation',
    label: '`GetCommandInvocation`',
    given: failing,
    endings: {
      requestLost: [RUNS],
      answerLost: [RUNS],
      error500: [RUNS, RUNS],
      throttled: [RUNS],
      timedOut: [RUNS],
      killedDuring: [RUNS],
    },
  },
  {
    call: 'getLogEvents',
    label: '`GetLogEvents`',
    given: { ...failing, output: 30_000 },
    endings: {
      requestLost: [RUNS],
      answerLost: [RUNS],
      error500: [RUNS, RUNS],
      throttled: [RUNS],
      timedOut: [RUNS],
      killedDuring: [RUNS],
    },
  },
  {
    call: 'listRuns',
    label: '`ListExecutions`, with `notifyOnRecovery`',
    given: { ...one, job: 'recovering' },
    endings: {
      requestLost: [RUNS, RUNS],
      answerLost: [RUNS],
      error500: [RUNS, RUNS],
      throttled: [RUNS, RUNS],
      timedOut: [RUNS, RUNS],
      killedDuring: [RUNS],
      accessDenied: [RUNS, RUNS],
      samePage: [RUNS],
      emptyList: [RUNS],
    },
  },
  {
    call: 'publish',
    label: 'Notify: `Publish`',
    given: failing,
    endings: {
      requestLost: [RUNS],
      answerLost: [REPORTED_TWICE],
      error500: [RUNS, NOT_REPORTED],
      throttled: [RUNS],
    },
  },
];

import { NOT_STARTED, Row, RUNS, UNKNOWN } from './matrix';
import { Trial } from './trial';

/** Servers by ID, and servers that SSM found: a rerun names them. */
const named: Trial = { fleet: 'three', job: 'rerunnable', isRerun: true };
const found: Trial = { ...named, fleet: 'tagged' };

/** From the start of a rerun to a command that is known. The combinations have none of them: no other run makes these calls. */
export const RERUN_PATH: readonly Row[] = [
  {
    call: 'describeRepeated',
    label: '`DescribeExecution` of the run to repeat',
    given: named,
    endings: {
      requestLost: [RUNS, NOT_STARTED],
      answerLost: [RUNS],
      error500: [RUNS, NOT_STARTED],
      throttled: [RUNS, NOT_STARTED],
      timedOut: [RUNS],
      accessDenied: [RUNS, NOT_STARTED],
    },
  },
  {
    call: 'getRepeatedHistory',
    label: '`GetExecutionHistory` of the run to repeat',
    given: named,
    endings: {
      requestLost: [RUNS, NOT_STARTED],
      answerLost: [RUNS],
      error500: [RUNS, NOT_STARTED],
      throttled: [RUNS, NOT_STARTED],
      accessDenied: [RUNS, NOT_STARTED],
      samePage: [RUNS, NOT_STARTED],
    },
  },
  {
    call: 'listRepeated',
    label: '`ListCommands` of the run to repeat',
    given: named,
    endings: {
      requestLost: [RUNS, NOT_STARTED],
      answerLost: [RUNS],
      error500: [RUNS, NOT_STARTED],
      throttled: [RUNS, NOT_STARTED],
      accessDenied: [RUNS, NOT_STARTED],
      samePage: [RUNS, NOT_STARTED],
      emptyList: [RUNS, NOT_STARTED],
    },
  },
  {
    call: 'listRepeatedInvocations',
    label: '`ListCommandInvocations` of the run to repeat, on instances found by tag',
    given: found,
    endings: {
      requestLost: [RUNS, NOT_STARTED],
      answerLost: [RUNS],
      error500: [RUNS, NOT_STARTED],
      throttled: [RUNS, NOT_STARTED],
      accessDenied: [RUNS, NOT_STARTED],
      samePage: [RUNS, NOT_STARTED],
      emptyList: [RUNS, NOT_STARTED],
    },
  },
  {
    call: 'sendHandler',
    label: 'Send command of a rerun: its handler',
    given: named,
    endings: {
      requestLost: [UNKNOWN],
      answerLost: [RUNS],
      killedAfter: [RUNS],
    },
  },
  {
    call: 'sendCommand',
    label: '`SendCommand` of a rerun',
    given: named,
    endings: {
      requestLost: [UNKNOWN],
      answerLost: [RUNS],
      error500: [UNKNOWN],
      throttled: [RUNS],
    },
  },
];

/** What a call of AWS, or of a handler, suffers. */
export type FaultKind =
  'requestLost' | 'answerLost' | 'error500' | 'throttled' | 'timedOut' | 'killedBefore' | 'killedDuring' | 'killedAfter' |
  'accessDenied' | 'samePage' | 'emptyList' | 'late';

/** The faults, as the columns of docs/faults.md name them. */
export const KINDS: { readonly [kind in FaultKind]: string } = {
  requestLost: 'request lost',
  answerLost: 'answer lost',
  error500: 'HTTP 500',
  throttled: 'throttled',
  timedOut: 'timed out',
  killedBefore: 'killed before',
  killedDuring: 'killed during',
  killedAfter: 'killed after',
  accessDenied: 'access denied',
  samePage: 'same page for ever',
  emptyList: 'list empty',
  late: 'late',
};

/** The members of a call that tell what it is for. */
export interface CallInput {
  readonly action?: string;
  readonly CommandId?: string;
  readonly Filters?: readonly { readonly key: string }[];
  readonly commandId?: string;
  readonly executionArn?: string;
  readonly taskToken?: string;
}

/** A call that can be hit. */
export interface Call {
  /** `api` is what handlers call. */
  readonly service: 'api' | 'lambda' | 'sns' | 'event';
  /** Of `api` the operation, of `lambda` the handler, of `event` the rule. */
  readonly name?: string;
  /** Which of the calls with that name are meant; all of them if it is missing. */
  readonly isMeant?: (input: CallInput) => boolean;
  /** Whether it is made by CloseRun, after the execution has ended. */
  readonly isClosing?: boolean;
  /** Whether it asks for the execution that a rerun repeats. */
  readonly isOfRepeated?: boolean;
}

const asks = (filter: string) => ({ Filters = [] }: CallInput) => Filters.some(({ key }) => key === filter);

/** All calls of a run, in the order in which they are made. */
export const CALLS = {
  sendHandler: { service: 'lambda', name: 'SendCommand', isMeant: ({ action }) => action === 'send' },
  // The first that is asked for commands since a time, where a schedule starts the execution.
  listEarlier: { service: 'api', name: 'ListCommands', isMeant: asks('InvokedAfter') },
  getCalendar: { service: 'api', name: 'GetCalendarState' },
  // The first calls of a rerun: of the execution that it repeats.
  describeRepeated: { service: 'api', name: 'DescribeExecution', isOfRepeated: true },
  getRepeatedHistory: { service: 'api', name: 'GetExecutionHistory', isOfRepeated: true },
  listRepeated: { service: 'api', name: 'ListCommands', isMeant: asks('InvokedBefore') },
  listRepeatedInvocations: { service: 'api', name: 'ListCommandInvocations' },
  listRunning: { service: 'api', name: 'ListCommands', isMeant: asks('ExecutionStage') },
  cancelRunning: { service: 'api', name: 'CancelCommand' },
  sendCommand: { service: 'api', name: 'SendCommand' },
  findHandler: { service: 'lambda', name: 'SendCommand', isMeant: ({ action }) => action === 'find' },
  findCommand: { service: 'api', name: 'ListCommands', isMeant: asks('InvokedAfter') },

  statusHandler: { service: 'lambda', name: 'GetStatus', isMeant: ({ taskToken }) => taskToken === undefined },
  listCommand: { service: 'api', name: 'ListCommands', isMeant: ({ CommandId }) => CommandId !== undefined },
  listBefore: { service: 'api', name: 'ListCommands', isMeant: asks('ExecutionStage') },
  listInvocations: { service: 'api', name: 'ListCommandInvocations' },
  describeAgents: { service: 'api', name: 'DescribeInstanceInformation' },
  getInvocation: { service: 'api', name: 'GetCommandInvocation' },
  getLogEvents: { service: 'api', name: 'GetLogEvents' },
  listRuns: { service: 'api', name: 'ListExecutions' },
  publish: { service: 'sns' },

  wait: { service: 'lambda', name: 'GetStatus', isMeant: ({ taskToken }) => taskToken !== undefined },
  commandEvent: { service: 'event', name: '/CommandEvents/Rule' },
  resumeHandler: { service: 'lambda', name: 'CloseRun', isMeant: ({ commandId }) => commandId !== undefined },
  resumeCommand: { service: 'api', name: 'ListCommands', isMeant: ({ CommandId }) => CommandId !== undefined },
  resumeExecution: { service: 'api', name: 'ListExecutions' },
  resumeHistory: { service: 'api', name: 'GetExecutionHistory' },
  resumeTask: { service: 'api', name: 'SendTaskSuccess' },

  endEvent: { service: 'event', name: '/CloseRule' },
  closeHandler: { service: 'lambda', name: 'CloseRun', isMeant: ({ executionArn }) => executionArn !== undefined },
  getHistory: { service: 'api', name: 'GetExecutionHistory', isClosing: true },
  closeFind: { service: 'api', name: 'ListCommands', isMeant: asks('InvokedAfter'), isClosing: true },
  closeCancel: { service: 'api', name: 'CancelCommand', isClosing: true },
  closeLook: { service: 'api', name: 'ListCommandInvocations', isClosing: true },
  closeMark: { service: 'api', name: 'CreateLogStream', isClosing: true },
  closePublish: { service: 'api', name: 'Publish', isClosing: true },
} as const satisfies { readonly [name: string]: Call };

export type CallName = keyof typeof CALLS;

/** One fault of a run. */
export interface Fault {
  readonly call: CallName;
  readonly kind: FaultKind;
  /** The first and the last call that is hit, counted from 1. */
  readonly hits: readonly [first: number, last: number];
}

/** Hits the first call. */
export const ONCE = [1, 1] as const;

/** Hits the second call. */
export const SECOND = [2, 2] as const;

/** Hits every call. */
export const ALWAYS = [1, Infinity] as const;

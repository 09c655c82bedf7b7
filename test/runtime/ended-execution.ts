import type { HistoryEvent } from '@aws-sdk/client-sfn';
import type { Command, CommandInvocation } from '@aws-sdk/client-ssm';
import { after, EXECUTION, job, run, START } from './samples';
import { Parts, world as worldOf } from './world';
import { ExecutionEnded, JobSettings, Outcome, SEND_STATE, Status } from '../../src/protocol';
import { close, CloseSettings } from '../../src/runtime/close';
import { endStatus, runningStatus } from '../../src/runtime/report/status';
import { uniformCounts } from '../../src/runtime/verdict';

const STOP = after(120);

export function ended(status: ExecutionEnded['status'] = 'ABORTED'): ExecutionEnded {
  return { executionArn: EXECUTION, status, startDate: Date.parse(START), stopDate: Date.parse(STOP) };
}

/** The beginning of every history. */
function beginning(settings: JobSettings, input: unknown = {}): HistoryEvent[] {
  return [
    { type: 'ExecutionStarted', executionStartedEventDetails: { input: JSON.stringify(input) } },
    { type: 'PassStateEntered', stateEnteredEventDetails: { name: 'Job settings', input: JSON.stringify(input) } },
    { type: 'PassStateExited', stateExitedEventDetails: { name: 'Job settings', output: JSON.stringify({ job: settings }) } },
  ] as HistoryEvent[];
}

/** Events of histories. */
export const entered = (name: string, data: unknown = {}) =>
  ({ type: 'TaskStateEntered', stateEnteredEventDetails: { name, input: JSON.stringify(data) } }) as HistoryEvent;
export const answered = (status: Status) =>
  ({ type: 'LambdaFunctionSucceeded', lambdaFunctionSucceededEventDetails: { output: JSON.stringify(status) } }) as HistoryEvent;
export const invoked = { type: 'LambdaFunctionScheduled' } as HistoryEvent;
export const exited = (name: string, data: unknown) =>
  ({ type: 'TaskStateExited', stateExitedEventDetails: { name, output: JSON.stringify(data) } }) as HistoryEvent;
export const published = { type: 'TaskSucceeded', taskSucceededEventDetails: { resourceType: 'sns', resource: 'publish' } } as HistoryEvent;
export const aborted = { type: 'ExecutionAborted', executionAbortedEventDetails: { error: 'Operator', cause: 'wrong day' } } as HistoryEvent;
export const timedOut = { type: 'ExecutionTimedOut', executionTimedOutEventDetails: {} } as HistoryEvent;
export const executionFailed = { type: 'ExecutionFailed', executionFailedEventDetails: { error: 'CotsBatchJob.Failed' } } as HistoryEvent;

/** What handlers have answered. */
export const context = (settings: JobSettings) => ({ job: settings, executionId: EXECUTION, run: run(), now: STOP });
export const running = (settings = job()) => runningStatus(context(settings), uniformCounts(1, 'Running'), 1);
export const failed = (settings = job(), unresponsive = 0) => endStatus(context(settings), {
  outcome: Outcome.FAILED,
  headline: 'failed on 1 instance',
  cause: 'The batch program failed.',
  attempts: 1,
  exitCode: 3,
  failures: [],
  advice: [],
  counts: { ...uniformCounts(1, Outcome.FAILED), unresponsive },
});

/** Histories after the first state: of an execution that is stopped while it waits for its program. */
export const stoppedWhileRunning = [
  entered(SEND_STATE), answered(running()), exited(SEND_STATE, { status: running() }), entered('Wait'), aborted,
];
/** Of one that failed with this status. @param events what came of the notification */
export const failedWith = (status: Status, ...events: HistoryEvent[]) =>
  [entered(SEND_STATE), answered(running()), answered(status), entered('Notify', { status }), ...events, executionFailed];

/** An execution that has ended, and what SSM says of its run. */
export interface World {
  readonly settings?: JobSettings;
  readonly input?: unknown;
  /** After the first state, oldest first. */
  readonly events: HistoryEvent[];
  /** One listing after the other; the last one stays. */
  readonly commands?: Command[][];
  /** One look after the other; the last one stays. */
  readonly invocations?: CommandInvocation[][];
  readonly cancel?: () => Promise<void>;
  /** Fails each call of SSM that is made in a second for which it says so. */
  readonly isDown?: (second: number) => boolean;
  /** What GetExecutionHistory shows, of all events, so many seconds after Close run began. Default: all of them. */
  readonly shown?: (events: HistoryEvent[], second: number) => HistoryEvent[];
  /** How long the function may run, in seconds. Default: not longer than until the report. */
  readonly limitSeconds?: number;
  /** Marks of invocations before. Default: none. */
  readonly marks?: Set<string>;
  /** What fails, and is no service that the report needs. */
  readonly tools?: Parts;
  /** What the function knows of itself. Default: nothing. */
  readonly own?: Partial<CloseSettings>;
  /** How long a look takes. Default: no time. */
  readonly lookSeconds?: number;
  /** Of the event. Default: it has none. */
  readonly cause?: string;
  /** Default: `STOP`. */
  readonly stopDate?: number;
  /** What SSM says of the command of a job with targets, one answer after the other; the last one stays. */
  readonly command?: (Command | undefined)[];
}

/** Closes an execution with this history; what was done, in order. */
export async function closed(status: ExecutionEnded['status'], world: World) {
  const all = [...beginning(world.settings ?? job(), world.input), ...world.events];
  const done: string[] = [];
  const told: Status[] = [];
  const recorded: Status['outcome'][] = [];
  const take = <T>(queue: T[]): T => queue.length > 1 ? queue.shift()! : queue[0];
  const commands = [...world.commands ?? [[]]];
  const looks = [...world.invocations ?? [[]]];
  const answers = [...world.command ?? [undefined]];
  const toldAt: number[] = [];
  let slept = 0;
  const elapsed = () => slept + (world.lookSeconds ?? 0) * done.filter((what) => what === 'look').length;
  const marks = world.marks ?? new Set<string>();
  const ask = <T>(what: string, answer: () => T): T => {
    done.push(what);
    if (world.isDown?.(elapsed())) {
      throw Object.assign(new Error('Internal failure'), { name: 'InternalServerError' });
    }
    return answer();
  };
  const shown = () => (world.shown ? world.shown(all, elapsed()) : all);
  const { ssm, logs, states, sns, clock } = world.tools ?? {};
  const tools = worldOf({
    ssm: {
      commands: async () => ask('list', () => take(commands)),
      command: async () => take(answers),
      invocations: async () => ask('look', () => take(looks)),
      cancel: async (commandId) => ask(`cancel ${commandId}`, () => world.cancel?.()),
      ...ssm,
    },
    logs: {
      create: async (_group, name) => !marks.has(name) && Boolean(marks.add(name)),
      has: async (_group, name) => marks.has(name),
      ...logs,
    },
    states: { history: async (_arn, max, newestFirst) => (newestFirst ? [...shown()].reverse() : shown()).slice(0, max), ...states },
    sns: { notify: async (_job, notification) => void (done.push('notify'), told.push(notification), toldAt.push(elapsed())), ...sns },
    clock: {
      sleep: async (milliseconds) => void (slept += milliseconds / 1000),
      elapsed: () => 1000 * elapsed(),
      remaining: () => 1000 * ((world.limitSeconds ?? 0) - elapsed()),
      ...clock,
    },
    record: ({ outcome }) => void recorded.push(outcome),
  });
  const event = { ...ended(status), ...world.cause && { cause: world.cause }, ...world.stopDate && { stopDate: world.stopDate } };
  const error = await close(event, { logGroupName: '/aws/lambda/CloseRun', ...world.own }, tools).then(() => undefined, (thrown: Error) => thrown);
  if (error && !world.isDown && !world.shown) {
    throw error;
  }
  return { done, told: told[0], all: told, recorded, toldAt, slept, error };
}

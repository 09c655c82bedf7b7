import { isObject } from './fields';
import { notStartedStatus, quietStatus } from './report/not-started';
import { describeError } from './send-error';
import type { World } from './world';
import { CheckStartRequest, WatchStatus } from '../protocol';
import { canonicalTime } from '../protocol/scheduled-time';
import { quote } from '../protocol/text';

/** How much earlier than its time a run may have been started, by the clock of Step Functions. */
const EARLIEST_SECONDS = 60;

/** Executions that are asked for their input, and how many of them at a time: within the quota of DescribeExecution, and the time of the function. */
const MAX_DESCRIBED = 1000;
const PARALLEL = 5;

type CheckWorld = Pick<World, 'states' | 'logs' | 'log'>;

/**
 * Finds out whether a scheduled time has a run: an execution that carries it. One that a person has started does not, nor does a check run.
 *
 * @throws where that cannot be found out: the workflow asks again, and reports it in the end
 */
export async function checkStart(request: CheckStartRequest, marksLogGroup: string, world: CheckWorld): Promise<WatchStatus> {
  const given = isObject(request.input) ? request.input.scheduledTime : undefined;
  const scheduledTime = canonicalTime(given);
  if (scheduledTime === undefined) {
    throw new Error(`scheduledTime must be a time in ISO 8601 with its zone, as the schedule of the watch writes it, got ${quote(given)}`);
  }
  let isGone = false;
  try {
    const execution = await findRun(request.watch.stateMachineArn, scheduledTime, world);
    if (execution !== undefined) {
      world.log('run found', { scheduledTime, execution });
      return quietStatus(execution);
    }
  } catch (error) {
    if ((error as Error).name !== 'StateMachineDoesNotExist') {
      throw error;
    }
    isGone = true;
  }
  if (!request.isLast) {
    world.log('no run found yet', { scheduledTime, isGone });
    return quietStatus();
  }
  const isDuplicate = !await isFirst(scheduledTime, request.executionId, marksLogGroup, world);
  world.log('no run found', { scheduledTime, isGone, isDuplicate });
  return notStartedStatus(request, scheduledTime, { isGone, isDuplicate });
}

/** @returns its ARN */
async function findRun(stateMachineArn: string, scheduledTime: string, { states }: CheckWorld): Promise<string | undefined> {
  const started = await states.startedSince(stateMachineArn, Date.parse(scheduledTime) - 1000 * EARLIEST_SECONDS);
  // That of the time is among the oldest of them.
  for (let i = 0; i < Math.min(started.length, MAX_DESCRIBED); i += PARALLEL) {
    const group = started.slice(i, i + PARALLEL);
    const inputs = await Promise.all(group.map(async (arn) => inputOf(arn, states)));
    const found = inputs.findIndex((input) => isRunOf(scheduledTime, input));
    if (found >= 0) {
      return group[found];
    }
  }
  if (started.length > MAX_DESCRIBED) {
    throw new Error(`more than ${MAX_DESCRIBED} executions were started since ${scheduledTime}: whether one of them is its run is not known`);
  }
  return undefined;
}

async function inputOf(executionArn: string, states: CheckWorld['states']): Promise<unknown> {
  const { input } = await states.describe(executionArn);
  if (input === undefined) {
    // It may be the run: to say that there is none would be a guess.
    throw new Error(`Step Functions does not say what ${executionArn} was started with`);
  }
  return JSON.parse(input);
}

function isRunOf(scheduledTime: string, input: unknown): boolean {
  return isObject(input) && canonicalTime(input.scheduledTime) === scheduledTime && input.check !== true;
}

/**
 * Whether this execution is the first one that has found no run: EventBridge Scheduler may deliver a time twice. Each leaves a mark with its
 * name, so that one that asks again is still the first. Where there are no marks, it is: told twice is better than never.
 */
async function isFirst(scheduledTime: string, executionId: string, logGroupName: string, { logs, log }: CheckWorld): Promise<boolean> {
  const [machine, execution] = executionId.split(':').slice(-2);
  const prefix = `${machine}/${scheduledTime.replaceAll(':', '.')}/`;
  try {
    await logs.create(logGroupName, `${prefix}${execution}`);
    const [first = ''] = await logs.streams(logGroupName, prefix);
    return first === '' || first === `${prefix}${execution}`;
  } catch (error) {
    log('no marks', { error: describeError(error) });
    return true;
  }
}

import type { Command, InstanceInformation } from '@aws-sdk/client-ssm';
import { isFoundBySsm } from './command-input';
import { Observation } from './instances';
import { GetStatusRequest, InstanceVerdict, JobSettings, MAX_INSTANCE_IDS, Outcome, Reason, Run, RUNNING } from '../protocol';
import { describeError } from './send-error';
import type { World } from './world';
import { secondsBetween } from '../protocol/poll-plan';

/** Calls of one poll: enough for the largest fleets, and done long before the Lambda function has to end. */
const MAX_CALLS = 250;

/** How DescribeInstanceInformation says that it does not know one of the instances asked for. */
const UNKNOWN_ERROR = 'InvalidInstanceId';

/** Statuses of an invocation that the agent has not taken yet; without it, the delivery time-out is what counts. */
const NOT_YET_TAKEN = [Reason.PENDING, Reason.DELAYED, Reason.NOT_REGISTERED];

/** What is known of a run once its agents were asked for. */
export interface Judged {
  readonly run: Run;
  readonly observation: Observation;
}

/**
 * Judges instances unresponsive whose agents do not report: an agent that dies while the program runs never reports, and SSM goes on
 * calling the invocation `InProgress` until the whole command expires.
 *
 * A run goes on as long as one of its instances does, so that only where all that still run are unresponsive anything changes, and the
 * first agent that has reported spares all further calls. An error, or an answer that is missing, never counts as unresponsive.
 */
export async function judgeUnresponsive(
  request: GetStatusRequest, command: Command | undefined, observation: Observation, world: Pick<World, 'ssm' | 'log'>,
): Promise<Judged> {
  const { silentSince, ...run } = request.run;
  const { job, now } = request;
  const running = observation.instances.filter(({ outcome }) => outcome === RUNNING);
  const ids = running.map(({ instanceId }) => instanceId);
  const unresponsive = isTime(request, command, running) ? await unresponsiveAgents(job, now, ids, world) : undefined;
  if (!unresponsive) {
    return { run, observation };
  }
  const since = silentSince ?? now;
  const isCertain = [...unresponsive.values()].every((lastPing) => lastPing !== '') || secondsBetween(since, now) >= job.unresponsiveAfterSeconds;
  world.log('agents unresponsive', { instances: unresponsive.size, since, isCertain });
  return isCertain
    ? { run, observation: { ...observation, instances: observation.instances.map((one) => judge(one, unresponsive, since)), open: false } }
    : { run: { ...run, silentSince: since }, observation };
}

/** Whether the program runs, as far as its agents report, on one of these instances, on all of which SSM says it does. */
export async function isAnyResponsive({ job, run, now }: GetStatusRequest, ids: string[], world: Pick<World, 'ssm' | 'log'>): Promise<boolean> {
  const isYoung = secondsBetween(run.sentAt, now) < job.unresponsiveAfterSeconds;
  return isYoung || await unresponsiveAgents(job, now, ids, world) === undefined;
}

/** Whether the run is old enough, all that runs is known by name, and has had its time to take the command. */
function isTime({ job, run, now }: GetStatusRequest, command: Command | undefined, running: InstanceVerdict[]): boolean {
  const elapsed = secondsBetween(run.sentAt, now);
  const isCounted = !isFoundBySsm(job, run) || command?.TargetCount !== undefined;
  const mayBeTaken = ({ reason }: InstanceVerdict) => NOT_YET_TAKEN.includes(reason) && elapsed < job.deliveryTimeoutSeconds;
  return elapsed >= job.unresponsiveAfterSeconds && isCounted && running.length > 0
    && running.every((instance) => instance.instanceId && !mayBeTaken(instance));
}

/**
 * The last ping of each agent, empty where SSM does not know the instance: it does not list those that were stopped or terminated.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html
 * @returns undefined where one of them has reported, or this is not known
 */
async function unresponsiveAgents(
  job: JobSettings, now: string, ids: string[], { ssm, log }: Pick<World, 'ssm' | 'log'>,
): Promise<Map<string, string> | undefined> {
  const queue = Array.from({ length: Math.ceil(ids.length / MAX_INSTANCE_IDS) }, (_, i) =>
    ids.slice(i * MAX_INSTANCE_IDS, (i + 1) * MAX_INSTANCE_IDS));
  const unresponsive = new Map<string, string>();
  for (let calls = 0; queue.length > 0; calls++) {
    const asked = queue.shift()!;
    if (calls >= MAX_CALLS) {
      return undefined;
    }
    try {
      const known = new Map((await ssm.agents(asked)).map((agent) => [agent.InstanceId, agent]));
      for (const id of asked) {
        const lastPing = lastPingOf(job, now, known.get(id));
        if (lastPing === undefined) {
          return undefined;
        }
        unresponsive.set(id, lastPing);
      }
    } catch (error) {
      if ((error as Error).name !== UNKNOWN_ERROR) {
        log('agents not asked', { error: describeError(error) });
        return undefined;
      }
      // One unknown instance makes SSM refuse the whole question.
      if (asked.length === 1) {
        unresponsive.set(asked[0], '');
      } else {
        const half = Math.ceil(asked.length / 2);
        queue.unshift(asked.slice(0, half), asked.slice(half));
      }
    }
  }
  return unresponsive;
}

/** When an unresponsive agent last reported; undefined if it is responsive, or not unresponsive for long enough. */
function lastPingOf(job: JobSettings, now: string, agent: InstanceInformation | undefined): string | undefined {
  if (!agent) {
    return '';
  }
  const lastPing = agent.LastPingDateTime?.toISOString();
  const isLost = agent.PingStatus === 'ConnectionLost' && lastPing !== undefined
    && secondsBetween(lastPing, now) >= job.unresponsiveAfterSeconds;
  return isLost ? lastPing : undefined;
}

function judge(instance: InstanceVerdict, unresponsive: Map<string, string>, unknownSince: string): InstanceVerdict {
  const lastPing = instance.outcome === RUNNING ? unresponsive.get(instance.instanceId) : undefined;
  return lastPing === undefined ? instance : {
    ...instance,
    outcome: Outcome.UNRESPONSIVE,
    ...lastPing ? { reason: Reason.CONNECTION_LOST, since: lastPing } : { reason: Reason.NOT_MANAGED, since: unknownSince },
  };
}

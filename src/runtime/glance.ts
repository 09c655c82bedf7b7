import type { Command, CommandInvocation } from '@aws-sdk/client-ssm';
import { judgeInvocation } from './invocation';
import { observe } from './instances';
import { GetStatusRequest, MAX_INSTANCE_IDS, RUNNING } from '../protocol';
import { secondsBetween, totalSeconds } from '../protocol/poll-plan';
import { isLate } from './report/lateness';
import { describeError } from './send-error';
import { Hearing, isAnyHeard } from './unresponsive';
import type { World } from './world';

/**
 * Looks whether a run on a large fleet goes on, without reading what has ended: one instance on which the program runs is enough to
 * know that it does, and SSM lists those by their status. It takes a few calls where a look at all takes one for every 50 instances.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CommandFilter.html
 * @param command the one whose instances SSM finds, if it does
 * @returns undefined where all are to be looked at: nothing runs, as far as this tells; what runs is silent; or numbers are to be told
 */
export async function glance(request: GetStatusRequest, command: Command | undefined, world: Pick<World, 'ssm' | 'log'>): Promise<Hearing | undefined> {
  const { job, now } = request;
  try {
    const invocations = isTime(request) ? await listSome(request, command, world) : undefined;
    if (!invocations || !await isAnyHeard(request, invocations.flat().map(({ InstanceId }) => InstanceId!), world)) {
      return undefined;
    }
    const { silentSince, ...run } = request.run;
    return { run, observation: observe(job, run, { invocations, command, isPartial: true }, now) };
  } catch (error) {
    // It spares calls, and decides nothing.
    world.log('no glance', { error: describeError(error) });
    return undefined;
  }
}

/** Not when a run is given up, and not when it is told that it is late: with numbers of everything. */
function isTime({ job, run, now }: GetStatusRequest): boolean {
  return secondsBetween(run.sentAt, now) < totalSeconds(job) && (run.wasLate === true || !isLate(job, run, now));
}

/** What runs of the first command of which anything does, and nothing of those before; undefined where there is none, or a glance spares nothing. */
async function listSome(
  { job, run }: GetStatusRequest, command: Command | undefined, world: Pick<World, 'ssm' | 'log'>,
): Promise<CommandInvocation[][] | undefined> {
  const sent = run.commands.filter(({ commandId }) => commandId);
  // What fits into one page is looked at as a whole.
  if (sent.length === 0 || (sent.length === 1 && (command?.TargetCount ?? 0) <= MAX_INSTANCE_IDS)) {
    return undefined;
  }
  const invocations: CommandInvocation[][] = [];
  for (const { commandId } of run.commands) {
    const listed = commandId ? await world.ssm.someRunning(commandId) : [];
    // What is listed by its status may have another one by now.
    const running = listed.filter((one) => one.InstanceId && judgeInvocation(job, one).outcome === RUNNING);
    invocations.push(running);
    if (running.length > 0) {
      return invocations;
    }
  }
  return undefined;
}

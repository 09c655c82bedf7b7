import type { Command, CommandInvocation } from '@aws-sdk/client-ssm';
import { judgeInvocation } from './invocation';
import { isLate } from './lateness';
import { CommandListing, observe } from './observation';
import { secondsBetween, totalSeconds } from './poll-plan';
import { GetStatusRequest, MAX_INSTANCE_IDS, RUNNING } from './protocol';
import { describeError } from './send-error';
import { Hearing, isAnyHeard, SilenceTools } from './silence';

/** What a glance needs of the world. */
export interface GlanceTools extends SilenceTools {
  /** Undefined while SSM does not list it. */
  command(commandId: string): Promise<Command | undefined>;
  /** One page of ListCommandInvocations, of those that are in progress. */
  someRunning(commandId: string): Promise<CommandInvocation[]>;
}

/**
 * Looks whether a run on a large fleet goes on, without reading what has ended: one instance on which the program runs is enough to
 * know that it does, and SSM lists those by their status. It takes a few calls where a look at all takes one for every 50 instances.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CommandFilter.html
 * @returns undefined where all are to be looked at: nothing runs, as far as this tells; what runs is silent; or numbers are to be told
 */
export async function glance(request: GetStatusRequest, tools: GlanceTools): Promise<Hearing | undefined> {
  if (!isTime(request)) {
    return undefined;
  }
  try {
    return request.job.targets.length > 0 ? await glanceAtTargets(request, tools) : await glanceAtCommands(request, tools);
  } catch (error) {
    // It spares calls, and decides nothing.
    tools.log('no glance', { error: describeError(error) });
    return undefined;
  }
}

/** Not when a run is given up, and not when it is told that it is late: with numbers of everything. */
function isTime({ job, run, now }: GetStatusRequest): boolean {
  const isLarge = job.targets.length > 0 || run.commands.length > 1;
  return isLarge && secondsBetween(run.sentAt, now) < totalSeconds(job) && (run.wasLate === true || !isLate(job, run, now));
}

async function glanceAtTargets(request: GetStatusRequest, tools: GlanceTools): Promise<Hearing | undefined> {
  const [{ commandId }] = request.run.commands;
  const command = commandId ? await tools.command(commandId) : undefined;
  // What fits into one page is looked at as a whole.
  return (command?.TargetCount ?? 0) > MAX_INSTANCE_IDS
    ? goesOn(request, [{ command, invocations: await running(request, commandId, tools) }], tools)
    : undefined;
}

/** The commands one after the other: the first one that runs will do. */
async function glanceAtCommands(request: GetStatusRequest, tools: GlanceTools): Promise<Hearing | undefined> {
  const listings: CommandListing[] = [];
  for (const { commandId } of request.run.commands) {
    listings.push({ invocations: commandId ? await running(request, commandId, tools) : [] });
    const hearing = await goesOn(request, listings, tools);
    if (hearing) {
      return hearing;
    }
  }
  return undefined;
}

/** What is listed by its status may have another one by now. */
async function running({ job }: GetStatusRequest, commandId: string, tools: GlanceTools): Promise<CommandInvocation[]> {
  const listed = await tools.someRunning(commandId);
  return listed.filter((invocation) => invocation.InstanceId && judgeInvocation(job, invocation).outcome === RUNNING);
}

/** The run goes on if one of the instances that were listed last does. */
async function goesOn(request: GetStatusRequest, listings: CommandListing[], tools: GlanceTools): Promise<Hearing | undefined> {
  const ids = listings.at(-1)!.invocations.map(({ InstanceId }) => InstanceId!);
  if (!await isAnyHeard(request, ids, tools)) {
    return undefined;
  }
  const { silentSince, ...run } = request.run;
  return { run, observation: observe(request.job, run, listings, request.now, 'some') };
}

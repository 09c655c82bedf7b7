import type { CommandInvocation } from '@aws-sdk/client-ssm';
import { decide } from './attempts';
import { judgedEnding } from './ending';
import { glance, GlanceTools } from './glance';
import { Links } from './links';
import { CommandListing, observe } from './observation';
import { describeFailures, OutputTools } from './output';
import { GetStatusRequest, RunCommand, RUNNING, Status, WOKEN_ERROR } from './protocol';
import { Hearing, listen } from './silence';
import { endStatus, retryStatus, runningStatus } from './status';
import { judgeRun } from './verdict';

/** Commands asked for at the same time: fast for large fleets, gentle with the rate limits of an account. */
const PARALLEL = 5;

/** What watching a run needs of the world. */
export interface WatchTools extends OutputTools, GlanceTools {
  /** All pages of ListCommandInvocations. */
  invocations(commandId: string): Promise<CommandInvocation[]>;
}

/**
 * Looks at a run, once.
 *
 * @throws what the SDK throws when SSM cannot be asked: a look that fails says nothing about the run, and is to be repeated.
 */
export async function watch(request: GetStatusRequest, tools: WatchTools): Promise<Status> {
  const { job, run, executionId, now } = request;
  const looked = { ...request, run: isWoken(request) ? { ...run, wokenAt: now } : run };
  const heard = await glance(looked, tools) ?? await lookAtAll(looked, tools);
  const context = { ...request, run: heard.run };
  const verdict = judgeRun(job, run, heard.observation, now);
  const { outcome, counts, attempts } = verdict;
  tools.log('run looked at', { runId: run.id, outcome, counts, commands: run.commands.length });
  if (outcome === RUNNING) {
    return runningStatus(context, counts, attempts);
  }
  const { next, waitSeconds, reason } = decide(job, heard.run, verdict);
  if (next) {
    tools.log('run tried again', { runId: next.id, attempt: next.attempt, instances: next.instanceIds, waitSeconds });
    return retryStatus({ ...context, run: next }, verdict, waitSeconds);
  }
  const failures = await describeFailures(job, verdict.failures, new Links(job, executionId), tools);
  return endStatus(context, judgedEnding(job, outcome, verdict, failures, reason));
}

/** An event that has come before the wait does not let it begin. */
function isWoken({ wait }: GetStatusRequest): boolean {
  return wait?.isWoken === true || (wait?.Error ?? '').endsWith(WOKEN_ERROR);
}

/** Looks at every instance. */
async function lookAtAll(request: GetStatusRequest, tools: WatchTools): Promise<Hearing> {
  const { job, run, now } = request;
  const listings: CommandListing[] = [];
  for (let i = 0; i < run.commands.length; i += PARALLEL) {
    const group = run.commands.slice(i, i + PARALLEL);
    listings.push(...await Promise.all(group.map(async (command) => list(request, command, tools))));
  }
  return listen(request, listings, observe(job, run, listings, now), tools);
}

async function list({ job }: GetStatusRequest, { commandId }: RunCommand, tools: WatchTools): Promise<CommandListing> {
  if (!commandId) {
    return { invocations: [] };
  }
  // The command first: where it has ended, the invocations listed after it have as well.
  const command = job.targets.length > 0 ? await tools.command(commandId) : undefined;
  return { command, invocations: await tools.invocations(commandId) };
}

import type { Command, CommandInvocation } from '@aws-sdk/client-ssm';
import { conclude, withPrevious } from './retry';
import { isFoundBySsm, namedInstances } from './command-input';
import { findEarlierStart } from './earlier-start';
import { glance } from './glance';
import { NO_EXIT_CODE } from './invocation';
import { Observation, observe } from './instances';
import { GetStatusRequest, Outcome, Run, RUNNING, Status } from '../protocol';
import { readSettings } from './read-settings';
import { describeFailure, describeFailures } from './report/output';
import { DOUBT_SECONDS, secondsBetween } from '../protocol/poll-plan';
import { attemptNotStarted, judgedEnding, repeatedEnding, Standing } from './report/ending';
import { Links } from './report/links';
import { Context, endStatus, runningStatus } from './report/status';
import { restoreRun } from './restore-run';
import { decisiveRefusal } from './send-error';
import { listen } from './unresponsive';
import { judgeRefused, judgeRun, uniformCounts, Verdict } from './verdict';
import type { World } from './world';

/** Commands asked for at the same time: fast for large fleets, gentle with the rate limits of an account. */
const PARALLEL = 5;

type RunAt = Pick<Context, 'job' | 'run' | 'now'>;
type PollWorld = Pick<World, 'ssm' | 'logs' | 'log'>;

/** How long SSM's listing, which is eventually consistent, may not know the command that has started this run before. */
const LISTING_SECONDS = 120;

/**
 * Polls a run, once.
 *
 * @throws what the SDK throws when SSM cannot be asked: a poll that fails says nothing about the run, and is to be repeated.
 */
export async function watch(asked: GetStatusRequest, world: PollWorld): Promise<Status> {
  const request = readRequest(asked, world);
  const { job, run, now } = request;
  if (run.wasStartedBefore) {
    return end(request, notSent(request), '', world);
  }
  if (decisiveRefusal(run)) {
    return end(request, judgeRefused(job, run, now), '', world);
  }
  const polled = { ...request, run: request.wait?.isResumed ? { ...run, resumedAt: now } : run };
  const command = await targetCommand(polled, world);
  const heard = await glance(polled, command, world) ?? await listen(polled, command, await observeAll(polled, command, world), world);
  const verdict = judgeRun(job, run, heard.observation, now);
  const doubtfulSince = isDoubtful(verdict, heard.observation) ? run.incompleteSince ?? now : undefined;
  const context = { ...request, run: withDoubt(heard.run, doubtfulSince) };
  const { outcome, counts, attempts } = verdict;
  world.log('run polled', { runId: run.id, outcome, counts, commands: run.commands.length, doubtfulSince });
  return outcome === RUNNING || isOpen(doubtfulSince, now)
    ? runningStatus(context, counts, attempts)
    : conclude(context, verdict, world.log, async (reason) => end(context, verdict, reason, world));
}

/** Polls a run whose execution has ended: all instances, and neither their agents nor other executions of the job. */
export async function pollEnded(context: Context, world: Pick<World, 'ssm' | 'logs'>): Promise<Standing> {
  const { job, run, now, executionId } = context;
  const observation = await observeAll(context, await targetCommand(context, world), world);
  const judged = judgeRun(job, run, observation, now);
  const doubtfulSince = isDoubtful(judged, observation) ? run.incompleteSince ?? now : undefined;
  if (judged.outcome === RUNNING || isOpen(doubtfulSince, now)) {
    return { outcome: RUNNING, counts: judged.counts, attempts: judged.attempts, exitCode: NO_EXIT_CODE, failures: [] };
  }
  const { outcome, counts, attempts, exitCode, failures } = withPrevious(run, judged).verdict;
  return { outcome, counts, attempts, exitCode, failures: await describeFailures(job, failures, new Links(job, executionId), world) };
}

/** What cannot be read is no reason to leave a program alone that runs: with stand-ins, it is watched as far as that goes. */
function readRequest(asked: GetStatusRequest, { log }: PollWorld): GetStatusRequest {
  const now = Number.isNaN(Date.parse(asked.now)) ? new Date().toISOString() : asked.now;
  const executionId = `${asked.executionId}`;
  const { job, problems } = readSettings(asked.job);
  const { run, problems: others } = restoreRun(asked.run, job, executionId, now);
  if (problems.length + others.length > 0) {
    log('settings not understood', { problems: [...problems, ...others] });
  }
  return { ...asked, job, run, executionId, now };
}

/** @param reason why it is not tried again; may be empty */
async function end(request: GetStatusRequest, latest: Verdict, reason: string, world: PollWorld): Promise<Status> {
  const { job, run, executionId, now } = request;
  const { verdict, notStarted } = withPrevious(run, latest);
  const outcome = verdict.outcome as Outcome;
  const { counts, overlaps } = verdict;
  const isSkipped = run.wasStartedBefore || counts.skipped > 0;
  const earlier = isSkipped ? await findEarlierStart(job, run, executionId, now, world) : undefined;
  const isRepeated = run.wasStartedBefore || counts.skipped > overlaps || earlier?.isFine === true;
  if (isRepeated && !earlier && run.scheduledTime !== undefined && secondsBetween(run.sentAt, now) < LISTING_SECONDS) {
    return runningStatus(request, counts, verdict.attempts);
  }
  const links = new Links(job, executionId);
  const failures = await describeFailures(job, verdict.failures, links, world);
  const [first] = notStarted.map((instance) => describeFailure(instance, links));
  const judged = judgedEnding(request, outcome, verdict, failures, first ? attemptNotStarted(job, run, notStarted.length, first) : reason);
  const ending = isRepeated ? repeatedEnding(judged, run, verdict, earlier) : judged;
  return { ...endStatus(request, ending), isDuplicate: isRepeated && ending.outcome === Outcome.SKIPPED };
}

/** The verdict on a run of which nothing was sent, because it had been started before. */
function notSent({ job, run }: GetStatusRequest): Verdict {
  return {
    outcome: Outcome.SKIPPED,
    counts: uniformCounts(namedInstances(job, run).length, Outcome.SKIPPED),
    failures: [],
    exitCode: NO_EXIT_CODE,
    fineExitCode: NO_EXIT_CODE,
    attempts: 0,
    overlaps: 0,
    noInstances: false,
  };
}

/** Whether a run would end for what SSM does not list. */
function isDoubtful({ outcome }: Verdict, { isIncomplete }: Observation): boolean {
  return outcome !== RUNNING && isIncomplete;
}

function isOpen(doubtfulSince: string | undefined, now: string): boolean {
  return doubtfulSince !== undefined && secondsBetween(doubtfulSince, now) < DOUBT_SECONDS;
}

/** A run that would have ended for what SSM does not list is polled once more: a single answer may be odd, whatever it lacks. */
function withDoubt({ incompleteSince: before, ...run }: Run, incompleteSince: string | undefined): Run {
  return incompleteSince === undefined ? run : { ...run, incompleteSince };
}

/**
 * The command whose instances SSM finds. It is asked for first: where it has ended, the invocations listed after it have as well.
 *
 * @returns undefined where instances are named
 */
async function targetCommand({ job, run }: RunAt, { ssm }: Pick<World, 'ssm'>): Promise<Command | undefined> {
  const commandId = run.commands[0]?.commandId;
  return commandId && isFoundBySsm(job, run) ? ssm.command(commandId) : undefined;
}

/** Reads what SSM lists of every instance. */
async function observeAll({ job, run, now }: RunAt, command: Command | undefined, { ssm }: Pick<World, 'ssm'>): Promise<Observation> {
  const invocations: CommandInvocation[][] = [];
  for (let i = 0; i < run.commands.length; i += PARALLEL) {
    const group = run.commands.slice(i, i + PARALLEL);
    invocations.push(...await Promise.all(group.map(async ({ commandId }) => commandId ? ssm.invocations(commandId) : [])));
  }
  return observe(job, run, { invocations, command }, now);
}

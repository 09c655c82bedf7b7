import type { Command, CommandInvocation } from '@aws-sdk/client-ssm';
import { checkSettings } from './check';
import { checkWarnings, CheckWorld } from './check-warnings';
import { isFoundBySsm, namedInstances } from './command-input';
import { findEarlierStart } from './earlier-start';
import { Observation, observe } from './instances';
import { judgeInvocation, NO_EXIT_CODE } from './invocation';
import { GetStatusRequest, MAX_INSTANCE_IDS, Outcome, Run, RUNNING, Status } from '../protocol';
import { readSettings } from './read-settings';
import { findRecovery } from './recovery';
import { deliveryOf } from '../protocol/delivery';
import { passedLimits } from '../protocol/late';
import { DOUBT_SECONDS, secondsBetween, totalSeconds } from '../protocol/poll-plan';
import { attemptNotStarted, Ending, judgedEnding, repeatedEnding, Standing } from './report/ending';
import { Links } from './report/links';
import { describeFailure, describeFailures } from './report/output';
import { Context, endStatus, runningStatus } from './report/status';
import { restoreRun } from './restore-run';
import { conclude, withPrevious } from './retry';
import { decisiveRefusal, describeError } from './send-error';
import { isAnyResponsive, Judged, judgeUnresponsive } from './unresponsive';
import { judgeRefused, judgeRun, uniformCounts, Verdict } from './verdict';
import { countWaiting } from './waiting';
import type { World } from './world';

/** Commands asked for at the same time: fast for large fleets, gentle with the rate limits of an account. */
const PARALLEL = 5;

type RunAt = Pick<Context, 'job' | 'run' | 'now'>;
type PollWorld = Pick<World, 'ssm' | 'logs' | 'states' | 'clock' | 'log'> & CheckWorld;

/** How long SSM's listing, which is eventually consistent, may not know the command that has started this run before. */
const LISTING_SECONDS = 120;

/**
 * Polls a run, once.
 *
 * @throws what the SDK throws when SSM cannot be asked: a poll that fails says nothing about the run, and is to be repeated.
 */
export async function poll(asked: GetStatusRequest, world: PollWorld): Promise<Status> {
  const request = readRequest(asked, world);
  const { job, run, now } = request;
  if (run.wasStartedBefore) {
    return end(request, notSent(request), '', world);
  }
  if (decisiveRefusal(run)) {
    return end(request, judgeRefused(job, run, now), '', world);
  }
  const polled = { ...request, run: await countWaiting({ ...request, run: request.wait?.isResumed ? { ...run, resumedAt: now } : run }, world) };
  const command = await targetCommand(polled, world);
  const judged = await pollSample(polled, command, world)
    ?? await judgeUnresponsive(polled, command, await observeAll(polled, command, world), world);
  const verdict = judgeRun(job, run, judged.observation, now);
  const doubtfulSince = isDoubtful(verdict, judged.observation) ? run.incompleteSince ?? now : undefined;
  const context = { ...request, run: withDoubt(judged.run, doubtfulSince) };
  const { outcome, counts, attempts } = verdict;
  world.log('run polled', { runId: run.id, outcome, counts, commands: run.commands.length, doubtfulSince });
  return outcome === RUNNING || isOpen(doubtfulSince, now)
    ? runningStatus(context, counts, attempts)
    : conclude(context, verdict, world.log, async (reason) => end(context, verdict, reason, world, judged.observation));
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
  return { ...asked, job: run.check ? checkSettings(job) : job, run, executionId, now };
}

/** @param reason why it is not tried again; may be empty */
async function end(
  request: GetStatusRequest, latest: Verdict, reason: string, world: PollWorld, observation?: Observation,
): Promise<Status> {
  const { job, run, executionId, now } = request;
  const { verdict, notStarted } = withPrevious(run, latest);
  const outcome = verdict.outcome as Outcome;
  const { counts, overlaps } = verdict;
  const isSkipped = run.wasStartedBefore || counts.skipped > 0;
  const earlier = isSkipped ? await findEarlierStart(job, run, executionId, now, world) : undefined;
  const isRepeated = run.wasStartedBefore || counts.skipped > overlaps || earlier?.isFine === true;
  if (isRepeated && !earlier && deliveryOf(run) !== undefined && secondsBetween(run.sentAt, now) < LISTING_SECONDS) {
    return runningStatus(request, counts, verdict.attempts);
  }
  const links = new Links(job, executionId);
  const failures = await describeFailures(job, verdict.failures, links, world);
  const [first] = notStarted.map((instance) => describeFailure(instance, links));
  const judged = judgedEnding(request, outcome, verdict, failures, first ? attemptNotStarted(job, run, notStarted.length, first) : reason);
  const ending = isRepeated ? repeatedEnding(judged, request, verdict, earlier) : await withRecovery(judged, request, world);
  if (run.check && job.checkWarnings) {
    const instanceIds = observation?.instances.map(({ instanceId }) => instanceId).filter((id) => id !== '') ?? [];
    return endStatus(request, { ...ending, warnings: await checkWarnings(job, instanceIds, world) });
  }
  return { ...endStatus(request, ending), isDuplicate: isRepeated && ending.outcome === Outcome.SKIPPED };
}

/** A success after a failure, in a job that tells of it. */
async function withRecovery(ending: Ending, request: GetStatusRequest, world: PollWorld): Promise<Ending> {
  const mayRecover = request.job.notifyOnRecovery === true && ending.outcome === Outcome.SUCCEEDED && request.run.check !== true;
  const recovery = mayRecover ? await findRecovery(request, world) : undefined;
  return recovery ? { ...ending, headline: ending.headline.replace(/^succeeded/, 'succeeded again'), recovery } : ending;
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

/**
 * Finds out whether a run on a large fleet goes on, without reading what has ended: one instance on which the program runs is enough to
 * know that it does, and SSM lists those by their status. It takes a few calls where reading all takes one for every 50 instances.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CommandFilter.html
 * @param command the one whose instances SSM finds, if it does
 * @returns undefined where all are to be read: nothing runs, as far as this shows; what runs is unresponsive; or numbers are to be reported
 */
async function pollSample(request: GetStatusRequest, command: Command | undefined, world: Pick<World, 'ssm' | 'log'>): Promise<Judged | undefined> {
  const { job, now } = request;
  try {
    const invocations = maySample(request) ? await listRunning(request, command, world) : undefined;
    if (!invocations || !await isAnyResponsive(request, invocations.flat().map(({ InstanceId }) => InstanceId!), world)) {
      return undefined;
    }
    const { silentSince, ...run } = request.run;
    return { run, observation: observe(job, run, { invocations, command, isPartial: true }, now) };
  } catch (error) {
    // It spares calls, and decides nothing.
    world.log('no sample', { error: describeError(error) });
    return undefined;
  }
}

/** Not when a run is given up, and not when it is reported that it is late: with numbers of everything. */
function maySample({ job, run, now }: GetStatusRequest): boolean {
  return secondsBetween(run.sentAt, now) < totalSeconds(job) && passedLimits(job, run, now).length === 0;
}

/** What runs of the first command of which anything does, and nothing of those before; undefined where there is none, or a sample spares nothing. */
async function listRunning(
  { job, run }: GetStatusRequest, command: Command | undefined, world: Pick<World, 'ssm' | 'log'>,
): Promise<CommandInvocation[][] | undefined> {
  const sent = run.commands.filter(({ commandId }) => commandId);
  // What fits into one page is read as a whole.
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

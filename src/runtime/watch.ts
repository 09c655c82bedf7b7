import type { Command, CommandFilter, CommandInvocation } from '@aws-sdk/client-ssm';
import { decide, withPrevious } from './attempts';
import { isFoundBySsm, namedInstances } from './command-input';
import { findEarlierStart } from './earlier-start';
import { glance, GlanceTools } from './glance';
import { NO_EXIT_CODE } from './invocation';
import { observe } from './observation';
import { GetStatusRequest, Outcome, Run, RUNNING, Status, WOKEN_ERROR } from '../protocol';
import { readSettings } from './read-settings';
import { describeFailure, describeFailures, OutputTools } from './report/output';
import { DOUBT_SECONDS, secondsBetween } from '../protocol/poll-plan';
import { attemptNotStarted, judgedEnding, repeatedEnding } from './report/ending';
import { Links } from './report/links';
import { endStatus, retryStatus, runningStatus } from './report/status';
import { restoreRun } from './restore-run';
import { Hearing, listen } from './silence';
import { judgeRun, uniformCounts, Verdict } from './verdict';

/** Notes are times of this millennium, which sort between these. */
const NO_NOTES = '1970-01-01T00:00:00.000Z';
const ALL_NOTES = '9999-12-31T23:59:59.999Z';

/** Commands asked for at the same time: fast for large fleets, gentle with the rate limits of an account. */
const PARALLEL = 5;

/** What watching a run needs of the world. */
export interface WatchTools extends OutputTools, GlanceTools {
  /** All pages of ListCommandInvocations. */
  invocations(commandId: string): Promise<CommandInvocation[]>;
  /** Undefined while SSM does not list it. */
  command(commandId: string): Promise<Command | undefined>;
  /** All pages of ListCommands. Without it, nothing is asked about an earlier start of the run. */
  listEarlier?(filters: CommandFilter[]): Promise<Command[]>;
}

/** How long SSM's listing, which is eventually consistent, may not know the command that has started this run before. */
const LISTING_SECONDS = 120;

/**
 * Looks at a run, once.
 *
 * @throws what the SDK throws when SSM cannot be asked: a look that fails says nothing about the run, and is to be repeated.
 */
export async function watch(asked: GetStatusRequest, tools: WatchTools): Promise<Status> {
  const request = readRequest(asked, tools);
  const { job, run, now } = request;
  if (run.wasStartedBefore) {
    return end(request, notSent(request), '', tools);
  }
  if (run.refusal !== undefined) {
    return end(request, judgeRun(job, run, observe(job, run, { invocations: [] }, now), now), '', tools);
  }
  const looked = { ...request, run: isWoken(request) ? { ...run, wokenAt: now } : run };
  const command = await targetCommand(looked, tools);
  const heard = await glance(looked, command, tools) ?? await lookAtAll(looked, command, tools);
  const verdict = judgeRun(job, run, heard.observation, now);
  const { outcome, counts, attempts } = verdict;
  const doubtfulSince = outcome !== RUNNING && heard.observation.isIncomplete ? run.incompleteSince ?? now : undefined;
  const context = { ...request, run: withDoubt(heard.run, doubtfulSince) };
  tools.log('run looked at', { runId: run.id, outcome, counts, commands: run.commands.length, doubtfulSince });
  if (outcome === RUNNING || (doubtfulSince !== undefined && secondsBetween(doubtfulSince, now) < DOUBT_SECONDS)) {
    return goOn(request, runningStatus(context, counts, attempts));
  }
  const { next, waitSeconds, reason } = decide(job, heard.run, verdict);
  if (next) {
    tools.log('run tried again', { runId: next.id, attempt: next.attempt, instances: next.instanceIds, waitSeconds });
    return retryStatus({ ...context, run: next }, verdict, waitSeconds);
  }
  return end(context, verdict, reason, tools);
}

/** What cannot be read is no reason to leave a program alone that runs: with stand-ins, it is watched as far as that goes. */
function readRequest(asked: GetStatusRequest, { log }: WatchTools): GetStatusRequest {
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
async function end(request: GetStatusRequest, latest: Verdict, reason: string, tools: WatchTools): Promise<Status> {
  const { job, run, executionId, now } = request;
  const { verdict, notStarted } = withPrevious(run, latest);
  const outcome = verdict.outcome as Outcome;
  const { counts, overlaps } = verdict;
  const { listEarlier } = tools;
  const isSkipped = run.wasStartedBefore || counts.skipped > 0;
  const earlier = isSkipped && listEarlier
    ? await findEarlierStart(job, run, executionId, now, {
      log: tools.log, commands: listEarlier, invocations: async (commandId) => tools.invocations(commandId),
    })
    : undefined;
  const isRepeated = listEarlier !== undefined && (run.wasStartedBefore || counts.skipped > overlaps || earlier?.isFine === true);
  if (isRepeated && !earlier && run.scheduledTime !== undefined && secondsBetween(run.sentAt, now) < LISTING_SECONDS) {
    return runningStatus(request, counts, verdict.attempts);
  }
  const links = new Links(job, executionId);
  const failures = await describeFailures(job, verdict.failures, links, tools);
  const [first] = notStarted.map((instance) => describeFailure(instance, links, { stdout: '', stderr: '' }));
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

/** A run that would have ended for what SSM does not list is polled once more: a single answer may be odd, whatever it lacks. */
function withDoubt({ incompleteSince: before, ...run }: Run, incompleteSince: string | undefined): Run {
  return incompleteSince === undefined ? run : { ...run, incompleteSince };
}

/** An event that has come before the wait does not let it begin. */
function isWoken(request: GetStatusRequest): boolean {
  return request.wait?.isWoken === true || hasMetNote(request);
}

function hasMetNote({ wait }: GetStatusRequest): boolean {
  return (wait?.Error ?? '').endsWith(WOKEN_ERROR);
}

/**
 * A note keeps one wait from beginning, and not the next one: whatever clock it was made with, a run does not poll faster than its plan,
 * but for one poll an event.
 */
function goOn(request: GetStatusRequest, status: Status): Status {
  return request.removesNotes ? { ...status, wake: { ...status.wake, since: hasMetNote(request) ? ALL_NOTES : NO_NOTES } } : status;
}

/**
 * The command whose instances SSM finds. It is asked for first: where it has ended, the invocations listed after it have as well.
 *
 * @returns undefined where instances are named
 */
async function targetCommand({ job, run }: GetStatusRequest, tools: WatchTools): Promise<Command | undefined> {
  const commandId = run.commands[0]?.commandId;
  return commandId && isFoundBySsm(job, run) ? tools.command(commandId) : undefined;
}

/** Looks at every instance. */
async function lookAtAll(request: GetStatusRequest, command: Command | undefined, tools: WatchTools): Promise<Hearing> {
  const { job, run, now } = request;
  const invocations: CommandInvocation[][] = [];
  for (let i = 0; i < run.commands.length; i += PARALLEL) {
    const group = run.commands.slice(i, i + PARALLEL);
    invocations.push(...await Promise.all(group.map(async ({ commandId }) => commandId ? tools.invocations(commandId) : [])));
  }
  return listen(request, command, observe(job, run, { invocations, command }, now), tools);
}

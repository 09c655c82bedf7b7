import type { Command } from '@aws-sdk/client-ssm';
import { askCalendars } from './calendars';
import { cancelRunning } from './cancel-running';
import { checkSettings } from './check';
import { chunks, commandInputs, namedInstances } from './command-input';
import { earlierFilters, earlierStarts } from './earlier-start';
import { isObject } from './fields';
import { findFilters, match } from './find-command';
import { Log } from './handler';
import { readInput, readRun, RunInput } from './input';
import {
  FIND_ATTEMPTS, NOT_FOUND_YET_ERROR, NOT_SENT_ERROR, NOT_TAKEN, Outcome, OverlapPolicy, Run, RUNNING, SEND_ATTEMPTS, SendCommandRequest, Status,
} from '../protocol';
import { readSettings } from './read-settings';
import { Redaction } from './redaction';
import { Ending } from './report/ending';
import { unreadNotification } from './report/not-due';
import { commandsRefused, inputRefused, neverSent, settingsRefused, startUnknown } from './report/refusal';
import { Context, endStatus, runningStatus } from './report/status';
import { Rerun, rerunArn, takeOver } from './rerun';
import { restoreRun, retryProblems } from './restore-run';
import { conclude } from './retry';
import { runId } from './run-id';
import { NamedError, sendAll } from './send';
import { decisiveRefusal, describeError, isOfServers } from './send-error';
import { addCounts, judgeRefused, uniformCounts } from './verdict';
import type { World } from './world';
import { deliveryOf, untimelyDelivery } from '../protocol/delivery';
import { quote } from '../protocol/text';

type StartWorld = Pick<World, 'ssm' | 'states' | 'clock' | 'log'>;

/** What came of a start. */
interface Started {
  /** With its commands, where SSM has been asked to take them. */
  readonly run: Run;
  /** Where nothing was started, and the run ends. */
  readonly ending?: Ending;
}

/**
 * Starts a run, or finds what an earlier attempt to start it has sent.
 *
 * @throws an error named `NOT_SENT_ERROR` where nothing was sent, `NOT_FOUND_YET_ERROR` where a command may still turn up, and
 * any other where a command may have been sent: the state machine must look for it, and not send again.
 */
export async function start(asked: SendCommandRequest, world: StartWorld): Promise<Status> {
  const { request, problems } = readRequest(asked);
  const steps = problems.length > 0 ? refuseSettings : request.action === 'find' ? find : send;
  return judge(request, await steps(request, world, problems), world);
}

/**
 * Everything that is needed, read before anything is sent: what comes after must not fail for what an older release has not written, or a
 * newer one writes otherwise.
 */
function readRequest(asked: SendCommandRequest): { request: SendCommandRequest; problems: string[] } {
  const now = Number.isNaN(Date.parse(asked.now)) ? new Date().toISOString() : asked.now;
  const [executionId, executionName] = [`${asked.executionId}`, `${asked.executionName}`];
  const { job, problems } = readSettings(asked.job);
  const isFirst = asked.status?.run === undefined && !(isObject(asked.status) && 'outcome' in asked.status);
  const prepared = isFirst ? undefined : restoreRun(asked.status?.run, job, executionId, now);
  const isCheck = prepared ? prepared.run.check : readRun(job, asked.input).check;
  return {
    request: { ...asked, job: isCheck ? checkSettings(job) : job, now, executionId, executionName, status: { run: prepared?.run } },
    problems: [
      ...problems,
      ...prepared ? [...prepared.problems, ...retryProblems(prepared.run)] : [],
      // The definition of a newer release may ask for what would start nothing there.
      ...asked.action === 'send' || asked.action === 'find' ? [] : [`action must be send or find, got ${quote(asked.action)}`],
      ...asked.executionId && asked.executionName ? [] : ['executionId and executionName must be those of the execution, got nothing'],
    ],
  };
}

async function refuseSettings(request: SendCommandRequest, { log }: StartWorld, problems: string[]): Promise<Started> {
  const { job } = request;
  const run = runOf(request, readRun(job, request.input));
  log('settings refused', { problems });
  return { run, ending: request.action === 'find' ? startUnknown(job, run) : settingsRefused(job, problems) };
}

async function send(request: SendCommandRequest, world: StartWorld): Promise<Started> {
  const { job, executionId, now, retryCount } = request;
  let run = runOf(request, readRun(job, request.input));
  try {
    const rerun = await takeOver(request, world);
    const input = readInput(job, rerun?.input ?? request.input);
    run = runOf(request, input, rerun);
    const problems = rerun && rerun.problems.length > 0 ? rerun.problems : input.problems;
    if (problems.length > 0) {
      world.log('input refused', { problems: problems.length });
      return { run: { ...run, again: undefined }, ending: inputRefused(job, problems) };
    }
    const earlier = await findEarlier(request, run, world);
    if (earlier) {
      return earlier;
    }
    const { ending, unread } = asksCalendars(request, input) ? await askCalendars(job, input.scheduledTime ?? now, retryCount, world) : {};
    if (ending) {
      return { run, ending };
    }
    // A further attempt belongs to the older run: it gives way to whatever runs.
    if (job.overlapPolicy === OverlapPolicy.CANCEL_RUNNING && run.attempt === 1) {
      await cancelRunning(job, run.id, now, world);
    }
    const commands = commandInputs(job, run, executionId, input.values, retryCount);
    const started = await sendAll(commands, world, Redaction.of(job, input.values));
    return { run: { ...run, calendarsUnread: unread ?? run.calendarsUnread, commands: started } };
  } catch (error) {
    if (error instanceof NamedError && error.name === NOT_SENT_ERROR && retryCount >= SEND_ATTEMPTS) {
      return { run: { ...run, commands: chunks(job, run).map(() => ({ refusal: { code: NOT_TAKEN, message: error.message } })) } };
    }
    throw error;
  }
}

/** Whether the calendars decide: about the first attempt of a scheduled run, and of one that is to run only if it is due; not about a check. */
function asksCalendars({ job, status }: SendCommandRequest, { check, onlyIfDue, scheduledTime }: RunInput): boolean {
  return job.calendars !== undefined && status.run === undefined && !check && (onlyIfDue ?? scheduledTime !== undefined);
}

/** What there is of a run before anything of it is sent now, or why nothing may be. */
async function findEarlier(request: SendCommandRequest, run: Run, world: StartWorld): Promise<Started | undefined> {
  const { job, executionId, now } = request;
  const listed = await listEarlier(request, run, world);
  const commands = match(job, run, executionId, listed);
  if (commands.some(({ commandId }) => commandId)) {
    return { run: { ...run, commands } };
  }
  if (earlierStarts(job, run, executionId, listed).length > 0) {
    return { run: { ...run, wasStartedBefore: true } };
  }
  const delivery = run.attempt === 1 ? deliveryOf(run) : undefined;
  const problem = delivery && untimelyDelivery(job, delivery, now);
  return problem ? { run, ending: inputRefused(job, [problem]) } : undefined;
}

/**
 * What SSM lists of the time or the event that a run is for: whatever there is of it has used it up.
 *
 * The instances refuse a second start, too, as long as they have the job's launcher: there, it is better to start without an answer of SSM
 * than not at all.
 *
 * @throws an error named `NOT_SENT_ERROR` where SSM cannot be asked, and no instance would refuse
 */
async function listEarlier({ job, now }: SendCommandRequest, run: Run, { ssm, log }: StartWorld): Promise<Command[]> {
  const delivery = deliveryOf(run);
  if (delivery === undefined || run.attempt > 1) {
    return [];
  }
  try {
    return await ssm.commands(earlierFilters(job, delivery, now), true);
  } catch (error) {
    const message = `whether this ${delivery.isEvent ? 'event' : 'time'} was started before is unknown: ${describeError(error)}`;
    log('earlier starts not listed', { error: message });
    if (job.document.own) {
      return [];
    }
    throw new NamedError(NOT_SENT_ERROR, message);
  }
}

async function find(request: SendCommandRequest, world: StartWorld): Promise<Started> {
  const { ssm, log } = world;
  const { job, executionId, now, retryCount } = request;
  const rerun = await takeOver(request, world);
  const sent = runOf(request, readRun(job, rerun?.input ?? request.input), rerun);
  const listed = await ssm.commands(findFilters(job, now));
  const commands = match(job, sent, executionId, listed);
  const run = { ...sent, commands };
  const missing = commands.filter(({ commandId }) => !commandId).length;
  log('commands looked for', { found: commands.length - missing, missing, retryCount });
  if (missing > 0 && retryCount < FIND_ATTEMPTS) {
    throw new NamedError(NOT_FOUND_YET_ERROR, `${missing} of ${commands.length} commands of run ${run.id} are not listed yet`);
  }
  if (missing < commands.length) {
    return { run };
  }
  // The instances start the run of a time or an event once: what another execution has started of it is all that there is.
  const mayBeSpent = job.document.own && sent.attempt === 1 && deliveryOf(sent) !== undefined;
  const isSpent = mayBeSpent && earlierStarts(job, sent, executionId, listed).length > 0;
  return isSpent ? { run: { ...sent, wasStartedBefore: true } } : { run, ending: startUnknown(job, run) };
}

/** The first attempt of a run, or the further one that was prepared. */
function runOf({ executionName, executionId, now, status, input: asked }: SendCommandRequest, input: RunInput, rerun?: Rerun): Run {
  return status.run ? { ...status.run, sentAt: now } : {
    id: runId(executionName, input),
    startedAt: now,
    pollIntervalSeconds: input.pollIntervalSeconds,
    scheduledTime: input.scheduledTime,
    triggerEventId: input.triggerEventId,
    triggerEventTime: input.triggerEventTime,
    check: input.check,
    again: input.again,
    withheld: input.withheld,
    rerunOf: rerunArn(asked, executionId) || undefined,
    instanceIds: rerun?.instanceIds,
    attempt: 1,
    sentAt: now,
    commands: [],
  };
}

/** The status of a run after its start: it goes on, is tried again, or ends. */
async function judge({ job, executionId, now }: SendCommandRequest, { run, ending }: Started, { log }: StartWorld): Promise<Status> {
  const context = { job, executionId, run, now };
  const refusal = decisiveRefusal(run);
  if (ending) {
    return endStatus(context, ending);
  }
  if (!refusal) {
    return startedStatus(context, log);
  }
  const verdict = judgeRefused(job, run, now);
  const end = (reason: string) => {
    if (wasStarted(run)) {
      return firstPoll(context);
    }
    return endStatus(context, refusal.code === NOT_TAKEN
      ? neverSent(job, run, refusal.message) : commandsRefused(job, executionId, run, refusal, verdict, reason));
  };
  // Instances that are not there now may be there at the next attempt.
  return isOfServers(refusal) ? conclude(context, verdict, log, end) : end('');
}

/** Whether an attempt before has started anything where this one was to. */
function wasStarted({ previous = [] }: Run): boolean {
  return previous.some(({ outcome }) => outcome !== Outcome.UNDELIVERED);
}

/** Nothing was sent now: the first poll finds out what an earlier start, or the attempts before, have done, and ends the run. */
function firstPoll(context: Context): Status {
  const { job, run } = context;
  const counts = addCounts(uniformCounts(namedInstances(job, run).length, run.wasStartedBefore ? Outcome.SKIPPED : RUNNING), run.settled?.counts);
  return { ...runningStatus(context, counts, run.settled?.attempts ?? 0), waitSeconds: 1 };
}

function startedStatus(context: Context, log: Log): Status {
  const { job, run } = context;
  if (run.wasStartedBefore) {
    return firstPoll(context);
  }
  const counts = addCounts(uniformCounts(namedInstances(job, run).length, RUNNING), run.settled?.counts);
  const status = unreadStatus(context, runningStatus(context, counts, (run.settled?.attempts ?? 0) + 1));
  log('run started', { runId: run.id, attempt: run.attempt, commands: run.commands.length, waitSeconds: status.waitSeconds });
  return status;
}

/** The first status of a run that was started although a calendar could not be read: people are notified. */
function unreadStatus({ job, run }: Context, status: Status): Status {
  return run.calendarsUnread === undefined || run.attempt > 1
    ? status : { ...status, isCalendarUnread: true, notification: unreadNotification(job, run, status.result) };
}

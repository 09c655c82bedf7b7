import { checkSettings } from './check';
import { findFilters, listedAttempt, match } from './find-command';
import { FIRST_EVENTS, LAST_EVENTS, readHistory, reasonOf, RunHistory } from './history';
import { readRun, RunInput, sensitiveValues } from './input';
import { Marks, OnceResult } from './marks';
import {
  CompletionMode, ExecutionEnded, JobSettings, OverlapPolicy, ReportSettings, RETRYING, Run, RunCommand, RUNNING, SEND_TIMEOUT_SECONDS,
  Status,
} from '../protocol';
import { pollEnded } from './poll';
import { Redaction } from './redaction';
import { closedEnding, hasStopped } from './report/closed-run';
import type { Standing } from './report/ending';
import { endStatus } from './report/status';
import { isRerun, rerunArn } from './rerun';
import { runId } from './run-id';
import { describeError } from './send-error';
import type { World } from './world';

/** Between two polls of what is being started, or stopped. */
const PAUSE_SECONDS = 5;

/** How long `GetExecutionHistory` may lag behind the event that reports the end. */
const HISTORY_SECONDS = 30;

/** How long SSM's listing, which is eventually consistent, may not know a command that was sent. */
const LISTING_SECONDS = 30;

/** How long an agent may take to kill a program and say so. */
const STOP_SECONDS = 60;

/** How long one call may keep the report back: enough to read the invocations of a large fleet. */
const CALL_SECONDS = 60;

/** How long all calls together may: by then it is reported what is known. */
const REPORT_SECONDS = HISTORY_SECONDS + SEND_TIMEOUT_SECONDS + STOP_SECONDS;

/** After the report, between two attempts to do what could not be done before. */
const LATER_SECONDS = 30;

/** How long one invocation attempts it. Lambda makes two more, after one and after two minutes. */
const ATTEMPTS_SECONDS = 300;

/** What the function that closes runs knows of itself. */
export interface CloseSettings {
  /** Of the job as it is now, which an execution of an older definition does not know; none where that cannot be known. */
  readonly reportSettings?: ReportSettings;
  /** The log group into which only this function writes: its marks are empty streams there. */
  readonly logGroupName: string;
}

/** What came of an attempt to close a run. */
interface Closed {
  readonly job: JobSettings;
  /** Whether the workflow, or nobody, has to hear of it: then nothing is to be reported. */
  readonly isReported: boolean;
  /** Whether the workflow knew how the run had ended: the handler that said so has counted it. */
  readonly isRecorded: boolean;
  /** Whether it is known that nothing of the run runs any more. */
  readonly hasStopped: boolean;
  /** Why something could not be asked or stopped, and is to be tried again; empty if there is nothing of the kind. */
  readonly problem: string;
  /** How the run ended. @param isLater whether it was reported before that this is not known */
  final(isLater: boolean): Status;
}

/**
 * Does what the workflow cannot do once its execution has ended: stops what still runs, and reports what nobody has reported.
 *
 * The report needs nothing but SNS. It waits for what the other services say, but not for long, and whatever they do not say is reported
 * as unknown. What could not be done by then is tried again afterwards, and is reported only if it was: a second time, and the last one.
 *
 * @throws what SNS throws, and after the report an error where something may still run: Lambda tries again. Whatever was done before is
 * not harmed by doing it twice.
 */
export async function close(ended: ExecutionEnded, settings: CloseSettings, world: World): Promise<void> {
  const key = `${ended.executionArn.split(':').at(-1)}/${ended.stopDate}`;
  const marks = new Marks(settings.logGroupName, world);
  const notify = async ({ job }: Closed, status: Status) => world.sns.notify(job, status, settings.reportSettings?.notificationTopicArn);
  const first = await attempt(ended, settings, world);
  const reported = first.isReported ? undefined : await marks.once(key, async () => notify(first, first.final(false)));
  if (!first.isRecorded) {
    await marks.atMostOnce(`recorded/${key}`, () => world.record(first.final(false)));
  }
  if (first.problem === '' && reported !== 'done before') {
    return;
  }
  // An invocation that was before may have reported less than is known now.
  const open = `open/${key}`;
  const isOpen = first.problem === '' ? await marks.isLeft(open, false) : (await marks.leaveIfPossible(open, true), true);
  const last = first.problem === '' ? first : await tryLater(ended, first, reported, settings, world);
  if (reported !== undefined && isOpen && last?.hasStopped && !last.isReported) {
    await marks.once(`${key}/later`, async () => notify(last, last.final(true)));
  }
}

/** @returns undefined where there is no time left, and nobody is to try again */
async function tryLater(
  ended: ExecutionEnded, first: Closed, reported: OnceResult | undefined, settings: CloseSettings, world: World,
): Promise<Closed | undefined> {
  const start = world.clock.elapsed();
  let last = first;
  while (last.problem !== '') {
    if (world.clock.elapsed() - start >= 1000 * ATTEMPTS_SECONDS || world.clock.remaining() < 1000 * (LATER_SECONDS + REPORT_SECONDS)) {
      if (reported === 'done without a mark') {
        world.log('given up: without a mark, it would be reported again', { problem: last.problem });
        return undefined;
      }
      throw new Error(`it is not known what became of ${ended.executionArn}: ${last.problem}`);
    }
    await world.clock.sleep(1000 * LATER_SECONDS);
    last = await attempt(ended, settings, world);
  }
  return last;
}

/** Asks other services than SNS, each for so long and no longer. */
class Questions {
  /** Why the latest question has no answer; to be emptied by whoever asks again. */
  public problem = '';
  private readonly end: number;

  constructor(public readonly world: World) {
    this.end = world.clock.elapsed() + 1000 * REPORT_SECONDS;
  }

  /** @returns undefined where there is no answer */
  public async ask<T>(call: () => Promise<T>): Promise<T | undefined> {
    const left = Math.max(1000, this.end - this.world.clock.elapsed());
    try {
      return await this.world.clock.within(Math.min(left, 1000 * CALL_SECONDS), call);
    } catch (error) {
      this.problem = describeError(error);
      this.world.log('no answer', { error: this.problem });
      return undefined;
    }
  }
}

async function attempt(ended: ExecutionEnded, { reportSettings }: CloseSettings, world: World): Promise<Closed> {
  const questions = new Questions(world);
  const history = await readWholeHistory(ended.executionArn, questions);
  // Whoever can invoke the handler writes what an event says. The history has the words of whoever ended the execution.
  const believed = history?.isWhole ? { ...ended, error: undefined, cause: undefined } : ended;
  const closed = history ? await closeKnown(believed, history, questions) : closeUnknown(ended, reportSettings, questions);
  const { outcome, isDuplicate } = closed.final(false);
  const isWanted = (reportSettings ?? closed.job).notifyOn.some((wanted) => wanted === outcome) && !isDuplicate;
  world.log('run closed', { status: ended.status, outcome, isNotified: closed.isReported, isWanted, problem: closed.problem });
  return { ...closed, isReported: closed.isReported || !isWanted };
}

/** The history as far as there is one, after it had its time to catch up. */
async function readWholeHistory(executionArn: string, questions: Questions): Promise<RunHistory | undefined> {
  const { world } = questions;
  const read = async () => questions.ask(async () => readHistory(
    await world.states.history(executionArn, FIRST_EVENTS, false),
    await world.states.history(executionArn, LAST_EVENTS, true),
  ));
  return until((history) => history?.isWhole === true, HISTORY_SECONDS, read, world);
}

/** Nothing is known but what the event says. */
function closeUnknown(ended: ExecutionEnded, reportSettings: ReportSettings | undefined, { problem }: Questions): Closed {
  if (!reportSettings) {
    throw new Error(`the history of ${ended.executionArn} cannot be read, so that nobody knows where to report its end: ${problem}`);
  }
  const job = bareSettings(reportSettings);
  const { executionArn: executionId, stopDate } = ended;
  const run = firstAttempt(executionId, new Date(ended.startDate).toISOString(), { pollIntervalSeconds: 0 });
  const left = { isStarted: false, maySend: true, problem };
  return {
    job,
    final: () => endStatus({ job, executionId, run, now: new Date(stopDate).toISOString() }, closedEnding(job, ended, reasonOf(ended), left)),
    isReported: false,
    isRecorded: false,
    hasStopped: false,
    problem,
  };
}

async function closeKnown(ended: ExecutionEnded, history: RunHistory, questions: Questions): Promise<Closed> {
  const { status, job, isNotified } = history;
  if (status === undefined || status.outcome === RUNNING || status.outcome === RETRYING) {
    return closeUndecided(ended, history, questions);
  }
  // The workflow knew how the run had ended, and has reported it or could not. What has not answered may still start, or run.
  const isKnown = hasStopped({ outcome: status.outcome, counts: status.result.instances });
  const problem = isKnown ? '' : (await stop(ended, history, await findRun(ended, history, PAUSE_SECONDS, questions), 0, questions)).problem;
  return { job, final: () => status, isReported: isNotified, isRecorded: true, hasStopped: isKnown, problem };
}

async function closeUndecided(ended: ExecutionEnded, found: RunHistory, questions: Questions): Promise<Closed> {
  const history = readRun(found.job, found.input).check ? { ...found, job: checkSettings(found.job) } : found;
  const { job, maySend, isSending, isNotified, isWhole } = history;
  // Whoever ended the execution may have said what it was started with.
  const redaction = new Redaction(sensitiveValues(job, history.input));
  const reason = redaction.text(history.reason || reasonOf(ended));
  const { executionArn: executionId } = ended;
  const now = new Date(ended.stopDate).toISOString();
  // A handler that was under way goes on when its execution is stopped.
  const run = await findRun(ended, history, isSending ? SEND_TIMEOUT_SECONDS : maySend ? LISTING_SECONDS : 0, questions);
  const isStarted = run.commands.some(({ commandId }) => commandId);
  const left = isStarted ? await stop(ended, history, run, STOP_SECONDS, questions) : { last: undefined, problem: questions.problem };
  const isStopped = left.last ? hasStopped(left.last) : !maySend && !isStarted;
  const problem = isStopped ? '' : left.problem || (isWhole ? '' : 'GetExecutionHistory does not show the end of the execution');
  const known = { last: left.last, isStarted, maySend, problem, isCheck: run.check === true };
  return {
    job,
    final: (isLater) => endStatus({ job, executionId, run, now }, closedEnding(job, ended, reason, known, isLater)),
    isReported: isNotified,
    isRecorded: false,
    hasStopped: isStopped,
    problem,
  };
}

/** What the workflow has started, as far as it was confirmed; otherwise what SSM lists of it. */
async function findRun(
  ended: ExecutionEnded, { job, input, run, isSending }: RunHistory, patienceSeconds: number, questions: Questions,
): Promise<Run> {
  const { executionArn: executionId } = ended;
  const { world } = questions;
  const startedAt = new Date(ended.startDate).toISOString();
  const known = isSending && run?.commands.length ? undefined : run;
  const rerunOf = rerunArn(input, executionId) || undefined;
  const wanted: Run = known ?? { ...firstAttempt(executionId, startedAt, readRun(job, input)), rerunOf };
  questions.problem = '';
  if (wanted.commands.length > 0 && wanted.commands.every(isCertain)) {
    return wanted;
  }
  if (!known && isRerun(input) && input.only !== 'all') {
    const lookFor = async () => {
      questions.problem = '';
      return listedAttempt(job, executionId, await questions.ask(async () => world.ssm.commands(findFilters(job, startedAt))) ?? []);
    };
    return { ...wanted, ...await until(({ commands }) => commands.every(isCertain), patienceSeconds, lookFor, world) };
  }
  const look = async () => {
    questions.problem = '';
    const listed = match(job, wanted, executionId, await questions.ask(async () => world.ssm.commands(findFilters(job, startedAt))) ?? []);
    return listed.map((command, i) => wanted.commands.slice(i, i + 1).find(isCertain) ?? command);
  };
  return { ...wanted, commands: await until((commands) => commands.every(isCertain), patienceSeconds, look, world) };
}

/** Whether it is known what has become of a command: SSM has taken it, or refused it. */
function isCertain({ commandId, refusal }: RunCommand): boolean {
  return commandId !== undefined || refusal !== undefined;
}

function firstAttempt(executionId: string, startedAt: string, input: RunInput): Run {
  const id = runId(executionId.slice(executionId.lastIndexOf(':') + 1), input);
  return { ...input, id, startedAt, attempt: 1, sentAt: startedAt, commands: [] };
}

/**
 * Cancels what may run, and polls until it has ended. `CancelCommand` promises nothing, and a command that has ended may refuse it: what
 * counts is the poll afterwards.
 *
 * @param patienceSeconds how long to poll; with 0 only where something could not be cancelled
 */
async function stop(
  { executionArn: executionId, stopDate }: ExecutionEnded, { job }: RunHistory, run: Run, patienceSeconds: number, questions: Questions,
): Promise<{ last?: Standing; problem: string }> {
  const { world } = questions;
  const unknown = questions.problem;
  let left = run.commands.flatMap(({ commandId }) => commandId ?? []);
  const look = async () => {
    questions.problem = '';
    left = await cancel(left, questions);
    const isPolled = patienceSeconds > 0 || left.length > 0;
    return isPolled
      ? questions.ask(async () => pollEnded({ job, run, executionId, now: new Date(stopDate).toISOString() }, world)) : undefined;
  };
  const isOver = (result?: Standing) => result ? hasStopped(result) : patienceSeconds === 0 && left.length === 0;
  const last = await until(isOver, patienceSeconds, look, world);
  return { last, problem: isOver(last) ? unknown : questions.problem || unknown };
}

/** @returns those that could not be cancelled */
async function cancel(commandIds: string[], questions: Questions): Promise<string[]> {
  const failed: string[] = [];
  for (const commandId of commandIds) {
    const isCancelled = await questions.ask(async () => (await questions.world.ssm.cancel(commandId), true));
    questions.world.log(isCancelled ? 'command cancelled' : 'command not cancelled', { commandId });
    if (!isCancelled) {
      failed.push(commandId);
    }
  }
  return failed;
}

/**
 * Polls until what is found will do, or the time is over. What counts is the time, not the polls: one of a large fleet takes long, and
 * the report must be out before the function's own time is over.
 */
async function until<T>(isEnough: (found: T) => boolean, seconds: number, look: () => Promise<T>, { clock }: Pick<World, 'clock'>): Promise<T> {
  const end = clock.elapsed() + 1000 * seconds;
  for (;;) {
    const found = await look();
    if (isEnough(found) || clock.elapsed() >= end) {
      return found;
    }
    await clock.sleep(1000 * PAUSE_SECONDS);
  }
}

/** Settings of a job of which nothing is known but where to report. */
function bareSettings(report: ReportSettings): JobSettings {
  return {
    ...report,
    document: { name: '', own: true, parameters: {} },
    instanceIds: [],
    targets: [],
    parameters: {},
    pollIntervalSeconds: 0,
    executionTimeoutSeconds: 0,
    deliveryTimeoutSeconds: 0,
    unresponsiveAfterSeconds: 0,
    successExitCodes: [],
    overlapPolicy: OverlapPolicy.ALLOW,
    completion: CompletionMode.POLLING,
  };
}

import { jobResult, jobResultOf } from './job-result';
import { LocalRunResult, RunRecord } from './run-record';
import { UnresolvedValueError, UsageError } from '../app/errors';
import { Job } from '../app/jobs';
import { AwsError } from '../aws/aws-error';
import { ScaledClock } from '../aws/clock';
import { sleep } from '../aws/timers';
import { Scheduler } from '../services/scheduler/scheduler';
import { clockTimeIn, DueTime, dueTimes, Schedule } from '../services/scheduler/schedules';
import { ExecutionStatus, RunningExecution } from '../services/states/engine';
import { StartedExecution } from '../services/states/executions';

/** A time of a schedule, and what came of it; or a run that followed from one. */
export interface ScheduledRun {
  /** Construct path of the job; of the schedule, where its target is a function. */
  readonly job: string;
  /** Construct path; null for a run that an event or another execution has started. */
  readonly schedule: string | null;
  /** `2027-03-29T00:00:00Z`; of a run without a schedule, when it was started. */
  readonly scheduledTime: string;
  /** What the clock of the schedule's zone shows then: `2027-03-29T02:00`; of a run without one, that of the one that it followed from. */
  readonly clockTime: string;
  readonly timeZone: string;
  /**
   * What the job reports. `NoSuchTime`, where the clock of the zone goes forward past it, `NotStarted`, where the schedule could not start it, and
   * the status of the execution, where it reports nothing. Of a function, what its message says.
   */
  readonly outcome: string;
  /** Of the execution: a run that was rightly not started is a success, too. Null where there is none. */
  readonly status: ExecutionStatus | null;
  /** Why; empty after success. */
  readonly cause: string;
  /** In the local run's time; null where nothing ran. */
  readonly durationSeconds: number | null;
  /** Null where there is none. */
  readonly exitCode: number | null;
  /** Whether it was a check, which starts no program. */
  readonly isCheck: boolean;
  /** Subjects of what was sent. */
  readonly notifications: readonly string[];
  readonly executionName: string | null;
}

export interface ScheduledRunsOptions {
  /** Whether they are of a job; all schedules of the app, without it. */
  readonly job?: string;
  /**
   * From when on they fire.
   *
   * @default - the run's present time
   */
  readonly from?: Date;
  readonly until: Date;
  /** Of runs: then it ends. */
  readonly maxRuns: number;
  /** Told of each time when it is over. Those that run at the same time end in any order. */
  readonly onRun?: (run: ScheduledRun) => void;
  /** Stops what runs, and starts no more. */
  readonly signal?: AbortSignal;
}

export interface ScheduledRuns {
  /** In the order of their scheduled times. */
  readonly runs: readonly ScheduledRun[];
  /** The next scheduled time, where it ended at `maxRuns`. */
  readonly next?: string;
}

/** Outcomes that only a schedule knows. */
export const NO_SUCH_TIME = 'NoSuchTime';
export const NOT_STARTED = 'NotStarted';
export const NOTIFIED = 'Notified';

export interface ScheduledRunsSurroundings {
  readonly clock: ScaledClock;
  readonly scheduler: Scheduler;
  /** The job of a schedule; undefined for another target. */
  readonly jobOf: (schedule: Schedule) => Job | undefined;
  /** Those that have been started, whoever did. */
  readonly executions: () => readonly StartedExecution[];
  /** What an execution has sent so far: subjects. */
  readonly notificationsOf: (executionArn: string) => readonly string[];
  readonly jobs: readonly Job[];
  readonly describe: (job: Job, execution: RunningExecution, record: RunRecord) => Promise<LocalRunResult>;
}

/** Lets schedules fire on the run's clock, which goes on at once where nothing runs. */
export async function fireSchedules(
  schedules: readonly Schedule[], options: ScheduledRunsOptions, on: ScheduledRunsSurroundings,
): Promise<ScheduledRuns> {
  const { from, until, maxRuns, onRun, signal = new AbortController().signal } = options;
  const { clock } = on;
  const runs: { readonly due: DueTime; readonly run: ScheduledRun }[] = [];
  const underWay = new Set<Promise<void>>();
  const seen = new Set(on.executions().map(({ execution }) => execution.arn));
  const done = (due: DueTime, run: ScheduledRun | undefined): void => {
    const others = on.executions().filter(({ execution, result }) => result && !seen.has(execution.arn));
    others.forEach(({ execution }) => seen.add(execution.arn));
    for (const each of [...run ? [run] : [], ...others.map((other) => followingRun(due, other, on))]) {
      runs.push({ due, run: each });
      onRun?.(each);
    }
  };
  let started = 0;
  let next: string | undefined;
  for (const due of dueTimes(schedules, from ?? wholeSecond(clock.now()), until)) {
    if (started >= maxRuns && !due.isSkipped) {
      next = timeOf(due);
      break;
    }
    await reach(due.instant.getTime(), clock, signal);
    if (signal.aborted) {
      break;
    }
    if (due.isSkipped) {
      done(due, skippedTime(due, on.jobOf(due.schedule)));
      continue;
    }
    started += 1;
    const work: Promise<void> = fireOnce(due, on, seen, signal).then((run) => done(due, run)).finally(() => underWay.delete(work));
    underWay.add(work);
  }
  await Promise.all(underWay);
  return { runs: runs.sort((a, b) => a.due.instant.getTime() - b.due.instant.getTime()).map(({ run }) => run), next };
}

/** As exact as schedules are. */
function wholeSecond(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000);
}

async function reach(time: number, clock: ScaledClock, signal: AbortSignal): Promise<void> {
  while (clock.now() < time && !signal.aborted) {
    const waiting = new AbortController();
    const stop = (): void => waiting.abort();
    signal.addEventListener('abort', stop, { once: true });
    await Promise.race([sleep(clock, time - clock.now(), waiting.signal), clock.idle()]);
    signal.removeEventListener('abort', stop);
    stop();
    await clock.skipTo(time);
  }
}

async function fireOnce(due: DueTime, on: ScheduledRunsSurroundings, seen: Set<string>, signal: AbortSignal): Promise<ScheduledRun | undefined> {
  const { schedule } = due;
  const job = on.jobOf(schedule);
  const record = new RunRecord();
  try {
    const execution = await on.scheduler.fire(schedule, due.instant, record);
    if (execution === undefined || job === undefined) {
      await record.settled();
      // A function that only looks after a job has nothing to say as long as all is well.
      const [first] = record.notifications;
      const notifications = record.notifications.map(({ subject }) => subject);
      return first && { ...row(due, job, first.attributes.outcome ?? NOTIFIED), notifications };
    }
    seen.add(execution.arn);
    const stop = (): void => execution.abort('LocalRun.Stopped', 'stopped at the terminal');
    signal.addEventListener('abort', stop, { once: true });
    const result = await on.describe(job, execution, record);
    signal.removeEventListener('abort', stop);
    return runOf(due, job, result);
  } catch (error) {
    if (error instanceof AwsError || error instanceof UnresolvedValueError || error instanceof UsageError) {
      return { ...row(due, job, NOT_STARTED), cause: error.message };
    }
    throw error;
  }
}

function runOf(due: DueTime, job: Job, result: LocalRunResult): ScheduledRun {
  const reported = jobResultOf(result);
  return {
    ...row(due, job, reported?.outcome ?? result.status),
    status: result.status,
    cause: reported?.cause ?? result.cause ?? '',
    durationSeconds: result.durationSeconds,
    exitCode: reported?.exitCode ?? null,
    isCheck: reported?.isCheck ?? false,
    notifications: result.notifications.map(({ subject }) => subject),
    executionName: result.executionName,
  };
}

/** A job names its errors by their outcomes. */
const OUTCOME_ERROR = /^CotsBatchJob\./;

/** A run that an event, or another execution, has started. */
function followingRun(due: DueTime, { stateMachineArn, execution, result }: StartedExecution, on: ScheduledRunsSurroundings): ScheduledRun {
  const { status, output, error = status, cause = '', startDate, stopDate } = result!;
  const reported = jobResult(output);
  const instant = new Date(startDate);
  const isOutcome = OUTCOME_ERROR.test(error);
  return {
    ...row({ ...due, instant, clockTime: clockTimeIn(due.schedule.zone, instant) }, on.jobs.find(({ arn }) => arn === stateMachineArn), status),
    schedule: null,
    outcome: reported?.outcome ?? (isOutcome ? error.replace(OUTCOME_ERROR, '') : status),
    status,
    cause: reported?.cause ?? cause,
    durationSeconds: (Date.parse(stopDate) - Date.parse(startDate)) / 1000,
    exitCode: reported?.exitCode ?? null,
    isCheck: reported?.isCheck ?? false,
    notifications: on.notificationsOf(execution.arn),
    executionName: execution.name,
  };
}

function skippedTime(due: DueTime, job: Job | undefined): ScheduledRun {
  const { zone } = due.schedule;
  return { ...row(due, job, NO_SUCH_TIME), cause: `on ${due.clockTime.slice(0, 10)} there is no ${due.clockTime.slice(11)} in ${zone}` };
}

function row(due: DueTime, job: Job | undefined, outcome: string): ScheduledRun {
  const { schedule, clockTime } = due;
  return {
    job: job?.path ?? schedule.path,
    schedule: schedule.path,
    scheduledTime: timeOf(due),
    clockTime,
    timeZone: schedule.zone,
    outcome,
    status: null,
    cause: '',
    durationSeconds: null,
    exitCode: null,
    isCheck: false,
    notifications: [],
    executionName: null,
  };
}

function timeOf({ instant }: DueTime): string {
  return instant.toISOString().replace(/\.\d+Z$/, 'Z');
}

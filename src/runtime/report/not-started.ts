import { about, list, subject, table } from './mail';
import { nextRun, nextScheduledTime } from './next-run';
import { startCommand } from './start-command';
import { CheckStartRequest, NOT_FOUND, Outcome, RunResult, ServiceWord, STARTED, WatchStatus } from '../../protocol';
import { duration, plural, quote, sentences, utc, visible, visibleLine, wrap } from '../../protocol/text';
import { NO_EXIT_CODE } from '../invocation';
import { runId } from '../run-id';

/** What is known besides, of a time that has no run. */
interface Known {
  /** Whether the state machine of the job is not there any more. */
  readonly isGone: boolean;
  readonly isDuplicate: boolean;
}

/**
 * The status of a watch that has nothing to report.
 *
 * @param execution ARN of the run; none where it looks again
 */
export function quietStatus(execution: string = ''): WatchStatus {
  const outcome = execution === '' ? NOT_FOUND : STARTED;
  return { outcome, isDuplicate: false, error: '', cause: '', execution, result: null, notification: { subject: '', text: '' } };
}

/** The status of a scheduled time that has no run, with what can be seen of why, and how to start it now. */
export function notStartedStatus(request: CheckStartRequest, scheduledTime: string, { isGone, isDuplicate }: Known): WatchStatus {
  const { job, watch, now, executionId } = request;
  const cause = visibleLine(sentences(
    `There is no run of the scheduled time ${utc(scheduledTime)}, ${duration((Date.parse(now) - Date.parse(scheduledTime)) / 1000)} after it`
    + ` (mustStartWithin: ${duration(watch.mustStartWithinSeconds)}).`,
    isGone ? 'The state machine of the job is not there any more.' : '',
    ...reasons(request),
  ));
  const headline = `was not started at ${utc(scheduledTime)}`;
  return {
    outcome: Outcome.NOT_STARTED,
    isDuplicate,
    error: '',
    cause,
    execution: '',
    result: result(request, scheduledTime, cause),
    notification: {
      subject: subject(job.notificationSubject || job.name, headline),
      text: visible([
        wrap(`${job.name} ${headline}.`),
        wrap(cause),
        ...about(job),
        list('What to try first', whatToTry(request, scheduledTime)),
        table([
          ['Scheduled', utc(scheduledTime)],
          ['Checked', utc(now)],
          ['Account', account(executionId).join(', ')],
          ['Schedule', watch.scheduleName],
          ['Next run', nextRun(watch, nextTime(request))],
          ['Check', executionId],
        ]),
        ...isGone ? [] : [`To start it now\n  ${startNow(request)}`],
      ].join('\n\n')) + '\n',
    },
  };
}

/** What services say, and nothing else: by whom a schedule was disabled, they do not. */
function reasons({ watch, schedule, deadLetters }: CheckStartRequest): string[] {
  return [scheduleWords(watch.schedule.expression, schedule), deadLetterWords(watch.hasDeadLetterQueue, deadLetters)];
}

function scheduleWords(deployed: string, { state, expression, Error: error }: ServiceWord): string {
  if (error !== undefined) {
    return /ResourceNotFound/.test(error) ? 'Its schedule is not there any more.' : `Its schedule could not be read (${error}).`;
  }
  if (state === 'DISABLED') {
    return 'Its schedule is DISABLED; by whom is not known.';
  }
  return expression !== undefined && expression !== deployed
    ? `Its schedule is ${state} and has another expression than the one that was deployed: ${expression}, not ${deployed}.`
    : `Its schedule is ${state ?? 'of a state that is not known'}.`;
}

function deadLetterWords(hasQueue: boolean, { count, Error: error }: ServiceWord): string {
  if (!hasQueue) {
    return '';
  }
  if (error !== undefined || count === undefined) {
    return `Its dead-letter queue could not be read${error === undefined ? '' : ` (${error})`}.`;
  }
  return Number(count) > 0
    ? `Its dead-letter queue has about ${plural(Number(count), 'message')}, of whichever times.`
    : 'Its dead-letter queue is empty.';
}

function whatToTry({ watch, now, schedule, deadLetters }: CheckStartRequest, scheduledTime: string): string[] {
  const isDisabled = schedule.state === 'DISABLED';
  const isGone = schedule.Error !== undefined && /ResourceNotFound/.test(schedule.Error);
  const until = new Date(Date.parse(scheduledTime) + 1000 * watch.scheduleWindowSeconds).toISOString();
  return [
    ...isDisabled ? ['Find out who disabled the schedule, and why, before you enable it: CloudTrail has it under UpdateSchedule.'] : [],
    ...isGone ? ['Deploy the stack again. CloudTrail has who deleted the schedule under DeleteSchedule.'] : [],
    ...Number(deadLetters.count) > 0
      ? ['Read the messages of the dead-letter queue: their attributes ERROR_CODE and ERROR_MESSAGE say why a start failed.'] : [],
    ...isDisabled || isGone ? [] : ['See why the start failed: CloudTrail has refused calls under StartExecution. The role of the schedule may have lost '
      + 'its right, or a quota of Step Functions may be used up.'],
    ...!isDisabled && !isGone && Date.parse(now) < Date.parse(until)
      ? [`EventBridge Scheduler may still start it, until ${utc(until)}. If you start it before, add "scheduledTime": ${quote(scheduledTime)} to the `
        + 'input: then the program is started once.'] : [],
  ];
}

function startNow({ watch }: CheckStartRequest): string {
  const { stateMachineArn, parameters, withheld } = watch;
  const given = { ...parameters, ...Object.fromEntries(withheld.map((name) => [name, null])) };
  const command = startCommand(stateMachineArn, JSON.stringify({ parameters: given }));
  return withheld.length === 0 ? command
    : `${command}\n  (give the value of ${visibleLine(withheld.join(', '))}, in place of null: it is sensitive, and not shown)`;
}

/** Empty where there will be none, or it is not known. */
function nextTime({ watch, schedule, now }: CheckStartRequest): string {
  return schedule.state === 'ENABLED' && schedule.expression === watch.schedule.expression ? nextScheduledTime(watch, now) : '';
}

function result(request: CheckStartRequest, scheduledTime: string, cause: string): RunResult {
  const { job, executionId, now } = request;
  const [accountId, region] = account(executionId);
  return {
    outcome: Outcome.NOT_STARTED,
    job: job.name,
    description: visibleLine(job.description),
    owner: visibleLine(job.owner),
    account: accountId,
    region,
    execution: '',
    runId: runId('', { scheduledTime }),
    commandIds: [],
    startedAt: '',
    endedAt: now,
    durationSeconds: 0,
    check: false,
    attempts: 0,
    exitCode: NO_EXIT_CODE,
    cause,
    nextScheduledTime: nextTime(request),
    instances: {
      total: 0, succeeded: 0, failed: 0, timedOut: 0, undelivered: 0, cancelled: 0, unresponsive: 0, skipped: 0, running: 0,
    },
    failures: [],
    recoveredFrom: '',
    rerunOf: '',
    warnings: [],
    links: { execution: '', command: '', logs: '', runbook: visibleLine(job.runbookUrl) },
  };
}

function account(executionId: string): [accountId: string, region: string] {
  const [, , , region = '', accountId = ''] = executionId.split(':');
  return [accountId, region];
}

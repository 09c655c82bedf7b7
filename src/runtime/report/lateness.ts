import { mail } from './mail';
import { JobSettings, Notification, Run, RunResult } from '../../protocol';
import { secondsBetween } from '../../protocol/poll-plan';
import { duration, plural, utc } from '../../protocol/text';

/** Whether a run that goes on takes longer than expected. */
export function isLate({ longRunningAfterSeconds }: JobSettings, run: Run, now: string): boolean {
  return longRunningAfterSeconds !== undefined && secondsBetween(run.startedAt, now) >= longRunningAfterSeconds;
}

/** The mail about a run that takes longer than expected: nothing has ended, and nothing was stopped. */
export function lateNotification(job: JobSettings, { sentAt }: Run, result: RunResult): Notification {
  const { instances } = result;
  const where = instances.running === instances.total ? plural(instances.total, 'instance') : `${instances.running} of ${plural(instances.total, 'instance')}`;
  const latest = new Date(Date.parse(sentAt) + 1000 * (job.deliveryTimeoutSeconds + job.executionTimeoutSeconds)).toISOString();
  return mail(job, result, {
    headline: `is still running on ${where} after ${duration(result.durationSeconds)}`,
    cause: `It was expected to end within ${duration(job.longRunningAfterSeconds ?? 0)}. Nothing was stopped: SSM stops the program at `
      + `${utc(latest)} at the latest, and how the run ends is told as usual.`,
    failures: [],
    advice: [
      'See in its output whether the program is working or waiting.',
      'To end it, stop the execution: that stops the program on its servers, too.',
    ],
  });
}

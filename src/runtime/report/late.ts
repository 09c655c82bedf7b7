import { mail } from './mail';
import { JobSettings, Notification, Run, RunResult } from '../../protocol';
import { Limit } from '../../protocol/late';
import { commandSeconds } from '../../protocol/poll-plan';
import { duration, plural, sentences, utc } from '../../protocol/text';

/** The mail about a run that goes on longer than it should: nothing has ended, and nothing was stopped. */
export function lateNotification(job: JobSettings, { sentAt }: Run, result: RunResult, passed: Limit[]): Notification {
  const { instances } = result;
  const where = instances.running === instances.total ? plural(instances.total, 'instance') : `${instances.running} of ${plural(instances.total, 'instance')}`;
  const latest = new Date(Date.parse(sentAt) + 1000 * (job.deliveryTimeoutSeconds + commandSeconds(job))).toISOString();
  const late = passed.some(({ mark }) => mark === 'wasLate');
  const overdue = passed.find(({ mark }) => mark === 'wasOverdue');
  const timeOfDay = `${job.mustEndBy?.time} (${job.mustEndBy?.timeZone})`;
  return mail(job, result, {
    headline: `is still running on ${where} ${overdue ? `at ${timeOfDay}` : `after ${duration(result.durationSeconds)}`}`,
    cause: sentences(
      late ? `It was expected to end within ${duration(job.longRunningAfterSeconds ?? 0)}.` : '',
      overdue ? `It must end by ${timeOfDay}, which was ${utc(new Date(overdue.at).toISOString())}.` : '',
      `Nothing was stopped: SSM stops the program at ${utc(latest)} at the latest, and how the run ends is told as usual.`,
    ),
    failures: [],
    advice: [
      'See in its output whether the program is working or waiting.',
      'To end it, stop the execution: that stops the program on its instances, too.',
    ],
  });
}

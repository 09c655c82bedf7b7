import type { Command } from '@aws-sdk/client-ssm';
import { meaning, readWord } from './aws/words';
import { findFilters, isCheck } from './find-command';
import { GetStatusRequest, JobSettings, OverlapPolicy, Reason, Run, RUNNING, Waiting } from '../protocol';
import { describeError } from './send-error';
import type { World } from './world';
import { secondsBetween, totalSeconds } from '../protocol/poll-plan';

/**
 * Counts how long a run waits on its instances for others of its job: that is not running late.
 *
 * No instance says so before its command has ended. What SSM lists does: a run waits as long as a command of the job goes on that was sent
 * before its own. Of several that wait, any may be next, so that one that is overtaken counts as running from then on; a run that holds things
 * up never counts as waiting.
 *
 * It is only asked where somebody wants to know: the job has `longRunningAfter`, and the run has not been late. Where SSM does not answer, the
 * run waits: nobody is told that it is late before that is known, or before it cannot wait any more.
 */
export async function countWaiting({ job, run, now }: Pick<GetStatusRequest, 'job' | 'run' | 'now'>, world: Pick<World, 'ssm' | 'log'>): Promise<Run> {
  const before: Waiting = run.waiting ?? { seconds: 0 };
  if (job.overlapPolicy !== OverlapPolicy.WAIT || job.longRunningAfterSeconds === undefined || run.wasLate || before.isOver) {
    return run;
  }
  const longest = job.deliveryTimeoutSeconds + (job.overlapWaitSeconds ?? 0);
  if (secondsBetween(run.sentAt, now) < longest && await waits(job, run, now, world)) {
    return { ...run, waiting: { seconds: before.seconds + secondsBetween(before.until ?? run.sentAt, now), until: now } };
  }
  // When it was over between two polls is not known: the run has the benefit of the doubt.
  const seconds = before.until === undefined ? 0 : secondsBetween(before.until, now);
  return { ...run, waiting: { seconds: before.seconds + seconds, isOver: true } };
}

async function waits(job: JobSettings, run: Run, now: string, { ssm, log }: Pick<World, 'ssm' | 'log'>): Promise<boolean> {
  try {
    const own = run.commands.flatMap(({ commandId }) => commandId ?? []);
    const running = await ssm.commands([...findFilters(job, now, totalSeconds(job)), { key: 'ExecutionStage', value: 'Executing' }], true);
    return running.some((command) => !own.includes(command.CommandId ?? '') && !isCheck(command) && isAhead(command, run));
  } catch (error) {
    log('not known whether the run waits', { error: describeError(error) });
    return true;
  }
}

/** A command that is being cancelled is none: an agent that is gone never says that it has stopped. */
function isAhead({ Status: plain, StatusDetails: details, RequestedDateTime: requestedAt }: Command, { sentAt }: Run): boolean {
  return meaning(readWord(plain)) === RUNNING && readWord(details) !== Reason.CANCELLING && readWord(plain) !== Reason.CANCELLING
    && requestedAt !== undefined && Number(requestedAt) < Date.parse(sentAt);
}

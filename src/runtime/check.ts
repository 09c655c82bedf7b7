import { JobSettings, Outcome, OverlapPolicy } from '../protocol';
import type { Ending } from './report/ending';
import { plural, sentences } from '../protocol/text';

/** How long a check may take on an instance, in seconds: one waits for no program, but for the answers of services that hold its secrets. */
const CHECK_SECONDS = 900;

/** A job as a check of it runs: on every instance, once, next to whatever runs there, and with the exit codes of the launcher alone. */
export function checkSettings(job: JobSettings): JobSettings {
  return {
    ...job,
    document: { ...job.document, outputRules: undefined },
    executionTimeoutSeconds: Math.min(job.executionTimeoutSeconds, CHECK_SECONDS),
    longRunningAfterSeconds: undefined,
    mustEndBy: undefined,
    overlapWaitSeconds: undefined,
    successExitCodes: [0],
    retry: undefined,
    overlapPolicy: OverlapPolicy.ALLOW,
    maxErrors: '100%',
  };
}

/** The ending of a check, for somebody who must not take it for that of a run. */
export function checkedEnding(ending: Ending): Ending {
  const { warnings = [] } = ending;
  return {
    ...ending,
    headline: `check ${ending.headline}${warnings.length > 0 ? `, with ${plural(warnings.length, 'warning')}` : ''}`,
    cause: ending.outcome === Outcome.SUCCEEDED ? '' : sentences('This was a check, which starts no program.', ending.cause),
    attempts: 0,
  };
}

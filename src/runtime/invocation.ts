import type { CommandInvocation, CommandPlugin } from '@aws-sdk/client-ssm';
import { ALREADY_RUNNING_EXIT_CODE, ALREADY_STARTED_EXIT_CODE, InstanceVerdict, JobSettings, Outcome, OverlapPolicy, RUNNING } from './protocol';

/** Exit code where the program did not run, or did not say. SSM uses the same. */
export const NO_EXIT_CODE = -1;

type Meaning = Outcome | typeof RUNNING;

/** Words of SSM, normalised: documentation, API and console spell them with and without spaces. */
const MEANINGS = new Map<string, Meaning>([
  ['pending', RUNNING],
  ['inprogress', RUNNING],
  ['delayed', RUNNING],
  ['cancelling', RUNNING],
  ['success', Outcome.SUCCEEDED],
  ['failed', Outcome.FAILED],
  ['timedout', Outcome.TIMED_OUT],
  ['executiontimedout', Outcome.TIMED_OUT],
  ['deliverytimedout', Outcome.UNDELIVERED],
  ['undeliverable', Outcome.UNDELIVERED],
  ['invalidplatform', Outcome.UNDELIVERED],
  ['accessdenied', Outcome.UNDELIVERED],
  ['cancelled', Outcome.CANCELLED],
  ['terminated', Outcome.CANCELLED],
]);

/** Lower case, without spaces, hyphens and underscores. */
export function normalise(word: string | undefined): string {
  return (word ?? '').toLowerCase().replace(/[\s_-]/g, '');
}

/** What a status means; undefined for a word that is not known. */
export function meaning(word: string | undefined): Meaning | undefined {
  return MEANINGS.get(normalise(word));
}

/** Whether SSM had stopped sending before it came to this instance: more had failed than `maxErrors` allows. */
export function isLeftOut({ status }: Pick<InstanceVerdict, 'status'>): boolean {
  return normalise(status) === 'terminated';
}

/** Judges one invocation. Unknown words never mean success, and mean an end only where the plain status is terminal. */
export function judgeInvocation(job: JobSettings, invocation: CommandInvocation): InstanceVerdict {
  const plugins = invocation.CommandPlugins ?? [];
  const decisive = plugins.find(hasFailed) ?? plugins.find(isUnfinished) ?? plugins.at(-1);
  const reported = judgeStatus(invocation);
  // The agent skips a step on an operating system that it is not for, and calls that a success. The job's own document has one step.
  const isRun = reported.outcome !== Outcome.SUCCEEDED || !job.document.own || !plugins.some(isSkipped);
  const judged = isRun ? reported : judgeStatus({ StatusDetails: 'InvalidPlatform' });
  const { status } = judged;
  const outcome = isLostAgent(status, plugins) ? Outcome.UNRESPONSIVE : judged.outcome;
  const ended = outcome !== RUNNING;
  return {
    instanceId: invocation.InstanceId ?? '',
    commandId: invocation.CommandId ?? '',
    outcome: ended ? judgeExitCodes(job, outcome, status, plugins) : outcome,
    status,
    exitCode: ended && decisive ? exitCodeOf(decisive) : NO_EXIT_CODE,
    step: decisive?.Name ?? '',
    severalSteps: plugins.length > 1,
  };
}

function judgeStatus({ Status: plain, StatusDetails: details }: CommandInvocation): { outcome: Meaning; status: string } {
  const plainMeaning = meaning(plain);
  if (!normalise(details)) {
    return { outcome: plainMeaning ?? RUNNING, status: plain ?? '' };
  }
  const detailed = meaning(details);
  const word = details as string;
  if (detailed === Outcome.SUCCEEDED && plain !== undefined && plainMeaning !== Outcome.SUCCEEDED) {
    return { outcome: plainMeaning ?? RUNNING, status: `${plain}, with details ${word}` };
  }
  if (detailed !== undefined) {
    return { outcome: detailed, status: word };
  }
  const isTerminal = plainMeaning !== undefined && plainMeaning !== RUNNING;
  return { outcome: isTerminal ? Outcome.FAILED : RUNNING, status: `unknown status ${word}` };
}

/** Exit codes can turn SSM's success into a failure, and its failure into a success or a skip; nothing else. */
function judgeExitCodes(job: JobSettings, outcome: Outcome, status: string, plugins: CommandPlugin[]): Outcome {
  const isSuccess = (code: number) => job.successExitCodes.includes(code);
  const failed = plugins.filter(hasFailed);
  if (outcome === Outcome.SUCCEEDED) {
    // SSM's success without an exit code is one with 0.
    const codes = plugins.map(knownExitCode).map((code) => code ?? 0);
    return (codes.length ? codes : [0]).every(isSuccess) ? outcome : Outcome.FAILED;
  }
  // Only a plain failure: a word that is unknown, or two that contradict each other, never become a success.
  if (meaning(status) !== Outcome.FAILED || failed.length === 0) {
    return outcome;
  }
  if (job.document.own && skipCodes(job).includes(exitCodeOf(failed[0]))) {
    return Outcome.SKIPPED;
  }
  const onlyAcceptedFailures = failed.map(exitCodeOf).every((code) => code !== NO_EXIT_CODE && isSuccess(code))
    && failed.every((plugin) => pluginMeaning(plugin) === Outcome.FAILED || !(plugin.StatusDetails || plugin.Status))
    && !plugins.some(isUnfinished);
  return onlyAcceptedFailures ? Outcome.SUCCEEDED : outcome;
}

/** The launcher's exit codes for a program that was rightly not started. Where runs may overlap, the other one is the program's own. */
function skipCodes({ overlapPolicy }: JobSettings): number[] {
  return [ALREADY_STARTED_EXIT_CODE, ...overlapPolicy === OverlapPolicy.ALLOW ? [] : [ALREADY_RUNNING_EXIT_CODE]];
}

/**
 * An agent that dies while the program runs never reports; when the command expires, SSM calls that a delivery time-out too.
 * A step that had begun tells the difference, and nobody may read that the program did not run.
 */
function isLostAgent(status: string, plugins: CommandPlugin[]): boolean {
  return normalise(status) === 'deliverytimedout'
    && plugins.some((plugin) => normalise(plugin.Status) === 'inprogress' || Number(plugin.ResponseStartDateTime ?? 0) > 0);
}

function pluginMeaning(plugin: CommandPlugin): Meaning | undefined {
  return meaning(plugin.StatusDetails) ?? meaning(plugin.Status);
}

function hasFailed(plugin: CommandPlugin): boolean {
  const means = pluginMeaning(plugin);
  return means === undefined ? (knownExitCode(plugin) ?? 0) !== 0 : means !== Outcome.SUCCEEDED && means !== RUNNING;
}

function isSkipped(plugin: CommandPlugin): boolean {
  return [plugin.Status, plugin.StatusDetails].some((word) => normalise(word) === 'skipped')
    || /^Step execution skipped\b/.test(plugin.Output ?? '');
}

function isUnfinished(plugin: CommandPlugin): boolean {
  return pluginMeaning(plugin) === RUNNING;
}

/** A failure with 0 is the agent's own: it could not run the step at all, and has no exit code of the program's. */
function exitCodeOf(plugin: CommandPlugin): number {
  const code = knownExitCode(plugin) ?? NO_EXIT_CODE;
  return code === 0 && hasFailed(plugin) ? NO_EXIT_CODE : code;
}

function knownExitCode({ ResponseCode: code }: CommandPlugin): number | undefined {
  return code === undefined || code === NO_EXIT_CODE ? undefined : code;
}

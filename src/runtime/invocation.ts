import type { CommandInvocation, CommandPlugin } from '@aws-sdk/client-ssm';
import {
  ALREADY_RUNNING_EXIT_CODE, ALREADY_STARTED_EXIT_CODE, InstanceVerdict, JobSettings, Outcome, OverlapPolicy, PROGRAM_EXIT_CODE_WORDS, Reason,
  RUNNING,
} from '../protocol';
import { meaning, readWord, verdictWord } from './aws/words';

/** Exit code where the program did not run, or did not say. SSM uses the same. */
export const NO_EXIT_CODE = -1;

/**
 * The exit code of the agent's own failures: the instance was restarted, the agent's process was killed, the disk is full, …
 *
 * Where a script has ended with it, the agent says so as the last thing of all, after whatever the script has written.
 */
const AGENT_EXIT_CODE = 1;
const SCRIPT_ENDED = /failed to run commands: exit status 1\s*(?:Step was found to have onFailure property\.[^\n]*(?:\n\s*)?)?$/;

/** How the agent begins to tell that it has lost a script; how it ends where the script was to be killed, and only what it left behind was there. */
const SCRIPT_LOST = /^document process failed unexpectedly:|failed to run commands: no such process\s*$/;

/** How it ends where it could not start the script. */
const SCRIPT_NOT_STARTED = /failed to run commands: fork\/exec [^\n]*$/;

/** The launcher's last words where it has not started a program, before the agent's. */
const LAUNCHER_REFUSED = /^cots-batch-job: [^\n]*\n*failed to run commands: exit status \d+\s*$/m;

/**
 * What SSM lists of a step's output has at least this many bytes where it was cut (older agents send 2,400); where that is at its end,
 * the last thing is this.
 */
const CUT_OUTPUT_BYTES = 2_300;
const CUT_OUTPUT_END = /\n---Error truncated----\s*$/;

/** Whether the agent says that an instance failed, but not what has become of the program there. */
export function isLost({ outcome, reason }: Pick<InstanceVerdict, 'outcome' | 'reason'>): boolean {
  return outcome === Outcome.UNRESPONSIVE && reason === Reason.FAILED;
}

/** Whether SSM had stopped sending before it came to this instance: more had failed than `maxErrors` allows. */
export function isLeftOut({ reason }: Pick<InstanceVerdict, 'reason'>): boolean {
  return reason === Reason.TERMINATED;
}

/** Judges one invocation. Unknown words never mean success, and mean an end only where the plain status is terminal. */
export function judgeInvocation(job: JobSettings, invocation: CommandInvocation): InstanceVerdict {
  const plugins = invocation.CommandPlugins ?? [];
  const lost = plugins.find((plugin) => isProgramLost(job, plugin));
  const decisive = lost ?? plugins.find(hasFailed) ?? plugins.find(isUnfinished) ?? plugins.at(-1);
  // The agent skips a step on an operating system that it is not for, and calls that a success. The job's own document has one step.
  const isSkippedWhole = job.document.own
    && (isSkipped(invocation) || (plugins.some(isSkipped) && judgeStatus(invocation).outcome !== RUNNING));
  const judged = isSkippedWhole ? { outcome: Outcome.UNDELIVERED, reason: Reason.INVALID_PLATFORM } : judgeStatus(invocation);
  const isUnknown = isLostAgent(judged.reason, plugins) || (judged.outcome === Outcome.FAILED && lost !== undefined);
  const outcome = isUnknown ? Outcome.UNRESPONSIVE : judged.outcome;
  const ended = outcome !== RUNNING;
  return {
    ...judged,
    instanceId: invocation.InstanceId ?? '',
    commandId: invocation.CommandId ?? '',
    outcome: ended ? judgeExitCodes(job, outcome, judged.reason, plugins) : outcome,
    exitCode: ended && decisive ? exitCodeOf(decisive) : NO_EXIT_CODE,
    step: decisive?.Name ?? '',
    severalSteps: plugins.length > 1,
  };
}

/** Judges by SSM's two words alone: the plain one, and the details, which say more. */
function judgeStatus({ Status: plain, StatusDetails: details }: CommandInvocation): Pick<InstanceVerdict, 'outcome' | 'reason' | 'said'> {
  const plainMeaning = meaning(readWord(plain));
  const word = readWord(details);
  const detailed = meaning(word);
  if (word === Reason.NONE) {
    return { outcome: plainMeaning ?? RUNNING, ...verdictWord(plain) };
  }
  if (detailed === Outcome.SUCCEEDED && plain !== undefined && plainMeaning !== Outcome.SUCCEEDED) {
    return { outcome: plainMeaning ?? RUNNING, reason: Reason.CONTRADICTORY, said: `${plain}, with details ${details}` };
  }
  if (detailed !== undefined) {
    return { outcome: detailed, ...verdictWord(details) };
  }
  const isTerminal = plainMeaning !== undefined && plainMeaning !== RUNNING;
  return { outcome: isTerminal ? Outcome.FAILED : RUNNING, reason: Reason.UNKNOWN, said: details };
}

/** Exit codes can turn SSM's success into a failure, and its failure into a success or a skip; nothing else. */
function judgeExitCodes(job: JobSettings, outcome: Outcome, reason: Reason, plugins: CommandPlugin[]): Outcome {
  const isSuccess = (code: number) => job.successExitCodes.includes(code);
  const failed = plugins.filter(hasFailed);
  if (outcome === Outcome.SUCCEEDED) {
    // SSM's success without an exit code is one with 0.
    const codes = plugins.map(knownExitCode).map((code) => code ?? 0);
    return (codes.length ? codes : [0]).every(isSuccess) ? outcome : Outcome.FAILED;
  }
  // Only a plain failure: a word that is unknown, or two that contradict each other, never become a success.
  if (reason !== Reason.FAILED || failed.length === 0) {
    return outcome;
  }
  if (job.document.own && skipCodes(job).includes(exitCodeOf(failed[0])) && isRefusal(failed[0])) {
    return Outcome.SKIPPED;
  }
  const onlyAcceptedFailures = failed.map(exitCodeOf).every((code) => code !== NO_EXIT_CODE && isSuccess(code))
    && failed.every(isOfProgram)
    && failed.every((plugin) => pluginMeaning(plugin) === Outcome.FAILED || !(plugin.StatusDetails || plugin.Status))
    && !plugins.some(isUnfinished);
  return onlyAcceptedFailures ? Outcome.SUCCEEDED : outcome;
}

/** The launcher's exit codes for a program that was rightly not started. Where runs may overlap, the other one is the program's own. */
function skipCodes({ overlapPolicy }: JobSettings): number[] {
  return [ALREADY_STARTED_EXIT_CODE, ...overlapPolicy === OverlapPolicy.ALLOW ? [] : [ALREADY_RUNNING_EXIT_CODE]];
}

/** Whether the launcher has ended with one of its exit codes, and not a program that it had started. */
function isRefusal({ Output: output = '' }: CommandPlugin): boolean {
  // What SSM does not list cannot tell.
  return output.trim() === '' || (LAUNCHER_REFUSED.test(output) && !output.includes(PROGRAM_EXIT_CODE_WORDS));
}

/**
 * An agent that dies while the program runs never reports; when the command expires, SSM calls that a delivery time-out too.
 * A step that had begun tells the difference, and nobody may read that the program did not run.
 */
function isLostAgent(reason: Reason, plugins: CommandPlugin[]): boolean {
  return reason === Reason.DELIVERY_TIMED_OUT
    && plugins.some((plugin) => readWord(plugin.Status) === Reason.IN_PROGRESS || Number(plugin.ResponseStartDateTime ?? 0) > 0);
}

function pluginMeaning(plugin: CommandPlugin): Outcome | typeof RUNNING | undefined {
  return meaning(readWord(plugin.StatusDetails)) ?? meaning(readWord(plugin.Status));
}

function hasFailed(plugin: CommandPlugin): boolean {
  const means = pluginMeaning(plugin);
  return means === undefined ? (knownExitCode(plugin) ?? 0) !== 0 : means !== Outcome.SUCCEEDED && means !== RUNNING;
}

/** By its status: what stands in its output, the program may have printed. */
function isSkipped({ Status: plain, StatusDetails: details }: { Status?: string; StatusDetails?: string }): boolean {
  return [plain, details].some((word) => readWord(word) === Reason.SKIPPED);
}

function isUnfinished(plugin: CommandPlugin): boolean {
  return pluginMeaning(plugin) === RUNNING;
}

/** The program's exit code: a failure of the agent's own has none. */
function exitCodeOf(plugin: CommandPlugin): number {
  const code = knownExitCode(plugin) ?? NO_EXIT_CODE;
  return hasFailed(plugin) && (code === 0 || isFailureOfAgent(plugin)) ? NO_EXIT_CODE : code;
}

/** Whether the program has ended with the exit code that the step reports; undefined where SSM does not list enough to tell. */
function isOfProgram({ ResponseCode: code, Output: output = '' }: CommandPlugin): boolean | undefined {
  if (code !== AGENT_EXIT_CODE) {
    return true;
  }
  // Only what the agent reports when a script has ended is long enough to be cut.
  const isCut = CUT_OUTPUT_END.test(output) && Buffer.byteLength(output) >= CUT_OUTPUT_BYTES;
  return output.trim() === '' ? undefined : isCut || SCRIPT_ENDED.test(output);
}

/** Of a step that was cancelled or has timed out, the agent reports 137 if it has killed a script, otherwise its own code. */
function isFailureOfAgent(plugin: CommandPlugin): boolean {
  const means = pluginMeaning(plugin);
  return means === Outcome.FAILED ? isOfProgram(plugin) === false
    : (means === Outcome.CANCELLED || means === Outcome.TIMED_OUT) && plugin.ResponseCode === AGENT_EXIT_CODE;
}

/**
 * Whether the agent does not know what has become of a program that it had started. A document that is not the job's own may have steps
 * that run no script, and fail in words of their own.
 */
function isProgramLost({ document }: JobSettings, plugin: CommandPlugin): boolean {
  const { Output: output = '' } = plugin;
  const isLostHere = document.own ? !SCRIPT_NOT_STARTED.test(output) : SCRIPT_LOST.test(output);
  return pluginMeaning(plugin) === Outcome.FAILED && isFailureOfAgent(plugin) && isLostHere;
}

function knownExitCode({ ResponseCode: code }: CommandPlugin): number | undefined {
  return code === undefined || code === NO_EXIT_CODE ? undefined : code;
}

import {
  InstanceVerdict, INTERRUPTED_EXIT_CODE, JobSettings, NOT_STARTED_EXIT_CODE, NOT_TAKEN, Outcome, OUTPUT_RULE_EXIT_CODE, OUTPUT_RULE_WORDS,
  PROGRAM_EXIT_CODE_WORDS, QUOTED_LINE_WORDS, Reason, Refusal,
} from '../../protocol';
import { shorten, utc, visibleLine } from '../../protocol/text';
import { isLost, NO_EXIT_CODE } from '../invocation';
import type { Failure } from './output';

/** Of a program that was killed. The agent takes it for a time-out, whoever has killed it. */
const KILLED_EXIT_CODE = 137;
const KILLED = 'killed at the execution timeout, or by something else';

/** What a shell's exit code says by convention; the program's own codes are explained in its manual. */
const EXIT_CODES = new Map([
  [126, 'the command is not executable'],
  [127, 'a command was not found'],
  [129, 'ended by SIGHUP: its terminal or session was closed'],
  [130, 'interrupted by SIGINT'],
  [134, 'it aborted: SIGABRT'],
  [135, 'it crashed: SIGBUS'],
  [136, 'it crashed: SIGFPE'],
  [KILLED_EXIT_CODE, 'killed by SIGKILL, often for lack of memory'],
  [139, 'it crashed: SIGSEGV'],
  [141, 'it wrote to a closed pipe: SIGPIPE'],
  [143, 'ended by SIGTERM: something asked it to stop'],
]);

/** The launcher's own. */
const LAUNCHER_EXIT_CODES = new Map([
  [INTERRUPTED_EXIT_CODE, 'interrupted: the instance or its agent was restarted'],
  [NOT_STARTED_EXIT_CODE, 'the launcher could not start the program'],
]);

/** How the launcher says why it has not started the program: as its last line. */
const NOT_STARTED = /^cots-batch-job: (not started: .+)$/gm;
const MAX_REASON_LENGTH = 300;

/** What a reason says beyond its word. */
const REASONS = new Map([
  [Reason.DELIVERY_TIMED_OUT, 'the agent did not take the command in time'],
  [Reason.EXECUTION_TIMED_OUT, 'stopped at the execution timeout'],
  [Reason.TIMED_OUT, 'a time-out; SSM does not say which'],
  [Reason.UNDELIVERABLE, 'the instance does not exist or does not answer'],
  [Reason.INVALID_PLATFORM, 'the document is not for this operating system'],
  [Reason.ACCESS_DENIED, 'SSM was not allowed to reach the instance'],
  [Reason.TERMINATED, 'SSM stopped sending because too many instances had failed'],
  [Reason.FAILED, 'without an exit code'],
  [Reason.NOT_REGISTERED, 'SSM never listed the command for this instance'],
  [Reason.IN_PROGRESS, 'the agent took the command and was not heard of again'],
  [Reason.PENDING, 'SSM never sent the command to this instance'],
  [Reason.DELAYED, 'SSM could not reach the instance and kept trying'],
  [Reason.CONNECTION_LOST, 'the agent does not answer any more'],
  [Reason.NOT_MANAGED, 'SSM does not know the instance any more: stopped, terminated or deregistered'],
  [Reason.ALREADY_RUNNING, 'not started again: a process of an earlier attempt, or another run, is still running'],
  [Reason.ALREADY_STARTED, 'not started again: this attempt had been started before'],
  [Reason.CANCELLING, 'the agent was asked to stop and was not heard of again'],
]);

const MAX_STATUS_LENGTH = 200;

/** How the agent says why there is no exit code, as the last thing of all: `signal: killed`, `fork/exec …`. */
const AGENT_REASON = /failed to run commands: ([^\n]{1,200})$/;

/**
 * Whether the launcher has ended with this exit code, and not a program that it had started. Without output, its word is taken for it.
 */
export function isOfLauncher({ document }: JobSettings, { exitCode, stderr }: Failure): boolean {
  const isSaid = /^cots-batch-job: /m.test(stderr) && !stderr.includes(PROGRAM_EXIT_CODE_WORDS);
  return document.own && LAUNCHER_EXIT_CODES.has(exitCode) && (stderr === '' || isSaid);
}

/** Lines of the launcher's own, in the last lines of stderr: why it has not started the program, or that an exit code is the program's. */
export function launcherWords(exitCode: number, stderr: string): string[] {
  const lines = LAUNCHER_EXIT_CODES.has(exitCode) ? stderr.split('\n').filter((line) => line.startsWith('cots-batch-job: ')) : [];
  // After the program has run, all others may be the program's.
  return lines.some((line) => line.startsWith(PROGRAM_EXIT_CODE_WORDS)) ? [`${PROGRAM_EXIT_CODE_WORDS} ${exitCode}`] : lines;
}

/** What the agent adds to stderr as the last thing of all, in the words that it is known to have. */
const AGENT_WORDS = /^failed to run commands: (?:exit status \d+|signal: [a-z ]+|no such process|fork\/exec \S+: [a-z ]+)$/;

export function agentWords(stderr: string): string[] {
  return stderr.split('\n').slice(-1).filter((line) => AGENT_WORDS.test(line));
}

/** Why a rule for the output has decided. */
export interface OutputRuleWords {
  readonly reason: string;
  /** The line that matches; empty where none does, or it is not quoted. */
  readonly line: string;
}

const MATCHED_WORDS = `${OUTPUT_RULE_WORDS}has a line that matches failOnOutput `;

/**
 * What the launcher says of the output, where a rule for it has decided; undefined where it does not say so.
 *
 * It is the last thing on stderr but for the agent's, after both streams of the program are closed: what stands anywhere else, the program may
 * have printed.
 */
export function outputRuleWords({ document }: JobSettings, { exitCode, stderr }: Pick<Failure, 'exitCode' | 'stderr'>): OutputRuleWords | undefined {
  const [before = '', last = ''] = lastLines(stderr);
  if (!document.outputRules || exitCode !== OUTPUT_RULE_EXIT_CODE || !last.startsWith(OUTPUT_RULE_WORDS)) {
    return undefined;
  }
  const isQuoted = last.startsWith(MATCHED_WORDS) && before.startsWith(QUOTED_LINE_WORDS);
  return { reason: last.replace(/^cots-batch-job: /, ''), line: isQuoted ? before.slice(QUOTED_LINE_WORDS.length).trim() : '' };
}

/** The last two lines that are not the agent's. */
function lastLines(stderr: string): string[] {
  const lines = stderr.split('\n').slice(0, agentWords(stderr).length > 0 ? -1 : undefined).filter((line) => line !== '');
  return ['', '', ...lines].slice(-2);
}

function explainOutputRule(job: JobSettings, failure: Failure): string {
  const words = outputRuleWords(job, failure);
  if (words) {
    return words.line === '' ? words.reason : `${words.reason}: ${words.line}`;
  }
  return lastLines(failure.stderr)[1].startsWith(PROGRAM_EXIT_CODE_WORDS) ? '' : 'by its output, as failOnOutput or requireOutput say, or by itself';
}

/** The words for an exit code, or an empty text. */
function explainExitCode(job: JobSettings, failure: Failure): string {
  const { exitCode, stderr } = failure;
  if (job.document.outputRules && exitCode === OUTPUT_RULE_EXIT_CODE) {
    return shorten(explainOutputRule(job, failure), MAX_REASON_LENGTH);
  }
  if (!isOfLauncher(job, failure)) {
    return EXIT_CODES.get(exitCode) ?? '';
  }
  const reason = exitCode === NOT_STARTED_EXIT_CODE ? [...stderr.matchAll(NOT_STARTED)].at(-1)?.[1] : undefined;
  return shorten(reason ?? LAUNCHER_EXIT_CODES.get(exitCode)!, MAX_REASON_LENGTH);
}

/** What SSM said instead of taking a command. */
export function describeRefusal({ code, message }: Refusal): string {
  return code === NOT_TAKEN ? `SSM did not take the command, however often it was sent: ${message}` : [code, message].filter((part) => part).join(': ');
}

/** The status of an instance, as a result has it: the reason of its outcome in words. */
export function statusText(verdict: Pick<InstanceVerdict, 'reason' | 'said' | 'since' | 'refusal'>): string {
  return shorten(visibleLine(wordsOf(verdict)), MAX_STATUS_LENGTH);
}

function wordsOf({ reason, said, since, refusal }: Parameters<typeof statusText>[0]): string {
  switch (reason) {
    case Reason.NONE:
      return '';
    case Reason.UNKNOWN:
      return `unknown status ${said ?? ''}`.trimEnd();
    case Reason.REFUSED:
      return refusal ? describeRefusal(refusal) : reason;
    case Reason.UNCONFIRMED:
      return `${reason}: whether this command was sent is unknown`;
    default:
      return since === undefined ? said ?? reason : `${reason} since ${utc(since)}`;
  }
}

/** What happened on an instance: `exit code 127 (a command was not found)`, `DeliveryTimedOut (the agent …)`. */
export function explainFailure(job: JobSettings, failure: Failure): string {
  const { outcome, reason, exitCode } = failure;
  const status = statusText(failure);
  if (isLost(failure)) {
    return withReason(status, 'the agent lost the program; it may still run');
  }
  const isKilledByAgent = outcome === Outcome.CANCELLED || reason === Reason.EXECUTION_TIMED_OUT;
  const code = exitCode === NO_EXIT_CODE ? '' : withReason(`exit code ${exitCode}`, isKilledByAgent ? '' : explainExitCode(job, failure));
  // Words that say no more than the outcome does.
  if (code && (reason === Reason.FAILED || reason === Reason.CANCELLED)) {
    return code;
  }
  if (outcome === Outcome.FAILED && reason === Reason.SUCCESS) {
    return `${code || 'no exit code'}, which is not one of the job's success exit codes`;
  }
  if (outcome === Outcome.UNRESPONSIVE && reason === Reason.DELIVERY_TIMED_OUT) {
    return withReason(status, 'the agent took the command and was not heard of again');
  }
  const agentReason = AGENT_REASON.exec(failure.stderr)?.[1];
  if (reason === Reason.FAILED && agentReason) {
    return withReason(status, `without an exit code: ${agentReason}`);
  }
  const meaning = reason === Reason.EXECUTION_TIMED_OUT && exitCode === KILLED_EXIT_CODE ? KILLED : REASONS.get(reason) ?? '';
  return [withReason(status || 'no status', meaning), ...code ? [code] : []].join(', ');
}

function withReason(text: string, reason: string): string {
  return reason ? `${text} (${reason})` : text;
}

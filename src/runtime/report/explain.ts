import { InstanceFailure, INTERRUPTED_EXIT_CODE, JobSettings, NOT_STARTED_EXIT_CODE, Outcome, PROGRAM_EXIT_CODE_WORDS } from '../../protocol';
import { shorten } from '../../protocol/text';
import { isLost, normalise } from '../invocation';

/** What a shell's exit code says by convention; the program's own codes are explained in its manual. */
const EXIT_CODES = new Map([
  [126, 'the command is not executable'],
  [127, 'a command was not found'],
  [129, 'ended by SIGHUP: its terminal or session was closed'],
  [130, 'interrupted by SIGINT'],
  [134, 'it aborted: SIGABRT'],
  [135, 'it crashed: SIGBUS'],
  [136, 'it crashed: SIGFPE'],
  [137, 'killed by SIGKILL, often for lack of memory'],
  [139, 'it crashed: SIGSEGV'],
  [141, 'it wrote to a closed pipe: SIGPIPE'],
  [143, 'ended by SIGTERM: something asked it to stop'],
]);

/** The launcher's own. */
const LAUNCHER_EXIT_CODES = new Map([
  [INTERRUPTED_EXIT_CODE, 'interrupted: the server or its agent was restarted'],
  [NOT_STARTED_EXIT_CODE, 'the launcher could not start the program'],
]);

/** How the launcher says why it has not started the program: as its last line. */
const NOT_STARTED = /^cots-batch-job: (not started: .+)$/gm;
const MAX_REASON_LENGTH = 300;

/** SSM's words, normalised, and ours where SSM has none. */
const STATUSES = new Map([
  ['deliverytimedout', 'the agent did not take the command in time'],
  ['executiontimedout', 'stopped at the execution timeout'],
  ['timedout', 'a time-out; SSM does not say which'],
  ['undeliverable', 'the server does not exist or does not answer'],
  ['invalidplatform', 'the document is not for this operating system'],
  ['accessdenied', 'SSM was not allowed to reach the server'],
  ['terminated', 'SSM stopped sending because too many instances had failed'],
  ['failed', 'without an exit code'],
  ['notregistered', 'SSM never listed the command for this server'],
  ['inprogress', 'the agent took the command and was not heard of again'],
  ['pending', 'SSM never sent the command to this server'],
  ['delayed', 'SSM could not reach the server and kept trying'],
  ['connectionlost', 'the agent does not answer any more'],
  ['notmanaged', 'SSM does not know the server any more: stopped, terminated or deregistered'],
  ['alreadyrunning', 'not started again: a process of an earlier attempt, or another run, is still running'],
  ['alreadystarted', 'not started again: this attempt had been started before'],
  ['cancelling', 'the agent was asked to stop and was not heard of again'],
]);

/** How the agent says why there is no exit code, as the last thing of all: `signal: killed`, `fork/exec …`. */
const AGENT_REASON = /failed to run commands: ([^\n]{1,200})$/;

/** Failure words that say no more than the outcome does. */
const PLAIN = ['failed', 'cancelled'];

/**
 * Whether the launcher has ended with this exit code, and not a program that it had started. Without output, its word is taken for it.
 */
export function isOfLauncher({ document }: JobSettings, { exitCode, stderr }: InstanceFailure): boolean {
  const isSaid = /^cots-batch-job: /m.test(stderr) && !stderr.includes(PROGRAM_EXIT_CODE_WORDS);
  return document.own && LAUNCHER_EXIT_CODES.has(exitCode) && (stderr === '' || isSaid);
}

/** The words for an exit code, or an empty text. */
function explainExitCode(job: JobSettings, failure: InstanceFailure): string {
  const { exitCode, stderr } = failure;
  if (!isOfLauncher(job, failure)) {
    return EXIT_CODES.get(exitCode) ?? '';
  }
  const reason = exitCode === NOT_STARTED_EXIT_CODE ? [...stderr.matchAll(NOT_STARTED)].at(-1)?.[1] : undefined;
  return shorten(reason ?? LAUNCHER_EXIT_CODES.get(exitCode)!, MAX_REASON_LENGTH);
}

/** What happened on an instance: `exit code 127 (a command was not found)`, `DeliveryTimedOut (the agent …)`. */
export function explainFailure(job: JobSettings, failure: InstanceFailure): string {
  const { outcome, status, exitCode } = failure;
  if (isLost(failure)) {
    return withReason(status, 'the agent lost the program; it may still run');
  }
  const words = normalise(status);
  const isKilledByAgent = outcome === Outcome.CANCELLED || words === 'executiontimedout';
  const reason = isKilledByAgent ? '' : explainExitCode(job, failure);
  const code = exitCode === -1 ? '' : withReason(`exit code ${exitCode}`, reason);
  if (code && PLAIN.includes(words)) {
    return code;
  }
  if (outcome === Outcome.FAILED && words === 'success') {
    return `${code || 'no exit code'}, which is not one of the job's success exit codes`;
  }
  if (words === 'deliverytimedout' && outcome === Outcome.UNRESPONSIVE) {
    return withReason(status, 'the agent took the command and was not heard of again');
  }
  const agentReason = AGENT_REASON.exec(failure.stderr)?.[1];
  if (words === 'failed' && agentReason) {
    return withReason(status, `without an exit code: ${agentReason}`);
  }
  return [withReason(status || 'no status', STATUSES.get(normalise(status.split(' since ')[0])) ?? ''), ...code ? [code] : []].join(', ');
}

function withReason(text: string, reason: string): string {
  return reason ? `${text} (${reason})` : text;
}

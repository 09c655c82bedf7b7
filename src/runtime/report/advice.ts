import { isOfLauncher, outputRuleWords } from './explain';
import type { Failure } from './output';
import { INTERRUPTED_EXIT_CODE, JobSettings, NOT_STARTED_EXIT_CODE, Outcome, OverlapPolicy, Reason } from '../../protocol';
import { duration } from '../../protocol/text';
import { isLeftOut, isLost, NO_EXIT_CODE } from '../invocation';

/** More than this nobody reads at night. */
const MAX_ADVICE = 5;

const AGENT = 'Check that the instance runs, that its SSM agent does ("systemctl status amazon-ssm-agent", on Windows the service '
  + 'AmazonSSMAgent), and that Fleet Manager shows it online: it needs an instance profile for Systems Manager and a way to its '
  + 'endpoints.';
const LOOK_FIRST = 'Look on the instance whether the program still runs before you start the job again.';
const GONE = 'Find out who stopped or terminated the instance: CloudTrail has it under StopInstances and TerminateInstances, the activity '
  + 'of its Auto Scaling group may have it, too. See how far the program had come before you start the job again.';
/** @see https://docs.aws.amazon.com/systems-manager/latest/userguide/send-commands-reboot.html */
const REBOOT_EXIT_CODE = 194;
const OUT_OF_MEMORY = 'journalctl -k | grep -i "killed process"';
const LOST = 'See whether the instance was restarted (last -x reboot), its disk is full (df -h), or its agent was killed '
  + '(/var/log/amazon/ssm/amazon-ssm-agent.log).';
/** How the agent ends where it was to stop a script that had ended, and a process that has left its group kept stdout or stderr open. */
const LEFT_ALONE = /failed to run commands: no such process\s*$/;
const LEFT_ALONE_ADVICE = 'When it was to be stopped, the script itself had ended, but a process that has left its group (setsid, su -c, docker '
  + 'run) kept its stdout or stderr open: the agent waits until both are closed. Start it with its output elsewhere (>/dev/null 2>&1).';
const LEFT_BEHIND = 'Look for processes that have left the group of the script, as with su -c, docker run, systemctl start, at or '
  + 'setsid: SSM does not stop them.';
const ADVICE_SKIPPED = 'Nothing, if the run before may take that long; see how its execution ends.';
const ADVICE_WAITED = 'See how the run before ends, and start the job again as below if this one is still wanted. Where runs wait in vain night '
  + 'after night, raise overlapWait, or start them less often.';
const ADVICE_HELD = 'If no execution of the job is running, a process that an earlier run has left behind holds the lock. On the instance, '
  + '"fuser -v /var/lib/cots-batch-job/*/program.lock" names it; the lock is free once the process is gone.';
const AGENT_LOG = 'Read the agent\'s log on the instance (/var/log/amazon/ssm/amazon-ssm-agent.log).';

/**
 * What to try first after a run that was judged, the most likely cause first. Empty after success.
 *
 * @param overlaps instances that were skipped because another run was still running there
 * @param durationSeconds of the whole run: the program ran no longer on any instance
 */
export function adviceFor(
  job: JobSettings, outcome: Outcome, failures: Failure[], overlaps: number, durationSeconds: number,
): string[] {
  const advice = failures.flatMap((failure) => forFailure(job, failure, durationSeconds));
  if (outcome === Outcome.SKIPPED && overlaps > 0) {
    advice.push(job.overlapPolicy === OverlapPolicy.WAIT ? ADVICE_WAITED : ADVICE_SKIPPED, ADVICE_HELD);
  } else if (outcome === Outcome.SKIPPED) {
    advice.push('Nothing, if the schedule delivered one time twice. See how the execution that started this run has ended.');
  }
  if (outcome === Outcome.UNRESPONSIVE && failures.length === 0) {
    advice.push(LOOK_FIRST, AGENT);
  }
  return [...new Set(advice)].slice(0, MAX_ADVICE);
}

/** What to try first after a check: there is no program that might still run. */
export function adviceForCheck(job: JobSettings, failures: Failure[]): string[] {
  const advice = failures.flatMap((failure) => {
    switch (failure.outcome) {
      case Outcome.FAILED:
        return isOfLauncher(job, failure) ? [CHECK_ADVICE] : [AGENT_LOG];
      case Outcome.CANCELLED:
        return ['Find out who cancelled the command: CloudTrail has it under CancelCommand.'];
      default:
        return failure.reason === Reason.INVALID_PLATFORM ? forDelivery(failure.reason) : [AGENT];
    }
  });
  return [...new Set(advice)].slice(0, MAX_ADVICE);
}

/** What to try first where SSM refused every command of a run. @param code of SSM's error */
export function adviceForRefusal(code: string): string[] {
  if (code === 'InvalidInstanceId') {
    return [
      'Find the instance that cannot be reached: stopped, terminated, without a running SSM agent, or without an instance '
      + 'profile for Systems Manager. SSM refuses a whole command for one such instance.',
      AGENT,
    ];
  }
  if (code === 'UnsupportedPlatformType') {
    return ['Check that the instances have the operating system that the job\'s document is for.'];
  }
  if (code.startsWith('AccessDenied')) {
    return ['Check what changed since the last deployment: the role of the SendCommand function, a permissions boundary, '
      + 'a service control policy, or the tags of the instances.'];
  }
  if (code.startsWith('InvalidDocument')) {
    return ['Check that the document and its version exist in this account and region, and are shared with it. Deploy the stack '
      + 'again if somebody deleted the document.'];
  }
  if (code.startsWith('InvalidParameters')) {
    return ['Compare the parameters of the job with those of the document: names, allowed values and patterns.'];
  }
  if (code.startsWith('InvalidOutputFolder')) {
    return ['Check that the output bucket exists.'];
  }
  return ['Read what SSM said above. Nothing was started: the job can be started again once the reason is gone.'];
}

/** What to try first where no instance matched the targets. */
export const ADVICE_NO_INSTANCES = [
  'Check the tags of the instances: keys and values are case-sensitive.',
  'Check that the instances run and are managed by Systems Manager: Fleet Manager lists them.',
];

/** What to try first where the run had been started before. */
export const ADVICE_REPEATED = ['See how the run has ended that was started before. If its work is still to be done, start the job again as below.'];

/** What to try first where the input was refused. */
export const ADVICE_INPUT = ['Correct the input and start the job again. Nothing was started.'];

/** What to try first where SSM took no request. */
export const ADVICE_NOT_SENT = ['Start the job again later. Nothing was started.'];

/** What to try first where it is not known whether the program was started. */
export const ADVICE_UNKNOWN = [
  'Look on the instances whether the program runs or has run, before you start the job again.',
  'Look for the command in Systems Manager, Run Command, Command history.',
];

function forFailure(job: JobSettings, failure: Failure, durationSeconds: number): string[] {
  switch (failure.outcome) {
    case Outcome.FAILED:
      if (outputRuleWords(job, failure)) {
        return [OUTPUT_RULE_ADVICE];
      }
      return isOfLauncher(job, failure)
        ? [LAUNCHER_ADVICE.get(failure.exitCode)!]
        : [...forExitCode(failure.exitCode), ...forFailFast(job, failure.exitCode)];
    case Outcome.TIMED_OUT:
      return forTimeout(job, failure.exitCode, durationSeconds);
    case Outcome.UNDELIVERED:
      return forDelivery(failure.reason);
    case Outcome.CANCELLED:
      return isLeftOut(failure)
        ? ['SSM stopped after the errors that maxErrors allows: see why the other instances failed.']
        : [`${job.overlapPolicy === OverlapPolicy.CANCEL_RUNNING
          ? 'A later run of the job cancels the one that is running. If there was none, find'
          : 'Find'} out who cancelled the command: CloudTrail has it under CancelCommand.`, LEFT_BEHIND];
    case Outcome.UNRESPONSIVE:
      if (isLost(failure)) {
        return [LOOK_FIRST, LEFT_ALONE.test(failure.stderr) ? LEFT_ALONE_ADVICE : LOST];
      }
      return failure.reason === Reason.NOT_MANAGED ? [GONE] : [LOOK_FIRST, AGENT];
    default:
      return [];
  }
}

function forDelivery(reason: Reason): string[] {
  switch (reason) {
    case Reason.INVALID_PLATFORM:
      return adviceForRefusal('UnsupportedPlatformType');
    case Reason.DELIVERY_TIMED_OUT:
      // SSM ends the invocation of an agent that died in mid-run with the same word, once the whole command has expired.
      return [
        AGENT,
        `If the run took as long as the execution timeout, the agent may have died while the program ran. ${LOOK_FIRST}`,
      ];
    default:
      return [AGENT];
  }
}

/** Of the exit codes by which the launcher says that it did not start the program. */
const LAUNCHER_ADVICE = new Map([
  [NOT_STARTED_EXIT_CODE, 'Nothing was started on that instance: its line "cots-batch-job: not started: ..." in stderr says why. The job can '
    + 'be started again once the reason is gone.'],
  [INTERRUPTED_EXIT_CODE, 'See why the instance or its agent was restarted, and how far the program had come, before you start the job again.'],
]);

const CHECK_ADVICE = 'The next run would not start on that instance either: its line "cots-batch-job: not started: ..." in stderr says why. Mend it, and '
  + 'check again as below.';

const OUTPUT_RULE_ADVICE = 'The program ended with success, and a rule for its output says otherwise. Read the lines above, and see how far its work '
  + 'has come. If the run was fine, change failOnOutput or requireOutput.';

function forExitCode(exitCode: number): string[] {
  switch (exitCode) {
    case -1:
      return [LOOK_FIRST, AGENT_LOG];
    case REBOOT_EXIT_CODE:
      return [`The agent reboots an instance when a script exits with ${REBOOT_EXIT_CODE}: end the script with another code.`];
    case 126:
      return ['Check that the script may be executed by the user that runs it, that its first line names an interpreter that '
        + 'exists, and that its file system is not mounted with noexec.'];
    case 127:
      return ['Run the command by hand on the instance, as the same user: a program or a path in it does not exist there, or is '
        + 'not in that user\'s PATH.'];
    case 137:
      return [`Look for the out-of-memory killer on the instance: ${OUT_OF_MEMORY}.`];
    case 130:
    case 143:
      return ['Look who stopped the program: a shutdown or restart of the instance, systemd, an operator.'];
    case 134:
    case 135:
    case 136:
    case 139:
      return ['The program crashed. Keep its core dump, if there is one, for its vendor; look whether it was updated lately.'];
    default:
      return [`Read the last lines above; the program's manual says what exit code ${exitCode} means. If it means success, `
        + 'add it to successExitCodes.'];
  }
}

function forFailFast({ document }: JobSettings, exitCode: number): string[] {
  return document.failFast && exitCode !== NO_EXIT_CODE
    ? ['The first command that failed has ended the script (failFast): look which one that was, it need not be the program.']
    : [];
}

function forTimeout(job: JobSettings, exitCode: number, durationSeconds: number): string[] {
  const late = [
    'See in the last lines above whether the program was working or waiting. If it was working, raise executionTimeout.',
    'If it had ended, a process that it left in the background kept its stdout or stderr open: the agent waits until both are closed. '
    + 'Start such a process with its output elsewhere (>/dev/null 2>&1).',
    LEFT_BEHIND,
  ];
  if (exitCode !== 137) {
    return late;
  }
  const killed = 'The agent calls it a time-out too when something else killed the program (exit code 137). If it ran for less '
    + `than ${duration(job.executionTimeoutSeconds)}, look for the out-of-memory killer: ${OUT_OF_MEMORY}.`;
  // A run that was shorter than the limit has not met it.
  return durationSeconds < job.executionTimeoutSeconds ? [killed, ...late] : [late[0], killed, ...late.slice(1)];
}

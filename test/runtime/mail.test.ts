import { after, COMMAND, EXECUTION, ids, invocation, job, run } from './samples';
import { Ending, judgedEnding } from '../../src/runtime/ending';
import { Links } from '../../src/runtime/links';
import { subject } from '../../src/runtime/mail';
import { observe } from '../../src/runtime/observation';
import { describeFailure } from '../../src/runtime/output';
import { JobSettings, Notification, Outcome, OverlapPolicy } from '../../src/runtime/protocol';
import { inputRefused } from '../../src/runtime/refusal';
import { endStatus } from '../../src/runtime/status';
import { judgeRun } from '../../src/runtime/verdict';

const SILENT = { stdout: '', stderr: '' };

/** The notification about a run whose instances ended like that. */
function notify(words: [string, number][], seconds: number, settings: Partial<JobSettings> = {}, tails = SILENT): Notification {
  const full = job({ instanceIds: ids(words.length), ...settings });
  const invocations = words.map(([details, code], i) => invocation(ids(words.length)[i], details, code));
  const verdict = judgeRun(full, run(), observe(full, run(), { invocations: [invocations] }, after(seconds)), after(seconds));
  const failures = verdict.failures.slice(0, 5).map((failure) => describeFailure(failure, new Links(full, EXECUTION), tails));
  return end(full, seconds, judgedEnding({ job: full, run: run(), now: after(seconds) }, verdict.outcome as Outcome, verdict, failures, ''));
}

function end(settings: JobSettings, seconds: number, ending: Ending): Notification {
  return endStatus({ job: settings, run: run(), executionId: EXECUTION, now: after(seconds) }, ending).notification;
}

const CONSOLE = 'https://eu-west-1.console.aws.amazon.com';

test('a failure, as a person on call reads it', () => {
  const tails = { stdout: 'page 1\n\npage 2', stderr: 'bin/index.sh: line 12: crawlr: command not found' };
  const { subject: title, text } = notify(
    [['Success', 0], ['Failed', 127], ['Success', 0]],
    7500,
    { logGroupName: '/jobs' },
    tails,
  );
  expect(title).toBe('Batch job NightlyIndex: failed on 1 of 3 instances');
  expect(text).toBe(`NightlyIndex failed on 1 of 3 instances.

The batch program failed on 1 of 3 instances: i-00000000000000002, exit code
127 (a command was not found).

i-00000000000000002: exit code 127 (a command was not found)
  Last lines of stderr:
  | bin/index.sh: line 12: crawlr: command not found
  Last lines of stdout:
  | page 1
  |
  | page 2
  Whole output:
  ${CONSOLE}/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Fjobs$3FlogStreamNameFilter$3D${COMMAND}$252Fi-00000000000000002

What to try first
  - Run the command by hand on the server, as the same user: a program or a
    path in it does not exist there, or is not in that user's PATH.

Started    2026-03-01 02:00:00 UTC
Ended      2026-03-01 04:05:00 UTC
Duration   2 h 05 min
Instances  3: 2 succeeded, 1 failed
Run        a1b2c3d4-0000-4000-8000-000000000001
Execution  ${CONSOLE}/states/home?region=eu-west-1#/v2/executions/details/${EXECUTION}
Command    ${CONSOLE}/systems-manager/run-command/${COMMAND}?region=eu-west-1
Output     ${CONSOLE}/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Fjobs$3FlogStreamNameFilter$3D${COMMAND}
`);
});

test('a success', () => {
  const { subject: title, text } = notify([['Success', 0]], 42);
  expect(title).toBe('Batch job NightlyIndex: succeeded on 1 instance');
  expect(text).toBe(`NightlyIndex succeeded on 1 instance.

Started    2026-03-01 02:00:00 UTC
Ended      2026-03-01 02:00:42 UTC
Duration   42 s
Instances  1: 1 succeeded
Run        a1b2c3d4-0000-4000-8000-000000000001
Execution  ${CONSOLE}/states/home?region=eu-west-1#/v2/executions/details/${EXECUTION}
Command    ${CONSOLE}/systems-manager/run-command/${COMMAND}?region=eu-west-1
`);
});

test('a time-out', () => {
  const { text } = notify([['ExecutionTimedOut', 137]], 3605);
  expect(text.split('\n\nStarted')[0]).toBe(`NightlyIndex timed out on 1 instance.

SSM reports a time-out on 1 instance: i-00000000000000001, ExecutionTimedOut
(stopped at the execution timeout), exit code 137. The execution timeout is
1 h.

i-00000000000000001: ExecutionTimedOut (stopped at the execution timeout),
exit code 137

What to try first
  - See in the last lines above whether the program was working or waiting.
    If it was working, raise executionTimeout.
  - The agent calls it a time-out too when something else killed the program
    (exit code 137). If it ran for less than 1 h, look for the out-of-memory
    killer: journalctl -k | grep -i "killed process".
  - If it had ended, a process that it left in the background kept its
    stdout or stderr open: the agent waits until both are closed. Start such
    a process with its output elsewhere (>/dev/null 2>&1).
  - Look for processes that have left the group of the script, as with su
    -c, docker run, systemctl start, at or setsid: SSM does not stop them.`);
});

test.each([
  ['the limit, raise it', 3600, /first\n {2}- See .*executionTimeout\.\n {2}- The agent.*out-of-memory/],
  ['a time that is less, look for what killed it', 3599, /first\n {2}- The agent.*out-of-memory.*\n {2}- See .*executionTimeout/],
])('a time-out of a run that took %s first', (_, seconds, advice) => {
  expect(notify([['ExecutionTimedOut', 137]], seconds).text.replace(/\n {4}/g, ' ')).toMatch(advice);
});

test('a time-out that is none of a killed program has no advice about memory', () => {
  expect(notify([['ExecutionTimedOut', 1]], 60).text).not.toContain('out-of-memory');
});

test.each<[[string, number][], number, string, RegExp]>([
  [[['DeliveryTimedOut', -1], ['Success', 0]], 700, 'was not delivered to 1 of 2 instances', /agent may have died while/],
  [[['Undeliverable', -1]], 700, 'was not delivered to 1 instance', /Fleet Manager/],
  [[['InvalidPlatform', -1]], 700, 'was not delivered to 1 instance', /operating system/],
  [[['AccessDenied', -1]], 700, 'was not delivered to 1 instance', /instance profile/],
  [[['Cancelled', -1]], 700, 'was cancelled on 1 instance', /CloudTrail/],
  [[['Terminated', -1], ['Failed', 1]], 700, 'failed on 1 of 2 instances, never ran on 1', /maxErrors/],
  [[['Terminated', -1], ['Cancelled', -1], ['Success', 0]], 700, 'was cancelled on 1 of 3 instances, never ran on 1', /maxErrors/],
  [[['Terminated', -1], ['Success', 0]], 700, 'never ran on 1 of 2 instances', /maxErrors/],
  [[['InProgress', -1]], 4500, 'has no answer from 1 instance', /whether the program still runs before you start/],
  [[['Failed', 213]], 5, 'was skipped: this run had been started before', /schedule delivered one time twice/],
  [[['Failed', 212]], 5, 'was skipped: another run was still running', /fuser -v/],
  [[['Failed', 126]], 5, 'failed on 1 instance', /noexec/],
  [[['Failed', 194]], 5, 'failed on 1 instance', /reboots a server/],
  [[['Failed', 214]], 5, 'failed on 1 instance', /why the server or its agent was restarted/],
  [[['Failed', 215]], 5, 'failed on 1 instance', /could not start the program.*Nothing was started on that server/],
  [[['Failed', 137]], 5, 'failed on 1 instance', /out-of-memory/],
  [[['Failed', 139]], 5, 'failed on 1 instance', /core dump/],
  [[['Failed', 143]], 5, 'failed on 1 instance', /Look who stopped/],
  [[['Failed', 12]], 5, 'failed on 1 instance', /what exit code 12 means/],
  [[['Failed', -1]], 5, 'failed on 1 instance', /amazon-ssm-agent\.log/],
])('%j is explained', (words, seconds, headline, advice) => {
  const { subject: title, text } = notify(words, seconds);
  expect(title).toBe(`Batch job NightlyIndex: ${headline}`);
  expect(text.split('\n')[0]).toBe(`NightlyIndex ${headline}.`);
  expect(text.replace(/\s+/g, ' ')).toMatch(advice);
});

test('a run that was cancelled, where a later run of the job may have done that', () => {
  const { text } = notify([['Cancelled', -1]], 700, { overlapPolicy: OverlapPolicy.CANCEL_RUNNING });
  expect(text.replace(/\s+/g, ' ')).toContain('A later run of the job cancels the one that is running. If there was none, find out who');
});

test('a failure without an exit code', () => {
  expect(notify([['Failed', -1]], 5).text).toContain('\n\ni-00000000000000001: Failed (without an exit code)\n');
});

test('an exit code of 0 that the job does not accept', () => {
  expect(notify([['Success', 0]], 5, { successExitCodes: [7] }).text)
    .toContain('i-00000000000000001: exit code 0, which is not one of the job\'s success exit\ncodes');
});

test('many failures: five are described, all are counted, advice is not repeated', () => {
  const { subject: title, text } = notify(Array.from({ length: 8 }, () => ['Failed', 127]), 5);
  expect(title).toContain('failed on 8 of 8 instances');
  expect(text.match(/^i-/gm)).toHaveLength(5);
  expect(text).toContain('\n\n... and 3 more instances.\n\n');
  expect(text.match(/Run the command by hand/g)).toHaveLength(1);
});

test('what maxErrors left out: the headline counts it, and nothing points to output of it', () => {
  const fleet: [string, number][] = [['Failed', 3], ...Array.from({ length: 3 }, (): [string, number] => ['Terminated', -1])];
  const { subject: title, text } = notify(fleet, 5, { logGroupName: '/jobs' });
  expect(title).toBe('Batch job NightlyIndex: failed on 1 of 4 instances, never ran on 3');
  const [failed, ...leftOut] = text.split('\n\n').filter((part) => part.startsWith('i-'));
  expect(failed).toContain('Whole output');
  expect(leftOut).toEqual(ids(4).slice(1).map((id) => `${id}: Terminated (SSM stopped sending because too many\ninstances had failed)`));
});

test('nothing that was started: no commands, no made-up instances', () => {
  const settings = job();
  const { text } = end(settings, 0, inputRefused(settings, ['parameter P is required, got no value']));
  expect(text.split('\n\n').slice(0, 3)).toEqual([
    'NightlyIndex could not be started.',
    'The input was refused: parameter P is required, got no value',
    'What to try first\n  - Correct the input and start the job again. Nothing was started.',
  ]);
});

test('prose stays within 76 columns', () => {
  for (const words of ['Failed', 'ExecutionTimedOut', 'DeliveryTimedOut', 'Undeliverable', 'Cancelled', 'Terminated']) {
    const { text } = notify([[words, 137]], 4400);
    expect(text.split('\n').filter((line) => line.length > 76 && !line.includes('https://'))).toEqual([]);
  }
});

describe('subject', () => {
  test('is ASCII on one line, below 100 characters', () => {
    expect(subject('Größe été\r\nBcc: x\t界', 'failed on 1 instance')).toBe('Gro?e ete Bcc: x ?: failed on 1 instance');
    expect(subject('N'.repeat(300), 'failed on 1 of 10000 instances')).toBe(`${'N'.repeat(67)}: failed on 1 of 10000 instances`);
    expect(subject('  ', 'failed')).toBe('Job: failed');
    expect(subject('x', 'y'.repeat(300)).length).toBeLessThan(100);
  });
});

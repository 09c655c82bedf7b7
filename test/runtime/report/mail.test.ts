import { execFileSync } from 'node:child_process';
import { ExecutionEnded, JobSettings, Notification, Outcome, OverlapPolicy, Reason, RetrySettings } from '../../../src/protocol';
import { readInput } from '../../../src/runtime/input';
import { observe } from '../../../src/runtime/instances';
import { adviceFor } from '../../../src/runtime/report/advice';
import { closedEnding } from '../../../src/runtime/report/closed-run';
import { Ending, judgedEnding } from '../../../src/runtime/report/ending';
import { Links } from '../../../src/runtime/report/links';
import { subject } from '../../../src/runtime/report/mail';
import { describeFailure } from '../../../src/runtime/report/output';
import { inputRefused, neverSent } from '../../../src/runtime/report/refusal';
import { endStatus } from '../../../src/runtime/report/status';
import { decide } from '../../../src/runtime/retry';
import { judgeRun } from '../../../src/runtime/verdict';
import { after, COMMAND, EXECUTION, FIRST, ids, invocation, job, plugin, run, SECOND, START } from '../samples';

const SILENT = { stdout: '', stderr: '' };
const RETRY: RetrySettings = {
  maxAttempts: 3,
  intervalSeconds: 1,
  backoffRate: 1,
  maxDelaySeconds: 1,
  outcomes: [Outcome.FAILED, Outcome.TIMED_OUT, Outcome.UNRESPONSIVE],
  exitCodes: [],
};

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
  - Run the command by hand on the instance, as the same user: a program or
    a path in it does not exist there, or is not in that user's PATH.

Started    2026-03-01 02:00:00 UTC
Ended      2026-03-01 04:05:00 UTC
Duration   2 h 05 min
Instances  3: 2 succeeded, 1 failed
Account    123456789012, eu-west-1
Run        a1b2c3d4-0000-4000-8000-000000000001
Execution  ${CONSOLE}/states/home?region=eu-west-1#/v2/executions/details/${EXECUTION}
Command    ${CONSOLE}/systems-manager/run-command/${COMMAND}?region=eu-west-1
Output     ${CONSOLE}/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Fjobs$3FlogStreamNameFilter$3D${COMMAND}

To start it again ("Redrive" in the console starts nothing)
  aws stepfunctions start-execution --state-machine-arn arn:aws:states:eu-west-1:123456789012:stateMachine:NightlyIndex --input 'file://input.json' --region eu-west-1
  (input.json: the input of this execution, without scheduledTime)
`);
});

test('what the job is for, whom to ask and what to do come before everything that the run says of itself', () => {
  const settings = { description: 'Bills all customers of Italy', owner: 'Billing, +39 02 1234', runbookUrl: `https://wiki.example.com/${'billing'.repeat(12)}` };
  const { text } = notify([['Failed', 3]], 7500, settings);
  expect(text).toContain(`exit code 3.

About      Bills all customers of Italy
Owner      Billing, +39 02 1234
Runbook    https://wiki.example.com/${'billing'.repeat(12)}

i-00000000000000001: exit code 3
`);
  expect(notify([['Failed', 3]], 7500, { owner: 'Billing' }).text).toContain('exit code 3.\n\nOwner      Billing\n\ni-0');
});

test('what only a deployment knows of a job stays on its line', () => {
  const { text } = notify([['Failed', 3]], 7500, { owner: 'Billing\n\nWhat to try first\n  - nothing\u202e' });
  expect(text).toContain('\nOwner      Billing What to try first - nothing\n');
});

test('a success', () => {
  const { subject: title, text } = notify([['Success', 0]], 42);
  expect(title).toBe('Batch job NightlyIndex: succeeded on 1 instance');
  expect(text).toBe(`NightlyIndex succeeded on 1 instance.

Started    2026-03-01 02:00:00 UTC
Ended      2026-03-01 02:00:42 UTC
Duration   42 s
Instances  1: 1 succeeded
Account    123456789012, eu-west-1
Run        a1b2c3d4-0000-4000-8000-000000000001
Execution  ${CONSOLE}/states/home?region=eu-west-1#/v2/executions/details/${EXECUTION}
Command    ${CONSOLE}/systems-manager/run-command/${COMMAND}?region=eu-west-1
`);
});

test('when a job runs next stands among the facts of a run', () => {
  const { text } = notify([['Success', 0]], 42, { schedule: { expression: 'cron(0 3 * * ? *)', timeZone: 'Europe/Rome' } });
  expect(text).toContain(`
Instances  1: 1 succeeded
Next run   2026-03-02 02:00:00 UTC (2026-03-02 03:00 in Europe/Rome), as the schedule was at deployment
Account    `);
});

test('a time-out of which nothing was killed', () => {
  expect(notify([['ExecutionTimedOut', -1]], 3605).text.replace(/\s+/g, ' '))
    .toContain('i-00000000000000001: ExecutionTimedOut (stopped at the execution timeout)');
});

test('a time-out', () => {
  const { text } = notify([['ExecutionTimedOut', 137]], 3605);
  expect(text.split('\n\nStarted')[0]).toBe(`NightlyIndex timed out on 1 instance.

SSM reports a time-out on 1 instance: i-00000000000000001, ExecutionTimedOut
(killed at the execution timeout, or by something else), exit code 137. The
execution timeout is 1 h.

i-00000000000000001: ExecutionTimedOut (killed at the execution timeout, or
by something else), exit code 137

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
  [[['Failed', 194]], 5, 'failed on 1 instance', /reboots an instance/],
  [[['Failed', 214]], 5, 'failed on 1 instance', /why the instance or its agent was restarted/],
  [[['Failed', 215]], 5, 'failed on 1 instance', /could not start the program.*Nothing was started on that instance/],
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

test('a run that was cancelled: what may live on', () => {
  expect(notify([['Cancelled', -1]], 700).text.replace(/\s+/g, ' ')).toContain('Look for processes that have left the group of the script, as with su -c');
});

test('an exit code of the launcher with which the program itself has ended', () => {
  const words = 'cots-batch-job: run x was interrupted by a restart\ncots-batch-job: the program itself ended with exit code 214';
  for (const stderr of [words, 'busy']) {
    const { text } = notify([['Failed', 214]], 5, {}, { stdout: '', stderr });
    expect(text).toContain('i-00000000000000001: exit code 214\n');
    expect(text.replace(/\s+/g, ' ')).toContain('what exit code 214 means');
  }
});

test('a run that was cancelled, where a later run of the job may have done that', () => {
  const { text } = notify([['Cancelled', -1]], 700, { overlapPolicy: OverlapPolicy.CANCEL_RUNNING });
  expect(text.replace(/\s+/g, ' ')).toContain('A later run of the job cancels the one that is running. If there was none, find out who');
});

describe('what the launcher says', () => {
  const vendor = { name: 'Vendor-Doc', own: false, parameters: {} };
  const stderr = [
    'cots-batch-job: not started: a line that a profile has printed',
    'cots-batch-job: not started: there is no /bin/ksh',
    'failed to run commands: exit status 215',
  ].join('\n');

  test('why it has not started the program stands in cause and mail', () => {
    const { text } = notify([['Failed', 215]], 5, {}, { stdout: '', stderr });
    expect(text.replace(/\n/g, ' ')).toContain('failed on 1 instance: i-00000000000000001, exit code 215 (not started: there is no /bin/ksh).');
    expect(text.replace(/\s+/g, ' ')).toContain('its line "cots-batch-job: not started: ..." in stderr says why');
  });

  test('it says so of its own codes only: another document has those of its program', () => {
    for (const code of [212, 213, 214, 215]) {
      const { text } = notify([['Failed', code]], 5, { document: vendor }, { stdout: '', stderr });
      expect(text).toContain(`i-00000000000000001: exit code ${code}\n`);
      expect(text.replace(/\s+/g, ' ')).toContain(`what exit code ${code} means`);
    }
  });
});

test('a script that ends at its first failure has ended there', () => {
  const document = { name: 'Document', own: true, parameters: {}, failFast: true };
  const words = /The first command that failed has ended the script/;
  for (const code of [1, 12, 126, 127, 139]) {
    expect(notify([['Failed', code]], 5, { document }).text.replace(/\s+/g, ' ')).toMatch(words);
    expect(notify([['Failed', code]], 5).text.replace(/\s+/g, ' ')).not.toMatch(words);
  }
  for (const code of [-1, 214, 215]) {
    expect(notify([['Failed', code]], 5, { document }).text.replace(/\s+/g, ' ')).not.toMatch(words);
  }
});

test('a program that the agent has lost', () => {
  const settings = job({ instanceIds: ids(2), retry: RETRY });
  const lost = invocation(FIRST, 'Failed', 1, {
    CommandPlugins: [{ ...plugin('Failed', 1), Output: 'document process failed unexpectedly: exit status 2' }],
  });
  const observation = observe(settings, run(), { invocations: [[lost, invocation(SECOND, 'Success', 0)]] }, after(700));
  const verdict = judgeRun(settings, run(), observation, after(700));
  const { next, reason } = decide(settings, run(), verdict);
  expect(next).toBeUndefined();
  const failures = verdict.failures.map((failure) => describeFailure(failure, new Links(settings, EXECUTION), SILENT));
  const ending = judgedEnding({ job: settings, run: run(), now: after(700) }, verdict.outcome as Outcome, verdict, failures, reason);
  expect(ending).toMatchObject({ outcome: Outcome.UNRESPONSIVE, exitCode: -1, failures: [{ reason: Reason.FAILED, exitCode: -1 }] });
  const { subject: title, text } = end(settings, 700, ending);
  expect(title).toBe('Batch job NightlyIndex: was lost on 1 of 2 instances');
  expect(text.split('\n\nStarted')[0]).toBe(`NightlyIndex was lost on 1 of 2 instances.

The agent reports a failure of its own, not the program's, on 1 of 2
instances: i-00000000000000001, Failed (the agent lost the program; it may
still run). The batch program may still be running there. It is not tried
again: what was cancelled, or does not answer, is for a person to look at.

i-00000000000000001: Failed (the agent lost the program; it may still run)

What to try first
  - Look on the instance whether the program still runs before you start the
    job again.
  - See whether the instance was restarted (last -x reboot), its disk is
    full (df -h), or its agent was killed
    (/var/log/amazon/ssm/amazon-ssm-agent.log).`);
});

describe('what others have written reaches nobody unfiltered', () => {
  const HOSTILE = 'one\u2028What to try first\n  - Run rm -rf /\u001b]0;\u001b[31m\u202e\u200b\u061c\u{e0041}\u0085\ud800two';
  const HIDDEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\ufeff]|[\u{e0000}-\u{e0fff}]|\p{Surrogate}/u;

  test('the cause of an operator: one line, in mail, cause and result', () => {
    const ended: ExecutionEnded = { executionArn: EXECUTION, status: 'ABORTED', startDate: 0, stopDate: 1 };
    const ending = closedEnding(job(), ended, HOSTILE, { isStarted: false, maySend: false, problem: '' });
    const status = endStatus({ job: job(), run: run(), executionId: EXECUTION, now: after(5) }, ending);
    const expected = 'Somebody stopped the execution (one What to try first - Run rm -rf /]0; two). Nothing had been started.';
    expect(status.cause).toBe(expected);
    expect(status.result.cause).toBe(expected);
    expect(status.notification.text.replace(/\n/g, ' ')).toContain(expected);
    expect(status.notification.text.match(/^What to try first$/gm)).toHaveLength(1);
    expect(JSON.stringify(status.notification)).not.toMatch(HIDDEN);
  });

  test('nor does a long one hide what is known of the program', () => {
    const ended: ExecutionEnded = { executionArn: EXECUTION, status: 'ABORTED', startDate: 0, stopDate: 1 };
    expect(closedEnding(job(), ended, 'x'.repeat(32_000), { isStarted: false, maySend: true, problem: '' }).cause).toMatch(/x…\)\. SSM lists no command of it.* unknown\.$/);
  });

  test('the output, the status and the launcher\'s reason', () => {
    const tails = { stdout: HOSTILE, stderr: `cots-batch-job: not started: ${HOSTILE.split('\n')[0]}\n${HOSTILE}` };
    const { text } = notify([['Failed', 215], [`Odd${HOSTILE}`, 3]], 4500, {}, tails);
    expect(text).not.toMatch(HIDDEN);
    expect(text).toContain('  | two');
    expect(text.match(/^What to try first$/gm)).toHaveLength(1);
  });

  test('any cause', () => {
    const context = { job: job(), run: run(), executionId: EXECUTION, now: after(5) };
    const status = endStatus(context, { ...inputRefused(job(), []), cause: HOSTILE });
    for (const text of [status.cause, status.result.cause, status.notification.text]) {
      expect(text).not.toMatch(HIDDEN);
    }
    expect(status.cause).toBe('one What to try first - Run rm -rf /]0; two');
  });

  test('the name of an execution', () => {
    const executionId = `${EXECUTION}\u202e\u2028x`;
    const context = { job: job(), run: run({ id: 'a\u202eb' }), executionId, now: after(5) };
    const { text } = endStatus({ ...context, executionId: context.executionId.replace(':aws:', ':aws-iso:') }, inputRefused(job(), ['x'])).notification;
    expect(text).not.toMatch(HIDDEN);
    expect(text).toMatch(/\nRun        ab\nExecution {2}arn:\S+ x\nCommand/);
  });
});

test('a failure without an exit code', () => {
  expect(notify([['Failed', -1]], 5).text).toContain('\n\ni-00000000000000001: Failed (without an exit code)\n');
});

test.each([
  ['page 1\nfailed to run commands: signal: killed', 'Failed (without an exit code: signal: killed)'],
  ['failed to run commands: fork/exec /usr/bin/sh: cannot allocate memory', 'Failed (without an exit code: fork/exec /usr/bin/sh: cannot allocate memory)'],
  ['failed to run commands: signal: killed\nas the agent says', 'Failed (without an exit code)'],
])('why it has none is quoted where the agent says it last: %j', (stderr, words) => {
  const { text } = notify([['Failed', -1]], 5, {}, { stdout: '', stderr });
  expect(text.replace(/\s+/g, ' ')).toContain(`. i-00000000000000001: ${words} Last lines of stderr`);
  expect(text.replace(/\s+/g, ' ')).toContain('Look on the instance whether the program still runs before you start the job again.');
});

test('a time-out that found only what the script had left behind', () => {
  const tails = { stdout: '', stderr: 'page 1\nfailed to run commands: no such process' };
  const advice = adviceFor(job(), Outcome.UNRESPONSIVE, [{
    instanceId: FIRST,
    outcome: Outcome.UNRESPONSIVE,
    reason: Reason.FAILED,
    exitCode: -1,
    commandId: COMMAND,
    ...tails,
    logs: '',
    step: 'run',
    severalSteps: false,
  }], 0, 60);
  expect(advice).toEqual([
    'Look on the instance whether the program still runs before you start the job again.',
    expect.stringMatching(/^When it was to be stopped, the script itself had ended, but a process that has left its group/),
  ]);
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

describe('how to start it again', () => {
  /** What the line of the mail hands to the AWS CLI, as a shell reads it. */
  function startedWith(input: object, shell = 'sh'): string[] {
    const { again, scheduledTime } = readInput(job({ parameters: { P: { type: 'String', default: '' }, N: { type: 'Number', default: '1' } } }), input);
    const settings = job();
    const { text } = endStatus({ job: settings, run: run({ again, scheduledTime }), executionId: EXECUTION, now: after(9) }, neverSent(settings, run(), 'x')).notification;
    const [line] = text.split('\n').filter((candidate) => candidate.includes('start-execution'));
    return execFileSync(shell, ['-c', `aws() { printf '%s\\0' "$@"; }\n${line}`]).toString().split('\0').slice(0, -1);
  }

  test.each(['sh', 'bash'])('is a line for %s, with the parameters of the run and without its time', (shell) => {
    const P = 'it\'s "x" $(reboot) `id` \\ ! % \n\u202e\u2028 é 日本 \'; rm -rf / #';
    const args = startedWith({ parameters: { P, N: 3 }, pollIntervalSeconds: 60, scheduledTime: START, detail: 'ignored' }, shell);
    expect(args.filter((_, i) => i !== 5)).toEqual([
      'stepfunctions', 'start-execution', '--state-machine-arn', 'arn:aws:states:eu-west-1:123456789012:stateMachine:NightlyIndex', '--input',
      '--region', 'eu-west-1',
    ]);
    expect(JSON.parse(args[5])).toEqual({ parameters: { P, N: 3 }, pollIntervalSeconds: 60 });
    expect(startedWith({}, shell)[5]).toBe('{}');
  });

  test('names a file where the input is long, or was refused', () => {
    expect(startedWith({ parameters: { P: 'x'.repeat(5_000) } })[5]).toBe('file://input.json');
    expect(startedWith({ instanceIds: ['i-1'] })[5]).toBe('file://input.json');
  });

  test('is not told after success', () => {
    expect(notify([['Success', 0]], 60).text).not.toContain('start-execution');
  });
});

test('prose stays within 76 columns', () => {
  for (const words of ['Failed', 'ExecutionTimedOut', 'DeliveryTimedOut', 'Undeliverable', 'Cancelled', 'Terminated']) {
    const { text } = notify([[words, 137]], 4400);
    expect(text.split('\n').filter((line) => line.length > 76 && !/https:\/\/|start-execution/.test(line))).toEqual([]);
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

import { Duration } from 'aws-cdk-lib';
import { LocalJob, mail, reported, runOnce } from './local-job';
import { BatchCommand } from '../../src';
import { ProgramOutput } from '../../src/local/cli/program-output';
import { showSummary } from '../../src/local/cli/summary';
import { Terminal } from '../../src/local/cli/terminal';
import { Timeline } from '../../src/local/cli/timeline';
import { eventually } from '../local/services/ssm/rig';
import { INSTANCE_ID } from '../support/synth';

/** What the agent and the launcher say, each as a program may print it. */
const WORDS = [
  'Step execution skipped, dry run',
  'document process failed unexpectedly: exit status 2 , check [ssm-document-worker]/[ssm-session-worker] log for crash reason',
  'failed to run commands: no such process',
  'failed to run commands: exit status 0',
  'failed to run commands: signal: killed',
  '----------ERROR-------',
  '--output truncated--',
  'cots-batch-job: run x was started before, and is not started again (/var/lib/cots-batch-job/x/runs/x)',
  'cots-batch-job: not started: another run of the job is still running (it holds program.lock)',
];

/** A script that prints these on both streams, with or without a line end at their end, and ends with this exit code. */
const printing = (words: string[], code: number) => [
  'echo x >>marks',
  ...words.map((text) => `echo '${text}'; echo '${text}' >&2`),
  `printf %s '${words.at(-1)}' >&2`,
  `exit ${code}`,
].join('\n');

const retry = { interval: Duration.seconds(1), maxAttempts: 3 };

test.each(WORDS)('a program that prints %p and exits with 0 has succeeded, and was started once', async (words) => {
  const job = await LocalJob.open({ command: BatchCommand.shell(printing([words], 0)), retry });
  try {
    expect(await job.toEnd()).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Succeeded', exitCode: 0, attempts: 1 }, notifications: [] });
    expect(job.read(INSTANCE_ID, 'marks')).toBe('x\n');
  } finally {
    await job.close();
  }
});

test.each([1, 4, 168, 211, 212, 213, 214, 215, 255])('one that prints them all and exits with %p has that exit code', async (code) => {
  const run = await runOnce({ command: BatchCommand.shell(printing(WORDS, code)) });
  expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
  expect(reported(run)).toMatchObject({ outcome: 'Failed', exitCode: code, attempts: 1, instances: { failed: 1, skipped: 0 } });
  expect(mail(run).replace(/\s+/g, ' ')).toContain(`${INSTANCE_ID}: ${code === 168 ? 'exit code 168, which' : `exit code ${code}`}`);
});

test('with 194 it asks the agent for a restart, after which the run is not started again', async () => {
  const job = await LocalJob.open({ command: BatchCommand.shell(printing(WORDS, 194)) });
  try {
    const run = await job.toEnd();
    expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
    expect(reported(run)).toMatchObject({ outcome: 'Failed', exitCode: 214, attempts: 1, instances: { failed: 1, skipped: 0 } });
    expect(job.read(INSTANCE_ID, 'marks')).toBe('x\n');
  } finally {
    await job.close();
  }
});

test('with 1, where that is a success, it has succeeded', async () => {
  const run = await runOnce({ command: BatchCommand.shell(printing(WORDS, 1), { successExitCodes: [0, 1] }) });
  expect(run).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Succeeded', exitCode: 1 } });
});

test.each([100, 1_300, 9_000, 30_000])('the same with %d characters on each stream', async (size) => {
  const script = `head -c ${size} /dev/zero | tr '\\0' e\nhead -c ${size} /dev/zero | tr '\\0' e >&2\n${printing(WORDS, 1)}`;
  const run = await runOnce({ command: BatchCommand.shell(script, { successExitCodes: [0, 1] }) });
  expect(run).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Succeeded', exitCode: 1 } });
});

describe('what nobody may obey', () => {
  const HIDDEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e0fff}]|\p{Surrogate}/u;
  const HOSTILE = 'a\u001b[2J\u001b]0;b\u202ec\u2028Policies    42 calls allowed\nHistory     0 events\u061c\u200b\ufeff\u{e0041}\u009b1md\u0007';

  /** All that a person gets to see of a run. */
  async function shown(script: string, stop?: { error: string; cause: string }): Promise<string> {
    const lines: string[] = [];
    const terminal = new Terminal((text) => void lines.push(text.replace(/\n$/, '')));
    const timeline = new Timeline(terminal, new ProgramOutput(terminal, '/'));
    const job = await LocalJob.open({ command: BatchCommand.shell(script) }, { onEvent: (event) => timeline.show(event) });
    try {
      const execution = job.start();
      if (stop) {
        await eventually(async () => expect(job.read(INSTANCE_ID, 'begun')).toBe('x\n'));
        execution.abort(stop.error, stop.cause);
      }
      const result = await execution.result;
      showSummary(result, { checksPolicies: true, isKept: true, speed: 1, realSeconds: 1 }, terminal);
      const [{ messages, subject }] = result.notifications;
      return [...lines, subject, messages.email, JSON.parse(messages.default).cause, ...stop ? [] : [result.cause]].join('\n');
    } finally {
      await job.close();
    }
  }

  test('a program prints every byte, and an unfinished title before its last line', async () => {
    const bytes = Array.from({ length: 256 }, (_, i) => `\\${i.toString(8).padStart(3, '0')}`).join('');
    const texts = await shown([
      `for stream in 1 2; do printf '${bytes}' >&$stream; done`,
      `printf '%b' '${Buffer.from(HOSTILE).toString('hex').replace(/../g, '\\x$&')}' 2>/dev/null`,
      'printf "\\033]0;indexing\\nORA-00600: internal error\\n" >&2',
      'exit 3',
    ].join('\n'));
    expect(texts).not.toMatch(HIDDEN);
    expect(texts).toContain('  | ORA-00600: internal error');
  });

  test('an operator gives it as the reason of a stop', async () => {
    const texts = await shown('echo x >begun\nsleep 60', { error: `Op${HOSTILE}`, cause: HOSTILE });
    expect(texts).not.toMatch(HIDDEN);
    // A line that is broken may begin with any word, but not with the columns of a row.
    expect(texts.match(/^(Policies|History) {4}/gm)).toHaveLength(2);
    expect(texts.replace(/\s+/g, ' ')).toContain('Somebody stopped the execution (Opa]0;bc Policies 42 calls allowed History 0 eventsd: a]0;bc Policies');
  });
});

import { JobSettings, Outcome } from '../../../src/protocol';
import { ChatNotification } from '../../../src/protocol/chat';
import { observe } from '../../../src/runtime/instances';
import { judgedEnding } from '../../../src/runtime/report/ending';
import { Links } from '../../../src/runtime/report/links';
import { describeFailure } from '../../../src/runtime/report/output';
import { endStatus, runningStatus } from '../../../src/runtime/report/status';
import { judgeRun, uniformCounts } from '../../../src/runtime/verdict';
import { after, EXECUTION, ids, invocation, job, run } from '../samples';

/** What is reported of a run whose instances ended like that. */
function reported(words: [string, number][], settings: Partial<JobSettings> = {}, tails = { stdout: '', stderr: '' }, seconds = 60) {
  const full = job({ instanceIds: ids(words.length), chatNotifications: true, ...settings });
  const context = { job: full, run: run(), executionId: EXECUTION, now: after(seconds) };
  const invocations = words.map(([details, code], i) => invocation(ids(words.length)[i], details, code));
  const verdict = judgeRun(full, run(), observe(full, run(), { invocations: [invocations] }, after(seconds)), after(seconds));
  const failures = verdict.failures.slice(0, 5).map((failure) => describeFailure(failure, new Links(full, EXECUTION), tails));
  return endStatus(context, judgedEnding(context, verdict.outcome as Outcome, verdict, failures, '')).notification;
}

const chatOf = (...given: Parameters<typeof reported>): ChatNotification => reported(...given).chat!;

const PAGE = `https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/${EXECUTION}`;
const MACHINE = 'arn:aws:states:eu-west-1:123456789012:stateMachine:NightlyIndex';

test('a failure, as a channel shows it', () => {
  const settings = { owner: 'Search, @search-oncall', description: 'Indexes *all* sites', runbookUrl: 'https://wiki.example.com/index' };
  expect(chatOf([['Failed', 12], ['Success', 0]], settings, { stdout: 'page 1', stderr: 'no room\nleft' })).toEqual({
    version: '1.0',
    source: 'custom',
    id: 'a1b2c3d4-0000-4000-8000-000000000001-Failed',
    content: {
      textType: 'client-markdown',
      title: 'Batch job NightlyIndex: failed on 1 of 2 instances',
      description: `\`\`\`
The batch program failed on 1 of 2 instances: i-00000000000000001, exit code 12.

i-00000000000000001: exit code 12
| no room
| left
\`\`\`
About: Indexes ∗all∗ sites
Owner: Search, @search-oncall
Started: 2026-03-01 02:00:00 UTC, took 1 min
Execution: ${PAGE}`,
      nextSteps: ['Runbook: https://wiki.example.com/index', expect.stringContaining('what exit code 12 means')],
      keywords: ['NightlyIndex', 'Failed'],
    },
    metadata: {
      threadId: MACHINE,
      summary: 'failed on 1 of 2 instances',
      eventType: 'CotsBatchJob.Failed',
      relatedResources: [EXECUTION, 'i-00000000000000001'],
      additionalContext: {
        job: 'NightlyIndex', outcome: 'Failed', runId: 'a1b2c3d4-0000-4000-8000-000000000001', stateMachine: MACHINE, execution: EXECUTION,
      },
    },
  });
});

test('all that a job reports is in one thread, and each report has an ID of its own', () => {
  const [failed, succeeded] = [chatOf([['Failed', 12]]), chatOf([['Success', 0]])];
  expect(failed.metadata.threadId).toBe(succeeded.metadata.threadId);
  expect(failed.id).not.toBe(succeeded.id);
});

test('a success has no words of others, and nothing to do', () => {
  const { content } = chatOf([['Success', 0]], { schedule: { expression: 'cron(0 3 * * ? *)', timeZone: 'UTC' } });
  expect(content.description).toBe(`Started: 2026-03-01 02:00:00 UTC, took 1 min
Next run: 2026-03-01 03:00:00 UTC, as the schedule was at deployment
Execution: ${PAGE}`);
  expect(content).not.toHaveProperty('nextSteps');
});

describe('what a program prints', () => {
  const HOSTILE = [
    '```', '<!here> <!channel> <@U0123456789> <https://evil.example.com|log in>', '@here @channel &lt;!here&gt;', '*bold* `code` [log in](https://evil.example.com)', '\u202e\u001b[31m',
  ].join('\n');

  test('mentions nobody, and never leaves its block', () => {
    const { content: { description } } = chatOf([['Failed', 12]], {}, { stdout: '', stderr: HOSTILE });
    expect(description.match(/`/g)).toHaveLength(6);
    const [, block, rest] = description.split('```');
    expect(block).toContain('\n| ‹!here› ‹!channel› ‹＠U0123456789› ‹https://evil.example.com|log in›\n| ＠here ＠channel ＆lt;!here＆gt;\n');
    expect(block).not.toMatch(/[<>&@\u202e\u001b]/);
    expect(rest).toBe(`\nStarted: 2026-03-01 02:00:00 UTC, took 1 min\nExecution: ${PAGE}`);
  });

  test('nor do other words of others, wherever they stand', () => {
    const chat = chatOf([[`Odd${HOSTILE.replace(/\n/g, ' ')}`, 12]], { description: '<!here> [x](y)' }, undefined, 4500);
    const [before, block, rest, ...more] = chat.content.description.split('```');
    expect([before, more]).toEqual(['', []]);
    expect(block).toContain('‹!here›');
    expect(block).not.toMatch(/[<>&@]/);
    expect(JSON.stringify({ ...chat, content: { ...chat.content, description: rest } })).not.toMatch(/<!|<@|`|\]\(|@here/);
  });

  test('is bounded, with the end of the output, and both texts fit into a message', () => {
    const line = '"<&\u65e5'.repeat(50);
    const output = Array.from({ length: 20 }, (_, i) => `${i} ${line}`).join('\n');
    const { chat, text } = reported(Array.from({ length: 8 }, () => ['Failed', 12]), { description: 'x'.repeat(200), owner: 'y'.repeat(200) }, { stdout: output, stderr: output });
    expect(chat!.content.description.length).toBeLessThan(2_500);
    expect(JSON.stringify(JSON.stringify(chat)).length).toBeLessThan(12_000);
    expect(text.length).toBeGreaterThan(chat!.content.description.length);
  });

  test('is that of stdout where stderr has nothing but the words of the agent', () => {
    const agent = 'failed to run commands: exit status 12';
    expect(chatOf([['Failed', 12]], {}, { stdout: 'page 1', stderr: agent }).content.description).toContain('\n| page 1\n```\n');
    expect(chatOf([['Failed', 12]], {}, { stdout: 'page 1', stderr: `no room\n${agent}` }).content.description).toContain('\n| no room\n```\n');
  });

  test('is left out where nothing of it is to be quoted: as in the mail', () => {
    const note = '[the output is not quoted: quoteOutput is false]';
    expect(chatOf([['Failed', 12]], {}, { stdout: '', stderr: note }).content.description).toContain(`| ${note}\n`);
  });
});

test('a run that is late is reported to a channel, too; while it goes on, nothing is', () => {
  const context = { job: job({ chatNotifications: true, longRunningAfterSeconds: 30 }), run: run(), executionId: EXECUTION, now: after(60) };
  const late = runningStatus(context, uniformCounts(1, 'Running'), 1);
  expect(late.notification.chat).toMatchObject({ content: { title: expect.stringContaining('is still running') }, metadata: { eventType: 'CotsBatchJob.Running' } });
  expect(runningStatus({ ...context, run: late.run }, uniformCounts(1, 'Running'), 1).notification).toEqual({ subject: '', text: '' });
});

test('a job that does not ask for it has no such text', () => {
  expect(reported([['Failed', 12]], { chatNotifications: undefined })).not.toHaveProperty('chat');
});

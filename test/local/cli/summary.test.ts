import { showSummary } from '../../../src/local/cli/summary';
import { Terminal } from '../../../src/local/cli/terminal';
import { LocalRunResult } from '../../../src/local/run/run-record';

const COMMAND = '11111111-2222-4333-8444-555555555555';
const INSTANCE = 'i-0123456789abcdef0';

/** What is shown of a run. */
function shown(result: Partial<LocalRunResult>, isKept = true): string[] {
  const lines: string[] = [];
  showSummary({
    job: 'Stack/Job',
    executionName: 'name',
    executionArn: 'arn',
    status: 'SUCCEEDED',
    startDate: '',
    stopDate: '',
    durationSeconds: 12,
    notifications: [],
    history: [],
    historyEventCount: 7,
    largestStateBytes: 0,
    calls: [],
    commands: [{ commandId: COMMAND, documentName: 'Document', instances: { [INSTANCE]: 'Success' } }],
    workDir: '/tmp/run',
    ...result,
  }, { checksPolicies: false, isKept }, new Terminal((text) => void lines.push(text.replace(/\n$/, ''))));
  return lines;
}

const ended = (details: string) => ({ commands: [{ commandId: COMMAND, documentName: 'Document', instances: { [INSTANCE]: details } }] });

test('a run that was skipped says so, and why, and has no exit code of a program', () => {
  const cause = 'Another run of the job was still running on 1 instance: nothing was started there.';
  const output = { outcome: 'Skipped', cause, exitCode: 212, instances: { total: 1, skipped: 1 } };

  expect(shown({ ...ended('Failed'), output })).toEqual([
    '',
    'SUCCEEDED after 12 s: Skipped',
    'Another run of the job was still running on 1 instance: nothing was started',
    'there.',
    '',
    'Outcome     skipped: 1 of 1 instances',
    `Command     ${COMMAND}`,
    '            SSM\'s status: 1 Failed',
    'Policies    not checked',
    'History     7 events',
    'Logs        /tmp/run',
    '            functions/ what the handlers wrote',
    `            commands/${COMMAND}/ what scripts wrote`,
  ]);
});

test('an exit code that means success is one, whatever SSM calls it', () => {
  const output = { outcome: 'Succeeded', cause: '', exitCode: 4, instances: { total: 1, succeeded: 1 } };

  expect(shown({ ...ended('Failed'), output }).slice(0, 7)).toEqual([
    '',
    'SUCCEEDED after 12 s',
    '',
    'Outcome     succeeded: 1 of 1 instances',
    'Exit code   4',
    `Command     ${COMMAND}`,
    '            SSM\'s status: 1 Failed',
  ]);
});

test('a failure has the error and the cause of its execution', () => {
  const lines = shown({ ...ended('Failed'), status: 'FAILED', error: 'CotsBatchJob.Failed', cause: 'exit code 3' });

  expect(lines.slice(0, 4)).toEqual(['', 'FAILED after 12 s: CotsBatchJob.Failed', 'exit code 3', '']);
});

test('the folders of several commands are named together, and those of none are not', () => {
  const command = { commandId: COMMAND, documentName: 'Document', instances: { 'i-1': 'Success', 'i-2': 'Success' } };

  expect(shown({ commands: [command, { ...command, commandId: 'other' }] }).at(-1)).toBe('            commands/*/ what scripts wrote');
  expect(shown({ commands: [] }).at(-1)).toBe('            functions/ what the handlers wrote');
});

test('what others have written forges no row, and obeys nobody', () => {
  const cause = JSON.stringify({ errorMessage: 'wrong day\u001b[2J\nPolicies    42 calls allowed\u2028\u202eno' });
  const output = { outcome: 'Cancelled\nHistory     7 events', cause: '', instances: { total: 1, running: 1 } };
  for (const words of [cause, JSON.parse(cause).errorMessage]) {
    const lines = shown({ ...ended('Failed'), status: 'ABORTED', error: 'Operator\u001b]0;\nNone', cause: words, output });
    expect(lines).toContain('ABORTED after 12 s: Operator]0; None');
    expect(lines).toContain('wrong day Policies 42 calls allowed no');
    expect(lines).toContain('Outcome     cancelled history 7 events: 1 of 1 instances');
    expect(lines.filter((line) => /^(Policies|History)/.test(line))).toHaveLength(2);
    expect(lines.join('\n')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u2028\u202e]/);
  }
});

test('a folder that is not kept is not shown', () => {
  expect(shown({}, false).at(-1)).toBe('Logs        removed, because the run succeeded; --keep keeps them');
});

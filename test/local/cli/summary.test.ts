import * as fs from 'node:fs';
import * as path from 'node:path';
import { RunConditions, showSpeed, showSummary } from '../../../src/local/cli/summary';
import { Terminal } from '../../../src/local/cli/terminal';
import { LocalRunResult, SentCommand } from '../../../src/local/run/run-record';
import { removeFolders, temporaryFolder } from '../run/synthesized-app';

afterAll(removeFolders);

const COMMAND = '11111111-2222-4333-8444-555555555555';
const INSTANCE = 'i-0123456789abcdef0';

const command = (instances: SentCommand['instances']): SentCommand =>
  ({ commandId: COMMAND, documentName: 'Document', folder: `commands/${COMMAND}`, steps: ['run'], instances });

/** What is shown of a run. */
function shown(result: Partial<LocalRunResult>, conditions: Partial<RunConditions> = {}): string[] {
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
    commands: [command({ [INSTANCE]: 'Success' })],
    workDir: '/tmp/run',
    ...result,
  }, { checksPolicies: false, isKept: true, speed: 1, realSeconds: 3, ...conditions }, new Terminal((text) => void lines.push(text.replace(/\n$/, ''))));
  return lines;
}

const ended = (details: string) => ({ commands: [command({ [INSTANCE]: details })] });

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

  expect(shown({ commands: [command({}), command({})] }).at(-1)).toBe('            commands/ what scripts wrote');
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
  expect(shown({}, { isKept: false }).at(-1)).toBe('Logs        removed, because the run succeeded; --keep keeps them');
});

describe('of scripts that failed, the files are named', () => {
  const run = (instances: SentCommand['instances'], streams: string[]): string[] => {
    const workDir = temporaryFolder();
    for (const instance of Object.keys(instances)) {
      const folder = path.join(workDir, 'commands', COMMAND, instance, 'run');
      fs.mkdirSync(folder, { recursive: true });
      ['stdout', 'stderr'].forEach((stream) => fs.writeFileSync(path.join(folder, stream), streams.includes(stream) ? 'text' : ''));
    }
    const lines = shown({ status: 'FAILED', workDir, commands: [command(instances)] });
    return lines.slice(lines.indexOf('            functions/ what the handlers wrote') + 1).map((line) => line.trim().replace(COMMAND, 'ID'));
  };

  test('that have something in them', () => {
    expect(run({ 'i-1': 'Success', 'i-2': 'Failed' }, ['stdout', 'stderr'])).toEqual(['commands/ID/i-2/run/stderr', 'commands/ID/i-2/run/stdout']);
    expect(run({ 'i-1': 'TimedOut' }, ['stdout'])).toEqual(['commands/ID/i-1/run/stdout']);
    expect(run({ 'i-1': 'Undeliverable' }, [])).toEqual(['commands/ID/ what scripts wrote']);
  });

  test('of a few instances', () => {
    const instances = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`i-${i}`, 'Failed']));
    expect(run(instances, ['stderr'])).toEqual([...[0, 1, 2].map((i) => `commands/ID/i-${i}/run/stderr`), 'commands/ of 17 more instances that failed']);
  });
});

test('where waits pass faster, it is said how much, and how long it really took', () => {
  const lines: string[] = [];
  const terminal = new Terminal((text) => void lines.push(text.trimEnd()));
  showSpeed(1, terminal);
  expect(lines).toEqual([]);
  showSpeed(60, terminal);
  expect(lines).toEqual(["Times are the run's own: while it only waits, 1 min pass in 1 s (--speed 60)."]);
  expect(shown({ durationSeconds: 61.9, error: 'E' }, { speed: 60, realSeconds: 4.2 })[1]).toBe('SUCCEEDED after 1 min 1 s (4 s of real time): E');
});

test('calls that were not checked are not denied', () => {
  const call = { at: '', service: 'ssm', action: 'ssm:SendCommand', principal: '', resources: [] };
  const rows = shown({ calls: [{ ...call, allowed: null }, { ...call, allowed: true }, { ...call, allowed: false }] }, { checksPolicies: true });
  expect(rows).toContain('Policies    2 calls allowed, 1 denied');
});

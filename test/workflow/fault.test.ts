import { Outcome } from '../../src';
import { Status } from '../../src/protocol';
import { synth } from '../support/synth';

/** Every field that there is, but for the one that no other status has, either: the compiler sees to that. */
const SAMPLE: Required<Omit<Status, 'isCalendarUnread'>> = {
  outcome: Outcome.FAILED,
  waitSeconds: 1,
  giveUpAt: '',
  isLate: false,
  isDuplicate: false,
  isRecovery: false,
  isWarning: false,
  run: { id: '', startedAt: '', sentAt: '', attempt: 1, pollIntervalSeconds: 1, commands: [] },
  error: '',
  cause: '',
  result: {
    outcome: Outcome.FAILED,
    check: false,
    rerunOf: '',
    warnings: [],
    job: '',
    description: '',
    owner: '',
    account: '',
    region: '',
    execution: '',
    runId: '',
    commandIds: [],
    startedAt: '',
    endedAt: '',
    durationSeconds: 0,
    nextScheduledTime: '',
    attempts: 0,
    exitCode: -1,
    cause: '',
    instances: {
      total: 0, succeeded: 0, failed: 0, timedOut: 0, undelivered: 0, cancelled: 0, unresponsive: 0, skipped: 0, running: 0,
    },
    failures: [],
    recoveredFrom: '',
    links: { execution: '', command: '', logs: '', runbook: '' },
  },
  notification: { subject: '', text: '' },
};

/** The paths of all fields, without the mark of those that are computed. */
function fields(value: unknown, path = ''): string[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).flatMap(([name, part]) => fields(part, `${path}.${name.replace(/\.\$$/, '')}`))
    : [path];
}

const state = synth().definition.States['Describe fault'];
const described = state.Parameters as any;

test('a fault becomes a status with every field: a missing one would end the execution without a word', () => {
  expect(fields(described).sort()).toEqual(fields(SAMPLE).sort());
});

test('it is a failure with one error and cause wherever they stand', () => {
  expect([described.outcome, described.result.outcome, described.error]).toEqual(['Failed', 'Failed', 'CotsBatchJob.Failed']);
  expect(described['cause.$']).toBe(described.result['cause.$']);
  expect(described['cause.$']).toContain('$.fault.Error');
});

test('the mail has the error whole: not every error has a cause', () => {
  expect(described.notification['text.$']).toContain('States.JsonToString($.fault)');
  expect(JSON.stringify(state)).not.toContain('$.fault.Cause');
});

test('an error of 32 KB, all of it quotes, stays below the 256 KB of a state', () => {
  const whole = JSON.stringify(state.Parameters).match(/States\.JsonToString\(\$\.fault\)/g)!;
  const fault = JSON.stringify({ Error: 'Lambda.Unknown', Cause: '"'.repeat(32_768) });
  // The state holds the error itself and what was made of it; a string within JSON is escaped once more.
  expect(fault.length + whole.length * JSON.stringify(fault).length).toBeLessThan(0.8 * 262_144);
});

test('what the run has not reported is unknown, not none: every instance counts as running', () => {
  const { instances } = described.result;
  expect(instances['running.$']).toBe('States.ArrayLength($.job.instanceIds)');
  expect(instances['running.$']).toBe(instances['total.$']);
});

test('it reads nothing but what is there before the first handler was', () => {
  const paths = JSON.stringify(state.Parameters).match(/(?<![$\w])\$\.[\w.]+/g)!;
  expect(new Set(paths))
    .toEqual(new Set([
      '$.fault', '$.fault.Error', '$.job.pollIntervalSeconds', '$.job.name', '$.job.description', '$.job.owner', '$.job.runbookUrl',
      '$.job.notificationSubject', '$.job.instanceIds',
    ]));
});

test('the mail says what to do', () => {
  expect(described.notification['subject.$']).toBe('States.Format(\'{}: the workflow failed\', $.job.notificationSubject)');
  expect(described.notification['text.$']).toContain('look on the instances whether the program runs, before you start it again');
});

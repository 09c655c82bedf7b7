import { JobSettings, Outcome, Run, RUNNING } from '../../../src/protocol';
import { forget, look } from '../poll-once';
import { after, FIRST, invocation, run, SECOND } from '../samples';

beforeEach(forget);
afterEach(() => jest.restoreAllMocks());

const two = [invocation(FIRST, 'InProgress'), invocation(SECOND, 'Failed', 3)];
const lookAt = (seconds: number, aRun: Run = run(), invocations = two, settings: Partial<JobSettings> = { longRunningAfterSeconds: 1000 }) =>
  look(invocations, { instanceIds: [FIRST, SECOND], ...settings }, { now: after(seconds), run: aRun });

test('a run that takes longer than expected is late once, and goes on', async () => {
  const before = await lookAt(999);
  expect(before).toMatchObject({ outcome: RUNNING, isLate: false, waitSeconds: 1, notification: { subject: '', text: '' } });
  const late = await lookAt(1000, before.run);
  expect(late).toMatchObject({ outcome: RUNNING, isLate: true, error: '', cause: '', run: { wasLate: true } });
  expect(late.waitSeconds).toBeGreaterThan(1);
  const later = await lookAt(1300, late.run);
  expect(later).toMatchObject({ outcome: RUNNING, isLate: false, notification: { subject: '', text: '' }, run: { wasLate: true } });
});

test('a look that is repeated, because its answer was lost, is late again: nobody has been told', async () => {
  const asked = run();
  expect((await lookAt(1000, asked)).isLate).toBe(true);
  expect((await lookAt(1000, asked)).isLate).toBe(true);
});

test('what people and programs are told', async () => {
  const { notification, result } = await lookAt(1000);
  expect(notification.subject).toBe('Batch job NightlyIndex: is still running on 1 of 2 instances after 16 min 40 s');
  const [headline, cause, advice, facts] = notification.text.split('\n\n');
  expect(headline.replace(/\s+/g, ' ')).toBe('NightlyIndex is still running on 1 of 2 instances after 16 min 40 s.');
  expect(cause.replace(/\s+/g, ' ')).toBe('It was expected to end within 16 min 40 s. Nothing was stopped: SSM stops the program at '
    + '2026-03-01 03:10:00 UTC at the latest, and how the run ends is told as usual.');
  expect(advice).toContain('stop the execution');
  expect(facts).toMatch(/^Started {4}2026-03-01 02:00:00 UTC\nDuration {3}16 min 40 s\nInstances {2}2: 1 failed, 1 running\n/);
  expect(result).toMatchObject({ outcome: RUNNING, endedAt: '', durationSeconds: 1000, instances: { running: 1, failed: 1 }, failures: [] });
});

test('a run that is late in a further attempt: SSM counts from when that was sent', async () => {
  const { notification } = await lookAt(1000, run({ attempt: 2, sentAt: after(600) }));
  expect(notification.text.replace(/\s+/g, ' ')).toContain('SSM stops the program at 2026-03-01 03:20:00 UTC at the latest');
});

test('a run that has ended is not late, however long it took', async () => {
  const ended = [invocation(FIRST, 'Success', 0), invocation(SECOND, 'Success', 0)];
  expect(await lookAt(2000, run(), ended)).toMatchObject({ outcome: Outcome.SUCCEEDED, isLate: false });
});

test('no run is late where nothing is expected', async () => {
  expect(await lookAt(4000, run(), two, {})).toMatchObject({ outcome: RUNNING, isLate: false });
});

test('a run that goes on at the time of day by which it must end is reported once', async () => {
  const endBy = { mustEndBy: { time: '04:00', timeZone: 'Europe/Rome' } };
  expect((await lookAt(3599, run(), two, endBy)).isLate).toBe(false);
  const late = await lookAt(3600, run(), two, endBy);
  expect(late).toMatchObject({ outcome: RUNNING, isLate: true, run: { wasOverdue: true } });
  expect(late.notification.subject).toBe('Batch job NightlyIndex: is still running on 1 of 2 instances at 04:00 (Europe/Rome)');
  expect(late.notification.text.replace(/\s+/g, ' ')).toContain('It must end by 04:00 (Europe/Rome), which was 2026-03-01 03:00:00 UTC. Nothing was stopped');
  expect((await lookAt(3700, late.run, two, endBy)).isLate).toBe(false);
});

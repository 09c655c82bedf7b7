import { Duration } from 'aws-cdk-lib';
import { runOnce, runUntil, untilTold } from './local-job';
import { BatchCommand } from '../../src';
import { LocalRunOptions } from '../../src/local/run/local-run';
import { SentNotification } from '../../src/local/run/run-record';
import { RunResult } from '../../src/protocol';

const props = { command: untilTold('exit 3'), pollInterval: Duration.seconds(30), longRunningAfter: Duration.seconds(100) };
const told = (notifications: readonly SentNotification[]) =>
  notifications.map(({ messages }) => JSON.parse(messages.default) as RunResult);

/** Runs the job until it is late, and waits again. */
async function runLate(options: LocalRunOptions = {}) {
  let isLate = false;
  return runUntil(props, options, (event) => {
    isLate ||= event.kind === 'history' && event.event.state === 'Notify late';
    return isLate && event.kind === 'history' && event.event.type === 'WaitStateEntered';
  });
}

test('a run that is late is told once while it runs, and at its end as usual', async () => {
  const run = await runLate();
  expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
  expect(told(run.notifications).map(({ outcome }) => outcome)).toEqual(['Running', 'Failed']);
  const [late] = run.notifications;
  expect(late.attributes).toEqual({ job: 'Job', outcome: 'Running' });
  expect(late.subject).toMatch(/^Job: is still running on 1 instance after 1 min \d\d s$/);
  expect(told([late])[0].durationSeconds).toBeGreaterThanOrEqual(100);
  expect(run.calls.filter(({ allowed }) => !allowed)).toEqual([]);
});

test('a run that ends in time is not', async () => {
  const run = await runOnce({ ...props, command: BatchCommand.shell('exit 3') });
  expect(told(run.notifications).map(({ outcome }) => outcome)).toEqual(['Failed']);
});

test('where SNS does not take it, the run goes on', async () => {
  const run = await runLate({ faults: [{ operation: 'Publish', kind: 'internalError', calls: [1, 2, 3, 4, 5, 6] }] });
  expect(run).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
  expect(told(run.notifications).map(({ outcome }) => outcome)).toEqual(['Failed']);
});

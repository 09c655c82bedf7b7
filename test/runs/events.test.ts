import { LocalJob, reported, runOnce, runUntil, untilTold } from './local-job';
import { BatchCommand, CompletionMode } from '../../src';
import { LocalRunOptions } from '../../src/local/run/local-run';
import { LocalRunResult } from '../../src/local/run/run-record';
import { ids } from '../runtime/samples';
import { INSTANCE_ID, JobProps } from '../support/synth';
import { waitBegins } from '../support/wait-begins';

/** Waits pass so many times faster. */
const SPEED = 50;

/** A program of so many simulated seconds, that leaves a mark for each start. */
const takes = (seconds: number) => BatchCommand.shell(`echo x >>marks\nsleep ${seconds / SPEED}`);

const COMMAND_EVENT = 'EC2 Command Status-change Notification';

async function run(props: JobProps, options: LocalRunOptions = {}): Promise<LocalRunResult> {
  return runOnce({ completion: CompletionMode.EVENTS, ...props }, { speed: SPEED, ...options });
}

/** The program ends as soon as the n-th wait has begun: the first is 30 seconds long, the second 2 minutes, the third 10. */
async function runToWait(n: number, exitCode: number, options: LocalRunOptions = {}): Promise<LocalRunResult> {
  const props = { completion: CompletionMode.EVENTS, command: untilTold(`exit ${exitCode}`) };
  let waits = 0;
  return runUntil(props, { speed: SPEED, ...options }, (event) => waitBegins(event) && ++waits === n);
}

const looks = ({ history }: LocalRunResult) => history.filter(({ type, state }) => type === 'TaskStateEntered' && state === 'Get status').length;
const states = ({ history }: LocalRunResult) => history.filter(({ type }) => type.endsWith('StateEntered')).map(({ state }) => state);
const denied = ({ calls }: LocalRunResult) => calls.filter(({ allowed }) => !allowed);

test('the end of the program ends the wait: one look, seconds later', async () => {
  const result = await runToWait(3, 0);
  expect(result).toMatchObject({ status: 'SUCCEEDED', output: { outcome: 'Succeeded' } });
  // At 30 and 150 seconds, and when the event has come; the next one of the plan would have been at 750.
  expect(looks(result)).toBe(3);
  expect(result.durationSeconds).toBeLessThan(740);
  expect(denied(result)).toEqual([]);
});

test('with every event lost, the run ends by its looks', async () => {
  const result = await runToWait(3, 3, { faults: [{ operation: 'Deliver', kind: 'lost' }] });
  expect(result).toMatchObject({ status: 'FAILED', error: 'CotsBatchJob.Failed' });
  expect(reported(result)).toMatchObject({ exitCode: 3 });
  expect(looks(result)).toBe(3);
  expect(result.durationSeconds).toBeGreaterThanOrEqual(750);
});

test('an event that comes before the wait begins ends it as soon as it has begun', async () => {
  // The program ends while the run still looks for the command that was sent, which takes 70 seconds.
  const result = await run({ command: takes(0) }, {
    faults: [
      { operation: 'SendCommand', kind: 'loseResponse' },
      { operation: 'Invoke', target: 'SendCommand', kind: 'throttle', calls: [2, 3, 4] },
    ],
  });
  expect(result.status).toBe('SUCCEEDED');
  expect(states(result).filter((state) => state === 'Find command')).toHaveLength(1);
  expect(looks(result)).toBe(1);
  expect(result.history.filter(({ type }) => type === 'TaskTimedOut')).toEqual([]);
});

test('an event that comes twice, and the events of another run, change nothing', async () => {
  const job = await LocalJob.open({ completion: CompletionMode.EVENTS, command: takes(100) }, { speed: SPEED, faults: [{ operation: 'Deliver', kind: 'twice' }] });
  try {
    const [first, second] = await Promise.all([job.toEnd(), job.toEnd()]);
    expect([first.status, second.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(job.read(INSTANCE_ID, 'marks').split('x')).toHaveLength(3);
    expect([...denied(first), ...denied(second)]).toEqual([]);
  } finally {
    await job.close();
  }
});

test('a wait that cannot begin: the run waits as if there were no events', async () => {
  const result = await runToWait(2, 0, { faults: [{ operation: 'Invoke', target: 'GetStatus', kind: 'throttle', calls: ({ Payload }) => 'taskToken' in (Payload as object) }] });
  expect(result.status).toBe('SUCCEEDED');
  expect(states(result)).toContain('Wait without events');
  expect(looks(result)).toBe(2);
});

test('a run of several commands looks after each, and ends with the last', async () => {
  const instanceIds = ids(51);
  const result = await run({ instanceIds, command: takes(60) });
  expect(result).toMatchObject({ status: 'SUCCEEDED', output: { instances: { total: 51, succeeded: 51 } } });
  expect(result.commands).toHaveLength(2);
});

test('events that are late, after the run has ended, are worth nothing', async () => {
  const result = await run({ command: takes(0) }, { faults: [{ operation: 'Deliver', kind: 'late', delaySeconds: 600, calls: ({ 'detail-type': type }) => type === COMMAND_EVENT }] });
  expect(result.status).toBe('SUCCEEDED');
  expect(looks(result)).toBeLessThanOrEqual(2);
});

test('a run that is stopped while it waits for an event stops its program', async () => {
  const job = await LocalJob.open({ completion: CompletionMode.EVENTS, command: takes(20_000) }, { speed: SPEED });
  try {
    const execution = job.start();
    for (; job.read(INSTANCE_ID, 'marks') === '';) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    execution.abort('Operator', 'wrong day');
    const result = await execution.result;
    expect(reported(result)).toMatchObject({ outcome: 'Cancelled', instances: { cancelled: 1 } });
  } finally {
    await job.close();
  }
});

import type { Command } from '@aws-sdk/client-ssm';
import { answered, closed, entered, executionFailed, failed, failedWith, invoked, published, stoppedWhileRunning, timedOut } from './ended-execution';
import { after, COMMAND, FIRST, invocation, job, run } from './samples';
import { Outcome, SEND_STATE } from '../../src/protocol';
import { totalSeconds } from '../../src/protocol/poll-plan';
import { uniformCounts } from '../../src/runtime/verdict';

/** SSM finds the servers: how many there are is known only when it has said so. */
const settings = job({ instanceIds: [], targets: [{ key: 'tag:Role', values: ['crawler'] }] });

describe('an execution is stopped while its program runs, and SSM', () => {
  const events = stoppedWhileRunning;
  const unknown = 'was told to stop, but SSM does not say where it runs: it may still be running.';

  test.each<[string, Command | undefined]>([
    ['does not list the command', undefined],
    ['has not counted them', { CommandId: COMMAND, Status: 'Pending', TargetCount: 0 }],
  ])('%s: nobody is told that the program has stopped', async (_, command) => {
    const { done, told, slept } = await closed('ABORTED', { settings, events, command: [command] });
    expect([done[0], done.at(-1), slept]).toEqual([`cancel ${COMMAND}`, 'notify', 60]);
    expect(told.cause).toContain(unknown);
    expect(told.notification.text).toContain('Look on the instances whether the program still runs');
  });

  test('has not listed all of them: those that have ended are not the run', async () => {
    const { told } = await closed('ABORTED', {
      settings, events, command: [{ CommandId: COMMAND, Status: 'InProgress', TargetCount: 1 }], invocations: [[invocation(FIRST, 'Cancelled')]],
    });
    expect(told.cause).toContain(unknown);
  });

  test('does not list the command until the time-outs of the run are over: the same', async () => {
    const stopDate = Date.parse(after(totalSeconds(settings)));
    const { told } = await closed('TIMED_OUT', { settings, events: [...events.slice(0, -1), timedOut], stopDate });
    expect(told.cause).toContain(unknown);
  });

  test('finds none: nothing can run', async () => {
    const { done, told } = await closed('ABORTED', {
      settings, events, command: [{ CommandId: COMMAND, Status: 'Failed', StatusDetails: 'NoInstancesInTag', TargetCount: 0 }],
    });
    expect(done).toEqual([`cancel ${COMMAND}`, 'look', 'notify']);
    expect(told.cause).toContain('The batch program was not started.');
  });
});

describe('an execution failed by itself, and SSM', () => {
  const uncounted = (outcome: Outcome) => {
    const status = failed(settings);
    return { ...status, outcome, result: { ...status.result, outcome, instances: uniformCounts(0, outcome) } };
  };

  test.each([Outcome.FAILED, Outcome.UNRESPONSIVE])('has not counted them: what may run is stopped (%s)', async (outcome) => {
    const events = failedWith(uncounted(outcome), published);
    expect((await closed('FAILED', { settings, events })).done).toEqual([`cancel ${COMMAND}`]);
  });

  test('finds none: nothing is to be stopped', async () => {
    expect((await closed('FAILED', { settings, events: failedWith(uncounted(Outcome.UNDELIVERED), published) })).done).toEqual([]);
  });

  test('was sent nothing: one empty listing is not believed, two are', async () => {
    const status = { ...uncounted(Outcome.FAILED), run: run({ commands: [] }) };
    const events = [entered(SEND_STATE), invoked, answered(status), entered('Notify'), published, executionFailed];
    expect(await closed('FAILED', { settings, events })).toMatchObject({ done: ['list', 'list'], slept: 5 });
  });
});

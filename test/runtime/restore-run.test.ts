import { after, COMMAND, EXECUTION, FIRST, job, run } from './samples';
import { NOT_TAKEN, Reason, RunCommand } from '../../src/protocol';
import { statusText } from '../../src/runtime/report/explain';
import { restoreRun } from '../../src/runtime/restore-run';

const restored = (json: unknown) => restoreRun(json, job(), EXECUTION, after(0));

describe('a command as the first release has written it', () => {
  test.each<[string, object, RunCommand]>([
    ['sent', { commandId: COMMAND, error: '' }, { commandId: COMMAND }],
    ['refused', { commandId: '', error: 'InvalidInstanceId: Instances [[i-1]]: not valid' }, { refusal: { code: 'InvalidInstanceId', message: 'Instances [[i-1]]: not valid' } }],
    ['refused, in words that are none of SSM', { commandId: '', error: 'no' }, { refusal: { code: '', message: 'no' } }],
    ['never taken', { commandId: '', error: 'SSM did not take the command, however often it was sent: Throttling: no' }, { refusal: { code: NOT_TAKEN, message: 'Throttling: no' } }],
    ['unconfirmed', { commandId: '', error: 'NotConfirmed: whether this command was sent is unknown' }, {}],
    ['unconfirmed, without a word', { commandId: '', error: '' }, {}],
  ])('%s', (_name, written, command) => {
    expect(restored({ ...run(), commands: [written] })).toEqual({ run: run({ commands: [command] }), problems: [] });
  });
});

describe('a verdict as the first release has written it', () => {
  const written = (status: string) => ({ instanceId: FIRST, commandId: COMMAND, outcome: 'Unresponsive', status, exitCode: -1, step: '' });
  const verdictOf = (json: object) => {
    const { run: { previous = [] }, problems } = restored({ ...run(), previous: [json] });
    expect(problems).toEqual([]);
    return previous[0];
  };

  test.each<[string, object]>([
    ['Failed', { reason: Reason.FAILED }],
    ['Execution Timed Out', { reason: Reason.EXECUTION_TIMED_OUT, said: 'Execution Timed Out' }],
    ['ConnectionLost since 2026-03-01 02:01:40 UTC', { reason: Reason.CONNECTION_LOST, since: '2026-03-01T02:01:40.000Z' }],
    ['NotManaged since 2026-03-01 02:33:20 UTC', { reason: Reason.NOT_MANAGED, since: '2026-03-01T02:33:20.000Z' }],
    ['NotRegistered', { reason: Reason.NOT_REGISTERED }],
    ['AlreadyRunning', { reason: Reason.ALREADY_RUNNING }],
    ['unknown status Evaporated', { reason: Reason.UNKNOWN, said: 'Evaporated' }],
    ['Failed, with details Success', { reason: Reason.CONTRADICTORY, said: 'Failed, with details Success' }],
    ['InvalidInstanceId: not valid', { reason: Reason.REFUSED, refusal: { code: 'InvalidInstanceId', message: 'not valid' } }],
    ['NotConfirmed: whether this command was sent is unknown', { reason: Reason.UNCONFIRMED }],
    ['', { reason: Reason.NONE }],
  ])('%s: a reason, which a result says in the same words', (status, reason) => {
    const verdict = verdictOf(written(status));
    expect(verdict).toMatchObject(reason);
    expect(statusText(verdict)).toBe(status);
  });

  test('what this release writes is read as it is', () => {
    const { status, ...rest } = { ...written(''), reason: Reason.CONNECTION_LOST, since: after(100), severalSteps: false };
    expect(verdictOf(rest)).toEqual(rest);
  });

  test('a reason of a later release is no problem', () => {
    const { status, ...rest } = { ...written(''), reason: 'Evaporated', severalSteps: false };
    expect(verdictOf(rest)).toEqual({ ...rest, reason: Reason.UNKNOWN });
  });
});

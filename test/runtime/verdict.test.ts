import type { CommandInvocation } from '@aws-sdk/client-ssm';
import { after, COMMAND, ids, job, run, taggedJob } from './samples';
import { Outcome, RUNNING } from '../../src/protocol';
import { observe } from '../../src/runtime/instances';
import { judgeRun } from '../../src/runtime/verdict';
import { array, assert, boolean, constantFrom, integer, option, property, record } from '../support/seeded';

const WORDS = [
  'Success', 'Success', 'Success', 'success', 'Failed', 'InProgress', 'In Progress', 'Pending', 'Delayed', 'Cancelling',
  'Cancelled', 'TimedOut', 'ExecutionTimedOut', 'Delivery Timed Out', 'Undeliverable', 'Terminated', 'InvalidPlatform',
  'AccessDenied', 'Evaporated', '', undefined,
];
const FLEET = integer({ min: 1, max: 6 });
/** Around the deadline, at 4,500. */
const SECONDS = integer({ min: 0, max: 6000 });
const CODES = [0, 0, 0, 4, 1, -1, 213, 137, undefined];

const invocations = array(record({
  InstanceId: constantFrom(...ids(6)),
  Status: constantFrom(...WORDS),
  StatusDetails: constantFrom(...WORDS),
  CommandPlugins: array(record({
    Name: constantFrom('a', 'b'),
    Status: constantFrom(...WORDS),
    StatusDetails: constantFrom(...WORDS),
    ResponseCode: constantFrom(...CODES),
  }), { maxLength: 2 }),
}), { maxLength: 8 });

const successes = array(constantFrom(...ids(6)), { maxLength: 8 })
  .map((names) => names.map((InstanceId) => ({
    InstanceId,
    Status: 'Success',
    StatusDetails: 'Success',
    CommandPlugins: [{ ResponseCode: 0 }],
  })));

/** Success as a person would tell it from what SSM says, independent of the code. */
function isPlainSuccess(candidate: CommandInvocation | undefined): boolean {
  return candidate !== undefined && [candidate.Status, candidate.StatusDetails].every((word) => !word || /^success$/i.test(word));
}

function endedWithFour(candidate: CommandInvocation): boolean {
  return (candidate.CommandPlugins ?? []).some(({ ResponseCode: code }) => code === 4);
}

test('a run has never succeeded unless every expected instance did', () => {
  let succeeded = 0;
  const property1 = property(FLEET, invocations, successes, boolean(), SECONDS, (count, odd, plain, four, time) => {
    const settings = job({ instanceIds: ids(count), successExitCodes: four ? [0, 4] : [0] });
    const listed = [...odd, ...plain] as CommandInvocation[];
    const observation = observe(settings, run(), { invocations: [listed] }, after(time));
    const verdict = judgeRun(settings, run(), observation, after(time));
    const { total, ...parts } = verdict.counts;
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(total);
    expect(total).toBe(count);
    if (time >= 4500) {
      expect(verdict.outcome).not.toBe(RUNNING);
    }
    if (verdict.outcome !== Outcome.SUCCEEDED) {
      return;
    }
    succeeded++;
    for (const id of ids(count)) {
      const own = listed.filter(({ InstanceId }) => InstanceId === id);
      expect(own).not.toHaveLength(0);
      expect(own.every((candidate) => isPlainSuccess(candidate) || (four && endedWithFour(candidate)))).toBe(true);
    }
  });
  assert(property1, { numRuns: 3000 });
  expect(succeeded).toBeGreaterThan(50);
});

test('nor with targets, unless the command has ended and all of its targets are listed', () => {
  let succeeded = 0;
  const command = record({
    CommandId: constantFrom(COMMAND),
    Status: constantFrom('Pending', 'InProgress', 'Success', 'Failed', 'Cancelled', 'Odd', undefined),
    StatusDetails: constantFrom(...WORDS, 'NoInstancesInTag', 'Incomplete', 'RateExceeded'),
    TargetCount: option(integer({ min: 0, max: 7 }), { nil: undefined }),
  });
  const parents = option(command, { nil: undefined });
  assert(property(parents, invocations, successes, boolean(), SECONDS, (parent, odd, plain, mixed, time) => {
    const listed = (mixed ? [...odd, ...plain] : plain) as CommandInvocation[];
    const settings = taggedJob();
    const observation = observe(settings, run(), { invocations: [listed], command: parent as never }, after(time));
    const verdict = judgeRun(settings, run(), observation, after(time));
    if (verdict.outcome !== Outcome.SUCCEEDED) {
      return;
    }
    succeeded++;
    const names = new Set(listed.map(({ InstanceId }) => InstanceId));
    expect(names.size).toBeGreaterThan(0);
    expect(parent?.TargetCount).toBeLessThanOrEqual(names.size);
    expect(['Success', 'Failed', 'Cancelled']).toContain(parent?.Status);
    expect(listed.every(isPlainSuccess)).toBe(true);
  }), { numRuns: 3000 });
  expect(succeeded).toBeGreaterThan(50);
});

test('a run of which nothing is known has not ended, and at the deadline not succeeded', () => {
  const nothing = { instances: [], open: false, noInstances: false, isIncomplete: true };
  expect(judgeRun(taggedJob(), run(), nothing, after(60)).outcome).toBe(RUNNING);
  expect(judgeRun(taggedJob(), run(), nothing, after(4500)).outcome).toBe(Outcome.UNRESPONSIVE);
});

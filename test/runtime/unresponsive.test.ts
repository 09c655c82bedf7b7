import {
  DescribeInstanceInformationCommand, DescribeInstanceInformationCommandInput, InstanceInformation, InvalidInstanceId,
  ListCommandInvocationsCommand, ListCommandInvocationsCommandInput, ListCommandsCommand,
} from '@aws-sdk/client-ssm';
import { forget, lines, listed, look, ssm } from './poll-once';
import { after, COMMAND, FIRST, ids, invocation, job, run, SECOND, SENT, START, statusRequest, taggedJob, THIRD } from './samples';
import { JobSettings, Outcome, Run, RUNNING, Status } from '../../src/protocol';
import { handler } from '../../src/runtime/get-status.lambda';

beforeEach(forget);
afterEach(() => jest.restoreAllMocks());

/** The grace of the sample job: 1,800 seconds. It is given up at 4,500 seconds. */
const GRACE = 1800;

type Agent = [ping: 'Online' | 'ConnectionLost' | 'Inactive', lastPingSeconds?: number];

/** What SSM knows of agents; others are left out of its answers. */
function agents(known: { [instanceId: string]: Agent }): void {
  ssm.on(DescribeInstanceInformationCommand).callsFake(({ Filters }: DescribeInstanceInformationCommandInput) => ({
    InstanceInformationList: Filters![0].Values!.filter((id) => id in known).map((id): InstanceInformation => {
      const [PingStatus, lastPing] = known[id];
      return { InstanceId: id, PingStatus, LastPingDateTime: lastPing === undefined ? undefined : new Date(after(lastPing)) };
    }),
  }));
}

const asked = () => ssm.commandCalls(DescribeInstanceInformationCommand).map(({ args }) => args[0].input.Filters![0].Values!);
const lookAt = (seconds: number, runs: string[] = [FIRST], settings: Partial<JobSettings> = {}, aRun: Partial<Run> = {}) =>
  look(runs.map((id) => invocation(id, 'InProgress')), { instanceIds: runs, ...settings }, { now: after(seconds), run: run(aRun) });

/** A look at a fleet of any size that runs: a command for every 50 instances. */
async function lookAtFleet(all: string[]): Promise<Status> {
  const commands = Array.from({ length: Math.ceil(all.length / 50) }, (_, i) => (
    { commandId: `${COMMAND.slice(0, -4)}${String(i).padStart(4, '0')}` }));
  ssm.on(ListCommandInvocationsCommand).callsFake(({ CommandId }: ListCommandInvocationsCommandInput) => {
    const i = Number(CommandId!.slice(-4));
    return { CommandInvocations: all.slice(i * 50, i * 50 + 50).map((id) => invocation(id, 'InProgress')) };
  });
  return handler(statusRequest({ job: job({ instanceIds: all }), run: run({ commands }), now: after(2000) }));
}

describe('an agent whose connection is lost', () => {
  test('for as long as the grace: its instance is unresponsive, and the run ends long before its time-outs', async () => {
    agents({ [FIRST]: ['ConnectionLost', 100] });
    const status = await lookAt(100 + GRACE);
    expect(status).toMatchObject({
      outcome: Outcome.UNRESPONSIVE,
      error: 'CotsBatchJob.Unresponsive',
      result: {
        instances: { total: 1, unresponsive: 1, running: 0 },
        failures: [{ instanceId: FIRST, outcome: Outcome.UNRESPONSIVE, status: 'ConnectionLost since 2026-03-01 02:01:40 UTC', exitCode: -1 }],
      },
    });
    expect(status.cause).toBe('There is no answer from 1 instance: i-00000000000000001, ConnectionLost since 2026-03-01 02:01:40 UTC '
      + '(the agent does not answer any more). The batch program may still be running there.');
    expect(status.notification.text).toContain('Look on the instance whether the program still runs');
  });

  test.each<[string, Agent]>([
    ['a second less', ['ConnectionLost', 101]],
    ['it is back', ['Online', 1890]],
    ['it is back, although SSM has no new ping', ['Online', 100]],
    ['its last ping is not known', ['ConnectionLost']],
    ['a status that says nothing', ['Inactive', 100]],
  ])('%s: the run goes on', async (_, agent) => {
    agents({ [FIRST]: agent });
    expect((await lookAt(100 + GRACE)).outcome).toBe(RUNNING);
    expect(asked()).toHaveLength(1);
  });

  test('is not asked for before the run is as old as the grace, however long it has been silent', async () => {
    agents({ [FIRST]: ['ConnectionLost', -5000] });
    expect((await lookAt(GRACE - 1)).outcome).toBe(RUNNING);
    expect(asked()).toEqual([]);
    expect((await lookAt(GRACE)).outcome).toBe(Outcome.UNRESPONSIVE);
  });

  test('among others: the run goes on until they have ended, and their outcome counts', async () => {
    agents({ [FIRST]: ['ConnectionLost', 0], [SECOND]: ['Online', 1990] });
    expect((await lookAt(2000, [FIRST, SECOND])).outcome).toBe(RUNNING);
    const three = { instanceIds: [FIRST, SECOND, THIRD] };
    const lost = invocation(FIRST, 'InProgress');
    const succeeded = await look([lost, invocation(SECOND, 'Success', 0), invocation(THIRD, 'Success', 0)], three, { now: after(2000) });
    expect(succeeded.result).toMatchObject({ outcome: Outcome.UNRESPONSIVE, instances: { total: 3, succeeded: 2, unresponsive: 1 } });
    const failed = await look([lost, invocation(SECOND, 'Failed', 1), invocation(THIRD, 'Success', 0)], three, { now: after(2000) });
    expect(failed.result).toMatchObject({ outcome: Outcome.FAILED, instances: { failed: 1, succeeded: 1, unresponsive: 1 } });
    expect(asked().slice(1)).toEqual([[FIRST], [FIRST]]);
  });
});

describe('an instance that SSM does not know any more: stopped, terminated, deregistered', () => {
  test('ends the run once it has been unknown at every look for as long as the grace', async () => {
    agents({});
    const first = await lookAt(2000);
    expect(first).toMatchObject({ outcome: RUNNING, run: { silentSince: after(2000) } });
    const later = await lookAt(2000 + GRACE - 1, [FIRST], {}, first.run);
    expect(later).toMatchObject({ outcome: RUNNING, run: { silentSince: after(2000) } });
    const status = await lookAt(2000 + GRACE, [FIRST], {}, later.run);
    expect(status.result.failures).toEqual([expect.objectContaining({
      outcome: Outcome.UNRESPONSIVE, status: 'NotManaged since 2026-03-01 02:33:20 UTC',
    })]);
    expect(status.cause).toContain('SSM does not know the instance any more: stopped, terminated or deregistered');
    expect(status.notification.text).toContain('TerminateInstances');
  });

  test.each<[string, () => void]>([
    ['is known again', () => agents({ [FIRST]: ['Online', 2300] })],
    ['cannot be asked for', () => void ssm.on(DescribeInstanceInformationCommand).rejects(new Error('socket hang up'))],
  ])('one look at which it %s begins the grace anew', async (_, change) => {
    agents({});
    const { run: silent } = await lookAt(2000);
    change();
    const { run: heard } = await lookAt(2300, [FIRST], {}, silent);
    expect(heard).toEqual(run());
    agents({});
    expect(await lookAt(2000 + GRACE, [FIRST], {}, heard)).toMatchObject({ outcome: RUNNING, run: { silentSince: after(2000 + GRACE) } });
  });

  test('where SSM refuses to answer for one unknown instance, it is found among the others', async () => {
    const all = ids(50);
    const lost = all[36];
    ssm.on(DescribeInstanceInformationCommand).callsFake(({ Filters: [{ Values }] }) => {
      if (Values.includes(lost)) {
        throw new InvalidInstanceId({ message: 'not valid', Message: 'not valid', $metadata: {} });
      }
      return {
        InstanceInformationList: Values.map((id: string) => (
          { InstanceId: id, PingStatus: 'ConnectionLost', LastPingDateTime: new Date(START) })),
      };
    });
    const { run: silent, outcome } = await lookAt(2000, all);
    expect(outcome).toBe(RUNNING);
    expect(asked().length).toBeLessThanOrEqual(15);
    const status = await lookAt(2000 + GRACE, all, {}, silent);
    expect(status.result).toMatchObject({ outcome: Outcome.UNRESPONSIVE, instances: { total: 50, unresponsive: 50 } });
  });
});

describe('a server that has not taken the command', () => {
  test.each(['Pending', 'Delayed'])('%s: has all of the delivery time-out, because the program does not run there', async (details) => {
    agents({ [FIRST]: ['ConnectionLost', 0] });
    const at = (seconds: number) => look([invocation(FIRST, details)], { deliveryTimeoutSeconds: 3000 }, { now: after(seconds) });
    expect((await at(2999)).outcome).toBe(RUNNING);
    expect(asked()).toEqual([]);
    expect((await at(3000)).outcome).toBe(Outcome.UNRESPONSIVE);
  });
});

describe('with targets', () => {
  const target = async (TargetCount: number | undefined) => {
    agents({ [FIRST]: ['ConnectionLost', 0] });
    ssm.on(ListCommandsCommand).resolves({ Commands: [{ CommandId: COMMAND, ...SENT, Status: 'InProgress', TargetCount }] });
    listed([invocation(FIRST, 'InProgress'), invocation(SECOND, 'Success', 0)]);
    return handler(statusRequest({ job: taggedJob(), now: after(2000) }));
  };

  test('ends although SSM calls the command in progress, where all its targets are listed', async () => {
    expect((await target(2)).result).toMatchObject({ outcome: Outcome.UNRESPONSIVE, instances: { total: 2, succeeded: 1, unresponsive: 1 } });
  });

  test.each([[3], [undefined]])('goes on where there may be others: %p targets', async (count) => {
    expect((await target(count)).outcome).toBe(RUNNING);
    expect(asked()).toEqual([]);
  });
});

describe('calls', () => {
  test('50 instances a filter, all pages, none twice', async () => {
    const all = ids(120);
    ssm.on(DescribeInstanceInformationCommand).callsFake(({ Filters: [{ Values }], NextToken }) => NextToken || Values.length === 50
      ? {
        InstanceInformationList: Values.map((InstanceId: string) => (
          { InstanceId, PingStatus: 'ConnectionLost', LastPingDateTime: new Date(START) })),
      }
      : { InstanceInformationList: [], NextToken: 'more' });
    expect((await lookAtFleet(all)).result.instances).toMatchObject({ total: 120, unresponsive: 120 });
    const inputs = ssm.commandCalls(DescribeInstanceInformationCommand).map(({ args }) => args[0].input);
    expect(inputs.map(({ Filters, MaxResults, NextToken }) => [Filters![0].Values!.length, MaxResults, NextToken])).toEqual([
      // The first of them at a glance.
      [50, 50, undefined],
      [50, 50, undefined], [50, 50, undefined], [20, 50, undefined], [20, 50, 'more'],
    ]);
  });

  test('10,000 instances that run well take one call a look', async () => {
    const all = ids(10_000);
    agents(Object.fromEntries(all.map((id): [string, Agent] => [id, ['Online', 1990]])));
    const status = await lookAtFleet(all);
    expect(status.outcome).toBe(RUNNING);
    expect(asked()).toHaveLength(1);
  });

  test('10,000 instances that SSM refuses to answer for do not take a look for ever: the run goes on', async () => {
    const all = ids(10_000);
    ssm.on(DescribeInstanceInformationCommand).rejects(new InvalidInstanceId({ message: 'no', Message: 'no', $metadata: {} }));
    const status = await lookAtFleet(all);
    expect(status.outcome).toBe(RUNNING);
    expect(status.run).not.toHaveProperty('silentSince');
    // Those of the first command at a glance: 50, in halves down to each one.
    expect(asked()).toHaveLength(99 + 250);
  });

  test('an error is logged, and says nothing of the run', async () => {
    ssm.on(DescribeInstanceInformationCommand).rejects(new Error('Rate exceeded'));
    expect((await lookAt(4000)).outcome).toBe(RUNNING);
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(['agents not asked', 'run polled']);
  });

  test('none where all instances have ended', async () => {
    await look([invocation(FIRST, 'Success', 0)], {}, { now: after(2000) });
    expect(asked()).toEqual([]);
  });
});

test('a further attempt is old enough when it is, not when its run is', async () => {
  agents({ [FIRST]: ['ConnectionLost', -5000] });
  const again = { attempt: 2, startedAt: after(-5000), sentAt: after(0), instanceIds: [FIRST] };
  expect((await lookAt(GRACE - 1, [FIRST], {}, again)).outcome).toBe(RUNNING);
  expect((await lookAt(GRACE, [FIRST], {}, again)).outcome).toBe(Outcome.UNRESPONSIVE);
});

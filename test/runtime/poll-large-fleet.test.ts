import type { CommandInvocation, InstanceInformation } from '@aws-sdk/client-ssm';
import { after, EXECUTION, ids, invocation, job, run, statusRequest, taggedJob } from './samples';
import { world } from './world';
import { GetStatusRequest, JobSettings, Outcome, Run, RUNNING, Status } from '../../src/protocol';
import { chunks } from '../../src/runtime/command-input';
import { judgeInvocation } from '../../src/runtime/invocation';
import { pollEnded, poll } from '../../src/runtime/poll';
import type { World } from '../../src/runtime/world';
import { array, assert, asyncProperty, boolean, constantFrom, integer } from '../support/seeded';

/** SSM, as far as a look needs it: each instance has one of its words, and lists are read as often as they are asked for. */
class Fleet {
  public readonly calls: string[] = [];
  public readonly logged: string[] = [];
  /** Agents that are silent, by their instance. */
  public silent: string[] = [];

  /** @param commands the instances of each command, with their words */
  constructor(private readonly commands: { readonly [commandId: string]: readonly CommandInvocation[] }) {}

  public someRunning = async (commandId: string): Promise<CommandInvocation[]> => {
    this.calls.push(`running ${commandId}`);
    const running = this.commands[commandId].filter(({ Status: plain }) => plain === 'InProgress').slice(0, 50);
    return running.map(({ CommandPlugins, ...rest }) => rest);
  };

  public async invocations(commandId: string): Promise<CommandInvocation[]> {
    this.calls.push(`all ${commandId}`);
    return [...this.commands[commandId]];
  }

  public async command(commandId: string) {
    this.calls.push(`command ${commandId}`);
    const all = this.commands[commandId];
    const hasEnded = all.every((one) => judgeInvocation(job(), one).outcome !== RUNNING);
    return { CommandId: commandId, Status: hasEnded ? 'Success' as const : 'InProgress' as const, TargetCount: all.length };
  }

  public agents = async (instanceIds: string[]): Promise<InstanceInformation[]> => {
    this.calls.push(`agents of ${instanceIds.length}`);
    return instanceIds.map((InstanceId) => this.silent.includes(InstanceId)
      ? { InstanceId, PingStatus: 'ConnectionLost', LastPingDateTime: new Date(after(0)) }
      : { InstanceId, PingStatus: 'Online' });
  };

  public world(): World {
    return world({
      ssm: {
        someRunning: async (commandId) => this.someRunning(commandId),
        invocations: async (commandId) => this.invocations(commandId),
        command: async (commandId) => this.command(commandId),
        agents: async (instanceIds) => this.agents(instanceIds),
      },
      log: (message) => void this.logged.push(message),
    });
  }
}

const GOES_ON = 'InProgress';

function words(instanceIds: readonly string[], wordOf: (i: number) => string): CommandInvocation[] {
  return instanceIds.map((id, i) => invocation(id, wordOf(i), wordOf(i) === 'Success' ? 0 : undefined));
}

/** A fleet that is found by its tag: one command. */
function tagged(size: number, wordOf: (i: number) => string): Fleet {
  return new Fleet({ c1: words(ids(size), wordOf) });
}

/** A fleet by name: a command for every 50. */
function named(size: number, wordOf: (i: number) => string): Fleet {
  const parts = chunks(job({ instanceIds: ids(size) }), run());
  return new Fleet(Object.fromEntries(parts.map((part, c) => [`c${c + 1}`, words(part, (i) => wordOf(c * 50 + i))])));
}

const TAGGED: Partial<GetStatusRequest> = { job: taggedJob(), run: run({ commands: [{ commandId: 'c1' }] }) };

function byName(size: number, settings: Partial<JobSettings> = {}, aRun: Partial<Run> = {}): Partial<GetStatusRequest> {
  const settled = job({ instanceIds: ids(size), ...settings });
  const commands = chunks(settled, run(aRun)).map((_, i) => ({ commandId: `c${i + 1}` }));
  return { job: settled, run: run({ commands, ...aRun }) };
}

const look = (fleet: Fleet, request: Partial<GetStatusRequest>): Promise<Status> => poll(statusRequest(request), fleet.world());

describe('a large fleet that runs', () => {
  test('by tag: the size of it, and one page of what runs', async () => {
    const fleet = tagged(10_000, (i) => i < 9_990 ? 'Success' : GOES_ON);
    const status = await look(fleet, TAGGED);
    expect(fleet.calls).toEqual(['command c1', 'running c1']);
    expect(status.outcome).toBe(RUNNING);
    expect(status.result.instances).toMatchObject({ total: 10_000, running: 10_000, succeeded: 0 });
  });

  test('by name: the commands up to the first one that runs', async () => {
    const fleet = named(500, (i) => i < 100 ? 'Success' : GOES_ON);
    const status = await look(fleet, byName(500));
    expect(fleet.calls).toEqual(['running c1', 'running c2', 'running c3']);
    expect(status.result.instances).toMatchObject({ total: 500, running: 500 });
  });

  test('by name, of those that a tag has found, when only they are tried again: the size is known', async () => {
    const fleet = named(100, () => GOES_ON);
    const status = await look(fleet, byName(100, { instanceIds: [], targets: taggedJob().targets }, { attempt: 2, instanceIds: ids(100) }));
    expect(fleet.calls).toEqual(['running c1']);
    expect(status.result.instances).toMatchObject({ total: 100, running: 100 });
  });

  test('a command that was refused is not asked for', async () => {
    const fleet = named(150, () => GOES_ON);
    const commands = ['', 'c2', 'c3'].map((commandId) => (commandId ? { commandId } : { refusal: { code: 'InvalidInstanceId', message: 'i-00000000000000001' } }));
    const status = await look(fleet, byName(150, {}, { commands }));
    expect(fleet.calls).toEqual(['running c2']);
    expect(status.result.instances).toMatchObject({ total: 150, running: 100, undelivered: 50 });
  });

  test('what earlier attempts have settled counts', async () => {
    const settled = { counts: { ...ZERO, total: 900, succeeded: 900 }, failures: [], fineExitCode: 0, attempts: 1, overlaps: 0 };
    const status = await look(named(100, () => GOES_ON), byName(100, {}, { attempt: 2, settled: settled as Run['settled'] }));
    expect(status.result.instances).toMatchObject({ total: 1000, succeeded: 900, running: 100 });
  });
});

describe('all are looked at', () => {
  const everything = (fleet: Fleet) => fleet.calls.filter((call) => call.startsWith('all'));

  test.each(['Pending', 'Delayed', 'Cancelling'])('where nothing is in progress: %s', async (word) => {
    const fleet = tagged(60, (i) => i < 59 ? 'Success' : word);
    const status = await look(fleet, TAGGED);
    expect(everything(fleet)).toHaveLength(1);
    expect(status.result.instances).toMatchObject({ total: 60, running: 1, succeeded: 59 });
  });

  test('where all have ended', async () => {
    const fleet = named(120, (i) => i === 70 ? 'Failed' : 'Success');
    const status = await look(fleet, byName(120));
    expect(everything(fleet)).toHaveLength(3);
    expect(status).toMatchObject({ outcome: Outcome.FAILED, result: { instances: { total: 120, failed: 1, succeeded: 119 } } });
  });

  test('where what is listed as in progress has another status', async () => {
    const fleet = tagged(60, () => 'Success');
    fleet.someRunning = async () => words(ids(60), () => 'Success').slice(0, 50);
    expect((await look(fleet, TAGGED)).outcome).toBe(Outcome.SUCCEEDED);
  });

  test('where SSM does not list by status', async () => {
    const fleet = tagged(60, () => GOES_ON);
    fleet.someRunning = async () => {
      throw Object.assign(new Error('no such filter'), { name: 'InvalidFilterKey' });
    };
    expect((await look(fleet, TAGGED)).outcome).toBe(RUNNING);
    expect(everything(fleet)).toHaveLength(1);
    expect(fleet.logged).toContain('no sample');
  });

  test('where they fit into one page', async () => {
    const [one, fifty] = [named(50, () => GOES_ON), tagged(50, () => GOES_ON)];
    await look(one, byName(50));
    await look(fifty, TAGGED);
    expect([one.calls, fifty.calls]).toEqual([['all c1'], ['command c1', 'all c1']]);
  });

  test('where every instance counts: a run that is closed', async () => {
    const fleet = tagged(60, (i) => i < 59 ? 'Success' : GOES_ON);
    const { job: settings, run: aRun } = statusRequest(TAGGED);
    const ended = await pollEnded({ job: settings, run: aRun, executionId: EXECUTION, now: after(60) }, fleet.world());
    expect(ended.counts).toMatchObject({ succeeded: 59, running: 1 });
    expect(fleet.calls).toEqual(['command c1', 'all c1']);
  });

  test('at the deadline', async () => {
    const fleet = tagged(60, () => GOES_ON);
    expect((await look(fleet, { ...TAGGED, now: after(4500) })).outcome).toBe(Outcome.UNRESPONSIVE);
    expect(everything(fleet)).toHaveLength(1);
  });

  test('when the run is late, once: the mail has numbers', async () => {
    const fleet = tagged(60, (i) => i < 58 ? 'Success' : GOES_ON);
    const late = { ...TAGGED, job: taggedJob({ longRunningAfterSeconds: 600 }), now: after(600) };
    const status = await look(fleet, late);
    expect(status.notification.subject).toContain('2 of 60 instances');
    fleet.calls.length = 0;
    await look(fleet, { ...late, run: status.run, now: after(900) });
    expect(everything(fleet)).toEqual([]);
  });
});

describe('agents', () => {
  test('one that is heard of is enough', async () => {
    const fleet = tagged(1000, () => GOES_ON);
    fleet.silent = ids(49);
    const status = await look(fleet, { ...TAGGED, now: after(2000), run: { ...TAGGED.run!, silentSince: after(1900) } });
    expect(fleet.calls).toEqual(['command c1', 'running c1', 'agents of 50']);
    expect(status.run.silentSince).toBeUndefined();
  });

  test('where all of them are silent, the others are listened for', async () => {
    const fleet = tagged(100, () => GOES_ON);
    fleet.silent = ids(50);
    expect((await look(fleet, { ...TAGGED, now: after(2000) })).outcome).toBe(RUNNING);
    expect(fleet.calls.slice(2)).toEqual(['agents of 50', 'all c1', 'agents of 50', 'agents of 50']);
    fleet.silent = ids(100);
    expect((await look(fleet, { ...TAGGED, now: after(2000) })).outcome).toBe(Outcome.UNRESPONSIVE);
  });
});

test('a glance never says anything else than a look at all', async () => {
  let glances = 0;
  const word = constantFrom('Success', 'Success', 'Failed', 'InProgress', 'Pending', 'Delayed', 'Cancelling', 'Cancelled', 'ExecutionTimedOut');
  const agree = asyncProperty(
    boolean(), array(word, { minLength: 51, maxLength: 160 }), integer({ min: 0, max: 5000 }), integer({ min: 0, max: 160 }),
    async (isTagged, fleetWords, seconds, silent) => {
      const make = () => {
        const fleet = (isTagged ? tagged : named)(fleetWords.length, (i) => fleetWords[i]);
        fleet.silent = ids(silent);
        return fleet;
      };
      const request = { ...isTagged ? TAGGED : byName(fleetWords.length), now: after(seconds) };
      const [quick, thorough] = [make(), make()];
      thorough.someRunning = async () => { throw new Error('no'); };
      const [seen, known] = [await look(quick, request), await look(thorough, request)];
      expect(seen.outcome).toBe(known.outcome);
      expect(seen.waitSeconds).toBe(known.waitSeconds);
      expect(seen.run).toEqual(known.run);
      expect(seen.result.instances.total).toBe(known.result.instances.total);
      if (seen.outcome !== RUNNING) {
        expect(seen).toEqual(known);
      }
      const isGlance = !quick.calls.some((call) => call.startsWith('all'));
      if (isGlance) {
        expect(seen.result.instances.running).toBe(fleetWords.length);
      }
      glances += isGlance ? 1 : 0;
    },
  );
  await assert(agree, { numRuns: 500 });
  expect(glances).toBeGreaterThan(50);
});

const ZERO = { total: 0, succeeded: 0, failed: 0, timedOut: 0, undelivered: 0, cancelled: 0, unresponsive: 0, skipped: 0, running: 0 };

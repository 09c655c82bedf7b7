import { CommandInvocation, DescribeInstanceInformationCommand, ListCommandInvocationsCommand, ListCommandsCommand } from '@aws-sdk/client-ssm';
import { forget, ssm } from './poll-once';
import { after, COMMAND, FIRST, invocation, job, run, SECOND, SENT, statusRequest, taggedJob } from './samples';
import { JobSettings, Outcome, Run, RUNNING, Status } from '../../src/protocol';
import { DOUBT_SECONDS, totalSeconds } from '../../src/protocol/poll-plan';
import { handler } from '../../src/runtime/get-status.lambda';
import { array, assert, asyncProperty, constantFrom } from '../support/seeded';

/** One odd answer, whatever it lacks and whenever it comes, ends no run. */

beforeEach(forget);
afterEach(() => jest.restoreAllMocks());

const BOTH = job({ instanceIds: [FIRST, SECOND] });
const TAGGED = taggedJob();

interface Answers {
  readonly invocations?: CommandInvocation[];
  readonly command?: object;
  readonly agents?: object;
}

/** What SSM says while the program runs well. */
const WELL = {
  invocations: [invocation(FIRST, 'InProgress'), invocation(SECOND, 'InProgress')],
  command: { Commands: [{ CommandId: COMMAND, ...SENT, Status: 'InProgress', TargetCount: 2 }] },
  agents: { InstanceInformationList: [FIRST, SECOND].map((InstanceId) => ({ InstanceId, PingStatus: 'Online' })) },
};

const ODD: { readonly [name: string]: Answers } = {
  'an empty list of invocations': { invocations: [] },
  'no list of invocations': { invocations: undefined },
  'one invocation missing': { invocations: [WELL.invocations[0]] },
  'an invocation without an instance': { invocations: [{ Status: 'InProgress' }, WELL.invocations[1]] },
  'an invocation with an unknown status': { invocations: [invocation(FIRST, 'Dreaming'), WELL.invocations[1]] },
  'an invocation without a status': { invocations: [{ InstanceId: FIRST }, WELL.invocations[1]] },
  'no command': { command: { Commands: [] } },
  'nothing at all of the command': { command: {} },
  'no count of targets': { command: { Commands: [{ CommandId: COMMAND, ...SENT, Status: 'InProgress' }] } },
  'no agent': { agents: { InstanceInformationList: [] } },
  'nothing at all of agents': { agents: {} },
  'nothing of anything': { invocations: undefined, command: {}, agents: {} },
};

function answer(settings: JobSettings, aRun: Run, seconds: number, odd: Answers = {}): Promise<Status> {
  const { invocations, command, agents } = { ...WELL, ...odd };
  ssm.on(ListCommandInvocationsCommand).resolves({ CommandInvocations: invocations });
  ssm.on(ListCommandsCommand).resolves(command);
  ssm.on(DescribeInstanceInformationCommand).resolves(agents);
  return handler(statusRequest({ job: settings, run: aRun, now: after(seconds) }));
}

const moments = [10, 899, 900, 1800, 3600, totalSeconds(BOTH) - 1];
const cells = Object.keys(ODD).flatMap((name) => moments.map((seconds) => [name, seconds] as const));

describe.each([['with instance IDs', BOTH], ['with targets', TAGGED]])('%s', (_, settings) => {
  test.each(cells)('%s, %i seconds after the start, is asked again, and not at once', async (name, seconds) => {
    const status = await answer(settings, run(), seconds, ODD[name]);
    expect(status.outcome).toBe(RUNNING);
    expect(status.waitSeconds).toBeGreaterThanOrEqual(status.run.incompleteSince ? DOUBT_SECONDS : 1);
    const next = await answer(settings, status.run, seconds + status.waitSeconds);
    expect(next.run.incompleteSince).toBeUndefined();
  });

  test('two odd answers with a good one between them are two single ones', async () => {
    const odd = ODD['an empty list of invocations'];
    const first = await answer(settings, run(), 1000, odd);
    const good = await answer(settings, first.run, 1100);
    expect((await answer(settings, good.run, 1200, odd)).outcome).toBe(RUNNING);
  });
});

test('at the deadline, too: the program may have ended well', async () => {
  const status = await answer(BOTH, run(), totalSeconds(BOTH), { invocations: [] });
  expect(status).toMatchObject({ outcome: RUNNING, waitSeconds: DOUBT_SECONDS });
  const succeeded = [invocation(FIRST, 'Success', 0), invocation(SECOND, 'Success', 0)];
  expect((await answer(BOTH, status.run, totalSeconds(BOTH) + 30, { invocations: succeeded })).outcome).toBe(Outcome.SUCCEEDED);
});

test('although its agent is silent: the program may have ended before', async () => {
  const lost = { InstanceInformationList: [FIRST, SECOND].map((InstanceId) => ({ InstanceId, PingStatus: 'ConnectionLost', LastPingDateTime: new Date(after(0)) })) };
  expect((await answer(BOTH, run(), 3600, { invocations: [], agents: lost })).outcome).toBe(RUNNING);
});

test('an event that comes at once does not make one answer two', async () => {
  const odd = ODD['an empty list of invocations'];
  const first = await answer(BOTH, run(), 1000, odd);
  const second = await answer(BOTH, first.run, 1001, odd);
  expect(second.outcome).toBe(RUNNING);
  expect((await answer(BOTH, second.run, 1030, odd)).outcome).toBe(Outcome.UNRESPONSIVE);
});

test('what SSM lists in any order of odd and good answers ends no run before its deadline, unless two in a row are odd', async () => {
  const names = Object.keys(ODD).filter((name) => /invocation|command/.test(name) && !/status/.test(name));
  await assert(asyncProperty(array(constantFrom('', ...names), { minLength: 1, maxLength: 12 }), async (order) => {
    let aRun = run();
    let seconds = 900;
    for (const [i, name] of order.entries()) {
      if (name && order[i - 1]) {
        return;
      }
      const status = await answer(BOTH, aRun, seconds, ODD[name]);
      expect(status.outcome).toBe(RUNNING);
      aRun = status.run;
      seconds = Math.min(seconds + status.waitSeconds, totalSeconds(BOTH) - 1);
    }
  }), { numRuns: 100 });
});

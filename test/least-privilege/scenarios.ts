import { AppName, EC2_ID, HYBRID_ID, synthesize, TAGS } from './apps';
import { Ended, Seen, Stage } from './stage';
import { LocalRunOptions } from '../../src/local/run/local-run';
import { LocalRunResult } from '../../src/local/run/run-record';

/** How a scenario is played. */
export interface Pace {
  /** How many times faster waits pass, where no program must be met while it runs. */
  readonly speed: number;
  /** How long to wait for what may not come, in milliseconds. */
  readonly patience: number;
}

/** A run, or two, of which a user expects something. */
export interface Scenario {
  readonly app: AppName;
  readonly options?: LocalRunOptions;
  /** Whether a program must be met while it runs. */
  readonly isSlow?: boolean;
  readonly play: (stage: Stage, patience: number) => Promise<Seen>;
  readonly expected: Seen;
}

const BOTH = [EC2_ID, HYBRID_ID];
const LAST_LINE = 'line 1499 of the output';

const SUCCESS: Seen = { status: 'SUCCEEDED', error: undefined, late: false, outcomes: ['Succeeded'], tail: undefined, started: BOTH, running: [] };
const STOPPED: Seen = { status: 'ABORTED', error: undefined, late: false, outcomes: ['Cancelled'], tail: LAST_LINE, started: BOTH, running: [] };

/** Slow enough for a program to be stopped before it times out. */
const SLOW_SPEED = 20;

export const SCENARIOS = {
  'a run that succeeds': {
    app: 'named',
    play: async (stage, patience) => toEnd(stage, 'ok', patience),
    expected: SUCCESS,
  },
  'a run that fails after much output': {
    app: 'named',
    play: async (stage, patience) => toEnd(stage, 'fail', patience),
    expected: { ...SUCCESS, status: 'FAILED', error: 'CotsBatchJob.Failed', outcomes: ['Failed'], tail: LAST_LINE },
  },
  'a run whose start is not confirmed': {
    app: 'named',
    options: { faults: [{ operation: 'SendCommand', kind: 'loseResponse', calls: [1] }] },
    play: async (stage, patience) => toEnd(stage, 'ok', patience),
    expected: SUCCESS,
  },
  'a run whose servers die': {
    app: 'named',
    options: { instances: BOTH.map((instanceId) => ({ instanceId, tags: TAGS, fault: { kind: 'dies', afterSeconds: 60 } })) },
    play: async (stage, patience) => toEnd(stage, 'long', patience),
    expected: { ...SUCCESS, status: 'FAILED', error: 'CotsBatchJob.Unresponsive', outcomes: ['Unresponsive'], tail: LAST_LINE },
  },
  'a run that is stopped': {
    app: 'named',
    isSlow: true,
    play: async (stage, patience) => stopped(stage, 'Job', patience),
    expected: STOPPED,
  },
  'a run that is stopped, of which EventBridge tells twice': {
    app: 'named',
    isSlow: true,
    options: { faults: [{ operation: 'Deliver', kind: 'twice' }] },
    play: async (stage, patience) => stopped(stage, 'Job', patience),
    expected: STOPPED,
  },
  'a run of shared handlers that is stopped, after its job was given another topic': {
    app: 'shared',
    isSlow: true,
    play: async (stage, patience) => stopped(stage, 'Job', patience, () => stage.moveTopic()),
    expected: STOPPED,
  },
  'a run that asks a calendar': {
    app: 'named',
    options: { calendars: { Holidays: 'BEGIN:VCALENDAR\nX-CALENDAR-TYPE:DEFAULT_OPEN\nEND:VCALENDAR\n' } },
    play: async (stage) => stage.see(await stage.start('ok', 'Job', { onlyIfDue: true }).result),
    expected: SUCCESS,
  },
  'a run that ends another one': {
    app: 'named',
    isSlow: true,
    play: async (stage, patience) => {
      const first = stage.start('long');
      await until(() => stage.isReady(), patience);
      const second = await within(stage.start('ok').result, patience);
      const ended = await within(first.result, patience);
      return { ...stage.see(second), outcomes: [ended, second].flatMap((run) => stage.see(run).outcomes), tail: stage.see(ended).tail };
    },
    expected: { ...SUCCESS, outcomes: ['Cancelled', 'Succeeded'], tail: LAST_LINE },
  },
  'a rerun of a run that failed': {
    app: 'named',
    play: async (stage) => rerun(stage),
    expected: { ...SUCCESS, outcomes: ['Failed', 'Succeeded'], tail: LAST_LINE },
  },
  'a rerun by shared handlers of a run that failed': {
    app: 'shared',
    play: async (stage) => rerun(stage),
    // A success is no news.
    expected: { ...SUCCESS, outcomes: ['Failed'], tail: LAST_LINE },
  },
  'a run on servers that are found by tag': {
    app: 'tagged',
    play: async (stage, patience) => toEnd(stage, 'fail', patience),
    expected: { ...SUCCESS, status: 'FAILED', error: 'CotsBatchJob.Failed', outcomes: ['Failed'], tail: LAST_LINE },
  },
  'a run that succeeds after one that failed': {
    app: 'tagged',
    play: async (stage, patience) => {
      await toEnd(stage, 'fail', patience);
      return toEnd(stage, 'ok', patience);
    },
    expected: SUCCESS,
  },
  'a run on servers that are found by tag, that is stopped': {
    app: 'tagged',
    isSlow: true,
    play: async (stage, patience) => stopped(stage, 'Job', patience),
    expected: STOPPED,
  },
  'a run on the instances of a resource group': {
    app: 'grouped',
    play: async (stage) => stage.see(await stage.startPlain().result),
    expected: { ...SUCCESS, outcomes: [] },
  },
  'a run of a document of AWS': {
    app: 'document',
    play: async (stage) => stage.see(await stage.startPlain().result),
    expected: { ...SUCCESS, outcomes: [], started: [EC2_ID] },
  },
  'a run of which nobody is told': {
    app: 'silent',
    play: async (stage) => stage.see(await stage.startPlain().result),
    expected: { ...SUCCESS, outcomes: [], started: [EC2_ID] },
  },
  'a check that warns of a subscription': {
    app: 'checked',
    play: async (stage) => stage.see(await stage.check().result),
    expected: { ...SUCCESS, outcomes: ['Succeeded'], started: [] },
  },
  'a run whose wait an event ends': {
    app: 'resumed',
    play: async (stage, patience) => {
      const execution = stage.startPlain();
      // Ten minutes long, so that the event comes before the next look, however fast or slow this machine is.
      await until(() => stage.waited() >= 3, patience);
      stage.endProgram();
      const run = await execution.result;
      // Without the event, only a look of the plan finds that the program has ended.
      return { ...stage.see(run), late: !run.history.some(({ type, state }) => type === 'TaskSucceeded' && state === 'Wait') };
    },
    expected: { ...SUCCESS, outcomes: [], started: [EC2_ID] },
  },
  'a parent': {
    app: 'named',
    play: async (stage) => stage.see(await stage.start('ok', 'Parent').result),
    expected: SUCCESS,
  },
  'a parent that is stopped': {
    app: 'named',
    isSlow: true,
    play: async (stage, patience) => stopped(stage, 'Parent', patience),
    expected: STOPPED,
  },
} satisfies { [name: string]: Scenario };

export type ScenarioName = keyof typeof SCENARIOS;

export const SCENARIO_NAMES = Object.keys(SCENARIOS) as ScenarioName[];

/** A scenario that was played. */
export interface Played {
  readonly seen: Seen;
  readonly calls: Stage['calls'];
}

/**
 * Plays a scenario with an app of its own.
 *
 * @param edit changes the app before it is run
 */
export async function play(name: ScenarioName, { speed, patience }: Pace, edit: (cdkOut: string) => void = () => undefined): Promise<Played> {
  const scenario: Scenario = SCENARIOS[name];
  const { cdkOut, remove } = synthesize(scenario.app);
  try {
    edit(cdkOut);
    const stage = await Stage.open(cdkOut, { speed: scenario.isSlow ? SLOW_SPEED : speed, ...scenario.options });
    try {
      return { seen: await scenario.play(stage, patience), calls: stage.calls };
    } finally {
      await stage.close();
    }
  } finally {
    remove();
  }
}

async function toEnd(stage: Stage, mode: string, patience: number): Promise<Seen> {
  const run = await stage.start(mode).result;
  await until(() => stage.see(run).running.length === 0, patience);
  return stage.see(run);
}

/** The program fails, and is well when it is run again. */
async function rerun(stage: Stage): Promise<Seen> {
  const failed = await stage.start('failOnce').result;
  const again = await stage.rerun(failed.executionArn).result;
  const [first, second] = [stage.see(failed), stage.see(again)];
  return { ...second, outcomes: [...first.outcomes, ...second.outcomes], tail: first.tail };
}

async function stopped(stage: Stage, job: string, patience: number, before: () => void = () => undefined): Promise<Seen> {
  const execution = stage.start('long', job);
  await until(() => stage.isReady(), patience);
  before();
  execution.abort();
  const run = await within(execution.result, patience);
  // The result of a parent does not wait for its job to be closed.
  await until(() => stage.see(run).outcomes.length > 0 && stage.see(run).running.length === 0, patience);
  return stage.see(run);
}

/** What is known when patience ends. */
async function within(result: Promise<LocalRunResult>, patience: number): Promise<Ended> {
  let timer: NodeJS.Timeout | undefined;
  const nothing = new Promise<Ended>((resolve) => {
    timer = setTimeout(() => resolve({ status: 'RUNNING' as LocalRunResult['status'], notifications: [] }), patience);
  });
  try {
    return await Promise.race([result, nothing]);
  } finally {
    clearTimeout(timer);
  }
}

async function until(condition: () => boolean, patience: number): Promise<void> {
  for (let waited = 0; !condition() && waited < patience; waited += 20) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

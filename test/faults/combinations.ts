import { createHash } from 'node:crypto';
import { CLOSE_PATH } from './close-path';
import { EVENT_PATH } from './event-path';
import { CallName, Fault, FaultKind, KINDS, ONCE } from './fault';
import { FleetName, JobName } from './jobs';
import { Row } from './matrix';
import { START_PATH } from './start-path';
import { Cell, STOPPED, Trial } from './trial';
import { WATCH_PATH } from './watch-path';

/** The seed and the number of the combinations that docs/faults.md counts. */
export const SEED = 2026;
export const COUNT = 60;

const TWICE = [1, 2] as const;

/** They take real time, 6 to 20 seconds, or lead to an end without a word. Each is in the matrix. */
const LEFT_OUT: readonly string[] = ['timedOut', 'killedDuring', 'endEvent requestLost'];

/** Without one of them, nobody looks for the command. */
const UNCONFIRMED: readonly Pick<Fault, 'call' | 'kind'>[] = [
  { call: 'sendCommand', kind: 'answerLost' },
  { call: 'sendHandler', kind: 'answerLost' },
  { call: 'sendHandler', kind: 'killedAfter' },
];

/** Executions that end by themselves; a server that dies takes its time, and has a row of its own, as have those that a schedule starts. */
const RUNNING = [...START_PATH, ...WATCH_PATH].filter(({ given }) => !given.server && given.scheduledAgo === undefined);

/** Those that are stopped: what does not let them start would leave nothing to stop. */
const STOPPING = [...WATCH_PATH, ...CLOSE_PATH].filter(({ given }) => !given.server);

/**
 * Runs with two or three faults, of fleets of all sizes: the same ones for the same seed.
 *
 * @throws if the seed is not a whole number from 0, or the count not one from 1
 */
export function combinations(seed: number, count: number): Cell[] {
  if (!Number.isInteger(seed) || seed < 0 || !Number.isInteger(count) || count < 1) {
    throw new Error(`seed and count must be whole numbers from 0 and 1, got ${seed} and ${count}`);
  }
  return Array.from({ length: count }, (_, number) => {
    const random = new Random(`${seed}/${number}`);
    // Of its own, so that those that only poll are what they were before there were others.
    const hasEvents = new Random(`${seed}/${number}/events`).oneIn(3);
    const trial = random.oneIn(4) ? stopped(random, hasEvents) : unstopped(random, hasEvents);
    return { name: `${number} of seed ${seed}: ${describe(trial)}`, trial };
  });
}

function unstopped(random: Random, hasEvents: boolean): Trial {
  const rows = random.some(hasEvents ? [...RUNNING, ...EVENT_PATH] : RUNNING, 2 + random.below(2));
  const faults = rows.map((row) => faultOf(row, random));
  if (hits(faults, 'findHandler', 'findCommand') && !hits(faults, 'sendHandler', 'sendCommand')) {
    faults.push({ ...random.one(UNCONFIRMED), hits: ONCE });
  }
  const isBusy = hits(faults, 'listRunning', 'cancelRunning');
  const isFailing = rows.some(({ given }) => given.exitCode !== undefined) || random.oneIn(3);
  return {
    ...hasEvents ? { hasEvents, heldUntil: random.oneIn(2) ? 'waiting' : undefined } : {},
    fleet: isBusy ? 'one' : fleetFor(faults, random),
    faults,
    exitCode: isFailing ? 7 : undefined,
    output: hits(faults, 'getLogEvents') ? 30_000 : undefined,
    ...isBusy ? { job: 'cancelling', isBusy } : random.oneIn(5) ? { executions: 2, scheduledAgo: 0, job: random.one<JobName>(['nightly', 'nightlyLocking']) } : {},
    server: !isBusy && random.oneIn(8) ? { kind: 'undeliverable' } : undefined,
  };
}

function stopped(random: Random, hasEvents: boolean): Trial {
  const rows = random.some(hasEvents ? [...STOPPING, ...EVENT_PATH] : STOPPING, 2 + random.below(2));
  const faults = rows.map((row) => faultOf(row, random));
  const when = hits(faults, 'closeFind') ? 'sending' : hasEvents ? 'waiting' : 'running';
  return { ...STOPPED, ...hasEvents ? { hasEvents } : {}, fleet: fleetFor(faults, random), faults, stopped: when };
}

function faultOf({ call, endings }: Row, random: Random): Fault {
  const kinds = (Object.keys(endings) as FaultKind[]).filter((kind) => !LEFT_OUT.includes(kind) && !LEFT_OUT.includes(`${call} ${kind}`));
  return { call, kind: random.one(kinds), hits: random.one([ONCE, TWICE]) };
}

function fleetFor(faults: readonly Fault[], random: Random): FleetName {
  if (hits(faults, 'listCommand')) {
    return 'tagged';
  }
  // Many real processes take their time.
  return random.oneIn(20) ? 'many' : random.one<FleetName>(['one', 'one', 'three']);
}

function hits(faults: readonly Fault[], ...calls: CallName[]): boolean {
  return faults.some(({ call }) => calls.includes(call));
}

function describe({ hasEvents, fleet, faults = [], exitCode = 0, server, stopped: when, executions = 1 }: Trial): string {
  return [
    ...hasEvents ? ['with events'] : [],
    ...faults.map(({ call, kind, hits: [, last] }) => `${call} ${KINDS[kind]}${last > 1 ? ' twice' : ''}`),
    `fleet ${fleet}`,
    ...server ? ['one server stopped'] : [],
    ...when ? [`execution stopped while ${when}`] : [],
    ...executions > 1 ? [`${executions} deliveries`] : [],
    `exit code ${exitCode}`,
  ].join(', ');
}

/** Numbers that look random, the same ones for the same seed. */
export class Random {
  private count = 0;

  constructor(private readonly seed: string) {}

  /** From 0, below the limit. */
  public below(limit: number): number {
    return createHash('sha256').update(`${this.seed}/${this.count++}`).digest().readUInt32BE() % limit;
  }

  public one<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  /** True one time out of so many. */
  public oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** So many different ones, in their order. */
  public some<T>(items: readonly T[], count: number): T[] {
    const chosen = new Set<T>();
    while (chosen.size < count) {
      chosen.add(this.one(items));
    }
    return items.filter((item) => chosen.has(item));
  }
}

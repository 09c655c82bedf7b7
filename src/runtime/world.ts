import { setTimeout as sleep } from 'node:timers/promises';
import type { Logs } from './aws/logs';
import type { Sns } from './aws/sns';
import type { Ssm } from './aws/ssm';
import type { States } from './aws/states';
import type { Log } from './handler';
import { Status } from '../protocol';

/** The public calls of a client. */
type Calls<Client> = Pick<Client, keyof Client>;

/** All that handlers need of the world, by service. A function takes the part of it that it uses. */
export interface World {
  readonly ssm: Calls<Ssm>;
  readonly logs: Calls<Logs>;
  readonly states: Calls<States>;
  readonly sns: Calls<Sns>;
  readonly clock: Clock;
  readonly log: Log;
  /** Counts a run by its outcome. */
  record(status: Status): void;
}

/** Time, as a function has it. What time it is, the workflow says. */
export interface Clock {
  sleep(milliseconds: number): Promise<void>;
  /** A random number from 0 to 1: the pauses of several functions must not be alike. */
  random(): number;
  /** Milliseconds of a clock that only goes forward. */
  elapsed(): number;
  /** How long the function may still run, in milliseconds. */
  remaining(): number;
  /** @throws where the call takes longer: it goes on then, and nobody waits for it */
  within<T>(milliseconds: number, call: () => Promise<T>): Promise<T>;
}

/** @param remaining as Lambda has it, in milliseconds */
export function systemClock(remaining: () => number = () => 0): Clock {
  return {
    sleep: async (milliseconds) => sleep(milliseconds),
    random: Math.random,
    elapsed: () => performance.now(),
    remaining,
    within,
  };
}

async function within<T>(milliseconds: number, call: () => Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = async () => {
    await sleep(milliseconds, undefined, { signal: timer.signal });
    throw new Error(`no answer within ${Math.round(milliseconds / 1000)} seconds`);
  };
  try {
    return await Promise.race([call(), late()]);
  } finally {
    timer.abort();
  }
}

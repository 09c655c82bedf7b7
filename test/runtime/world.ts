import { COMMAND } from './samples';
import type { World } from '../../src/runtime/world';

/** The groups of a world, as far as a test needs them. */
export interface Parts extends Partial<Pick<World, 'log' | 'record'>> {
  readonly ssm?: Partial<World['ssm']>;
  readonly logs?: Partial<World['logs']>;
  readonly states?: Partial<World['states']>;
  readonly sns?: Partial<World['sns']>;
  readonly clock?: Partial<World['clock']>;
}

/** A world that takes every command, lists nothing, and in which no time passes, but for what is given. */
export function world({ ssm, logs, states, sns, clock, log = () => undefined, record = () => undefined }: Parts = {}): World {
  return {
    ssm: {
      sendCommand: async () => COMMAND,
      command: async () => undefined,
      cancel: async () => undefined,
      commands: async () => [],
      invocations: async () => [],
      someRunning: async () => [],
      agents: async () => [],
      calendar: async () => ({ state: 'OPEN' }),
      stepOutput: async () => ({ stdout: '', stderr: '' }),
      ...ssm,
    },
    logs: { create: async () => true, has: async () => false, end: async () => '', streams: async () => [], ...logs },
    states: {
      history: async () => [],
      currentJob: async () => { throw new Error('no definition'); },
      describe: async () => { throw new Error('no execution'); },
      list: async () => [],
      running: async () => [],
      startedSince: async () => [],
      succeedTask: async () => false,
      ...states,
    },
    sns: { notify: async () => undefined, unconfirmed: async () => [], ...sns },
    clock: {
      sleep: async () => undefined,
      random: () => 0.5,
      elapsed: () => 0,
      remaining: () => 0,
      within: async (_milliseconds, call) => call(),
      ...clock,
    },
    log,
    record,
  };
}

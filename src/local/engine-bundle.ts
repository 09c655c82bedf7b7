import { createRequire } from 'node:module';
import * as path from 'node:path';
import { StatesDefinition } from './definition';
import type { Clock } from './clock';

/** An event of the engine's own log, as far as it is read here. */
export interface EngineEvent {
  readonly type: string;
  readonly state?: { readonly name: string; readonly type: string; readonly input: unknown; readonly output?: unknown };
  readonly index?: number;
  readonly Error?: string;
}

/** What the engine hands to the loop of one run: of the state machine, of a branch, of an item of a Map. */
export interface EngineRunOptions {
  readonly runOptions: { readonly context?: object; readonly overrides?: object };
  readonly abortSignal: AbortSignal;
  readonly eventLogger: { dispatch(event: EngineEvent): void };
}

/** The engine's `StateMachine`; `execute` is its loop over the states, for every branch and item too. */
export interface EngineStateMachine {
  run(input: unknown, options: object): { abort(): void; readonly result: Promise<unknown> };
  execute(input: unknown, options: EngineRunOptions, cleanUp: () => void): Promise<unknown>;
}

export interface EngineExports {
  readonly StateMachine: new (definition: StatesDefinition, options: object) => EngineStateMachine;
  readonly ExecutionError: new (...args: never[]) => Error;
  readonly ExecutionAbortedError: new (...args: never[]) => Error;
  readonly ExecutionTimeoutError: new (...args: never[]) => Error;
}

type Bundle = (
  require: (id: string) => unknown, setTimeout: Clock['setTimeout'], clearTimeout: Clock['clearTimeout'], date: DateConstructor,
) => EngineExports;

/** The same place from src/local and from lib/local. */
const BUNDLE = path.join(__dirname, '../../assets/local/engine/index.js');

const load = createRequire(__filename);

/**
 * A fresh engine whose timers and whose time are the clock's.
 *
 * `aws-local-stepfunctions` is bundled into this package instead of being its dependency. Measured: the bundle has 79 KB; the
 * package would put 29 MB and 46 packages (the AWS SDK for its Lambda client, a validator, a command line) into the node_modules
 * of everyone who only synthesizes a stack. It also has no door for a clock: the bundle is a function of its timers.
 */
export function loadEngine(clock: Clock): EngineExports {
  definePromiseWithResolvers();
  const bundle = load(BUNDLE) as Bundle;
  const requireForEngine = (id: string): unknown => id.startsWith('@aws-sdk/') || id === 'asl-validator' ? {} : load(id);
  return bundle(requireForEngine, (callback, ms) => clock.setTimeout(callback, ms), (handle) => clock.clearTimeout(handle), dateOf(clock));
}

function dateOf(clock: Clock): DateConstructor {
  class ClockDate extends Date {
    static now(): number {
      return clock.now();
    }

    constructor(...args: []) {
      super(...(args.length === 0 ? [clock.now()] : args) as []);
    }
  }
  return ClockDate as unknown as DateConstructor;
}

/** The engine expects Node 22, which has it. */
function definePromiseWithResolvers(): void {
  if ('withResolvers' in Promise) return;
  Object.defineProperty(Promise, 'withResolvers', {
    configurable: true,
    writable: true,
    value: <T>() => {
      let resolve!: (value: T | PromiseLike<T>) => void;
      let reject!: (reason?: unknown) => void;
      const promise = new Promise<T>((onResolve, onReject) => {
        resolve = onResolve;
        reject = onReject;
      });
      return { promise, resolve, reject };
    },
  });
}

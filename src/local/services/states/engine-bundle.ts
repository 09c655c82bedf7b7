import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { StatesDefinition } from './definition';
import { Clock } from '../../aws/clock';

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
  run(input: unknown, options: object): { readonly result: Promise<unknown>; abort(): void };
  execute(input: unknown, options: EngineRunOptions, cleanUp: () => void): Promise<unknown>;
}

export interface EngineExports {
  readonly StateMachine: new (definition: StatesDefinition, options: object) => EngineStateMachine;
  readonly ExecutionError: new (...args: never[]) => Error;
  readonly ExecutionAbortedError: new (...args: never[]) => Error;
  readonly ExecutionTimeoutError: new (...args: never[]) => Error;
}

type Bundle = (
  require: (id: string) => unknown,
  setTimeout: Clock['setTimeout'],
  clearTimeout: Clock['clearTimeout'],
  date: DateConstructor,
) => EngineExports;

/** In the folder of this package. */
const BUNDLE = 'assets/local/engine/index.js';

/**
 * Repairs of the engine that nothing outside of it could make. It removes every backslash from what an intrinsic function
 * returns, which breaks JSON that `States.JsonToString` made of a text with line breaks; only a function's literals have escapes.
 */
const REPAIRS: readonly { readonly find: RegExp; readonly replacement: string }[] = [
  { find: /=\w+\.replaceAll\("\\\\",""\)/, replacement: '' },
  { find: /(lastIndexOf\("'"\);return \w+\.slice\(1,\w+\))/, replacement: '$1.replaceAll("\\\\","")' },
];

let bundle: Bundle | undefined;

/**
 * A fresh engine whose timers and whose time are the clock's.
 *
 * `aws-local-stepfunctions` is bundled into this package instead of being its dependency. Measured: the bundle has 79 KB; the
 * package would put 29 MB and 46 packages (the AWS SDK for its Lambda client, a validator, a command line) into the node_modules
 * of everyone who only synthesizes a stack. It also has no door for a clock: the bundle is a function of its timers.
 */
export function loadEngine(clock: Clock): EngineExports {
  definePromiseWithResolvers();
  bundle ??= readBundle();
  const load = createRequire(__filename);
  const requireForEngine = (id: string): unknown => (id.startsWith('@aws-sdk/') || id === 'asl-validator' ? {} : load(id));
  return bundle(
    requireForEngine,
    (callback, ms) => clock.setTimeout(callback, ms),
    (handle) => clock.clearTimeout(handle),
    dateOf(clock),
  );
}

/** From the sources, and from the bundle of the command line. */
function packageFolder(): string {
  let folder = __dirname;
  while (!fs.existsSync(path.join(folder, 'package.json'))) {
    folder = path.dirname(folder);
  }
  return folder;
}

function readBundle(): Bundle {
  const text = REPAIRS.reduce(
    (source, { find, replacement }) => {
      if (!find.test(source)) {
        throw new Error(`the state machine engine has changed: nothing in it matches ${find}`);
      }
      return source.replace(find, replacement);
    },
    fs.readFileSync(path.join(packageFolder(), BUNDLE), 'utf8'),
  );
  const module = { exports: undefined as unknown };
  new Function('module', text)(module);
  return module.exports as Bundle;
}

function dateOf(clock: Clock): DateConstructor {
  class ClockDate extends Date {
    public static now(): number {
      return clock.now();
    }

    constructor(...args: []) {
      super(...((args.length === 0 ? [clock.now()] : args) as []));
    }
  }
  return ClockDate as unknown as DateConstructor;
}

/** The engine expects Node 22, which has it. */
function definePromiseWithResolvers(): void {
  if ('withResolvers' in Promise) {
    return;
  }
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

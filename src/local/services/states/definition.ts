import { UsageError } from '../../app/errors';

/** A piece of the Amazon States Language: the parts that the local run reads. */
export interface StateDefinition {
  readonly Type: string;
  readonly Resource?: string;
  readonly [field: string]: unknown;
}

/** A state machine, a branch of a Parallel state or the processor of a Map state. */
export interface StatesDefinition {
  readonly StartAt: string;
  readonly States: { readonly [name: string]: StateDefinition };
  readonly TimeoutSeconds?: number;
  readonly [field: string]: unknown;
}

/** What a Task without a timeout has in Step Functions: three years. The engine would take a minute. */
const DEFAULT_TASK_TIMEOUT_SECONDS = 99_999_999;

/** How the resource of a task ends that waits for a callback. */
const CALLBACK = '.waitForTaskToken';

/** Where the engine finds the execution as it is everywhere: inside Parallel and Map it has a branch's input in `Execution`. */
export const EXECUTION_CONTEXT = 'RootExecution';

/** Where the engine finds the timeout of a task, in `$$.Task`: it would look for its path in what the state's `Parameters` make. */
export const TIMEOUT_CONTEXT = 'TimeoutSeconds';

/** Fields that the engine does not know and would ignore silently. */
const UNKNOWN_FIELDS = ['Assign', 'Arguments', 'Output', 'Condition'];

const TYPE_TESTS = ['IsPresent', 'IsNull', 'IsNumeric', 'IsString', 'IsBoolean', 'IsTimestamp'];

/**
 * A copy of a definition that makes the engine behave as Step Functions does where the two differ: the timeout of tasks,
 * `ResultPath` of `$`, negative type tests (`"IsPresent": false` never matches in the engine) and `$$.Execution` in branches.
 *
 * @throws UsageError if the definition uses JSONata or variables, which the engine runs silently wrong, or waits for heartbeats
 */
export function adaptDefinition(definition: StatesDefinition): StatesDefinition {
  return adaptStates(JSON.parse(JSON.stringify(definition)) as StatesDefinition, 'the state machine');
}

function adaptStates(definition: StatesDefinition, owner: string): StatesDefinition {
  refuseJsonata(definition, owner);
  const states = Object.entries(definition.States).map(([name, state]) => [name, adaptState(name, state)]);
  return { ...definition, States: Object.fromEntries(states) };
}

function adaptState(name: string, state: StateDefinition): StateDefinition {
  const owner = `state '${name}'`;
  refuseJsonata(state, owner);
  for (const field of UNKNOWN_FIELDS) {
    if (field in state) {
      throw new UsageError(`${owner} has '${field}', which the local run's state machine engine does not know`);
    }
  }
  const adapted: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(state)) {
    if (key === 'Branches') {
      adapted[key] = (value as StatesDefinition[]).map((branch) => adaptStates(branch, owner));
    } else if (key === 'ItemProcessor' || key === 'Iterator') {
      adapted[key] = adaptStates(value as StatesDefinition, owner);
    } else if (key === 'Choices') {
      adapted[key] = (value as unknown[]).map(adaptRule);
    } else if (key === 'ResultPath') {
      adaptResultPath(adapted, value);
    } else if (key === 'Catch') {
      adapted[key] = (value as Record<string, unknown>[]).map(({ ResultPath, ...catcher }) =>
        adaptResultPath(catcher, ResultPath),
      );
    } else {
      adapted[key] = adaptPaths(key, value);
    }
  }
  if (state.Type === 'Task') {
    adaptTask(owner, state, adapted);
  }
  return adapted as unknown as StateDefinition;
}

function adaptTask(owner: string, state: StateDefinition, adapted: Record<string, unknown>): void {
  if (timeoutPath(state) !== undefined) {
    adapted.TimeoutSecondsPath = `$$.Task.${TIMEOUT_CONTEXT}`;
  } else if (state.TimeoutSeconds === undefined && state.TimeoutSecondsPath === undefined) {
    adapted.TimeoutSeconds = DEFAULT_TASK_TIMEOUT_SECONDS;
  }
  const heartbeat = ['HeartbeatSeconds', 'HeartbeatSecondsPath'].find((field) => field in state);
  if (heartbeat !== undefined && waitsForCallback(state)) {
    throw new UsageError(`${owner} has '${heartbeat}' and waits for a callback: the local run does not know heartbeats`);
  }
}

function refuseJsonata(part: { readonly [field: string]: unknown }, owner: string): void {
  if (part.QueryLanguage === 'JSONata') {
    throw new UsageError(`${owner} has the query language JSONata, which the local run's state machine engine does not know`);
  }
}

/** The engine takes `$` for a field of that name, where it means the whole result: the same as no `ResultPath`. */
function adaptResultPath(target: Record<string, unknown>, path: unknown): Record<string, unknown> {
  if (path === undefined || path === '$') {
    return target;
  }
  target.ResultPath = typeof path === 'string' && path.startsWith('$[') ? path.slice(1) : path;
  return target;
}

function adaptRule(rule: unknown): unknown {
  if (typeof rule !== 'object' || rule === null) {
    return rule;
  }
  const adapted: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rule)) {
    if (key === 'And' || key === 'Or') {
      adapted[key] = (value as unknown[]).map(adaptRule);
    } else if (key === 'Not') {
      adapted[key] = adaptRule(value);
    } else {
      adapted[key] = adaptPaths(key, value);
    }
  }
  const test = TYPE_TESTS.find((name) => adapted[name] === false);
  if (test === undefined) {
    return adapted;
  }
  const { Next, ...condition } = adapted;
  return { ...(Next === undefined ? {} : { Next }), Not: { ...condition, [test]: true } };
}

/** Paths are the values of `Variable`, of fields that end in `Path` and of template fields that end in `.$`. */
function adaptPaths(key: string, value: unknown): unknown {
  if (typeof value === 'string') {
    const isPath = key.endsWith('.$') || key.endsWith('Path') || key === 'Variable';
    return isPath ? value.replace(/\$\$\.Execution\b/g, () => `$$.${EXECUTION_CONTEXT}`) : value;
  }
  if (Array.isArray(value)) {
    return value.map((item) => adaptPaths('', item));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, adaptPaths(name, field)]));
  }
  return value;
}

/** A state, and the Parallel or Map state that it is in. */
export interface FoundState {
  readonly state: StateDefinition;
  /** @default - it is a state of the state machine itself */
  readonly owner?: { readonly name: string; readonly type: string };
}

/** Finds a state by its name, which is unique within a state machine, its branches included. */
export function findState(definition: StatesDefinition, name: string, owner?: FoundState['owner']): FoundState | undefined {
  if (Object.hasOwn(definition.States, name)) {
    return { state: definition.States[name], owner };
  }
  for (const [inside, { Type, Branches = [], ItemProcessor, Iterator }] of Object.entries(definition.States)) {
    const parts = [...(Branches as StatesDefinition[]), ItemProcessor, Iterator] as (StatesDefinition | undefined)[];
    for (const part of parts) {
      const found = part && findState(part, name, { name: inside, type: Type });
      if (found) {
        return found;
      }
    }
  }
  return undefined;
}

/** Whether a task ends with a callback, not with the answer of what it calls. */
export function waitsForCallback({ Resource = '' }: StateDefinition): boolean {
  return Resource.endsWith(CALLBACK);
}

/** What a task calls, whether or not it waits for a callback. */
export function calledResource({ Resource = '' }: StateDefinition): string {
  return Resource.endsWith(CALLBACK) ? Resource.slice(0, -CALLBACK.length) : Resource;
}

/** Where in the input of a task its timeout is; undefined if it is not there. */
export function timeoutPath({ TimeoutSecondsPath }: StateDefinition): string | undefined {
  const path = String(TimeoutSecondsPath ?? '');
  return path.startsWith('$') && !path.startsWith('$$') ? path : undefined;
}

/** The part of Amazon States Language that the definitions of this package use. */
export interface StateMachineDefinition {
  readonly StartAt: string;
  readonly States: { [name: string]: State };
  readonly Comment?: string;
  readonly TimeoutSeconds?: number;
}

export interface State {
  readonly Type: 'Choice' | 'Fail' | 'Parallel' | 'Pass' | 'Succeed' | 'Task' | 'Wait';
  readonly Comment?: string;
  readonly Next?: string;
  readonly End?: boolean;
  readonly Catch?: { ErrorEquals: string[]; ResultPath?: string; Next: string }[];
  readonly Retry?: { ErrorEquals: string[]; [field: string]: unknown }[];
  readonly Choices?: Rule[];
  readonly Default?: string;
  readonly Branches?: StateMachineDefinition[];
  readonly Parameters?: { [field: string]: unknown };
  readonly Resource?: string;
  readonly [field: string]: unknown;
}

export interface Rule {
  readonly Next?: string;
  readonly Variable?: string;
  readonly StringEquals?: string;
  readonly StringMatches?: string;
  readonly IsPresent?: boolean;
  readonly IsString?: boolean;
  readonly BooleanEquals?: boolean;
  readonly And?: Rule[];
  readonly Or?: Rule[];
  readonly Not?: Rule;
}

/** The state that a Choice goes on to. */
export function choose(state: State, data: unknown): string | undefined {
  return state.Choices!.find((rule) => holds(rule, data))?.Next ?? state.Default;
}

/**
 * The states that follow one another while only choices and notifications are in between: what a status leads to.
 */
export function pathFrom(definition: StateMachineDefinition, start: string, data: unknown): string[] {
  const path = [start];
  for (let state = definition.States[start]; path.length < 20; state = definition.States[path.at(-1)!]) {
    const goesOn = state.Type === 'Pass' || path.at(-1)!.startsWith('Notify');
    const next = state.Type === 'Choice' ? choose(state, data) : goesOn ? state.Next : undefined;
    if (next === undefined) {
      return path;
    }
    path.push(next);
  }
  throw new Error(`endless: ${path.join(', ')}`);
}

/** The names of the states that a state may go on to. */
function successors(state: State): string[] {
  return [state.Next, state.Default, ...[...state.Catch ?? [], ...state.Choices ?? []].map(({ Next }) => Next)]
    .filter((name): name is string => name !== undefined);
}

/** The names of all states that can be reached. */
export function reachable(definition: StateMachineDefinition): Set<string> {
  const names = new Set([definition.StartAt]);
  for (const name of names) {
    successors(definition.States[name]).forEach((next) => names.add(next));
  }
  return names;
}

function holds(rule: Rule, data: unknown): boolean {
  if (rule.And) {
    return rule.And.every((part) => holds(part, data));
  }
  if (rule.Or) {
    return rule.Or.some((part) => holds(part, data));
  }
  if (rule.Not) {
    return !holds(rule.Not, data);
  }
  const value = read(rule.Variable!, data);
  if (rule.IsPresent !== undefined) {
    return (value !== undefined) === rule.IsPresent;
  }
  if (value === undefined) {
    // As Step Functions has it: the execution ends, and no Catch sees it.
    throw new Error(`States.Runtime: ${rule.Variable} is missing`);
  }
  if (rule.IsString !== undefined) {
    return (typeof value === 'string') === rule.IsString;
  }
  if (rule.StringEquals !== undefined) {
    return value === rule.StringEquals;
  }
  if (rule.BooleanEquals !== undefined) {
    return value === rule.BooleanEquals;
  }
  if (rule.StringMatches !== undefined) {
    const pattern = rule.StringMatches.split('*').map((text) => text.replace(/[^\w]/g, '\\$&')).join('[^]*');
    return typeof value === 'string' && new RegExp(`^${pattern}$`).test(value);
  }
  throw new Error(`unknown rule ${JSON.stringify(rule)}`);
}

function read(path: string, data: unknown): unknown {
  return path.split('.').slice(1).reduce((value, field) => (value as { [name: string]: unknown } | undefined)?.[field], data);
}

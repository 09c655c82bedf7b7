import { Arrow, Box, diagram } from './diagram';
import { Palette } from './theme';
import { Rule, State, StateMachineDefinition } from '../support/state-machine';

/** A way from a state to another one. */
interface Transition {
  readonly from: string;
  readonly to: string;
  /** What must hold, in the words of the definition. */
  readonly conditions: string[];
  /** Taken where a state fails, and only there. */
  readonly isCatch: boolean;
}

/** The definition of a state machine as a picture: every state, and every way between them. */
export function drawStateMachine(definition: StateMachineDefinition): (palette: Palette) => string {
  const names = inOrder(definition);
  const transitions = names.flatMap((name) => transitionsOf(name, definition.States[name]));
  return diagram({
    title: `State machine: ${definition.Comment}`,
    description: `${names.length} states, from ${definition.StartAt} on. ${transitions.map(inWords).join('. ')}.`,
    boxes: names.map((name): Box => ({ id: name, name, note: definition.States[name].Comment, ...kindOf(definition.States[name]) })),
    arrows: transitions.map(({ from, to, conditions, isCatch }): Arrow =>
      ({ from, to, label: isCatch ? 'error' : conditions.join(', '), kind: isCatch ? 'error' : 'main' })),
  });
}

/** As a reader meets them: each state after one that leads to it. */
function inOrder(definition: StateMachineDefinition): string[] {
  const names = new Set([definition.StartAt]);
  for (const name of names) {
    transitionsOf(name, definition.States[name]).forEach(({ to }) => names.add(to));
  }
  return [...names];
}

/** One for each state that may follow. */
export function transitionsOf(from: string, { Choices = [], Next, Default, Catch = [] }: State): Transition[] {
  const merged = new Map<string, Transition>();
  const add = (to: string, conditions: string[], isCatch = false) => {
    const same = merged.get(to);
    merged.set(to, same ? { ...same, conditions: [...new Set([...same.conditions, ...conditions])] } : { from, to, conditions, isCatch });
  };
  Choices.forEach((rule) => add(rule.Next!, conditionsOf(rule)));
  if (Next !== undefined) {
    add(Next, []);
  }
  if (Default !== undefined) {
    add(Default, ['anything else']);
  }
  Catch.forEach((handler) => add(handler.Next, [], true));
  return [...merged.values()];
}

/** What a rule asks for: the values of texts, and the bounds of times. Whether a field is there at all is left out. */
function conditionsOf(rule: Rule & { TimestampLessThanPath?: string }): string[] {
  const parts = [...rule.And ?? [], ...rule.Or ?? []].flatMap(conditionsOf);
  const own = rule.StringEquals ?? (rule.TimestampLessThanPath && `before ${rule.TimestampLessThanPath.split('.').at(-1)}`);
  return own === undefined ? parts : [own, ...parts];
}

function inWords({ from, to, conditions, isCatch }: Transition): string {
  return `${from} to ${to}${isCatch ? ' on an error' : conditions.length > 0 ? ` (${conditions.join(', ')})` : ''}`;
}

function kindOf({ Type, Resource }: State): Pick<Box, 'colour' | 'tag'> {
  const service = Resource?.includes(':sns:') ? 'SNS' : 'Lambda';
  const kinds: { [type in State['Type']]: Pick<Box, 'colour' | 'tag'> } = {
    Choice: { tag: 'Choice', colour: 'muted' },
    Fail: { tag: 'Fail', colour: 'bad' },
    Parallel: { tag: 'Parallel', colour: 'muted' },
    Pass: { tag: 'Pass', colour: 'muted' },
    Succeed: { tag: 'Succeed', colour: 'good' },
    Task: { tag: service, colour: 'accent' },
    Wait: { tag: 'Wait', colour: 'wait' },
  };
  return kinds[Type];
}

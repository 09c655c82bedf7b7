import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { State } from 'aws-cdk-lib/aws-stepfunctions';
import { SYNTH_DESIGNS } from './designs';

/** How many of each kind a stack has. */
function counts(kinds: string[]): { [kind: string]: number } {
  return Object.fromEntries([...new Set(kinds)].sort().map((kind) => [kind, kinds.filter((other) => other === kind).length]));
}

function partsOf(label: string): { resources: object; states: object } {
  const stack = new Stack(new App(), 'Stack');
  SYNTH_DESIGNS.find((design) => design.label === label)!.add(stack, ['Job'], '');
  const { Resources } = Template.fromStack(stack).toJSON() as { Resources: { [id: string]: { Type: string } } };
  const states = stack.node.findAll().filter((construct) => construct instanceof State);
  return {
    resources: counts(Object.values(Resources).map(({ Type }) => Type)),
    states: counts(states.map((state) => state.constructor.name)),
  };
}

test('a job is compared with the same parts: as many resources and states of each type', () => {
  const byHand = partsOf('the same parts as `POLLING`, by hand');
  expect(byHand).toEqual(partsOf('`CotsBatchJob`, `POLLING`'));
  expect(byHand.states).toMatchObject({ LambdaInvoke: 3, SnsPublish: 1 });
});

import { Arrow, Box, Colour, diagram } from './diagram';
import { Palette } from './theme';
import { SynthesizedJob } from '../support/synth';

/** A resource of the template, with references as texts: `<path of its construct>`. Untyped, as a template is. */
interface Resource {
  readonly path: string;
  readonly type: string;
  readonly properties: any;
}

interface Statement {
  readonly Action: string | string[];
  readonly Resource: string | string[];
}

const LOG_GROUP = 'AWS::Logs::LogGroup';

/** What a reader wants to see. Roles, policies and permissions are arrows. */
const KINDS: { readonly [type: string]: { readonly tag: string; readonly colour: Colour; readonly note: (properties: any) => string } } = {
  'AWS::Scheduler::Schedule': {
    tag: 'Scheduler', colour: 'wait', note: ({ ScheduleExpression, ScheduleExpressionTimezone }) => `${ScheduleExpression} ${ScheduleExpressionTimezone}`,
  },
  'AWS::StepFunctions::StateMachine': {
    tag: 'Step Functions', colour: 'accent', note: ({ DefinitionString }) => `${Object.keys(JSON.parse(DefinitionString).States).length} states`,
  },
  'AWS::Lambda::Function': { tag: 'Lambda', colour: 'accent', note: ({ Description }) => Description ?? '' },
  'AWS::Events::Rule': { tag: 'EventBridge', colour: 'wait', note: ({ Description }) => Description },
  'AWS::SSM::Document': { tag: 'SSM document', colour: 'accent', note: ({ Content }) => Content.mainSteps.map(({ action }: { action: string }) => action).join(', ') },
  'AWS::SNS::Topic': { tag: 'SNS', colour: 'bad', note: () => '' },
  'AWS::SNS::Subscription': { tag: 'Subscription', colour: 'bad', note: ({ Protocol }) => Protocol },
  [LOG_GROUP]: { tag: 'Log group', colour: 'muted', note: ({ RetentionInDays }) => `Kept for ${RetentionInDays} days.` },
};

const RUN_COMMAND: Box = { id: 'ssm', name: 'Run Command', tag: 'Systems Manager', colour: 'good', isOutside: true };
const INSTANCES: Box = { id: 'instances', name: 'Instances', tag: 'EC2', colour: 'good', isOutside: true };

/** What a job makes, and who talks to whom: what the template says of references and rights. */
export function drawArchitecture(synthesized: SynthesizedJob): (palette: Palette) => string {
  const resources = resourcesOf(synthesized);
  const shown = resources.filter(({ type }) => type in KINDS);
  const { arrows, instances } = arrowsOf(shown, resources);
  const boxes: Box[] = [
    ...shown.map((resource) => ({ id: resource.path, name: nameOf(resource), ...KINDS[resource.type], note: noteOf(resource, shown, resources) })),
    RUN_COMMAND,
    { ...INSTANCES, name: instances.length > 1 ? 'Instances' : 'Instance', note: instances.join(', ') },
  ];
  const name = (id: string) => boxes.find((box) => box.id === id)!.name;
  return diagram({
    title: `What the job ${synthesized.job.node.id} makes, and who talks to whom`,
    description: `${boxes.map((box) => `${box.name} (${box.tag})`).join(', ')}. `
      + `${arrows.map(({ from, to, label }) => `${name(from)} to ${name(to)}${label ? ` (${label})` : ''}`).join('. ')}.`,
    boxes,
    arrows,
  });
}

function resourcesOf(synthesized: SynthesizedJob): Resource[] {
  return Object.entries<any>(synthesized.template.toJSON().Resources).map(([logicalId, { Type, Properties }]) => ({
    path: synthesized.readable({ Ref: logicalId }).slice(1, -1),
    type: Type,
    properties: synthesized.readable(Properties),
  }));
}

/** The last ID of a construct that says more than the type does, in words: `Send command`, `Output`. */
function nameOf({ path, type }: Resource): string {
  const ids = path.split('/');
  const id = type.endsWith(`::${ids.at(-1)}`) && ids.length > 2 ? ids.at(-2)! : ids.at(-1)!;
  return id.includes('@') ? id : id.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** In the words of the template. Everything writes logs: who does, and who reads them, is said where they are, without arrows. */
function noteOf(resource: Resource, shown: Resource[], all: Resource[]): string {
  const note = KINDS[resource.type].note(resource.properties).replace(/(of )?batch job \S+/, '$1the job');
  if (resource.type !== LOG_GROUP) {
    return note;
  }
  const names = (resources: Resource[]) => resources.map(nameOf).join(', ');
  const mayWrite = (owner: Resource) => statementsOf(owner, all).some((statement) => !isRead(statement) && refersTo(statement.Resource, resource));
  const writers = shown.filter((owner) => refersTo(owner.properties.LoggingConfiguration, resource) || mayWrite(owner));
  const readers = shown.filter((owner) => statementsOf(owner, all).some((statement) => isRead(statement) && refersTo(statement.Resource, resource)));
  // What no role of the job writes to, the instances write to: the workflow hands it to Run Command.
  return `Written by ${writers.length > 0 ? names(writers) : 'the instance'}. ${readers.length > 0 ? `Read by ${names(readers)}. ` : ''}${note}`;
}

function refersTo(value: unknown, { path }: Resource): boolean {
  const text = JSON.stringify(value ?? '');
  return text.includes(`<${path}>`) || text.includes(`<${path}.`);
}

function arrowsOf(shown: Resource[], all: Resource[]): { arrows: Arrow[]; instances: string[] } {
  const arrows: Arrow[] = [];
  const instances = new Set<string>();
  /** The first word on two boxes holds. */
  const add = (arrow: Arrow) => {
    if (!arrows.some(({ from, to }) => from === arrow.from && to === arrow.to)) {
      arrows.push(arrow);
    }
  };
  const of = (type: string) => shown.filter((resource) => resource.type === type);
  const named = (value: unknown) => shown.filter((resource) => resource.type !== LOG_GROUP && refersTo(value, resource));

  // Who starts whom.
  of('AWS::Events::Rule').forEach(({ path, properties: { EventPattern, Targets } }) => {
    named(EventPattern).forEach((source) => add({ from: source.path, to: path, label: EventPattern.detail.status.join(', '), kind: 'error' }));
    named(Targets).forEach((target) => add({ from: path, to: target.path, kind: 'error' }));
  });
  of('AWS::SNS::Subscription').forEach(({ path, properties: { TopicArn } }) => named(TopicArn).forEach((topic) => add({ from: topic.path, to: path, kind: 'main' })));

  // Who may do what.
  for (const owner of shown) {
    for (const { Action, Resource } of statementsOf(owner, all)) {
      const actions = [Action].flat();
      const isRunCommand = actions.some((action) => action.startsWith('ssm:'));
      for (const resource of [Resource].flat()) {
        const instance = /:instance\/(.+)$/.exec(resource)?.[1];
        if (instance !== undefined) {
          instances.add(instance);
        }
        // A command goes through the service: with the document, to the instances.
        named(resource).forEach(({ path }) => add(isRunCommand
          ? { from: path, to: RUN_COMMAND.id, kind: 'main' }
          : { from: owner.path, to: path, label: verbs(actions), kind: 'main' }));
      }
      if (isRunCommand) {
        add({ from: owner.path, to: RUN_COMMAND.id, label: verbs(actions), kind: 'main' });
      }
    }
  }
  add({ from: RUN_COMMAND.id, to: INSTANCES.id, label: 'runs the document', kind: 'main' });
  return { arrows, instances: [...instances] };
}

/** What the role of a resource may do. */
function statementsOf({ properties }: Resource, all: Resource[]): Statement[] {
  const role: string = properties.Role ?? properties.RoleArn ?? properties.Target?.RoleArn ?? '';
  const statements = all
    .filter(({ type, properties: { Roles } }) => type === 'AWS::IAM::Policy' && Roles.some((name: string) => role === name.replace('>', '.Arn>')))
    .flatMap((policy) => policy.properties.PolicyDocument.Statement as Statement[]);
  // The statement that changes something names the arrow.
  return statements.sort((a, b) => Number(isRead(b)) - Number(isRead(a))).reverse();
}

function isRead({ Action }: Statement): boolean {
  return [Action].flat().every((action) => READS.test(action));
}

const READS = /:(Describe|Get|List)/;

/** What is changed, by the names of the actions; otherwise, what is read, or that many things are. */
function verbs(actions: string[]): string {
  const changes = actions.filter((action) => !READS.test(action));
  const told = changes.length > 0 ? changes : actions;
  return changes.length === 0 && actions.length > 1 ? 'reads' : told.map((action) => action.split(':')[1]).join(', ');
}

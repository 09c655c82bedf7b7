import { App, CfnElement, CfnResource, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { IRole } from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { StateMachineDefinition } from './state-machine';
import { BatchCommand, CotsBatchJob, CotsBatchJobProps } from '../../src';
import { JobSettings } from '../../src/protocol';

export const INSTANCE_ID = 'i-0123456789abcdef0';

/** What a test says of a job; the rest is the smallest job there is. */
export type JobProps = Partial<CotsBatchJobProps>;

/** A statement of an identity policy, as a reader would write it. */
export interface Statement {
  readonly actions: string[];
  readonly resources: string[];
  readonly conditions?: unknown;
}

/**
 * A stack with a job named `Job`. Its template is made when it is first asked for, so that a test can add to the stack before.
 */
export function synth(props: JobProps | ((stack: Stack) => JobProps) = {}, stack = new Stack(new App(), 'Stack')) {
  return new SynthesizedJob(stack, new CotsBatchJob(stack, 'Job', {
    instanceIds: [INSTANCE_ID],
    command: BatchCommand.shell('bin/index.sh'),
    ...typeof props === 'function' ? props(stack) : props,
  }));
}

/** The same for servers that are found by `targets`. */
export function synthWithTargets(targets: CotsBatchJobProps['targets'], props: JobProps = {}): SynthesizedJob {
  return synth({ instanceIds: undefined, targets, ...props });
}

/**
 * A job and the template of its stack. What refers to a resource is shown as `<path of its construct>`, `<path.Attribute>` or
 * `<AWS::Region>`, and joined to texts.
 */
export class SynthesizedJob {
  private readTemplate?: Template;

  constructor(public readonly stack: Stack, public readonly job: CotsBatchJob) {}

  public get template(): Template {
    return this.readTemplate ??= Template.fromStack(this.stack);
  }

  public get definition(): StateMachineDefinition {
    return this.definitionOf(this.job.stateMachine);
  }

  public definitionOf(stateMachine: IConstruct): StateMachineDefinition {
    return JSON.parse(this.properties(stateMachine).DefinitionString);
  }

  /** What the workflow hands to the handlers. */
  public get settings(): JobSettings {
    return this.definition.States['Job settings'].Parameters?.job as JobSettings;
  }

  /** The properties of the CloudFormation resource behind a construct. */
  public properties(construct: IConstruct) {
    return this.resource(construct).Properties;
  }

  public resource(construct: IConstruct) {
    const id = this.stack.getLogicalId((construct.node.defaultChild ?? construct) as CfnResource);
    return this.readable(this.template.toJSON().Resources[id]);
  }

  /** The properties of all resources of a type. */
  public all(type: string) {
    return Object.values(this.template.findResources(type)).map((resource) => this.readable(resource).Properties);
  }

  /** What a role may do, by all the policies that are attached to it. */
  public statements(role: IRole | undefined): Statement[] {
    const ref = `<${pathOf(role!)}>`;
    return [...this.all('AWS::IAM::Policy'), ...this.all('AWS::IAM::ManagedPolicy')]
      .filter((policy) => policy.Roles.includes(ref))
      .flatMap((policy) => policy.PolicyDocument.Statement)
      .map(({ Effect, Action, Resource, Condition, ...others }) => {
        expect([Effect, others]).toEqual(['Allow', {}]);
        return { actions: [Action].flat(), resources: [Resource].flat(), ...Condition && { conditions: Condition } };
      });
  }

  /** Resolves references to texts. Untyped, as a template is. */
  public readable(value: unknown): any {
    const paths = new Map(this.stack.node.findAll()
      .filter((construct): construct is CfnElement => CfnElement.isCfnElement(construct) && construct.stack === this.stack)
      .map((element) => [this.stack.resolve(element.logicalId) as string, pathOf(element)]));
    return readable(value, (logicalId) => paths.get(logicalId) ?? logicalId, this.template.toJSON().Mappings ?? {});
  }
}

type Mappings = { readonly [name: string]: { readonly [top: string]: { readonly [second: string]: unknown } } };

/**
 * The characters of a role's policies, where region and partition have the longest names.
 *
 * @param nameLength of what CloudFormation names
 */
export function policySizes(synthesized: SynthesizedJob, role: IRole, nameLength = 128) {
  const ref = `<${pathOf(role)}>`;
  const sizes = (type: string) => synthesized.all(type).filter((policy) => policy.Roles.includes(ref)).map((policy) =>
    JSON.stringify(policy.PolicyDocument)
      .replaceAll('<AWS::Partition>', 'aws-us-gov')
      .replaceAll('<AWS::Region>', 'us-gov-west-1')
      .replaceAll('<AWS::AccountId>', '123456789012')
      .replace(/<[^>]*>/g, 'x'.repeat(nameLength)).length);
  return {
    inline: sizes('AWS::IAM::Policy').reduce((sum, size) => sum + size, 0),
    managed: sizes('AWS::IAM::ManagedPolicy'),
  };
}

function pathOf(construct: IConstruct): string {
  return construct.node.path.split('/').slice(1).filter((id) => id !== 'Resource').join('/');
}

function readable(value: unknown, name: (logicalId: string) => string, mappings: Mappings): unknown {
  const read = (item: unknown) => readable(item, name, mappings);
  if (Array.isArray(value)) {
    return value.map(read);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const [[key, argument] = [], ...others] = Object.entries(value);
  if (key === 'Ref') {
    return `<${name(argument)}>`;
  }
  if (key === 'Fn::GetAtt') {
    return `<${name(argument[0])}.${argument[1]}>`;
  }
  if (key === 'Fn::Join') {
    return (read(argument[1]) as string[]).join(argument[0]);
  }
  if (key === 'Fn::Split') {
    return (read(argument[1]) as string).split(argument[0]);
  }
  if (key === 'Fn::FindInMap') {
    return mappings[argument[0]][argument[1]][argument[2]];
  }
  if (key?.startsWith('Fn::') && others.length === 0) {
    return `<${key} ${JSON.stringify(read(argument))}>`;
  }
  return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, read(item)]));
}

import * as fs from 'node:fs';
import * as path from 'node:path';
import { unlessUnresolved, UnresolvedValueError } from './errors';
import { GIVE_A_VALUE, IntrinsicScope, isMacro, refuseDynamicReferences, resolveValue, StackOutput } from './intrinsics';
import { physicalIds, PhysicalIds, stackId } from './physical-ids';
import { ResourceDocument, TemplateDocument } from './template-document';
import { Place } from '../aws/place';

/** The type of a nested stack. */
const STACK = 'AWS::CloudFormation::Stack';

const OUTPUT_ATTRIBUTE = /^Outputs\./;

/** Its functions are known here, but for Fn::ForEach. */
const LANGUAGE_EXTENSIONS = 'AWS::LanguageExtensions';

/** What templates know of each other. */
export interface OtherStacks {
  /** The value that a stack of the same account and region exports, or undefined if none does. */
  exportedValue(name: string, importer: Template): unknown;
  /** @throws UnresolvedValueError if there is no such output */
  stackOutput(output: StackOutput, reader: Template): unknown;
}

/** What a template is to the stack that it is nested in. */
export interface Nesting {
  /** Whether the stack exists: a condition may stand before it. */
  readonly isDeployed: () => boolean;
  /** The value that is handed over for a parameter, or undefined. */
  readonly parameter: (name: string) => unknown;
}

export interface TemplateOptions {
  readonly otherStacks: OtherStacks;
  /** @default - it is not nested */
  readonly nesting?: Nesting;
  /** Where asset paths start. */
  readonly folder: string;
  readonly stackName: string;
  readonly account: string;
  readonly region: string;
  readonly document: TemplateDocument;
  /** S3 object keys and what they are on this machine. */
  readonly assets: ReadonlyMap<string, string>;
  /**
   * Construct paths by logical id.
   *
   * @default - those that resources have in their metadata
   */
  readonly paths?: ReadonlyMap<string, string>;
}

/** A resource that a deployment would create. Its values are resolved when they are asked for, not before. */
export class Resource {
  public readonly type: string;

  constructor(
    public readonly template: Template,
    public readonly logicalId: string,
    private readonly document: ResourceDocument,
  ) {
    this.type = document.Type;
  }

  /**
   * Where the construct is in the app. The CDK's command line puts it into the template; an app that is synthesized without that
   * has it in its manifest. Empty if neither has it.
   */
  public get constructPath(): string {
    const value = this.document.Metadata?.['aws:cdk:path'];
    return typeof value === 'string' ? value : (this.template.pathOf(this.logicalId) ?? '');
  }

  /** How error messages name it. */
  public get label(): string {
    return `${this.template.stackName}.${this.logicalId}`;
  }

  /** What `Ref` returns. */
  public get ref(): string {
    return this.ids('Ref').ref;
  }

  /** What `Fn::GetAtt` returns for `Arn`, or for another attribute. */
  public attribute(name = 'Arn'): string {
    if (this.type === STACK && OUTPUT_ATTRIBUTE.test(name)) {
      return this.template.nestedOutput(this, name.replace(OUTPUT_ATTRIBUTE, ''));
    }
    const { attributes } = this.ids(name);
    if (Object.hasOwn(attributes, name)) {
      return attributes[name];
    }
    throw new UnresolvedValueError(
      `${this.label} (${this.type}): the attribute '${name}' is known only after a deployment: ${GIVE_A_VALUE}`,
    );
  }

  /**
   * A property, resolved.
   *
   * @throws UnresolvedValueError if only a deployment would know it
   */
  public property(name: string): unknown {
    return this.template.resolve(this.document.Properties?.[name], `${this.logicalId}.Properties.${name}`);
  }

  /** A member of a property, without the others. */
  public member(property: string, name: string): unknown {
    const value = this.document.Properties?.[property];
    return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
      ? this.template.resolve((value as Record<string, unknown>)[name], `${this.logicalId}.Properties.${property}.${name}`)
      : undefined;
  }

  /**
   * What an app says of a resource, resolved.
   *
   * @throws UnresolvedValueError if only a deployment would know it
   */
  public metadata(name: string): unknown {
    return this.template.resolve(this.document.Metadata?.[name], `${this.logicalId}.Metadata.${name}`);
  }

  /** A property that is text. */
  public text(name: string): string | undefined {
    const value = this.property(name);
    return value === undefined ? undefined : String(value);
  }

  /** The file or folder on this machine that a deployment would upload for the resource's code. */
  public asset(s3Key: unknown): string | undefined {
    const known = typeof s3Key === 'string' ? this.template.assetByKey(s3Key) : undefined;
    if (known !== undefined) {
      return known;
    }
    const relative = this.document.Metadata?.['aws:asset:path'];
    return typeof relative === 'string' ? path.resolve(this.template.folder, relative) : undefined;
  }

  private ids(attribute: string): PhysicalIds {
    const { stackName, place } = this.template;
    const ids = physicalIds(this.type, stackName, this.logicalId, place, (name) => this.text(name));
    if (ids) {
      return ids;
    }
    throw new UnresolvedValueError(
      `${this.label} (${this.type}): the local run does not know its ${attribute}, only a deployment would: ${GIVE_A_VALUE}`,
    );
  }
}

/** The template of one stack, with what CloudFormation would make of it. */
export class Template {
  public readonly stackName: string;
  public readonly account: string;
  public readonly region: string;
  public readonly folder: string;
  public readonly place: Place;
  private readonly document: TemplateDocument;
  private readonly all: ReadonlyMap<string, Resource>;
  private readonly nested = new Map<string, Template>();

  constructor(private readonly options: TemplateOptions) {
    ({
      stackName: this.stackName,
      account: this.account,
      region: this.region,
      folder: this.folder,
      document: this.document,
    } = options);
    this.place = { account: this.account, region: this.region, partition: partitionOf(this.region) };
    this.all = new Map(
      Object.entries(this.document.Resources ?? {})
        .filter(([id]) => !isMacro(id))
        .map(([id, resource]) => [id, new Resource(this, id, resource)]),
    );
  }

  /** The resources that are stacks, whether or not their condition is true. */
  public get nestedStacks(): Resource[] {
    return [...this.all.values()].filter(({ type }) => type === STACK);
  }

  /** Adds the template of a nested stack. */
  public nest({ logicalId }: Resource, template: Template): void {
    this.nested.set(logicalId, template);
  }

  /** What CloudFormation would do before it reads the template, and the local run does not. */
  public get macros(): string[] {
    const transforms = [this.document.Transform ?? []].flat() as unknown[];
    return [
      ...transforms
        .map((transform) => typeof transform === 'string' ? transform : String((transform as { Name?: unknown }).Name))
        .filter((name) => name !== LANGUAGE_EXTENSIONS)
        .map((name) => `the transform ${name}`),
      ...Object.keys(this.document.Resources ?? {}).filter(isMacro).map((name) => `Resources.${name}`),
    ];
  }

  /** The resources of a type, without those whose condition is false. */
  public resources(type: string): Resource[] {
    const found = [...this.all.values()].filter((resource) => resource.type === type && this.exists(resource));
    return found.length > 0 && this.isDeployed ? found : [];
  }

  /** Whether no condition of a nested stack keeps it from being deployed. */
  public get isDeployed(): boolean {
    return this.options.nesting?.isDeployed() ?? true;
  }

  /** The construct path of a resource, if the app's manifest has it. */
  public pathOf(logicalId: string): string | undefined {
    return this.options.paths?.get(logicalId);
  }

  /** @throws UnresolvedValueError naming `where`, if only a deployment would know the value */
  public resolve(value: unknown, where: string): unknown {
    try {
      const resolved = resolveValue(value, this.scope);
      refuseDynamicReferences(resolved);
      return resolved;
    } catch (error) {
      if (!(error instanceof UnresolvedValueError)) {
        throw error;
      }
      throw new UnresolvedValueError(`stack ${this.stackName}, ${where}: ${error.message}`);
    }
  }

  /** The file or folder of an asset, by the S3 object key under which it would be uploaded. */
  public assetByKey(key: string): string | undefined {
    const known = this.options.assets.get(key);
    return known !== undefined && fs.existsSync(known) ? known : undefined;
  }

  public exportedValue(name: string): unknown {
    const outputs = Object.entries(this.document.Outputs ?? {});
    const [id] = outputs.find(([output, { Export }]) => Export && this.hasOutput(output) && this.isNamed(Export.Name, name)) ?? [];
    return id === undefined ? undefined : this.output(id);
  }

  public hasOutput(id: string): boolean {
    const output = this.document.Outputs?.[id];
    return output !== undefined && (output.Condition === undefined || this.scope.condition(output.Condition));
  }

  /** The value of an output. */
  public output(id: string): unknown {
    return this.resolve(this.document.Outputs?.[id].Value, `Outputs.${id}`);
  }

  /** What `Fn::GetAtt` returns for an output of a nested stack. */
  public nestedOutput(stack: Resource, id: string): string {
    const nested = this.nested.get(stack.logicalId);
    if (nested === undefined) {
      throw new UnresolvedValueError(`${stack.label} (${STACK}): its template is not in the app's output, so neither is its output '${id}'`);
    }
    if (!nested.hasOutput(id)) {
      throw new UnresolvedValueError(`${stack.label} (${STACK}): the nested stack has no output '${id}'`);
    }
    return String(nested.output(id));
  }

  public exists({ logicalId }: Resource): boolean {
    const condition = this.document.Resources?.[logicalId].Condition;
    return condition === undefined || this.scope.condition(condition);
  }

  /** An export whose name only a deployment knows is not the one that is meant. */
  private isNamed(exportName: unknown, name: string): boolean {
    return unlessUnresolved(() => this.resolve(exportName, 'Outputs')) === name;
  }

  private get scope(): IntrinsicScope {
    const { partition, region, account } = this.place;
    return {
      pseudo: {
        'AWS::AccountId': account,
        'AWS::Region': region,
        'AWS::Partition': partition,
        'AWS::StackName': this.stackName,
        'AWS::StackId': stackId(this.place, this.stackName),
        'AWS::URLSuffix': partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com',
        'AWS::NotificationARNs': [],
      },
      mappings: this.document.Mappings ?? {},
      parameter: (name) => this.parameter(name),
      ref: (logicalId) => this.all.get(logicalId)?.ref,
      attribute: (logicalId, name) => this.all.get(logicalId)?.attribute(name),
      condition: (name) => {
        const condition = this.document.Conditions?.[name];
        if (condition === undefined) {
          throw new UnresolvedValueError(`there is no condition '${name}'`);
        }
        return this.resolve(condition, `Conditions.${name}`) === true;
      },
      importValue: (name) => this.options.otherStacks.exportedValue(name, this),
      stackOutput: (output) => this.options.otherStacks.stackOutput(output, this),
    };
  }

  private parameter(name: string): { value: unknown } | undefined {
    const parameter = this.document.Parameters?.[name];
    if (parameter === undefined) {
      return undefined;
    }
    const value = this.options.nesting?.parameter(name) ?? parameter.Default;
    if (value !== undefined && parameter.Type?.startsWith('AWS::SSM::Parameter::Value<')) {
      throw new UnresolvedValueError(`the CloudFormation parameter '${name}' stands for the value of the SSM parameter `
        + `'${String(value)}', which the local run does not have: ${GIVE_A_VALUE}`);
    }
    if (value === undefined) {
      throw new UnresolvedValueError(
        `the CloudFormation parameter '${name}' has no default, and a local run does not ask for it: ${GIVE_A_VALUE}`,
      );
    }
    const list = parameter.Type === 'CommaDelimitedList' || parameter.Type?.startsWith('List<');
    return { value: list ? String(value).split(',').map((item) => item.trim()) : value };
  }
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) {
    return 'aws-cn';
  }
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

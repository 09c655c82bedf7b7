import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UnresolvedValueError } from './errors';
import { IntrinsicScope, resolveValue } from './intrinsics';
import { physicalIds, PhysicalIds } from './physical-ids';
import { Place } from '../aws/place';

/** What CloudFormation would make up for a stack: here it is the same in every run, and another one for another name. */
function stackUuid(stackName: string): string {
  const hash = createHash('sha256').update(stackName).digest('hex');
  return [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)].join('-');
}

/** A template of CloudFormation as it is in the file. */
export interface TemplateDocument {
  readonly Resources?: { readonly [logicalId: string]: ResourceDocument };
  readonly Parameters?: { readonly [name: string]: { readonly Type?: string; readonly Default?: unknown } };
  readonly Conditions?: { readonly [name: string]: unknown };
  readonly Mappings?: { readonly [name: string]: { readonly [top: string]: { readonly [second: string]: unknown } } };
  readonly Outputs?: { readonly [name: string]: { readonly Value?: unknown; readonly Export?: { readonly Name?: unknown } } };
}

interface ResourceDocument {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties?: { readonly [name: string]: unknown };
  readonly Metadata?: { readonly [name: string]: unknown };
}

export interface TemplateOptions {
  /** What another stack exports. */
  readonly importedValue: (name: string, importer: Template) => unknown;
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
    const { attributes } = this.ids(name);
    if (Object.hasOwn(attributes, name)) {
      return attributes[name];
    }
    throw new UnresolvedValueError(`${this.label} (${this.type}): the attribute '${name}' is known only after a deployment`);
  }

  /**
   * A property, resolved.
   *
   * @throws UnresolvedValueError if only a deployment would know it
   */
  public property(name: string): unknown {
    return this.template.resolve(this.document.Properties?.[name], `${this.logicalId}.Properties.${name}`);
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
      `${this.label} (${this.type}): the local run does not know its ${attribute}, only a deployment would`,
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
      Object.entries(this.document.Resources ?? {}).map(([id, resource]) => [id, new Resource(this, id, resource)]),
    );
  }

  /** The resources of a type, without those whose condition is false. */
  public resources(type: string): Resource[] {
    return [...this.all.values()].filter((resource) => resource.type === type && this.exists(resource.logicalId));
  }

  /** The construct path of a resource, if the app's manifest has it. */
  public pathOf(logicalId: string): string | undefined {
    return this.options.paths?.get(logicalId);
  }

  /** @throws UnresolvedValueError naming `where`, if only a deployment would know the value */
  public resolve(value: unknown, where: string): unknown {
    try {
      return resolveValue(value, this.scope);
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
    for (const [id, output] of Object.entries(this.document.Outputs ?? {})) {
      const where = `Outputs.${id}`;
      if (output.Export && this.resolve(output.Export.Name, where) === name) {
        return this.resolve(output.Value, where);
      }
    }
    return undefined;
  }

  private exists(logicalId: string): boolean {
    const condition = this.document.Resources?.[logicalId].Condition;
    return condition === undefined || this.scope.condition(condition);
  }

  private get scope(): IntrinsicScope {
    const { partition, region, account } = this.place;
    return {
      pseudo: {
        'AWS::AccountId': account,
        'AWS::Region': region,
        'AWS::Partition': partition,
        'AWS::StackName': this.stackName,
        'AWS::StackId': `arn:${partition}:cloudformation:${region}:${account}:stack/${this.stackName}/${stackUuid(this.stackName)}`,
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
      importValue: (name) => this.options.importedValue(name, this),
    };
  }

  private parameter(name: string): { value: unknown } | undefined {
    const parameter = this.document.Parameters?.[name];
    if (parameter === undefined) {
      return undefined;
    }
    if (parameter.Default === undefined) {
      throw new UnresolvedValueError(
        `the CloudFormation parameter '${name}' has no default, and a local run does not ask for it`,
      );
    }
    const list = parameter.Type === 'CommaDelimitedList' || parameter.Type?.startsWith('List<');
    return {
      value: list
        ? String(parameter.Default)
          .split(',')
          .map((item) => item.trim())
        : parameter.Default,
    };
  }
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) {
    return 'aws-cn';
  }
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

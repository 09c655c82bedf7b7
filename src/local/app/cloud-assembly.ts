import * as fs from 'node:fs';
import * as path from 'node:path';
import { UnresolvedValueError, UsageError } from './errors';
import { GIVE_A_VALUE, StackOutput } from './intrinsics';
import { ConstructPaths, nestedStacks, pathsAbove } from './nested-stacks';
import { OtherStacks, Resource, Template } from './template';
import { TemplateDocument } from './template-document';

/** Where a stack would be deployed when it does not say. */
const DEFAULT_ACCOUNT = '123456789012';
const DEFAULT_REGION = 'us-east-1';

interface Manifest {
  readonly artifacts?: { readonly [name: string]: Artifact };
}

interface Artifact {
  readonly type: string;
  readonly environment?: string;
  readonly displayName?: string;
  readonly metadata?: ArtifactMetadata;
  /** Newer versions of the CDK have the metadata in a file of its own. */
  readonly additionalMetadataFile?: string;
  readonly properties?: {
    readonly templateFile?: string;
    readonly stackName?: string;
    readonly directoryName?: string;
    readonly file?: string;
  };
}

/** What constructs noted while the app was synthesized, by construct path. */
interface ArtifactMetadata {
  readonly [path: string]: readonly { readonly type: string; readonly data?: unknown }[];
}

interface AssetManifest {
  readonly files?: {
    readonly [id: string]: {
      readonly source: { readonly path?: string };
      readonly destinations: { readonly [id: string]: { readonly objectKey?: string } };
    };
  };
}

/** The output of `cdk synth`, read as a deployment would: the stacks of the app and of its stages, nested ones too, with their assets. */
export class CloudAssembly implements OtherStacks {
  /**
   * @param folder Usually `cdk.out`
   * @throws UsageError if it is not a cloud assembly
   */
  public static read(folder: string): CloudAssembly {
    const assembly = new CloudAssembly();
    assembly.readFolder(path.resolve(folder), folder);
    if (assembly.stacks.length === 0) {
      throw new UsageError(`${folder} has no stacks: is it the output of 'cdk synth'?`);
    }
    return assembly;
  }

  private readonly templates: Template[] = [];
  private missing: string[] = [];

  private constructor() {}

  /** Each stack, followed by those that are nested in it. */
  public get stacks(): readonly Template[] {
    return this.templates;
  }

  /** What a deployment would have, and the local run does not: nested stacks without a template here, and what macros make. */
  public get unread(): readonly string[] {
    const macros = this.templates.flatMap(({ stackName, macros: names }) =>
      names.map((name) => `stack ${stackName}: the local run does not carry out ${name}, and has nothing of what that makes`));
    return [...this.missing, ...macros];
  }

  /** The resources of a type in all stacks, without those whose condition is false. */
  public resources(type: string): Resource[] {
    return this.templates.flatMap((template) => template.resources(type));
  }

  /** For `Fn::ImportValue`. */
  public exportedValue(name: string, importer: Template): unknown {
    for (const template of this.templates) {
      if (template.account !== importer.account || template.region !== importer.region) {
        continue;
      }
      const value = template.exportedValue(name);
      if (value !== undefined) {
        return value;
      }
    }
    return undefined;
  }

  /** For `Fn::GetStackOutput`. */
  public stackOutput({ stackName, outputName, region, roleArn }: StackOutput, reader: Template): unknown {
    const account = roleArn?.split(':')[4] ?? reader.account;
    const wanted = `of the stack '${stackName}' in ${account}/${region ?? reader.region}`;
    const stack = this.templates.find((template) =>
      template.stackName === stackName && template.account === account && template.region === (region ?? reader.region));
    if (stack === undefined) {
      throw new UnresolvedValueError(
        `Fn::GetStackOutput: the local run knows outputs of this app's stacks only, and none is the output '${outputName}' ${wanted}: ${GIVE_A_VALUE}`,
      );
    }
    if (!stack.hasOutput(outputName)) {
      throw new UnresolvedValueError(`Fn::GetStackOutput: there is no output '${outputName}' ${wanted}`);
    }
    return stack.output(outputName);
  }

  /** What is deployed over it takes its place; what was read of it before stays as it was. */
  public replaceWith({ templates, missing }: CloudAssembly): void {
    this.templates.splice(0, this.templates.length, ...templates);
    this.missing = missing;
  }

  private readFolder(folder: string, shownAs: string): void {
    const manifest = readJson(path.join(folder, 'manifest.json'), shownAs) as Manifest;
    const artifacts = Object.entries(manifest.artifacts ?? {});
    const assets = new Map<string, string>();
    for (const [, artifact] of artifacts) {
      const file = artifact.type === 'cdk:asset-manifest' ? artifact.properties?.file : undefined;
      if (file) {
        readAssets(folder, file, assets);
      }
    }
    for (const [name, artifact] of artifacts) {
      if (artifact.type === 'aws:cloudformation:stack' && artifact.properties?.templateFile) {
        const document = readJson(path.join(folder, artifact.properties.templateFile), shownAs) as TemplateDocument;
        const [account, region] = environmentOf(artifact.environment);
        const stackName = artifact.properties.stackName ?? artifact.displayName ?? name;
        const paths = pathsOf(artifact, folder, shownAs);
        const stack = new Template({
          otherStacks: this, folder, stackName, account, region, document, assets, paths: pathsAbove(document, paths),
        });
        const nested = nestedStacks(stack, { otherStacks: this, assets, paths, read: (file) => readJson(file, shownAs) as TemplateDocument });
        this.templates.push(stack, ...nested.templates);
        this.missing.push(...nested.missing);
      } else if (artifact.type === 'cdk:cloud-assembly' && artifact.properties?.directoryName) {
        const nested = artifact.properties.directoryName;
        this.readFolder(path.join(folder, nested), path.join(shownAs, nested));
      }
    }
  }
}

function pathsOf({ metadata = {}, additionalMetadataFile }: Artifact, folder: string, shownAs: string): ConstructPaths {
  const additional = additionalMetadataFile ? readJson(path.join(folder, additionalMetadataFile), shownAs) : {};
  const entries = [...Object.entries(metadata), ...Object.entries(additional as ArtifactMetadata)];
  return entries.flatMap(([constructPath, notes]) =>
    notes
      .filter(({ type, data }) => type === 'aws:cdk:logicalId' && typeof data === 'string')
      .map(({ data }) => ({ logicalId: String(data), path: constructPath.replace(/^\//, '') })),
  );
}

/** `aws://ACCOUNT/REGION`, each of which may be unknown. */
function environmentOf(environment = ''): [account: string, region: string] {
  const [, account = '', region = ''] = /^aws:\/\/([^/]+)\/(.+)$/.exec(environment) ?? [];
  return [
    /^\d{12}$/.test(account) ? account : DEFAULT_ACCOUNT,
    region === '' || region === 'unknown-region' ? DEFAULT_REGION : region,
  ];
}

/** Notes what each S3 object key of an asset manifest is on this machine. */
function readAssets(folder: string, file: string, assets: Map<string, string>): void {
  const manifest = readJson(path.join(folder, file), file) as AssetManifest;
  for (const { source, destinations } of Object.values(manifest.files ?? {})) {
    for (const { objectKey } of Object.values(destinations)) {
      if (source.path && objectKey) {
        assets.set(objectKey, path.resolve(folder, path.dirname(file), source.path));
      }
    }
  }
}

function readJson(file: string, shownAs: string): unknown {
  if (!fs.existsSync(file)) {
    throw new UsageError(`${shownAs} has no ${path.basename(file)}: give the folder that 'cdk synth' writes, usually cdk.out`);
  }
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${String(error)}`);
  }
}

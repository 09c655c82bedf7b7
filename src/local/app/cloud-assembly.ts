import * as fs from 'node:fs';
import * as path from 'node:path';
import { UsageError } from './errors';
import { Resource, Template, TemplateDocument } from './template';

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

/** The output of `cdk synth`, read as a deployment would: the stacks of the app and of its stages, with their assets. */
export class CloudAssembly {
  /**
   * @param folder Usually `cdk.out`
   * @throws UsageError if it is not a cloud assembly
   */
  public static read(folder: string): CloudAssembly {
    const stacks: Template[] = [];
    const assembly = new CloudAssembly(stacks);
    assembly.readFolder(path.resolve(folder), folder);
    if (stacks.length === 0) {
      throw new UsageError(`${folder} has no stacks: is it the output of 'cdk synth'?`);
    }
    return assembly;
  }

  private constructor(private readonly templates: Template[]) {}

  public get stacks(): readonly Template[] {
    return this.templates;
  }

  /** The resources of a type in all stacks, without those whose condition is false. */
  public resources(type: string): Resource[] {
    return this.templates.flatMap((template) => template.resources(type));
  }

  /** The value of an export of any stack, for `Fn::ImportValue`. */
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

  /** What is deployed over it takes its place; what was read of it before stays as it was. */
  public replaceWith({ templates }: CloudAssembly): void {
    this.templates.splice(0, this.templates.length, ...templates);
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
        const importedValue = this.exportedValue.bind(this);
        this.templates.push(new Template({ importedValue, folder, stackName, account, region, document, assets, paths }));
      } else if (artifact.type === 'cdk:cloud-assembly' && artifact.properties?.directoryName) {
        const nested = artifact.properties.directoryName;
        this.readFolder(path.join(folder, nested), path.join(shownAs, nested));
      }
    }
  }
}

/** Construct paths by logical id. */
function pathsOf({ metadata = {}, additionalMetadataFile }: Artifact, folder: string, shownAs: string): Map<string, string> {
  const additional = additionalMetadataFile ? readJson(path.join(folder, additionalMetadataFile), shownAs) : {};
  const entries = [...Object.entries(metadata), ...Object.entries(additional as ArtifactMetadata)];
  return new Map(
    entries.flatMap(([constructPath, notes]) =>
      notes
        .filter(({ type, data }) => type === 'aws:cdk:logicalId' && typeof data === 'string')
        .map(({ data }) => [String(data), constructPath.replace(/^\//, '')]),
    ),
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

import { createHash } from 'node:crypto';
import { BUILT_IN_DOCUMENTS, Document, DocumentContent, DocumentSpec, DocumentStep } from './document';
import { Platform } from './fleet';
import { compilePattern } from './parameters';
import { AwsError } from '../../aws/aws-error';

/** SSM's limit for a document's content, parameter values included: bytes of compact JSON (protocol/value-rules has the same number). */
export const MAX_DOCUMENT_BYTES = 64 * 1024;

const ACTION_PLATFORMS: { readonly [action: string]: readonly Platform[] } = {
  'aws:runShellScript': ['Linux', 'MacOS'],
};
const ALL_PLATFORMS: readonly Platform[] = ['Windows', 'Linux', 'MacOS'];

/** All versions of a document, the latest one last. */
interface Versions {
  readonly all: readonly Document[];
  readonly defaultVersion: string;
}

/** The documents that commands can be sent with. AWS-RunShellScript and AWS-RunPowerShellScript are always there. */
export class DocumentStore {
  private readonly documents = new Map<string, Versions>();

  constructor(private readonly now: () => number) {
    BUILT_IN_DOCUMENTS.forEach((document) => this.register(document));
  }

  /**
   * Adds a version. A version that exists is replaced. The first one is the default version, whatever the others are.
   *
   * @throws InvalidDocumentContent, InvalidDocumentSchemaVersion, MaxDocumentSizeExceeded
   */
  public register({ name, content, version, isDefault = true }: DocumentSpec): Document {
    const text = typeof content === 'string' ? content : JSON.stringify(content, undefined, 2);
    const parsed = parseDocument(text);
    const bytes = contentBytes(text);
    if (bytes > MAX_DOCUMENT_BYTES) {
      throw new AwsError('MaxDocumentSizeExceeded', `a document must not exceed ${MAX_DOCUMENT_BYTES} bytes, got: ${bytes}`);
    }
    const known = this.documents.get(name);
    const versions = (known?.all ?? []).filter((other) => other.version !== version);
    const document: Document = {
      name,
      version: version ?? String(Math.max(0, ...versions.map((other) => Number(other.version) || 0)) + 1),
      text,
      content: parsed,
      platforms: ALL_PLATFORMS.filter((platform) =>
        parsed.steps.some(({ action }) => (ACTION_PLATFORMS[action] ?? ALL_PLATFORMS).includes(platform))),
      createdAt: this.now(),
    };
    this.documents.set(name, {
      all: [...versions, document].sort((a, b) => Number(a.version) - Number(b.version)),
      defaultVersion: isDefault || known === undefined ? document.version : known.defaultVersion,
    });
    return document;
  }

  public has(name: string): boolean {
    return this.documents.has(name);
  }

  /**
   * @param nameOrArn a version may follow an ARN after a colon
   * @throws InvalidDocument, InvalidDocumentVersion
   */
  public find(nameOrArn: string, version?: string): Document {
    const { name, version: named } = splitArn(nameOrArn);
    const { all, defaultVersion } = this.versions(nameOrArn);
    const wanted = version ?? named ?? '$DEFAULT';
    const document = wanted === '$LATEST'
      ? all[all.length - 1]
      : all.find((other) => other.version === (wanted === '$DEFAULT' ? defaultVersion : wanted));
    if (!document) {
      throw new AwsError('InvalidDocumentVersion', `Document version ${wanted} of ${name} does not exist.`);
    }
    return document;
  }

  /** @throws InvalidDocument */
  public latestAndDefault(nameOrArn: string): { latestVersion: string; defaultVersion: string } {
    const { all, defaultVersion } = this.versions(nameOrArn);
    return { latestVersion: all[all.length - 1].version, defaultVersion };
  }

  private versions(nameOrArn: string): Versions {
    const versions = this.documents.get(splitArn(nameOrArn).name);
    if (!versions) {
      throw new AwsError('InvalidDocument', `Document with name ${nameOrArn} does not exist.`);
    }
    return versions;
  }
}

/** The name in `arn:PARTITION:ssm:REGION:ACCOUNT:document/NAME`, or the name itself. */
export function splitArn(nameOrArn: string): { name: string; version?: string } {
  const [name, version] = nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1).split(':');
  return nameOrArn.startsWith('arn:') ? { name, version } : { name: nameOrArn };
}

/** How large a document is to SSM, however its text is laid out. */
export function contentBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(JSON.parse(text)));
}

/** By which GetDocument and DescribeDocument identify a content. */
export function contentHash(document: Document): string {
  return createHash('sha256').update(document.text).digest('hex');
}

function parseDocument(text: string): DocumentContent {
  const content = parseJson(text);
  const parameters = (content.parameters ?? {}) as DocumentContent['parameters'];
  for (const [name, { allowedPattern }] of Object.entries(parameters)) {
    compilePattern(name, allowedPattern ?? '');
  }
  const schemaVersion = String(content.schemaVersion);
  const common = { schemaVersion, description: content.description, parameters };
  switch (schemaVersion) {
    case '2.2': case '2.0': return { ...common, steps: mainSteps(content.mainSteps) };
    case '1.2': return { ...common, steps: pluginSteps(content.runtimeConfig) };
    default: throw new AwsError('InvalidDocumentSchemaVersion',
      `the local run reads schema versions 2.2, 2.0 and 1.2, got: ${content.schemaVersion}`);
  }
}

interface RawDocument {
  readonly schemaVersion?: unknown;
  readonly description?: string;
  readonly parameters?: object;
  readonly mainSteps?: readonly Partial<DocumentStep>[];
  readonly runtimeConfig?: { readonly [action: string]: { readonly properties?: unknown } };
}

function parseJson(text: string): RawDocument {
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content === 'object' && content !== null) {
      return content;
    }
  } catch {
    // Answered below: documents in YAML come here, too.
  }
  throw new AwsError('InvalidDocumentContent', 'the local run reads documents in JSON only');
}

function mainSteps(steps: RawDocument['mainSteps']): DocumentStep[] {
  if (!Array.isArray(steps) || steps.length === 0) {
    throw new AwsError('InvalidDocumentContent', 'mainSteps must hold at least one step');
  }
  const names = steps.map((step) => step.name);
  return steps.map((step: Partial<DocumentStep>) => {
    if (!step.action || !step.name || names.filter((name) => name === step.name).length > 1) {
      throw new AwsError('InvalidDocumentContent',
        `a step must have an action and a name of its own, got: ${JSON.stringify(step)}`);
    }
    return { name: step.name, action: step.action, inputs: step.inputs ?? {}, precondition: step.precondition };
  });
}

function pluginSteps(plugins: RawDocument['runtimeConfig'] = {}): DocumentStep[] {
  const steps = Object.entries(plugins).map(([action, { properties }]) => {
    const inputs: unknown = Array.isArray(properties) && properties.length === 1 ? properties[0] : properties;
    if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs)) {
      throw new AwsError('InvalidDocumentContent',
        `the local run reads one set of properties for a plugin, got: ${JSON.stringify(properties)}`);
    }
    return { name: action, action, inputs: inputs as DocumentStep['inputs'] };
  });
  if (steps.length === 0) {
    throw new AwsError('InvalidDocumentContent', 'runtimeConfig must hold at least one plugin');
  }
  return steps;
}

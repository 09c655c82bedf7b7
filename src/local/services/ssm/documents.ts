import { createHash } from 'node:crypto';
import { BUILT_IN_DOCUMENTS, Document, DocumentSpec, DocumentTag } from './document';
import { readContent } from './document-content';
import { AwsError } from '../../aws/aws-error';

/** SSM's quotas. @see https://docs.aws.amazon.com/general/latest/gr/ssm.html */
const MAX_DOCUMENTS = 500;
const MAX_VERSIONS = 1000;

/** Names that nobody else can give to a document. */
const OWNED_BY_AWS = /^(AWS|Amazon)[A-Za-z0-9]*-/;

/** A document with all its versions. */
export interface DocumentVersions {
  /** The latest one last. */
  readonly all: readonly Document[];
  readonly defaultVersion: string;
  /** The highest number that a version ever had: a number that was deleted is not given again. */
  readonly lastNumber: number;
  readonly tags: readonly DocumentTag[];
}

/** A version as requests name it. `$DEFAULT` if neither is given. */
export interface VersionWanted {
  /** `$LATEST`, `$DEFAULT` or a number. */
  readonly version?: string;
  readonly versionName?: string;
}

/** What makes a version. */
export interface VersionSpec {
  readonly name: string;
  readonly content: string;
  readonly versionName?: string;
}

/**
 * The documents that commands can be sent with. AWS-RunShellScript and AWS-RunPowerShellScript are always there.
 *
 * A version never changes, so a command that was sent with it keeps it, whatever becomes of its document.
 */
export class DocumentStore {
  private readonly documents = new Map<string, DocumentVersions>();

  constructor(private readonly now: () => number) {
    BUILT_IN_DOCUMENTS.forEach((document) => this.register(document));
  }

  /**
   * Adds a version, or replaces the one of the same number. The first one is the default version, whatever the others are. As in a
   * deployment, what has the content of the latest version is that version.
   *
   * @throws InvalidDocumentContent, InvalidDocumentSchemaVersion, MaxDocumentSizeExceeded
   */
  public register({ name, content, version, isDefault = true }: DocumentSpec): Document {
    const text = typeof content === 'string' ? content : JSON.stringify(content, undefined, 2);
    const latest = this.documents.get(name)?.all.at(-1);
    if (version === undefined && latest?.text === text) {
      return isDefault ? this.setDefault(name, latest.version) : latest;
    }
    return this.add({ name, content: text }, version, isDefault);
  }

  /** CreateDocument. @throws AwsError as it does */
  public create(spec: VersionSpec, tags: readonly DocumentTag[]): Document {
    const { name } = spec;
    if (this.documents.has(name)) {
      throw new AwsError('DocumentAlreadyExists', `Document with same name ${name} already exists`);
    }
    if (this.list().filter((document) => !isOwnedByAws(document.name)).length >= MAX_DOCUMENTS) {
      throw new AwsError('DocumentLimitExceeded', `You can have at most ${MAX_DOCUMENTS} active SSM documents.`);
    }
    const document = this.add(spec);
    this.documents.set(name, { ...this.versions(name), tags });
    return document;
  }

  /**
   * UpdateDocument: adds a version, and leaves the default version as it is.
   *
   * @param wanted must be the latest version
   * @throws AwsError as it does
   */
  public update(spec: VersionSpec, wanted: string | undefined): Document {
    const { name, content, versionName } = spec;
    const { all } = this.ownVersions(name);
    const latest = all[all.length - 1];
    if (wanted === undefined || this.find(name, { version: wanted }) !== latest) {
      throw new AwsError('InvalidDocumentVersion',
        `Version provided for document ${name} is not latest. Please provide the latest version to update document ${name}`);
    }
    const { schemaVersion } = readContent(content).content;
    if ([schemaVersion, latest.content.schemaVersion].some((version) => version.startsWith('1.'))) {
      throw new AwsError('InvalidDocumentSchemaVersion', `only documents of schema version 2.0 or later have versions, got: ${schemaVersion}`);
    }
    // Of the latest version only: a deployment that is rolled back brings an older content again.
    if (latest.text === content) {
      throw new AwsError('DuplicateDocumentContent',
        'The content of the association document matches another document. Change the content of the document and try again.');
    }
    if (versionName !== undefined && all.some((other) => other.versionName === versionName)) {
      throw new AwsError('DuplicateDocumentVersionName', `the document ${name} has a version with the name ${versionName}`);
    }
    if (all.length >= MAX_VERSIONS) {
      throw new AwsError('DocumentVersionLimitExceeded', 'The document has too many versions. Delete one or more document versions and try again.');
    }
    return this.add(spec, undefined, false);
  }

  /** UpdateDocumentDefaultVersion. @throws InvalidDocument, InvalidDocumentVersion */
  public setDefault(name: string, version: string): Document {
    const versions = this.ownVersions(name);
    const document = this.find(name, { version });
    this.documents.set(name, { ...versions, defaultVersion: document.version });
    return document;
  }

  /**
   * DeleteDocument: deletes a version, or all of them.
   *
   * @throws InvalidDocument also where there is no such version; InvalidDocumentOperation for the default version
   */
  public delete(name: string, wanted: VersionWanted): void {
    const versions = this.ownVersions(name);
    if (wanted.version === undefined && wanted.versionName === undefined) {
      this.documents.delete(name);
      return;
    }
    const document = select(versions, wanted);
    if (!document) {
      throw new AwsError('InvalidDocument', `Document with name ${name} and version ${wanted.version ?? wanted.versionName} does not exist.`);
    }
    if (document.version === versions.defaultVersion) {
      throw new AwsError('InvalidDocumentOperation', 'Default version of the document can\'t be deleted.');
    }
    this.documents.set(name, { ...versions, all: versions.all.filter((other) => other !== document) });
  }

  public has(name: string): boolean {
    return this.documents.has(name);
  }

  /**
   * @param nameOrArn a version may follow an ARN after a colon
   * @throws InvalidDocument, InvalidDocumentVersion
   */
  public find(nameOrArn: string, wanted: VersionWanted = {}): Document {
    const { name, version: named } = splitArn(nameOrArn);
    const { version = named, versionName } = wanted;
    const document = select(this.versions(nameOrArn), { version, versionName });
    if (!document) {
      throw new AwsError('InvalidDocumentVersion', `Document version ${version ?? versionName} of ${name} does not exist.`);
    }
    return document;
  }

  /** @throws InvalidDocument */
  public versions(nameOrArn: string): DocumentVersions {
    const versions = this.documents.get(splitArn(nameOrArn).name);
    if (!versions) {
      throw new AwsError('InvalidDocument', `Document with name ${nameOrArn} does not exist.`);
    }
    return versions;
  }

  /** The default versions of all documents, by name. */
  public list(): Document[] {
    return [...this.documents.keys()].sort().map((name) => this.find(name));
  }

  /** AWS's own documents cannot be changed, and are not there for who tries. */
  private ownVersions(name: string): DocumentVersions {
    if (isOwnedByAws(name)) {
      throw new AwsError('InvalidDocument', `Document with name ${name} does not exist.`);
    }
    return this.versions(name);
  }

  private add({ name, content: text, versionName }: VersionSpec, version?: string, isDefault = true): Document {
    const known = this.documents.get(name);
    const document: Document = {
      name,
      version: version ?? String((known?.lastNumber ?? 0) + 1),
      versionName,
      ...readContent(text),
      createdAt: this.now(),
    };
    const others = (known?.all ?? []).filter((other) => other.version !== document.version);
    this.documents.set(name, {
      all: [...others, document].sort((a, b) => Number(a.version) - Number(b.version)),
      defaultVersion: isDefault || known === undefined ? document.version : known.defaultVersion,
      lastNumber: Math.max(known?.lastNumber ?? 0, Number(document.version)),
      tags: known?.tags ?? [],
    });
    return document;
  }
}

function select({ all, defaultVersion }: DocumentVersions, { version, versionName }: VersionWanted): Document | undefined {
  const wanted = version ?? (versionName === undefined ? '$DEFAULT' : undefined);
  const numbers = { $LATEST: all[all.length - 1].version, $DEFAULT: defaultVersion };
  const number = wanted === '$LATEST' || wanted === '$DEFAULT' ? numbers[wanted] : wanted;
  return all.find((other) => (number === undefined || other.version === number)
    && (versionName === undefined || other.versionName === versionName));
}

/** The name in `arn:PARTITION:ssm:REGION:ACCOUNT:document/NAME`, or the name itself. */
export function splitArn(nameOrArn: string): { name: string; version?: string } {
  const [name, version] = nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1).split(':');
  return nameOrArn.startsWith('arn:') ? { name, version } : { name: nameOrArn };
}

export function isOwnedByAws(name: string): boolean {
  return OWNED_BY_AWS.test(name);
}

/** By which DescribeDocument and SendCommand identify a content. */
export function contentHash({ text }: Document, type: 'Sha256' | 'Sha1' = 'Sha256'): string {
  return createHash(type.toLowerCase()).update(text).digest('hex');
}

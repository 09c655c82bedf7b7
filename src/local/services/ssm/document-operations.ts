import { Document, DocumentTag } from './document';
import { documentFilter, DocumentQuery } from './document-filters';
import { contentHash, DocumentStore, isOwnedByAws } from './documents';
import { SHAPES } from './shapes';
import { CallContext, epochSeconds, JsonObject, JsonService } from '../../aws/api-service';
import { AwsError, validationError } from '../../aws/aws-error';
import { page } from '../../aws/paging';
import { Shape, validate } from '../../aws/validation';

/** The members of the requests, as their shapes have them. */
interface DocumentInput {
  readonly Name: string;
  readonly Content: string;
  readonly DocumentVersion?: string;
  readonly VersionName?: string;
  readonly DocumentFormat?: string;
  readonly DocumentType?: string;
  readonly Tags?: readonly DocumentTag[];
  readonly MaxResults?: number;
  readonly NextToken?: string;
}

const PAGE_SIZE = 50;

/** What a document of one's own cannot begin with. */
const RESERVED_NAME = /^(aws|amazon|amzn)/i;

/**
 * What SSM does with documents of type Command: all that a deployment calls, and what reads them.
 *
 * Unlike AWS's, a document is active at once. Not imitated: other types, YAML, sharing, attachments, reviews, `DisplayName`, `TargetType`,
 * and tags that change after CreateDocument.
 *
 * @param accountId who owns what is not AWS's
 */
export function documentOperations(documents: DocumentStore, accountId: string): JsonService['operations'] {
  const ownerOf = ({ name }: Document) => isOwnedByAws(name) ? 'Amazon' : accountId;
  const describe = (document: Document, status: string) => {
    const { all, defaultVersion, tags } = documents.versions(document.name);
    return {
      ...describeVersion(document),
      Owner: ownerOf(document),
      Status: status,
      LatestVersion: all[all.length - 1].version,
      DefaultVersion: defaultVersion,
      Tags: tags,
    };
  };
  const find = ({ Name: name, DocumentVersion: version, VersionName: versionName }: DocumentInput) =>
    documents.find(name, { version, versionName });
  return {
    CreateDocument: (input) => {
      const { Name: name, Content: content, VersionName: versionName, Tags: tags = [], ...rest } = read(input, SHAPES.CreateDocument);
      requireCommand(rest);
      if (RESERVED_NAME.test(name)) {
        throw validationError(`names that begin with aws, amazon or amzn are reserved, got: ${name}`);
      }
      return { DocumentDescription: describe(documents.create({ name, content, versionName }, tags), 'Creating') };
    },
    UpdateDocument: (input) => {
      const { Name: name, Content: content, VersionName: versionName, DocumentVersion: version, ...rest } = read(input, SHAPES.UpdateDocument);
      requireCommand(rest);
      return { DocumentDescription: describe(documents.update({ name, content, versionName }, version), 'Updating') };
    },
    UpdateDocumentDefaultVersion: (input) => {
      const { Name: name, DocumentVersion: wanted = '' } = read(input, SHAPES.UpdateDocumentDefaultVersion);
      const { version, versionName } = documents.setDefault(name, wanted);
      return { Description: { Name: name, DefaultVersion: version, DefaultVersionName: versionName } };
    },
    DeleteDocument: (input) => {
      const { Name: name, DocumentVersion: version, VersionName: versionName } = read(input, SHAPES.DeleteDocument);
      documents.delete(name, { version, versionName });
      return {};
    },
    DescribeDocument: (input) => ({ Document: describe(find(read(input, SHAPES.DescribeDocument)), 'Active') }),
    GetDocument: (input) => {
      const query = read(input, SHAPES.GetDocument);
      requireCommand(query);
      const document = find(query);
      return { ...identify(document), Status: 'Active', Content: document.text, DocumentType: 'Command' };
    },
    ListDocuments: (input, { fault }: CallContext) => {
      const query = read(input, SHAPES.ListDocuments);
      const holds = documentFilter(query as DocumentQuery, (document) => documents.versions(document.name).tags);
      const found = fault === 'emptyList' ? [] : documents.list().filter(holds);
      const { items, nextToken } = page(found, query, query.MaxResults ?? PAGE_SIZE, query.NextToken, 'InvalidNextToken');
      return {
        DocumentIdentifiers: items.map((document) => ({
          ...identify(document),
          Owner: ownerOf(document),
          PlatformTypes: document.platforms,
          DocumentType: 'Command',
          SchemaVersion: document.content.schemaVersion,
          Tags: documents.versions(document.name).tags,
        })),
        NextToken: nextToken,
      };
    },
    ListDocumentVersions: (input, { fault }: CallContext) => {
      const query = read(input, SHAPES.ListDocumentVersions);
      const { all, defaultVersion } = documents.versions(query.Name);
      const newestFirst = fault === 'emptyList' ? [] : [...all].reverse();
      const { items, nextToken } = page(newestFirst, query, query.MaxResults ?? PAGE_SIZE, query.NextToken, 'InvalidNextToken');
      return {
        DocumentVersions: items.map((document) => ({
          ...identify(document),
          IsDefaultVersion: document.version === defaultVersion,
          Status: 'Active',
        })),
        NextToken: nextToken,
      };
    },
  };
}

function read(input: JsonObject, shape: Shape): DocumentInput {
  validate(input, shape);
  return input as unknown as DocumentInput;
}

/** AWS has other types and formats. It is said here, rather than that a document turns out to be another one. */
function requireCommand({ DocumentType: type = 'Command', DocumentFormat: format = 'JSON' }: Partial<DocumentInput>): void {
  if (type !== 'Command') {
    throw new AwsError('InvalidDocumentContent', `the local run has documents of type Command only, got: ${type}`);
  }
  if (format !== 'JSON') {
    throw new AwsError('InvalidDocumentContent', `the local run reads documents in JSON only, got: ${format}`);
  }
}

function identify({ name, version, versionName, createdAt }: Document): object {
  return {
    Name: name,
    CreatedDate: epochSeconds(createdAt),
    VersionName: versionName,
    DocumentVersion: version,
    DocumentFormat: 'JSON',
  };
}

function describeVersion(document: Document): object {
  const { content, platforms } = document;
  return {
    ...identify(document),
    Hash: contentHash(document),
    HashType: 'Sha256',
    Description: content.description,
    Parameters: Object.entries(content.parameters).map(([parameter, { type, description, default: value }]) => ({
      Name: parameter,
      Type: type,
      Description: description,
      DefaultValue: value === undefined || typeof value === 'string' ? value : JSON.stringify(value),
    })),
    PlatformTypes: platforms,
    DocumentType: 'Command',
    SchemaVersion: content.schemaVersion,
  };
}

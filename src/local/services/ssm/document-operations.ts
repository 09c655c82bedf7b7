import { Document } from './document';
import { contentHash, DocumentStore } from './documents';
import { SHAPES } from './shapes';
import { epochSeconds, JsonObject, JsonService } from '../../aws/api-service';
import { AwsError } from '../../aws/aws-error';
import { validate } from '../../aws/validation';

interface DocumentInput {
  readonly Name: string;
  readonly DocumentVersion?: string;
}

/** CreateDocument, DescribeDocument and GetDocument. Unlike AWS's, a document is active at once. */
export function documentOperations(documents: DocumentStore): JsonService['operations'] {
  const find = (input: JsonObject) => {
    const { Name: name, DocumentVersion: version } = input as unknown as DocumentInput;
    return documents.find(name, version);
  };
  const describe = (document: Document) => describeVersion(document, documents.latestAndDefault(document.name));
  return {
    CreateDocument: (input) => {
      validate(input, SHAPES.CreateDocument);
      const { Name: name, Content: content } = input as { Name: string; Content: string };
      if (documents.has(name)) {
        throw new AwsError('DocumentAlreadyExists', `Document with same name ${name} already exists`);
      }
      return { DocumentDescription: describe(documents.register({ name, content })) };
    },
    DescribeDocument: (input) => {
      validate(input, SHAPES.DescribeDocument);
      return { Document: describe(find(input)) };
    },
    GetDocument: (input) => {
      validate(input, SHAPES.GetDocument);
      const { name, version, text, createdAt } = find(input);
      return {
        Name: name,
        CreatedDate: epochSeconds(createdAt),
        DocumentVersion: version,
        Status: 'Active',
        Content: text,
        DocumentType: 'Command',
        DocumentFormat: 'JSON',
      };
    },
  };
}

function describeVersion(document: Document, { latestVersion, defaultVersion }: ReturnType<DocumentStore['latestAndDefault']>): object {
  const { name, version, content, platforms, createdAt } = document;
  return {
    Name: name,
    Hash: contentHash(document),
    HashType: 'Sha256',
    CreatedDate: epochSeconds(createdAt),
    Status: 'Active',
    DocumentVersion: version,
    LatestVersion: latestVersion,
    DefaultVersion: defaultVersion,
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
    DocumentFormat: 'JSON',
  };
}

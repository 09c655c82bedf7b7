import { Document, DocumentTag } from './document';
import { isOwnedByAws } from './documents';
import { AwsError, validationError } from '../../aws/aws-error';

interface Filter {
  readonly key: string;
  readonly values: readonly string[];
}

/** What ListDocuments is asked. */
export interface DocumentQuery {
  readonly Filters?: readonly { readonly Key?: string; readonly Values?: readonly string[] }[];
  /** The deprecated form. */
  readonly DocumentFilterList?: readonly { readonly key: string; readonly value: string }[];
}

type Test = (document: Document) => boolean;

/** Whose documents `Owner` means. Nothing is shared here, so only AWS's are public. */
const OWNERS: { readonly [owner: string]: Test } = {
  self: ({ name }) => !isOwnedByAws(name),
  private: ({ name }) => !isOwnedByAws(name),
  amazon: ({ name }) => isOwnedByAws(name),
  public: ({ name }) => isOwnedByAws(name),
  thirdparty: () => false,
};

/**
 * A test for ListDocuments: all filters must hold, by any of their values. Keys and owners are taken in any case, because CloudFormation
 * itself spells them `owner` and `self`.
 *
 * @throws InvalidFilterKey, ValidationException
 */
export function documentFilter(query: DocumentQuery, tagsOf: (document: Document) => readonly DocumentTag[]): Test {
  const filters: Filter[] = [
    ...(query.Filters ?? []).map(({ Key: key = '', Values: values = [] }) => ({ key, values })),
    ...(query.DocumentFilterList ?? []).map(({ key, value }) => ({ key, values: [value] })),
  ];
  const tests = filters.map((filter) => test(filter, tagsOf));
  return (document) => tests.every((holds) => holds(document));
}

function test({ key, values }: Filter, tagsOf: (document: Document) => readonly DocumentTag[]): Test {
  if (values.length === 0) {
    throw validationError(`the filter ${key} must have a value`);
  }
  if (key.startsWith('tag:')) {
    const tag = key.slice('tag:'.length);
    return (document) => tagsOf(document).some(({ Key, Value }) => Key === tag && values.includes(Value));
  }
  switch (key.toLowerCase()) {
    case 'owner': return owner(values);
    case 'name': return ({ name }) => values.some((prefix) => name.startsWith(prefix));
    case 'platformtypes': return ({ platforms }) => platforms.some((platform) => values.includes(platform));
    case 'documenttype': return () => values.includes('Command');
    // None has one here.
    case 'targettype': return () => false;
  }
  throw new AwsError('InvalidFilterKey',
    `the key of a filter must be one of Owner, Name, PlatformTypes, DocumentType, TargetType and tag:KEY, got: ${key}`);
}

function owner(values: readonly string[]): Test {
  const [wanted] = values;
  if (values.length > 1 || !Object.hasOwn(OWNERS, wanted.toLowerCase())) {
    throw validationError(`the value of the filter Owner must be one of Self, Amazon, Private, Public and ThirdParty, got: ${values.join(', ')}`);
  }
  return OWNERS[wanted.toLowerCase()];
}

import { AwsError, validationError } from '../aws/aws-error';
import { Resource } from '../app/template';
import { AttributeValue, Item, typeOf } from './attribute-value';

/** An attribute of a table's key. */
interface KeyAttribute {
  readonly name: string;
  readonly type: string;
}

/** A table of the app, with its items. */
export class Table {
  private readonly items = new Map<string, Item>();
  private readonly key: readonly KeyAttribute[];

  /** @throws UnresolvedValueError if its key is known only after a deployment */
  constructor(public readonly resource: Resource) {
    const schema = (resource.property('KeySchema') ?? []) as { AttributeName: string }[];
    const types = (resource.property('AttributeDefinitions') ?? []) as { AttributeName: string; AttributeType: string }[];
    this.key = schema.map(({ AttributeName: name }) => ({
      name,
      type: types.find(({ AttributeName }) => AttributeName === name)?.AttributeType ?? 'S',
    }));
  }

  /** Items that have outlived their time to live are there, too: AWS takes days to delete them. */
  public find(key: Item): Item | undefined {
    return this.items.get(this.idOf(key));
  }

  public put(item: Item): void {
    this.items.set(this.idOf(item), item);
  }

  public delete(key: Item): void {
    this.items.delete(this.idOf(key));
  }

  /** @throws AwsError `ValidationException` if that is not exactly a key */
  public checkKey(key: Item): void {
    const isKey = Object.keys(key).length === this.key.length && this.key.every(({ name, type }) => isOfType(key, name, type));
    if (!isKey) {
      throw validationError('The provided key element does not match the schema');
    }
    this.refuseEmpty(key);
  }

  /** @throws AwsError `ValidationException` if the item has no key */
  public checkItem(item: Item): void {
    for (const { name, type } of this.key) {
      if (!Object.hasOwn(item, name)) {
        throw invalid(`Missing the key ${name} in the item`);
      }
      if (!isOfType(item, name, type)) {
        throw invalid(`Type mismatch for key ${name} expected: ${type} actual: ${typeOf(item[name])}`);
      }
    }
    this.refuseEmpty(item);
  }

  /** @throws AwsError `ValidationException` if the attribute is part of the key, which can not be changed */
  public refuseKeyAttribute(attribute: string | number): void {
    if (!this.key.some(({ name }) => name === attribute)) {
      return;
    }
    throw invalid(`Cannot update attribute ${attribute}. This attribute is part of the key`);
  }

  private refuseEmpty(item: Item): void {
    const empty = this.key.find(({ name }) => textOf(item[name]) === '');
    if (empty === undefined) {
      return;
    }
    throw validationError('One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an ' +
      `empty string value. Key: ${empty.name}`);
  }

  private idOf(item: Item): string {
    return JSON.stringify(this.key.map(({ name }) => item[name]));
  }
}

function isOfType(item: Item, name: string, type: string): boolean {
  return Object.hasOwn(item, name) && typeOf(item[name]) === type;
}

function textOf({ S, B }: AttributeValue): string | undefined {
  return S ?? B;
}

function invalid(message: string): AwsError {
  return validationError(`One or more parameter values were invalid: ${message}`);
}

import { AwsError, validationError } from '../aws/aws-error';
import { AttributeValue, readItem } from './attribute-value';

/** The names and values of a request that its expressions refer to. */
export class Placeholders {
  private readonly names: { readonly [placeholder: string]: string };
  private readonly values: { readonly [placeholder: string]: AttributeValue };
  private readonly used = new Set<string>();

  /** @throws AwsError `ValidationException`, `SerializationException` */
  constructor(request: {
    readonly ExpressionAttributeNames?: { readonly [placeholder: string]: string };
    readonly ExpressionAttributeValues?: object;
  }) {
    this.names = request.ExpressionAttributeNames ?? {};
    this.values = readItem(request.ExpressionAttributeValues ?? {});
    checkKeys('ExpressionAttributeNames', this.names, /^#\w+$/);
    checkKeys('ExpressionAttributeValues', this.values, /^:\w+$/);
  }

  /** @returns undefined if it is not defined */
  public name(placeholder: string): string | undefined {
    this.used.add(placeholder);
    return Object.hasOwn(this.names, placeholder) ? this.names[placeholder] : undefined;
  }

  /** @returns undefined if it is not defined */
  public value(placeholder: string): AttributeValue | undefined {
    this.used.add(placeholder);
    return Object.hasOwn(this.values, placeholder) ? this.values[placeholder] : undefined;
  }

  /** @throws AwsError `ValidationException` if no expression has used one of them */
  public requireUsed(): void {
    this.requireAll('ExpressionAttributeNames', this.names);
    this.requireAll('ExpressionAttributeValues', this.values);
  }

  private requireAll(field: string, placeholders: object): void {
    const unused = Object.keys(placeholders).filter((placeholder) => !this.used.has(placeholder));
    if (unused.length === 0) {
      return;
    }
    throw validationError(`Value provided in ${field} unused in expressions: keys: {${unused.join(', ')}}`);
  }
}

function checkKeys(field: string, placeholders: object, pattern: RegExp): void {
  const wrong = Object.keys(placeholders).find((placeholder) => !pattern.test(placeholder));
  if (wrong !== undefined) {
    throw new AwsError('ValidationException', `${field} contains invalid key: Syntax error; key: "${wrong}"`);
  }
}

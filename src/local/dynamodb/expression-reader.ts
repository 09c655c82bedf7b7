import { AwsError, validationError } from '../aws/aws-error';
import { AttributeValue, Item } from './attribute-value';
import { Placeholders } from './placeholders';
import { isReserved } from './reserved-words';

/** A place in an item: names of attributes, and positions in lists. */
export type DocumentPath = readonly (string | number)[];

const TOKEN = /\s*(?:([A-Za-z_]\w*|[#:]\w+|\d+|<=|>=|<>|[=<>()[\].,+-])|(\S))/gy;
const NAME = /^[A-Za-z_#]/;

/** Reads an expression of DynamoDB, token by token. */
export class ExpressionReader {
  private readonly tokens: readonly string[];
  private position = 0;

  /**
   * @param field What the expression is, e.g. `ConditionExpression`
   * @throws AwsError `ValidationException`
   */
  constructor(private readonly field: string, private readonly text: string, private readonly placeholders: Placeholders) {
    if (text.trim() === '') {
      throw this.error('The expression can not be empty;');
    }
    this.tokens = [...text.trim().matchAll(TOKEN)].map(([, token, stray]) => {
      if (token === undefined) {
        throw this.syntaxError(stray);
      }
      return token;
    });
  }

  public get atEnd(): boolean {
    return this.position >= this.tokens.length;
  }

  /** The next token, upper-case; empty at the end. */
  public get keyword(): string {
    return this.token.toUpperCase();
  }

  /** The next token as it is; empty at the end. */
  public get token(): string {
    return this.tokens[this.position] ?? '';
  }

  /** Whether a function is called next. */
  public get isCall(): boolean {
    return /^[A-Za-z_]/.test(this.token) && this.tokens[this.position + 1] === '(';
  }

  /** Takes the next token if it is this one; keywords have no case. */
  public accept(token: string): boolean {
    if (this.keyword !== token) {
      return false;
    }
    this.position += 1;
    return true;
  }

  /** Takes the next token, which has to be this one. */
  public expect(token: string): void {
    if (!this.accept(token)) {
      throw this.unexpected();
    }
  }

  public take(): string {
    const { token } = this;
    this.position += 1;
    return token;
  }

  /** Reads what is separated by commas. */
  public list<T>(read: () => T): T[] {
    const items = [read()];
    while (this.accept(',')) {
      items.push(read());
    }
    return items;
  }

  /** A path such as `#a.b[0]`. */
  public path(): DocumentPath {
    const steps: (string | number)[] = [this.attribute()];
    for (;;) {
      if (this.accept('.')) {
        steps.push(this.attribute());
      } else if (this.accept('[')) {
        if (!/^\d+$/.test(this.token)) {
          throw this.unexpected();
        }
        steps.push(Number(this.take()));
        this.expect(']');
      } else {
        return steps;
      }
    }
  }

  /** A placeholder such as `:value`. */
  public value(): AttributeValue {
    if (!this.token.startsWith(':')) {
      throw this.unexpected();
    }
    const placeholder = this.take();
    const value = this.placeholders.value(placeholder);
    if (value) {
      return value;
    }
    throw this.error(`An expression attribute value used in expression is not defined; attribute value: ${placeholder}`);
  }

  /** What this expression is told for being wrong. */
  public error(message: string): AwsError {
    return validationError(`Invalid ${this.field}: ${message}`);
  }

  public unexpected(): AwsError {
    return this.syntaxError(this.atEnd ? '<EOF>' : this.token);
  }

  private attribute(): string {
    if (!NAME.test(this.token)) {
      throw this.unexpected();
    }
    const token = this.take();
    if (!token.startsWith('#')) {
      if (isReserved(token)) {
        throw this.error(`Attribute name is a reserved keyword; reserved keyword: ${token}`);
      }
      return token;
    }
    const name = this.placeholders.name(token);
    if (name !== undefined) {
      return name;
    }
    throw this.error(`An expression attribute name used in the document path is not defined; attribute name: ${token}`);
  }

  private syntaxError(token: string): AwsError {
    return this.error(`Syntax error; token: "${token}", near: "${this.text.slice(0, 100)}"`);
  }
}

/** What is at a place in an item; undefined if there is nothing. */
export function valueAtPath(path: DocumentPath, item: Item): AttributeValue | undefined {
  return path.reduce<AttributeValue | undefined>((value, step) => childOf(value, step), { M: item });
}

/** A member of a map, or of a list. */
export function childOf(value: AttributeValue | undefined, step: string | number): AttributeValue | undefined {
  if (typeof step === 'number') {
    return value?.L?.[step];
  }
  return value?.M && Object.hasOwn(value.M, step) ? value.M[step] : undefined;
}

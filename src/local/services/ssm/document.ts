import { Platform } from './fleet';

export type ParameterType = 'String' | 'StringList' | 'StringMap' | 'Boolean' | 'Integer' | 'MapList';

/** A parameter of a document. */
export interface DocumentParameter {
  readonly type: ParameterType;
  readonly description?: string;
  readonly default?: unknown;
  readonly allowedValues?: readonly string[];
  readonly allowedPattern?: string;
  readonly minChars?: number;
  readonly maxChars?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** A step of a document. */
export interface DocumentStep {
  /** Of schema 1.2: the action's name. */
  readonly name: string;
  readonly action: string;
  readonly inputs: { readonly [input: string]: unknown };
  readonly precondition?: { readonly [operator: string]: readonly string[] };
}

/** The content of a document of type Command, with the steps in one form whatever the schema. */
export interface DocumentContent {
  readonly schemaVersion: string;
  readonly description?: string;
  readonly parameters: { readonly [name: string]: DocumentParameter };
  readonly steps: readonly DocumentStep[];
}

/** One version of a document. */
export interface Document {
  readonly name: string;
  readonly version: string;
  readonly text: string;
  readonly content: DocumentContent;
  readonly platforms: readonly Platform[];
  readonly createdAt: number;
}

/** A document to register. */
export interface DocumentSpec {
  readonly name: string;
  /** Schema 2.2, 2.0 or 1.2: an object, or JSON. */
  readonly content: string | object;
  /** @default - one more than the latest version */
  readonly version?: string;
  /**
   * Whether it becomes the default version. A deployment may leave that behind.
   *
   * @default true
   */
  readonly isDefault?: boolean;
}

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
  /** What whoever made it calls the version. */
  readonly versionName?: string;
  readonly text: string;
  readonly content: DocumentContent;
  readonly platforms: readonly Platform[];
  readonly createdAt: number;
}

/** A tag of a document, of all its versions. */
export interface DocumentTag {
  readonly Key: string;
  readonly Value: string;
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

/** As AWS publishes it. */
const EXECUTION_TIMEOUT_PATTERN = '([1-9][0-9]{0,4})|(1[0-6][0-9]{4})|(17[0-1][0-9]{4})|(172[0-7][0-9]{2})|(172800)';

/** The documents of AWS that a command can be sent with where nothing is registered. */
export const BUILT_IN_DOCUMENTS: readonly DocumentSpec[] = [
  scriptDocument('AWS-RunShellScript', 'aws:runShellScript', 'Run a shell script or specify the commands to run.'),
  scriptDocument(
    'AWS-RunPowerShellScript', 'aws:runPowerShellScript', 'Run a PowerShell script or specify the paths to scripts to run.'),
];

function scriptDocument(name: string, action: string, description: string): DocumentSpec {
  return {
    name,
    content: {
      schemaVersion: '1.2',
      description,
      parameters: {
        commands: {
          type: 'StringList',
          description: '(Required) Specify a shell script or a command to run.',
          minItems: 1,
          displayType: 'textarea',
        },
        workingDirectory: {
          type: 'String',
          default: '',
          description: '(Optional) The path to the working directory on your instance.',
          maxChars: 4096,
        },
        executionTimeout: {
          type: 'String',
          default: '3600',
          description: '(Optional) The time in seconds for a command to complete before it is considered to have failed. ' +
            'Default is 3600 (1 hour). Maximum is 172800 (48 hours).',
          allowedPattern: EXECUTION_TIMEOUT_PATTERN,
        },
      },
      runtimeConfig: {
        [action]: {
          properties: [{
            id: `0.${action}`,
            runCommand: '{{ commands }}',
            workingDirectory: '{{ workingDirectory }}',
            timeoutSeconds: '{{ executionTimeout }}',
          }],
        },
      },
    },
  };
}

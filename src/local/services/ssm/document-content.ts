import { DocumentContent, DocumentStep } from './document';
import { Platform } from './fleet';
import { compilePattern } from './parameters';
import { AwsError } from '../../aws/aws-error';

/** SSM's limit for a document's content, parameter values included: bytes of compact JSON (protocol/value-rules has the same number). */
export const MAX_DOCUMENT_BYTES = 64 * 1024;

const ACTION_PLATFORMS: { readonly [action: string]: readonly Platform[] } = {
  'aws:runShellScript': ['Linux', 'MacOS'],
};
const ALL_PLATFORMS: readonly Platform[] = ['Windows', 'Linux', 'MacOS'];

/** A document's content as it was given, and what it says. */
export interface ReadContent {
  readonly text: string;
  readonly content: DocumentContent;
  /** Those that know at least one of its steps. */
  readonly platforms: readonly Platform[];
}

/** @throws InvalidDocumentContent, InvalidDocumentSchemaVersion, MaxDocumentSizeExceeded */
export function readContent(text: string): ReadContent {
  const content = parseDocument(text);
  const bytes = contentBytes(text);
  if (bytes > MAX_DOCUMENT_BYTES) {
    throw new AwsError('MaxDocumentSizeExceeded', `a document must not exceed ${MAX_DOCUMENT_BYTES} bytes, got: ${bytes}`);
  }
  const platforms = ALL_PLATFORMS.filter((platform) =>
    content.steps.some(({ action }) => (ACTION_PLATFORMS[action] ?? ALL_PLATFORMS).includes(platform)));
  return { text, content, platforms };
}

/** How large a document is to SSM, however its text is laid out. */
export function contentBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(JSON.parse(text)));
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

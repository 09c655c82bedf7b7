import { DocumentParameter, DocumentSettings } from '.';

/**
 * What SSM takes of a document together with the values that a command sends for its parameters: the API's error
 * MaxDocumentSizeExceeded, "the size limit of a document is 64 KB". Bytes of UTF-8, both as compact JSON.
 *
 * The local run has the same number (`local/ssm/documents`).
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm
 */
export const MAX_DOCUMENT_BYTES = 64 * 1024;

/** The longest value of a parameter of the job's own document, but for the variables: a run's identifier. */
const MAX_VALUE_LENGTH = 100;

/** Bytes of a value as compact JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/**
 * Bytes of a command: of its document, as far as synth knows it, and of the values that a run sends, at most. What synth takes by this
 * measure, no run refuses, and the other way round: it is the only one.
 */
export function commandBytes(document: DocumentSettings, values: Map<string, string>): number {
  const parameters = document.own ? ownParameters(values) : othersParameters(document, values);
  return (document.bytes ?? 0) + jsonBytes(parameters);
}

/** The parameters of the job's own document, each but the variables as long as it may be. */
function ownParameters(values: Map<string, string>): { [name: string]: string[] } {
  const longest = Object.values(DocumentParameter).map((name): [string, string[]] => [name, ['x'.repeat(MAX_VALUE_LENGTH)]]);
  return { ...Object.fromEntries(longest), [DocumentParameter.VARIABLES]: [encodeVariables(values)] };
}

function othersParameters({ parameters }: DocumentSettings, values: Map<string, string>): { [name: string]: string[] } {
  return { ...parameters, ...Object.fromEntries([...values].map(([name, value]) => [name, [value]])) };
}

/** How the job's own document takes its variables: base64, so that neither SSM nor a shell reads anything into a value. */
export function encodeVariables(values: Map<string, string>): string {
  return [...values].map(([name, value]) => `${name}=${Buffer.from(value, 'utf8').toString('base64')}`).join(',');
}

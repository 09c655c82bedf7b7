import { encode } from './encoded-text';

/**
 * The input of a run. What cannot stand in JSON that somebody else writes comes in base64, which the run decodes.
 *
 * @param mustEncode which values these are
 */
export function executionInput(
  parameters: { [name: string]: string }, mustEncode: (value: string, name: string) => boolean,
): { [field: string]: { [name: string]: string } } {
  const values = Object.entries(parameters).map(([name, value]) => ({ name, value, isEncoded: mustEncode(value, name) }));
  const encoded = values.filter(({ isEncoded }) => isEncoded).map(({ name, value }) => [name, encode(value)]);
  return {
    parameters: Object.fromEntries(values.filter(({ isEncoded }) => !isEncoded).map(({ name, value }) => [name, value])),
    ...encoded.length > 0 ? { encodedParameters: Object.fromEntries(encoded) } : {},
  };
}

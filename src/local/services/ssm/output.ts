/** What the agent sends of a step's stdout, suffix included. @see iohandler.go of amazon-ssm-agent */
export const MAX_STDOUT_BYTES = 24_000;
/** What GetCommandInvocation returns of stderr. */
export const MAX_STDERR_BYTES = 8_000;
/** What ListCommandInvocations returns of a step's stdout and stderr together. */
const MAX_PLUGIN_OUTPUT_BYTES = 2_500;

const SUFFIX = '--output truncated--';
const ERROR_TITLE = '\n----------ERROR-------\n';
const OUTPUT_CUT = '\n---Output truncated---';
const ERROR_CUT = '\n---Error truncated----';

/** Characters of UTF-8, as the first group, and bytes that belong to none: in Latin 1, where each byte is a character. */
const CHARACTERS = new RegExp(`((?:${[
  '[\\x00-\\x7f]',
  '[\\xc2-\\xdf][\\x80-\\xbf]',
  '(?:\\xe0[\\xa0-\\xbf]|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]|\\xed[\\x80-\\x9f])[\\x80-\\xbf]',
  '(?:\\xf0[\\x90-\\xbf]|[\\xf1-\\xf3][\\x80-\\xbf]|\\xf4[\\x80-\\x8f])[\\x80-\\xbf]{2}',
].join('|')}){1,1000})|[\\x80-\\xff]`, 'g');

/** As Go writes bytes into JSON: each byte that belongs to no character becomes U+FFFD. The agent cuts inside characters, too. */
export function textOf(bytes: Buffer): string {
  return bytes.toString('latin1').replace(CHARACTERS, (_, characters?: string) =>
    characters === undefined ? '\ufffd' : Buffer.from(characters, 'latin1').toString());
}

/** The beginning of a text, within the limit together with the remark that it was cut. */
export function prefix(bytes: Buffer): string {
  return bytes.length < MAX_STDOUT_BYTES
    ? textOf(bytes)
    : textOf(bytes.subarray(0, MAX_STDOUT_BYTES - SUFFIX.length)) + SUFFIX;
}

/** stdout and stderr as one text, both cut so that neither pushes the other out. */
export function pluginOutput(stdout: Buffer, stderr: Buffer): string {
  const title = stderr.length > 0 ? ERROR_TITLE : '';
  const space = MAX_PLUGIN_OUTPUT_BYTES - title.length;
  if (stdout.length + stderr.length < space) {
    return `${textOf(stdout)}${title}${textOf(stderr)}`;
  }
  if (stdout.length > space / 2 && stderr.length > space / 2) {
    const half = Math.floor((space - OUTPUT_CUT.length - ERROR_CUT.length) / 2);
    return `${textOf(stdout.subarray(0, half))}${OUTPUT_CUT}${title}${textOf(stderr.subarray(0, half))}${ERROR_CUT}`;
  }
  if (stdout.length <= space / 2) {
    return `${textOf(stdout)}${title}${textOf(stderr.subarray(0, space - ERROR_CUT.length - stdout.length))}${ERROR_CUT}`;
  }
  return `${textOf(stdout.subarray(0, space - OUTPUT_CUT.length - stderr.length))}${OUTPUT_CUT}${title}${textOf(stderr)}`;
}

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

/** The beginning of a text, within the limit together with the remark that it was cut. */
export function prefix(bytes: Buffer): string {
  return bytes.length < MAX_STDOUT_BYTES
    ? bytes.toString()
    : bytes.subarray(0, MAX_STDOUT_BYTES - SUFFIX.length).toString() + SUFFIX;
}

/** stdout and stderr as one text, both cut so that neither pushes the other out. */
export function pluginOutput(stdout: Buffer, stderr: Buffer): string {
  const title = stderr.length > 0 ? ERROR_TITLE : '';
  const space = MAX_PLUGIN_OUTPUT_BYTES - title.length;
  if (stdout.length + stderr.length < space) {
    return `${stdout}${title}${stderr}`;
  }
  if (stdout.length > space / 2 && stderr.length > space / 2) {
    const half = Math.floor((space - OUTPUT_CUT.length - ERROR_CUT.length) / 2);
    return `${stdout.subarray(0, half)}${OUTPUT_CUT}${title}${stderr.subarray(0, half)}${ERROR_CUT}`;
  }
  if (stdout.length <= space / 2) {
    return `${stdout}${title}${stderr.subarray(0, space - ERROR_CUT.length - stdout.length)}${ERROR_CUT}`;
  }
  return `${stdout.subarray(0, space - OUTPUT_CUT.length - stderr.length)}${OUTPUT_CUT}${title}${stderr}`;
}

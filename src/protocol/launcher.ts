/** What handlers and launcher agree on: exit codes, and the parameters of the job's own document. */

/** The launcher's exit code where the program ended with success, but its output says otherwise. Only of a document that has rules for it. */
export const OUTPUT_RULE_EXIT_CODE = 211;

/** The launcher's exit code where another run of the job was still running on the instance: nothing was started. */
export const ALREADY_RUNNING_EXIT_CODE = 212;

/** The launcher's exit code where this very run had been started on the instance before: nothing was started again. */
export const ALREADY_STARTED_EXIT_CODE = 213;

/**
 * The launcher's exit code where the very same command had started this run on the instance before: the agent takes up a command
 * again after a reboot. The program was interrupted, and is not started again.
 */
export const INTERRUPTED_EXIT_CODE = 214;

/** The launcher's exit code where the program could not be started: no such user or folder, no place for the mark, … */
export const NOT_STARTED_EXIT_CODE = 215;

/**
 * What the launcher says, as its last words on stderr, where a program that it had started ends with one of these exit codes. All
 * that the program prints cannot take this back.
 */
export const PROGRAM_EXIT_CODE_WORDS = 'cots-batch-job: the program itself ended with exit code';

/**
 * What the launcher says of the output, as its last words on stderr, where a rule has decided; and before them, how it quotes the line that
 * matches.
 */
export const OUTPUT_RULE_WORDS = 'cots-batch-job: the output ';
export const QUOTED_LINE_WORDS = 'cots-batch-job: line:';

/** How the launcher ends a line that it has cut. */
export const CUT_LINE_MARK = ' ...';

/** The version of the job's own document that is sent. */
export const LATEST_VERSION = '$LATEST';

/** The parameters of the job's own SSM document. */
export const DocumentParameter = {
  /** Identifies the run on the instance; empty when an operator sends the document by hand. */
  RUN_ID: 'RunId',
  /** `NAME=<base64 of the value>`, separated by commas. */
  VARIABLES: 'Variables',
  /** The limit of the script, in seconds. */
  EXECUTION_TIMEOUT: 'executionTimeout',
  /** Before when the program must have begun, in seconds since the epoch; empty where it may begin at any time. */
  START_BEFORE: 'StartBefore',
  /** `CHECK_VALUE` where everything is to be done but the program; otherwise empty. */
  CHECK: 'Check',
} as const;

/** What `DocumentParameter.CHECK` has in a check. */
export const CHECK_VALUE = 'yes';

/**
 * What a run identifier may be made of: execution names are longer and wider, see `runId`. It names a folder, so that it must not
 * be `.` or `..`, which exist before the run was started.
 */
export const RUN_ID_PATTERN = '^([A-Za-z0-9_-][A-Za-z0-9._-]{0,99})?$';

/** Environment variables as the document takes them. A comma ends a variable, base64 has none. */
export const VARIABLES_PATTERN = '^([A-Za-z_][A-Za-z0-9_]*=[A-Za-z0-9+/]*={0,2}(,|$))*$';

/** How the job's own document takes its variables: base64, so that neither SSM nor a shell reads anything into a value. */
export function encodeVariables(values: Map<string, string>): string {
  return [...values].map(([name, value]) => `${name}=${Buffer.from(value, 'utf8').toString('base64')}`).join(',');
}

/** The variables that a document was sent. */
export function decodeVariables(text: string): Map<string, string> {
  const pairs = text.split(',').map((variable) => /^([^=]+)=(.*)$/.exec(variable)).filter((pair) => pair !== null);
  return new Map(pairs.map(([, name, value]) => [name, Buffer.from(value, 'base64').toString('utf8')]));
}

import { JobSettings } from './protocol';
import { refuse } from './validation';

/**
 * A quarter of the 256 KiB that Step Functions takes for a state: the settings are part of every one. The rest is for what comes and
 * goes with a run: at its start the input; then a status, with the output of 5 failures in the result and again in the mail (85 KB),
 * the IDs of 1,500 instances to run again (35 KB), and an error of a service (32 KB, and twice that with all of it escaped).
 *
 * The definition, which may have 1 MB, has them once.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */
const MAX_SETTINGS_BYTES = 64 * 1024;

/**
 * Refuses settings that would end every run in its first state: no state could catch that.
 */
export function checkSize(settings: JobSettings): void {
  const size = bytes(settings);
  if (size > MAX_SETTINGS_BYTES) {
    const [[name, value]] = parts(settings).sort(([, a], [, b]) => bytes(b) - bytes(a));
    refuse('CotsBatchJob', `must not have settings of more than ${MAX_SETTINGS_BYTES} bytes, because they are part of every state of `
      + `Step Functions; ${name} takes ${bytes(value)} of them`, size);
  }
}

/** What users have set, by the name that it has for them. */
function parts({ parameters, document, ...others }: JobSettings): [string, unknown][] {
  return [
    ...named('parameter', parameters),
    ...named('the document\'s parameter', document.parameters),
    ...Object.entries(others),
  ];
}

function named(what: string, values: object): [string, unknown][] {
  return Object.entries(values).map(([name, value]) => [`${what} ${name}`, value]);
}

function bytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

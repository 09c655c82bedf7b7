/** The end of a program's output, as a mail shows it. */

import { visible } from '../../protocol/text';

export const MAX_LINES = 20;
export const MAX_CHARACTERS = 2_000;

/** A state is limited in bytes, and a character can take three of them. */
const MAX_BYTES = 4_000;

/**
 * The last lines of an output, without trailing blank ones: at most `MAX_LINES` and `MAX_CHARACTERS`, begun at the start of a
 * line where a line fits.
 *
 * @param note a line that is put before the text and counts like it; it says what is missing.
 */
export function tail(output: string, note: string = ''): string {
  const prefix = note ? `${note}\n` : '';
  const lines = visible(output).trimEnd().split('\n').slice(-(MAX_LINES - (note ? 1 : 0)));
  const text = lines.join('\n');
  const end = cutFront(text, MAX_CHARACTERS - prefix.length, MAX_BYTES - Buffer.byteLength(prefix));
  const newline = end.indexOf('\n');
  const isCutInLine = end.length < text.length && text[text.length - end.length - 1] !== '\n';
  return (prefix + (isCutInLine && newline >= 0 ? end.slice(newline + 1) : end)).trimEnd();
}

/** The longest end of a text within both limits, by whole characters. */
function cutFront(text: string, maxLength: number, maxBytes: number): string {
  let start = text.length;
  let bytes = 0;
  while (start > 0) {
    const isPair = /[\uDC00-\uDFFF]/.test(text[start - 1]);
    const size = isPair ? 2 : 1;
    bytes += Buffer.byteLength(text.slice(start - size, start));
    if (text.length - start + size > maxLength || bytes > maxBytes) {
      break;
    }
    start -= size;
  }
  return text.slice(start);
}

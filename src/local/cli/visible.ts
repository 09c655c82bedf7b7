/**
 * What a person sees of text that somebody else has written: programs, operators, services, and whatever state machine is run.
 *
 * The handlers do the same (src/protocol/text.ts), on the other side of a wall; a test holds the two together.
 */

const INVISIBLE = /(?![\n\t])\p{Cc}|\p{Default_Ignorable_Code_Point}|[\u2028\u2029\ufff9-\ufffb]|\p{Noncharacter_Code_Point}|\p{Surrogate}/gu;
const LINE_ENDS = /\r+\n?|[\v\f\u0085\u2028\u2029]/g;
const ESCAPES = new RegExp(
  [
    /(?:\u001b\[|\u009b)[0-?]*(?:[!-/]| (?=q))?[@-MPSTXZ\\^-~]/,
    /(?:\u001b\]|\u009d)\d+;[^\n\u0007\u001b\u009c\u009d]*(?:\u0007|\u001b\\|\u009c)/,
    /\u001b(?:[()][0AB]|[=>78])/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

/** Every line stays, with all that can be read in it; nothing that a terminal would obey or hide. An escape sequence never crosses a line end. */
export function visible(text: string): string {
  return text.replace(LINE_ENDS, '\n').replace(ESCAPES, '').replace(INVISIBLE, '');
}

/** The same in one line. */
export function visibleLine(text: string): string {
  const lines = visible(text).replace(/\t/g, ' ').split('\n').map((line) => line.trim());
  return lines.filter((line) => line).join(' ');
}

/** JSON that can be shown: the same value, with escapes in place of what nobody sees. */
export function visibleJson(json: string): string {
  return json.replace(INVISIBLE, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** Words and times as people see them, on a terminal and on a page. Pure. */

/** Breaks a text into lines at blanks. Line breaks stay; what has no blanks, e.g. an address, is not broken. */
export function wrap(text: string, width: number): string[] {
  return text.split(/\r?\n/).flatMap((paragraph) => {
    const indent = /^\s*/.exec(paragraph)?.[0] ?? '';
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.trim().split(/ +/)) {
      if (line !== '' && indent.length + line.length + 1 + word.length > width) {
        lines.push(indent + line);
        line = word;
      } else {
        line = line === '' ? word : `${line} ${word}`;
      }
    }
    return [...lines, indent + line];
  });
}

/** `01:05`, or `2:01:05` from an hour on. */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = `${String(minutes).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** `45 s`, `5 min`, `1 h 30 min` */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [
    [Math.floor(whole / 3600), 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ] as const;
  return (
    parts
      .filter(([count]) => count > 0)
      .map(([count, unit]) => `${count} ${unit}`)
      .join(' ') || '0 s'
  );
}

/** Cuts a text to one line of at most `width` characters. */
export function oneLine(text: string, width: number): string {
  const flat = visibleLine(text);
  return flat.length > width ? `${flat.slice(0, width - 1)}…` : flat;
}

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

/**
 * What a person sees of text that somebody else has written: programs, operators, services, and whatever state machine is run. Every line
 * stays, with all that can be read in it; nothing that a terminal would obey or hide. An escape sequence never crosses a line end.
 *
 * The handlers do the same (src/protocol/text.ts), on the other side of a wall; a test holds the two together.
 */
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

/** Words and numbers as mails, causes and errors show them. Pure; no clock, no locale of the machine. */

/** `1 instance`, `3 instances`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `1 of 3 instances`, or `1 instance` where there is only one. */
export function share(count: number, total: number): string {
  return total === 1 ? '1 instance' : `${count} of ${total} instances`;
}

/** Sentences in a row; those that are empty are left out. */
export function sentences(...parts: string[]): string {
  return parts.filter((part) => part).join(' ');
}

/** Somebody else's words as the end of a sentence: with a full stop, whether or not they brought one along. */
export function endSentence(text: string): string {
  return `${text.replace(/\.\s*$/, '')}.`;
}

/** `45 s`, `12 min 05 s`, `2 h 05 min`, `1 d 03 h`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const unit = (size: number, modulus: number) => Math.floor(whole / size) % modulus;
  if (whole < 60) {
    return `${whole} s`;
  }
  const [large, small, suffix] = whole < 3600 ? [unit(60, 60), unit(1, 60), ['min', 's']]
    : whole < 86400 ? [unit(3600, 24), unit(60, 60), ['h', 'min']]
      : [Math.floor(whole / 86400), unit(3600, 24), ['d', 'h']];
  return small === 0 ? `${large} ${suffix[0]}` : `${large} ${suffix[0]} ${String(small).padStart(2, '0')} ${suffix[1]}`;
}

/** `2026-11-21 02:00:00 UTC`, from an ISO time. What is no time is returned as it is. */
export function utc(time: string): string {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? time : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** At most `max` characters, the last one an ellipsis where something was cut; never half of a surrogate pair. */
export function shorten(text: string, max: number): string {
  if (text.length <= max) {
    return text;
  }
  return `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/**
 * What nobody sees, or what changes how other characters are seen: control characters, zero width and bidirectional marks, tag
 * characters, line separators, halves of characters. Tab and line feed are none of them.
 *
 * The joiner of emoji (U+200D) is one, too: an emoji of several becomes several, which can be read as well.
 */
const INVISIBLE = /(?![\n\t])\p{Cc}|\p{Default_Ignorable_Code_Point}|[\u2028\u2029\ufff9-\ufffb]|\p{Noncharacter_Code_Point}|\p{Surrogate}/gu;

/** What ends a line, on one terminal or another. A carriage return that overwrites its line, as progress bars do, ends it. */
const LINE_ENDS = /\r+\n?|[\v\f\u0085\u2028\u2029]/g;

/**
 * Escape sequences of ECMA-48 and xterm: colours and cursor movements (CSI), window titles and links (OSC), character sets.
 *
 * Only a sequence that is whole and known goes, and none is longer than its line: one that is not ended hides nothing. Of everything
 * else that begins with ESC, the ESC alone goes.
 */
const ESCAPES = new RegExp([
  /(?:\u001b\[|\u009b)[0-?]*(?:[!-/]| (?=q))?[@-MPSTXZ\\^-~]/,
  /(?:\u001b\]|\u009d)\d+;[^\n\u0007\u001b\u009c\u009d]*(?:\u0007|\u001b\\|\u009c)/,
  /\u001b(?:[()][0AB]|[=>78])/,
].map(({ source }) => source).join('|'), 'g');

/**
 * Makes text that somebody else has written fit to be shown: the output of a program, the cause that an operator gives, the error of
 * a service. Every line stays with all that can be read in it; nothing remains that a terminal or a mail program would obey or hide.
 *
 * Whatever leaves a handler goes through it: `endStatus` for results and mails, `describeError` for errors, `createLog` for logs.
 */
export function visible(text: string): string {
  return text.replace(LINE_ENDS, '\n').replace(ESCAPES, '').replace(INVISIBLE, '');
}

/** The same in one line, without blanks around it: what stands in a sentence of ours must not begin a line of its own. Blanks in it stay. */
export function visibleLine(text: string): string {
  return visible(text).replace(/\t/g, ' ').split('\n').map((line) => line.trim()).filter((line) => line).join(' ');
}

/** JSON that can be shown: the same value, with escapes in place of what `JSON.stringify` leaves invisible. */
export function visibleJson(json: string): string {
  return json.replace(INVISIBLE, (character) =>
    character.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''));
}

/** What an error quotes in place of a value that is sensitive. */
export const SENSITIVE_VALUE = 'a sensitive value';

/** A value received, as an error quotes it: one line, bounded, nothing in it that is not visible. */
export function quote(value: unknown, max: number = 60): string {
  const json = JSON.stringify(typeof value === 'string' ? shorten(value, max) : value) ?? String(value);
  return visibleJson(shorten(json, 4 * max));
}

/**
 * Breaks a paragraph into lines of at most `width` columns; words that are longer stay whole. Several blanks are one: what others have
 * written must not look like columns.
 */
export function wrap(text: string, indent: string = '', width: number = 76): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/ +/)) {
    if (line && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return [...lines, indent + line].join('\n');
}

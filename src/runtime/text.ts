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

// What JSON leaves as it is, but a terminal or a mail program hides or obeys: C1 controls, bidirectional marks, zero width.
const INVISIBLE = /[\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A value received, as an error quotes it: one line, bounded, nothing in it that is not visible. */
export function quote(value: unknown, max: number = 60): string {
  const json = JSON.stringify(typeof value === 'string' ? shorten(value, max) : value) ?? String(value);
  return shorten(json, 4 * max).replace(INVISIBLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Breaks a paragraph into lines of at most `width` columns; words that are longer stay whole. */
export function wrap(text: string, indent: string = '', width: number = 76): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return [...lines, indent + line].join('\n');
}

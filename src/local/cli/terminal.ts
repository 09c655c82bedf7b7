import { visible, visibleLine } from './visible';

/** Where text for a person goes. */
export interface Terminal {
  readonly style: Style;
  /** Writes a line. */
  line(text?: string): void;
}

/** Ways to highlight text; all leave it as it is where there are no colours. */
export interface Style {
  bold(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warning(text: string): string;
}

/** Everything is written to fit into a terminal of this many columns. */
export const COLUMNS = 80;

export function styleFor(colours: boolean): Style {
  const sgr =
    (code: number) =>
      (text: string): string =>
        colours && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { bold: sgr(1), faint: sgr(2), good: sgr(32), bad: sgr(31), warning: sgr(33) };
}

/** What `styleFor` adds. */
const STYLES = /(\u001b\[(?:0|1|2|31|32|33)m)/;
const RESET = '\u001b[0m';

/**
 * The same terminal for text of others: a line is one line, is shown whole, and leaves nothing behind but the styles of this file.
 * Whoever shows what happens in a run writes to it.
 */
export function forForeignText({ line, style }: Terminal): Terminal {
  const hasColours = style.bold('x') !== 'x';
  const oneVisibleLine = (text: string): string => visible(text).replace(/\n/g, ' ');
  return {
    style,
    line: (text = '') => {
      const parts = hasColours ? text.split(STYLES) : [text];
      const end = parts.filter((_, i) => i % 2 === 1).at(-1) ?? RESET;
      line(parts.map((part, i) => (i % 2 === 1 ? part : oneVisibleLine(part))).join('') + (end === RESET ? '' : RESET));
    },
  };
}

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

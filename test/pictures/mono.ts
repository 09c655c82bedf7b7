import { element, Markup } from './svg';

/** A part of a line that looks alike. */
export interface Span {
  readonly text: string;
  /** Classes of a picture's style. */
  readonly look?: string;
}

export const MONO_SIZE = 12;
export const MONO_LINE = 17;

/** Of a character, in pixels: no monospaced font of `STYLE` has wider ones. */
export const MONO_WIDTH = MONO_SIZE * 0.605;

/** Breaks a line where it is so many characters wide, as a terminal does. */
export function breakLine(spans: Span[], columns: number): Span[][] {
  const lines: Span[][] = [[]];
  let room = columns;
  for (const { text, look } of spans) {
    const characters = [...text];
    while (characters.length > 0) {
      if (room === 0) {
        lines.push([]);
        room = columns;
      }
      const part = characters.splice(0, room);
      lines.at(-1)!.push({ text: part.join(''), look });
      room -= part.length;
    }
  }
  return lines;
}

/** A line of monospaced text. */
export function monoLine(spans: Span[], x: number, y: number): Markup {
  return element('text', { 'class': 'mono', 'xml:space': 'preserve', x, y }, ...spans.map(({ text, look }) =>
    look === undefined ? text : element('tspan', { class: look }, text)));
}

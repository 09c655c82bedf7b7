import { Span } from './mono';

/** A line of a terminal, and when it got its last character, in seconds since the first one. */
export interface TerminalLine {
  readonly spans: Span[];
  readonly at: number;
}

/** A part of what a program has written, and how many seconds after the part before it. */
export interface Output {
  readonly delay: number;
  readonly text: string;
}

interface Cell {
  readonly character: string;
  readonly look?: string;
}

/** Classes for the parameters of SGR that our command line uses. */
const LOOKS: { readonly [parameter: string]: string } = { 1: 'bold', 2: 'faint', 31: 'bad', 32: 'good', 33: 'wait', 34: 'accent', 36: 'accent' };

const TOKEN = /\x1b\[([0-9;?]*)([A-Za-z])|\r\n|\r|\n|[^\x1b\r\n]/gu;

/**
 * What a terminal shows in the end, line by line. It obeys colours, carriage returns, and the few sequences that rewrite a line.
 *
 * @throws Error for any other sequence, rather than show something else than a terminal does
 */
export function render(outputs: Output[]): TerminalLine[] {
  const lines: { cells: Cell[]; at: number }[] = [{ cells: [], at: 0 }];
  let [row, column, now] = [0, 0, 0];
  let looks: string[] = [];
  const goTo = (to: number) => {
    row = Math.max(0, to);
    while (lines.length <= row) {
      lines.push({ cells: [], at: now });
    }
  };
  for (const { delay, text } of outputs) {
    now += delay;
    for (const [token, parameters = '', final] of text.matchAll(TOKEN)) {
      const count = Number(parameters || 1);
      if (token === '\r\n' || token === '\n') {
        goTo(row + 1);
        column = 0;
      } else if (token === '\r') {
        column = 0;
      } else if (final === undefined) {
        const line = lines[row];
        while (line.cells.length < column) {
          line.cells.push({ character: ' ' });
        }
        line.cells[column++] = { character: token, look: looks.length > 0 ? looks.join(' ') : undefined };
        line.at = now;
      } else if (final === 'm') {
        looks = parameters.split(';').reduce<string[]>((all, parameter) =>
          LOOKS[parameter] ? [...all, LOOKS[parameter]] : ['', '0', '22', '39'].includes(parameter) ? [] : unknown(token), looks);
      } else if (final === 'K') {
        lines[row].cells.splice(parameters === '2' ? 0 : column);
      } else if (final === 'A') {
        goTo(row - count);
      } else if (final === 'G') {
        column = count - 1;
      } else if (final === 'J') {
        lines[row].cells.splice(column);
        lines.splice(row + 1);
      } else if (!['?25l', '?25h'].includes(`${parameters}${final}`)) {
        unknown(token);
      }
    }
  }
  return lines.map(({ cells, at }) => ({ at, spans: spansOf(cells) }));
}

function unknown(sequence: string): never {
  throw new Error(`no picture of a terminal has a place for ${JSON.stringify(sequence)}`);
}

function spansOf(cells: Cell[]): Span[] {
  const spans: { text: string; look?: string }[] = [];
  for (const { character, look } of cells) {
    if (spans.length > 0 && spans.at(-1)!.look === look) {
      spans.at(-1)!.text += character;
    } else {
      spans.push({ text: character, look });
    }
  }
  return spans.map(({ text, ...others }, index) => ({ text: index === spans.length - 1 ? text.trimEnd() : text, ...others })).filter(({ text }) => text !== '');
}

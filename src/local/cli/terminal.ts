import { oneLine, visible, visibleJson } from '../text';

/**
 * The one way by which text gets to a person. Whoever has written it (programs, operators, templates, services, whatever state machine is
 * run), a terminal obeys nothing of it, and a line is one line: there is no other way to write, and lint refuses one.
 */
export class Terminal {
  public readonly style: Style;

  /**
   * @param write gets text with its line ends
   * @param hasColours Whether what `style` highlights is highlighted
   * @param status The status line of the screen that the text is written to
   */
  constructor(private readonly write: (text: string) => void, private readonly hasColours = false, private readonly status?: StatusLine) {
    this.style = styleFor(hasColours);
  }

  /** Writes a line, which has no other styles than those of `style`, and leaves none behind. */
  public line(text = ''): void {
    this.put(this.shown(text));
  }

  /** Writes text that has several lines, at once. */
  public lines(text: string): void {
    this.put(visible(text).replace(/\n$/, '').split('\n').map((line) => this.shown(line)).join(''));
  }

  /** Writes a document for programs: the same value, with escapes in place of what nobody sees. */
  public json(value: unknown): void {
    this.put(`${visibleJson(JSON.stringify(value, undefined, 2))}\n`);
  }

  private put(text: string): void {
    this.status?.clear();
    this.write(text);
  }

  private shown(text: string): string {
    const parts = this.hasColours ? text.split(STYLES) : [text];
    const end = parts.filter((_, i) => i % 2 === 1).at(-1) ?? RESET;
    const shown = parts.map((part, i) => (i % 2 === 1 ? part : visible(part).replace(/\n/g, ' '))).join('');
    return `${shown}${end === RESET ? '' : RESET}\n`;
  }
}

/**
 * The last line of a screen, which says how it stands and is written anew again and again. Whatever else is written takes its place.
 */
export class StatusLine {
  private isShown = false;

  /** @param columns How wide the screen is by now: a line that wraps could not be taken back */
  constructor(private readonly write: (text: string) => void, private readonly columns: () => number) {}

  public show(text: string): void {
    this.write(`${ERASE_LINE}${oneLine(text, this.columns() - 1)}`);
    this.isShown = true;
  }

  public clear(): void {
    if (this.isShown) {
      this.write(ERASE_LINE);
      this.isShown = false;
    }
  }
}

/** Back to the first column, and nothing left in the line. */
const ERASE_LINE = '\r\u001b[K';

/** The present process's screen, if a person looks at it. A log of a CI has no use for a line that changes. */
export const screen: StatusLine | undefined = process.stdout.isTTY && !isCi(process.env)
  ? new StatusLine((text) => void process.stdout.write(text), () => process.stdout.columns || COLUMNS)
  : undefined;

function isCi({ CI }: NodeJS.ProcessEnv): boolean {
  return CI !== undefined && !['', '0', 'false'].includes(CI.toLowerCase());
}

/**
 * The present process's output.
 *
 * @param hide takes out of a text what must not be shown
 */
export function standardOutput(colours: boolean, hide = (text: string) => text): Terminal {
  const hasColours = colours && Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;
  return new Terminal((text) => void process.stdout.write(hide(text)), hasColours, screen);
}

/** The present process's other output: what is no result. */
export function standardError(): Terminal {
  return new Terminal((text) => void process.stderr.write(text), false, screen);
}

/** Ways to highlight text; all leave it as it is where there are no colours. */
export interface Style {
  bold(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warning(text: string): string;
  /** Tells members of a series apart, by their numbers from 0. */
  series(number: number, text: string): string;
}

/** Everything is written to fit into a terminal of this many columns. */
export const COLUMNS = 80;

/** Cyan, magenta, blue: the other colours mean something. */
const SERIES = [36, 35, 34];

export function styleFor(colours: boolean): Style {
  const sgr =
    (code: number) =>
      (text: string): string =>
        colours && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
  const series = (number: number, text: string): string => sgr(SERIES[number % SERIES.length])(text);
  return { bold: sgr(1), faint: sgr(2), good: sgr(32), bad: sgr(31), warning: sgr(33), series };
}

/** What `styleFor` adds. */
const STYLES = /(\u001b\[(?:0|1|2|3[1-6])m)/;
const RESET = '\u001b[0m';

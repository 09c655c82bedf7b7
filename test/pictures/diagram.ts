import { MARGIN, place, Size } from './graph';
import { Point, rounded } from './routing';
import { element, Markup, number, picture, widthOf, wrap } from './svg';
import { Palette } from './theme';

/** A class of `STYLE`. */
export type Colour = 'accent' | 'bad' | 'good' | 'muted' | 'wait';

export interface Box {
  readonly id: string;
  readonly name: string;
  /** What it is, in a word. */
  readonly tag: string;
  readonly colour: Colour;
  readonly note?: string;
  /** Whether it is there already: its border is dashed. */
  readonly isOutside?: boolean;
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly label?: string;
  /**
   * - `main`: what is done
   * - `error`: what is done where something fails
   */
  readonly kind: 'main' | 'error';
}

export interface DiagramOptions {
  readonly title: string;
  readonly description: string;
  readonly boxes: Box[];
  readonly arrows: Arrow[];
}

const NAME_SIZE = 14;
const NOTE_SIZE = 11.5;
const LINE_HEIGHT = 15;
const NOTE_WIDTH = 178;
const LABEL_WIDTH = 130;
const PADDING = 12;
const ROW_GAP = 28;

/** Boxes and the arrows between them: laid out once, drawn in any colours. Boxes without an arrow stand in a row below the others. */
export function diagram({ title, description, boxes, arrows }: DiagramOptions): (palette: Palette) => string {
  const cards = boxes.map((box) => new Card(box));
  const isConnected = ({ box: { id } }: Card) => arrows.some(({ from, to }) => from === id || to === id);
  const labels = arrows.map(({ label = '' }) => wrap(label, LABEL_WIDTH, NOTE_SIZE).filter((line) => line !== ''));
  const placed = place(
    cards.filter(isConnected).map(({ box: { id }, width, height }) => ({ id, width, height })),
    arrows.map(({ from, to, kind }, index) =>
      ({ from, to, label: labels[index].length > 0 ? labelSize(labels[index]) : undefined, weight: kind === 'main' ? 2 : 1 })),
  );
  const row = cards.filter((card) => !isConnected(card));
  const rowWidth = row.reduce((sum, card) => sum + card.width, 0) + (row.length - 1) * ROW_GAP;
  const width = Math.max(placed.width, rowWidth + 2 * MARGIN);
  const height = placed.height + (row.length > 0 ? ROW_GAP + Math.max(...row.map((card) => card.height)) + MARGIN : 0);
  const shift = (width - placed.width) / 2;
  return (palette) => picture({ width, height, title, description, palette }, [
    arrowHeads(palette),
    element(
      'g', { transform: `translate(${number(shift)} 0)` },
      ...arrows.map((arrow, index) => drawArrow(arrow, placed.edges[index].points)),
      ...placed.edges.map(({ label }, index) => label ? drawLabel(labels[index], label) : new Markup('')),
      ...cards.filter(isConnected).map((card) => card.draw(placed.nodes.get(card.box.id)!)),
    ),
    ...row.length > 0 ? [element('path', { class: 'line faint', d: `M${MARGIN},${number(placed.height)}H${number(width - MARGIN)}` })] : [],
    ...row.map((card, index) => {
      const before = row.slice(0, index).reduce((sum, other) => sum + other.width + ROW_GAP, 0);
      return card.draw({ x: (width - rowWidth) / 2 + before + card.width / 2, y: placed.height + ROW_GAP + card.height / 2 });
    }),
  ]);
}

class Card implements Size {
  public readonly width: number;
  public readonly height: number;
  private readonly notes: string[];

  constructor(public readonly box: Box) {
    this.notes = wrap(box.note ?? '', NOTE_WIDTH, NOTE_SIZE).filter((line) => line !== '');
    const heading = widthOf(box.name, NAME_SIZE, 'bold') + 18 + widthOf(box.tag, NOTE_SIZE);
    this.width = Math.max(heading, ...this.notes.map((line) => widthOf(line, NOTE_SIZE))) + 2 * PADDING;
    this.height = 2 * PADDING + 12 + this.notes.length * LINE_HEIGHT;
  }

  public draw({ x, y }: Point): Markup {
    const { width, height, notes, box: { id, name, tag, colour, isOutside } } = this;
    return element(
      'g', { 'data-box': id, 'transform': `translate(${number(x - width / 2)} ${number(y - height / 2)})` },
      element('rect', { class: isOutside ? 'box dashed' : 'box', width, height, rx: 6 }),
      element('rect', { class: colour, width: 4, height: height - 12, x: 0, y: 6, rx: 2 }),
      element('text', { 'class': 'name', 'font-size': NAME_SIZE, 'x': PADDING, 'y': PADDING + 11 }, name),
      element('text', { 'class': `note ${colour}`, 'x': width - PADDING, 'y': PADDING + 11, 'text-anchor': 'end' }, tag),
      ...notes.map((line, index) => element('text', { class: 'note', x: PADDING, y: PADDING + 13 + LINE_HEIGHT * (index + 1) }, line)),
    );
  }
}

function labelSize(lines: string[]): Size {
  return { width: Math.max(...lines.map((line) => widthOf(line, NOTE_SIZE))) + 8, height: lines.length * LINE_HEIGHT + 2 };
}

function drawLabel(lines: string[], { x, y }: Point): Markup {
  const { width, height } = labelSize(lines);
  const top = y - height / 2;
  return element(
    'g', { 'data-label': '' },
    element('rect', { class: 'page', x: x - width / 2, y: top, width, height }),
    ...lines.map((line, row) => element('text', { 'class': 'note', x, 'y': top + 12 + row * LINE_HEIGHT, 'text-anchor': 'middle' }, line)),
  );
}

function drawArrow({ from, to, kind }: Arrow, points: Point[]): Markup {
  return element('path', {
    'class': { main: 'line', error: 'line bad dashed' }[kind],
    'd': rounded(points),
    'marker-end': `url(#${kind})`,
    'data-from': from,
    'data-to': to,
  });
}

function arrowHeads({ line, bad }: Palette): Markup {
  return element('defs', {}, ...Object.entries({ main: line, error: bad }).map(([id, fill]) => element(
    'marker', { id, viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto' }, element('path', { d: 'M0,0L8,4L0,8z', fill }),
  )));
}

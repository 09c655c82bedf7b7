import { html, Html } from './escape';
import { Timeline, TimelineBar, TimelineGroup, TimelineRow } from './timeline';
import { clockTime, oneLine } from '../text';

/** From this width on, names stand left of the bars and notes right of them; otherwise above. */
const MIN_WIDE = 640;
const NAMES = 190;
const NOTES = 140;
const ROW = 24;
/** Of a row whose name stands above its bar. */
const TALL_ROW = 40;
const BAR = 12;
const HEADING = 38;
const AXIS = 26;
const LEGEND = 34;
const LEGEND_LINE = 20;
/** What can be seen, and pointed at. */
const MIN_BAR = 3;
/** About the width of a character of its notes. */
const CHARACTER = 6.3;

/**
 * Draws a timeline, for a page that has `TIMELINE_STYLE` and its colours.
 *
 * @param width In pixels. Below 640, names stand above their bars
 */
export function timelineSvg(timeline: Timeline, { width }: { readonly width: number }): Html {
  const isWide = width >= MIN_WIDE;
  const drawing = new Drawing(timeline, width, isWide);
  const groups = timeline.groups.map((group) => drawing.group(group));
  const legend = drawing.legend();
  const contents = timeline.groups.map(({ name, rows }) => `${name}, ${rows.length} rows`).join('; ');
  const title = `Timeline of ${clockTime(timeline.length / 1000)}: ${contents}`;
  return html`<svg class="timeline ${isWide ? 'wide' : 'narrow'}" viewBox="0 0 ${width} ${drawing.height}" role="img" aria-label="${title}">
<title>${title}</title>
${drawing.axis()}${groups}${legend}
</svg>`;
}

class Drawing {
  private y = AXIS;
  private readonly left: number;
  private readonly plot: number;
  private bottom = AXIS;

  constructor(private readonly timeline: Timeline, private readonly width: number, private readonly isWide: boolean) {
    this.left = isWide ? NAMES : 0;
    this.plot = width - this.left - (isWide ? NOTES : 0);
  }

  public get height(): number {
    return this.y;
  }

  public group({ name, rows }: TimelineGroup): Html {
    const heading = html`<text class="heading" x="0" y="${this.y + 24}">${this.fitted(name, this.width)}</text>`;
    this.y += HEADING;
    const drawn = html`<g>${heading}${rows.map((row) => this.row(row))}
</g>`;
    this.bottom = this.y;
    return drawn;
  }

  private row({ name, note, tone, bars }: TimelineRow): Html {
    const top = this.y;
    this.y += this.isWide ? ROW : TALL_ROW;
    const baseline = top + 16;
    const barTop = this.isWide ? top + (ROW - BAR) / 2 : top + 22;
    const noteStart = this.isWide ? this.left + this.plot + 12 : this.width;
    const noteWidth = this.isWide ? NOTES - 12 : this.width / 2;
    return html`
<g class="row"><text class="${/^m?i-[0-9a-f]+$/.test(name) ? 'id' : ''}" x="0" y="${baseline}">${
  this.fitted(name, this.isWide ? NAMES - 12 : this.width / 2)}</text><text class="note ${tone === 'plain' ? 'muted' : tone}${
  this.isWide ? '' : ' end'}" x="${noteStart}" y="${baseline}">${this.fitted(note, noteWidth)}</text>${
  bars.map((bar) => this.bar(bar, barTop))}</g>`;
  }

  private bar({ kind, tone, from, to, label }: TimelineBar, top: number): Html {
    const x = this.x(from);
    const times = kind === 'mark' ? `+${clockTime(from / 1000)}` : `+${clockTime(from / 1000)} to +${clockTime(to / 1000)}`;
    const title = html`<title>${label}, ${times}</title>`;
    if (kind === 'mark') {
      const [cx, cy, r] = [Math.min(Math.max(x, this.left + 6), this.left + this.plot - 6), top + BAR / 2, 6];
      return html`<path class="bar mark ${tone}" d="M${round(cx)} ${cy - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}z">${title}</path>`;
    }
    const width = Math.max(this.x(to) - x, MIN_BAR);
    const thickness = kind === 'sent' ? 4 : BAR;
    const start = Math.min(x, this.left + this.plot - width);
    return html`<rect class="bar ${kind} ${tone}" x="${round(start)}" y="${top + (BAR - thickness) / 2}" width="${round(width)}" height="${
      thickness}" rx="2">${title}</rect>`;
  }

  /** The scale, and its lines. To be drawn when the height is known. */
  public axis(): Html {
    const step = stepOf(this.timeline.length, this.isWide ? 8 : 4);
    const times = Array.from({ length: Math.floor(this.timeline.length / step) + 1 }, (_, index) => index * step);
    return html`<g class="axis">${times.map((time) => {
      const x = round(this.x(time));
      const anchor = time === 0 && !this.isWide ? '' : x > this.left + this.plot - 20 ? ' end' : ' middle';
      return html`
<line class="grid" x1="${x}" x2="${x}" y1="${AXIS - 4}" y2="${this.bottom}"/><text class="muted${anchor}" x="${x}" y="14">${
  clockTime(time / 1000)}</text>`;
    })}
</g>`;
  }

  /** What the colours mean that occur. */
  public legend(): Html {
    const bars = this.timeline.groups.flatMap(({ rows }) => rows.flatMap((row) => row.bars));
    const entries = LEGENDS.filter(({ kind, tone }) => bars.some((bar) => bar.kind === kind && (tone === undefined || bar.tone === tone)));
    let x = this.left;
    let y = this.y + LEGEND - 8;
    const drawn = entries.map(({ kind, tone = 'plain', text }) => {
      const width = 20 + text.length * CHARACTER + 16;
      if (x + width > this.width && x > this.left) {
        x = this.left;
        y += LEGEND_LINE;
      }
      const at = x;
      x += width;
      const [top, height] = kind === 'sent' ? [y - 6, 4] : [y - 9, 10];
      return html`
<rect class="bar ${kind} ${tone}" x="${round(at)}" y="${top}" width="12" height="${height}" rx="2"/>
<text class="muted" x="${round(at + 18)}" y="${y}">${
  text}</text>`;
    });
    this.y = y + 8;
    return html`<g class="legend">${drawn}
</g>`;
  }

  private x(time: number): number {
    return this.left + this.plot * Math.min(1, Math.max(0, time / this.timeline.length));
  }

  private fitted(text: string, width: number): string {
    return oneLine(text, Math.floor(width / CHARACTER));
  }
}

const LEGENDS: readonly { readonly kind: TimelineBar['kind']; readonly tone?: TimelineBar['tone']; readonly text: string }[] = [
  { kind: 'sent', tone: 'plain', text: 'sent' },
  { kind: 'sent', tone: 'bad', text: 'never started' },
  { kind: 'running', tone: 'good', text: 'succeeded' },
  { kind: 'running', tone: 'bad', text: 'failed' },
  { kind: 'running', tone: 'plain', text: 'in progress' },
  { kind: 'task', text: 'task' },
  { kind: 'wait', text: 'wait' },
  { kind: 'notify', text: 'notification' },
];

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12, 24].map((count) => count * HOUR),
];

/** Milliseconds between two marks of the scale. */
function stepOf(length: number, most: number): number {
  return STEPS.find((step) => length / step <= most) ?? Math.ceil(length / most / (24 * HOUR)) * 24 * HOUR;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

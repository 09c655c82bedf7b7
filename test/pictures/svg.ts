import { Palette, STYLE } from './theme';

/** SVG that is put together from elements. Text of others is no markup: `element` escapes every string that is not. */
export class Markup {
  constructor(public readonly source: string) {}
}

export type Attributes = { readonly [name: string]: string | number | undefined };

/** An element. Attributes that are undefined are left out; numbers have one decimal, so that equal input makes equal bytes. */
export function element(name: string, attributes: Attributes = {}, ...content: (Markup | string)[]): Markup {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escape(typeof value === 'number' ? number(value) : value!)}"`)
    .join('');
  const inner = content.map((part) => typeof part === 'string' ? escape(part) : part.source).join('');
  return new Markup(inner === '' ? `<${name}${written}/>` : `<${name}${written}>${inner}</${name}>`);
}

export function number(value: number): string {
  return String(Math.round(value * 10) / 10 + 0);
}

// XML 1.0 has no place for most control characters, not even as a reference.
function escape(text: string): string {
  return text
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, '\ufffd')
    .replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

export interface PictureOptions {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** What somebody hears who cannot see the picture. */
  readonly description: string;
  readonly palette: Palette;
  /** CSS of this picture alone. */
  readonly style?: string;
}

/** A whole file. The background is the picture's own: it can be read wherever it is shown. */
export function picture({ width, height, title, description, palette, style = '' }: PictureOptions, content: Markup[]): string {
  const root = element(
    'svg',
    {
      'xmlns': 'http://www.w3.org/2000/svg',
      'width': Math.ceil(width),
      'height': Math.ceil(height),
      'viewBox': `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`,
      'role': 'img',
      'aria-labelledby': 'title desc',
    },
    element('title', { id: 'title' }, title),
    element('desc', { id: 'desc' }, description),
    element('style', {}, new Markup(STYLE(palette) + style)),
    element('rect', { class: 'page', width: '100%', height: '100%', rx: 8 }),
    ...content.flatMap((part) => [new Markup('\n'), part]),
    new Markup('\n'),
  );
  return `${root.source}\n`;
}

/**
 * How wide a text is at most, in pixels, in the widest of the fonts that `STYLE` may end up with (DejaVu Sans). The font is the visitor's:
 * nobody knows the width before.
 */
export function widthOf(text: string, size: number, weight: 'normal' | 'bold' = 'normal'): number {
  const em = [...text].reduce((sum, character) => sum + (WIDTHS.find(([characters]) => characters.test(character))?.[1] ?? 0.64), 0);
  return em * size * (weight === 'bold' ? 1.1 : 1);
}

const WIDTHS: [RegExp, number][] = [
  [/[ijl'|.,:;! ]/, 0.33],
  [/[ftr()[\]I/-]/, 0.42],
  [/[mwMW@%]/, 0.95],
  [/[A-Z]/, 0.72],
  [/[ckszxyv_]/, 0.58],
];

/** The lines of a text that are at most so wide; a word that is wider has a line of its own. */
export function wrap(text: string, width: number, size: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
    if (lines.length > 0 && widthOf(longer, size) <= width) {
      lines[lines.length - 1] = longer;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

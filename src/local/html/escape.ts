import { visible } from '../text';

/** Markup that can be written as it is. Only the function `html` makes it: whatever else gets into a page is a text. */
export class Html {
  /** @internal */
  constructor(public readonly markup: string) {}

  public toString(): string {
    return this.markup;
  }
}

/** What a template takes. Nothing stands where it is undefined. */
export type Content = Html | string | number | undefined | readonly Content[];

/**
 * The one way to write markup. What is in the template itself is markup; everything that is put into it is data of programs, templates,
 * services or operators, and shows as the text that it is, between tags as well as in the quotes of an attribute. It must not be put
 * anywhere else: not into a style, an address or an attribute without quotes.
 */
export function html(template: TemplateStringsArray, ...contents: Content[]): Html {
  return new Html(template.map((markup, index) => `${markup}${markupOf(contents[index])}`).join(''));
}

function markupOf(content: Content): string {
  if (content instanceof Html) {
    return content.markup;
  }
  if (typeof content === 'object') {
    return content.map(markupOf).join('');
  }
  return content === undefined ? '' : escaped(String(content));
}

const ENTITIES: { readonly [character: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '`': '&#96;' };

function escaped(text: string): string {
  return visible(text).replace(/[&<>"'`]/g, (character) => ENTITIES[character]);
}

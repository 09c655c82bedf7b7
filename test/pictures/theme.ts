/** The colours of a scheme. */
export interface Palette {
  readonly page: string;
  /** Of boxes. */
  readonly card: string;
  readonly border: string;
  readonly text: string;
  readonly muted: string;
  /** What goes on, what went well, what went wrong, what waits. */
  readonly accent: string;
  readonly good: string;
  readonly bad: string;
  readonly wait: string;
  readonly line: string;
}

/** A picture for each: a page shows one by its reader's choice of colours, with `<picture>`. */
export const SCHEMES: { readonly [suffix: string]: Palette } = {
  '': {
    page: '#ffffff',
    card: '#f6f8fa',
    border: '#d1d9e0',
    text: '#1f2328',
    muted: '#59636e',
    accent: '#0969da',
    good: '#1a7f37',
    bad: '#cf222e',
    wait: '#8a5d00',
    line: '#818b98',
  },
  '-dark': {
    page: '#0d1117',
    card: '#161b22',
    border: '#3d444d',
    text: '#f0f6fc',
    muted: '#9198a1',
    accent: '#58a6ff',
    good: '#3fb950',
    bad: '#ff7b72',
    wait: '#d29922',
    line: '#6e7681',
  },
};

export const SANS = "-apple-system,BlinkMacSystemFont,'Segoe UI','Noto Sans',Helvetica,Arial,sans-serif";
export const MONO = "ui-monospace,SFMono-Regular,'SF Mono',Menlo,Consolas,'Liberation Mono',monospace";

/** What all pictures look like. */
export const STYLE = ({ page, card, border, text, muted, accent, good, bad, wait, line }: Palette) => `
text{font:13px ${SANS};fill:${text};white-space:pre}
.mono{font:12px ${MONO}}
.name{font-weight:600}
.note{font-size:11.5px;fill:${muted}}
.page{fill:${page}}
.frame{fill:none;stroke:${border}}
.initial{font-size:17px;font-weight:600;fill:${page}}
.box{fill:${card};stroke:${border}}
.accent{fill:${accent}}.good{fill:${good}}.bad{fill:${bad}}.wait{fill:${wait}}.muted{fill:${muted}}
.line{fill:none;stroke:${line};stroke-width:1.4}
.line.bad{fill:none;stroke:${bad}}.line.faint{stroke:${border};stroke-width:1}
.dashed{stroke-dasharray:4 4}
`;

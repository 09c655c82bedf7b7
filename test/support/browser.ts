import { existsSync } from 'node:fs';
import { Browser, chromium, Page } from 'playwright-core';

/** Debian's own, unless the environment names another one. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

export interface View {
  /** @default 1280 */
  readonly width?: number;
  /** @default 'light' */
  readonly colourScheme?: 'light' | 'dark';
}

/** A page that is open, and what a browser had to complain about. */
export interface OpenPage {
  readonly page: Page;
  /** Errors on the console or of scripts, and requests for anything but the page itself. */
  readonly problems: string[];
}

/**
 * Tests that look at pages as a person does, in a real browser. Where there is none, they are skipped, and say so.
 *
 * @param tests gets a function that opens an address; what it has opened is closed after each test
 */
export function describeInBrowser(name: string, tests: (open: (url: string, view?: View) => Promise<OpenPage>) => void): void {
  if (!existsSync(CHROMIUM)) {
    process.stderr.write(`skipped, because there is no ${CHROMIUM} (set CHROMIUM to the path of one): ${name}\n`);
    describe.skip(name, () => tests(async () => Promise.reject(new Error('there is no browser'))));
    return;
  }
  describe(name, () => {
    let browser: Browser;
    // A sandbox would need rights that containers do not have. Only pages of these tests are opened.
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    });
    afterEach(async () => {
      await Promise.all(browser.contexts().map((context) => context.close()));
    });
    afterAll(async () => browser?.close());

    tests(async (url, { width = 1280, colourScheme = 'light' } = {}) => {
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: colourScheme });
      const page = await context.newPage();
      const problems: string[] = [];
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) {
          problems.push(message.text());
        }
      });
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('dialog', (dialog) => {
        problems.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on('request', (request) => {
        if (request.url() !== url) {
          problems.push(`request for ${request.url()}`);
        }
      });
      await page.goto(url);
      return { page, problems };
    });
  });
}

/** What is wider than the window, by tag, class and text; empty if nobody has to scroll sideways. */
export async function overflowing(page: Page): Promise<string[]> {
  return page.evaluate(`(() => {
    const width = document.documentElement.clientWidth;
    const wide = [...document.querySelectorAll('body *')].filter((element) => {
      const { left, right, width: own } = element.getBoundingClientRect();
      return own > 0 && (left < -0.5 || right > width + 0.5);
    });
    const scrolls = document.documentElement.scrollWidth > width ? ['the page, ' + document.documentElement.scrollWidth + ' px'] : [];
    const name = (element) => element.tagName + '.' + (element.getAttribute('class') ?? '') + ': ' + element.textContent.slice(0, 40);
    return [...scrolls, ...wide.map(name)];
  })()`);
}

/** A text that is hard to read: how its colour stands out from what is behind it, as WCAG computes it. */
export interface FaintText {
  readonly text: string;
  readonly ratio: number;
  readonly colour: string;
  readonly background: string;
}

/** Texts, also those of SVG, whose contrast is lower than that. What is behind a text is what a browser has painted there. */
export async function faintTexts(page: Page, least = 4.5): Promise<FaintText[]> {
  return page.evaluate(`(() => {
    const parse = (colour) => {
      const [r, g, b, a = 1] = (colour.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
      return { r, g, b, a };
    };
    const over = (top, under) => ({
      r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a), b: top.b * top.a + under.b * (1 - top.a), a: 1,
    });
    const luminance = ({ r, g, b }) => [r, g, b].map((value) => value / 255)
      .map((value) => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
      .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
    const shapes = ['rect', 'path', 'circle', 'ellipse', 'polygon'];
    const paint = (element) => {
      const style = getComputedStyle(element);
      const colour = shapes.includes(element.tagName) ? (style.fill === 'none' ? 'rgba(0,0,0,0)' : style.fill) : style.backgroundColor;
      const parsed = parse(colour);
      const alpha = shapes.includes(element.tagName) ? Number(style.fillOpacity) * Number(style.opacity) : 1;
      return { ...parsed, a: parsed.a * alpha };
    };
    const canvas = matchMedia('(prefers-color-scheme: dark)').matches ? { r: 18, g: 18, b: 18, a: 1 } : { r: 255, g: 255, b: 255, a: 1 };
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    const faint = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      const isHidden = !element.checkVisibility({ visibilityProperty: true }) || ['title', 'desc', 'style'].includes(element.tagName.toLowerCase());
      if (node.data.trim() === '' || isHidden) {
        continue;
      }
      element.scrollIntoView({ block: 'center', inline: 'center' });
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getClientRects()[0];
      if (!box || box.width < 2 || box.height < 2) {
        continue;
      }
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      const behind = document.elementsFromPoint(x, y).filter((other) => !['text', 'tspan'].includes(other.tagName));
      const background = behind.reverse().reduce((under, other) => over(paint(other), under), canvas);
      const style = getComputedStyle(element);
      const own = parse(element.namespaceURI.endsWith('svg') ? style.fill : style.color);
      const opacity = element.namespaceURI.endsWith('svg') ? Number(style.fillOpacity) : 1;
      const colour = over({ ...own, a: own.a * opacity }, background);
      const [high, low] = [luminance(colour), luminance(background)].sort((a, b) => b - a);
      const ratio = (high + 0.05) / (low + 0.05);
      if (ratio < ${least}) {
        const [own, ground] = [colour, background].map((seen) => JSON.stringify(seen));
        faint.push({ text: node.data.trim().slice(0, 60), ratio: Math.round(ratio * 100) / 100, colour: own, background: ground });
      }
    }
    return faint;
  })()`);
}

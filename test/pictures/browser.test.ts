import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Page } from 'playwright-core';
import { describeInBrowser, faintTexts } from '../support/browser';

const FOLDER = join(__dirname, '../../docs/pictures');
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.svg'));
const DIAGRAMS = FILES.filter((file) => /^(architecture|state-machine)/.test(file));

const urlOf = (file: string) => pathToFileURL(join(FOLDER, file)).href;

/** Visitors have fonts of their own. None that is common is wider than these. */
const WIDE_FONTS = `
  const style = document.createElementNS('http://www.w3.org/2000/svg', 'style');
  style.textContent = "text{font-family:'DejaVu Sans',Verdana,sans-serif!important}.mono,.id{font-family:'DejaVu Sans Mono',monospace!important}";
  document.documentElement.append(style);`;

/** Of the demo, what has scrolled out of the terminal: behind it is the page, and nobody sees it. */
const HIDE_SCROLLED = `
  for (const line of document.querySelectorAll('.screen text')) {
    const { top, bottom } = line.getBoundingClientRect();
    const terminal = document.documentElement.getBoundingClientRect();
    line.style.visibility = top < terminal.top + 30 || bottom > terminal.bottom ? 'hidden' : '';
  }`;

/** Texts that leave the picture, their box, or the room above the next text. Half a pixel is nothing. */
async function badlyPlaced(page: Page): Promise<string[]> {
  return page.evaluate(`(() => {
    const root = document.documentElement;
    const screen = document.querySelector('.screen');
    const boxOf = (element) => element.getBoundingClientRect();
    const all = [...document.querySelectorAll('text')].filter((element) => element.textContent.trim() !== '');
    const says = (element) => element.textContent.slice(0, 50);
    const inside = (inner, outer) => inner.left >= outer.left - 0.5 && inner.right <= outer.right + 0.5
      && (screen || (inner.top >= outer.top - 0.5 && inner.bottom <= outer.bottom + 0.5));
    const left = all.filter((element) => !inside(boxOf(element), boxOf(root))).map((element) => 'outside of the picture: ' + says(element));
    const unboxed = all.filter((element) => {
      const card = element.closest('[data-box], [data-label]')?.querySelector('rect');
      return card && !inside(boxOf(element), boxOf(card));
    }).map((element) => 'outside of its box: ' + says(element));
    // Lines of text may touch: letters of one have nothing above the x-height of the next.
    const touching = (a, b) => a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
    const overlapping = all.flatMap((element, i) => all.slice(i + 1).filter((other) => touching(boxOf(element), boxOf(other)))
      .map((other) => 'over one another: ' + says(element) + ' / ' + says(other)));
    return [...left, ...unboxed, ...overlapping];
  })()`);
}

/** Arrows that do not begin and end at their boxes, or lie over another box or label. */
async function badArrows(page: Page): Promise<{ arrows: number; bad: string[] }> {
  return page.evaluate(`(() => {
    const cards = [...document.querySelectorAll('[data-box]')].map((card) => ({ id: card.dataset.box, box: card.querySelector('rect').getBoundingClientRect() }));
    const labels = [...document.querySelectorAll('[data-label]')].map((label) => label.querySelector('rect').getBoundingClientRect());
    const find = (id) => cards.find((card) => card.id === id).box;
    const isIn = ({ x, y }, box, by) => x > box.left + by && x < box.right - by && y > box.top + by && y < box.bottom - by;
    const isOnBorder = (point, box) => isIn(point, box, -1.5) && !isIn(point, box, 1.5);
    const bad = [];
    const arrows = [...document.querySelectorAll('[data-from]')];
    for (const arrow of arrows) {
      const { from, to } = arrow.dataset;
      const length = arrow.getTotalLength();
      const matrix = arrow.getScreenCTM();
      const at = (distance) => arrow.getPointAtLength(distance).matrixTransform(matrix);
      const name = from + ' > ' + to;
      if (!isOnBorder(at(0), find(from))) bad.push(name + ' does not begin at its box');
      if (!isOnBorder(at(length), find(to))) bad.push(name + ' does not end at its box');
      let passed = 0;
      for (let distance = 3; distance < length - 3; distance += 3) {
        if (cards.some(({ box }) => isIn(at(distance), box, 1))) { bad.push(name + ' passes a box'); break; }
      }
      for (const label of labels) {
        if (Array.from({ length: Math.floor(length / 3) }, (_, i) => at(i * 3)).some((point) => isIn(point, label, 1))) passed++;
      }
      if (passed > 1) bad.push(name + ' passes ' + passed + ' labels');
    }
    return { arrows: arrows.length, bad };
  })()`);
}

describeInBrowser('pictures', (open) => {
  const finish = (page: Page) => page.evaluate('document.getAnimations().forEach((animation) => animation.finish())');

  test.each(FILES)('%s can be read in the fonts of this machine and in wide ones, and asks for nothing', async (file) => {
    const { page, problems } = await open(urlOf(file));
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await page.evaluate('document.querySelectorAll("text").length')).toBeGreaterThan(10);
    expect(await badlyPlaced(page)).toEqual([]);
    await page.evaluate(HIDE_SCROLLED);
    expect(await faintTexts(page)).toEqual([]);
    await page.evaluate(WIDE_FONTS);
    expect(await badlyPlaced(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  test.each(DIAGRAMS)('%s has arrows from box to box that pass no other one', async (file) => {
    const { page } = await open(urlOf(file));
    const { arrows, bad } = await badArrows(page);
    expect(arrows).toBeGreaterThan(10);
    expect(bad).toEqual([]);
  });

  test('bars of the timeline lie where the axis has their times', async () => {
    const { page } = await open(urlOf('timeline.svg'));
    const off: string[] = await page.evaluate(`(() => {
      const seconds = (clock) => clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
      const ticks = [...document.querySelectorAll('.axis text')].map((tick) => {
        const { left, right } = tick.getBoundingClientRect();
        return { time: seconds(tick.textContent), x: (left + right) / 2 };
      });
      const [first, second] = ticks;
      const scale = (second.x - first.x) / (second.time - first.time);
      return [...document.querySelectorAll('rect.running')].filter((bar) => bar.querySelector('title')).flatMap((bar) => {
        const [, from, to] = / \\+([\\d:]+) to \\+([\\d:]+)/.exec(bar.textContent);
        const { left, right } = bar.getBoundingClientRect();
        // Times are whole seconds.
        const isAt = (x, time) => Math.abs((x - first.x) / scale + first.time - seconds(time)) < 1.5;
        return isAt(left, from) && isAt(right, to) ? [] : [bar.textContent];
      });
    })()`);
    expect(off).toEqual([]);
    expect(await page.evaluate('document.querySelectorAll("rect.running title").length')).toBe(3);
  });

  describe('the demo', () => {
    const visible = (page: Page): Promise<string[]> => page.evaluate(`(() => {
      const { top, bottom } = document.documentElement.getBoundingClientRect();
      return [...document.querySelectorAll('.screen text')].filter((line) => {
        const box = line.getBoundingClientRect();
        return getComputedStyle(line).visibility === 'visible' && box.top >= top + 30 && box.bottom <= bottom && line.textContent !== '';
      }).map((line) => line.textContent);
    })()`);

    test('begins with the command, moves, and ends in a still that says how it ended', async () => {
      const { page } = await open(urlOf('demo.svg'));
      await page.evaluate('document.getAnimations().forEach((animation) => { animation.pause(); animation.currentTime = 700; })');
      expect(await visible(page)).toEqual(['$ npm run demo']);
      await page.evaluate('document.getAnimations().forEach((animation) => { animation.currentTime = 9000; })');
      expect((await visible(page)).length).toBeGreaterThan(5);
      expect((await visible(page)).join()).not.toContain('The first run succeeded');
      await finish(page);
      expect((await visible(page)).join()).toContain('The first run succeeded, the second failed');
      expect((await visible(page)).join()).toContain('FAILED after');
    });

    test('is that still at once for whoever wants no motion', async () => {
      const { page } = await open(urlOf('demo.svg'));
      await finish(page);
      const still = await visible(page);
      await page.emulateMedia({ reducedMotion: 'reduce' });
      expect(await page.evaluate('document.getAnimations().length')).toBe(0);
      expect(await visible(page)).toEqual(still);
      expect(still.length).toBeGreaterThan(20);
    });
  });
});

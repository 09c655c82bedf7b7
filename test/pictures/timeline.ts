import { element, Markup, picture } from './svg';
import { Palette } from './theme';
import { html } from '../../src/local/html/escape';
import { RunLogger } from '../../src/local/html/run-log';
import { TIMELINE_STYLE } from '../../src/local/html/theme';
import { timelineOf } from '../../src/local/html/timeline';
import { timelineSvg } from '../../src/local/html/timeline-svg';
import { LocalRunResult, RunEvent } from '../../src/local/run/run-record';

const WIDTH = 860;
const MARGIN = 24;
const HEADING = 62;

/** The timeline of a run, as its page (`--html`) has it, in a frame of its own. */
export function drawTimeline(result: LocalRunResult, events: RunEvent[]): (palette: Palette) => string {
  const logger = new RunLogger();
  events.forEach((event) => logger.add(event));
  const width = WIDTH - 2 * MARGIN;
  const timeline = timelineOf(result, logger.log);
  const { markup } = timelineSvg(timeline, { width });
  const height = Number(/viewBox="0 0 [\d.]+ ([\d.]+)"/.exec(markup)![1]);
  const job = result.job.split('/').at(-1)!;
  const cause = result.cause ?? '';
  const rows = timeline.groups.flatMap((group) => group.rows.map(({ name, note }) => note === '' ? name : `${name}: ${note}`));
  return (palette) => picture({
    width: WIDTH,
    height: HEADING + height + MARGIN,
    title: `A run of ${job}`,
    description: [cause, ...rows].join('\n'),
    palette,
    style: variables(palette) + html`${TIMELINE_STYLE}`.markup.replaceAll('system-ui, ', ''),
  }, [
    element('rect', { class: 'frame', x: 0.5, y: 0.5, width: WIDTH - 1, height: Math.ceil(HEADING + height + MARGIN) - 1, rx: 8 }),
    element('text', { class: 'name', style: 'font-size:16px', x: MARGIN, y: 34 }, job),
    element('text', { class: 'bad', x: MARGIN, y: 54 }, cause),
    new Markup(markup.replace('<svg ', `<svg x="${MARGIN}" y="${HEADING + 8}" width="${width}" height="${height}" `)),
  ]);
}

/** The names that the page's style has for colours. */
function variables({ text, muted, border, good, bad, accent, wait }: Palette): string {
  return `.timeline{--text:${text};--muted:${muted};--line:${border};--good:${good};--bad:${bad};--bar-good:${good};--bar-bad:${bad};`
    + `--bar-plain:${accent};--bar-task:${accent};--bar-wait:${border};--bar-notify:${wait}}.bar{opacity:.85}`;
}

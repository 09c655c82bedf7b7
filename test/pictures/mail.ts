import { breakLine, MONO_LINE, MONO_WIDTH, monoLine, Span } from './mono';
import { element, picture } from './svg';
import { Palette } from './theme';
import { SentNotification } from '../../src/local/run/run-record';

const COLUMNS = 108;
const MARGIN = 28;
const HEADER = 112;
const WIDTH = COLUMNS * MONO_WIDTH + 2 * MARGIN;

/** A notification as a mail client shows it. */
export function drawMail({ sender, subject, messages, subscriptions, at }: SentNotification): (palette: Palette) => string {
  const lines = messages.email.trimEnd().split('\n').flatMap((line) => breakLine(withLinks(line), COLUMNS));
  const height = HEADER + lines.length * MONO_LINE + 2 * MARGIN;
  const receivers = subscriptions.filter(({ protocol, matches }) => matches && protocol === 'email').map(({ endpoint }) => endpoint).join(', ');
  return (palette) => picture({
    width: WIDTH,
    height,
    title: `Mail: ${subject}`,
    description: messages.email.trimEnd(),
    palette,
  }, [
    element('rect', { class: 'frame', x: 0.5, y: 0.5, width: Math.ceil(WIDTH) - 1, height: Math.ceil(height) - 1, rx: 8 }),
    element('text', { 'class': 'name', 'data-part': 'subject', 'style': 'font-size:19px', 'x': MARGIN, 'y': 42 }, subject),
    element('circle', { class: 'accent', cx: MARGIN + 18, cy: 80, r: 18 }),
    element('text', { 'class': 'initial', 'x': MARGIN + 18, 'y': 86, 'text-anchor': 'middle' }, sender.slice(0, 1)),
    element('text', { 'class': 'name', 'data-part': 'from', 'x': MARGIN + 50, 'y': 76 }, `${sender} <no-reply@sns.amazonaws.com>`),
    element('text', { 'class': 'note', 'data-part': 'to', 'x': MARGIN + 50, 'y': 95 }, `to ${receivers}`),
    element('text', { 'class': 'note', 'data-part': 'at', 'x': Math.ceil(WIDTH) - MARGIN, 'y': 76, 'text-anchor': 'end' }, minute(at)),
    element('path', { class: 'line faint', d: `M${MARGIN},${HEADER + 8}H${Math.ceil(WIDTH) - MARGIN}` }),
    element('g', { 'data-part': 'body' }, ...lines.map((line, index) => monoLine(line, MARGIN, HEADER + MARGIN + 12 + index * MONO_LINE))),
  ]);
}

/** Mail clients make links of addresses. */
function withLinks(line: string): Span[] {
  return line.split(/(https:\S+)/).filter((part) => part !== '').map((text) => ({ text, look: text.startsWith('https:') ? 'accent' : undefined }));
}

function minute(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}

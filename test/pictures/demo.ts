import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { breakLine, MONO_LINE, MONO_WIDTH, monoLine } from './mono';
import { normalizer } from './normalize';
import { element, Markup, number, picture } from './svg';
import { Output, render, TerminalLine } from './terminal';
import { Palette } from './theme';

/** Of the terminal that the demo runs in. */
const COLUMNS = 100;
/** That the picture shows at once. */
const ROWS = 32;

const BAR = 38;
const MARGIN = 18;

/** A pause of the demo is no longer in the picture, and none between two lines is shorter, in seconds. */
const [LONGEST_PAUSE, SHORTEST_PAUSE] = [1, 0.07];
/** After an empty line something new begins: so long at least it takes to see that. */
const PARAGRAPH_PAUSE = 0.4;
/** For whoever reads: before what has scrolled away. */
const BEFORE_SCROLL = 0.02;

const PROMPT = '$ npm run demo';

/** Runs the demo in a terminal of its own, and notes what it writes when. */
export function runDemo(): Output[] {
  const folder = mkdtempSync(join(tmpdir(), 'demo-'));
  try {
    const [log, timing] = [join(folder, 'log'), join(folder, 'timing')];
    const command = `stty cols ${COLUMNS} rows ${ROWS}; ${process.execPath} -r ts-node/register/transpile-only test/fixtures/demo.ts`;
    const { status, stderr } = spawnSync('script', ['-qefc', command, '--log-out', log, '--log-timing', timing, '--logging-format', 'classic'], {
      cwd: join(__dirname, '../..'),
      env: { ...process.env, CI: undefined, NO_COLOR: undefined, TERM: 'xterm-256color', TS_NODE_PROJECT: 'tsconfig.dev.json' },
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
    if (status !== 0) {
      throw new Error(`the demo must end with exit code 0, got ${status}: ${stderr}`);
    }
    return outputsOf(readFileSync(log), readFileSync(timing, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As `script` writes them: first a line of its own in the log; in the timing, seconds and bytes. */
function outputsOf(log: Buffer, timing: string): Output[] {
  let at = log.indexOf('\n') + 1;
  // A character may come in two parts.
  const decoder = new StringDecoder('utf8');
  return timing.trim().split('\n').map((line) => {
    const [delay, bytes] = line.split(' ').map(Number);
    return { delay, text: decoder.write(log.subarray(at, at += bytes)) };
  });
}

/** What a person sees of the demo, with what is different in every run replaced. */
export function demoTranscript(outputs: Output[], startedAt: number): TerminalLine[] {
  const normalize = normalizer(startedAt);
  const lines = render(outputs).map(({ at, spans }) => ({ at, spans: spans.map(({ text, look }) => ({ text: normalize(text), look })) }));
  const last = lines.map(({ spans }) => spans.length > 0).lastIndexOf(true);
  return [{ at: 0, spans: [{ text: PROMPT, look: 'bold' }] }, ...lines.slice(0, last + 1)];
}

/** A terminal in which the demo passes by, a little faster than it did, and whose end stays. */
export function drawDemo(transcript: TerminalLine[]): (palette: Palette) => string {
  const rows = transcript.flatMap(({ spans, at }) => breakLine(spans, COLUMNS).map((part) => ({ spans: part, at })));
  const times = pictureTimes(rows);
  const width = COLUMNS * MONO_WIDTH + 2 * MARGIN;
  const height = BAR + ROWS * MONO_LINE + MARGIN;
  const steps = rows.slice(ROWS).map((_, index) => ({ at: times[ROWS + index] - BEFORE_SCROLL, lines: index + 1 }));
  const end = times.at(-1)! + 0.1;
  const scrolled = Math.max(0, rows.length - ROWS);
  return (palette) => picture({
    width,
    height,
    title: 'npm run demo',
    description: rows.map(({ spans }) => spans.map(({ text }) => text).join('')).join('\n'),
    palette,
    style: `
.bold{font-weight:600}.faint{fill:${palette.muted}}
.screen{transform:translateY(${-scrolled * MONO_LINE}px)}
@media (prefers-reduced-motion:no-preference){
.screen{animation:scroll ${number(end)}s step-end both}
.screen text{animation:show .01s both}
@keyframes show{from{visibility:hidden}to{visibility:visible}}
@keyframes scroll{from{transform:translateY(0)}${
  steps.map(({ at, lines: count }) => `${percent(at / end)}{transform:translateY(${-count * MONO_LINE}px)}`).join('')}to{transform:translateY(${-scrolled * MONO_LINE}px)}}
}
`,
  }, [
    element('rect', { class: 'frame', x: 0.5, y: 0.5, width: Math.ceil(width) - 1, height: Math.ceil(height) - 1, rx: 8 }),
    ...[palette.bad, palette.wait, palette.good].map((fill, index) => element('circle', { cx: MARGIN + 4 + index * 20, cy: BAR / 2, r: 5.5, fill })),
    element('clipPath', { id: 'window' }, element('rect', { x: 0, y: BAR, width, height: ROWS * MONO_LINE + 6 })),
    element('g', { 'clip-path': 'url(#window)' }, element('g', { class: 'screen' }, ...rows.map(({ spans }, index): Markup => delayed(
      monoLine(spans, MARGIN, BAR + 13 + index * MONO_LINE), times[index],
    )))),
  ]);
}

function delayed(line: Markup, seconds: number): Markup {
  return new Markup(line.source.replace('<text ', `<text style="animation-delay:${Math.round(seconds * 100) / 100}s" `));
}

function percent(part: number): string {
  return `${Math.round(part * 100_000) / 1000}%`;
}

/** When each line comes in the picture. */
function pictureTimes(rows: TerminalLine[]): number[] {
  let now = 0.6;
  return rows.map(({ at }, index) => {
    const before = rows[index - 1];
    const shortest = before === undefined || before.spans.length > 0 ? SHORTEST_PAUSE : PARAGRAPH_PAUSE;
    now += Math.min(LONGEST_PAUSE, Math.max(shortest, at - (before?.at ?? at)));
    return now;
  });
}

import { html } from './escape';

/** Colours of texts have a contrast of 4.5 and more on what is behind them. A test looks at it. */
const LIGHT = html`
  --ground: #ffffff; --panel: #f6f7f9; --line: #e2e5ea; --text: #1b1f24; --muted: #59636e;
  --good: #166f41; --bad: #c4302b; --warn: #8a5a00; --accent: #3b63c4;
  --good-soft: #e3f4ea; --bad-soft: #fdeceb; --warn-soft: #fdf3dc;
  --bar-good: #35a56c; --bar-bad: #d9534c; --bar-plain: #6f8fdc; --bar-task: #6f8fdc; --bar-wait: #d5dae2; --bar-notify: #c58a1d;`;
const DARK = html`
  --ground: #101317; --panel: #181c22; --line: #2b313a; --text: #e6e9ee; --muted: #9aa5b1;
  --good: #58c78c; --bad: #ff867f; --warn: #e0b04b; --accent: #8fb0ff;
  --good-soft: #14301f; --bad-soft: #3a1a1a; --warn-soft: #33290f;
  --bar-good: #379a66; --bar-bad: #d4564f; --bar-plain: #5f80d3; --bar-task: #5f80d3; --bar-wait: #39414d; --bar-notify: #b98526;`;

/** The colours, as a person's system wants them; paper is light. */
export const COLOURS = html`
:root { color-scheme: light dark; ${LIGHT} }
@media screen and (prefers-color-scheme: dark) { :root { ${DARK} } }
`;

export const SANS = html`system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif`;
export const MONO = html`ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace`;

/** How the timeline is drawn, in a page as well as alone. */
export const TIMELINE_STYLE = html`
.timeline text { font: 12px ${SANS}; fill: var(--text); }
.timeline .id { font: 11.5px ${MONO}; }
.timeline .heading { font-weight: 600; }
.timeline .muted { fill: var(--muted); }
.timeline .note.good { fill: var(--good); }
.timeline .note.bad { fill: var(--bad); }
.timeline .end { text-anchor: end; }
.timeline .middle { text-anchor: middle; }
.timeline .grid { stroke: var(--line); stroke-width: 1; }
.timeline .bar.task { fill: var(--bar-task); }
.timeline .bar.wait { fill: var(--bar-wait); }
.timeline .bar.notify { fill: var(--bar-notify); }
.timeline .bar.sent { fill: var(--bar-wait); }
.timeline .bar.plain.running { fill: var(--bar-plain); }
.timeline .bar.good { fill: var(--bar-good); }
.timeline .bar.bad { fill: var(--bar-bad); }
`;

/** How the page looks, but for its timeline. */
export const PAGE_STYLE = html`
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.55 ${SANS}; }
main { max-width: 1040px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 26px; line-height: 1.25; font-weight: 650; margin: 4px 0 12px; overflow-wrap: anywhere; }
h2 { font-size: 17px; font-weight: 650; margin: 44px 0 12px; }
h2 .count { color: var(--muted); font-weight: 400; }
p { margin: 0 0 12px; overflow-wrap: anywhere; }
.over, .hint, footer { color: var(--muted); font-size: 13px; }
.over { margin: 0; }
.verdict { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; margin: 0 0 4px; font-size: 16px; }
.status { font-weight: 650; font-size: 13px; letter-spacing: .02em; padding: 2px 10px; border-radius: 999px; background: var(--panel); }
.status.good { color: var(--good); background: var(--good-soft); }
.status.bad { color: var(--bad); background: var(--bad-soft); }
.status.warn { color: var(--warn); background: var(--warn-soft); }
.cause { white-space: pre-wrap; margin: 8px 0 0; max-width: 75ch; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(200px, 40%), 1fr)); gap: 14px 24px; margin: 24px 0 0;
  padding: 18px 0 0; border-top: 1px solid var(--line); }
.facts dt { color: var(--muted); font-size: 13px; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
code, pre, .mono { font: 13px/1.5 ${MONO}; }
code, .mono { overflow-wrap: anywhere; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 8; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 500; color: var(--muted); font-size: 13px; }
th, td { padding: 7px 16px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
th:last-child, td:last-child { padding-right: 0; }
.calls td:nth-child(2), .calls td:last-child { white-space: nowrap; } .calls td div { white-space: normal; }
.calls .mono { font-size: 12px; }
.history td:nth-child(3), .history td:nth-child(2) { white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.time { font-variant-numeric: tabular-nums; white-space: nowrap; color: var(--muted); }
.good { color: var(--good); } .bad { color: var(--bad); } .muted { color: var(--muted); }
details { border: 1px solid var(--line); border-radius: 8px; margin: 0 0 8px; }
summary { cursor: pointer; padding: 9px 14px; overflow-wrap: anywhere; }
.instance summary strong { font-size: 14px; font-weight: 600; margin: 0 8px 0 12px; }
summary .muted { font-size: 13px; }
details > :not(summary) { margin: 0 14px 12px; }
details > table { width: calc(100% - 28px); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.stream { display: grid; grid-template-columns: 104px minmax(0, 1fr); gap: 0 12px; padding: 3px 0; border-top: 1px solid var(--line); }
.stream .muted { font-size: 12px; line-height: 19.5px; font-variant-numeric: tabular-nums; }
.stream.stderr pre { color: var(--bad); }
.mail { border: 1px solid var(--line); border-radius: 10px; overflow: hidden; margin: 0 0 20px; }
.mail header { padding: 16px 20px 14px; background: var(--panel); border-bottom: 1px solid var(--line); }
.mail h3 { margin: 0 0 8px; font-size: 17px; font-weight: 650; overflow-wrap: anywhere; }
.mail dl { margin: 0; display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 1px 14px; font-size: 13px; }
.mail dt { color: var(--muted); } .mail dd { margin: 0; overflow-wrap: anywhere; }
.mail pre { padding: 18px 20px 20px; }
.timeline { display: block; width: 100%; height: auto; }
.timeline.narrow { display: none; }
.notes { margin: 0; padding: 0 0 0 18px; } .notes li { margin: 0 0 4px; overflow-wrap: anywhere; }
footer { margin: 48px 0 0; padding: 16px 0 0; border-top: 1px solid var(--line); }
@media (max-width: 640px) {
  main { padding: 24px 16px 48px; }
  .timeline.wide { display: none; } .timeline.narrow { display: block; }
  table, tbody, tr, td { display: block; width: auto; } thead { display: none; }
  tr { padding: 8px 0; border-bottom: 1px solid var(--line); } td { padding: 1px 0; border: 0; }
  td.number { text-align: left; } .calls td:nth-child(2), .history td { white-space: normal; }
  td[data-label]::before { content: attr(data-label) " "; color: var(--muted); font-size: 13px; }
  details > table { width: auto; }
  .instance summary > .muted { display: block; }
  .stream { grid-template-columns: minmax(0, 1fr); }
  .mail header, .mail pre { padding-left: 14px; padding-right: 14px; }
}
@media print {
  body { font-size: 12px; } main { max-width: none; padding: 0; }
  details::details-content { content-visibility: visible; block-size: auto; }
  h2 { break-after: avoid; } tr, .timeline { break-inside: avoid; }
}
`;

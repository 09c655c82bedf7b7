import { callsHtml } from './calls';
import { Content, html, Html } from './escape';
import { historyHtml, withoutUnseenDetails } from './history';
import { instancesHtml } from './instances';
import { mailHtml } from './mail';
import { RunLog } from './run-log';
import { COLOURS, PAGE_STYLE, TIMELINE_STYLE } from './theme';
import { timelineOf } from './timeline';
import { timelineSvg } from './timeline-svg';
import { describeInstances, jobResultOf, readableCause, RunTiming, skippedJobOf } from '../run/job-result';
import { LocalRunResult } from '../run/run-record';
import { clockTime, duration, visible, visibleJson } from '../text';

const WIDE = 992;
const NARROW = 360;
const MAX_MAILS = 20;
const MAX_DELIVERIES = 100;
const MAX_WARNINGS = 100;
const MAX_INPUT_CHARACTERS = 4000;

/** What a page says besides the result and the log of its run. */
export interface PageOptions extends RunTiming {
  /** Whether the files of the run stay. */
  readonly isKept: boolean;
  /** A copy of some JSON data without the values of secrets and of sensitive parameters. */
  readonly hide: (data: object) => unknown;
}

/**
 * Makes one page of a run, which needs nothing but itself: no script, and no other file. It is a few hundred kilobytes at most, whatever the
 * fleet, the output and the length of the run.
 */
export function pageOf(run: LocalRunResult, runLog: RunLog, options: PageOptions): string {
  const { isKept, hide } = options;
  const input = run.history[0]?.input;
  // The payloads of all states can be gigabytes, and are not shown.
  const seen = { result: { ...run, history: [] }, log: { ...runLog, history: withoutUnseenDetails(runLog.history) }, given: { input } };
  const { result, log, given } = shown(seen, hide);
  const timeline = timelineOf(result, log);
  const { start } = timeline;
  const title = `${result.job}: ${result.status}`;
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${COLOURS}${PAGE_STYLE}${TIMELINE_STYLE}</style>
</head>
<body>
<main>
${head(result, log, options, given.input)}
<h2>Timeline</h2>
${timelineSvg(timeline, { width: WIDE })}
${timelineSvg(timeline, { width: NARROW })}
${instancesHtml(log, { start, isKept })}
${result.notifications.length > 0 ? html`<h2>Mail <span class="count">${result.notifications.length}</span></h2>` : ''}
${result.notifications.slice(0, MAX_MAILS).map((notification) => mailHtml(notification, utc(notification.at)))}
${result.notifications.length > MAX_MAILS ? html`<p class="hint">${result.notifications.length - MAX_MAILS} more are not shown.</p>` : ''}
${callsHtml(result.calls, start)}
${notes(log, start)}
${historyHtml(log.history, start)}
<footer>Written by cots-batch-job. The run took place on one machine, and nothing was deployed.
${
  options.speed > 1 ? `Its times are its own: while it only waits, ${duration(options.speed)} pass in 1 s (--speed ${options.speed}).` : ''}</footer>
</main>
</body>
</html>
`.markup;
}

/** What may be seen of some data. Secrets are looked for before and after what nobody sees is taken out: it could be in the middle of one. */
function shown<T extends object>(data: T, hide: (data: object) => unknown): T {
  const seen = JSON.stringify(hide(data), (_, value: unknown) => typeof value === 'string' ? visible(value) : value);
  return hide(JSON.parse(seen) as object) as T;
}

function head(result: LocalRunResult, log: RunLog, { isKept, speed, realSeconds }: PageOptions, input: unknown): Html {
  const job = jobResultOf(result);
  const skipped = skippedJobOf(result);
  const isSkipped = skipped !== undefined;
  const tone = isSkipped ? 'warn' : result.status === 'SUCCEEDED' ? 'good' : 'bad';
  const error = skipped ? skipped.outcome : result.error;
  const cause = skipped ? skipped.cause : readableCause(result.cause ?? '');
  const [allowed, denied] = [true, false].map((verdict) => result.calls.filter((call) => call.allowed === verdict).length);
  const inputText = visibleJson(JSON.stringify(input, undefined, 2) ?? '');
  const facts: (readonly [string, Content])[] = [
    ...job ? [['Outcome', describeInstances(job)] as const] : [],
    ...job?.exitCode !== undefined && !isSkipped ? [['Exit code', job.exitCode] as const] : [],
    ['Started', utc(result.startDate)],
    ['Duration', `${duration(Math.floor(result.durationSeconds))}${speed > 1 ? `, ${duration(realSeconds)} of real time` : ''}`],
    ['Execution', html`<span class="mono">${result.executionName}</span>`],
    ...log.commands.map(({ commandId }) => ['Command', html`<span class="mono">${commandId}</span>`] as const).slice(0, 5),
    ['Policies', allowed + denied > 0 ? `${allowed} calls allowed, ${denied} denied` : 'not checked'],
    ['Files', isKept ? html`<span class="mono">${result.workDir}</span>` : 'removed after the success'],
  ];
  return html`<header>
<p class="over">Local run</p>
<h1>${result.job}</h1>
<p class="verdict"><span class="status ${tone}">${result.status}</span> <span>after ${duration(Math.floor(result.durationSeconds))}${
  error ? html`: <strong>${error}</strong>` : ''}</span></p>
${cause ? html`<p class="cause">${cause}</p>` : ''}
<dl class="facts">${facts.map(([name, value]) => html`
<div><dt>${name}</dt><dd>${value}</dd></div>`)}
</dl>
${['', '{}'].includes(inputText) ? '' : html`<details class="input"><summary>Input</summary><pre>${inputText.slice(0, MAX_INPUT_CHARACTERS)}${
  inputText.length > MAX_INPUT_CHARACTERS ? '\n…' : ''}</pre></details>`}
</header>`;
}

/** What events did, and what the run has to say. */
function notes({ deliveries, warnings }: RunLog, start: number): Html {
  const events = deliveries.slice(0, MAX_DELIVERIES).map(({ at, status, target, phase, attempt, error }) => {
    const what = phase === 'lost' ? 'is lost' : `→ ${target.replace(/(\/Resource)+$/, '')}${attempt > 1 ? `, attempt ${attempt}` : ''}`;
    const failure = phase === 'failed' || phase === 'dropped' ? html` <span class="bad">${phase}: ${error}</span>` : '';
    return html`
<li><span class="time">+${clockTime((at - start) / 1000)}</span> event ${status} ${what}${failure}</li>`;
  });
  const others = deliveries.length + warnings.length - events.length - Math.min(warnings.length, MAX_WARNINGS);
  return html`${warnings.length > 0 ? html`<h2>Warnings <span class="count">${warnings.length}</span></h2>
<ul class="notes">${warnings.slice(0, MAX_WARNINGS).map(({ message }) => html`
<li>${message}</li>`)}
</ul>` : ''}
${events.length > 0 ? html`<h2>Events <span class="count">${deliveries.length}</span></h2>
<ul class="notes">${events}
</ul>` : ''}
${others > 0 ? html`<p class="hint">${others} more are not shown.</p>` : ''}`;
}

/** `2026-11-28 20:07:44 UTC` */
function utc(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

import { html, Html } from './escape';
import { LoggedEvent } from './run-log';
import { readableCause } from '../run/job-result';
import { clockTime, duration, oneLine } from '../text';

/** A long run has thousands of polls. */
const FIRST_EVENTS = 150;
const LAST_EVENTS = 100;
const MAX_CHARACTERS = 500;

/** The same events, without details of those that are too many to be shown: causes can be long. */
export function withoutUnseenDetails(history: readonly LoggedEvent[]): LoggedEvent[] {
  return history.map((event, index) => (
    index < FIRST_EVENTS || index >= history.length - LAST_EVENTS ? event : { ...event, error: undefined, cause: undefined }
  ));
}

/** Shows the events of the state machine, and of those that it started. */
export function historyHtml(history: readonly LoggedEvent[], start: number): Html {
  const isCut = history.length > FIRST_EVENTS + LAST_EVENTS;
  const first = isCut ? history.slice(0, FIRST_EVENTS) : history;
  const last = isCut ? history.slice(-LAST_EVENTS) : [];
  return html`<h2>History <span class="count">${history.length}</span></h2>
<details><summary>Events of the state machine</summary>
<table class="history">
<thead><tr><th scope="col">Time</th><th scope="col">State</th><th scope="col">Event</th><th scope="col">Details</th></tr></thead>
<tbody>${first.map((event) => row(event, start))}${isCut ? html`
<tr><td colspan="4" class="muted">… ${history.length - FIRST_EVENTS - LAST_EVENTS} events are not shown …</td></tr>` : ''}${
  last.map((event) => row(event, start))}
</tbody>
</table></details>`;
}

function row({ at, state, type, error, cause, seconds, retryCount = 0 }: LoggedEvent, start: number): Html {
  const details = [
    ...seconds === undefined ? [] : [duration(seconds)],
    ...retryCount > 0 ? [`retry ${retryCount}`] : [],
    ...error === undefined ? [] : [error],
    ...cause === undefined ? [] : [readableCause(cause)],
  ].join(': ');
  const tone = /(Failed|TimedOut|Aborted)$/.test(type) ? 'bad' : '';
  return html`
<tr><td class="time">+${clockTime((at - start) / 1000)}</td><td>${state}</td><td>${type}</td><td class="${tone}">${
  oneLine(details, MAX_CHARACTERS)}</td></tr>`;
}

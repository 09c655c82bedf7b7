import { html, Html } from './escape';
import { AwsCall } from '../run/run-record';
import { clockTime } from '../text';

const MAX_ROWS = 200;
const MAX_RESOURCES = 3;

/** What the policies in the templates say to a call. */
type Verdict = 'allowed' | 'denied' | 'not checked';

interface Row {
  readonly action: string;
  readonly principal: string;
  readonly verdict: Verdict;
  readonly resources: Set<string>;
  readonly messages: Set<string>;
  readonly first: number;
  count: number;
}

/** Shows who has called what, and whether the policies allow it: a row for all calls that are alike. */
export function callsHtml(calls: readonly AwsCall[], start: number): Html {
  const all = [...rowsOf(calls)].sort((a, b) => a.first - b.first);
  const rows = [...all.filter(({ verdict }) => verdict === 'denied'), ...all.filter(({ verdict }) => verdict !== 'denied')];
  return html`<h2>Calls <span class="count">${calls.length}</span></h2>
${calls.length === 0 ? html`<p class="muted">Nothing was called.</p>` : html`<table class="calls">
<thead><tr>${['First', 'Call', 'By', 'On'].map((name) => html`<th scope="col">${name}</th>`)}
<th scope="col" class="number">Calls</th><th scope="col">Policies</th></tr></thead>
<tbody>${rows.slice(0, MAX_ROWS).map((row) => tableRow(row, start))}
</tbody>
</table>`}
${rows.length > MAX_ROWS ? html`<p class="hint">${rows.length - MAX_ROWS} more rows are not shown.</p>` : ''}`;
}

function rowsOf(calls: readonly AwsCall[]): Iterable<Row> {
  const rows = new Map<string, Row>();
  for (const { at, action, principal, allowed, resources, message } of calls) {
    const verdict = allowed === null ? 'not checked' : allowed ? 'allowed' : 'denied';
    const key = JSON.stringify([action, principal, verdict]);
    const row = rows.get(key) ?? { action, principal, verdict, resources: new Set(), messages: new Set(), first: Date.parse(at), count: 0 };
    resources.forEach((resource) => row.resources.add(resource));
    if (message !== undefined) {
      row.messages.add(message);
    }
    row.count++;
    rows.set(key, row);
  }
  return rows.values();
}

function tableRow({ action, principal, verdict, resources, messages, first, count }: Row, start: number): Html {
  const all = [...resources];
  return html`
<tr><td class="time" data-label="First">+${clockTime((first - start) / 1000)}</td>
<td class="mono">${action}</td><td class="mono" data-label="By" title="${principal}">${nameOf(principal) || 'you'}</td>
<td class="mono" data-label="On">${all.slice(0, MAX_RESOURCES).map((resource) => html`<div title="${
  resource}">${nameOf(resource)}</div>`)}${all.length > MAX_RESOURCES ? html`<div class="muted">and ${all.length - MAX_RESOURCES} more</div>` : ''
}</td><td class="number" data-label="Calls">${count}</td><td class="${VERDICT_CLASS[verdict]}" data-label="Policies">${verdict}${
  [...messages].slice(0, 1).map((message) => html`<div>${message}</div>`)}</td></tr>`;
}

const VERDICT_CLASS: { readonly [verdict in Verdict]: string } = { 'allowed': 'good', 'denied': 'bad', 'not checked': 'muted' };

/** What of an ARN is not the same in all: partition, service, region and account are. */
function nameOf(arn: string): string {
  return arn.startsWith('arn:') ? arn.split(':').slice(5).join(':') || arn : arn;
}

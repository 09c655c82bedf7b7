import { html, Html } from './escape';
import { LoggedLine, LoggedStream, RunLog } from './run-log';
import { instanceStories, InstanceStory, seconds } from './timeline';
import { clockTime } from '../cli/terminal';

/** How many instances have their output in the page, and how much of it, failed ones first. All are named. */
const MAX_INSTANCES = 100;
const MAX_CHARACTERS = 200_000;

/** What of a run says where its times and files are. */
export interface Whereabouts {
  /** Milliseconds since the epoch. */
  readonly start: number;
  /** Whether the files of the run stay. */
  readonly isKept: boolean;
}

/** Shows what became of each instance, and what its scripts have printed. */
export function instancesHtml(log: RunLog, where: Whereabouts): Html {
  const stories = instanceStories(log);
  const sorted = [...stories.filter(({ tone }) => tone !== 'good'), ...stories.filter(({ tone }) => tone === 'good')];
  const shown = stories.length > MAX_INSTANCES ? sorted.slice(0, MAX_INSTANCES) : stories;
  // Those that failed are the ones that somebody reads.
  const budgets = new Map<InstanceStory, number>();
  sorted.slice(0, MAX_INSTANCES).reduce((left, story) => {
    budgets.set(story, left);
    return left - sum(streamsOf(log, story).flatMap(linesOf).map(({ line }) => line.length));
  }, MAX_CHARACTERS);
  const severalCommands = log.commands.length > 1;
  const rest = sorted.slice(shown.length);
  return html`<h2>Instances <span class="count">${stories.length}</span></h2>
${stories.length === 0 ? html`<p class="muted">No command was sent.</p>` : ''}
${shown.map((story) => instance(story, streamsOf(log, story), budgets.get(story)! > 0, stories.length <= 3 || story.tone === 'bad', severalCommands, where))}
${rest.length > 0 ? html`<details><summary>${rest.length} more instances</summary><pre>${
  rest.map(({ instanceId, status }) => `${instanceId}  ${status}`).join('\n')}</pre></details>` : ''}`;
}

function streamsOf({ streams }: RunLog, { commandId, instanceId }: InstanceStory): LoggedStream[] {
  return Object.values(streams).filter((stream) => stream.commandId === commandId && stream.instanceId === instanceId);
}

function linesOf({ first, last }: LoggedStream): LoggedLine[] {
  return [...first, ...last];
}

function instance(
  { commandId, instanceId, sent, started, ended, status, tone }: InstanceStory, streams: readonly LoggedStream[], hasRoom: boolean, isOpen: boolean,
  saysCommand: boolean, where: Whereabouts,
): Html {
  const count = sum(streams.map(({ lines }) => lines));
  const at = (time: number): string => `+${clockTime((time - where.start) / 1000)}`;
  const facts = [
    `sent ${at(sent)}`,
    started === undefined ? 'not started' : `started ${at(started)}`,
    ended === undefined ? 'not ended' : `ended ${at(ended)}`,
    ...started !== undefined && ended !== undefined ? [`ran ${seconds(ended - started)}`] : [],
    count === 1 ? '1 line' : `${count.toLocaleString('en')} lines`,
    ...saysCommand ? [`command ${commandId}`] : [],
  ];
  return html`
<details class="instance"${isOpen && count > 0 ? html` open` : ''}><summary><span class="mono">${instanceId}</span> <strong class="${
  tone === 'plain' ? 'muted' : tone}">${status}</strong> <span class="muted">${facts.join(' · ')}</span></summary>
<div>${count === 0 ? html`<p class="hint">Nothing was printed.</p>` : hasRoom ? output(streams, where) : html`<p class="hint">The output is not shown: other instances fill the page. ${files(streams, where)}</p>`}</div>
</details>`;
}

/** Lines of both streams as they came, in blocks of one stream and one second. */
function output(streams: readonly LoggedStream[], where: Whereabouts): Html {
  const lines = streams.flatMap((stream) => linesOf(stream).map((line, index, all) => (
    { ...line, missing: index === 0 ? line.number - 1 : line.number - all[index - 1].number - 1 }
  ))).sort((a, b) => a.at - b.at);
  const blocks: { label: string; stream: string; lines: string[] }[] = [];
  for (const { at, stream, line, isCut, missing } of lines) {
    const label = `+${clockTime((at - where.start) / 1000)}`;
    const block = blocks.at(-1);
    const texts = [...missing > 0 ? [`… ${missing.toLocaleString('en')} lines are not shown …`] : [], isCut ? `${line} …` : line];
    if (block?.label === label && block.stream === stream) {
      block.lines.push(...texts);
    } else {
      blocks.push({ label, stream, lines: texts });
    }
  }
  const isWhole = lines.every(({ isCut, missing }) => !isCut && missing === 0);
  return html`${blocks.map((block) => html`
<div class="stream ${block.stream === 'stderr' ? 'stderr' : 'stdout'}"><span class="muted">${block.label} ${block.stream}</span><pre>${
  block.lines.join('\n')}</pre></div>`)}${isWhole ? '' : html`<p class="hint">${files(streams, where)}</p>`}`;
}

function files(streams: readonly LoggedStream[], { isKept }: Whereabouts): Html {
  return isKept
    ? html`All of it is in ${streams.map(({ file }, index) => html`${index > 0 ? ' and ' : ''}<code>${file}</code>`)}.`
    : html`All of it was in the folder of the run, which is removed after a success. The option --keep keeps it.`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

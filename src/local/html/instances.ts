import { html, Html } from './escape';
import { LoggedLine, LoggedStream, RunLog } from './run-log';
import { instanceStories, InstanceStory, seconds } from './timeline';
import { clockTime } from '../text';

/** How many instances have their output in the page, and how much of it, failed ones first. All are named. */
const MAX_INSTANCES = 100;
const MAX_CHARACTERS = 200_000;
/** How many of them are open when the page is, and how much of an output can be seen at a glance. */
const MAX_OPEN = 3;
const MAX_OPEN_LINES = 40;

/** What of a run says where its times and files are. */
export interface Whereabouts {
  /** Milliseconds since the epoch. */
  readonly start: number;
  /** Whether the files of the run stay. */
  readonly isKept: boolean;
}

/** An instance as the page has it. */
interface Entry {
  readonly story: InstanceStory;
  readonly streams: readonly LoggedStream[];
  /** Whether its output is shown. */
  readonly hasRoom: boolean;
  readonly isOpen: boolean;
}

/** Shows what became of each instance, and what its scripts have printed. */
export function instancesHtml(log: RunLog, where: Whereabouts): Html {
  const stories = instanceStories(log);
  // Those that failed are the ones that somebody reads.
  const sorted = [...stories.filter(({ tone }) => tone !== 'good'), ...stories.filter(({ tone }) => tone === 'good')];
  const entries = entriesOf(sorted.slice(0, MAX_INSTANCES), log);
  const inOrder = stories.length > MAX_INSTANCES ? entries : [...entries].sort((a, b) => stories.indexOf(a.story) - stories.indexOf(b.story));
  const rest = sorted.slice(MAX_INSTANCES);
  return html`<h2>Instances <span class="count">${stories.length}</span></h2>
${stories.length === 0 ? html`<p class="muted">No command was sent.</p>` : ''}
${inOrder.map((entry) => instance(entry, log.commands.length > 1, where))}
${rest.length > 0 ? html`<details><summary>${rest.length} more instances</summary><pre>${
  rest.map(({ instanceId, status }) => `${instanceId}  ${status}`).join('\n')}</pre></details>` : ''}`;
}

function entriesOf(stories: readonly InstanceStory[], log: RunLog): Entry[] {
  let characters = 0;
  let open = 0;
  return stories.map((story) => {
    const streams = streamsOf(log, story);
    const lines = streams.flatMap(linesOf);
    const hasRoom = characters < MAX_CHARACTERS;
    const isOpen = hasRoom && lines.length > 0 && lines.length <= MAX_OPEN_LINES && open < MAX_OPEN;
    characters += sum(lines.map(({ line }) => line.length));
    open += isOpen ? 1 : 0;
    return { story, streams, hasRoom, isOpen };
  });
}

function streamsOf({ streams }: RunLog, { commandId, instanceId }: InstanceStory): LoggedStream[] {
  return Object.values(streams).filter((stream) => stream.commandId === commandId && stream.instanceId === instanceId);
}

function linesOf({ first, last }: LoggedStream): LoggedLine[] {
  return [...first, ...last];
}

function instance({ story, streams, hasRoom, isOpen }: Entry, saysCommand: boolean, where: Whereabouts): Html {
  const { commandId, instanceId, sent, started, ended, status, tone } = story;
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
  const content = count === 0
    ? html`<p class="hint">Nothing was printed.</p>`
    : hasRoom ? output(streams, where) : html`<p class="hint">The output is not shown: other instances fill the page. ${files(streams, where)}</p>`;
  return html`
<details class="instance"${isOpen ? html` open` : ''}><summary><span class="mono">${instanceId}</span> <strong class="${
  tone === 'plain' ? 'muted' : tone}">${status}</strong> <span class="muted">${facts.join(' · ')}</span></summary>
<div>${content}</div>
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

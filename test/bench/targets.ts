import { Results } from './results';
import { SAME_BY_HAND } from './synth/designs';
import { bytes, duration, seconds } from './units';

/** What the benchmark is to show. */
export interface Target {
  readonly text: string;
  readonly measured: string;
  readonly isMet: boolean;
  /** Where it is missed: why, and what the limit is. */
  readonly limit: string;
}

const MAX_TRANSITIONS = 15;
const MAX_DELAY_SECONDS = 5;
const MAX_HISTORY_EVENTS = 25_000;
/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MAX_RESOURCES = 500;
const MAX_TEMPLATE_BYTES = 1024 * 1024;
const MANY_JOBS = 100;
const MAX_SYNTH_RATIO = 1.1;
const MAX_LOAD_RATIO = 0.5;

/** Holds what was measured against the targets. */
export function targets({ waiting, handlers, synth }: Results): Target[] {
  const withEvents = waiting.filter(({ hasEvents }) => hasEvents);
  const short = withEvents.filter(({ transitions }) => transitions <= MAX_TRANSITIONS);
  const most = Math.max(...withEvents.map(({ transitions }) => transitions));
  const worst = Math.max(...withEvents.map(({ delay }) => delay?.worst ?? Infinity));
  const events = Math.max(...waiting.filter(({ isOurs }) => isOurs).map(({ historyEvents }) => historyEvents));
  const stacks = synth.filter(({ jobs }) => jobs === MANY_JOBS);
  const { resources, templateBytes } = stacks.filter(({ isOurs }) => isOurs).sort((a, b) => a.resources - b.resources)[0];
  const fitting = Math.floor(MANY_JOBS * Math.min(MAX_RESOURCES / resources, MAX_TEMPLATE_BYTES / templateBytes));
  const [ours, byHand] = sameParts(stacks);
  const ratios = handlers.map(({ load, unbundledLoad }) => load / unbundledLoad);
  return [
    {
      text: `with events, at most ${MAX_TRANSITIONS} transitions at any length`,
      measured: `${most}; up to ${MAX_TRANSITIONS} for programs of ${duration(Math.max(0, ...short.map(({ programSeconds }) => programSeconds)))} and less`,
      isMet: most <= MAX_TRANSITIONS,
      limit: 'Events are best effort, so that the run polls every `pollInterval` (by default 30 minutes), too, at 3 transitions a poll. ' +
        `${MAX_TRANSITIONS} transitions have room for 3 polls: of a long run whose event is lost, that would be too few.`,
    },
    {
      text: `with events, at most ${MAX_DELAY_SECONDS} s from the end of the program to the end of the run`,
      measured: `${seconds(worst)} at worst`,
      isMet: worst <= MAX_DELAY_SECONDS,
      limit: 'It takes two handlers, each in a process that has to start on this machine.',
    },
    {
      text: `never over ${MAX_HISTORY_EVENTS.toLocaleString('en')} events`,
      measured: `${events.toLocaleString('en')} at most`,
      isMet: events < MAX_HISTORY_EVENTS,
      limit: 'The poll plan has to be bounded for it.',
    },
    {
      text: `${MANY_JOBS} jobs in one stack, which has ${MAX_RESOURCES} resources and a template of 1 MB at most`,
      measured: `${resources.toLocaleString('en')} resources and ${bytes(templateBytes)} for ${MANY_JOBS} jobs`,
      isMet: fitting >= MANY_JOBS,
      limit: `${fitting} of these jobs fit in a stack.`,
    },
    {
      text: `synth takes at most ${percent(MAX_SYNTH_RATIO - 1)} longer than that of the same parts wired by hand`,
      measured: `${ours.toFixed(0)} ms a job, by hand ${byHand.toFixed(0)} ms (${MANY_JOBS} jobs)`,
      isMet: ours <= MAX_SYNTH_RATIO * byHand,
      limit: 'The construct checks its props, writes the launcher and notes why findings of cdk-nag are accepted; by hand nobody does.',
    },
    {
      text: 'handlers load in at most half of the time of an SDK that is not bundled',
      measured: `${percent(Math.min(...ratios))} to ${percent(Math.max(...ratios))} of it`,
      isMet: Math.max(...ratios) <= MAX_LOAD_RATIO,
      limit: 'What remains is the SDK\'s own code, minified and only what is used.',
    },
  ];
}

/** Milliseconds of a job of ours that polls, and of the same parts by hand. */
function sameParts(stacks: Results['synth']): [number, number] {
  const perJob = ({ milliseconds, jobs }: Results['synth'][number]) => milliseconds / jobs;
  const ours = stacks.find(({ isOurs }) => isOurs)!;
  return [perJob(ours), perJob(stacks.find(({ design }) => design === SAME_BY_HAND)!)];
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

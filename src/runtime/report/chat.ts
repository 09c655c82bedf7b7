import { Ending } from './ending';
import { agentWords, explainFailure } from './explain';
import { executionPage } from './links';
import { nextRun } from './next-run';
import type { Failure } from './output';
import { ERROR_PREFIX, JobSettings, RunResult, stateMachineOf } from '../../protocol';
import { ChatNotification } from '../../protocol/chat';
import { duration, shorten, utc, visible, visibleLine } from '../../protocol/text';

/** AWS documents no limits. These are small enough to be read in a channel, and for a state that holds the mail as well. */
const MAX_TITLE_LENGTH = 200;
const MAX_WORDS_LENGTH = 1_500;
const MAX_LINE_LENGTH = 300;
const MAX_OUTPUT_LINES = 10;
const MAX_STEPS = 5;

/**
 * What a channel shows of a run. What others have written, the program, operators and services, stands in a block of code, where nothing is
 * markup but its end. Look-alikes stand for that, and elsewhere for whatever a client could take for markup, a link or a mention. Only what the
 * deployment says of the job may mention somebody.
 */
export function chat(job: JobSettings, result: RunResult, ending: Pick<Ending, 'headline' | 'cause' | 'advice' | 'failures'>): ChatNotification {
  const { outcome, execution, links, runId } = result;
  const [failure] = ending.failures;
  const words = [ending.cause, ...failure ? [lastLines(job, failure)] : []].filter((part) => part).join('\n\n');
  const steps = [...links.runbook ? [`Runbook: ${links.runbook}`] : [], ...ending.advice.slice(0, MAX_STEPS).map((advice) => line(advice))];
  const stateMachine = visibleLine(stateMachineOf(execution));
  return {
    version: '1.0',
    source: 'custom',
    id: visibleLine(`${execution.slice(execution.lastIndexOf(':') + 1)}-${outcome}`),
    content: {
      textType: 'client-markdown',
      title: line(`${job.notificationSubject || job.name}: ${ending.headline}`, MAX_TITLE_LENGTH),
      description: [
        ...words ? [code(shorten(words, MAX_WORDS_LENGTH))] : [],
        ...facts(job, result).filter(([, value]) => value).map(([name, value]) => `${name}: ${value}`),
      ].join('\n'),
      ...steps.length > 0 ? { nextSteps: steps } : {},
      keywords: [line(job.name), outcome],
    },
    metadata: {
      threadId: stateMachine,
      summary: line(ending.headline, MAX_TITLE_LENGTH),
      eventType: `${ERROR_PREFIX}${outcome}`,
      relatedResources: [execution, ...ending.failures.map(({ instanceId }) => instanceId)].map(visibleLine),
      additionalContext: { job: visibleLine(job.name), outcome, runId: visibleLine(runId), stateMachine, execution: visibleLine(execution) },
    },
  };
}

function facts(job: JobSettings, result: RunResult): [name: string, value: string][] {
  return [
    ['About', ownWords(job.description)],
    ['Owner', ownWords(job.owner)],
    ['Started', `${utc(result.startedAt)}, took ${duration(result.durationSeconds)}`],
    ['Failed run', result.recoveredFrom && address(executionPage(job, result.recoveredFrom))],
    ['Next run', line(nextRun(job, result.nextScheduledTime))],
    ['Execution', address(executionPage(job, result.execution))],
  ];
}

/** Stays whole, and mentions nobody. */
function address(text: string): string {
  return visibleLine(text).replace(/@/g, '%40');
}

/** The end of what the program has printed: errors are on stderr, as a rule. The agent adds a line to it, which says nothing new. */
function lastLines(job: JobSettings, failure: Failure): string {
  const { instanceId, stderr, stdout } = failure;
  const words = agentWords(stderr);
  const errors = linesOf(stderr).filter((text) => !words.includes(text));
  const lines = (errors.length > 0 ? errors : linesOf(stdout)).slice(-MAX_OUTPUT_LINES).map((text) => shorten(`| ${text}`.trimEnd(), MAX_LINE_LENGTH));
  return [`${instanceId}: ${explainFailure(job, failure)}`, ...lines].join('\n');
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.split('\n');
}

function code(text: string): string {
  return `\`\`\`\n${withoutControls(visible(text))}\n\`\`\``;
}

function line(text: string, max: number = MAX_LINE_LENGTH): string {
  return shorten(plain(text), max);
}

const LOOK_ALIKES = new Map([
  ['<', '‹'], ['>', '›'], ['&', '＆'], ['@', '＠'], ['`', 'ˋ'], ['*', '∗'], ['_', '＿'], ['~', '∼'], ['[', '［'], [']', '］'], ['|', '∣'], ['\\', '＼'],
]);

/** One line that has no markup. */
function plain(text: string): string {
  return visibleLine(text).replace(/[<>&@`*_~[\]|\\]/g, (character) => LOOK_ALIKES.get(character)!);
}

/** The same with its mentions, which are the deployment's. */
function ownWords(text: string): string {
  return line(text).replaceAll(LOOK_ALIKES.get('@')!, '@');
}

/** Of a block of code: what ends it, and what a client may read in it all the same. */
function withoutControls(text: string): string {
  return text.replace(/[<>&@`]/g, (character) => LOOK_ALIKES.get(character)!);
}

import { chat } from './chat';
import { Ending } from './ending';
import { explainFailure } from './explain';
import { executionPage } from './links';
import { nextRun } from './next-run';
import type { Failure } from './output';
import { InstanceCounts, JobSettings, Notification, ReportSettings, RunResult } from '../../protocol';
import { duration, plural, utc, visible, visibleLine, wrap } from '../../protocol/text';

/** SNS takes less than 100 characters of ASCII. */
const MAX_SUBJECT_LENGTH = 99;

/** Command lines, for who has read that a run did not succeed. */
export interface NextSteps {
  /** Starts the same once more. */
  readonly startAgain: string;
  /** Repeats the run where it did not succeed; none where it may not be repeated. */
  readonly rerun?: string;
}

/**
 * The mail about a run: plain text, what matters first.
 *
 * @param next the command lines to go on with; none where nobody needs them
 */
export function mail(
  job: JobSettings, result: RunResult, ending: Pick<Ending, 'headline' | 'cause' | 'advice' | 'failures'>, next?: NextSteps,
): Notification {
  return {
    subject: subject(job.notificationSubject || job.name, ending.headline),
    text: visible([
      wrap(`${job.name} ${ending.headline}.`),
      ...ending.cause ? [wrap(ending.cause)] : [],
      ...result.warnings.length > 0 ? [list('Warnings', result.warnings)] : [],
      ...about(job),
      ...ending.failures.map((failure) => describe(job, failure)),
      ...unnamed(result),
      ...ending.advice.length > 0 ? [list('What to try first', ending.advice)] : [],
      facts(job, result),
      ...next?.rerun === undefined ? [] : [`To run it again only where it did not succeed\n  ${next.rerun}`],
      ...next === undefined ? [] : [`${result.check ? 'To check again' : 'To start it again ("Redrive" in the console starts nothing)'}\n  ${next.startAgain}`],
    ].join('\n\n')) + '\n',
    ...job.chatNotifications ? { chat: chat(job, result, ending) } : {},
  };
}

/** `<prefix>: <headline>`: where that is too long the prefix gives way, because the end says what happened. */
export function subject(prefix: string, headline: string): string {
  const end = ascii(`: ${headline}`).slice(0, MAX_SUBJECT_LENGTH - 1);
  const start = ascii(prefix).trim().slice(0, MAX_SUBJECT_LENGTH - end.length).trim();
  // SNS wants a letter, a number or a punctuation mark first.
  return `${start || 'Job'}${end}`.slice(0, MAX_SUBJECT_LENGTH);
}

/** Letters lose their accents, other characters become question marks, white space of any kind a blank. */
function ascii(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').replace(/\s+/g, ' ').replace(/[^\x20-\x7e]/gu, '?');
}

function describe(job: JobSettings, failure: Failure): string {
  const lines = [wrap(`${failure.instanceId}: ${explainFailure(job, failure)}`)];
  for (const stream of ['stderr', 'stdout'] as const) {
    if (failure[stream]) {
      lines.push(`  Last lines of ${stream}:`, ...failure[stream].split('\n').map((line) => `  | ${line}`.trimEnd()));
    }
  }
  if (failure.logs) {
    lines.push('  Whole output:', `  ${failure.logs}`);
  }
  return lines.join('\n');
}

/** What the job's own people say of it. Nothing is wrapped: an address must stay whole. */
export function about({ description, owner, runbookUrl }: ReportSettings): string[] {
  const rows = table([['About', description], ['Owner', owner], ['Runbook', runbookUrl]]);
  return rows ? [rows] : [];
}

/** Failures beyond those that are described. */
function unnamed({ instances, failures }: RunResult): string[] {
  const failed = instances.failed + instances.timedOut + instances.undelivered + instances.cancelled + instances.unresponsive;
  const more = failed - failures.length;
  return failures.length > 0 && more > 0 ? [`... and ${plural(more, 'more instance')}.`] : [];
}

export function list(title: string, items: string[]): string {
  return [title, ...items.map((item) => `  - ${wrap(item, '    ').trimStart()}`)].join('\n');
}

function facts(job: JobSettings, result: RunResult): string {
  const { links } = result;
  return table([
    ['Started', utc(result.startedAt)],
    ['Ended', utc(result.endedAt)],
    ['Duration', duration(result.durationSeconds)],
    ['Attempts', result.attempts > 1 ? `${result.attempts}` : ''],
    ['Instances', tally(result.instances)],
    ['Failed run', result.recoveredFrom && executionPage(job, result.recoveredFrom)],
    ['Next run', nextRun(job, result.nextScheduledTime)],
    ['Account', [result.account, result.region].filter((part) => part).join(', ')],
    ['Run', result.runId],
    ['Rerun of', result.rerunOf],
    ['Execution', links.execution || result.execution],
    ['Command', links.command || result.commandIds[0] || ''],
    ['Output', links.logs],
  ]);
}

/** Names and values in two columns; without those that have no value. */
export function table(rows: [name: string, value: string][]): string {
  return rows.filter(([, value]) => value).map(([name, value]) => `${name.padEnd(11)}${visibleLine(value)}`).join('\n');
}

function tally({ total, ...counts }: InstanceCounts): string {
  const words: [number, string][] = [
    [counts.succeeded, 'succeeded'],
    [counts.failed, 'failed'],
    [counts.timedOut, 'timed out'],
    [counts.undelivered, 'not delivered'],
    [counts.cancelled, 'cancelled'],
    [counts.unresponsive, 'without an answer'],
    [counts.skipped, 'skipped'],
    [counts.running, 'running'],
  ];
  return [String(total), words.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`).join(', ')]
    .filter((part) => part).join(': ');
}

import * as fs from 'node:fs';
import * as path from 'node:path';
import { COLUMNS, Terminal } from './terminal';
import { duration, visible, visibleLine, wrap } from '../text';
import { countsOf } from './timeline';
import { describeInstances, jobResultOf, readableCause, RunTiming, skippedJobOf } from '../run/job-result';
import { LocalRunResult, SentCommand, SentNotification } from '../run/run-record';

/** Width of the labels. */
const LABEL = 12;

/** Of how many instances that failed the files of their output are named. */
const NAMED_INSTANCES = 3;

/** What of a run is not in its result. */
export interface RunConditions extends RunTiming {
  /** Whether calls were held against the policies in the templates. */
  readonly checksPolicies: boolean;
  /** Whether its folder will still be there. */
  readonly isKept: boolean;
  /** The file of its page, if there is one. */
  readonly page?: string;
}

/** Says what the times of a run mean, unless they are those of everybody's clock. */
export function showSpeed(speed: number, terminal: Terminal): void {
  if (speed > 1) {
    terminal.line(terminal.style.faint(`Times are the run's own: while it only waits, ${duration(speed)} pass in 1 s (--speed ${speed}).`));
  }
}

/** Shows how a run ended, what it sent, and where to look. */
export function showSummary(result: LocalRunResult, conditions: RunConditions, terminal: Terminal): void {
  const { checksPolicies, isKept, speed, realSeconds, page } = conditions;
  const { style } = terminal;
  const line = (text?: string): void => terminal.line(text);
  const { status, durationSeconds, notifications, commands, calls, workDir, historyEventCount } = result;
  const job = jobResultOf(result);
  const skipped = skippedJobOf(result);
  const isSkipped = skipped !== undefined;
  const error = skipped ? skipped.outcome : result.error;
  const cause = skipped ? skipped.cause : result.cause;
  const row = (label: string, value: string): void => {
    wrap(value, COLUMNS - LABEL).forEach((part, index) =>
      line(`${style.faint((index === 0 ? label : '').padEnd(LABEL))}${part}`),
    );
  };

  for (const notification of notifications) {
    line();
    showMail(notification, terminal);
  }
  line();
  const tone = isSkipped ? style.warning : status === 'SUCCEEDED' ? style.good : style.bad;
  const real = speed > 1 ? ` (${duration(realSeconds)} of real time)` : '';
  // As the timeline, which shows whole seconds that have passed.
  line(`${style.bold(tone(status))} after ${duration(Math.floor(durationSeconds))}${real}${error ? `: ${error}` : ''}`);
  if (cause) {
    for (const part of wrap(visibleLine(readableCause(cause)), COLUMNS)) {
      line(part);
    }
  }
  line();
  if (job) {
    row('Outcome', visibleLine(describeInstances(job)));
  }
  // Of a run that was skipped it is the launcher's, not the program's.
  if (job?.exitCode !== undefined && !isSkipped) {
    row('Exit code', String(job.exitCode));
  }
  for (const { commandId, instances } of commands) {
    row('Command', `${commandId}\nSSM's status: ${countsOf(Object.values(instances)) || 'no instances'}`);
  }
  const denied = calls.filter(({ allowed }) => allowed === false).length;
  row('Policies', checksPolicies ? `${calls.length - denied} calls allowed, ${denied} denied` : 'not checked');
  row('History', `${historyEventCount} events`);
  row('Logs', isKept
    ? [workDir, 'functions/ what the handlers wrote', ...scriptLogs(result)].join('\n')
    : 'removed, because the run succeeded; --keep keeps them');
  if (page !== undefined) {
    row('Page', page);
  }
}

/** What was written by the scripts of instances that failed; where there is nothing of it, of all. */
function scriptLogs({ commands, workDir }: LocalRunResult): string[] {
  const failed = commands.flatMap((command) => Object.entries(command.instances)
    .filter(([, status]) => status !== 'Success')
    .map(([instanceId]) => outputFiles(command, instanceId).filter((file) => !isEmpty(path.join(workDir, file)))))
    .filter((files) => files.length > 0);
  const more = failed.length - NAMED_INSTANCES;
  if (failed.length > 0) {
    return [...failed.slice(0, NAMED_INSTANCES).flat(), ...more > 0 ? [`commands/ of ${more} more instances that failed`] : []];
  }
  return commands.length === 0 ? [] : [`${commands.length === 1 ? commands[0].folder : 'commands'}/ what scripts wrote`];
}

function outputFiles({ folder, steps }: SentCommand, instanceId: string): string[] {
  return steps.flatMap((step) => ['stderr', 'stdout'].map((stream) => path.join(folder, instanceId, step, stream)));
}

function isEmpty(file: string): boolean {
  return (fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0;
}

/** A link that is cut to less says nothing. */
const SHORTEST_LINK = 40;

/** Width of the names of headers. */
const HEADER = 9;

/** Shows a notification as its mail would arrive, and who else would get it. */
export function showMail({ sender, subject, messages, topicArn, subscriptions }: SentNotification, terminal: Terminal): void {
  const { style } = terminal;
  const line = (text?: string): void => terminal.line(text);
  const header = (name: string, value: string): void => {
    wrap(value, COLUMNS - HEADER - 2).forEach((part, index) =>
      line(`${style.faint('│')} ${style.faint((index === 0 ? name : '').padEnd(HEADER))}${part}`),
    );
  };
  const receivers = subscriptions.filter(({ matches }) => matches);
  const mailed = receivers.filter(({ protocol }) => protocol === 'email');
  const others = receivers.filter(({ protocol }) => protocol !== 'email');
  const topic = topicArn.split(':').pop() ?? topicArn;

  line(style.faint(`┌─ Mail ${'─'.repeat(COLUMNS - 8)}`));
  header('From', `${visibleLine(sender)} <no-reply@sns.amazonaws.com>`);
  header(
    'To',
    mailed.map(({ endpoint }) => visibleLine(endpoint)).join(', ') || `nobody: no email subscription of ${topic} takes this message`,
  );
  if (others.length > 0) {
    header('Also to', others.map(({ protocol, endpoint }) => visibleLine(`${protocol} ${endpoint}`)).join(', '));
  }
  header('Subject', style.bold(visibleLine(subject) || 'AWS Notification Message'));
  line(style.faint('├' + '─'.repeat(COLUMNS - 1)));
  // A mail has its own line breaks and columns.
  const parts = visible(textOf(messages)).split('\n');
  const shortened = parts.map((part) => shortLink(part, COLUMNS - 2));
  for (const part of shortened) {
    line(`${style.faint('│')} ${part}`.trimEnd());
  }
  const note = shortened.some((part, index) => part !== parts[index]) ? '─ long links are cut here, not in the mail ' : '';
  line(style.faint(`└${note}${'─'.repeat(COLUMNS - 1 - note.length)}`));
}

/** A line that ends in a link which is too long, without the middle of the link: what it leads to is at its end. */
function shortLink(line: string, width: number): string {
  const [, before, link] = /^(.*?)(https:\/\/\S+)$/.exec(line) ?? [];
  const space = width - (before?.length ?? 0);
  if (link === undefined || link.length <= space || space < SHORTEST_LINK) {
    return line;
  }
  const end = Math.floor(space / 2);
  return `${before}${link.slice(0, space - end - 1)}…${link.slice(-end)}`;
}

function textOf({ email, default: others }: SentNotification['messages']): string {
  return (email ?? others).trimEnd();
}
